"""One alert: chip, what and where, one button; it does not know when it is over."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.looks import AlertLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.base import Panel
from kiosk.widgets.chip import Chip
from kiosk.widgets.text_block import TextBlock

_BUTTON_MM = 52.0


class AlertRow(Panel):
    """Emits `tapped(key, action)`."""

    tapped = Signal(str, str)

    def __init__(self, theme: Theme, look: AlertLook, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._look = look
        self._chip = Chip(theme, look.chip, self)
        self._title = TextBlock(theme, "", "name", lines=2, parent=self)
        self._detail = TextBlock(theme, "", "body", tint="text2", lines=2, parent=self)
        self._button = ActionButton(
            theme, f"alert.{look.key}", look.button, size="page", parent=self
        )
        self._button.tapped.connect(self._on_button_tapped)
        words = QVBoxLayout()
        words.setSpacing(theme.px(2))
        words.addWidget(self._title)
        words.addWidget(self._detail)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._chip)
        self._row.addLayout(words, 1)
        self._row.addWidget(self._button)
        self.restyle()
        self._show(look)

    def set_look(self, look: AlertLook) -> None:
        if look != self._look:
            self._show(look)

    @override
    def restyle(self) -> None:
        px = self.theme.px
        self._row.setContentsMargins(px(16), px(12), px(12), px(12))
        self._row.setSpacing(px(16))
        self._button.setMinimumWidth(self.theme.mm(_BUTTON_MM))

    def _show(self, look: AlertLook) -> None:
        self._look = look
        self._chip.set_look(look.chip)
        self._title.set_text(look.title)
        self._detail.set_text(look.detail)
        self._button.set_look(look.button)
        self._button.setAccessibleName(f"{look.button.text} · {look.title}")

    def _on_button_tapped(self, action: str) -> None:
        self.tapped.emit(self._look.key, action)
