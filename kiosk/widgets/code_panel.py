"""An enrolment code as it is read from two metres, with how to use it and how long it is good; it counts nothing."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.theme.theme import Theme
from kiosk.views.admin_looks import CodeLook
from kiosk.views.looks import ButtonLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.base import Panel
from kiosk.widgets.text_block import TextBlock


class CodePanel(Panel):
    """Emits `closed` when the code was written down."""

    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent, fill="tonal", border="primary")
        self.setObjectName("admin.code")
        self._title = TextBlock(theme, "", "section", tint="on_tonal", lines=2, parent=self)
        self._code = TextBlock(theme, "", "numeral", tint="on_tonal", lines=2, parent=self)
        self._how = TextBlock(theme, "", "body", tint="on_tonal", lines=4, parent=self)
        self._left = TextBlock(theme, "", "section", tint="on_tonal", parent=self)
        self._close = ActionButton(theme, "admin.code.close", ButtonLook("close", ""), parent=self)
        self._close.tapped.connect(self._on_close_tapped)
        words = QVBoxLayout()
        for block in (self._title, self._code, self._how, self._left):
            words.addWidget(block)
        row = QHBoxLayout(self)
        pad = theme.px(16)
        row.setContentsMargins(pad, pad, pad, pad)
        row.setSpacing(theme.px(16))
        row.addLayout(words, 1)
        row.addWidget(self._close)

    def code(self) -> str:
        return self._code.text()

    def set_look(self, look: CodeLook, close: ButtonLook) -> None:
        self._title.set_text(look.title)
        for block, text in (
            (self._code, look.code),
            (self._how, look.how),
            (self._left, look.left),
        ):
            block.set_text(text)
            block.setVisible(bool(text))
        self._close.set_look(close)

    def _on_close_tapped(self, _action: str) -> None:
        self.closed.emit()
