"""A plan file: errors that name place and field, clocks of a night, and no name of a person in a
command.
"""

from __future__ import annotations

import copy
import inspect
import json
from typing import Any

import pytest

from dapur import plan
from dapur.ids import SYSTEM
from dapur.night import midnight_ms, serving_date_of
from dapur.plan import PlanErrors, night_minute, on_date, read_plan, wishes
from dapur.wire.messages import Outcome
from tests.support.taps import Night, at


def _example() -> dict[str, Any]:
    text = inspect.getdoc(plan) or ""
    start = text.index("    {\n")
    found: dict[str, Any] = json.loads(text[start : text.index("``limits``")])
    return found


def _read(example: dict[str, Any]) -> plan.Plan:
    return read_plan(json.dumps(example))


def test_the_example_of_the_module_is_a_sound_plan_that_the_kitchen_takes_twice() -> None:
    night = Night()
    night.minute = -300
    for expected in (Outcome.APPLIED, Outcome.ALREADY):
        for wish in wishes(_read(_example())):
            taking = night.tap(wish.kind, wish.subject, wish.args, actor=SYSTEM)
            assert taking.outcome is expected, wish
    batch = night.kitchen.batches["2026-11-22-G1-02"]  # type: ignore[index]
    assert (batch.plan.cook_ms, batch.plan.ready_ms) == (at(120), at(270))
    assert [each.staff for each in batch.crew] == ["s-siti"]


def test_no_name_of_a_person_gets_into_a_command_or_an_event() -> None:
    night = Night()
    for wish in wishes(_read(_example())):
        night.tap(wish.kind, wish.subject, wish.args, actor=SYSTEM)
    assert not [raw for raw in night.events if b"Siti" in raw]


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("batches", 0, "steps", 0, "duration_min"), "ten", "batches[0].steps[0].duration_min: "),
        (("batches", 0, "steps", 0, "duration_min"), 0, "batches[0].steps[0].duration_min: "),
        (("batches", 0, "wave"), "G9", "batches[0].wave: "),
        (("batches", 0, "crew"), ["s-x"], "batches[0].crew[0]: "),
        (("batches", 0, "cook"), "00:10", "batches[0].cook: "),
        (("batches", 0, "ready"), "07:10", "batches[0].ready: "),
        (("batches", 0, "colour"), "red", "batches[0]: "),
        (("waves", 0, "departure"), "25:00", "waves[0].departure: "),
        (("serving_date",), "2026-02-30", "serving_date: "),
        (("policy", "consume_within_min", "value"), 999, "policy.consume_within_min.value: "),
        (("staff", 0, "roles"), ["SYSTEM"], "staff[0].roles: "),
    ],
)
def test_a_wrong_plan_names_the_place_and_the_field(
    path: tuple[str | int, ...], value: object, place: str
) -> None:
    example = copy.deepcopy(_example())
    inner: Any = example
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(PlanErrors) as caught:
        _read(example)
    assert any(problem.startswith(place) for problem in caught.value.problems), caught.value


def test_every_contradiction_is_told_at_once() -> None:
    example = _example()
    example["batches"].append(dict(example["batches"][0], wave="G7"))
    example["waves"].append(example["waves"][0])
    with pytest.raises(PlanErrors) as caught:
        _read(example)
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff", b"null"])
def test_text_that_is_no_plan_is_told(text: bytes) -> None:
    with pytest.raises(PlanErrors):
        read_plan(text)


def test_another_date_moves_every_time_by_whole_days() -> None:
    example = _read(_example())
    here = {wish.subject: wish for wish in wishes(example)}["night:kitchen"]
    there = {wish.subject: wish for wish in wishes(on_date(example, "2026-12-01"))}["night:kitchen"]
    moved = there.args.waves[0].departure_ms - here.args.waves[0].departure_ms  # type: ignore[attr-defined]
    assert moved == 9 * 24 * 3_600_000


@pytest.mark.parametrize(
    ("clock", "minute"), [("15:00", -540), ("22:30", -90), ("00:00", 0), ("14:59", 899)]
)
def test_a_clock_from_15_on_is_the_day_before(clock: str, minute: int) -> None:
    assert night_minute(clock) == minute


@pytest.mark.parametrize(
    ("minute", "date"), [(-541, "2026-11-21"), (-540, "2026-11-22"), (899, "2026-11-22")]
)
def test_a_moment_belongs_to_the_date_of_its_night(minute: int, date: str) -> None:
    assert serving_date_of(at(minute), 420) == date
    assert midnight_ms("2026-11-22", 420) == at(0)
