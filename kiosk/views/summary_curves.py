"""One small curve for each batch measured tonight: limit, newest value, age; a gap breaks the line. Draws nothing."""

from __future__ import annotations

from itertools import pairwise

from dapur.batch import MINUTE_MS, Batch, Point, Reading, newest_core
from dapur.stage import FINISHED
from kiosk.views import card
from kiosk.views.floor import Floor
from kiosk.views.summary_looks import MiniLook

NOW_STEP_MS = 30_000
LEAST_SPAN_MS = 30 * MINUTE_MS
LOW_C, HIGH_C = 20.0, 100.0
"""One scale for all, so that two curves can be compared."""


def curves(floor: Floor) -> tuple[MiniLook, ...]:
    """By code, which never changes their places; a dish nobody measured has none."""
    batches = sorted(floor.kitchen.batches.values(), key=lambda each: (each.plan.code, each.id))
    found = ((batch, _core(batch)) for batch in batches)
    return tuple(_mini(floor, batch, readings) for batch, readings in found if readings)


def _core(batch: Batch) -> tuple[Reading, ...]:
    mine = (each for each in batch.readings if each.point is Point.CORE)
    return tuple(sorted(mine, key=lambda each: (each.at.earliest_ms, each.id)))


def _mini(floor: Floor, batch: Batch, readings: tuple[Reading, ...]) -> MiniLook:
    words, limit_c = floor.words, batch.plan.limits.core_c
    newest = newest_core(batch) or readings[-1]
    value = f"{floor.degrees(newest.value_c)} {words('temp.unit')}"
    limit = words("summary.curve.limit", limit=floor.limit(limit_c)) if limit_c is not None else ""
    age = _age(floor, batch, newest)
    judged = card.judged_as(floor, batch, newest, floor.alerts_about(batch.id))
    from_ms, to_ms = _ends(floor, batch, readings)
    values = [each.value_c for each in readings]
    said = words("summary.curve.name", name=batch.plan.name, value=value, limit=limit, age=age)
    return MiniLook(
        batch=batch.id,
        title=batch.plan.name,
        value=value,
        limit_text=limit,
        age=age,
        from_ms=from_ms,
        to_ms=to_ms,
        low_c=min(LOW_C, *values),
        high_c=max(HIGH_C, *values),
        limit_c=limit_c,
        runs=_runs(floor, readings),
        judged=judged,
        icon={"alarm": "octagon-alert", "stale": "history"}.get(judged, ""),
        name=said,
        tip=_tip(floor, batch, readings),
    )


def _age(floor: Floor, batch: Batch, newest: Reading) -> str:
    """How old the value is; a batch that waits or is over says so instead."""
    if batch.held:
        return floor.words("summary.curve.held")
    if batch.stage in FINISHED:
        return floor.words(f"stage.{batch.stage}")
    return floor.ago(floor.now_ms - newest.at.earliest_ms)


def _ends(floor: Floor, batch: Batch, readings: tuple[Reading, ...]) -> tuple[int, int]:
    """Until now while it can still be measured, else until its last reading."""
    now = floor.now_ms // NOW_STEP_MS * NOW_STEP_MS
    first, last = readings[0].at.earliest_ms, readings[-1].at.earliest_ms
    end = last if batch.stage in FINISHED else max(now, last)
    return min(first, end - LEAST_SPAN_MS), end


def _runs(floor: Floor, readings: tuple[Reading, ...]) -> tuple[tuple[tuple[int, float], ...], ...]:
    gap_ms = int(floor.kitchen.policy.unmeasured_min.value * MINUTE_MS)
    points = [(each.at.earliest_ms, each.value_c) for each in readings]
    runs = [[points[0]]]
    for before, after in pairwise(points):
        if after[0] - before[0] > gap_ms:
            runs.append([])
        runs[-1].append(after)
    return tuple(tuple(run) for run in runs)


def _tip(floor: Floor, batch: Batch, readings: tuple[Reading, ...]) -> str:
    """The last readings with their times, for a mouse that rests."""
    unit = floor.words("temp.unit")
    lines = [
        f"{floor.clock(each.at.earliest_ms)} · {floor.degrees(each.value_c)} {unit}"
        for each in readings[-6:]
    ]
    return "\n".join([f"{batch.plan.name} · {batch.plan.code}", *lines])
