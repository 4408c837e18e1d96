"""What a kiosk tells of itself: saved taps for the inbox, a clock that was set, and no person's right."""

from __future__ import annotations

import msgspec
import pytest

from dapur.access import NOBODYS, Role
from dapur.crew import SIGNING
from dapur.envelope import COMMAND_MAX_BYTES, Command, Occurred, encode_command, encode_event
from dapur.ids import KIOSK as KIOSK_ITSELF
from dapur.ids import SYSTEM, CommandId, StaffId
from dapur.kitchen import COMMANDS, Taking
from dapur.review import Answer, Reason, open_reviews
from dapur.wire.messages import Outcome
from tests.support.situations import BATCH, KIOSK, KIOSK_2
from tests.support.taps import Night, at, batch_at

SUBJECT = "kiosk:kiosk-1"
NIGHT_EVENT_BYTES = 24 * 1024
"""What the server writes of one event at most."""


def lost(
    kind: str, args: dict[str, object], *, tap_id: str = "lost-1", minute: float = 200
) -> Command:
    """A tap of a lost outbox."""
    return batch_at("planned").taken(kind, BATCH, args, tap_id=tap_id, minute=minute).command


def report(
    night: Night,
    text: str,
    *,
    tap: str = "lost-1",
    outbox: str = "o-1",
    actor: str = KIOSK_ITSELF,
    **changes: object,
) -> Taking:
    """A kiosk tells of one saved tap."""
    args: dict[str, object] = {
        "outbox": outbox,
        "dseq": 7,
        "tap": tap,
        "text": text,
        "verified": True,
        "answered": False,
        "why": "damaged_file",
    }
    minute = max(night.minute, 300)
    return night.tap("report_salvaged", SUBJECT, args | changes, actor=actor, minute=minute)


def words(tap: Command) -> str:
    return encode_command(tap).decode()


def hot() -> Command:
    return lost("record_temperature", {"value_c": 82.5})


def test_saved_tap_waits_in_the_inbox_as_it_was_made_when_nobody_is_signed_in() -> None:
    night = batch_at("cooking")
    taking = report(night, words(hot()))
    assert taking.outcome is Outcome.APPLIED
    (item,) = open_reviews(night.kitchen)
    assert (item.id, item.reason, item.kind, item.about) == (
        "lost-1",
        Reason.SALVAGED,
        "record_temperature",
        BATCH,
    )
    assert (item.actor, item.device, item.detail) == ("s-cook", KIOSK, "damaged_file")
    assert (item.args, item.at) == ('{"value_c":82.5}', Occurred(at(200), at(200)))
    assert night.kitchen.batches[BATCH].readings == ()


def test_saved_tap_is_one_item_when_two_kiosks_tell_of_it_twice() -> None:
    night = batch_at("cooking")
    report(night, words(hot()))
    assert report(night, words(hot())).outcome is Outcome.ALREADY
    assert report(night, words(hot()), outbox="o-2", why="fork").outcome is Outcome.ALREADY
    settle = {"review": "lost-1", "answer": "accept"}
    night.tap("settle_review", "review:lost-1", settle, actor="s-kepala")
    assert report(night, words(hot())).outcome is Outcome.ALREADY
    assert len(night.kitchen.reviews) == 1
    assert open_reviews(night.kitchen) == ()


def test_saved_tap_makes_no_item_when_it_was_refused_or_answered_before() -> None:
    night = batch_at("cooking")
    skip = lost("complete_batch", {"portions": 1})
    night.tap("complete_batch", BATCH, {"portions": 1}, tap_id="lost-1")
    assert report(night, words(skip)).outcome is Outcome.ALREADY
    assert report(night, words(hot()), answered=True).outcome is Outcome.ALREADY
    assert [item.reason for item in open_reviews(night.kitchen)] == [Reason.REFUSED]


@pytest.mark.parametrize("text", ["", "{", '{"id":"x"}', "\ufffd" * 40, "[" * 8000])
def test_saved_tap_that_nobody_can_read_still_waits_for_a_person(text: str) -> None:
    night = batch_at("cooking")
    report(night, text, tap="unreadable-7-ab", verified=False)
    report(night, text, tap="unreadable-7-ab", verified=False)
    (item,) = open_reviews(night.kitchen)
    assert (item.id, item.kind, item.about) == ("o-1.unreadable-7-ab", "", "")
    assert (item.actor, item.detail) == (KIOSK_ITSELF, "damaged_file-unproven")


def test_saved_tap_whose_id_is_none_cannot_choose_its_place_in_the_inbox() -> None:
    odd = msgspec.structs.replace(hot(), id=CommandId("a:b\n" * 30))
    night = batch_at("cooking")
    report(night, words(odd))
    assert set(night.kitchen.reviews) == {"o-1.lost-1"}


def test_saved_sign_in_is_in_the_log_and_bothers_nobody() -> None:
    night = batch_at("cooking")
    signed = night.taken("open_session", "session:s-9", actor="s-cook", tap_id="lost-1").command
    taking = report(night, words(signed))
    assert [event.kind for event in taking.events] == ["tap_salvaged"]
    assert night.kitchen.reviews == {}


def test_saved_tap_as_long_as_a_command_may_be_fits_into_an_event() -> None:
    long = lost("note_batch", {"text": '\u0001"é' * 650})
    assert 6_000 < len(encode_command(long)) <= COMMAND_MAX_BYTES
    taking = report(batch_at("cooking"), words(long))
    assert taking.outcome is Outcome.APPLIED
    assert all(len(encode_event(event)) < NIGHT_EVENT_BYTES for event in taking.events)


def test_chief_who_repeats_a_saved_tap_settles_it() -> None:
    night = batch_at("cooking")
    report(night, words(hot()))
    night.tap("record_temperature", BATCH, {"value_c": 82.5}, actor="s-kepala", cites="lost-1")
    settled = night.kitchen.reviews["lost-1"].settled
    assert settled is not None
    assert (settled.answer, settled.actor) == (Answer.REDO, "s-kepala")


def test_clock_of_a_pot_starts_when_the_lost_tap_was_made_when_it_is_repeated_hours_later() -> None:
    night = batch_at("cooking")
    night.tap("record_temperature", BATCH, {"value_c": 86.1}, minute=190)
    night.tap("finish_step", BATCH, {"step": 2}, minute=191)
    off = lost("advance_batch", {"to": "quality_check"}, minute=200)
    report(night, words(off))
    night.tap(
        "advance_batch",
        BATCH,
        {"to": "quality_check"},
        actor="s-kepala",
        cites="lost-1",
        minute=400,
    )
    assert night.kitchen.batches[BATCH].consumption_started_ms == at(200)


def test_time_of_a_repeated_tap_is_its_own_when_the_old_one_was_refused_or_is_another() -> None:
    night = batch_at("planned")
    night.tap("advance_batch", BATCH, {"to": "cooking"}, tap_id="early", minute=61)
    night.tap("advance_batch", BATCH, {"to": "preparing"}, minute=80)
    redo = night.tap(
        "advance_batch", BATCH, {"to": "cooking"}, actor="s-kepala", cites="early", minute=130
    )
    assert redo.events[0].at.earliest_ms == at(130)
    report(night, words(hot()))
    other = night.tap(
        "note_batch", BATCH, {"text": "x"}, actor="s-kepala", cites="lost-1", minute=300
    )
    assert other.events[0].at.earliest_ms == at(300)
    cook = night.tap("record_temperature", BATCH, {"value_c": 82.5}, cites="lost-1", minute=301)
    assert cook.events[0].at.earliest_ms == at(301)
    assert night.kitchen.reviews["lost-1"].settled is None


def test_clock_that_was_set_is_in_the_log_and_changes_nothing() -> None:
    night = batch_at("cooking")
    before = night.kitchen
    jump = {"from_ms": at(200), "to_ms": at(200) + 86_400_000, "boot": "boot-1"}
    taking = night.tap("report_clock_jump", "x", jump, actor=KIOSK_ITSELF)
    (event,) = taking.events
    assert (event.kind, event.subject, event.actor) == ("clock_jumped", SUBJECT, KIOSK_ITSELF)
    assert msgspec.json.decode(event.data) == jump
    after = msgspec.structs.replace(night.kitchen, versions=before.versions)
    assert after == before


def test_kiosk_may_tell_of_itself_and_nothing_else() -> None:
    own = {kind for kind, rule in COMMANDS.items() if Role.KIOSK in rule.roles}
    assert own - SIGNING == {"report_salvaged", "report_clock_jump"}
    night = batch_at("cooking")
    for kind, args in (
        ("record_temperature", {"value_c": 82.5}),
        ("hold_batch", {"reason": "allergen"}),
    ):
        assert night.tap(kind, BATCH, args, actor=KIOSK_ITSELF).code == "not_allowed"
    signing = night.tap("open_session", "session:k", actor=KIOSK_ITSELF, session="k")
    assert signing.code == "unknown_staff"


@pytest.mark.parametrize("actor", ["s-kepala", "s-cook", SYSTEM])
def test_person_or_server_never_speaks_for_a_kiosk(actor: str) -> None:
    assert report(batch_at("cooking"), words(hot()), actor=actor).code == "not_allowed"


def test_nobody_is_given_the_role_or_the_name_of_a_kiosk() -> None:
    night = batch_at("cooking")
    for role in sorted(NOBODYS):
        args: dict[str, object] = {"staff": "s-cook", "roles": [role]}
        assert night.tap("change_roles", "staff:s-cook", args, actor=SYSTEM).code == "role_reserved"
    shift = {"shift_start_ms": at(0), "shift_end_ms": at(60), "team": "T", "roles": ["DRIVER"]}
    named = {"staff": KIOSK_ITSELF, **shift}
    assert night.tap("roster_staff", "staff:k", named, actor=SYSTEM).code == "bad_args"
    assert StaffId(KIOSK_ITSELF) not in night.kitchen.staff


def test_kiosk_that_claims_the_servers_device_is_not_believed() -> None:
    night = batch_at("cooking")
    taken = night.taken("report_clock_jump", "x", {}, actor=KIOSK_ITSELF, device=KIOSK_2)
    server = msgspec.structs.replace(taken, device="server")
    assert night.give(server).code == "no_session"
