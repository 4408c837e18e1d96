"""How long a kiosk waits before it calls again."""

from __future__ import annotations

import random

from dapur.wire.messages import GoodbyeCode
from kiosk.link.backoff import MOST_S, SERVED_MS, Backoff


def wait(backoff: Backoff, served_ms: int = 0, code: GoodbyeCode | None = None) -> float:
    return backoff.next_s(served_ms=served_ms, code=code, retry_after_s=0.0)


def test_kiosk_waits_longer_each_time_but_never_above_the_most() -> None:
    ceilings = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    for seed in range(200):
        backoff = Backoff(random.Random(seed))
        for ceiling in ceilings:
            assert 0 <= wait(backoff) <= ceiling
    backoff = Backoff(random.Random(0))
    assert max(wait(backoff) for _ in range(3000)) <= MOST_S


def test_many_kiosks_come_back_spread_over_the_whole_wait() -> None:
    waits = []
    for seed in range(400):
        backoff = Backoff(random.Random(seed))
        for _ in range(6):
            wait(backoff)
        waits.append(wait(backoff))
    for quarter in range(4):
        part = [w for w in waits if quarter * 7.5 <= w < (quarter + 1) * 7.5]
        assert len(part) > 60


def test_kiosk_begins_anew_only_when_it_was_served_for_long() -> None:
    backoff = Backoff(random.Random(1))
    for _ in range(10):
        wait(backoff)
    assert wait(backoff, served_ms=SERVED_MS) <= 0.5
    for _ in range(10):
        wait(backoff, served_ms=SERVED_MS - 1)
    assert max(wait(backoff, served_ms=SERVED_MS - 1) for _ in range(50)) > 15


def test_kiosk_is_slow_to_chase_another_of_its_name() -> None:
    for seed in range(50):
        assert wait(Backoff(random.Random(seed)), code=GoodbyeCode.REPLACED) >= 5.0
        assert wait(Backoff(random.Random(seed)), code=GoodbyeCode.UPGRADE) >= 60.0


def test_kiosk_keeps_to_what_the_server_asks_for() -> None:
    for seed in range(50):
        asked = Backoff(random.Random(seed)).next_s(
            served_ms=0, code=GoodbyeCode.RESTART, retry_after_s=8.0
        )
        assert 8.0 <= asked <= 10.0
