"""What a kiosk may ask, and that it never reaches another kitchen."""

from __future__ import annotations

import msgspec
import pytest

from dapur.ids import DeviceId, StaffId
from dapur.wire.queries import (
    DevicesReply,
    DoneReply,
    EnrolmentCodeReply,
    Person,
    RosterReply,
    SignInReply,
)
from server.desk.ports import Identity, QueryError
from tests.support.identity_rig import (
    AYU,
    BUDI,
    DEWI,
    K1,
    K2,
    NOW,
    PIN,
    PIN2,
    WRONG,
    Rig,
    public_key,
    refusal,
)

CHIEF = {"by_staff": AYU, "by_pin": PIN}


def test_roster_names_the_people_of_this_kitchen_only(rig: Rig) -> None:
    assert rig.ask(rig.kiosk1, "roster", {}, RosterReply) == RosterReply(
        "Dapur k1",
        "Kios k1",
        (Person(AYU, "Ayu k1", True, 1), Person(BUDI, "Budi", False, 0)),
    )
    names = {person.id for person in rig.ask(rig.kiosk2, "roster", {}, RosterReply).people}
    assert names == {AYU, DEWI}


def test_devices_lists_the_kiosks_of_this_kitchen_only(rig: Rig) -> None:
    second = rig.enrol(K1, "Antri")
    rig.identity.revoke(second.device, NOW + 1)
    reply = rig.ask(rig.kiosk1, "devices", {}, DevicesReply)
    assert [(one.name, one.revoked_ms) for one in reply.devices] == [
        ("Antri", NOW + 1),
        ("Kios k1", None),
    ]


def test_step_up_checks_like_a_sign_in_and_shares_its_count(rig: Rig) -> None:
    args = {"staff": AYU, "pin": WRONG}
    assert refusal(lambda: rig.ask(rig.kiosk1, "step_up", args, SignInReply)) == "pin_wrong: 1/5"
    assert rig.sign_in(rig.kiosk1, AYU, WRONG) == "pin_wrong: 2/5"
    args = {"staff": AYU, "pin": PIN}
    assert rig.ask(rig.kiosk1, "step_up", args, SignInReply).staff == AYU


def test_chief_gives_a_pin(rig: Rig) -> None:
    rig.ask(rig.kiosk1, "set_pin", {**CHIEF, "staff": BUDI, "pin": PIN2}, DoneReply)
    reply = rig.sign_in(rig.kiosk1, BUDI, PIN2)
    assert isinstance(reply, SignInReply)
    assert (reply.name, reply.pin_version) == ("Budi", 1)


@pytest.mark.expected_log("is locked")
def test_chief_lets_a_locked_person_try_again_with_the_same_pin(rig: Rig) -> None:
    rig.identity.set_pin(K1, BUDI, PIN2)
    for _ in range(5):
        rig.sign_in(rig.kiosk1, BUDI, WRONG)
    assert str(rig.sign_in(rig.kiosk1, BUDI, PIN2)).startswith("pin_locked")
    rig.ask(rig.kiosk1, "unlock", {**CHIEF, "staff": BUDI}, DoneReply)
    assert isinstance(rig.sign_in(rig.kiosk1, BUDI, PIN2), SignInReply)
    stranger = {**CHIEF, "staff": "nobody"}
    told = refusal(lambda: rig.ask(rig.kiosk1, "unlock", stranger, DoneReply))
    assert told == "staff_unknown"


def test_chief_makes_a_code_that_works(rig: Rig) -> None:
    reply = rig.ask(
        rig.kiosk1, "enrolment_code", {**CHIEF, "name": "Kios Baru"}, EnrolmentCodeReply
    )
    assert reply.until_ms == NOW + 10 * 60_000
    made = rig.identity.enrol(reply.code, public_key(), NOW)
    record = rig.identity.device(made.device)
    assert record is not None
    assert (record.kitchen, record.name) == (K1, "Kios Baru")


def test_chief_revokes_a_kiosk_of_this_kitchen(rig: Rig) -> None:
    lost = rig.enrol(K1, "Kios Hilang")
    args = {**CHIEF, "device": lost.device}
    rig.ask(rig.kiosk1, "revoke_device", args, DoneReply, now_ms=NOW + 3)
    record = rig.identity.device(lost.device)
    assert record is not None
    assert record.revoked_ms == NOW + 3
    assert rig.ended == [lost.device]


WEIGHTY = {
    "set_pin": {"staff": "budi", "pin": PIN2},
    "unlock": {"staff": "budi"},
    "enrolment_code": {"name": "Kios"},
    "revoke_device": {"device": "some-device"},
}


@pytest.mark.parametrize("name", WEIGHTY)
def test_weighty_query_needs_the_role_and_the_pin_of_the_asker(rig: Rig, name: str) -> None:
    rig.identity.set_pin(K1, BUDI, PIN)
    by_cook = {"by_staff": BUDI, "by_pin": PIN, **WEIGHTY[name]}
    by_thief = {"by_staff": AYU, "by_pin": WRONG, **WEIGHTY[name]}
    by_cook_of_2 = {"by_staff": AYU, "by_pin": PIN2, **WEIGHTY[name]}
    by_chief_of_2 = {"by_staff": DEWI, "by_pin": PIN, **WEIGHTY[name]}
    ask = rig.ask
    assert refusal(lambda: ask(rig.kiosk1, name, by_cook, DoneReply)) == "not_allowed"
    assert refusal(lambda: ask(rig.kiosk1, name, by_thief, DoneReply)) == "pin_wrong: 1/5"
    assert refusal(lambda: ask(rig.kiosk2, name, by_cook_of_2, DoneReply)) == "not_allowed"
    assert refusal(lambda: ask(rig.kiosk1, name, by_chief_of_2, DoneReply)) == "staff_unknown"
    assert isinstance(rig.sign_in(rig.kiosk1, BUDI, PIN), SignInReply)
    assert rig.ended == []


def test_chief_reaches_nothing_of_another_kitchen(rig: Rig) -> None:
    ask = rig.ask
    pin = {**CHIEF, "staff": DEWI, "pin": PIN2}
    assert refusal(lambda: ask(rig.kiosk1, "set_pin", pin, DoneReply)) == "staff_unknown"
    device = {**CHIEF, "device": rig.kiosk2.device}
    assert refusal(lambda: ask(rig.kiosk1, "revoke_device", device, DoneReply)) == "device_unknown"
    for extra in ({"kitchen": K2}, {"tenant": K2}, {"device": rig.kiosk2.device}):
        roster = rig.ask(rig.kiosk1, "roster", extra, RosterReply)
        assert roster.kitchen_name == "Dapur k1"
        devices = rig.ask(rig.kiosk1, "devices", extra, DevicesReply).devices
        assert [one.device for one in devices] == [rig.kiosk1.device]
    assert rig.sign_in(rig.kiosk1, DEWI, PIN) == "staff_unknown"
    assert isinstance(rig.sign_in(rig.kiosk2, DEWI, PIN), SignInReply)
    record = rig.identity.device(rig.kiosk2.device)
    assert record is not None
    assert record.revoked_ms is None


def test_chief_is_told_when_the_new_pin_is_trivial(rig: Rig) -> None:
    args = {**CHIEF, "staff": BUDI, "pin": "111111"}
    assert refusal(lambda: rig.ask(rig.kiosk1, "set_pin", args, DoneReply)) == "pin_trivial"
    assert rig.sign_in(rig.kiosk1, BUDI, "111111") == "no_pin"


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"staff": AYU},
        {"staff": AYU, "pin": 135790},
        {"staff": AYU, "pin": "13579"},
        {"staff": AYU, "pin": "1357900"},
        {"staff": "ayu\0", "pin": PIN},
        {"staff": "' OR 1=1 --", "pin": PIN},
        [AYU, PIN],
        None,
    ],
)
def test_bad_arguments_are_refused_without_counting_as_a_try(rig: Rig, args: object) -> None:
    for _ in range(6):
        told = refusal(lambda: rig.ask(rig.kiosk1, "sign_in", args, SignInReply))
        assert told.startswith("bad_args: ")
        assert "13579" not in told
    assert isinstance(rig.sign_in(rig.kiosk1, AYU, PIN), SignInReply)


def test_name_of_a_kiosk_that_cannot_be_shown_is_refused(rig: Rig) -> None:
    args = {**CHIEF, "name": "a\nb"}
    told = refusal(lambda: rig.ask(rig.kiosk1, "enrolment_code", args, EnrolmentCodeReply))
    assert told == "bad_args: name"


@pytest.mark.parametrize("name", ["", "nonsense", "SIGN_IN", "x" * 64])
def test_unknown_query_is_refused(rig: Rig, name: str) -> None:
    told = refusal(lambda: rig.ask(rig.kiosk1, name, {}, DoneReply))
    assert told.startswith("unknown_query")


def test_broken_text_is_refused(rig: Rig) -> None:
    port: Identity = rig.identity
    for raw in (b"", b"{", b'{"staff":"\xff","pin":"135790"}', b'{"staff":"\\ud800"}'):
        with pytest.raises(QueryError, match="bad_args"):
            port.answer(rig.kiosk1, "sign_in", msgspec.Raw(raw), NOW)


def test_unknown_device_and_staff_of_a_revoked_kiosk_stay_apart(rig: Rig) -> None:
    args = {**CHIEF, "device": DeviceId("nobody")}
    told = refusal(lambda: rig.ask(rig.kiosk1, "revoke_device", args, DoneReply))
    assert told == "device_unknown"
    assert rig.sign_in(rig.kiosk1, StaffId("nobody"), PIN) == "staff_unknown"
