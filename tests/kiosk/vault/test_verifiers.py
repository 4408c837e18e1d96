"""PINs without a line: who, how long, how often; and what a thief or a broken disk gets."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from dapur.ids import StaffId
from dapur.pin import OFFLINE_MS, TRIES_MOST, Locked, Wrong
from kiosk.vault import private_file, sealing, verifiers
from kiosk.vault.verifiers import Expired, NotHere, Right, Verifiers

NOW = 1_795_000_000_000
MINUTE = 60_000
KEY = bytes(range(32))
AYU = StaffId("ayu")
BUDI = StaffId("budi")
PIN = "135790"
WRONG = "246813"
REAL = sealing.HASHER
NEW_START = "start anew"


@pytest.fixture(autouse=True)
def quick_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """argon2 with the least work it knows: these tests are about counting."""
    monkeypatch.setattr(sealing, "HASHER", PasswordHasher(1, 8, 1))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "verifiers"


@pytest.fixture
def vault(path: Path) -> Verifiers:
    """Ayu has signed in online."""
    fresh = Verifiers(path, KEY)
    fresh.remember(AYU, PIN, NOW, 3)
    return fresh


class Checks:
    """Counts how often a PIN was really compared."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made = 0
        self._real = verifiers._matches
        monkeypatch.setattr(verifiers, "_matches", self._match)

    def _match(self, made: str, pin: str) -> bool:
        self.made += 1
        return self._real(made, pin)


def test_person_signs_in_offline_after_a_restart(vault: Verifiers, path: Path) -> None:
    assert vault.check(AYU, PIN, NOW + 1) == Right(3)
    assert Verifiers(path, KEY).check(AYU, PIN, NOW + 2) == Right(3)


def test_person_who_never_signed_in_here_online_is_not_here(vault: Verifiers) -> None:
    assert vault.check(BUDI, PIN, NOW) == NotHere()


def test_pin_of_one_is_not_the_pin_of_another(vault: Verifiers) -> None:
    vault.remember(BUDI, WRONG, NOW, 1)
    assert vault.check(AYU, WRONG, NOW) == Wrong(1, 5)
    assert vault.check(BUDI, WRONG, NOW) == Right(1)


def test_new_pin_replaces_the_old_one(vault: Verifiers) -> None:
    vault.remember(AYU, WRONG, NOW, 4)
    assert vault.check(AYU, PIN, NOW) == Wrong(1, 5)
    assert vault.check(AYU, WRONG, NOW) == Right(4)


def test_check_expires_72_hours_after_the_last_sign_in_online(vault: Verifiers, path: Path) -> None:
    assert vault.check(AYU, PIN, NOW + OFFLINE_MS - 1) == Right(3)
    assert vault.check(AYU, PIN, NOW + OFFLINE_MS) == Expired(NOW)
    vault.remember(AYU, PIN, NOW + OFFLINE_MS, 3)
    assert Verifiers(path, KEY).check(AYU, PIN, NOW + OFFLINE_MS + 1) == Right(3)


def test_clock_set_back_makes_nothing_valid_again(vault: Verifiers, path: Path) -> None:
    vault.check(AYU, PIN, NOW + OFFLINE_MS)
    assert Verifiers(path, KEY).check(AYU, PIN, NOW) == Expired(NOW)


def test_time_seen_at_one_persons_check_counts_for_all(vault: Verifiers, path: Path) -> None:
    vault.remember(BUDI, PIN, NOW + OFFLINE_MS // 2, 1)
    assert vault.check(BUDI, PIN, NOW + OFFLINE_MS) == Right(1)
    assert Verifiers(path, KEY).check(AYU, PIN, NOW + 5) == Expired(NOW)


def test_expired_hash_is_gone_and_stays_expired_when_the_servers_time_is_earlier(
    vault: Verifiers, path: Path
) -> None:
    vault.check(AYU, PIN, NOW + 2 * OFFLINE_MS)
    vault.remember(BUDI, PIN, NOW + 1, 1)
    again = Verifiers(path, KEY)
    assert again._content.people[AYU].hash == ""
    assert again.check(AYU, PIN, NOW + 2) == Expired(NOW)


def test_person_is_locked_for_longer_each_time_and_then_until_online(vault: Verifiers) -> None:
    now = NOW
    assert [vault.check(AYU, WRONG, now) for _ in range(4)] == [Wrong(n, 5) for n in (1, 2, 3, 4)]
    for lock_min in (1, 5, 30, 30, 30):
        until = now + lock_min * MINUTE
        assert vault.check(AYU, WRONG, now) == Locked(until)
        assert vault.check(AYU, PIN, until - 1) == Locked(until)
        now = until
    assert vault.check(AYU, WRONG, now) == Locked(None)
    assert vault.check(AYU, PIN, now + OFFLINE_MS // 2) == Locked(None)
    vault.remember(AYU, PIN, now, 3)
    assert vault.check(AYU, PIN, now + 1) == Right(3)


def test_right_pin_counts_anew(vault: Verifiers) -> None:
    for _ in range(3):
        for _ in range(4):
            vault.check(AYU, WRONG, NOW)
        assert vault.check(AYU, PIN, NOW) == Right(3)


@pytest.mark.parametrize("seed", range(5))
def test_stranger_with_restarts_and_a_moving_clock_gets_ten_tries(
    vault: Verifiers, path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    checks = Checks(monkeypatch)
    dice = random.Random(seed)
    now = NOW
    for _ in range(150):
        now = dice.choice([0, NOW, NOW - OFFLINE_MS, now + 20 * MINUTE, NOW + OFFLINE_MS - 1])
        vault.check(AYU, WRONG, now)
        if dice.random() < 0.5:
            vault = Verifiers(path, KEY)
    assert 5 <= checks.made <= TRIES_MOST


def test_try_counts_when_the_power_goes_off_during_the_check(
    vault: Verifiers, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def power_cut(_made: str, _pin: str) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(verifiers, "_matches", power_cut)
        for _ in range(5):
            with pytest.raises(KeyboardInterrupt):
                Verifiers(path, KEY).check(AYU, PIN, NOW)
    assert Verifiers(path, KEY).check(AYU, PIN, NOW) == Locked(NOW + MINUTE)


def test_nothing_is_checked_when_the_try_cannot_be_stored(
    vault: Verifiers, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = Checks(monkeypatch)

    def full(_path: Path, _content: bytes) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(private_file, "write", full)
        for _ in range(20):
            with pytest.raises(OSError, match="no space"):
                vault.check(AYU, PIN, NOW)
    assert checks.made == 0
    assert vault.check(AYU, PIN, NOW) == Right(3)


def test_count_is_on_the_disk_before_the_pin_is_compared(
    vault: Verifiers, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[int] = []

    def look(_made: str, _pin: str) -> bool:
        stored.append(Verifiers(path, KEY)._content.people[AYU].tries.failed)
        return False

    monkeypatch.setattr(verifiers, "_matches", look)
    for _ in range(3):
        vault.check(AYU, WRONG, NOW)
    assert stored == [1, 2, 3]


def test_checks_in_many_threads_are_all_counted(
    vault: Verifiers, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = Checks(monkeypatch)
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: vault.check(AYU, WRONG, NOW), range(40)))
    assert checks.made == 5
    assert sorted(out.tries for out in outcomes if isinstance(out, Wrong)) == [1, 2, 3, 4]
    assert outcomes.count(Locked(NOW + MINUTE)) == 36


@pytest.mark.expected_log(NEW_START)
@pytest.mark.parametrize("at", [0, 5, 12, 60, -1])
def test_file_with_one_changed_byte_is_put_aside_and_nobody_is_here(
    vault: Verifiers, path: Path, at: int
) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    again = Verifiers(path, KEY)
    assert again.check(AYU, PIN, NOW) == NotHere()
    assert path.with_name("verifiers.damaged-1").read_bytes() == content
    again.remember(AYU, PIN, NOW, 3)
    assert Verifiers(path, KEY).check(AYU, PIN, NOW) == Right(3)


@pytest.mark.expected_log(NEW_START)
@pytest.mark.parametrize("content", [b"", b"short", b"x" * 4000])
def test_each_damaged_file_is_kept(path: Path, content: bytes) -> None:
    for number in (1, 2):
        path.write_bytes(content)
        assert Verifiers(path, KEY).people() == frozenset()
        assert path.with_name(f"verifiers.damaged-{number}").read_bytes() == content


@pytest.mark.expected_log(NEW_START)
def test_stolen_file_is_worth_nothing_under_another_key(vault: Verifiers, path: Path) -> None:
    content = path.read_bytes()
    assert not any(text in content for text in (b"ayu", b"argon2", b"people"))
    assert Verifiers(path, bytes(32)).check(AYU, PIN, NOW) == NotHere()


def test_hash_is_as_slow_as_decided(
    vault: Verifiers, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "HASHER", REAL)
    vault.remember(AYU, PIN, NOW, 3)
    assert vault._content.people[AYU].hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert Verifiers(path, KEY).check(AYU, PIN, NOW) == Right(3)
    assert Verifiers(path, KEY).check(AYU, WRONG, NOW) == Wrong(1, 5)


def test_roster_ends_what_is_kept_of_people_who_left_or_have_a_new_pin(
    vault: Verifiers, path: Path
) -> None:
    vault.remember(BUDI, PIN, NOW, 1)
    vault.remember(StaffId("cici"), PIN, NOW, 2)
    vault.reconcile({AYU: 3, BUDI: 2})
    assert Verifiers(path, KEY).people() == {AYU}
    assert vault.check(BUDI, PIN, NOW) == NotHere()


def test_forgotten_person_is_not_here(vault: Verifiers, path: Path) -> None:
    vault.forget(AYU)
    vault.forget(BUDI)
    assert Verifiers(path, KEY).check(AYU, PIN, NOW) == NotHere()


def test_lock_is_known_without_a_try_and_after_a_restart(vault: Verifiers, path: Path) -> None:
    assert vault.locked(AYU, NOW) is None
    assert vault.locked(BUDI, NOW) is None
    for _ in range(5):
        vault.check(AYU, WRONG, NOW)
    again = Verifiers(path, KEY)
    assert again.locked(AYU, NOW) == Locked(NOW + MINUTE)
    assert again.locked(AYU, NOW) == Locked(NOW + MINUTE)
    assert again.locked(AYU, NOW - 10**9) == Locked(NOW + MINUTE), "a clock set back"
    assert again.locked(AYU, NOW + MINUTE) is None
    assert again.check(AYU, PIN, NOW + MINUTE) == Right(3)


def test_chief_lets_a_person_try_again_also_after_the_last_try(
    vault: Verifiers, path: Path
) -> None:
    now = NOW
    for _ in range(TRIES_MOST):
        now += 31 * MINUTE
        vault.check(AYU, WRONG, now)
    assert vault.locked(AYU, now + 10**9) == Locked(None)
    vault.forgive(BUDI)
    assert vault.locked(AYU, now) == Locked(None)
    vault.forgive(AYU)
    again = Verifiers(path, KEY)
    assert again.locked(AYU, now) is None
    assert again.check(AYU, WRONG, now) == Wrong(1, 5)
    assert again.check(AYU, PIN, now) == Right(3)
