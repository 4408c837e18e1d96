"""Who may: sessions, roles, the PIN, revoked rights, crews and the inbox of refused taps."""

from __future__ import annotations

import msgspec
import pytest

from dapur.access import CHIEFS, EVERYONE, Role
from dapur.crew import present
from dapur.envelope import StepUp
from dapur.ids import SYSTEM, CommandId, DeviceId
from dapur.kitchen import COMMANDS, take
from dapur.review import Answer, Reason, open_reviews
from dapur.wire.messages import Outcome
from tests.support.situations import BATCH, TAPS, kind_of, made
from tests.support.taps import KIOSK, KIOSK_2, PEOPLE, batch_at, staffed

MATRIX: dict[str, set[str]] = {
    "plan_batch": {"KEPALA", "ADMIN", "PRODUKSI_MANAGER", "AHLI_GIZI"},
    "change_plan": {"KEPALA", "ADMIN", "PRODUKSI_MANAGER", "AHLI_GIZI"},
    "cancel_batch": {"KEPALA", "ADMIN", "PRODUKSI_MANAGER", "AHLI_GIZI"},
    "advance_batch": {"KEPALA", "PRODUKSI_MANAGER", "AHLI_GIZI", "STAFF_DAPUR"},
    "finish_step": {"KEPALA", "PRODUKSI_MANAGER", "AHLI_GIZI", "STAFF_DAPUR"},
    "complete_batch": {"KEPALA", "PRODUKSI_MANAGER", "AHLI_GIZI", "STAFF_DAPUR"},
    "undo": {"KEPALA", "PRODUKSI_MANAGER", "AHLI_GIZI", "STAFF_DAPUR"},
    "record_check": {"STAFF_QC", "AHLI_GIZI", "PRODUKSI_MANAGER", "KEPALA"},
    "give_verdict": {"AHLI_GIZI", "KEPALA", "STAFF_QC"},
    "release_hold": {"AHLI_GIZI", "KEPALA", "STAFF_QC"},
    "discard_batch": {"AHLI_GIZI", "KEPALA", "STAFF_QC"},
    "assign_crew": {"KEPALA", "PRODUKSI_MANAGER", "HRD_MANAGER", "TEAM_LEAD"},
    "settle_review": {"KEPALA", "ADMIN"},
    "set_policy": {"KEPALA", "ADMIN"},
    "change_roles": {"KEPALA", "ADMIN"},
    "unlock_staff": {"KEPALA", "ADMIN"},
}


@pytest.mark.parametrize("kind", MATRIX)
def test_the_matrix_is_the_designs(kind: str) -> None:
    assert COMMANDS[kind].roles - {Role.SYSTEM} == MATRIX[kind]


def test_weighty_decisions_ask_for_the_pin_again() -> None:
    weighty = {kind for kind, rule in COMMANDS.items() if rule.needs_step_up}
    assert weighty == {
        "give_verdict", "release_hold", "discard_batch", "cancel_batch", "change_roles",
        "roster_staff", "set_policy", "hand_over", "take_over", "unlock_staff",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["record_temperature", "hold_batch", "note_batch"])
def test_everyone_but_viewers_may_measure_and_hold(kind: str) -> None:
    assert COMMANDS[kind].roles >= EVERYONE
    assert not COMMANDS[kind].roles & {Role.VIEWER, Role.DEMO}


@pytest.mark.parametrize("person", sorted(PEOPLE))
def test_each_person_is_refused_exactly_what_the_roles_do_not_have(person: str) -> None:
    night = batch_at("cooking")
    for name in TAPS:
        taken = made(night, name, KIOSK, "t", night.minute + 1)
        tap = msgspec.structs.replace(taken.command, actor=person, session=f"{person}@{KIOSK}")
        # Also what the server taps in the table is tapped by the person here.
        own = msgspec.structs.replace(taken, command=tap, device=KIOSK)
        taking = take(night.kitchen, own, taken.received_ms)
        allowed = bool(COMMANDS[kind_of(name)].roles & set(PEOPLE[person]))
        assert (taking.code == "not_allowed") == (not allowed), name


@pytest.mark.parametrize(
    ("session", "device", "actor"),
    [
        ("nobody@kiosk-1", KIOSK, "s-cook"),
        ("s-cook@kiosk-1", KIOSK_2, "s-cook"),
        ("s-cook@kiosk-1", KIOSK, "s-kepala"),
        ("", KIOSK, "s-cook"),
    ],
)
def test_a_tap_without_the_own_session_on_this_kiosk_is_refused(
    session: str, device: DeviceId, actor: str
) -> None:
    night = batch_at("planned")
    taking = night.tap(
        "advance_batch", BATCH, {"to": "preparing"}, session=session, device=device, actor=actor
    )
    assert taking.code == "no_session"


def test_a_kiosk_cannot_pose_as_the_server() -> None:
    night = batch_at("planned")
    taken = night.taken("raise_alert", "alert:x", {}, actor=SYSTEM)
    posing = msgspec.structs.replace(taken, device=KIOSK)
    taking = take(night.kitchen, posing, posing.received_ms)
    assert taking.code == "no_session"


def test_taps_after_signing_out_are_refused_and_signing_out_twice_is_one() -> None:
    night = batch_at("planned")
    out = ("close_session", "session:s-cook@kiosk-1")
    assert night.tap(*out).outcome is Outcome.APPLIED
    assert night.tap(*out).outcome is Outcome.ALREADY
    assert night.tap("advance_batch", BATCH, {"to": "preparing"}).code == "no_session"


def test_session_that_was_closed_is_not_opened_again() -> None:
    night = staffed()
    one = ("open_session", "session:s-cook@kiosk-1")
    assert night.tap(*one).outcome is Outcome.ALREADY
    night.tap("close_session", "session:s-cook@kiosk-1")
    again = night.tap(*one)
    assert (again.outcome, again.code) == (Outcome.REFUSED, "no_session")
    # Another person's stays that person's, open or not.
    taken = night.tap(*one, actor="s-kepala", session="s-cook@kiosk-1")
    assert taken.code == "session_taken"
    fresh = ("open_session", "session:s-cook-2")
    assert night.tap(*fresh, session="s-cook-2").outcome is Outcome.APPLIED


@pytest.mark.parametrize(("age_ms", "code"), [(0, ""), (60_000, ""), (60_001, "step_up_needed")])
def test_a_pin_is_fresh_for_a_minute_of_the_taps_own_clock(age_ms: int, code: str) -> None:
    night = batch_at("checked")
    taken = night.taken("give_verdict", BATCH, {"passed": True}, actor="s-gizi")
    at_ms = taken.command.occurred.latest_ms - age_ms
    tap = msgspec.structs.replace(taken.command, step_up=StepUp(at_ms, online=False))
    late = msgspec.structs.replace(taken, command=tap, received_ms=taken.received_ms + 10**7)
    assert take(night.kitchen, late, late.received_ms).code == code


def test_a_tap_from_before_the_role_was_revoked_counts_and_is_flagged() -> None:
    night = batch_at("planned")
    night.tap(
        "change_roles", "staff:s-cook", {"staff": "s-cook", "roles": []}, actor="s-admin", minute=60
    )
    early = night.tap("advance_batch", BATCH, {"to": "preparing"}, minute=50)
    assert early.outcome is Outcome.APPLIED
    reasons = {item.reason for item in night.kitchen.reviews.values()}
    assert reasons == {Reason.ROLE_REVOKED}
    late = night.tap("advance_batch", BATCH, {"to": "cooking"}, minute=90)
    assert late.code == "not_allowed"


def test_only_a_kepala_makes_or_unmakes_a_kepala() -> None:
    night = staffed()
    args = {"staff": "s-cook", "roles": ["KEPALA"]}
    assert night.tap("change_roles", "staff:s-cook", args, actor="s-admin").code == "role_reserved"
    args = {"staff": "s-kepala", "roles": []}
    taking = night.tap("change_roles", "staff:s-kepala", args, actor="s-admin")
    assert taking.code == "role_reserved"
    args = {"staff": "s-cook", "roles": ["SYSTEM"]}
    assert night.tap("change_roles", "staff:s-cook", args, actor="s-kepala").code == "role_reserved"


def test_a_displaced_lead_gets_a_notice_and_stays_in_the_history() -> None:
    night = batch_at("planned")
    night.tap("assign_crew", BATCH, {"staff": "s-cook", "post": "lead"}, actor="s-hrd")
    night.tap("assign_crew", BATCH, {"staff": "s-cook2", "post": "lead"}, actor="s-manager")
    crew = night.kitchen.batches[BATCH].crew
    assert [each.staff for each in crew] == ["s-cook", "s-cook2"]
    assert [each.staff for each in present(crew)] == ["s-cook2"]
    assert [(notice.to, notice.kind) for notice in night.kitchen.notices] == [
        ("s-cook", "crew_displaced")
    ]


# ---- the inbox -----------------------------------------------------------------------------------


def test_a_chief_redoes_a_refused_tap_and_settles_it() -> None:
    args = {"to": "quality_check"}
    night = batch_at("preparing")
    night.tap("advance_batch", BATCH, args, tap_id="old")
    assert [item.id for item in open_reviews(night.kitchen)] == ["old"]
    night.tap("advance_batch", BATCH, {"to": "cooking"})
    night.tap("record_temperature", BATCH, {"value_c": 90.0})
    night.tap("finish_step", BATCH, {"step": 2})
    night.tap("advance_batch", BATCH, args, actor="s-kepala", cites="old")
    settled = night.kitchen.reviews["old"].settled
    assert settled is not None
    assert (settled.answer, settled.actor) == (Answer.REDO, "s-kepala")


def test_a_cook_who_repeats_a_refused_tap_does_not_settle_it() -> None:
    night = batch_at("planned")
    night.tap("advance_batch", BATCH, {"to": "cooking"}, tap_id="old")
    night.tap("advance_batch", BATCH, {"to": "preparing"})
    assert night.tap("advance_batch", BATCH, {"to": "cooking"}, cites="old").code == ""
    assert night.kitchen.reviews["old"].settled is None


def test_a_redo_that_is_refused_again_settles_nothing() -> None:
    night = batch_at("planned")
    night.tap("advance_batch", BATCH, {"to": "cooking"}, tap_id="old")
    args = {"to": "cooking"}
    assert night.tap("advance_batch", BATCH, args, actor="s-kepala", cites="old").code
    assert night.kitchen.reviews["old"].settled is None


def test_an_escalated_item_stays_until_the_kepala_answers() -> None:
    night = batch_at("planned")
    night.tap("advance_batch", BATCH, {"to": "cooking"}, tap_id="old")
    ask = ("settle_review", "review:old")
    assert night.tap(*ask, {"review": "old", "answer": "escalate"}, actor="s-admin").code == ""
    accept = {"review": "old", "answer": "accept"}
    assert night.tap(*ask, accept, actor="s-admin").code == "review_escalated"
    assert len(open_reviews(night.kitchen)) == 2
    assert night.tap(*ask, accept, actor="s-kepala").code == ""
    assert night.kitchen.reviews["old"].settled is not None
    assert night.tap(*ask, accept, actor="s-kepala").outcome is Outcome.ALREADY


def test_a_refused_tap_keeps_its_args_for_the_person_who_settles_it() -> None:
    night = batch_at("planned")
    night.tap("advance_batch", BATCH, {"to": "cooking"}, tap_id="old", base=3)
    item = night.kitchen.reviews[CommandId("old")]
    assert (item.kind, item.about, item.args, item.base) == (
        "advance_batch", BATCH, '{"to":"cooking"}', 3,
    )  # fmt: skip
    assert {Role.KEPALA, Role.ADMIN} == CHIEFS


def test_nobody_settles_by_redo_without_a_new_tap() -> None:
    night = batch_at("planned")
    night.tap("advance_batch", BATCH, {"to": "cooking"}, tap_id="old")
    args = {"review": "old", "answer": "redo"}
    assert night.tap("settle_review", "review:old", args, actor="s-kepala").code == "bad_args"


def test_person_who_was_unlocked_gets_a_notice_that_names_the_chief() -> None:
    night = batch_at("planned")
    unlock = ("unlock_staff", "staff:s-cook", {"staff": "s-cook"})
    assert night.tap(*unlock, actor="s-admin").outcome is Outcome.APPLIED
    assert night.tap(*unlock, actor="s-kepala").outcome is Outcome.APPLIED
    told = [(each.kind, each.to, each.by) for each in night.kitchen.notices[-2:]]
    assert told == [
        ("staff_unlocked", "s-cook", "s-admin"),
        ("staff_unlocked", "s-cook", "s-kepala"),
    ]
    nobody = ("unlock_staff", "staff:s-nobody", {"staff": "s-nobody"})
    assert night.tap(*nobody, actor="s-admin").code == "unknown_staff"
