"""One way to settle a refused tap: what it means in words and the button that does it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.looks import AnswerLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.base import Panel
from kiosk.widgets.icon_mark import IconMark
from kiosk.widgets.text_block import TextBlock


class AnswerCard(Panel):
    """Emits `tapped(action)` and `blocked(action, reason)`."""

    tapped = Signal(str)
    blocked = Signal(str, str)

    def __init__(
        self, theme: Theme, subject: str, look: AnswerLook, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self.setObjectName(subject)
        self._icon = IconMark(theme, look.icon, 28, "text", self)
        self._title = TextBlock(theme, look.title, "name", lines=3, parent=self)
        self._detail = TextBlock(theme, look.detail, tint="text2", lines=3, parent=self)
        self._button = ActionButton(
            theme, f"{subject}.button", look.button, size="sheet", parent=self
        )
        self._button.tapped.connect(self.tapped)
        self._button.blocked.connect(self.blocked)
        self._head = QHBoxLayout()
        self._head.addWidget(self._icon)
        self._head.addWidget(self._title, 1)
        self._box = QVBoxLayout(self)
        self._box.addLayout(self._head)
        self._box.addWidget(self._detail)
        self._box.addStretch(1)
        self._box.addWidget(self._button)
        self.restyle()
        self.set_look(look)

    def set_look(self, look: AnswerLook) -> None:
        self._icon.set_icon(look.icon)
        self._icon.setVisible(bool(look.icon))
        self._title.set_text(look.title)
        self._detail.set_text(look.detail)
        self._button.set_look(look.button)
        self._button.setAccessibleDescription(look.button.reason or look.detail)
        self.setAccessibleName(look.title)

    @override
    def restyle(self) -> None:
        px = self.theme.px
        self._head.setSpacing(px(12))
        self._box.setContentsMargins(px(20), px(18), px(20), px(18))
        self._box.setSpacing(px(8))
