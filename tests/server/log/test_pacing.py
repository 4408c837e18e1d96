"""The past waits while kiosks empty their outboxes, and no longer."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from server.desk.ports import Unavailable
from server.log.pacing import keep_following, until_calm
from tests.support.waiting import until

RUSH = 1_000_000
LOOK_S = 0.01


class Desk:
    """Takes a rush of commands at each of the first looks, then nothing."""

    def __init__(self, looks_in_rush: int) -> None:
        self._left = looks_in_rush
        self._taken = 0
        self.looks = 0

    def taken(self) -> int:
        self.looks += 1
        if self._left:
            self._left -= 1
            self._taken += RUSH
        return self._taken


class Steps:
    """A follower that notes who stepped it; `fails` are raised one after the other."""

    def __init__(self, *fails: Exception) -> None:
        self._fails = list(fails)
        self.threads: set[int] = set()
        self.steps = 0
        self.stopped = False

    def step(self, now_ms: int) -> int:
        assert abs(now_ms - time.time() * 1000) < 60_000
        self.threads.add(threading.get_ident())
        self.steps += 1
        if self._fails:
            raise self._fails.pop(0)
        return 1

    def stop(self) -> None:
        self.stopped = True


async def test_past_waits_until_the_rush_is_over() -> None:
    desk = Desk(looks_in_rush=4)
    await until_calm(desk.taken, look_s=LOOK_S, waits_s=60.0)
    assert desk.looks == 5


async def test_past_goes_on_when_the_rush_does_not_end() -> None:
    desk = Desk(looks_in_rush=RUSH)
    began = time.monotonic()
    await until_calm(desk.taken, look_s=LOOK_S, waits_s=5 * LOOK_S)
    assert time.monotonic() - began >= 5 * LOOK_S
    assert desk.looks >= 2


async def test_past_does_not_wait_for_people_who_tap() -> None:
    taps = iter(range(1000))
    await until_calm(lambda: next(taps), look_s=LOOK_S, waits_s=60.0)
    assert next(taps) == 2


async def _kept(follower: Steps, taken: Callable[[], int], done: Callable[[], bool]) -> None:
    task = asyncio.create_task(keep_following(follower, taken))
    await until(done)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_follower_is_stepped_in_one_thread_and_gives_its_lease_back() -> None:
    follower = Steps()
    await _kept(follower, lambda: 0, lambda: follower.steps >= 2)
    assert len(follower.threads) == 1
    assert threading.get_ident() not in follower.threads
    assert follower.stopped


@pytest.mark.expected_log("a follower pauses: away", "a follower stumbled")
async def test_follower_is_stepped_again_after_an_error() -> None:
    follower = Steps(Unavailable("away"), ValueError("bug"))
    await _kept(follower, lambda: 0, lambda: follower.steps >= 3)
    assert follower.stopped
