"""What the supervisor's desk counts beside the figures of the night: measuring on time, people at
work, the nearest limit; it reads the state only.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from dapur.batch import MINUTE_MS, Batch, Point, consume_by_ms, newest_core
from dapur.crew import present
from dapur.figures import Ratio, cooking_ms
from dapur.stage import FINISHED, OVER, Stage

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen


def planned_cooking_ms(kitchen: Kitchen) -> int | None:
    """Mean of what the plan gives to the batches that `Figures.mean_cooking_ms` is over; None
    without any.
    """
    planned = [
        max(each.plan.ready_ms - each.plan.cook_ms, 0)
        for each in kitchen.batches.values()
        if each.stage is not Stage.CANCELLED and cooking_ms(each) is not None
    ]
    return sum(planned) // len(planned) if planned else None


# ---- measuring -----------------------------------------------------------------------------------


def measured(batch: Batch, unmeasured_min: float, now_ms: int) -> Ratio:
    """Core readings that were due and came, of all that were due; 0 of 0 for a dish without a core
    limit.

    While it cooks one is due within `unmeasured_min` of the last (the policy's value, the same that
    raises the alert); after it left the heat one must stand for the check within that time.
    """
    if batch.plan.limits.core_c is None or not batch.history:
        return Ratio(0, 0)
    step_ms = int(unmeasured_min * MINUTE_MS)
    taken = sorted(each.at.earliest_ms for each in batch.readings if each.point is Point.CORE)
    end_ms = batch.ended.at.earliest_ms if batch.ended is not None else now_ms
    part = base = 0
    entries = [(each.stage, each.at.earliest_ms) for each in batch.history]
    for (stage, from_ms), (_, to_ms) in pairwise([*entries, (Stage.COMPLETED, end_ms)]):
        if stage is Stage.COOKING:
            came, due = _on_schedule(taken, from_ms, to_ms, step_ms)
            part, base = part + came, base + due
    checked = batch.entered(Stage.QUALITY_CHECK)
    if batch.stage not in (Stage.PREPARING, Stage.COOKING) and checked is not None:
        stands = newest_core(batch) is not None
        over = batch.stage in FINISHED or end_ms >= checked.at.earliest_ms + step_ms
        part, base = part + stands, base + (stands or over)
    return Ratio(part, base)


def _on_schedule(taken: list[int], from_ms: int, to_ms: int, step_ms: int) -> tuple[int, int]:
    """How many of the readings due between two moments came: each sets the time of the next."""
    came = due = 0
    at_ms = from_ms
    while step_ms > 0 and at_ms < to_ms:
        inside = [each for each in taken if at_ms < each <= min(at_ms + step_ms, to_ms)]
        if inside:
            came, due, at_ms = came + 1, due + 1, inside[-1]
        elif at_ms + step_ms <= to_ms:
            due, at_ms = due + 1, at_ms + step_ms
        else:
            break
    return came, due


def measured_tonight(kitchen: Kitchen, now_ms: int) -> Ratio:
    """The same for all batches of the window."""
    every_min = kitchen.policy.unmeasured_min.value
    ratios = [measured(each, every_min, now_ms) for each in kitchen.batches.values()]
    return Ratio(sum(each.part for each in ratios), sum(each.base for each in ratios))


# ---- people and time -----------------------------------------------------------------------------


def at_work(kitchen: Kitchen, now_ms: int) -> Ratio:
    """People within their shift who stand at a batch that is not finished, of all within their
    shift.
    """
    busy = {
        each.staff
        for batch in kitchen.batches.values()
        if batch.stage not in FINISHED
        for each in present(batch.crew)
    }
    here = [
        each.id
        for each in kitchen.staff.values()
        if each.shift_start_ms <= now_ms < each.shift_end_ms
    ]
    return Ratio(sum(staff in busy for staff in here), len(here))


def nearest_limit(kitchen: Kitchen) -> tuple[Batch, int] | None:
    """The running consumption clock that ends first, and when (UTC ms); None while none runs."""
    running = [
        (by_ms, each.id, each)
        for each in kitchen.batches.values()
        if each.stage not in OVER and (by_ms := consume_by_ms(each, kitchen.policy)) is not None
    ]
    if not running:
        return None
    by_ms, _, batch = min(running, key=lambda row: row[:2])
    return batch, by_ms
