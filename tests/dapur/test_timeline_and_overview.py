"""The spans of a batch and what the supervisor's desk counts, against nights worked out by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dapur.access import Role
from dapur.crew import RosterStaffArgs
from dapur.figures import Ratio
from dapur.overview import (
    advice,
    at_work,
    measured,
    measured_tonight,
    nearest_limit,
    planned_cooking_ms,
    teams_now,
)
from dapur.stage import Stage
from dapur.timeline import Course, Kind, course, spare_ms
from tests.support.situations import BATCH, SITUATIONS
from tests.support.taps import MIN, Night, at, batch_at


def spans(made: Course) -> list[tuple[str, float, float, str]]:
    """Spans in minutes after local midnight."""
    return [
        (each.stage, (each.from_ms - at(0)) / MIN, (each.to_ms - at(0)) / MIN, each.kind)
        for each in made.spans
    ]


def one(night: Night, minute: float) -> Course:
    return course(night.kitchen.batches[BATCH], at(minute))


# ---- spans ---------------------------------------------------------------------------------------


def test_a_planned_batch_is_all_plan_until_its_time_and_a_forecast_after_it() -> None:
    night = batch_at("planned")
    early = one(night, 10)
    assert spans(early) == [("preparing", 30, 120, "planned"), ("cooking", 120, 270, "planned")]
    assert (early.ready_ms, early.ready_kind, early.late_ms) == (at(270), Kind.PLANNED, 0)
    late = one(night, 50)
    assert spans(late) == [("preparing", 50, 140, "forecast"), ("cooking", 140, 290, "forecast")]
    assert late.late_ms == 20 * MIN


def test_a_batch_begun_early_is_not_cooked_before_its_planned_time() -> None:
    night = batch_at("planned")
    night.tap("advance_batch", BATCH, {"to": "preparing"}, minute=10)
    assert spans(one(night, 60)) == [
        ("preparing", 10, 60, "done"),
        ("preparing", 60, 100, "forecast"),
        ("cooking", 120, 270, "forecast"),
    ]


def test_a_batch_that_prepares_too_long_moves_its_cooking() -> None:
    made = one(batch_at("preparing"), 150)
    assert spans(made) == [("preparing", 31, 150, "done"), ("cooking", 150, 300, "forecast")]
    assert made.late_ms == 30 * MIN


def test_a_cooking_batch_ends_by_its_standard_duration_or_now() -> None:
    night = batch_at("cooking")
    assert spans(one(night, 200))[-2:] == [
        ("cooking", 121, 200, "done"),
        ("cooking", 200, 271, "forecast"),
    ]
    over = one(night, 300)
    assert spans(over)[-1] == ("cooking", 121, 300, "done")
    assert (over.ready_ms, over.ready_kind, over.late_ms) == (at(300), Kind.FORECAST, 30 * MIN)


def test_a_completed_batch_is_all_fact() -> None:
    night = batch_at("completed")
    done = night.kitchen.batches[BATCH].completion
    assert done is not None
    made = one(night, 900)
    assert {each.kind for each in made.spans} == {Kind.DONE}
    assert [each.stage for each in made.spans] == ["preparing", "cooking", "quality_check"]
    assert (made.ready_ms, made.ready_kind) == (done.at.earliest_ms, Kind.DONE)


@pytest.mark.parametrize("name", ["cancelled", "discarded"])
def test_what_is_thrown_away_has_no_future(name: str) -> None:
    night = SITUATIONS[name]()
    ended = night.kitchen.batches[BATCH].ended
    assert ended is not None
    made = one(night, 900)
    assert made.ready_ms is None
    assert all(each.to_ms <= ended.at.earliest_ms for each in made.spans)


@given(name=st.sampled_from(sorted(SITUATIONS)), minute=st.integers(-200, 900))
def test_spans_follow_one_another_and_only_the_past_is_fact(name: str, minute: int) -> None:
    night = SITUATIONS[name]()
    now_ms = max(at(minute), at(night.minute))
    batch = night.kitchen.batches.get(BATCH)
    if batch is None:
        return
    made = course(batch, now_ms)
    assert all(a.to_ms <= b.from_ms for a, b in pairwise(made.spans))
    for each in made.spans:
        assert each.from_ms < each.to_ms
        fact = each.kind is Kind.DONE
        assert each.to_ms <= now_ms if fact else each.from_ms >= now_ms
    assert made.late_ms >= 0


def test_spare_is_what_lies_between_the_slowest_batch_and_the_departure() -> None:
    night = batch_at("cooking")
    batches = list(night.kitchen.batches.values())
    assert spare_ms(batches, at(390), at(200)) == (390 - 271) * MIN
    assert spare_ms(batches, at(390), at(400)) == -10 * MIN
    done = list(batch_at("completed").kitchen.batches.values())
    assert spare_ms(done, at(390), at(900)) is None


# ---- measuring -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "now", "part", "base"),
    [
        ((), 130, 0, 0),
        ((), 141, 0, 1),
        ((), 181, 0, 3),
        ((130,), 149, 1, 1),
        ((130,), 150, 1, 2),
        ((130, 132, 135), 150, 1, 1),
        ((130, 149, 168), 170, 3, 3),
        ((130, 160), 165, 2, 3),
    ],
)
def test_a_reading_is_due_within_twenty_minutes_of_the_last(
    minutes: tuple[int, ...], now: int, part: int, base: int
) -> None:
    night = batch_at("cooking")
    for minute in minutes:
        night.tap("record_temperature", BATCH, {"value_c": 50.0}, minute=minute)
    assert measured(night.kitchen.batches[BATCH], 20, at(now)) == Ratio(part, base)


def test_the_check_wants_one_reading_and_other_points_do_not_count() -> None:
    night = batch_at("quality_check")
    before = measured(night.kitchen.batches[BATCH], 20, at(251))
    night.tap("record_temperature", BATCH, {"value_c": 61.0, "point": "hot_hold"}, minute=255)
    assert measured(night.kitchen.batches[BATCH], 20, at(600)) == before
    # Cooked from 121 to 250: missed at 141, 161, 181, 201, 221; the one at 240 came; then the check's own.
    assert before == Ratio(2, 7)
    assert measured_tonight(night.kitchen, at(251)) == before


def test_a_dish_without_a_core_limit_owes_no_reading() -> None:
    night = batch_at("preparing", no_cook=True)
    assert measured(night.kitchen.batches[BATCH], 20, at(600)) == Ratio(0, 0)


# ---- people and time -----------------------------------------------------------------------------


def test_at_work_is_who_stands_at_an_open_batch_of_all_in_their_shift() -> None:
    night = batch_at("cooking")
    for staff in ("s-cook", "s-cook2"):
        night.tap("assign_crew", BATCH, {"staff": staff}, actor="s-kepala", minute=122)
    night.tap("release_crew", BATCH, {"staff": "s-cook2"}, actor="s-kepala", minute=123)
    assert at_work(night.kitchen, at(130)) == Ratio(1, 10)
    assert at_work(night.kitchen, at(481)) == Ratio(0, 0)


def test_the_planned_cooking_time_is_of_the_batches_that_were_cooked() -> None:
    assert planned_cooking_ms(batch_at("cooking").kitchen) is None
    night = batch_at("quality_check")
    night = batch_at("planned", night, "b2", code="G1-03", ready_ms=at(500))
    assert planned_cooking_ms(night.kitchen) == 150 * MIN


def test_the_nearest_limit_is_of_the_clock_that_ends_first() -> None:
    assert nearest_limit(batch_at("cooking").kitchen) is None
    night = batch_at("quality_check")
    found = nearest_limit(night.kitchen)
    assert found is not None
    batch, by_ms = found
    assert (batch.id, by_ms) == (BATCH, at(250 + 240))
    assert batch.stage is Stage.QUALITY_CHECK


def two_teams(*, helpers: int, role: str = "STAFF_DAPUR") -> Night:
    """Only s-cook is left of his team, at a dish with 90 minutes of work; beside it a team without work."""
    night = batch_at("cooking")
    others = [(str(each), "VIEWER", "TAMU") for each in night.kitchen.staff if each != "s-cook"]
    for staff, what, team in [*others, *((f"h-{n}", role, "BANTU") for n in range(helpers))]:
        shift = (at(0 if team == "BANTU" else -60), at(480))
        args = RosterStaffArgs(staff, (Role(what),), team, *shift)
        night.tap("roster_staff", f"staff:{staff}", args, actor="system", minute=121)
    night.tap("assign_crew", BATCH, {"staff": "s-cook"}, actor="system", minute=122)
    return night


def test_a_team_lacks_the_people_that_its_work_takes() -> None:
    night = two_teams(helpers=2)
    # At 215 two thirds of the 90 minutes are left (the first step is capped), and 55 minutes to the due.
    teams = {each.team: each for each in teams_now(night.kitchen, at(215))}
    cooks, helpers = teams["TIM_PENGOLAHAN"], teams["BANTU"]
    assert cooks.load == pytest.approx((90 - 0.95 * 30) / 55)
    assert (cooks.people, cooks.here, cooks.missing) == (1, 1, 1)
    assert (helpers.load, helpers.here, helpers.missing) == (None, 2, 0)


def test_a_team_that_is_not_here_yet_says_when_it_comes() -> None:
    night = two_teams(helpers=1)
    team = next(each for each in teams_now(night.kitchen, at(-10)) if each.team == "BANTU")
    assert (team.here, team.starts_ms) == (0, at(0))


def test_advice_moves_one_person_who_can_help_from_a_team_with_room() -> None:
    kitchen = two_teams(helpers=2).kitchen
    move = advice(kitchen, teams_now(kitchen, at(215)))
    assert move is not None
    assert (move.source, move.target, move.source_load) == ("BANTU", "TIM_PENGOLAHAN", 0.0)
    assert move.target_load == pytest.approx((90 - 0.95 * 30) / 55 / 2)


@pytest.mark.parametrize(
    ("helpers", "role", "minute"),
    [(1, "STAFF_DAPUR", 215), (2, "DRIVER", 215), (2, "STAFF_DAPUR", 130)],
)
def test_advice_is_silent_when_the_figures_do_not_support_it(
    helpers: int, role: str, minute: int
) -> None:
    """A team of one keeps its one; a driver does not cook; nobody is overloaded."""
    kitchen = two_teams(helpers=helpers, role=role).kitchen
    assert advice(kitchen, teams_now(kitchen, at(minute))) is None
