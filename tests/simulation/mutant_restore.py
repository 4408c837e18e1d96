"""Planted bugs of the restore: what kiosks bring back, and what is decided before they came."""

from __future__ import annotations

from collections.abc import Sequence

from dapur.envelope import chain
from dapur.sync.effects import TailEntry
from dapur.sync.tail import TailCheck
from server.desk.desk import Desk
from tests.simulation.mutant_base import Mutant, Patch
from tests.simulation.mutant_scenes import restored


def _take_whatever_comes(self: TailCheck, first: int, bodies: Sequence[str]) -> None:
    """It came from a kiosk of ours, and the head behind it was signed."""
    del first
    for body in bodies:
        self.seq += 1
        self._link = chain(self._link, body.encode())
        self._entries.append(TailEntry(self.seq, self._link, body))


def _wait_for_nobody(_self: Desk, _cached: object) -> bool:
    return False


def _answer_nothing_again(self: Desk, *_: object) -> int:
    del self
    return 0


MUTANTS = (
    Mutant(
        "tail_chain_unchecked",
        "The events that a kiosk brings after a restore are taken as they come.",
        (Patch(TailCheck, "take", _take_whatever_comes),),
        restored,
    ),
    Mutant(
        "decided_while_recovering",
        "Commands are decided on the backup although kiosks may still bring what it lacks.",
        (Patch(Desk, "_waits_for_kiosks", _wait_for_nobody),),
        restored,
    ),
    Mutant(
        "brought_events_without_answers",
        "Commands whose events a kiosk brought back are decided again when they are sent again.",
        (Patch(Desk, "_answered_before", _answer_nothing_again),),
        restored,
    ),
)
