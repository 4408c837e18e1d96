"""The numbers of a night by their definitions, the board's order, and offers that cannot
contradict the rules.
"""

from __future__ import annotations

import pytest

from dapur.figures import Ratio, cooking_ms, figures, progress, team_load, urgency, utilisation
from dapur.ids import StaffId
from dapur.kitchen import take
from dapur.offers import Offer, forward, offers, who_may
from dapur.stage import Stage
from dapur.wire.messages import Outcome
from tests.support.situations import BATCH, SITUATIONS
from tests.support.taps import KIOSK, PEOPLE, at, batch_at, plan_args


def test_cooking_time_is_the_first_pass_without_the_time_held() -> None:
    night = batch_at("cooking")
    night.tap("hold_batch", BATCH, {"reason": "equipment"}, minute=150, tap_id="h")
    release = {"hold": "h", "decision": "continue"}
    night.tap("release_hold", BATCH, release, actor="s-gizi", minute=170)
    night.tap("record_temperature", BATCH, {"value_c": 80.0}, minute=240)
    night.tap("finish_step", BATCH, {"step": 2}, minute=241)
    night.tap("advance_batch", BATCH, {"to": "quality_check"}, minute=250)
    assert cooking_ms(night.kitchen.batches[BATCH]) == (250 - 121 - 20) * 60_000


def test_on_time_counts_the_completed_and_the_due_and_not_the_cancelled() -> None:
    night = batch_at("completed")
    night = batch_at("planned", night, "b2", code="G1-03")
    night = batch_at("planned", night, "b3", code="G1-04")
    reason = {"reason": "bahan tidak datang"}
    night.tap("cancel_batch", "b3", reason, actor="s-kepala")
    numbers = figures(night.kitchen, at(300))
    assert numbers.productions == 2
    assert numbers.on_time == Ratio(1, 2)
    assert numbers.qc_pass == Ratio(1, 1)
    assert numbers.mean_cooking_ms == 129 * 60_000


def test_the_pass_rate_counts_the_first_verdict_only() -> None:
    night = SITUATIONS["rework"]()
    assert figures(night.kitchen, at(300)).qc_pass == Ratio(0, 1)


def test_progress_counts_finished_steps_and_caps_the_running_one() -> None:
    night = batch_at("cooking")
    batch = night.kitchen.batches[BATCH]
    assert progress(batch, at(121 + 15)) == pytest.approx(15 / 90)
    assert progress(batch, at(600)) == pytest.approx(0.95 * 30 / 90)
    night.tap("finish_step", BATCH, {"step": 1}, minute=151)
    assert progress(night.kitchen.batches[BATCH], at(161)) == pytest.approx(40 / 90)


def test_progress_is_frozen_while_the_batch_is_held() -> None:
    night = batch_at("cooking")
    night.tap("hold_batch", BATCH, {"reason": "equipment"}, minute=131)
    batch = night.kitchen.batches[BATCH]
    assert progress(batch, at(131)) == progress(batch, at(200)) == pytest.approx(10 / 90)


def test_utilisation_is_the_union_of_a_persons_batches() -> None:
    night = batch_at("planned")
    night = batch_at("planned", night, "b2", code="G1-03")
    for batch in (BATCH, "b2"):
        args = {"staff": "s-cook"}
        night.tap("assign_crew", batch, args, actor="s-kepala", minute=0)
    staff = night.kitchen.staff[StaffId("s-cook")]
    assert utilisation(night.kitchen, staff, at(60)) == pytest.approx(60 / 120)


def test_a_team_with_more_work_than_minutes_is_overloaded() -> None:
    night = batch_at("cooking")
    night.tap("assign_crew", BATCH, {"staff": "s-cook"}, actor="s-kepala", minute=122)
    calm = team_load(night.kitchen, "TIM_PENGOLAHAN", at(122))
    busy = team_load(night.kitchen, "TIM_PENGOLAHAN", at(268))
    assert calm is not None
    assert calm < 1 < (busy or 0) * len(PEOPLE)
    assert team_load(night.kitchen, "TIM_PENCUCI", at(122)) is None


def test_help_from_another_team_takes_its_share_of_the_work() -> None:
    night = batch_at("cooking")
    night.tap("assign_crew", BATCH, {"staff": "s-cook"}, actor="s-kepala", minute=122)
    before = team_load(night.kitchen, "TIM_PENGOLAHAN", at(122))
    night.tap("assign_crew", BATCH, {"staff": "s-cook2"}, actor="s-kepala", minute=122)
    assert team_load(night.kitchen, "TIM_PENGOLAHAN", at(122)) == before, "the work is the same"
    helper = {"staff": "s-help", "roles": ["STAFF_DAPUR"], "team": "TIM_LAIN"}
    shift = {"shift_start_ms": at(0), "shift_end_ms": at(600)}
    night.tap("roster_staff", "staff:s-help", {**helper, **shift}, actor="s-kepala")
    night.tap("assign_crew", BATCH, {"staff": "s-help"}, actor="s-kepala", minute=122)
    assert before is not None
    after = team_load(night.kitchen, "TIM_PENGOLAHAN", at(122))
    assert after == pytest.approx(before * 2 / 3)
    theirs = team_load(night.kitchen, "TIM_LAIN", at(122))
    batch = night.kitchen.batches[BATCH]
    left_min = sum(step.duration_min for step in batch.plan.steps) * (1 - progress(batch, at(122)))
    assert theirs == pytest.approx(left_min / 3 / ((batch.plan.ready_ms - at(122)) / 60_000))


def test_the_board_puts_alarms_first_and_held_batches_last_of_the_active() -> None:
    night = batch_at("cooking", batch="b-cook")
    night = batch_at("quality_check", night, "b-check", code="G1-03")
    night = batch_at("cooking", night, "b-held", code="G1-04")
    night = batch_at("cooking", night, "b-alarm", code="G1-05")
    night.tap("hold_batch", "b-held", {"reason": "allergen"})
    ordered = sorted(
        night.kitchen.batches.values(),
        key=lambda each: urgency(each, night.kitchen, frozenset({"b-alarm"}), at(200)),
    )
    assert [each.id for each in ordered] == ["b-alarm", "b-check", "b-cook", "b-held"]


# ---- offers --------------------------------------------------------------------------------------


def _answer(night_name: str, actor: str, offer: Offer) -> Outcome:
    night = SITUATIONS[night_name]()
    taken = night.taken(offer.kind, BATCH, offer.args, actor=actor, device=KIOSK, minute=900)
    return take(night.kitchen, taken, taken.received_ms).outcome


@pytest.mark.parametrize("situation", [name for name in SITUATIONS if name != "unknown"])
@pytest.mark.parametrize("actor", ["s-cook", "s-qc", "s-gizi", "s-kepala", "s-viewer"])
def test_no_button_contradicts_the_rules(situation: str, actor: str) -> None:
    night = SITUATIONS[situation]()
    batch = night.kitchen.batches[BATCH]
    found = offers(night.kitchen, batch, StaffId(actor), at(900))
    assert found
    for offer in found:
        answer = _answer(situation, actor, offer)
        assert offer.open == (answer is Outcome.APPLIED), offer
        assert bool(offer.blocks) == (answer is Outcome.REFUSED), offer


def test_the_primary_button_leads_to_the_next_stage_with_all_its_reasons() -> None:
    night = batch_at("cooking")
    offer = forward(night.kitchen, night.kitchen.batches[BATCH], StaffId("s-cook"), at(200))
    assert offer is not None
    assert offer.name == "quality_check"
    assert [type(block).__name__ for block in offer.blocks] == ["CoreUnmeasured", "StepOpen"]


def test_hold_is_offered_in_every_active_stage() -> None:
    for name in ("planned", "preparing", "cooking", "quality_check", "completed", "held_cooking"):
        night = SITUATIONS[name]()
        batch = night.kitchen.batches[BATCH]
        found = offers(night.kitchen, batch, StaffId("s-cook"), at(900))
        assert [offer.open for offer in found if offer.kind == "hold_batch"] == [True], name


def test_a_sheet_knows_who_may_release() -> None:
    assert who_may("release_hold") == {"AHLI_GIZI", "KEPALA", "STAFF_QC"}


def test_a_finished_batch_has_no_primary_button() -> None:
    night = batch_at("completed")
    batch = night.kitchen.batches[BATCH]
    assert batch.stage is Stage.COMPLETED
    assert forward(night.kitchen, batch, StaffId("s-cook"), at(300)) is None
    assert plan_args()["wave"] == batch.plan.wave
