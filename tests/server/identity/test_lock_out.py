"""Whom wrong PINs lock out, and where: a thief at one kiosk nobody elsewhere, a guesser everywhere."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import cycle

import pytest

from dapur.ids import StaffId
from dapur.pin import OF_KIOSK, OFFLINE_MS
from dapur.wire.queries import DoneReply, SignInReply
from server.desk.ports import DeviceRecord
from server.identity import staff
from server.identity.sql_identity import SqlIdentity
from tests.support.identity_rig import AYU, BUDI, K1, NOW, PIN, PIN2, WRONG, Rig, refusal

pytestmark = pytest.mark.expected_log("is locked")
MINUTE = 60_000
HOUR = 60 * MINUTE


class Guesser:
    """Tries wrong PINs as fast as the server lets, and counts those that were really compared."""

    def __init__(self, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rig = rig
        self.compared = 0
        self.now = NOW
        real = staff._matches

        def match(made: str, pin: str) -> bool:
            self.compared += 1
            return real(made, pin)

        monkeypatch.setattr(staff, "_matches", match)

    def spend(self, kiosk: DeviceRecord, who: StaffId = AYU) -> int:
        """Try here until no waiting helps; how many were compared."""
        before = self.compared
        for _ in range(60):
            self.now += HOUR
            told = self.rig.sign_in(kiosk, who, WRONG, now_ms=self.now)
            if told == "pin_locked":
                return self.compared - before
        raise AssertionError("never locked for good")


@pytest.fixture
def guesser(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Guesser:
    return Guesser(rig, monkeypatch)


def kiosks(rig: Rig, number: int) -> list[DeviceRecord]:
    return [rig.kiosk1, *(rig.enrol(K1, f"Kios {n}") for n in range(2, number + 1))]


# ---- the thief -----------------------------------------------------------------------------------


def test_thief_at_one_kiosk_locks_people_out_there_and_nowhere_else(
    rig: Rig, guesser: Guesser
) -> None:
    stolen, other = kiosks(rig, 2)
    rig.identity.set_pin(K1, BUDI, PIN2)
    assert [guesser.spend(stolen, who) for who in (AYU, BUDI)] == [10, 10]
    now = guesser.now
    for identity in (rig.identity, rig.restarted()):
        assert rig.sign_in(stolen, AYU, PIN, now_ms=now, identity=identity) == "pin_locked"
    for who, pin in ((AYU, PIN), (BUDI, PIN2)):
        assert isinstance(rig.sign_in(other, who, pin, now_ms=now), SignInReply)
        assert rig.sign_in(stolen, who, pin, now_ms=now + 10**10) == "pin_locked"


def test_thief_gets_no_new_tries_when_the_person_signs_in_elsewhere(
    rig: Rig, guesser: Guesser
) -> None:
    stolen, other = kiosks(rig, 2)
    assert guesser.spend(stolen) == 10
    for _ in range(5):
        assert isinstance(rig.sign_in(other, AYU, PIN, now_ms=guesser.now), SignInReply)
        assert guesser.spend(stolen) == 0


def test_person_who_is_attacked_elsewhere_has_a_slip_forgiven_after_a_minute(
    rig: Rig, guesser: Guesser
) -> None:
    stolen, other = kiosks(rig, 2)
    guesser.spend(stolen)
    now = guesser.now
    assert rig.sign_in(other, AYU, WRONG, now_ms=now) == f"pin_locked: {now + MINUTE}"
    assert isinstance(rig.sign_in(other, AYU, PIN, now_ms=now + MINUTE), SignInReply)
    assert rig.sign_in(other, AYU, WRONG, now_ms=now + MINUTE) == "pin_wrong: 1/5"


def test_administrator_lets_a_person_try_again_at_every_kiosk(rig: Rig, guesser: Guesser) -> None:
    both = kiosks(rig, 2)
    for kiosk in both:
        assert guesser.spend(kiosk) == 10
    third = rig.enrol(K1, "Kios 3")
    assert rig.sign_in(third, AYU, PIN, now_ms=guesser.now) == "pin_locked"
    rig.identity.unlock(K1, AYU)
    for kiosk in both:
        assert isinstance(rig.sign_in(kiosk, AYU, PIN, now_ms=guesser.now), SignInReply)
    for kiosk in both:
        guesser.spend(kiosk)
    rig.identity.set_pin(K1, AYU, PIN2)
    for kiosk in both:
        assert isinstance(rig.sign_in(kiosk, AYU, PIN2, now_ms=guesser.now), SignInReply)


# ---- the guesser ---------------------------------------------------------------------------------


def moments(dice: random.Random) -> Iterator[int]:
    """A clock that goes on, and is set back to long ago now and then."""
    for hour in range(200):
        yield dice.choice([0, NOW - OFFLINE_MS, NOW + hour * HOUR, NOW + hour * HOUR])


@pytest.mark.parametrize("seed", range(2))
def test_guesser_gets_twenty_tries_whatever_the_kiosks_restarts_and_clocks(
    rig: Rig, guesser: Guesser, seed: int
) -> None:
    dice = random.Random(seed)
    many = kiosks(rig, 6)
    for now in moments(dice):
        identity: SqlIdentity = dice.choice([rig.identity, rig.restarted()])
        rig.sign_in(dice.choice(many), AYU, WRONG, now_ms=now, identity=identity)
    assert guesser.compared == 20
    assert rig.sign_in(many[5], AYU, PIN, now_ms=NOW + 10**10) == "pin_locked"


def test_guesser_who_goes_round_the_kiosks_gains_no_time(rig: Rig, guesser: Guesser) -> None:
    for kiosk, _ in zip(cycle(kiosks(rig, 6)), range(60), strict=False):
        rig.sign_in(kiosk, AYU, WRONG)
    # Eleven at once: the eleventh locks the person everywhere, as five do at one kiosk.
    assert guesser.compared == 11
    assert rig.sign_in(rig.kiosk1, AYU, PIN) == f"pin_locked: {NOW + MINUTE}"


def test_guesser_who_goes_through_the_people_makes_the_kiosk_wait(
    rig: Rig, guesser: Guesser
) -> None:
    people = [StaffId(f"p-{number}") for number in range(30)]
    for who in people:
        rig.identity.add_staff(K1, who, who)
        rig.identity.set_pin(K1, who, PIN2)
    told = [rig.sign_in(rig.kiosk1, who, WRONG) for who in people]
    assert guesser.compared == OF_KIOSK.tries
    assert told[19:] == [f"pin_locked: {NOW + MINUTE}"] * 11
    other = rig.enrol(K1, "Kios 2")
    assert isinstance(rig.sign_in(other, people[-1], PIN2), SignInReply)
    now = NOW + MINUTE
    assert (
        rig.sign_in(rig.kiosk1, people[20], WRONG, now_ms=now) == f"pin_locked: {now + 5 * MINUTE}"
    )
    for clock in (0, now):
        assert rig.sign_in(rig.kiosk1, people[21], PIN2, now_ms=clock) == (
            f"pin_locked: {now + 5 * MINUTE}"
        )
    late = now + 5 * MINUTE
    assert isinstance(rig.sign_in(rig.kiosk1, people[21], PIN2, now_ms=late), SignInReply)
    assert rig.sign_in(rig.kiosk1, people[22], WRONG, now_ms=late) == "pin_wrong: 1/5"


def test_kiosk_never_waits_for_good(rig: Rig, guesser: Guesser) -> None:
    people = [StaffId(f"p-{number}") for number in range(8)]
    for who in people:
        rig.identity.add_staff(K1, who, who)
        rig.identity.set_pin(K1, who, PIN2)
    assert [guesser.spend(rig.kiosk1, who) for who in people] == [10] * len(people)
    assert isinstance(rig.sign_in(rig.kiosk1, AYU, PIN, now_ms=guesser.now + HOUR), SignInReply)


def test_pin_of_the_head_is_counted_where_it_is_asked_for_another_purpose(
    rig: Rig, guesser: Guesser
) -> None:
    args = {"by_staff": AYU, "by_pin": WRONG, "staff": BUDI, "pin": PIN2}
    told = [refusal(lambda: rig.ask(rig.kiosk1, "set_pin", args, DoneReply)) for _ in range(5)]
    assert told[-1] == f"pin_locked: {NOW + MINUTE}"
    assert rig.sign_in(rig.kiosk1, AYU, PIN) == f"pin_locked: {NOW + MINUTE}"
    other = rig.enrol(K1, "Kios 2")
    assert isinstance(rig.sign_in(other, AYU, PIN), SignInReply)
    assert guesser.compared == 6
