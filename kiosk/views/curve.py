"""The curve of a batch: readings, gaps, limits, what happened and the time to eat, in local time; it draws nothing."""

from __future__ import annotations

from itertools import pairwise

from dapur.batch import (
    MINUTE_MS,
    Batch,
    Point,
    Reading,
    consume_by_ms,
    newest_core,
    within,
)
from dapur.stage import Stage
from kiosk.views.curve_looks import (
    CurveGap,
    CurveLimit,
    CurveLook,
    CurveMark,
    CurvePoint,
    CurveTick,
    CurveWindow,
    MarkKind,
    PointTone,
)
from kiosk.views.floor import Floor

NOW_STEP_MS = 10_000
"""The line of now moves this often: at an hour's width that is less than a pixel."""
LEAST_SPAN_MS = 30 * MINUTE_MS
ROOM_MS = 4 * MINUTE_MS
"""Right of now, so that the newest point is no half point at the edge."""
LOW_C, HIGH_C, STEP_C = 20.0, 100.0, 20.0
TICK_STEPS_MIN = (5, 10, 20, 30, 60, 120, 240)
MOST_TICKS = 6
_MARKED: dict[str, MarkKind] = {
    "batch_held": "hold",
    "hold_released": "hold",
    "rework_started": "corrective",
}
_COOKED = (Stage.QUALITY_CHECK, Stage.COMPLETED)
_SCALE_POINTS = (Point.CORE, Point.HOT_HOLD, Point.COLD_HOLD)


def curve(floor: Floor, batch: Batch, chosen: str = "") -> CurveLook:
    """Everything the chart shows of this batch; `chosen` is the reading that was tapped."""
    now_ms = floor.now_ms // NOW_STEP_MS * NOW_STEP_MS
    readings = tuple(each for each in batch.readings if each.point in _SCALE_POINTS)
    from_ms = _begin(batch, readings, now_ms)
    to_ms = max(now_ms + ROOM_MS, from_ms + LEAST_SPAN_MS)
    points = _points(floor, batch, readings)
    low_c, high_c = _values(points)
    words = floor.words
    return CurveLook(
        from_ms=from_ms,
        to_ms=to_ms,
        low_c=low_c,
        high_c=high_c,
        now_ms=now_ms,
        now_text=words("curve.now"),
        name=_name(floor, batch, points),
        points=points,
        limits=_limits(floor, batch),
        marks=tuple(each for each in _marks(floor, batch) if from_ms <= each.at_ms <= to_ms),
        gaps=_gaps(floor, points),
        window=_window(floor, batch, from_ms, to_ms),
        times=_time_ticks(floor, from_ms, to_ms),
        values=_value_ticks(low_c, high_c),
        chosen=chosen if any(each.key == chosen for each in points) else "",
        empty="" if points else words("curve.empty"),
        legend=_legend(floor, points),
    )


def told(look: CurveLook, hint: str) -> str:
    """What the tapped point says; `hint` while none is chosen."""
    return next((each.told for each in look.points if each.key == look.chosen), hint)


def _begin(batch: Batch, readings: tuple[Reading, ...], now_ms: int) -> int:
    starts = [each.at.earliest_ms for each in readings[:1]]
    entry = next((each for each in batch.history if each.stage is Stage.COOKING), None)
    if entry is not None:
        starts.append(entry.at.earliest_ms)
    return min(starts) if starts else now_ms - LEAST_SPAN_MS


# ---- points --------------------------------------------------------------------------------------


def _points(floor: Floor, batch: Batch, readings: tuple[Reading, ...]) -> tuple[CurvePoint, ...]:
    waiting = {row.taken.command.id for row in floor.people.replica.pending}
    gap_ms = int(floor.kitchen.policy.unmeasured_min.value * MINUTE_MS)
    newest, before = newest_core(batch), None
    made: list[CurvePoint] = []
    for reading in sorted(readings, key=lambda each: (each.at.earliest_ms, each.id)):
        core = reading.point is Point.CORE
        joined = core and before is not None and _near(before, reading, gap_ms)
        tone: PointTone = "out" if critical(batch, reading, newest) else "normal"
        pending = reading.id in waiting
        made.append(
            CurvePoint(
                key=reading.id,
                at_ms=reading.at.earliest_ms,
                value_c=reading.value_c,
                text=floor.degrees(reading.value_c),
                told=_told(floor, batch, reading, pending=pending),
                tone="pending" if pending else tone,
                joined=joined,
            )
        )
        before = reading if core else before
    return tuple(made)


def _near(before: Reading, reading: Reading, gap_ms: int) -> bool:
    return reading.at.earliest_ms - before.at.earliest_ms <= gap_ms


def critical(batch: Batch, reading: Reading, newest: Reading | None) -> bool:
    """Out of its limit where that matters: earlier low core values are normal heating (screens.md 3)."""
    if within(batch.plan.limits, reading.point, reading.value_c) is not False:
        return False
    if reading.point is not Point.CORE:
        return True
    left = next((each for each in batch.history if each.stage is Stage.QUALITY_CHECK), None)
    return reading is newest or (left is not None and reading.at.earliest_ms >= left.at.earliest_ms)


def _told(floor: Floor, batch: Batch, reading: Reading, *, pending: bool) -> str:
    words = floor.words
    inside = within(batch.plan.limits, reading.point, reading.value_c)
    parts = [
        floor.clock(reading.at.earliest_ms),
        f"{floor.degrees(reading.value_c)} {words('temp.unit')}",
        words(f"curve.point.{reading.point}"),
        reading.place,
        floor.name_of(reading.actor),
        words(f"source.{reading.source}"),
    ]
    if inside:
        parts.append(words("curve.inside"))
    elif inside is False:
        out = critical(batch, reading, newest_core(batch))
        parts.append(words("curve.outside" if out else "curve.heating"))
    if pending:
        parts.append(words("curve.pending"))
    return " · ".join(part for part in parts if part)


def _gaps(floor: Floor, points: tuple[CurvePoint, ...]) -> tuple[CurveGap, ...]:
    gap_ms = int(floor.kitchen.policy.unmeasured_min.value * MINUTE_MS)
    return tuple(
        CurveGap(before.at_ms, after.at_ms, floor.words("curve.gap"))
        for before, after in pairwise(points)
        if after.at_ms - before.at_ms > gap_ms
    )


def _legend(floor: Floor, points: tuple[CurvePoint, ...]) -> str:
    tones = {each.tone for each in points}
    kinds = [kind for kind in ("normal", "out", "pending") if kind in tones]
    if kinds == ["normal"]:
        return ""
    return " · ".join(floor.words(f"curve.legend.{kind}") for kind in kinds)


def _name(floor: Floor, batch: Batch, points: tuple[CurvePoint, ...]) -> str:
    title = floor.words("curve.name", name=batch.plan.name, count=len(points))
    return f"{title} {points[-1].told}" if points else f"{title} {floor.words('curve.empty')}"


# ---- lines ---------------------------------------------------------------------------------------


def _limits(floor: Floor, batch: Batch) -> tuple[CurveLimit, ...]:
    """The core's always; those of holding once the dish has left the heat or was measured there."""
    limits, words = batch.plan.limits, floor.words
    measured = {each.point for each in batch.readings}
    cooked = batch.stage in _COOKED
    made: list[CurveLimit] = []
    if limits.core_c is not None:
        text = words("curve.limit.core", limit=floor.limit(limits.core_c))
        made.append(CurveLimit(limits.core_c, text))
    if limits.hot_hold_c is not None and (cooked or Point.HOT_HOLD in measured):
        text = words("curve.limit.hot_hold", limit=floor.limit(limits.hot_hold_c))
        made.append(CurveLimit(limits.hot_hold_c, text))
    if limits.cold_hold_c is not None and (cooked or Point.COLD_HOLD in measured):
        text = words("curve.limit.cold_hold", limit=floor.limit(limits.cold_hold_c))
        made.append(CurveLimit(limits.cold_hold_c, text, "below"))
    return tuple(made)


def _marks(floor: Floor, batch: Batch) -> tuple[CurveMark, ...]:
    words = floor.words
    made = [
        CurveMark(entry.at.earliest_ms, words(f"stage.{entry.stage}")) for entry in batch.history
    ]
    made += [
        CurveMark(line.at_ms, words(f"curve.mark.{line.kind}"), _MARKED[line.kind])
        for line in batch.journal
        if line.kind in _MARKED
    ]
    made += [
        CurveMark(check.at.earliest_ms, words("curve.mark.corrective"), "corrective")
        for check in batch.checks
        if check.corrective_action
    ]
    until = consume_by_ms(batch, floor.kitchen.policy)
    if until is not None:
        text = words("curve.mark.eat_by", at=floor.clock(until))
        made.append(CurveMark(until, text, "eat_by"))
    return tuple(sorted(made, key=lambda each: each.at_ms))


def _window(floor: Floor, batch: Batch, from_ms: int, to_ms: int) -> CurveWindow | None:
    until = consume_by_ms(batch, floor.kitchen.policy)
    began = batch.consumption_started_ms
    if until is None or began is None or began >= to_ms or until <= from_ms:
        return None
    text = floor.words("batch.consume_running", at=floor.clock(until))
    return CurveWindow(max(began, from_ms), min(until, to_ms), text)


# ---- scales --------------------------------------------------------------------------------------


def _values(points: tuple[CurvePoint, ...]) -> tuple[float, float]:
    """Whole steps of 20 °C that hold every reading; 20 to 100 unless one lies outside."""
    low = min((each.value_c for each in points), default=LOW_C)
    high = max((each.value_c for each in points), default=HIGH_C)
    return min(LOW_C, low // STEP_C * STEP_C), max(HIGH_C, -(-high // STEP_C) * STEP_C)


def _value_ticks(low_c: float, high_c: float) -> tuple[CurveTick, ...]:
    count = int((high_c - low_c) / STEP_C) + 1
    values = (low_c + STEP_C * number for number in range(count))
    return tuple(
        CurveTick(value, f"{value:.0f}".replace("-", "\N{MINUS SIGN}")) for value in values
    )


def _time_ticks(floor: Floor, from_ms: int, to_ms: int) -> tuple[CurveTick, ...]:
    """At most six round local times; zones are whole quarters of an hour, so UTC steps are round too."""
    minutes = (to_ms - from_ms) / MINUTE_MS
    fits = (step for step in TICK_STEPS_MIN if minutes / step <= MOST_TICKS)
    step_ms = next(fits, TICK_STEPS_MIN[-1]) * MINUTE_MS
    first = -(-from_ms // step_ms) * step_ms
    return tuple(CurveTick(at, floor.clock(at)) for at in range(first, to_ms + 1, step_ms))
