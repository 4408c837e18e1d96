"""The page of notices: filters, one line a notice, and "all read"; it only composes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.screens.page import Page
from kiosk.screens.scroll import Scroll
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import CARD_MM
from kiosk.views.looks import TopLook
from kiosk.views.notices import OPEN, NoticesView
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.base import empty_layout
from kiosk.widgets.chip_row import ChipRow
from kiosk.widgets.empty_state import EmptyState
from kiosk.widgets.record_row import RecordRow


class NoticesPage(Page):
    """Read, and go to what it is about."""

    def __init__(self, theme: Theme, view: NoticesView, parent: QWidget | None = None) -> None:
        super().__init__(theme, view, parent)
        self._notices = view
        self._rows: dict[tuple[str, ...], RecordRow] = {}
        self._chips = ChipRow(theme, "notices.filter", self)
        self._chips.chosen.connect(view.choose)
        self._all = ActionButton(theme, "notices.read_all", view.all_read_button())
        self._all.tapped.connect(self._on_all_tapped)
        self._all.blocked.connect(self._on_all_blocked)
        self._none = EmptyState(theme, "notices.none", self)
        inside = QWidget()
        self._column = QVBoxLayout()
        self._column.setSpacing(theme.px(8))
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, theme.px(4), theme.px(12))
        column.addLayout(self._column)
        column.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(theme.px(12))
        head.addWidget(self._chips, 1, Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self._all)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(theme.px(12))
        outer.addLayout(head)
        self._list = Scroll(inside, self)
        outer.addWidget(self._list, 1)
        outer.addWidget(self._none, 1)

    @override
    def top(self) -> TopLook:
        """Title and how many wait."""
        return self._notices.top()

    @override
    def refresh(self) -> None:
        """Show the notices as they are."""
        view = self._notices
        self._chips.set_looks(view.filters())
        self._all.set_look(view.all_read_button())
        looks = view.rows()
        self._none.setVisible(not looks)
        self._list.setVisible(bool(looks))
        self._none.set_look(view.empty())
        # A row keeps its buttons: another action, another row.
        keys = [(look.key, *(button.action for button in look.buttons)) for look in looks]
        if keys != list(self._rows):
            empty_layout(self._column)
            self._rows = {}
            for key, look in zip(keys, looks, strict=True):
                row = RecordRow(self.theme, f"notices.{look.key}", look)
                row.tapped.connect(self._on_tapped)
                # As high without a button as with one: a list in even steps.
                row.setMinimumHeight(self.theme.mm(CARD_MM) + self.theme.px(20))
                self._rows[key] = row
                self._column.addWidget(row)
        for row, look in zip(self._rows.values(), looks, strict=True):
            row.set_look(look)

    def _on_tapped(self, action: str, key: str) -> None:
        page = self._notices.page_of(key)
        self._notices.read(key)
        if action == OPEN and page:
            self.go.emit("batch", page)

    def _on_all_tapped(self, _action: str) -> None:
        self._notices.read_all()

    def _on_all_blocked(self, _action: str, reason: str) -> None:
        self._notices.floor.tell("notices.read", reason, tone="attention")
