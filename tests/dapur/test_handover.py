"""The hand-over between chiefs: who may give and take the floor, and what the record says."""

from __future__ import annotations

import msgspec

from dapur.handover import KEPT, open_now, waiting
from dapur.kitchen import decode_snapshot, encode_snapshot
from dapur.watch import watch
from tests.support.taps import DATE, Night, at, batch_at, staffed

FLOOR = "handover:kitchen"
TO_KEPALA: dict[str, object] = {"role": "KEPALA"}


def _give(
    night: Night, args: dict[str, object] = TO_KEPALA, by: str = "s-gizi", tap: str = "h-1"
) -> str:
    return night.tap("hand_over", FLOOR, args, actor=by, tap_id=tap).code


def _take(night: Night, by: str = "s-kepala", which: str = "h-1") -> str:
    return night.tap("take_over", FLOOR, {"hand_over": which}, actor=by).code


def test_a_chief_gives_the_floor_with_what_is_open_and_another_takes_it() -> None:
    night = batch_at("quality_check")
    assert (
        night.tap("hold_batch", "b1", {"reason": "allergen"}, actor="s-qc", tap_id="held").code
        == ""
    )
    assert _give(night, {"to": "s-kepala", "note": "sayur sedang diuji"}) == ""
    given = waiting(night.kitchen)
    assert given is not None
    assert (given.giver, given.to, given.note) == ("s-gizi", "s-kepala", "sayur sedang diuji")
    assert (given.open.checks.count, given.open.checks.keys) == (1, ("b1",))
    assert given.open.holds.keys == ("held",)
    assert _take(night) == ""
    (item,) = night.kitchen.handovers
    assert item.taken is not None
    assert (item.taken.actor, item.taken.open.holds.count) == ("s-kepala", 1)
    assert waiting(night.kitchen) is None


def test_a_second_tap_of_the_taker_is_already_and_another_chief_is_told_who_has_it() -> None:
    night = staffed()
    assert _give(night, {"role": "AHLI_GIZI"}, by="s-kepala") == ""
    assert _take(night, by="s-gizi") == ""
    again = night.tap("take_over", FLOOR, {"hand_over": "h-1"}, actor="s-gizi")
    assert (again.outcome.name, again.events) == ("ALREADY", ())
    assert _take(night, by="s-kepala") == "hand_over_taken"


def test_a_hand_over_is_refused_to_whom_it_was_not_given() -> None:
    night = staffed()
    assert _give(night, {"to": "s-gizi"}, by="s-kepala") == ""
    assert _take(night, by="s-kepala") == "hand_over_elsewhere"
    assert _take(night, by="s-gizi", which="no-such") == "unknown_hand_over"


def test_a_newer_hand_over_replaces_the_one_that_waits() -> None:
    night = staffed()
    assert _give(night) == ""
    assert _give(night, tap="h-2") == ""
    assert _take(night) == "hand_over_replaced"
    assert _take(night, which="h-2") == ""


def test_the_floor_is_given_to_another_chief_only() -> None:
    night = staffed()
    assert _give(night, {"to": "s-cook"}) == "receiver_no_chief"
    assert _give(night, {"to": "s-gizi"}) == "receiver_no_chief"
    assert _give(night, {"role": "DRIVER"}) == "receiver_no_chief"
    assert _give(night, {"to": "nobody"}) == "unknown_staff"
    assert _give(night, {}) == "bad_args"
    assert _give(night, {"to": "s-kepala", "role": "KEPALA"}) == "bad_args"
    assert _give(night, by="s-cook") == "not_allowed"
    assert night.kitchen.handovers == ()


def test_a_hand_over_needs_the_pin_again() -> None:
    night = staffed()
    given = night.tap("hand_over", FLOOR, TO_KEPALA, actor="s-gizi", tap_id="h-1", step_up=False)
    assert given.code == "step_up_needed"


def test_only_the_newest_hand_overs_of_a_night_are_kept() -> None:
    night = staffed()
    for number in range(KEPT + 3):
        assert _give(night, tap=f"h-{number}") == ""
    assert len(night.kitchen.handovers) == KEPT
    assert night.kitchen.handovers[-1].id == f"h-{KEPT + 2}"


def test_closing_the_night_clears_its_hand_overs() -> None:
    night = staffed()
    assert _give(night) == ""
    closed = night.tap("close_night", "night:kitchen", {"serving_date": DATE}, actor="s-kepala")
    assert closed.code == ""
    assert night.kitchen.handovers == ()


def test_a_running_eating_window_is_open_until_it_ends() -> None:
    night = batch_at("completed")
    assert open_now(night.kitchen, at(0)).clocks.count == 1
    assert open_now(night.kitchen, at(60 * 24)).clocks.count == 0


def test_an_alarm_is_open_as_soon_as_it_holds_also_before_the_log_tells_of_it() -> None:
    night = batch_at("completed")
    window_is_over_ms = at(60 * 24)
    assert not night.kitchen.alerts
    holding = watch(night.kitchen, window_is_over_ms)
    assert holding
    found = open_now(night.kitchen, window_is_over_ms).alerts
    assert found.keys == tuple(sorted(alert.key for alert in holding))
    assert open_now(night.kitchen, window_is_over_ms, ()).alerts.count == 0


def test_hand_overs_survive_a_snapshot_and_an_older_one_reads_without_them() -> None:
    night = staffed()
    assert _give(night) == ""
    text = encode_snapshot(night.kitchen)
    assert decode_snapshot(text, 3) == night.kitchen
    older = msgspec.json.decode(text)
    del older["handovers"]
    assert decode_snapshot(msgspec.json.encode(older).decode(), 2).handovers == ()
