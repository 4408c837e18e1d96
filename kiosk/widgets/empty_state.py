"""What stands in the middle of a page that has nothing to show: a sign, a sentence, the way on; it decides no word."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kiosk.theme.theme import Theme
from kiosk.views.looks import ButtonLook, EmptyLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.icon_mark import IconMark
from kiosk.widgets.text_block import TextBlock

_WIDE_PX, _SIGN_PX = 560, 56
_ABOVE, _BELOW = 2, 3
"""A little above the middle, where the eye looks for it."""


class EmptyState(QWidget):
    """Emits `tapped(action)` for its button."""

    tapped = Signal(str)

    def __init__(self, theme: Theme, subject: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(subject)
        middle = Qt.AlignmentFlag.AlignHCenter
        self._look = EmptyLook("", "")
        self._icon = IconMark(theme, "", _SIGN_PX, "text2", self)
        self._title = TextBlock(theme, "", "title", lines=3, align=middle, parent=self)
        self._hint = TextBlock(
            theme, "", "section", weight=400, tint="text2", lines=4, align=middle, parent=self
        )
        self._button = ActionButton(
            theme, f"{subject}.way_on", ButtonLook("", ""), size="page", parent=self
        )
        self._button.tapped.connect(self.tapped)
        self._button.setMinimumWidth(theme.px(280))
        self._button.hide()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setSizePolicy(policy)
        words = QWidget(self)
        words.setMaximumWidth(theme.px(_WIDE_PX))
        column = QVBoxLayout(words)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(12))
        column.addWidget(self._icon, 0, middle)
        column.addWidget(self._title)
        column.addWidget(self._hint)
        column.addSpacing(theme.px(8))
        column.addWidget(self._button, 0, middle)
        across = QHBoxLayout()
        across.addStretch(1)
        across.addWidget(words, 100)
        across.addStretch(1)
        outer = QVBoxLayout(self)
        outer.addStretch(_ABOVE)
        outer.addLayout(across)
        outer.addStretch(_BELOW)

    def set_look(self, look: EmptyLook) -> None:
        if look == self._look:
            return
        self._look = look
        self._icon.set_icon(look.icon)
        self._title.set_text(look.title)
        self._hint.set_text(look.hint)
        self._button.setVisible(look.button is not None)
        if look.button is not None:
            self._button.set_look(look.button)
