"""The rows of a night as tables for other programs: numbers stay numbers; it writes no file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from dapur.past import ActivityRow, AlertRow, BatchRow, CheckRow, HoldRow, ReadingRow
from kiosk.record.handovers import Passing

Cell = str | int | float | None
Row = tuple[Cell, ...]
Name = Callable[[str], str]
"""What a person is called, by id; or a kiosk."""

BATCH_COLUMNS = (
    *("night", "code", "dish", "wave", "stage", "portions", "planned_ready", "preparing"),
    *("cooking", "quality_check", "completed", "ended", "verdict", "holds", "held_min"),
    *("yield", "waste_kg", "discarded", "consume_by", "on_time", "reason"),
)
READING_COLUMNS = (
    *("code", "at", "value_c", "point", "low_c", "high_c", "within", "source", "place", "probe"),
    *("who", "device", "at_latest", "recorded"),
)
CHECK_COLUMNS = (
    *("code", "at", "item", "round", "passed", "score", "value_c", "corrective", "note"),
    *("who", "device", "recorded"),
)
ALERT_COLUMNS = (
    *("number", "rule", "about", "severity", "raised", "owner", "acknowledged", "escalated"),
    *("resolved",),
)
PEOPLE_COLUMNS = ("who", "kind", "subject", "since", "until", "device", "post", "offline")

HOLD_COLUMNS = (
    *("code", "number", "since", "who", "reason", "note", "until", "took_min", "released_by"),
    *("decision", "release_note"),
)
HANDOVER_COLUMNS = (
    *("at", "giver", "receiver", "note", "open_alarms", "open_checks", "open_holds"),
    *("open_reviews", "open_clocks", "taker", "taken"),
)


class Table(msgspec.Struct, frozen=True):
    """`name` goes into a file's name; `title` and `header` are for people."""

    name: str
    title: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]


def moment(at_ms: int | None, offset_min: int) -> str | None:
    """A time as every program sorts and reads it, in the kitchen's zone; None for none."""
    if not at_ms:
        return None
    at = datetime.fromtimestamp(at_ms / 1000, UTC) + timedelta(minutes=offset_min)
    return at.strftime("%Y-%m-%d %H:%M:%S")


def batch_rows(batches: Iterable[BatchRow], offset_min: int) -> tuple[Row, ...]:
    """Under BATCH_COLUMNS."""
    at = offset_min
    return tuple(
        (
            *(row.night, row.code, row.name, row.wave, row.stage, row.portions),
            *(moment(row.planned_ready_ms, at), moment(row.preparing_ms, at)),
            *(moment(row.cooking_ms, at), moment(row.quality_check_ms, at)),
            *(moment(row.completed_ms, at), moment(row.ended_ms, at), _flag(row.first_verdict)),
            *(row.holds, round(row.held_took_ms / 60_000, 1), row.yield_portions, row.waste_kg),
            *(row.discarded_portions, moment(row.consume_by_ms, at), _flag(row.on_time)),
            row.end_reason,
        )
        for row in batches
    )


def reading_rows(
    readings: Iterable[ReadingRow],
    codes: dict[str, str],
    name: Name,
    kiosk: Name,
    offset_min: int,
) -> tuple[Row, ...]:
    """Under READING_COLUMNS."""
    return tuple(
        (
            *(codes.get(row.batch, row.batch), moment(row.earliest_ms, offset_min), row.value_c),
            *(row.point, row.low_c, row.high_c, _flag(row.within), row.source, row.place),
            *(row.probe, name(row.actor), kiosk(row.device), moment(row.latest_ms, offset_min)),
            moment(row.recorded_ms, offset_min),
        )
        for row in readings
    )


def check_rows(
    checks: Iterable[CheckRow],
    codes: dict[str, str],
    name: Name,
    kiosk: Name,
    offset_min: int,
) -> tuple[Row, ...]:
    """Under CHECK_COLUMNS."""
    return tuple(
        (
            *(codes.get(row.batch, row.batch), moment(row.earliest_ms, offset_min), row.item),
            *(row.round, _flag(row.passed), row.score, row.value, row.corrective_action),
            *(row.note, name(row.actor), kiosk(row.device), moment(row.recorded_ms, offset_min)),
        )
        for row in checks
    )


def alert_rows(
    alerts: Iterable[AlertRow], codes: dict[str, str], name: Name, offset_min: int
) -> tuple[Row, ...]:
    """Under ALERT_COLUMNS."""
    at = offset_min
    return tuple(
        (
            *(row.number, row.rule, codes.get(row.about, row.about), row.severity),
            *(moment(row.raised_ms, at), name(row.owner) if row.owner else None),
            *(moment(row.acknowledged_ms, at), moment(row.escalated_ms, at)),
            moment(row.resolved_ms, at),
        )
        for row in alerts
    )


def people_rows(
    activity: Iterable[ActivityRow],
    codes: dict[str, str],
    name: Name,
    kiosk: Name,
    offset_min: int,
) -> tuple[Row, ...]:
    """Under PEOPLE_COLUMNS."""
    return tuple(
        (
            *(name(row.staff), row.kind, codes.get(row.subject, row.subject)),
            *(moment(row.since_ms, offset_min), moment(row.until_ms, offset_min)),
            *(kiosk(row.device), row.post, _flag(row.offline)),
        )
        for row in activity
    )


def hold_rows(holds: Iterable[tuple[str, HoldRow]], name: Name, offset_min: int) -> tuple[Row, ...]:
    """Under HOLD_COLUMNS; each with the code of its batch."""
    return tuple(
        (
            *(code, span.number or None, moment(span.from_ms, offset_min), name(span.by)),
            *(span.reason or None, span.note or None, moment(span.until_ms, offset_min)),
            None if span.took_ms is None else round(span.took_ms / 60_000, 1),
            *(name(span.released_by) if span.released_by else None, span.decision or None),
            span.release_note or None,
        )
        for code, span in holds
    )


def handover_rows(passings: Iterable[Passing], name: Name, offset_min: int) -> tuple[Row, ...]:
    """Under HANDOVER_COLUMNS; counts only where they are known."""
    rows: list[Row] = []
    for each in passings:
        sorts = ("alerts", "checks", "holds", "reviews", "clocks")
        counts = (None if each.open is None else getattr(each.open, sort).count for sort in sorts)
        rows.append(
            (
                *(moment(each.at_ms, offset_min), name(each.giver)),
                *(name(each.to) if each.to else each.role or None, each.note or None),
                *counts,
                *(name(each.taker) if each.taker else None, moment(each.taken_ms, offset_min)),
            )
        )
    return tuple(rows)


def _flag(value: bool | None) -> int | None:
    """1, 0, or nothing known: every program counts with it."""
    return None if value is None else int(value)
