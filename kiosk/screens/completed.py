"""The page of what is over tonight: filters and one line a batch; it only composes."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from kiosk.screens.page import Page
from kiosk.screens.scroll import Scroll
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.completed import OPEN, UNDO, CompletedView
from kiosk.views.looks import TopLook
from kiosk.widgets.base import empty_layout
from kiosk.widgets.chip_row import ChipRow
from kiosk.widgets.empty_state import EmptyState
from kiosk.widgets.record_row import RecordRow


class CompletedPage(Page):
    """Look again at what is over, call it back."""

    def __init__(self, theme: Theme, view: CompletedView, parent: QWidget | None = None) -> None:
        super().__init__(theme, view, parent)
        self._completed = view
        self._rows: dict[tuple[str, ...], RecordRow] = {}
        self._chips = ChipRow(theme, "completed.filter", self)
        self._chips.chosen.connect(view.choose)
        self._none = EmptyState(theme, "completed.none", self)
        inside = QWidget()
        self._column = QVBoxLayout()
        self._column.setSpacing(theme.px(8))
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, theme.px(4), theme.px(12))
        column.addLayout(self._column)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(theme.px(12))
        outer.addWidget(self._chips)
        self._list = Scroll(inside, self)
        outer.addWidget(self._list, 1)
        outer.addWidget(self._none, 1)

    @override
    def top(self) -> TopLook:
        """Title and how many."""
        return self._completed.top()

    @override
    def refresh(self) -> None:
        """Show what is over now."""
        self._chips.set_looks(self._completed.filters())
        looks = self._completed.rows()
        self._none.setVisible(not looks)
        self._list.setVisible(bool(looks))
        self._none.set_look(self._completed.empty())
        # A row keeps its buttons: another action, another row.
        keys = [(look.key, *(button.action for button in look.buttons)) for look in looks]
        if keys != list(self._rows):
            empty_layout(self._column)
            self._rows = {}
            for key, look in zip(keys, looks, strict=True):
                row = RecordRow(self.theme, f"completed.{look.key}", look)
                row.tapped.connect(self._on_tapped)
                self._rows[key] = row
                self._column.addWidget(row)
        for row, look in zip(self._rows.values(), looks, strict=True):
            row.set_look(look)

    def _on_tapped(self, action: str, batch: str) -> None:
        if action == OPEN:
            self.go.emit("batch", batch)
        elif action == UNDO:
            self._completed.take_back(batch)
        else:
            self.sheet.emit(action, batch)
