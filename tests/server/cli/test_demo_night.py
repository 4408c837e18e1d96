"""The demo night is one that a kitchen could really cook: its sums, its people, its hours."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from dapur import pin, resources
from dapur.access import Role
from dapur.plan import OFFSET_MIN, Plan, StaffPlan, night_minute, read_plan
from dapur.wire.queries import NAME_MAX

DAY_MIN = 24 * 60


@pytest.fixture(scope="module")
def night() -> Plan:
    return read_plan(resources.read_bytes("demo/night.json"))


def shift(person: StaffPlan) -> range:
    start, end = night_minute(person.shift_start), night_minute(person.shift_end)
    return range(start, (end if end > start else end + DAY_MIN) + 1)


def test_demo_serves_nineteen_stops_with_the_portions_on_the_board(night: Plan) -> None:
    first, second = night.waves
    kinds = Counter(stop.kind for wave in night.waves for stop in wave.stops)
    assert kinds == {"school": 14, "posyandu": 5}
    assert (first.departure, second.departure) == ("06:30", "10:30")
    assert sum(stop.pk for stop in first.stops) == 1120
    assert sum(stop.pb for stop in first.stops) == 622
    assert sum(stop.pk + stop.pb for stop in second.stops) == 1385


def test_demo_cooks_each_dish_once_for_each_wave(night: Plan) -> None:
    dishes = Counter(batch.dish for batch in night.batches)
    assert len(dishes) == 8
    assert set(dishes.values()) == {2}
    assert {(batch.dish, batch.wave) for batch in night.batches} == {
        (dish, wave.id) for dish in dishes for wave in night.waves
    }
    uncooked = {batch.name for batch in night.batches if batch.no_cook}
    assert uncooked == {"Pisang Ambon"}
    assert all(batch.limits.core_c is None for batch in night.batches if batch.no_cook)


def test_demo_batch_has_steps_that_fit_its_hours_and_amounts_for_its_portions(night: Plan) -> None:
    for batch in night.batches:
        planned_min = night_minute(batch.ready) - night_minute(batch.prepare)
        assert batch.steps, batch.code
        assert sum(step.duration_min for step in batch.steps) <= planned_min, batch.code
        assert batch.ingredients, batch.code


def test_demo_crew_is_in_the_kitchen_while_its_batch_is_made(night: Plan) -> None:
    people = {person.id: person for person in night.staff}
    absent = [
        (batch.code, member)
        for batch in night.batches
        for member in batch.crew
        for clock in (batch.prepare, batch.ready)
        if night_minute(clock) not in shift(people[member])
    ]
    assert not absent
    assert all(batch.crew for batch in night.batches)


def test_demo_has_somebody_to_judge_whenever_a_batch_gets_ready(night: Plan) -> None:
    judges = [
        shift(person)
        for person in night.staff
        if {Role.KEPALA, Role.AHLI_GIZI, Role.STAFF_QC} & set(person.roles)
    ]
    for batch in night.batches:
        ready = night_minute(batch.ready)
        assert any(ready in hours for hours in judges), batch.code


def test_demo_has_the_core_staff_and_forty_seven_people(night: Plan) -> None:
    roles = Counter(role for person in night.staff for role in person.roles)
    assert len(night.staff) == 47
    assert roles[Role.KEPALA] == roles[Role.AHLI_GIZI] == roles[Role.AKUNTAN] == 1
    assert roles[Role.STAFF_QC] >= 1
    assert len({person.name for person in night.staff}) == 47
    assert all(len(person.name) <= NAME_MAX for person in night.staff)


def test_demo_gives_everybody_a_pin_that_the_server_takes(night: Plan) -> None:
    pins: dict[str, str] = json.loads(resources.read_bytes("demo/pins.json"))
    assert set(pins) == {person.id for person in night.staff}
    assert all(pin.well_formed(each) and not pin.trivial(each) for each in pins.values())


def test_demo_policy_names_a_source_for_every_value(night: Plan) -> None:
    assert OFFSET_MIN[night.zone] == 420
    assert night.policy
    assert all(limit.source and limit.valid_from for limit in night.policy.values())
