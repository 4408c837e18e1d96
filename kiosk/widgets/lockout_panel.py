"""Why a person may not try the PIN now and for how long; it unlocks nothing."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.looks import ButtonLook, LockoutLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.base import Themed, empty_layout
from kiosk.widgets.icon_mark import IconMark
from kiosk.widgets.text_block import TextBlock


class LockoutPanel(Themed):
    """Emits `tapped(action)`."""

    tapped = Signal(str)

    def __init__(
        self,
        theme: Theme,
        subject: str,
        look: LockoutLook | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self.setObjectName(subject)
        self._subject = subject
        self._buttons_shown: tuple[ButtonLook, ...] = ()
        middle = Qt.AlignmentFlag.AlignHCenter
        self._icon = IconMark(theme, "", 64, "alarm_text", self)
        self._title = TextBlock(theme, "", "title", align=middle, lines=2, parent=self)
        self._clock = TextBlock(theme, "", "batch", align=middle, parent=self)
        self._detail = TextBlock(
            theme, "", "section", weight=400, align=middle, lines=3, parent=self
        )
        self._note = TextBlock(theme, "", tint="text2", align=middle, lines=3, parent=self)
        self._buttons = QVBoxLayout()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.addStretch(1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._icon)
        row.addStretch(1)
        self._box.addLayout(row)
        for text in (self._title, self._clock, self._detail, self._note):
            self._box.addWidget(text)
        self._box.addStretch(1)
        self._box.addLayout(self._buttons)
        self.restyle()
        if look is not None:
            self.set_look(look)

    def set_look(self, look: LockoutLook) -> None:
        self._icon.set_icon(look.icon)
        self._title.set_text(look.title)
        self._clock.set_text(look.clock)
        self._detail.set_text(look.detail)
        self._note.set_text(look.note)
        self._note.setVisible(bool(look.note) and not self.theme.metrics.compact)
        self.setAccessibleName(f"{look.title} {look.clock}. {look.detail}")
        if look.buttons != self._buttons_shown:
            self._buttons_shown = look.buttons
            empty_layout(self._buttons)
            for button_look in look.buttons:
                subject = f"{self._subject}.{button_look.action}"
                button = ActionButton(self.theme, subject, button_look, size="page", parent=self)
                button.tapped.connect(self.tapped)
                self._buttons.addWidget(button)

    @override
    def restyle(self) -> None:
        metrics = self.theme.metrics
        # The way out needs its height more than the picture does.
        self._icon.setVisible(not (metrics.compact and metrics.glove))
        self._clock.set_role("reading" if metrics.compact else "batch")
        self._box.setSpacing(self.theme.px(12))
        self._buttons.setSpacing(self.theme.px(12))
