"""Where a record has holes: spans without a reading, entries that came late; it judges nobody."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from dapur.past import BatchRow, ReadingRow

LATE_ENTRY_MS = 60_000
"""Later than this the server heard of a tap that was made while the line was down."""


def silent(
    batch: BatchRow, readings: Iterable[ReadingRow], longest_ms: int, until_ms: int
) -> tuple[tuple[int, int], ...]:
    """Spans (UTC ms) from the start of cooking to the end of the batch, or `until_ms`, longer than
    `longest_ms` without a reading of this batch.
    """
    if batch.cooking_ms is None:
        return ()
    end_ms = batch.completed_ms or batch.ended_ms or until_ms
    inside = sorted(
        row.earliest_ms
        for row in readings
        if row.batch == batch.batch and batch.cooking_ms <= row.earliest_ms <= end_ms
    )
    marks = [batch.cooking_ms, *inside, max(end_ms, batch.cooking_ms)]
    return tuple(
        (before, after) for before, after in pairwise(marks) if after - before > longest_ms
    )


def entered_late(at_ms: int, recorded_ms: int) -> bool:
    """Whether the server heard of it long after it happened; 0: it has not heard of it yet."""
    return recorded_ms > 0 and recorded_ms - at_ms > LATE_ENTRY_MS
