"""The holds of one batch for its record: who, why, how long, by whom let go; it asks nobody and makes no words."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from dapur.batch import Batch, Line

HELD, RELEASED = "batch_held", "hold_released"


class HoldSpan(msgspec.Struct, frozen=True):
    """One hold. Times are UTC ms; empty texts and None are not known here, or have not happened yet."""

    from_ms: int
    by: str
    reason: str = ""
    note: str = ""
    number: int = 0
    until_ms: int | None = None
    released_by: str = ""
    decision: str = ""

    @property
    def took_ms(self) -> int | None:
        """How long it lasted; None while it does."""
        return None if self.until_ms is None else max(0, self.until_ms - self.from_ms)


def holds_of(batch: Batch) -> tuple[HoldSpan, ...]:
    """With all that the open night knows."""
    return tuple(
        HoldSpan(
            hold.at.earliest_ms,
            hold.actor,
            str(hold.reason),
            hold.note,
            hold.number,
            None if hold.release is None else hold.release.at.earliest_ms,
            "" if hold.release is None else hold.release.actor,
            "" if hold.release is None else str(hold.release.decision),
        )
        for hold in batch.holds
    )


def holds_from(lines: Iterable[Line]) -> tuple[HoldSpan, ...] | None:
    """From a list of events, which says who and when, not why. None where two holds were open at
    once: the list does not tell which of them a release ended.
    """
    made: list[HoldSpan] = []
    for line in lines:
        if line.kind == HELD:
            if made and made[-1].until_ms is None:
                return None
            made.append(HoldSpan(line.at_ms, line.actor))
        elif line.kind == RELEASED and made and made[-1].until_ms is None:
            made[-1] = msgspec.structs.replace(
                made[-1], until_ms=line.at_ms, released_by=line.actor
            )
    return tuple(made)
