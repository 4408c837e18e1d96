"""Readings: facts in any state, ordered by time, and the late critical one."""

from __future__ import annotations

import pytest

from dapur.batch import READINGS_KEPT
from dapur.review import Reason
from dapur.wire.messages import Outcome
from tests.support.situations import BATCH, SITUATIONS
from tests.support.taps import Night, batch_at, plan_args, staffed


def _reasons(night: Night) -> set[Reason]:
    return {item.reason for item in night.kitchen.reviews.values()}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_reading_is_taken_in_every_situation(situation: str) -> None:
    night = SITUATIONS[situation]()
    before = _reasons(night)
    taking = night.tap("record_temperature", BATCH, {"value_c": 20.5}, minute=900)
    assert taking.outcome is Outcome.APPLIED
    expected = {"unknown": {Reason.UNKNOWN_BATCH}, "cancelled": {Reason.BATCH_OVER}}
    expected["discarded"] = {Reason.BATCH_OVER}
    assert _reasons(night) - before == expected.get(situation, set())


@pytest.mark.parametrize("value", [-40.1, 150.1, "75", None, True])
def test_a_number_that_no_probe_shows_is_bad_args(value: object) -> None:
    night = batch_at("cooking")
    taking = night.tap("record_temperature", BATCH, {"value_c": value})
    assert taking.code == "bad_args"
    assert "value_c" in next(iter(night.kitchen.reviews.values())).refusal.problem  # type: ignore[union-attr]


def test_a_low_core_that_was_taken_before_the_pass_and_comes_after_it_holds_the_batch() -> None:
    night = batch_at("completed")
    done = night.kitchen.batches[BATCH].verdicts[-1].at.latest_ms
    minute = (done - night.kitchen.night.midnight_ms) / 60_000 if night.kitchen.night else 0
    night.tap("record_temperature", BATCH, {"value_c": 61.0}, minute=minute - 0.5)
    batch = night.kitchen.batches[BATCH]
    assert [hold.critical for hold in batch.open_holds] == [True]
    assert _reasons(night) == {Reason.LATE_CRITICAL_READING}
    assert batch.open_holds[0].evidence == (batch.readings[-1].id,)


def test_a_late_reading_from_heating_up_alarms_nobody() -> None:
    night = batch_at("completed")
    night.tap("record_temperature", BATCH, {"value_c": 31.0}, minute=150)
    assert not night.kitchen.batches[BATCH].held
    assert _reasons(night) == set()


def test_a_tray_at_45_degrees_after_the_pass_is_normal() -> None:
    night = batch_at("completed")
    night.tap("record_temperature", BATCH, {"value_c": 45.0, "point": "tray"}, minute=255)
    assert not night.kitchen.batches[BATCH].held


def test_the_policy_can_leave_the_hold_to_people() -> None:
    night = batch_at("passed")
    limit = {"value": 0, "source": "SOP", "valid_from": "2026-11-01"}
    args = {"limits": {"hold_on_late_reading": limit}}
    night.tap("set_policy", "policy:kitchen", args, actor="s-kepala")
    night.tap("record_temperature", BATCH, {"value_c": 61.0}, minute=252)
    assert not night.kitchen.batches[BATCH].held
    assert _reasons(night) == {Reason.LATE_CRITICAL_READING}


def test_a_reading_that_came_before_its_plan_joins_the_batch() -> None:
    night = staffed()
    night.tap("record_temperature", BATCH, {"value_c": 20.0}, tap_id="early")
    night.tap("plan_batch", BATCH, plan_args(), actor="s-kepala")
    assert [reading.id for reading in night.kitchen.batches[BATCH].readings] == ["early"]
    assert night.kitchen.strays == {}


def test_the_window_keeps_the_newest_readings_only() -> None:
    night = batch_at("cooking")
    for place in range(READINGS_KEPT + 5):
        night.tap("record_temperature", BATCH, {"value_c": 20.0}, minute=130 + place / 10)
    readings = night.kitchen.batches[BATCH].readings
    assert len(readings) == READINGS_KEPT
    assert list(readings) == sorted(readings, key=lambda reading: reading.at.earliest_ms)
