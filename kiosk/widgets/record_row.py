"""One line of a list that can be managed: what it is, its value, a chip, up to three buttons; it decides nothing."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.admin_looks import RecordLook
from kiosk.views.looks import ChipLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.base import Panel
from kiosk.widgets.chip import Chip
from kiosk.widgets.text_block import TextBlock

DETAIL_LINES = 8
"""A busy night's hand-over with its message needs six where the column is narrow."""


class RecordRow(Panel):
    """Emits `tapped(action, key)`, and `blocked(action, reason)` for a closed button."""

    tapped = Signal(str, str)
    blocked = Signal(str, str)

    def __init__(
        self, theme: Theme, subject: str, look: RecordLook, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self.setObjectName(subject)
        self._look = look
        self._title = TextBlock(theme, "", "section", lines=2, parent=self)
        self._detail = TextBlock(theme, "", "body", tint="text2", lines=DETAIL_LINES, parent=self)
        self._value = TextBlock(theme, "", "name", parent=self)
        self._chip = Chip(theme, ChipLook(""), parent=self)
        self._buttons: dict[str, ActionButton] = {}
        self._row = QHBoxLayout(self)
        self._words = QVBoxLayout()
        self._words.addWidget(self._title)
        self._words.addWidget(self._detail)
        self._row.addLayout(self._words, 1)
        self._row.addWidget(self._chip)
        self._row.addWidget(self._value)
        for button in look.buttons:
            made = ActionButton(theme, f"{subject}.{button.action}", button, parent=self)
            made.tapped.connect(self._on_tapped)
            made.blocked.connect(self.blocked)
            self._buttons[button.action] = made
            self._row.addWidget(made)
        self.restyle()
        self._show(look)

    def look(self) -> RecordLook:
        return self._look

    def set_look(self, look: RecordLook) -> None:
        """Shows this; the actions of the buttons stay the same for one row."""
        if look != self._look:
            self._show(look)

    @override
    def restyle(self) -> None:
        px = self.theme.px
        self._row.setContentsMargins(px(16), px(10), px(12), px(10))
        self._row.setSpacing(px(12))
        self._words.setSpacing(px(2))

    def _show(self, look: RecordLook) -> None:
        self._look = look
        self.setAccessibleName(f"{look.title} {look.value} {look.detail}".strip())
        self._title.set_text(look.title)
        self._detail.set_text(look.detail)
        self._detail.setVisible(bool(look.detail))
        self._value.set_text(look.value, "text3" if look.value_off else "text")
        self._value.set_strike(look.value_off)
        self._value.setVisible(bool(look.value))
        self._chip.setVisible(look.chip is not None)
        if look.chip is not None:
            self._chip.set_look(look.chip)
        for button in look.buttons:
            self._buttons[button.action].set_look(button)

    def _on_tapped(self, action: str) -> None:
        self.tapped.emit(action, self._look.key)
