"""A batch on its way: reasons that close a stage, rounds, the consumption clock, and taking a tap
back.
"""

from __future__ import annotations

from dapur.batch import Batch, consume_by_ms
from dapur.decision import Refused
from dapur.kitchen import decide
from dapur.refusal import CoreLow, CoreUnmeasured, StepOpen
from dapur.stage import Stage
from dapur.wire.messages import Outcome
from tests.support.situations import BATCH, SITUATIONS
from tests.support.taps import KIOSK_2, MIN, Night, at, batch_at, plan_args, staffed


def _batch(night: Night) -> Batch:
    return night.kitchen.batches[BATCH]


def test_a_cook_hears_every_reason_why_the_check_is_closed() -> None:
    night = batch_at("cooking")
    to_check = {"to": "quality_check"}
    decision = decide(night.kitchen, night.taken("advance_batch", BATCH, to_check))
    assert isinstance(decision, Refused)
    assert (decision.refusal, *decision.also) == (CoreUnmeasured(75.0), StepOpen(2))
    night.tap("record_temperature", BATCH, {"value_c": 61.8})
    decision = decide(night.kitchen, night.taken("advance_batch", BATCH, to_check))
    assert isinstance(decision, Refused)
    assert decision.refusal == CoreLow(75.0, 61.8)


def test_an_earlier_low_reading_is_heating_up_and_blocks_nothing() -> None:
    night = batch_at("cooking")
    night.tap("record_temperature", BATCH, {"value_c": 82.0}, minute=200)
    night.tap("record_temperature", BATCH, {"value_c": 42.0}, minute=150)
    assert night.tap("finish_step", BATCH, {"step": 2}).outcome is Outcome.APPLIED


def test_the_consumption_clock_starts_at_the_earliest_end_of_the_interval() -> None:
    night = SITUATIONS["cooking_ready"]()
    night.tap("advance_batch", BATCH, {"to": "quality_check"}, minute=250, span_ms=4 * MIN)
    assert _batch(night).consumption_started_ms == at(246)
    assert consume_by_ms(_batch(night), night.kitchen.policy) == at(246 + 240)


def test_an_earlier_tap_that_arrives_later_moves_the_clock_back_but_not_before_the_fire() -> None:
    night = batch_at("quality_check")
    args = {"to": "quality_check"}
    assert night.tap("advance_batch", BATCH, args, minute=245, device=KIOSK_2).code == ""
    assert _batch(night).consumption_started_ms == at(245)
    night.tap("advance_batch", BATCH, args, minute=60, device=KIOSK_2)
    assert _batch(night).consumption_started_ms == at(121)


def test_rework_never_resets_the_consumption_clock() -> None:
    night = SITUATIONS["rework"]()
    started_ms = _batch(night).consumption_started_ms
    night.tap("record_temperature", BATCH, {"value_c": 90.0})
    night.tap("finish_step", BATCH, {"step": 2, "round": 2})
    night.tap("advance_batch", BATCH, {"to": "quality_check", "round": 2})
    assert _batch(night).stage is Stage.QUALITY_CHECK
    assert _batch(night).consumption_started_ms == started_ms


def test_a_stale_tap_of_the_first_round_does_not_end_the_second() -> None:
    night = SITUATIONS["rework"]()
    taking = night.tap("advance_batch", BATCH, {"to": "quality_check", "round": 1})
    assert taking.outcome is Outcome.ALREADY
    assert _batch(night).stage is Stage.COOKING


def test_a_skipped_stage_is_refused_and_waits_in_the_inbox() -> None:
    night = batch_at("planned")
    taking = night.tap("advance_batch", BATCH, {"to": "cooking"}, tap_id="c-skip")
    assert taking.code == "wrong_stage"
    assert night.kitchen.reviews["c-skip"].settled is None


def test_a_cook_takes_back_the_own_last_tap_and_only_once() -> None:
    night = batch_at("preparing")
    night.tap("advance_batch", BATCH, {"to": "cooking"}, tap_id="mine")
    night.tap("record_temperature", BATCH, {"value_c": 20.0})
    other = night.tap("undo", BATCH, {"tap": "mine"}, actor="s-cook2")
    assert other.code == "undo_not_yours"
    assert night.tap("undo", BATCH, {"tap": "mine"}).outcome is Outcome.APPLIED
    assert _batch(night).stage is Stage.PREPARING
    assert [entry.stage for entry in _batch(night).history] == [Stage.PREPARING]
    assert night.tap("undo", BATCH, {"tap": "mine"}).outcome is Outcome.ALREADY


def test_a_tap_cannot_be_taken_back_when_a_hold_followed() -> None:
    night = batch_at("preparing")
    night.tap("advance_batch", BATCH, {"to": "cooking"}, tap_id="mine")
    night.tap("hold_batch", BATCH, {"reason": "allergen"}, actor="s-qc")
    assert night.tap("undo", BATCH, {"tap": "mine"}).code == "nothing_to_undo"


def test_taking_back_the_end_of_cooking_at_once_clears_the_clock_and_later_does_not() -> None:
    for minutes, started in ((0.5, None), (30.0, at(250))):
        night = SITUATIONS["cooking_ready"]()
        args = {"to": "quality_check"}
        night.tap("advance_batch", BATCH, args, minute=250, tap_id="mine")
        assert night.tap("undo", BATCH, {"tap": "mine"}, minute=250 + minutes).code == ""
        assert _batch(night).stage is Stage.COOKING
        assert _batch(night).consumption_started_ms == started


def test_undoing_a_step_unticks_only_that_step() -> None:
    night = batch_at("cooking")
    night.tap("finish_step", BATCH, {"step": 1})
    night.tap("record_temperature", BATCH, {"value_c": 80.0})
    night.tap("finish_step", BATCH, {"step": 2}, tap_id="two")
    night.tap("undo", BATCH, {"tap": "two"})
    assert [done.step for done in _batch(night).steps_done] == [1]


def test_a_tap_before_the_cancelling_is_kept_and_a_later_one_refused() -> None:
    night = SITUATIONS["cancelled"]()
    ended = _batch(night).ended
    assert ended is not None
    args = {"to": "cooking"}
    before = night.tap("advance_batch", BATCH, args, minute=31, tap_id="early", device=KIOSK_2)
    assert [event.kind for event in before.events] == ["tap_noted", "review_raised"]
    assert night.tap("advance_batch", BATCH, args, minute=400).code == "cancelled"
    assert _batch(night).stage is Stage.CANCELLED


def test_a_plan_cannot_change_on_the_fire() -> None:
    night = batch_at("cooking")
    taking = night.tap("change_plan", BATCH, plan_args(pk=10), actor="s-kepala")
    assert taking.code == "wrong_stage"


def test_the_same_plan_again_is_already_even_after_the_policy_changed() -> None:
    night = batch_at("planned")
    limit = {"value": 80, "source": "SOP", "valid_from": "2026-11-01"}
    night.tap("set_policy", "policy:kitchen", {"limits": {"core_c": limit}}, actor="s-kepala")
    again = night.tap("plan_batch", BATCH, plan_args(), actor="s-kepala")
    assert again.outcome is Outcome.ALREADY
    other = night.tap("plan_batch", BATCH, plan_args(name="Lain"), actor="s-kepala")
    assert other.code == "batch_exists"


def test_a_plan_that_cooks_before_the_policys_hour_is_refused() -> None:
    night = staffed()
    args = plan_args(prepare_ms=at(-200), cook_ms=at(-60))
    assert night.tap("plan_batch", BATCH, args, actor="s-kepala").code == "cook_too_early"


def test_a_batch_id_cannot_pose_as_another_nouns_subject() -> None:
    night = staffed()
    for subject in ("policy:kitchen", "b1\n", "", "x" * 65):
        taking = night.tap("plan_batch", subject, plan_args(), actor="s-kepala")
        assert taking.code == "bad_args"
