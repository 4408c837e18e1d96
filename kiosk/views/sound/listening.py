"""Listens to the floor once a second and lets be heard what is due; it shows nothing."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from kiosk.views.floor import Floor, Message
from kiosk.views.sound.kinds import Kind
from kiosk.views.sound.ringing import Here, Ringing
from kiosk.views.sound.sounds import Sounds

_REFUSED = ("refused.", "review")


class Listening(QObject):
    """Between the floor and its sounds. `rang(kind)`: also when no player can play it, to wake the screen."""

    rang = Signal(object)

    def __init__(self, floor: Floor, sounds: Sounds, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._floor, self._sounds = floor, sounds
        self._ringing = Ringing()
        sounds.silent_ms = self._silent_ms
        floor.ticked.connect(self._on_floor_ticked)
        floor.told.connect(self._on_floor_told)

    def _silent_ms(self, key: str) -> int | None:
        return self._ringing.muted_ms(key, self._floor.people.time.mono_ms())

    def _on_floor_ticked(self) -> None:
        floor = self._floor
        if not floor.known:
            return
        people = floor.people
        kind = self._ringing.look(
            floor.kitchen,
            floor.alerts,
            Here(people.device, frozenset(people.session.signed_in)),
            now_ms=floor.now_ms,
            mono_ms=people.time.mono_ms(),
        )
        if kind is not None:
            self._sounds.play(kind)
            self.rang.emit(kind)

    def _on_floor_told(self, message: Message) -> None:
        if message.key.startswith(_REFUSED):
            self._sounds.play(Kind.REFUSED)
