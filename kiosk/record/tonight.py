"""The night in hand as the same rows that the server gives of an earlier one; it asks nobody."""

from __future__ import annotations

from dapur.batch import Batch, Check, Line, Reading, limit_of, within
from dapur.ids import CommandId, DeviceId, StaffId
from dapur.kitchen import Kitchen
from dapur.past import AuditRow, BatchRow, CheckRow, ReadingRow
from dapur.recorded import alert_row, assignment_rows, batch_row, session_row
from kiosk.past import Night, span_of

UNTOLD = "–"


def tonight(kitchen: Kitchen, seq: int) -> Night:
    """All that this kiosk knows of its open night, its own waiting taps included."""
    night = kitchen.night.serving_date if kitchen.night is not None else ""
    batches = sorted(
        (each for each in kitchen.batches.values() if each.night == night),
        key=lambda each: (each.plan.ready_ms, each.plan.code),
    )
    rows = tuple(batch_row(each, kitchen.policy, seq) for each in batches)
    ids = {each.id for each in batches}
    return Night(
        night,
        rows,
        tuple(_reading(batch, each) for batch in batches for each in batch.readings),
        tuple(_check(batch, each) for batch in batches for each in batch.checks),
        tuple(
            alert_row(each)
            for each in sorted(kitchen.alerts.values(), key=lambda alert: alert.raised_ms)
            if each.about in ids
        ),
        (
            *(
                session_row(each)
                for each in kitchen.sessions.values()
                if _met(each.closed_ms, rows)
            ),
            *(row for batch in batches for row in assignment_rows(batch)),
        ),
        seq,
    )


def lines_of(kitchen: Kitchen, night: str) -> dict[str, tuple[Line, ...]]:
    """What happened to each batch of the night, with the details that only its window knows."""
    return {each.id: each.journal for each in kitchen.batches.values() if each.night == night}


def lines_from(rows: tuple[AuditRow, ...]) -> dict[str, tuple[Line, ...]]:
    """The same from the server's list of events; UNTOLD where an earlier release left out the detail."""
    lines: dict[str, tuple[Line, ...]] = {}
    for row in sorted(rows, key=lambda each: (each.earliest_ms, each.seq)):
        lines[row.subject] = (*lines.get(row.subject, ()), _line(row))
    return lines


def _line(row: AuditRow) -> Line:
    return Line(
        row.earliest_ms,
        CommandId(row.command),
        row.kind,
        StaffId(row.actor),
        DeviceId(row.device),
        row.recorded_ms,
        UNTOLD if row.detail is None else row.detail,
    )


def _met(closed_ms: int | None, rows: tuple[BatchRow, ...]) -> bool:
    """Whether a sign-in reached into the night's work."""
    from_ms, _ = span_of(rows)
    return closed_ms is None or closed_ms >= from_ms


def _reading(batch: Batch, reading: Reading) -> ReadingRow:
    low, high = limit_of(batch.plan.limits, reading.point)
    return ReadingRow(
        seq=0,
        batch=batch.id,
        reading=reading.id,
        value_c=reading.value_c,
        point=reading.point.value,
        source=reading.source.value,
        place=reading.place,
        probe=reading.probe,
        low_c=low,
        high_c=high,
        within=within(batch.plan.limits, reading.point, reading.value_c),
        actor=reading.actor,
        device=reading.device,
        earliest_ms=reading.at.earliest_ms,
        latest_ms=reading.at.latest_ms,
        quality=reading.at.quality.value,
        recorded_ms=0,
    )


def _check(batch: Batch, check: Check) -> CheckRow:
    return CheckRow(
        seq=0,
        batch=batch.id,
        item=check.item.value,
        round=check.round,
        passed=check.passed,
        score=check.score,
        value=check.value,
        corrective_action=check.corrective_action,
        note=check.note,
        actor=check.actor,
        device="",
        earliest_ms=check.at.earliest_ms,
        latest_ms=check.at.latest_ms,
        recorded_ms=0,
    )
