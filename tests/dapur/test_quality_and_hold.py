"""The check and the hold: nothing passes silently, fail and hold win, release cites and is
signed.
"""

from __future__ import annotations

import pytest

from dapur.batch import Batch
from dapur.quality import required_items
from dapur.review import Reason
from dapur.stage import Stage
from dapur.wire.messages import Outcome
from tests.support.situations import BATCH, SITUATIONS
from tests.support.taps import Night, batch_at


def _batch(night: Night) -> Batch:
    return night.kitchen.batches[BATCH]


def _check(night: Night, item: str, **args: object) -> str:
    return night.tap("record_check", BATCH, {"item": item, **args}, actor="s-qc").code


def test_a_failed_item_needs_a_corrective_action() -> None:
    night = batch_at("quality_check")
    assert _check(night, "TASTE", passed=False) == "corrective_needed"
    assert _check(night, "TASTE", passed=False, corrective_action="  ") == "corrective_needed"
    assert _check(night, "TASTE", passed=False, corrective_action="tambah garam") == ""


def test_a_score_below_the_limit_cannot_pass() -> None:
    night = batch_at("quality_check")
    assert _check(night, "TASTE", passed=True, score=2) == "score_contradicts"
    assert _check(night, "TEMPERATURE", passed=True, value=61.0) == "score_contradicts"
    assert _check(night, "TASTE", passed=True, score=3) == ""


@pytest.mark.parametrize("left_out", ["TASTE", "HYGIENE", "SAMPLE"])
def test_a_pass_needs_every_required_item_and_the_sample(left_out: str) -> None:
    night = batch_at("quality_check")
    for item in required_items(night.kitchen.policy):
        if item != left_out:
            assert _check(night, item, passed=True) == ""
    code = night.tap("give_verdict", BATCH, {"passed": True}, actor="s-gizi").code
    assert code == ("sample_missing" if left_out == "SAMPLE" else "checks_missing")


def test_a_failed_item_stops_a_pass_until_it_is_checked_again() -> None:
    night = batch_at("checked")
    _check(night, "TASTE", passed=False, corrective_action="tambah garam")
    verdict = {"passed": True}
    assert night.tap("give_verdict", BATCH, verdict, actor="s-gizi").code == "checks_failed"
    _check(night, "TASTE", passed=True)
    assert night.tap("give_verdict", BATCH, verdict, actor="s-gizi").code == ""


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("record_check", {"item": "TASTE", "passed": False, "corrective_action": "garam"}),
        ("record_temperature", {"value_c": 58.9}),
    ],
)
def test_a_finding_after_the_pass_stops_the_completion(kind: str, args: dict[str, object]) -> None:
    night = batch_at("passed")
    night.tap(kind, BATCH, args, actor="s-qc")
    code = night.tap("complete_batch", BATCH, {"portions": 214}).code
    assert code in ("checks_failed", "core_low")


def test_a_failed_verdict_holds_the_batch_and_a_pass_cannot_override_it() -> None:
    night = SITUATIONS["failed"]()
    assert _batch(night).stage is Stage.QUALITY_CHECK
    assert [hold.critical for hold in _batch(night).open_holds] == [True]
    code = night.tap("give_verdict", BATCH, {"passed": True}, actor="s-kepala").code
    assert code == "verdict_failed"


def test_a_fail_after_completion_recalls_the_batch_and_raises_a_review() -> None:
    night = batch_at("completed")
    night.tap("give_verdict", BATCH, {"passed": False}, actor="s-gizi")
    assert _batch(night).held
    reasons = {item.reason for item in night.kitchen.reviews.values()}
    assert reasons == {Reason.FAIL_AFTER_COMPLETION}


def test_a_verdict_needs_the_pin_of_the_last_minute() -> None:
    night = batch_at("checked")
    taking = night.tap("give_verdict", BATCH, {"passed": True}, actor="s-gizi", step_up=False)
    assert taking.code == "step_up_needed"


def test_rework_opens_a_new_round_that_needs_its_own_checks_and_reading() -> None:
    night = SITUATIONS["rework"]()
    assert (_batch(night).stage, _batch(night).round) == (Stage.COOKING, 2)
    assert _batch(night).steps_done == ()
    taking = night.tap("advance_batch", BATCH, {"to": "quality_check", "round": 2})
    assert taking.code == "core_unmeasured"


def test_a_pass_of_the_first_round_is_refused_in_the_second() -> None:
    night = SITUATIONS["rework"]()
    night.tap("record_temperature", BATCH, {"value_c": 90.0})
    night.tap("finish_step", BATCH, {"step": 2, "round": 2})
    night.tap("advance_batch", BATCH, {"to": "quality_check", "round": 2})
    stale = night.tap("give_verdict", BATCH, {"passed": True, "round": 1}, actor="s-gizi")
    assert stale.code == "wrong_round"


def test_going_on_after_a_failed_verdict_cites_the_evidence_and_asks_for_a_retest() -> None:
    night = SITUATIONS["failed"]()
    release = {"hold": "v-fail", "decision": "continue"}
    assert night.tap("release_hold", BATCH, release, actor="s-gizi").code == "evidence_needed"
    cited = release | {"evidence": _batch(night).holds[0].evidence[0]}
    assert night.tap("release_hold", BATCH, cited, actor="s-gizi").code == ""
    assert (_batch(night).stage, _batch(night).round) == (Stage.QUALITY_CHECK, 2)
    code = night.tap("complete_batch", BATCH, {"portions": 214, "round": 2}).code
    assert code == "core_unmeasured"


def test_quality_staff_release_an_ordinary_hold_but_not_a_critical_one() -> None:
    night = SITUATIONS["held_check"]()
    hold = _batch(night).holds[0].id
    args = {"hold": hold, "decision": "continue"}
    assert night.tap("release_hold", BATCH, args, actor="s-qc").code == ""
    night = SITUATIONS["failed"]()
    args = {"hold": "v-fail", "decision": "rework"}
    assert night.tap("release_hold", BATCH, args, actor="s-qc").code == "hold_critical"


def test_who_cooked_does_not_release_unless_the_policy_says_so() -> None:
    night = batch_at("planned")
    night.tap("advance_batch", BATCH, {"to": "preparing"}, actor="s-gizi")
    night.tap("advance_batch", BATCH, {"to": "cooking"}, actor="s-gizi")
    night.tap("hold_batch", BATCH, {"reason": "equipment"}, tap_id="h")
    args = {"hold": "h", "decision": "continue"}
    assert night.tap("release_hold", BATCH, args, actor="s-gizi").code == "own_cooking"
    limit = {"value": 1, "source": "SOP", "valid_from": "2026-11-01"}
    policy = {"limits": {"cook_may_release": limit}}
    night.tap("set_policy", "policy:kitchen", policy, actor="s-kepala")
    assert night.tap("release_hold", BATCH, args, actor="s-gizi").code == ""


def test_two_holds_need_two_releases() -> None:
    night = batch_at("cooking")
    night.tap("hold_batch", BATCH, {"reason": "allergen"}, tap_id="h1")
    night.tap("hold_batch", BATCH, {"reason": "temperature"}, tap_id="h2")
    assert [hold.number for hold in _batch(night).holds] == [1, 2]
    night.tap("release_hold", BATCH, {"hold": "h1", "decision": "continue"}, actor="s-qc")
    assert _batch(night).held
    again = night.tap("release_hold", BATCH, {"hold": "h1", "decision": "continue"}, actor="s-qc")
    assert again.outcome is Outcome.ALREADY
    other = {"hold": "h1", "decision": "discard", "portions": 9}
    assert night.tap("release_hold", BATCH, other, actor="s-gizi").code == "hold_decided"


def test_a_hold_tapped_before_the_completion_was_known_recalls_and_raises_a_review() -> None:
    night = batch_at("completed")
    night.tap("hold_batch", BATCH, {"reason": "allergen"}, minute=251)
    assert _batch(night).held
    reasons = {item.reason for item in night.kitchen.reviews.values()}
    assert reasons == {Reason.HOLD_AFTER_COMPLETION}
    night = batch_at("completed")
    night.tap("hold_batch", BATCH, {"reason": "allergen"}, minute=600)
    assert night.kitchen.reviews == {}


def test_discarding_needs_portions_and_a_reason_and_ends_every_hold() -> None:
    night = SITUATIONS["held_check"]()
    args: dict[str, object] = {"portions": 0, "reason": "tumpah"}
    taking = night.tap("discard_batch", BATCH, args, actor="s-gizi")
    assert taking.code == "portions_needed"
    args = {"portions": 214, "reason": "tumpah di lantai dapur"}
    assert night.tap("discard_batch", BATCH, args, actor="s-gizi").code == ""
    assert not _batch(night).held
    assert _batch(night).stage is Stage.DISCARDED


def test_two_yields_that_differ_keep_the_first_and_raise_a_review() -> None:
    night = batch_at("completed")
    close = night.tap("complete_batch", BATCH, {"portions": 212}, actor="s-cook2")
    assert close.outcome is Outcome.ALREADY
    night.tap("complete_batch", BATCH, {"portions": 150}, actor="s-cook2")
    done = _batch(night).completion
    assert done is not None
    assert done.portions == 214
    reasons = {item.reason for item in night.kitchen.reviews.values()}
    assert reasons == {Reason.YIELD_MISMATCH}


def test_cancelling_needs_ten_characters_and_never_ends_cooked_food() -> None:
    night = batch_at("planned")
    args: dict[str, object] = {"reason": "  batal    "}
    assert night.tap("cancel_batch", BATCH, args, actor="s-kepala").code == "reason_short"
    night = batch_at("quality_check")
    args = {"reason": "tidak jadi disajikan"}
    assert night.tap("cancel_batch", BATCH, args, actor="s-kepala").code == "wrong_stage"


@pytest.mark.parametrize("order", [(True, False), (False, True)])
def test_of_two_checks_at_one_moment_the_failed_one_stands(order: tuple[bool, bool]) -> None:
    night = batch_at("checked")
    for place, passed in enumerate(order):
        args = {"item": "TASTE", "passed": passed, "corrective_action": "garam"}
        night.tap("record_check", BATCH, args, actor="s-qc", minute=300, tap_id=f"x-{place}")
    assert (
        night.tap("give_verdict", BATCH, {"passed": True}, actor="s-gizi").code == "checks_failed"
    )
