"""The small keyboard over the window, for one line of text; it keeps no draft."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.theme.theme import Theme
from kiosk.views.admin_form import keyboard
from kiosk.views.floor import Floor
from kiosk.views.looks import ButtonLook, SheetLook
from kiosk.widgets.on_screen_keyboard import OnScreenKeyboard
from kiosk.widgets.sheet import Sheet

MOST = 60


class WritingSheet(Sheet):
    """`written(text)` when it is done; then it goes."""

    written = Signal(str)

    def __init__(
        self, theme: Theme, floor: Floor, title: str, text: str, host: QWidget, *, limit: int = MOST
    ) -> None:
        super().__init__(theme, "writing", host)
        words = floor.words
        self.set_look(
            SheetLook(
                title,
                cancel=ButtonLook("cancel", words("act.cancel"), "", "outlined"),
                confirm=ButtonLook("done", words("form.done"), "check", "primary"),
            )
        )
        self._keyboard = OnScreenKeyboard(theme, "writing.keys", keyboard(floor), limit=limit)
        self._keyboard.set_text(text)
        self.set_body(self._keyboard)
        self.dismissed.connect(self._close)
        self.tapped.connect(self._on_done_tapped)

    def _on_done_tapped(self, _action: str) -> None:
        text = self._keyboard.text().strip()
        self._close()
        self.written.emit(text)

    def _close(self) -> None:
        self.shut()
        self.deleteLater()
