"""The rows that one event makes; they know no SQL and no clock."""

from __future__ import annotations

import msgspec

from dapur.batch import Batch, limit_of, within
from dapur.envelope import SCHEMA, Event
from dapur.handover import HandedOver
from dapur.past import AuditRow, CheckRow, PassingRow, ReadingRow
from dapur.quality import CheckRecorded
from dapur.recorded import clip, text_of
from dapur.temperature import TemperatureRecorded

UNREADABLE = "unreadable"
"""Kind of an audit row whose bytes are no event."""

_handed_over = msgspec.json.Decoder(HandedOver)


def reading_row(
    event: Event, data: TemperatureRecorded, batch: Batch | None, seq: int
) -> ReadingRow:
    """The row of one measurement, judged by the limits that its batch had then."""
    low, high = (None, None) if batch is None else limit_of(batch.plan.limits, data.point)
    judged = None if batch is None else within(batch.plan.limits, data.point, data.value_c)
    return ReadingRow(
        seq=seq,
        batch=clip(event.subject),
        reading=clip(event.command),
        value_c=data.value_c,
        point=data.point.value,
        source=data.source.value,
        place=clip(data.place),
        probe=clip(data.probe),
        low_c=low,
        high_c=high,
        within=judged,
        actor=clip(event.actor),
        device=clip(event.device),
        earliest_ms=event.at.earliest_ms,
        latest_ms=event.at.latest_ms,
        quality=event.at.quality.value,
        recorded_ms=event.recorded_ms,
    )


def check_row(event: Event, data: CheckRecorded, seq: int) -> CheckRow:
    """The row of one checked item."""
    return CheckRow(
        seq=seq,
        batch=clip(event.subject),
        item=data.item.value,
        round=data.round,
        passed=data.passed,
        score=data.score,
        value=data.value,
        corrective_action=text_of(data.corrective_action),
        note=text_of(data.note),
        actor=clip(event.actor),
        device=clip(event.device),
        earliest_ms=event.at.earliest_ms,
        latest_ms=event.at.latest_ms,
        recorded_ms=event.recorded_ms,
    )


def audit_row(event: Event, seq: int, batch: Batch | None) -> AuditRow:
    """The row that every event has; `batch` is its subject after it."""
    return AuditRow(
        seq=seq,
        kind=clip(event.kind),
        subject=clip(event.subject),
        actor=clip(event.actor),
        session=clip(event.session),
        device=clip(event.device),
        command=clip(event.command),
        earliest_ms=event.at.earliest_ms,
        latest_ms=event.at.latest_ms,
        quality=event.at.quality.value,
        recorded_ms=event.recorded_ms,
        detail=_detail(event, batch),
        passing=_passing(event),
    )


def _detail(event: Event, batch: Batch | None) -> str:
    """What the batch's story says of it."""
    for line in reversed(() if batch is None else batch.journal):
        if (line.command, line.kind) == (event.command, event.kind):
            return text_of(line.detail)
    return ""


def _passing(event: Event) -> PassingRow | None:
    if event.kind != "handed_over" or event.reader > SCHEMA:
        return None
    try:
        data = _handed_over.decode(event.data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    sorts = {name: sort.count for name, sort in msgspec.structs.asdict(data.open).items()}
    role = "" if data.role is None else data.role.value
    return PassingRow(to=clip(data.to), role=role, note=text_of(data.note), **sorts)


def unreadable_row(seq: int) -> AuditRow:
    """The row of bytes that this release cannot read as an event."""
    return AuditRow(seq, UNREADABLE, "", "", "", "", "", 0, 0, "unknown", 0, "")
