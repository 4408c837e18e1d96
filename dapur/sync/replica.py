"""What a kiosk knows and what it guesses: the server's state, and the same with the waiting taps folded in."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from dapur.envelope import Event, Taken
from dapur.kitchen import Kitchen, evolve, take
from dapur.wire.messages import Outcome, Result


class Pending(msgspec.Struct, frozen=True):
    """A tap that is on this kiosk's disk and not yet in what the server told."""

    dseq: int
    taken: Taken
    answered: Result | None = None


class Doubt(msgspec.Struct, frozen=True):
    """A waiting tap that the rules would refuse on what is known by now; still only the server decides."""

    dseq: int
    code: str


class Replica:
    """Base state plus pending taps. The guess is never stored and is made anew when its ground moves."""

    def __init__(self, kitchen: Kitchen, seq: int, pending: Iterable[Pending] = ()) -> None:
        self._base = kitchen
        self._seq = seq
        self._pending: dict[int, Pending] = {row.dseq: row for row in pending}
        self._told: set[int] = set()
        """Pending taps whose own events the base holds already, though their receipt is still on the way."""
        self._guess: Kitchen | None = None
        self._doubts: tuple[Doubt, ...] = ()

    @property
    def base(self) -> Kitchen:
        """The fold of the log up to `seq`."""
        return self._base

    @property
    def seq(self) -> int:
        """How far the log is folded in."""
        return self._seq

    @property
    def pending(self) -> tuple[Pending, ...]:
        """Waiting taps in order."""
        return tuple(self._pending.values())

    @property
    def shown(self) -> Kitchen:
        """What the screen shows: the base with every waiting tap that the rules accept."""
        return self._fold()[0]

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """Waiting taps that will probably be refused."""
        return self._fold()[1]

    def tapped(self, row: Pending) -> None:
        """A new tap is on disk."""
        shown, doubts = self._fold()
        self._pending[row.dseq] = row
        self._guess, self._doubts = _predict(shown, doubts, row)

    def grown(self, events: Iterable[Event], seq: int) -> None:
        """Events up to `seq` are stored."""
        own = {row.taken.command.id: dseq for dseq, row in self._pending.items()}
        for event in events:
            self._base = evolve(self._base, event)
            if event.command in own:
                self._told.add(own[event.command])
        self._seq = seq
        self._forget()

    def replaced(self, kitchen: Kitchen, seq: int) -> None:
        """A snapshot took the base's place."""
        self._base = kitchen
        self._seq = seq
        self._forget()

    def settled(self, results: Iterable[Result]) -> None:
        """Own taps were answered; each leaves the view once the base has reached the answer's seq."""
        for result in results:
            row = self._pending.get(result.dseq)
            if row is not None:
                self._pending[result.dseq] = msgspec.structs.replace(row, answered=result)
        self._forget()

    def _forget(self) -> None:
        done = [
            dseq
            for dseq, row in self._pending.items()
            if row.answered is not None and row.answered.seq <= self._seq
        ]
        for dseq in done:
            del self._pending[dseq]
            self._told.discard(dseq)
        self._guess = None

    def _fold(self) -> tuple[Kitchen, tuple[Doubt, ...]]:
        if self._guess is None:
            shown = self._base
            doubts: tuple[Doubt, ...] = ()
            for dseq, row in self._pending.items():
                if dseq in self._told:
                    continue
                shown, doubts = _predict(shown, doubts, row)
            self._guess, self._doubts = shown, doubts
        return self._guess, self._doubts


def _predict(
    shown: Kitchen, doubts: tuple[Doubt, ...], row: Pending
) -> tuple[Kitchen, tuple[Doubt, ...]]:
    if row.answered is not None and row.answered.outcome not in (Outcome.APPLIED, Outcome.ALREADY):
        # The server said no: the guess must not go on showing it until the base catches up.
        return shown, doubts
    taking = take(shown, row.taken, row.taken.received_ms)
    if taking.outcome in (Outcome.APPLIED, Outcome.ALREADY):
        return taking.kitchen, doubts
    return shown, (*doubts, Doubt(row.dseq, taking.code))
