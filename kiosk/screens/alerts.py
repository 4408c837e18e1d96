"""The alerts page: one row an alert with the button that handles it; it only composes."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from kiosk.screens.page import Page
from kiosk.screens.scroll import Scroll
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.alerts import AlertsView
from kiosk.views.looks import TopLook
from kiosk.widgets.alert_row import AlertRow
from kiosk.widgets.base import empty_layout
from kiosk.widgets.text_block import TextBlock


class AlertsPage(Page):
    """Who handles what."""

    def __init__(self, theme: Theme, view: AlertsView, parent: QWidget | None = None) -> None:
        super().__init__(theme, view, parent)
        self._alerts = view
        self._rows: dict[str, AlertRow] = {}
        self._none = TextBlock(theme, "", "title", tint="text2")
        self._column = QVBoxLayout()
        self._column.setSpacing(theme.px(12))
        inside = QWidget()
        outer_inside = QVBoxLayout(inside)
        outer_inside.setContentsMargins(0, 0, 0, theme.px(12))
        outer_inside.addWidget(self._none)
        outer_inside.addLayout(self._column)
        outer_inside.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Scroll(inside, self))

    @override
    def top(self) -> TopLook:
        """Title and count."""
        return self._alerts.top()

    @override
    def refresh(self) -> None:
        """Show the alerts that hold."""
        rows = self._alerts.rows()
        self._none.setVisible(not rows)
        self._none.set_text(self._alerts.words("alert.none"))
        if [look.key for look in rows] != list(self._rows):
            empty_layout(self._column)
            self._rows = {}
            for look in rows:
                row = AlertRow(self.theme, look)
                row.tapped.connect(self._on_tapped)
                self._rows[look.key] = row
                self._column.addWidget(row)
            return
        for look in rows:
            self._rows[look.key].set_look(look)

    def _on_tapped(self, key: str, action: str) -> None:
        if action == "handle":
            self._alerts.handle(key)
        elif subject := self._alerts.about(key):
            self.go.emit("batch", subject)
