"""Sounds on or off, by which player, one at a time and the worst first; what deserves one, ringing.py says."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from kiosk.desk import DiskRefused
from kiosk.views.sound.kinds import ORDER, Kind, file_of
from kiosk.views.sound.player import Player, choose

NOTED = "sounds"
"""Noted key: `no` when somebody turned them off here."""
NOTED_COMMAND = "sound_command"
"""Noted key: an administrator's player, as one would type it; `{file}` is the file, else it comes last."""
_OFF = "no"


class Memory(Protocol):
    """Where the choice survives a restart (the local store)."""

    def note(self, **values: str) -> None:
        """Store values."""
        ...

    def noted(self, key: str) -> str:
        """A stored value or an empty text."""
        ...


class Sounds(QObject):
    """One for a window (`floor.sounds`). `changed`: whether it can be heard.

    A settings page shows `enabled`, `command` and `problem`, and calls `set_enabled`, `set_command` and
    `test`. The volume is the system's: none of the players has one that all of them share.
    """

    changed = Signal()

    def __init__(
        self,
        memory: Memory,
        parent: QObject | None = None,
        *,
        is_heard: bool = True,
        make_player: Callable[[str], Player | None] | None = None,
    ) -> None:
        """Without `is_heard` only an administrator's command plays: a test must not beep at night."""
        super().__init__(parent)
        self._is_heard = is_heard
        self.silent_ms: Callable[[str], int | None] = _not_muted
        """How long this kiosk is still silent about an alert, by its steady clock; None: nobody muted it."""
        self._memory = memory
        self._make_player = make_player or self._choose
        self._player = self._make_player(self.command)
        self._failed = False
        self._playing: Kind | None = None
        self._next: Kind | None = None
        self._cut = False
        """We ended it ourselves: that it was not played out is no fault of the player."""

    def _choose(self, command: str) -> Player | None:
        return choose(command, parent=self) if command or self._is_heard else None

    @property
    def enabled(self) -> bool:
        """Whether somebody turned them off."""
        return self._memory.noted(NOTED) != _OFF

    @property
    def command(self) -> str:
        """The administrator's player; empty: the system's."""
        return self._memory.noted(NOTED_COMMAND)

    @property
    def problem(self) -> str:
        """`none`: no player here; `failed`: it could not play the last sound; empty: all is well."""
        if self._player is None:
            return "none"
        return "failed" if self._failed else ""

    @property
    def playing(self) -> Kind | None:
        """What is heard now."""
        return self._playing

    def set_enabled(self, enabled: bool) -> None:
        """Turn them on or off, and remember it; alarms are still seen."""
        self._note(NOTED, "" if enabled else _OFF)
        if not enabled:
            self.silence()
        self.changed.emit()

    def set_command(self, command: str) -> None:
        """Play by this command from now on; empty: by the system's player."""
        self._note(NOTED_COMMAND, command.strip())
        self.silence()
        # The one before may be playing still: it goes when it has ended.
        self._player = self._make_player(command.strip())
        self._failed = self._cut = False
        self._playing = None
        self.changed.emit()

    def test(self) -> None:
        """Let the worst be heard, also when they are turned off."""
        self._ask(Kind.CRITICAL)

    def play(self, kind: Kind) -> None:
        """Let this be heard unless a worse one is; never waits."""
        if self.enabled:
            self._ask(kind)

    def silence(self) -> None:
        """Somebody handles it: nothing more is heard."""
        self._next = None
        self._cut_off()

    def _ask(self, kind: Kind) -> None:
        if self._player is None:
            return
        if self._playing is None:
            self._begin(kind)
        elif ORDER[kind] > ORDER[self._next or self._playing]:
            self._next = kind
            self._cut_off()

    def _cut_off(self) -> None:
        if self._player is not None and self._playing is not None:
            self._cut = True
            self._player.stop()

    def _begin(self, kind: Kind) -> None:
        player = self._player
        if player is None:
            return
        self._playing = kind

        def ended(played: bool) -> None:
            if player is self._player:
                self._over(played=played)

        player.play(file_of(kind), ended)

    def _over(self, *, played: bool) -> None:
        following, self._next, self._playing = self._next, None, None
        was_cut, self._cut = self._cut, False
        if not was_cut and self._failed is played:
            self._failed = not played
            self.changed.emit()
        if following is not None:
            self._begin(following)

    def _note(self, key: str, value: str) -> None:
        # A full disk must not keep a kiosk loud; only taps must never be lost.
        with suppress(DiskRefused):
            self._memory.note(**{key: value})


def _not_muted(_key: str) -> int | None:
    return None
