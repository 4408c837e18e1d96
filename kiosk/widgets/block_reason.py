"""Why a button is closed, all reasons in words beside it; the reasons come from outside."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.theme.theme import Theme
from kiosk.theme.tokens import SEMIBOLD
from kiosk.views.looks import BlockLook
from kiosk.widgets.base import Themed
from kiosk.widgets.icon_mark import IconMark
from kiosk.widgets.text_block import TextBlock

_TINT = {"alarm": "alarm_text", "attention": "amber_text", "neutral": "text2"}


class BlockReason(Themed):
    """Stands left of the button it explains, so its words end at the right."""

    def __init__(
        self, theme: Theme, look: BlockLook | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        right = Qt.AlignmentFlag.AlignRight
        self._icon = IconMark(theme, "", 26, "text2", self)
        self._title = TextBlock(theme, "", "section", weight=SEMIBOLD, align=right, parent=self)
        self._detail = TextBlock(theme, tint="text2", lines=3, align=right, parent=self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(12))
        row.addStretch(1)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignVCenter)
        words = QVBoxLayout()
        words.setSpacing(theme.px(2))
        words.addStretch(1)
        words.addWidget(self._title)
        words.addWidget(self._detail)
        words.addStretch(1)
        row.addLayout(words)
        self.set_look(look or BlockLook(""))

    def set_look(self, look: BlockLook) -> None:
        self._title.set_text(look.title)
        reasons = look.joiner.join(look.reasons)
        self._detail.set_text(reasons)
        self._icon.set_icon(look.icon, _TINT[look.tone])
        self._icon.setVisible(bool(look.icon))
        self.setAccessibleName(f"{look.title} {reasons}".strip())
