"""How often a PIN may be tried, whatever the clock says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dapur.pin import (
    LOCKS_MS,
    OF_KIOSK,
    OF_PERSON,
    OF_PERSON_HERE,
    TRIES_MOST,
    Locked,
    Patience,
    Tries,
    Wrong,
    after_wrong,
    count,
    locked,
    trivial,
    weightiest,
    well_formed,
)

NOW = 1_795_000_000_000


def wrong(tries: Tries, now_ms: int, patience: Patience = OF_PERSON_HERE) -> Tries:
    """One wrong try that was allowed."""
    counted = count(tries, now_ms, patience)
    assert isinstance(counted, Tries)
    return counted


def test_person_is_locked_for_longer_after_each_wrong_pin_from_the_fifth() -> None:
    tries, now = Tries(), NOW
    for number in range(1, 5):
        tries = wrong(tries, now)
        assert after_wrong(tries) == Wrong(number, 5)
        assert locked(tries, now) is None
    for lock_min in (1, 5, 30, 30, 30):
        tries = wrong(tries, now)
        assert after_wrong(tries) == Locked(now + lock_min * 60_000)
        assert count(tries, now + lock_min * 60_000 - 1) == Locked(now + lock_min * 60_000)
        now += lock_min * 60_000
    tries = wrong(tries, now)
    assert after_wrong(tries) == Locked(None)
    assert count(tries, now + 10**12) == Locked(None)


def test_lock_does_not_end_sooner_when_the_clock_is_set_back() -> None:
    tries = Tries()
    for _ in range(5):
        tries = wrong(tries, NOW)
    until = NOW + LOCKS_MS[0]
    assert count(tries, 0) == Locked(until)
    assert isinstance(count(tries, until), Tries)


def test_try_made_with_a_clock_set_back_is_dated_with_the_latest_time_seen() -> None:
    tries = wrong(wrong(Tries(), NOW), 5)
    assert tries.seen_ms == NOW


@given(st.lists(st.integers(0, 2**53), max_size=60))
def test_stranger_gets_ten_tries_whatever_the_clock_says(times: list[int]) -> None:
    tries, made = Tries(), 0
    for now_ms in times:
        counted = count(tries, now_ms)
        if isinstance(counted, Tries):
            made += 1
            tries = counted
    assert made <= TRIES_MOST


@pytest.mark.parametrize(
    ("patience", "free", "locks_min", "for_good"),
    [
        (OF_PERSON_HERE, 4, (1, 5, 30, 30, 30), True),
        (OF_PERSON, 10, (1, 5, *[30] * 7), True),
        (OF_KIOSK, 19, (1, *[5] * 40), False),
    ],
)
def test_each_counter_has_its_own_patience(
    patience: Patience, free: int, locks_min: tuple[int, ...], for_good: bool
) -> None:
    tries, now = Tries(), NOW
    for number in range(1, free + 1):
        tries = wrong(tries, now, patience)
        assert after_wrong(tries, patience) == Wrong(number, free + 1)
    for lock_min in locks_min:
        tries = wrong(tries, now, patience)
        assert after_wrong(tries, patience) == Locked(now + lock_min * 60_000)
        now += lock_min * 60_000
    tries = wrong(tries, now, patience)
    assert (after_wrong(tries, patience) == Locked(None)) == for_good
    assert (count(tries, now + 10**12, patience) == Locked(None)) == for_good


def test_one_kiosk_alone_locks_nobody_out_at_the_others() -> None:
    assert OF_PERSON_HERE.most is not None
    assert OF_PERSON.tries > OF_PERSON_HERE.most


def test_longest_lock_is_told() -> None:
    locks = [Locked(5), Locked(None), Locked(7)]
    assert weightiest(locks) == Locked(None)
    assert weightiest(locks[::2]) == Locked(7)
    assert weightiest([]) is None


@pytest.mark.parametrize("pin", ["000000", "999999", "123456", "987654", "678901", "321098"])
def test_pin_is_trivial_when_all_digits_are_the_same_or_run(pin: str) -> None:
    assert trivial(pin)


@pytest.mark.parametrize("pin", ["135790", "112233", "123457", "010101", "246802"])
def test_pin_is_fit_when_it_is_neither(pin: str) -> None:
    assert not trivial(pin)


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "12345a", "12 456", "12345\n", "١٢٣٤٥٦"])
def test_pin_is_malformed_unless_it_is_six_ascii_digits(pin: str) -> None:
    assert not well_formed(pin)
    assert well_formed("135790")
