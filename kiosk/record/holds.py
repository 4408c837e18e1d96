"""The holds of one batch for its record: who, why, how long, by whom let go; it asks nobody and makes no words."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from dapur.batch import Line
from dapur.past import BatchRow, HoldRow

HELD, RELEASED = "batch_held", "hold_released"


def holds_of(row: BatchRow, lines: Iterable[Line]) -> tuple[HoldRow, ...]:
    """With all that its row tells, else what the list of its events does; none where neither knows them.

    An earlier release beside this one goes on with a row and leaves the holds in it as they were.
    """
    known = row.hold_rows
    if known is None or not _agree(known, row):
        known = holds_from(lines) or ()
    return known if len(known) == row.holds else ()


def _agree(known: tuple[HoldRow, ...], row: BatchRow) -> bool:
    return len(known) == row.holds and row.held == any(each.until_ms is None for each in known)


def holds_from(lines: Iterable[Line]) -> tuple[HoldRow, ...] | None:
    """From a list of events, which says who and when, not why. None where two holds were open at
    once: the list does not tell which of them a release ended.
    """
    made: list[HoldRow] = []
    for line in lines:
        if line.kind == HELD:
            if made and made[-1].until_ms is None:
                return None
            made.append(HoldRow(line.at_ms, line.actor))
        elif line.kind == RELEASED and made and made[-1].until_ms is None:
            made[-1] = msgspec.structs.replace(
                made[-1], until_ms=line.at_ms, released_by=line.actor
            )
    return tuple(made)
