"""The signature: who signs, six dots, the keys; shows a `Signing` and passes the digits to it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.theme.theme import Theme
from kiosk.views.looks import ButtonLook
from kiosk.views.signing import Signing
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.avatar import Avatar
from kiosk.widgets.key_pad import KeyPad
from kiosk.widgets.pin_dots import PinDots
from kiosk.widgets.text_block import TextBlock

PIN_DIGITS = 6
_KEY_MOST_MM = 26


class SignPanel(QWidget):
    """Avatar, name and role over dots and keys; `set_open` says whether a PIN counts yet.

    `blocked` when somebody taps a key although it does not.
    """

    blocked = Signal()

    def __init__(
        self, theme: Theme, signing: Signing, subject: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._signing = signing
        self._open, self._why = True, ""
        self._avatar = Avatar(theme, parent=self)
        self._name = TextBlock(theme, "", "section", parent=self)
        self._role = TextBlock(theme, "", "caption", tint="text2", parent=self)
        self._other = ActionButton(theme, f"{subject}.other", ButtonLook("other", ""), parent=self)
        self._dots = PinDots(theme, PIN_DIGITS, self)
        self._prompt = TextBlock(theme, "", "body", tint="text2", lines=2, parent=self)
        self._pad = KeyPad(theme, f"{subject}.pad", signing.pad(), parent=self)
        self._arrange(theme)
        self._other.tapped.connect(self._on_other_tapped)
        self._pad.changed.connect(self._on_pad_changed)
        self._pad.completed.connect(self._on_pad_completed)
        self._pad.blocked.connect(self._on_pad_blocked)
        signing.changed.connect(self.refresh)
        self.refresh()

    def set_open(self, is_open: bool, why: str = "") -> None:
        """Whether everything but the PIN is there; `why` says what is not."""
        if (is_open, why) != (self._open, self._why):
            self._open, self._why = is_open, why
            self.refresh()

    def refresh(self) -> None:
        """Show the signing as it is."""
        signing = self._signing
        person = signing.person()
        self._avatar.setVisible(person is not None)
        if person is not None:
            self._avatar.set_look(person.initials, active=True)
        self._name.set_text(person.name if person else "")
        self._role.set_text(signing.role())
        words = signing.floor.words
        self._other.set_look(ButtonLook("other", words("qc.other_signer"), "users", "outlined"))
        self._other.setVisible(len(signing.candidates()) > 1)
        self._dots.set_look(signing.filled)
        prompt = self._why if self._why and not self._open else signing.prompt()
        self._prompt.set_text(prompt, "alarm_text" if signing.wrong else "text2")
        look = signing.pad()
        self._pad.set_look(
            type(look)(look.clear_text, look.back_name, enabled=look.enabled and self._open)
        )
        if not signing.filled and self._pad.entry():
            self._pad.set_entry("")

    def _arrange(self, theme: Theme) -> None:
        px = theme.px
        who = QHBoxLayout()
        who.setSpacing(px(12))
        who.addWidget(self._avatar)
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self._name)
        names.addWidget(self._role)
        who.addLayout(names, 1)
        who.addWidget(self._other)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(12))
        column.addLayout(who)
        column.addWidget(self._prompt)
        column.addWidget(self._dots, 0, Qt.AlignmentFlag.AlignLeft)
        # The keys grow into a low window's last strip, but not into giants on a high one.
        self._pad.setMaximumHeight(self._pad.theme.mm(4 * _KEY_MOST_MM))
        column.addWidget(self._pad, 100)
        column.addStretch(1)

    def _on_other_tapped(self, _action: str) -> None:
        self._signing.next_signer()

    def _on_pad_changed(self, entry: str) -> None:
        if len(entry) < PIN_DIGITS:
            self._signing.typed(len(entry))

    def _on_pad_blocked(self) -> None:
        """What is missing before a PIN counts stands above the dots; who taps keys looks at the keys."""
        self._signing.floor.tell("why.sign", self._prompt.text(), tone="attention")
        self.blocked.emit()

    def _on_pad_completed(self, pin: str) -> None:
        self._signing.typed(PIN_DIGITS)
        self._signing.check(pin)
