"""The next thing a crew would tap on a dish, read off its state; it taps and remembers nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from dapur import access
from dapur.access import Role
from dapur.batch import (
    MINUTE_MS,
    Batch,
    Hold,
    HoldReason,
    Item,
    Point,
    Reading,
    ReleaseDecision,
    Source,
    round_started_ms,
)
from dapur.ending import CompleteBatchArgs
from dapur.hold import HoldBatchArgs, ReleaseHoldArgs
from dapur.ids import DeviceId
from dapur.kitchen import Kitchen
from dapur.progress import AdvanceBatchArgs, FinishStepArgs
from dapur.quality import (
    GiveVerdictArgs,
    RecordCheckArgs,
    judged,
    required_items,
    verdict_of,
)
from dapur.stage import Stage
from dapur.temperature import RecordTemperatureArgs
from kiosk.crew.story import Plot, Story

READINGS = 4
"""Core readings of one cooking: enough for a curve."""
COLD_READINGS = 2
"""More of them for the pot that stays cold."""
START_C = 48.0
CHECK_MIN = 25
"""Minutes before it must be ready that a dish goes to its check."""
FIX = "Kurang matang merata; dimasak ulang 10 menit lalu diuji lagi"
HELD_NOTE = "Kompor 2 mati; tunggu teknisi"
RELEASED_NOTE = "Kompor sudah menyala; lanjut"
SAMPLE_G = 120.0


class Move(msgspec.Struct, frozen=True):
    """One tap: when the plan wants it (UTC ms of the plan), by whom, and what."""

    due_ms: int
    kind: str
    subject: str
    args: msgspec.Struct
    roles: frozenset[Role]
    not_by: frozenset[str] = frozenset()
    """People who may not: who cooked does not release."""
    step_up: bool = False


def next_move(kitchen: Kitchen, batch: Batch, story: Story, device: DeviceId) -> Move | None:
    """What the crew on `device` does next with this dish; None when it is done or is not theirs.

    Reading the state instead of following a list makes it go on rightly after somebody else's taps,
    after a refusal and after a restart.
    """
    if batch.open_holds:
        return _release(batch, batch.open_holds[0], device)
    if batch.stage is Stage.PLANNED:
        return _advance(batch, "preparing", batch.plan.prepare_ms + story.late_ms)
    if batch.stage is Stage.PREPARING:
        return _preparing(batch, story)
    if batch.stage is Stage.COOKING:
        return _cooking(batch, story)
    if batch.stage is Stage.QUALITY_CHECK:
        return _checking(kitchen, batch, story)
    return None


# ---- stages ------------------------------------------------------------------------------------


def _preparing(batch: Batch, story: Story) -> Move:
    plan = batch.plan
    until_ms = _check_ms(batch) if plan.no_cook else plan.cook_ms
    steps = tuple(_open_steps(batch, bound=False))
    if steps and (plan.no_cook or len(batch.steps_done) < 1):
        share = (steps[0]) / (len(plan.steps) + 1)
        due_ms = int(plan.prepare_ms + share * (until_ms - plan.prepare_ms))
        return _step(batch, steps[0], due_ms + story.late_ms)
    if not plan.no_cook:
        return _advance(batch, "cooking", plan.cook_ms + story.late_ms)
    cold_c = plan.limits.cold_hold_c
    if cold_c is not None and not _readings(batch, Point.COLD_HOLD):
        value = cold_c - story.dice("cold").uniform(0.6, 2.0)
        return _measure(batch, value, Point.COLD_HOLD, until_ms - 5 * MINUTE_MS, story)
    return _advance(batch, "quality_check", until_ms + story.late_ms)


def _cooking(batch: Batch, story: Story) -> Move:
    start_ms = batch.plan.cook_ms + story.late_ms
    end_ms = max(_check_ms(batch) + story.late_ms, start_ms + 20 * MINUTE_MS)
    core_c = batch.plan.limits.core_c
    taken = _readings(batch, Point.CORE)
    cold = story.plot is Plot.COLD_POT and batch.round == 1
    wanted = 0 if core_c is None else READINGS + (COLD_READINGS if cold else 0)
    hold = story.plot is Plot.HOLD and not batch.holds
    if hold and len(taken) >= min(2, wanted):
        args = HoldBatchArgs(HoldReason.EQUIPMENT, note=HELD_NOTE)
        return Move(start_ms + (end_ms - start_ms) // 2, "hold_batch", batch.id, args, access.COOKS)
    if core_c is not None and len(taken) < wanted:
        due_ms = start_ms + (len(taken) + 1) * (end_ms - start_ms) // (wanted + 1)
        value = _value_c(len(taken), core_c, story, batch.round, cold=cold)
        return _measure(batch, value, Point.CORE, due_ms, story)
    for step in (*_open_steps(batch, bound=False), *_open_steps(batch, bound=True)):
        return _step(batch, step, end_ms - MINUTE_MS)
    return _advance(batch, "quality_check", end_ms)


def _checking(kitchen: Kitchen, batch: Batch, story: Story) -> Move:
    since_ms = _check_ms(batch) + story.late_ms
    standing = judged(batch)
    items = tuple(dict.fromkeys((*required_items(kitchen.policy), Item.SAMPLE)))
    for place, item in enumerate(items):
        if item not in standing:
            due_ms = since_ms + (place + 1) * MINUTE_MS
            args = _check(batch, item, story)
            return Move(due_ms, "record_check", batch.id, args, access.CHECKERS)
    after_ms = since_ms + (len(items) + 2) * MINUTE_MS
    if verdict_of(batch) is None:
        passed = all(check.passed for check in standing.values())
        verdict = GiveVerdictArgs(passed=passed, round=batch.round)
        return Move(after_ms, "give_verdict", batch.id, verdict, access.JUDGES, step_up=True)
    dice = story.dice("yield")
    portions = max(0, batch.plan.portions - dice.randint(0, 6))
    done = CompleteBatchArgs(portions, round(dice.uniform(0.4, 3.5), 1), batch.round)
    return Move(after_ms + 2 * MINUTE_MS, "complete_batch", batch.id, done, access.COOKS)


def _release(batch: Batch, hold: Hold, device: DeviceId) -> Move | None:
    if hold.device != device:
        # Somebody at another kiosk stopped it: a crew does not undo what a person decided.
        return None
    rework = hold.reason is HoldReason.VERDICT
    args = ReleaseHoldArgs(
        hold.id,
        ReleaseDecision.REWORK if rework else ReleaseDecision.CONTINUE,
        evidence=hold.evidence[0] if hold.evidence else "",
        note=FIX if rework else RELEASED_NOTE,
    )
    due_ms = batch.plan.ready_ms - CHECK_MIN * MINUTE_MS + 6 * MINUTE_MS
    return Move(
        due_ms,
        "release_hold",
        batch.id,
        args,
        access.SUPERVISORS,
        not_by=frozenset(batch.cooks),
        step_up=True,
    )


# ---- taps ----------------------------------------------------------------------------------------


def _advance(batch: Batch, to: str, due_ms: int) -> Move:
    args = msgspec.convert({"to": to, "round": batch.round}, AdvanceBatchArgs)
    return Move(due_ms, "advance_batch", batch.id, args, access.COOKS)


def _step(batch: Batch, step: int, due_ms: int) -> Move:
    args = FinishStepArgs(step, batch.round)
    return Move(due_ms, "finish_step", batch.id, args, access.COOKS)


def _measure(batch: Batch, value_c: float, point: Point, due_ms: int, story: Story) -> Move:
    pot = story.dice("pot", len(batch.readings)).randint(1, 3)
    args = RecordTemperatureArgs(
        round(value_c, 1), point, Source.PROBE, f"Panci {pot}", f"Probe {pot}"
    )
    return Move(due_ms, "record_temperature", batch.id, args, access.COOKS)


def _check(batch: Batch, item: Item, story: Story) -> RecordCheckArgs:
    fails = story.plot is Plot.FAILED_CHECK and batch.round == 1 and item is Item.TASTE
    if fails:
        return RecordCheckArgs(
            item, passed=False, round=batch.round, score=2, corrective_action=FIX
        )
    value: float | None = None
    core = _readings(batch, Point.CORE)
    if item is Item.TEMPERATURE and core:
        value = core[-1].value_c
    if item is Item.SAMPLE:
        value = SAMPLE_G
    scored = item in (Item.TASTE, Item.APPEARANCE, Item.AROMA, Item.TEXTURE)
    score = story.dice("score", item).choice((4, 4, 5)) if scored else None
    return RecordCheckArgs(item, passed=True, round=batch.round, score=score, value=value)


# ---- reading the state -------------------------------------------------------------------------


def _value_c(place: int, core_c: float, story: Story, round_: int, *, cold: bool) -> float:
    """A pot that heats up: fast at first, past its limit at the end; the cold one lingers below."""
    dice = story.dice("core", round_, place)
    lowest = START_C if round_ == 1 else core_c - 9
    goal = core_c + dice.uniform(1.5, 5.5)
    if cold and place >= READINGS - 1 and place < READINGS + COLD_READINGS - 1:
        return core_c - dice.uniform(3.0, 7.0) + 2.0 * (place - READINGS + 1)
    share = min(1.0, (place + 1) / READINGS)
    return lowest + (goal - lowest) * math.pow(share, 0.7)


def _readings(batch: Batch, point: Point) -> tuple[Reading, ...]:
    since_ms = round_started_ms(batch) if point is Point.CORE else 0
    return tuple(
        each for each in batch.readings if each.point is point and each.at.latest_ms >= since_ms
    )


def _open_steps(batch: Batch, *, bound: bool) -> Iterator[int]:
    """Steps nobody ticked; `bound` ones need a temperature first."""
    ticked = {done.step for done in batch.steps_done}
    for place, step in enumerate(batch.plan.steps, 1):
        if place not in ticked and (step.core_c is not None) is bound:
            yield place


def _check_ms(batch: Batch) -> int:
    return batch.plan.ready_ms - CHECK_MIN * MINUTE_MS
