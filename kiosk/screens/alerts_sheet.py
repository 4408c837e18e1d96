"""One alert in full over a small window; it only composes."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.screens.scroll import Scroll
from kiosk.screens.sheets import ViewSheet
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.alerts import AlertsView
from kiosk.views.looks import SheetLook
from kiosk.widgets.alert_detail import AlertButtons, AlertFacts


class AlertSheet(ViewSheet):
    """Goes away when its alert does. Emits `acted(key, action)`."""

    acted = Signal(str, str)

    def __init__(self, theme: Theme, view: AlertsView, key: str, host: QWidget) -> None:
        super().__init__(theme, view, "alert.sheet", host)
        self._alerts, self._key = view, key
        self._facts = AlertFacts(theme, wide=True)
        self._buttons = AlertButtons(theme, in_row=True)
        self._buttons.tapped.connect(self._on_tapped)
        # The foot has its place for buttons: these three share it.
        self._foot.insertWidget(0, self._buttons, 100)
        self._fill_height = True
        self.set_body(Scroll(self._facts))
        self.refresh()

    @override
    def confirm(self, _action: str) -> bool:
        """There is no confirm button."""
        return False

    @override
    def refresh(self) -> None:
        """Show the alert, or go when it is over."""
        detail = self._alerts.detail(self._key)
        if detail is None:
            self.close_down()
            return
        words = self._alerts.words
        self.set_look(SheetLook(words("alert.title"), close_name=words("act.close")))
        self._facts.set_look(detail)
        self._buttons.set_look(detail)

    def _on_tapped(self, action: str) -> None:
        self.close_down()
        self.acted.emit(self._key, action)
