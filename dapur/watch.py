"""What a clock adds to the state: which alerts hold at a moment; pure, so an offline kiosk sees
the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from dapur.access import Role
from dapur.alert import (
    RULES,
    SEVERITY_ORDER,
    AlertActArgs,
    AlertRecord,
    EscalateAlertArgs,
    RaiseAlertArgs,
    Rule,
    Severity,
    alert_subject,
    escalates_ms,
    standing_key,
)
from dapur.batch import (
    MINUTE_MS,
    Batch,
    Point,
    Reading,
    consume_by_ms,
    limit_of,
    newest_core,
    round_started_ms,
    within,
)
from dapur.figures import team_loads
from dapur.policy import Limit
from dapur.rule import Wish
from dapur.stage import Stage

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen


class Alert(msgspec.Struct, frozen=True):
    """A condition that holds now. `key` is the same on every kiosk; `since_ms` is when it began."""

    key: str
    rule: Rule
    about: str
    """Batch, wave or team."""
    severity: Severity
    chain: tuple[Role, ...]
    since_ms: int
    detail: str = ""
    """A value for the sentence: °C, minutes, or a percentage."""


class _Seen(msgspec.Struct, frozen=True):
    """What a rule saw: the window names the occasion, so that a new one is a new alert."""

    rule: Rule
    about: str
    window: str
    since_ms: int
    detail: str = ""


def _min(limit: Limit) -> int:
    """A policy value of minutes in ms."""
    return int(limit.value * MINUTE_MS)


# ---- rules about one batch -----------------------------------------------------------------------


def _late_start(kitchen: Kitchen, batch: Batch, now_ms: int) -> Iterator[_Seen]:
    """Cooking (or preparing, for a dish that is not cooked) should have begun."""
    waits = (Stage.PLANNED,) if batch.plan.no_cook else (Stage.PLANNED, Stage.PREPARING)
    due_ms = batch.plan.prepare_ms if batch.plan.no_cook else batch.plan.cook_ms
    since_ms = due_ms + _min(kitchen.policy.late_start_min)
    if batch.stage in waits and batch.round == 1 and now_ms >= since_ms:
        yield _Seen(Rule.LATE_START, batch.id, str(due_ms), since_ms)


def _overdue(kitchen: Kitchen, batch: Batch, now_ms: int) -> Iterator[_Seen]:
    """Not completed five minutes after the planned end (figures: on time)."""
    due_ms = batch.plan.ready_ms
    since_ms = due_ms + _min(kitchen.policy.late_finish_min)
    going = (Stage.PREPARING, Stage.COOKING, Stage.QUALITY_CHECK)
    if batch.stage in going and now_ms >= since_ms:
        yield _Seen(Rule.OVERDUE, batch.id, str(due_ms), since_ms)


def _core(kitchen: Kitchen, batch: Batch, now_ms: int) -> Iterator[_Seen]:
    """Core below its limit near the planned end of cooking, or after the food left the heat."""
    limit_c = batch.plan.limits.core_c
    reading = newest_core(batch)
    if limit_c is None or reading is None:
        return
    if reading.value_c >= limit_c - kitchen.policy.core_tolerance_c.value:
        return
    began_ms = round_started_ms(batch)
    run = _bad_run(batch, Point.CORE, [r for r in batch.readings if r.at.latest_ms >= began_ms])
    detail = f"{reading.value_c:g}"
    if batch.stage is Stage.COOKING:
        due_ms = batch.plan.ready_ms + _min(kitchen.policy.core_delay_min)
        since_ms = max(due_ms, run[0].at.earliest_ms)
        if now_ms >= since_ms:
            yield _Seen(Rule.CORE_LOW, batch.id, run[0].id, since_ms, detail)
    elif batch.stage is Stage.QUALITY_CHECK:
        yield _Seen(Rule.COLD_LEFT_HEAT, batch.id, run[0].id, reading.at.earliest_ms, detail)


def _bad_run(batch: Batch, point: Point, readings: Iterable[Reading]) -> list[Reading]:
    """The newest readings at a point that are all out of its limit, oldest first; the newest of all
    is one in any case.
    """
    ours = [reading for reading in readings if reading.point is point]
    run = ours[-1:]
    for reading in reversed(ours[:-1]):
        if within(batch.plan.limits, point, reading.value_c):
            break
        run.insert(0, reading)
    return run


def _holding(kitchen: Kitchen, batch: Batch, now_ms: int) -> Iterator[_Seen]:  # noqa: ARG001 - one shape
    """Hot or cold holding out of its limit; trays are not held, their clock decides (kitchen.md
    1.6).
    """
    if batch.stage not in (Stage.QUALITY_CHECK, Stage.COMPLETED):
        return
    for point in (Point.HOT_HOLD, Point.COLD_HOLD):
        if limit_of(batch.plan.limits, point) == (None, None):
            continue
        run = _bad_run(batch, point, batch.readings)
        if run and within(batch.plan.limits, point, run[-1].value_c) is False:
            window = f"{point}.{run[0].id}"
            detail = f"{run[-1].value_c:g}"
            yield _Seen(Rule.HOLDING_OUT, batch.id, window, run[0].at.earliest_ms, detail)


def _unmeasured(kitchen: Kitchen, batch: Batch, now_ms: int) -> Iterator[_Seen]:
    """No reading for too long while cooking, or none at all in the check, of a dish that has a
    core limit.
    """
    if batch.plan.limits.core_c is None or batch.stage not in (Stage.COOKING, Stage.QUALITY_CHECK):
        return
    entry = batch.entered(batch.stage)
    entered_ms = entry.at.earliest_ms if entry is not None else 0
    newest = newest_core(batch)
    if batch.stage is Stage.QUALITY_CHECK and newest is not None:
        return
    last_ms = max(entered_ms, newest.at.earliest_ms if newest is not None else 0)
    since_ms = last_ms + _min(kitchen.policy.unmeasured_min)
    if now_ms >= since_ms:
        yield _Seen(Rule.UNMEASURED, batch.id, str(last_ms), since_ms)


def _window(kitchen: Kitchen, batch: Batch, now_ms: int) -> Iterator[_Seen]:
    """The consumption clock runs out; until the night closes nobody here knows that it was
    eaten.
    """
    by_ms = consume_by_ms(batch, kitchen.policy)
    if by_ms is None or batch.over:
        return
    warn_ms = by_ms - _min(kitchen.policy.warn_before_min)
    started = str(batch.consumption_started_ms)
    if now_ms >= by_ms:
        yield _Seen(Rule.WINDOW_OVER, batch.id, started, by_ms)
    elif now_ms >= warn_ms:
        yield _Seen(Rule.WINDOW_CLOSING, batch.id, started, warn_ms)


def _qc_waiting(kitchen: Kitchen, batch: Batch, now_ms: int) -> Iterator[_Seen]:
    """Cooked, and nobody judged it."""
    entry = batch.entered(Stage.QUALITY_CHECK)
    if batch.stage is not Stage.QUALITY_CHECK or batch.held or entry is None:
        return
    if any(verdict.round == batch.round for verdict in batch.verdicts):
        return
    since_ms = entry.at.earliest_ms + _min(kitchen.policy.qc_wait_min)
    if now_ms >= since_ms:
        yield _Seen(Rule.QC_WAITING, batch.id, entry.command, since_ms)


def _held_long(kitchen: Kitchen, batch: Batch, now_ms: int) -> Iterator[_Seen]:
    """A hold that nobody decided on."""
    for hold in batch.open_holds:
        since_ms = hold.at.earliest_ms + _min(kitchen.policy.held_min)
        if now_ms >= since_ms:
            yield _Seen(Rule.HELD_LONG, batch.id, hold.id, since_ms, str(hold.number))


def _too_early(kitchen: Kitchen, batch: Batch, now_ms: int) -> Iterator[_Seen]:  # noqa: ARG001 - one shape
    """The pot was on the fire before the policy's hour (the 2025 outbreak's cause)."""
    night = kitchen.night
    cooking = next((entry for entry in batch.history if entry.stage is Stage.COOKING), None)
    if night is None or batch.night != night.serving_date or cooking is None or batch.over:
        return
    not_before_ms = night.midnight_ms + _min(kitchen.policy.cook_not_before_min)
    if cooking.at.latest_ms < not_before_ms:
        yield _Seen(Rule.COOKED_TOO_EARLY, batch.id, cooking.command, cooking.at.earliest_ms)


_BATCH_RULES: tuple[Callable[[Kitchen, Batch, int], Iterator[_Seen]], ...] = (
    _late_start,
    _overdue,
    _core,
    _holding,
    _unmeasured,
    _window,
    _qc_waiting,
    _held_long,
    _too_early,
)

# ---- rules about waves and teams -----------------------------------------------------------------


def remaining_ms(batch: Batch, now_ms: int) -> int:
    """Least time until this batch can be completed, by the standard durations of its recipe."""
    if batch.stage in (Stage.COMPLETED, Stage.CANCELLED, Stage.DISCARDED):
        return 0
    cook_ms = max(batch.plan.ready_ms - batch.plan.cook_ms, 0)
    prepare_ms = max(batch.plan.cook_ms - batch.plan.prepare_ms, 0)
    entry = batch.entered(batch.stage)
    spent_ms = max(now_ms - entry.at.earliest_ms, 0) if entry is not None else 0
    if batch.stage is Stage.PLANNED:
        return prepare_ms + cook_ms
    if batch.stage is Stage.PREPARING:
        return max(prepare_ms - spent_ms, 0) + cook_ms
    if batch.stage is Stage.COOKING:
        return max(cook_ms - spent_ms, 0)
    return 0


def _departures(kitchen: Kitchen, now_ms: int) -> Iterator[_Seen]:
    """A wave whose slowest batch cannot be ready by its departure."""
    if kitchen.night is None:
        return
    for wave in kitchen.night.waves:
        ours = [
            batch
            for batch in kitchen.batches.values()
            if batch.plan.wave == wave.id and batch.night == kitchen.night.serving_date
        ]
        open_ones = [batch for batch in ours if not batch.over and batch.completion is None]
        if not open_ones:
            continue
        slowest_ms = max(remaining_ms(batch, now_ms) for batch in open_ones)
        if now_ms + slowest_ms > wave.departure_ms:
            since_ms = wave.departure_ms - slowest_ms
            window = str(wave.departure_ms)
            late_min = str((now_ms + slowest_ms - wave.departure_ms) // MINUTE_MS)
            yield _Seen(Rule.DEPARTURE_AT_RISK, wave.id, window, min(since_ms, now_ms), late_min)


def _overload(kitchen: Kitchen, now_ms: int) -> Iterator[_Seen]:
    """More standard person-minutes left than people and time (figures: overload)."""
    date = kitchen.night.serving_date if kitchen.night is not None else ""
    for team, load in sorted(team_loads(kitchen, now_ms).items()):
        if load > 1:
            yield _Seen(Rule.OVERLOAD, team, date, now_ms, f"{load * 100:.0f}")


# ---- the two questions ---------------------------------------------------------------------------


def watch(kitchen: Kitchen, now_ms: int) -> tuple[Alert, ...]:
    """Every alert that holds at this moment (UTC ms), the most severe first. Delays are the
    policy's.
    """
    found = list(watch_kitchen(kitchen, now_ms))
    for batch in kitchen.batches.values():
        found.extend(watch_batch(kitchen, batch, now_ms))
    return by_severity(found)


def watch_batch(kitchen: Kitchen, batch: Batch, now_ms: int) -> tuple[Alert, ...]:
    """The alerts about one batch; of the kitchen only policy, night and alert records are read."""
    return tuple(
        _alert(kitchen, seen) for rule in _BATCH_RULES for seen in rule(kitchen, batch, now_ms)
    )


def watch_kitchen(kitchen: Kitchen, now_ms: int) -> tuple[Alert, ...]:
    """The alerts about waves and teams: they follow from all batches together."""
    seen = (*_departures(kitchen, now_ms), *_overload(kitchen, now_ms))
    return tuple(_alert(kitchen, each) for each in seen)


def by_severity(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """The most severe first, then the oldest."""
    return tuple(
        sorted(alerts, key=lambda each: (-SEVERITY_ORDER[each.severity], each.since_ms, each.key))
    )


def _alert(kitchen: Kitchen, seen: _Seen) -> Alert:
    row = RULES[seen.rule]
    base = f"{seen.rule}:{seen.about}:{seen.window}"
    key = standing_key(kitchen, seen.rule, seen.about, base) or _key(kitchen, base)
    known = kitchen.alerts.get(key)
    since_ms = known.raised_ms if known is not None else seen.since_ms
    return Alert(key, seen.rule, seen.about, row.severity, row.chain, since_ms, seen.detail)


def _key(kitchen: Kitchen, base: str) -> str:
    """The key of this occasion; a condition that comes back after it was resolved is a new
    alert.
    """
    key, again = base, 1
    while (known := kitchen.alerts.get(key)) is not None and known.resolved_ms is not None:
        again += 1
        key = f"{base}:{again}"
    return key


def housekeeping(kitchen: Kitchen, now_ms: int) -> tuple[Wish, ...]:
    """What the server's clock should submit now as SYSTEM: raise, escalate, resolve. Nothing when
    all is said.
    """
    holding = {alert.key: alert for alert in watch(kitchen, now_ms)}
    wishes = [
        Wish(
            "raise_alert",
            alert_subject(key),
            RaiseAlertArgs(alert.rule, alert.about, max(alert.since_ms, 0), alert.detail),
        )
        for key, alert in holding.items()
        if key not in kitchen.alerts
    ]
    for record in kitchen.alerts.values():
        if record.resolved_ms is not None:
            continue
        if record.key not in holding:
            wishes.append(Wish("resolve_alert", alert_subject(record.key), AlertActArgs()))
        elif _due(kitchen, record, now_ms):
            args = EscalateAlertArgs(record.level + 1)
            wishes.append(Wish("escalate_alert", alert_subject(record.key), args))
    return tuple(wishes)


def _due(kitchen: Kitchen, record: AlertRecord, now_ms: int) -> bool:
    up_ms = escalates_ms(record, kitchen.policy)
    return up_ms is not None and now_ms >= up_ms
