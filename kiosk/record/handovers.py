"""The hand-overs of a night for its record: who gave the kitchen to whom, and when; it makes no words."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from dapur.handover import SUBJECT, HandOver, Open, Sort
from dapur.night import serving_date_of
from dapur.past import AuditRow

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


def passings_from(events: Iterable[AuditRow], night: str, offset_min: int) -> tuple[Passing, ...]:
    """From the server's list of events: those of a serving date, `offset_min` east of UTC; oldest first.

    The list says who gave and who took. A new one replaces the one that waits, so that the next
    who takes the kitchen takes it from the newest giver.
    """
    made: list[Passing] = []
    for row in sorted(events, key=lambda each: (each.earliest_ms, each.seq)):
        if row.subject != SUBJECT or serving_date_of(row.earliest_ms, offset_min) != night:
            continue
        waits = bool(made) and not made[-1].taker
        if row.kind == GIVEN:
            if waits:
                made[-1] = msgspec.structs.replace(made[-1], replaced=True)
            made.append(_given(row))
        elif row.kind == TAKEN and waits:
            made[-1] = msgspec.structs.replace(made[-1], taker=row.actor, taken_ms=row.earliest_ms)
    return tuple(made)


def _given(row: AuditRow) -> Passing:
    told = row.passing
    if told is None:
        return Passing(row.earliest_ms, row.actor)
    counts = (told.alerts, told.checks, told.holds, told.reviews, told.clocks)
    return Passing(
        *(row.earliest_ms, row.actor, told.to, told.role),
        open=Open(*(Sort(count) for count in counts)),
        note=told.note,
    )
