"""The hand-overs of a night for its record: who gave the kitchen to whom, and when; it makes no words."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from dapur.batch import Line
from dapur.handover import HandOver, Open
from dapur.night import serving_date_of

GIVEN, TAKEN = "handed_over", "taken_over"


class Passing(msgspec.Struct, frozen=True):
    """One hand-over. Times are UTC ms; what is empty or None is not known here, or never happened."""

    at_ms: int
    giver: str
    to: str = ""
    """A person's id."""
    role: str = ""
    """Whoever has it could take the kitchen; instead of `to`."""
    open: Open | None = None
    """What was open then."""
    note: str = ""
    taker: str = ""
    taken_ms: int | None = None
    replaced: bool = False
    """A newer one came before anybody took it."""


def passings_of(items: Iterable[HandOver]) -> tuple[Passing, ...]:
    """With all that the open night knows, oldest first."""
    return tuple(
        Passing(
            item.at.earliest_ms,
            item.giver,
            item.to,
            "" if item.role is None else str(item.role),
            item.open,
            item.note,
            "" if item.taken is None else item.taken.actor,
            None if item.taken is None else item.taken.at.earliest_ms,
            bool(item.replaced_by),
        )
        for item in items
    )


def passings_from(lines: Iterable[Line], night: str, offset_min: int) -> tuple[Passing, ...]:
    """From a list of events, oldest first: those of a serving date, `offset_min` east of UTC.

    The list says who gave and who took. A new one replaces the one that waits, so that the next
    who takes the kitchen takes it from the newest giver.
    """
    made: list[Passing] = []
    for line in lines:
        if serving_date_of(line.at_ms, offset_min) != night:
            continue
        waits = bool(made) and not made[-1].taker
        if line.kind == GIVEN:
            if waits:
                made[-1] = msgspec.structs.replace(made[-1], replaced=True)
            made.append(Passing(line.at_ms, line.actor))
        elif line.kind == TAKEN and waits:
            made[-1] = msgspec.structs.replace(made[-1], taker=line.actor, taken_ms=line.at_ms)
    return tuple(made)
