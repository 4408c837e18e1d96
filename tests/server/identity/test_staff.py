"""PINs on the server: six digits, ten tries, each counted before it is looked at."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from dapur.ids import SYSTEM, KitchenId, StaffId
from dapur.pin import OFFLINE_MS
from dapur.wire.queries import SignInReply
from server.identity import staff
from server.log.engine import reading
from server.log.scope import EVERY_KITCHEN
from tests.support.identity_rig import AYU, BUDI, K1, K2, NOW, PIN, PIN2, WRONG, Rig, refusal

MINUTE = 60_000
LOCKED = "is locked"
REAL = staff.HASHER


class Checks:
    """Counts how often a PIN was really compared."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made = 0
        self._real = staff._matches
        monkeypatch.setattr(staff, "_matches", self._match)

    def _match(self, made: str, pin: str) -> bool:
        self.made += 1
        return self._real(made, pin)


def test_person_signs_in_with_the_pin(rig: Rig) -> None:
    reply = SignInReply(AYU, "Ayu k1", NOW + OFFLINE_MS, 1)
    assert rig.sign_in(rig.kiosk1, AYU, PIN) == reply
    assert rig.sign_in(rig.kiosk1, AYU, PIN, identity=rig.restarted()) == reply


def test_person_without_a_pin_or_unknown_is_told_so(rig: Rig) -> None:
    assert rig.sign_in(rig.kiosk1, BUDI, PIN) == "no_pin"
    assert rig.sign_in(rig.kiosk1, StaffId("nobody"), PIN) == "staff_unknown"


@pytest.mark.expected_log(LOCKED)
def test_person_is_locked_after_five_wrong_pins_and_for_good_after_ten(rig: Rig) -> None:
    told = [rig.sign_in(rig.kiosk1, AYU, WRONG) for _ in range(4)]
    assert told == [f"pin_wrong: {number}/5" for number in (1, 2, 3, 4)]
    now = NOW
    for lock_min in (1, 5, 30, 30, 30):
        until = now + lock_min * MINUTE
        locked = f"pin_locked: {until}"
        assert rig.sign_in(rig.kiosk1, AYU, WRONG, now_ms=now) == locked
        assert rig.sign_in(rig.kiosk1, AYU, PIN, now_ms=until - 1) == locked
        now = until
    assert rig.sign_in(rig.kiosk1, AYU, WRONG, now_ms=now) == "pin_locked"
    forever = now + 10**10
    assert rig.sign_in(rig.kiosk1, AYU, PIN, now_ms=forever, identity=rig.restarted()) == (
        "pin_locked"
    )


@pytest.mark.expected_log(LOCKED)
def test_administrator_ends_a_lock_out_with_or_without_a_new_pin(rig: Rig) -> None:
    def lock() -> None:
        for _ in range(5):
            rig.sign_in(rig.kiosk1, AYU, WRONG)
        assert rig.sign_in(rig.kiosk1, AYU, PIN) == f"pin_locked: {NOW + MINUTE}"

    lock()
    rig.identity.unlock(K1, AYU)
    assert isinstance(rig.sign_in(rig.kiosk1, AYU, PIN), SignInReply)
    lock()
    rig.identity.set_pin(K1, AYU, PIN2)
    reply = rig.sign_in(rig.kiosk1, AYU, PIN2)
    assert isinstance(reply, SignInReply)
    assert reply.pin_version == 2
    with pytest.raises(LookupError):
        rig.identity.unlock(K1, StaffId("nobody"))


@pytest.mark.expected_log(LOCKED)
@pytest.mark.parametrize("seed", range(2))
def test_stranger_with_restarts_and_a_moving_clock_gets_ten_tries(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    checks = Checks(monkeypatch)
    dice = random.Random(seed)
    for hour in range(80):
        now = dice.choice([0, NOW - OFFLINE_MS, NOW + hour * 60 * MINUTE])
        identity = dice.choice([rig.identity, rig.restarted()])
        rig.sign_in(rig.kiosk1, AYU, WRONG, now_ms=now, identity=identity)
    assert checks.made == 10


@pytest.mark.expected_log(LOCKED)
def test_stranger_who_tries_at_once_gets_no_try_more(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = Checks(monkeypatch)
    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(lambda _: rig.sign_in(rig.kiosk1, AYU, WRONG), range(16)))
    assert checks.made == 5
    assert sorted(map(str, told))[:1] == [f"pin_locked: {NOW + MINUTE}"]
    assert sorted(one for one in map(str, told) if "wrong" in one) == [
        f"pin_wrong: {number}/5" for number in (1, 2, 3, 4)
    ]


def test_try_is_committed_before_the_pin_is_compared(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[int]] = []

    def look(_made: str, _pin: str) -> bool:
        with reading(rig.engine, EVERY_KITCHEN) as connection:
            counters = ("attempt", "attempt_here", "attempt_kiosk")
            queries = (text(f"SELECT failed FROM {counter}") for counter in counters)
            seen.append([connection.scalars(query).one() for query in queries])
        raise RuntimeError("the process died here")

    monkeypatch.setattr(staff, "_matches", look)
    for _ in range(5):
        with pytest.raises(RuntimeError):
            rig.sign_in(rig.kiosk1, AYU, PIN)
    assert seen == [[number] * 3 for number in (1, 2, 3, 4, 5)]
    monkeypatch.undo()
    assert rig.sign_in(rig.kiosk1, AYU, PIN) == f"pin_locked: {NOW + MINUTE}"


def test_right_pin_counts_anew(rig: Rig) -> None:
    for _ in range(3):
        for _ in range(4):
            rig.sign_in(rig.kiosk1, AYU, WRONG)
        assert isinstance(rig.sign_in(rig.kiosk1, AYU, PIN), SignInReply)


@pytest.mark.expected_log(LOCKED)
def test_same_id_in_two_kitchens_is_two_people(rig: Rig) -> None:
    assert rig.sign_in(rig.kiosk2, AYU, PIN) == "pin_wrong: 1/5"
    for _ in range(5):
        rig.sign_in(rig.kiosk1, AYU, PIN2)
    assert rig.sign_in(rig.kiosk1, AYU, PIN) == f"pin_locked: {NOW + MINUTE}"
    assert rig.sign_in(rig.kiosk2, AYU, PIN2) == SignInReply(AYU, "Ayu k2", NOW + OFFLINE_MS, 1)


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "abcdef", "٠١٢٣٤٥", "000000", "456789"])
def test_pin_that_is_trivial_or_malformed_is_not_given(rig: Rig, pin: str) -> None:
    assert refusal(lambda: rig.identity.set_pin(K1, AYU, pin)) == "pin_trivial"
    assert isinstance(rig.sign_in(rig.kiosk1, AYU, PIN), SignInReply)


def test_pin_is_given_to_known_people_only(rig: Rig) -> None:
    assert refusal(lambda: rig.identity.set_pin(K1, StaffId("x"), PIN)) == "staff_unknown"
    assert refusal(lambda: rig.identity.set_pin(KitchenId("k9"), AYU, PIN)) == "staff_unknown"


def test_person_who_left_signs_in_no_more_and_needs_a_new_pin_when_back(rig: Rig) -> None:
    rig.identity.remove_staff(K1, AYU)
    assert rig.sign_in(rig.kiosk1, AYU, PIN) == "staff_unknown"
    assert refusal(lambda: rig.identity.set_pin(K1, AYU, PIN)) == "staff_unknown"
    assert [person.id for person in rig.identity.staff(K1)] == [BUDI]
    assert isinstance(rig.sign_in(rig.kiosk2, AYU, PIN2), SignInReply)
    rig.identity.add_staff(K1, AYU, "Ayu")
    assert rig.sign_in(rig.kiosk1, AYU, PIN) == "no_pin"
    with pytest.raises(LookupError):
        rig.identity.remove_staff(K1, StaffId("nobody"))


def test_person_gets_another_name_and_keeps_the_pin(rig: Rig) -> None:
    rig.identity.add_staff(K1, AYU, "  Ayu Lestari ")
    assert rig.sign_in(rig.kiosk1, AYU, PIN) == SignInReply(AYU, "Ayu Lestari", NOW + OFFLINE_MS, 1)


@pytest.mark.parametrize("staff_id", ["", "a b", "a\0b", "x" * 65, SYSTEM])
def test_person_needs_an_id_that_the_wire_can_carry(rig: Rig, staff_id: str) -> None:
    with pytest.raises(ValueError, match=r"id|server"):
        rig.identity.add_staff(K1, StaffId(staff_id), "Name")


def test_person_needs_a_kitchen(rig: Rig) -> None:
    with pytest.raises(LookupError):
        rig.identity.add_staff(KitchenId("k9"), AYU, "Ayu")


def test_hash_is_as_slow_as_decided(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff, "HASHER", REAL)
    rig.identity.set_pin(K2, AYU, PIN)
    with reading(rig.engine, EVERY_KITCHEN) as connection:
        query = text("SELECT pin_hash FROM staff WHERE kitchen = 'k2' AND staff = 'ayu'")
        made = connection.scalars(query).one()
    assert made.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert isinstance(REAL, PasswordHasher)
    assert isinstance(rig.sign_in(rig.kiosk2, AYU, PIN), SignInReply)


def test_no_pin_stands_in_a_log_line(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "server")
    for pin in (PIN, WRONG):
        rig.sign_in(rig.kiosk1, AYU, pin)
    rig.identity.set_pin(K1, AYU, PIN2)
    assert not any(pin in caplog.text for pin in (PIN, PIN2, WRONG, "Ayu k1"))
