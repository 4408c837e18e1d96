"""The numbers of a night, as kitchen.md defines them, each with its base; it reads the state
only.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from dapur.batch import MINUTE_MS, Assignment, Batch, consume_by_ms
from dapur.crew import Staff, present
from dapur.ids import StaffId
from dapur.stage import Stage

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen

ON_TIME_MS = 5 * MINUTE_MS
"""Completed at most this long after the planned end is on time (kitchen.md, figures)."""
_AHEAD = frozenset({Stage.PLANNED, Stage.PREPARING, Stage.COOKING})
"""Stages with standard minutes left."""
CURRENT_STEP_CAP = 0.95
"""A step that is not ticked is never shown as finished."""


class Ratio(msgspec.Struct, frozen=True):
    """A part of a base: no figure is shown without what it is of."""

    part: int
    base: int

    @property
    def share(self) -> float | None:
        """0–1, None when there is nothing to divide by."""
        return self.part / self.base if self.base else None


class Figures(msgspec.Struct, frozen=True):
    """One night at one moment."""

    by_stage: dict[Stage, int]
    """Batches not cancelled."""
    productions: int
    held: int
    portions_planned: int
    portions_completed: int
    mean_cooking_ms: int | None
    cooked: int
    """First passes that the mean is over."""
    qc_pass: Ratio
    on_time: Ratio


# ---- one batch -----------------------------------------------------------------------------------


def held_ms(batch: Batch, from_ms: int, to_ms: int) -> int:
    """How much of a span the batch was held; holds that overlap count once."""
    spans = []
    for hold in batch.holds:
        end_ms = hold.release.at.earliest_ms if hold.release is not None else to_ms
        start_ms = max(hold.at.earliest_ms, from_ms)
        if start_ms < min(end_ms, to_ms):
            spans.append((start_ms, min(end_ms, to_ms)))
    return _union_ms(spans)


def _union_ms(spans: list[tuple[int, int]]) -> int:
    total, reached = 0, None
    for start, end in sorted(spans):
        begin = start if reached is None else max(start, reached)
        total += max(end - begin, 0)
        reached = end if reached is None else max(reached, end)
    return total


def cooking_ms(batch: Batch) -> int | None:
    """The first pass: leave cooking − enter cooking − held meanwhile; None while it is not over."""
    for entry, after in zip(batch.history, batch.history[1:], strict=False):
        if entry.stage is Stage.COOKING and after.stage is not Stage.CANCELLED:
            start_ms, end_ms = entry.at.earliest_ms, after.at.earliest_ms
            return max(end_ms - start_ms - held_ms(batch, start_ms, end_ms), 0)
        if entry.stage is Stage.COOKING:
            return None
    return None


def progress(batch: Batch, now_ms: int) -> float:
    """0–1: (finished steps + min(elapsed, 0.95 × duration) of the current) ÷ all; frozen while
    held.
    """
    if batch.stage in (Stage.QUALITY_CHECK, Stage.COMPLETED):
        return 1.0
    steps = batch.plan.steps
    total_ms = sum(step.duration_min for step in steps) * MINUTE_MS
    if not total_ms or batch.stage is Stage.PLANNED:
        return 0.0
    ticked = {done.step for done in batch.steps_done}
    done_ms = sum(
        step.duration_min * MINUTE_MS for place, step in enumerate(steps, 1) if place in ticked
    )
    current = next((step for place, step in enumerate(steps, 1) if place not in ticked), None)
    if current is None or not batch.history:
        return min(done_ms / total_ms, 1.0)
    since_ms = batch.history[-1].at.earliest_ms
    if batch.steps_done:
        since_ms = max(since_ms, *(done.at.earliest_ms for done in batch.steps_done))
    elapsed_ms = max(now_ms - since_ms - held_ms(batch, since_ms, now_ms), 0)
    running_ms = min(elapsed_ms, CURRENT_STEP_CAP * current.duration_min * MINUTE_MS)
    return min((done_ms + running_ms) / total_ms, 1.0)


# ---- the night -----------------------------------------------------------------------------------


def figures(kitchen: Kitchen, now_ms: int) -> Figures:
    """The KPIs of the batches in the window at a moment (UTC ms)."""
    counted = [each for each in kitchen.batches.values() if each.stage is not Stage.CANCELLED]
    by_stage = {stage: sum(each.stage is stage for each in counted) for stage in Stage}
    del by_stage[Stage.CANCELLED]
    cooked = [ms for ms in map(cooking_ms, counted) if ms is not None]
    judged = [each for each in counted if each.verdicts]
    due = [each for each in counted if _due(each, now_ms)]
    return Figures(
        by_stage,
        len(counted),
        sum(each.held for each in counted),
        sum(each.plan.portions for each in counted if each.stage is not Stage.DISCARDED),
        sum(each.completion.portions for each in counted if each.completion is not None),
        sum(cooked) // len(cooked) if cooked else None,
        len(cooked),
        Ratio(sum(_first_passed(each) for each in judged), len(judged)),
        Ratio(sum(_on_time(each) for each in due), len(due)),
    )


def _first_passed(batch: Batch) -> bool:
    return min(batch.verdicts, key=lambda verdict: (verdict.round, verdict.passed)).passed


def _due(batch: Batch, now_ms: int) -> bool:
    ended = batch.stage in (Stage.COMPLETED, Stage.DISCARDED)
    return ended or batch.plan.ready_ms + ON_TIME_MS < now_ms


def _on_time(batch: Batch) -> bool:
    done = batch.completion
    if done is None or batch.stage is Stage.DISCARDED:
        return False
    return done.at.earliest_ms <= batch.plan.ready_ms + ON_TIME_MS


# ---- people --------------------------------------------------------------------------------------


def assignments(kitchen: Kitchen, staff: StaffId) -> tuple[tuple[Batch, Assignment], ...]:
    """Where a person is and was tonight."""
    return tuple(
        (batch, each)
        for batch in kitchen.batches.values()
        for each in batch.crew
        if each.staff == staff
    )


def utilisation(kitchen: Kitchen, staff: Staff, now_ms: int) -> float | None:
    """Minutes in the union of a person's assignments within the shift ÷ shift minutes so far."""
    until_ms = min(now_ms, staff.shift_end_ms)
    shift_ms = until_ms - staff.shift_start_ms
    if shift_ms <= 0:
        return None
    spans = []
    for batch, each in assignments(kitchen, staff.id):
        start_ms = max(each.since_ms, staff.shift_start_ms)
        end_ms = min(_assignment_end_ms(batch, each, now_ms), until_ms)
        if start_ms < end_ms:
            spans.append((start_ms, end_ms))
    return _union_ms(spans) / shift_ms


def _assignment_end_ms(batch: Batch, each: Assignment, now_ms: int) -> int:
    if each.until_ms is not None:
        return each.until_ms
    if batch.over or batch.stage is Stage.COMPLETED:
        return batch.history[-1].at.earliest_ms if batch.history else each.since_ms
    return now_ms


def team_load(kitchen: Kitchen, team: str, now_ms: int) -> float | None:
    """Σ remaining standard person-minutes ÷ (people present × minutes to the last due); above 1 is
    overload.

    A batch's remaining standard minutes are shared by all who stand at it, so help from another
    team makes the load smaller. None for a team without work.
    """
    return team_loads(kitchen, now_ms).get(team)


def team_loads(kitchen: Kitchen, now_ms: int) -> dict[str, float]:
    """`team_load` of every team that has work, found in one look at the batches."""
    team_of = {each.id: each.team for each in kitchen.staff.values()}
    left_min: dict[str, float] = {}
    last_due_ms: dict[str, int] = {}
    for batch in kitchen.batches.values():
        if batch.stage not in _AHEAD or not (crew := present(batch.crew)):
            continue
        theirs = Counter(team_of[each.staff] for each in crew if each.staff in team_of)
        batch_min = _remaining_min(batch, now_ms) if theirs else 0.0
        for team, count in theirs.items():
            left_min[team] = left_min.get(team, 0.0) + batch_min * count / len(crew)
            last_due_ms[team] = max(last_due_ms.get(team, 0), batch.plan.ready_ms)
    here = Counter(each.team for each in kitchen.staff.values() if each.is_on_shift(now_ms))
    return {
        team: each / (max(here[team], 1) * max((last_due_ms[team] - now_ms) / MINUTE_MS, 1.0))
        for team, each in left_min.items()
        if each
    }


def _remaining_min(batch: Batch, now_ms: int) -> float:
    total = sum(step.duration_min for step in batch.plan.steps)
    return total * (1.0 - progress(batch, now_ms))


# ---- the board -----------------------------------------------------------------------------------


def urgency(
    batch: Batch, kitchen: Kitchen, alarmed: frozenset[str], now_ms: int
) -> tuple[int, int, str]:
    """Sort key of the board: alarm, late, QC, least time, held last, then what is over.

    `alarmed`: ids of batches with a HIGH or CRITICAL alert that holds (from `watch`).
    """
    by_ms = consume_by_ms(batch, kitchen.policy)
    least_ms = min(batch.plan.ready_ms, by_ms) if by_ms is not None else batch.plan.ready_ms
    if batch.over:
        return (6, batch.plan.ready_ms, batch.id)
    if batch.held:
        return (4, least_ms, batch.id)
    if batch.id in alarmed:
        return (0, least_ms, batch.id)
    if batch.stage is Stage.COMPLETED:
        return (5, least_ms, batch.id)
    if now_ms > batch.plan.ready_ms:
        return (1, least_ms, batch.id)
    if batch.stage is Stage.QUALITY_CHECK:
        return (2, least_ms, batch.id)
    return (3, least_ms, batch.id)
