"""The page of the fleet: counts, search, one line a kiosk; it only composes."""

from __future__ import annotations

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from kiosk.screens.page import Page
from kiosk.screens.scroll import Scroll
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import BAR_MM, MEDIUM
from kiosk.views.fleet import FleetView
from kiosk.views.looks import TopLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.kpi_tile import KpiRow
from kiosk.widgets.record_row import RecordRow
from kiosk.widgets.text_block import TextBlock

SEARCH_PX = 300


class FleetPage(Page):
    """Rows are kept while they are the same kiosks: a new answer moves no line under a finger."""

    def __init__(self, theme: Theme, view: FleetView, parent: QWidget | None = None) -> None:
        super().__init__(theme, view, parent)
        self._fleet = view
        self._rows: dict[str, RecordRow] = {}
        self._said = TextBlock(theme, "", "body", tint="text2", lines=3, parent=self)
        self._said.setObjectName("fleet.said")
        self._tiles = KpiRow(theme, "fleet.kpi", self)
        self._tiles.opened.connect(view.choose)
        self._search = QLineEdit(self)
        self._search.setObjectName("fleet.search")
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(view.find)
        self._count = TextBlock(theme, "", "body", tint="text2", weight=MEDIUM, parent=self)
        self._count.setObjectName("fleet.count")
        self._buttons = {
            look.action: ActionButton(theme, f"fleet.{look.action}", look, size="bar", parent=self)
            for look in view.tools()
        }
        for button in self._buttons.values():
            button.tapped.connect(view.press)
            button.blocked.connect(self._on_blocked)
        self._arrange()
        theme.changed.connect(self._restyle)
        self._restyle()

    @override
    def top(self) -> TopLook:
        """Title."""
        return self._fleet.top()

    @override
    def refresh(self) -> None:
        """Show what is known, and ask when that is old."""
        view = self._fleet
        view.want()
        self._said.set_text(view.said())
        self._tiles.set_looks(view.tiles())
        self._count.set_text(view.count())
        hint = view.words("fleet.search")
        self._search.setPlaceholderText(hint)
        self._search.setAccessibleName(hint)
        for look in view.tools():
            self._buttons[look.action].set_look(look)
        self._show_rows()

    def _show_rows(self) -> None:
        looks = self._fleet.rows()
        if [look.key for look in looks] != list(self._rows):
            for row in self._rows.values():
                row.deleteLater()
            self._rows = {
                look.key: RecordRow(self.theme, f"fleet.{look.key}", look) for look in looks
            }
            for row in self._rows.values():
                self._column.addWidget(row)
        for row, look in zip(self._rows.values(), looks, strict=True):
            row.set_look(look)

    def _on_blocked(self, action: str, reason: str) -> None:
        self._fleet.floor.tell(f"why.{action}", reason, tone="attention")

    # ---- layout -----------------------------------------------------------------------------

    def _arrange(self) -> None:
        px = self.theme.px
        tools = QHBoxLayout()
        tools.setSpacing(px(8))
        tools.addWidget(self._search)
        tools.addWidget(self._count, 1)
        for button in self._buttons.values():
            tools.addWidget(button)
        inside = QWidget()
        self._column = QVBoxLayout()
        self._column.setSpacing(px(8))
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, px(4), px(12))
        column.addLayout(self._column)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(px(10))
        outer.addWidget(self._tiles)
        outer.addWidget(self._said)
        outer.addLayout(tools)
        outer.addWidget(Scroll(inside, self), 1)

    def _restyle(self) -> None:
        theme = self.theme
        self._search.setFont(theme.font("body"))
        self._search.setFixedSize(theme.px(SEARCH_PX), theme.mm(BAR_MM))
        palette = theme.qpalette()
        palette.setColor(QPalette.ColorRole.Base, theme.color("surface"))
        self._search.setPalette(palette)
        self._search.setTextMargins(theme.px(8), 0, theme.px(8), 0)
