"""What a kiosk knows and what it guesses: the server's state, and the same with the waiting taps folded in."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import msgspec

from dapur.envelope import Event, Taken
from dapur.ids import CommandId
from dapur.kitchen import Kitchen, evolve, take
from dapur.wire.messages import Outcome, Result

AT_ONCE = 24
"""Waiting taps that are folded in whenever the ground moves: a millisecond, on a slow machine four."""


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
    """Base state plus pending taps. The guess is never stored and is made anew when its ground moves.

    A `patient` one with many waiting taps is made anew in parts by `refold`, so that nobody waits for
    it; until a round of parts is through it shows the guess before, with new taps on top.
    """

    def __init__(
        self,
        kitchen: Kitchen,
        seq: int,
        pending: Iterable[Pending] = (),
        *,
        patient: bool = False,
    ) -> None:
        self._base = kitchen
        self._seq = seq
        self._pending: dict[int, Pending] = {row.dseq: row for row in pending}
        self._by_command: dict[CommandId, int] = {
            row.taken.command.id: row.dseq for row in self._pending.values()
        }
        self._answered = {row.dseq for row in self._pending.values() if row.answered is not None}
        self._patient = patient
        self._rows: tuple[Pending, ...] | None = None
        self._guess: Guess | None = None
        self._made = False
        self._round: Round | None = None

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
        """Waiting taps in order; the same object until they change."""
        if self._rows is None:
            self._rows = tuple(self._pending.values())
        return self._rows

    @property
    def shown(self) -> Kitchen:
        """What the screen shows: the base with every waiting tap that the rules accept."""
        return self._best().kitchen

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """Waiting taps that will probably be refused."""
        return self._best().doubts

    @property
    def behind(self) -> bool:
        """Whether `refold` has work: what is shown does not stand on the newest base yet."""
        return not self._made and self._is_long()

    def waits_for(self, command: CommandId) -> bool:
        """Whether this is a waiting tap of ours."""
        return command in self._by_command

    def refold(self, taps: int) -> bool:
        """Make the next guess by up to so many taps further; whether more is to be done.

        What is shown changes when a round is through, not before.
        """
        if not self.behind:
            return False
        if self._round is None:
            self._round = Round(self._base, self._pending.values())
        if self._round.go_on(taps):
            return True
        self._guess, moved, self._round = self._round.guess, self._round.moved, None
        self._made = not moved
        return moved

    def tapped(self, row: Pending) -> None:
        """A new tap is on disk."""
        best = self._best()
        self._pending[row.dseq] = row
        self._by_command[row.taken.command.id] = row.dseq
        self._rows = None
        self._guess = best.after(row)
        if self._round is not None:
            self._round.add(row)

    def grown(self, events: Iterable[Event], seq: int) -> None:
        """Events up to `seq` are stored."""
        for event in events:
            self._base = evolve(self._base, event)
            # In the base by its own event: it waits no more, though its receipt is still on the way.
            if (dseq := self._by_command.get(event.command)) is not None:
                self._drop(dseq)
        self._seq = seq
        self._moved()

    def replaced(self, kitchen: Kitchen, seq: int) -> None:
        """A snapshot took the base's place."""
        self._base = kitchen
        self._seq = seq
        self._moved()

    def settled(self, results: Iterable[Result]) -> None:
        """Own taps were answered; each leaves the view once the base has reached the answer's seq.

        One with events left it when the first of them came.
        """
        for result in results:
            row = self._pending.get(result.dseq)
            if row is not None:
                self._pending[result.dseq] = msgspec.structs.replace(row, answered=result)
                self._answered.add(result.dseq)
                self._rows = None
        self._moved()

    def _moved(self) -> None:
        """The ground of the guess is another; what the base holds by now need not wait any more."""
        for dseq in sorted(self._answered):
            answered = self._pending[dseq].answered
            if answered is not None and answered.seq <= self._seq:
                self._drop(dseq)
        self._made = False
        if self._round is not None:
            self._round.moved = True

    def _drop(self, dseq: int) -> None:
        row = self._pending.pop(dseq)
        del self._by_command[row.taken.command.id]
        self._answered.discard(dseq)
        self._rows = None

    def _is_long(self) -> bool:
        return self._patient and len(self._pending) > AT_ONCE

    def _best(self) -> Guess:
        guess = self._guess
        if guess is None or (not self._made and not self._is_long()):
            whole = Round(self._base, self._pending.values())
            whole.go_on(len(self._pending))
            guess = self._guess = whole.guess
            self._made, self._round = True, None
        return guess


class Guess(msgspec.Struct, frozen=True):
    """A kitchen with waiting taps folded in, and what was doubtful about them."""

    kitchen: Kitchen
    doubts: tuple[Doubt, ...] = ()

    def after(self, row: Pending) -> Guess:
        """With one tap more."""
        return Guess(*_predict(self.kitchen, self.doubts, row))


class Round:
    """One making of the guess, from a base and the taps that waited then."""

    def __init__(self, base: Kitchen, rows: Iterable[Pending]) -> None:
        self.guess = Guess(base)
        self.moved = False
        """The ground is another by now: after this round the next one is due."""
        self._left = deque(rows)

    def add(self, row: Pending) -> None:
        """A tap that came meanwhile."""
        self._left.append(row)

    def go_on(self, taps: int) -> bool:
        """Fold up to so many more; whether any are left."""
        for _ in range(min(taps, len(self._left))):
            self.guess = self.guess.after(self._left.popleft())
        return bool(self._left)


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
