"""What the supervisor's desk counts beside the figures of the night: measuring on time, people at
work, the nearest limit; it reads the state only.
"""

from __future__ import annotations

from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING

import msgspec

from dapur.access import Role
from dapur.batch import MINUTE_MS, Batch, Point, consume_by_ms, newest_core
from dapur.crew import present
from dapur.figures import Ratio, cooking_ms, team_load
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
    here = [each.id for each in kitchen.staff.values() if each.is_on_shift(now_ms)]
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


class TeamNow(msgspec.Struct, frozen=True):
    """A team at a moment."""

    team: str
    people: int
    """Of the roster."""
    here: int
    """Within their shift."""
    load: float | None
    """`team_load`: 1.0 is all that the people here can do until the last due; None: no work."""
    missing: int
    """People more that would bring the load to 1.0."""
    starts_ms: int | None
    """The next shift's beginning, for a team of whom nobody is here."""


class Move(msgspec.Struct, frozen=True):
    """One person from a team with room to one that is overloaded, and both loads after it."""

    source: str
    target: str
    source_load: float
    target_load: float


def teams_now(kitchen: Kitchen, now_ms: int) -> tuple[TeamNow, ...]:
    """All teams of the roster by name."""
    return tuple(
        _team_now(kitchen, team, now_ms)
        for team in sorted({each.team for each in kitchen.staff.values()})
    )


def _team_now(kitchen: Kitchen, team: str, now_ms: int) -> TeamNow:
    people = [each for each in kitchen.staff.values() if each.team == team]
    here = sum(each.is_on_shift(now_ms) for each in people)
    load = team_load(kitchen, team, now_ms)
    # Load is work ÷ (people × minutes), so work ÷ minutes is the people that it takes.
    wanted = ceil(load * max(here, 1) - 1e-9) if load is not None else 0
    coming = [each.shift_start_ms for each in people if each.shift_start_ms > now_ms]
    starts_ms = min(coming) if coming and not here else None
    return TeamNow(team, len(people), here, load, max(wanted - here, 0), starts_ms)


def advice(kitchen: Kitchen, teams: tuple[TeamNow, ...]) -> Move | None:
    """Who could help the most loaded team, if the figures say that it helps and harms nobody.

    The other team must keep at least one person and stay below 1.0, its people must have a role in
    common with those who need help, and the higher of the two loads must become lower. `teams` are
    those of `teams_now`.
    """
    busy = [each for each in teams if each.load is not None and each.load > 1]
    if not busy:
        return None
    target = max(busy, key=lambda each: (each.load or 0.0, each.team))
    before = target.load or 0.0
    after = before * max(target.here, 1) / (target.here + 1)
    moves = [
        Move(each.team, target.team, (each.load or 0.0) * each.here / (each.here - 1), after)
        for each in teams
        if each.here > 1 and _roles(kitchen, each.team) & _roles(kitchen, target.team)
    ]
    fit = [each for each in moves if each.source != target.team and each.source_load < 1]
    better = [each for each in fit if max(each.source_load, each.target_load) < before]
    return min(better, key=lambda each: (each.source_load, each.source), default=None)


def _roles(kitchen: Kitchen, team: str) -> frozenset[Role]:
    people = (each for each in kitchen.staff.values() if each.team == team)
    return frozenset(role for each in people for role in each.roles) - {Role.TEAM_LEAD}
