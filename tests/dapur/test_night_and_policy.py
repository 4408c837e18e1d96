"""The night opens and closes by a person, never by a clock; the policy keeps its bounds and
sources.
"""

from __future__ import annotations

import pytest

from dapur.policy import BOUNDS, DEFAULT, NAMES
from dapur.wire.messages import Outcome
from tests.support.situations import BATCH, SITUATIONS
from tests.support.taps import DATE, WAVES, batch_at, plan_args, staffed


def _open(date: str = DATE, **changes: object) -> dict[str, object]:
    args = {"serving_date": date, "zone": "WIB", "offset_min": 420, "waves": WAVES}
    return args | changes


def test_closing_takes_out_what_is_finished_and_keeps_what_is_not() -> None:
    night = batch_at("completed")
    night = batch_at("cooking", night, "b2", code="G1-03")
    night.tap("advance_batch", BATCH, {"to": "nowhere"}, tap_id="bad")
    night.tap("close_session", "session:s-viewer@kiosk-1", actor="s-viewer")
    args: dict[str, object] = {"serving_date": DATE}
    busy = night.tap("close_night", "night:kitchen", args, actor="s-kepala", tap_id="busy")
    assert busy.code == "night_busy"
    args["leave_open"] = ["b2"]
    assert night.tap("close_night", "night:kitchen", args, actor="s-kepala").code == ""
    kitchen = night.kitchen
    assert (set(kitchen.batches), kitchen.night) == ({"b2"}, None)
    assert set(kitchen.reviews) == {"bad", "busy"}
    assert BATCH not in kitchen.versions
    assert "b2" in kitchen.versions
    assert "s-viewer@kiosk-1" not in kitchen.sessions
    assert "s-cook@kiosk-1" in kitchen.sessions


def test_a_held_completed_batch_keeps_the_night_open() -> None:
    night = SITUATIONS["recalled"]()
    args = {"serving_date": DATE}
    assert night.tap("close_night", "night:kitchen", args, actor="s-kepala").code == "night_busy"


def test_a_closed_date_never_opens_again() -> None:
    night = staffed()
    night.tap("close_night", "night:kitchen", {"serving_date": DATE}, actor="s-kepala")
    assert (
        night.tap("open_night", "night:kitchen", _open(), actor="s-kepala").code == "night_closed"
    )
    assert night.tap("plan_batch", BATCH, plan_args(), actor="s-kepala").code == "no_night"
    late = _open("2026-11-23")
    assert night.tap("open_night", "night:kitchen", late, actor="s-kepala").code == ""


def test_one_night_at_a_time_and_its_waves_can_change_unless_in_use() -> None:
    night = batch_at("planned")
    opened = ("open_night", "night:kitchen")
    assert night.tap(*opened, _open(), actor="s-kepala").outcome is Outcome.ALREADY
    assert night.tap(*opened, _open("2026-11-23"), actor="s-kepala").code == "night_open"
    assert night.tap(*opened, _open(waves=WAVES[1:]), actor="s-kepala").code == "wave_in_use"
    assert night.tap(*opened, _open(waves=WAVES[:1]), actor="s-kepala").code == ""
    assert night.tap(*opened, _open("2026-02-30"), actor="s-kepala").code == "bad_plan"


def test_every_default_of_the_policy_lies_in_its_bounds_and_names_its_source() -> None:
    assert set(BOUNDS) == set(NAMES)
    for name, (low, high) in BOUNDS.items():
        limit = getattr(DEFAULT, name)
        assert low <= limit.value <= high, name
        assert limit.source, name


@pytest.mark.parametrize(
    ("name", "value", "actor", "code"),
    [
        ("core_c", 76, "s-admin", ""),
        ("core_c", 20, "s-admin", "policy_bounds"),
        ("colour", 1, "s-admin", "policy_unknown"),
        ("consume_within_min", 300, "s-admin", "policy_longer"),
        ("consume_within_min", 300, "s-kepala", ""),
        ("consume_within_min", 361, "s-kepala", "policy_bounds"),
    ],
)
def test_a_value_of_the_policy_keeps_its_bounds(
    name: str, value: float, actor: str, code: str
) -> None:
    night = staffed()
    limit = {"value": value, "source": "SOP", "valid_from": "2026-11-01"}
    args = {"limits": {name: limit}}
    assert night.tap("set_policy", "policy:kitchen", args, actor=actor).code == code
