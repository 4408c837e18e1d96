"""Events that come thick are stored together, one that comes alone at once."""

from __future__ import annotations

import asyncio

import pytest

from kiosk.link import gather as gather_module
from kiosk.link.gather import Gather


class Stored:
    """Counts the stores."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.one_more = asyncio.Event()

    def __call__(self) -> None:
        self.times.append(asyncio.get_running_loop().time())
        self.one_more.set()


async def test_gather_stores_in_the_loops_next_turn_after_a_rest() -> None:
    stored = Stored()
    gather = Gather(stored)
    gather.wanted(True)
    gather.wanted(True)
    assert not stored.times, "frames that are still in the socket come first"
    await asyncio.wait_for(stored.one_more.wait(), 10)
    assert len(stored.times) == 1


async def test_gather_stores_once_for_all_that_come_within_the_gap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gather_module, "GATHER_S", 0.5)
    stored = Stored()
    gather = Gather(stored)
    gather.wanted(True)
    await asyncio.wait_for(stored.one_more.wait(), 10)
    stored.one_more.clear()
    for _ in range(5):
        gather.wanted(True)
        await asyncio.sleep(0)
    assert len(stored.times) == 1
    await asyncio.wait_for(stored.one_more.wait(), 10)
    assert len(stored.times) == 2
    # The loop's timers may be a few ms early: Qt cuts them to whole milliseconds.
    assert stored.times[1] - stored.times[0] > 0.4


async def test_gather_takes_a_new_wish_while_it_stores() -> None:
    tries: list[int] = []
    done = asyncio.Event()

    def wants_more() -> None:
        tries.append(1)
        if len(tries) > 1:
            done.set()
            return
        gather.wanted(True)

    gather = Gather(wants_more)
    gather.wanted(True)
    await asyncio.wait_for(done.wait(), 10)
    assert len(tries) == 2


async def test_gather_lets_measured_values_wait_until_something_urgent_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gather_module, "MEASURED_S", 60.0)
    stored = Stored()
    gather = Gather(stored)
    gather.wanted(False)
    await asyncio.wait_for(stored.one_more.wait(), 10)
    stored.one_more.clear()
    gather.wanted(False)
    await asyncio.sleep(2 * gather_module.GATHER_S)
    assert len(stored.times) == 1
    gather.wanted(True)
    await asyncio.wait_for(stored.one_more.wait(), 10)
    assert len(stored.times) == 2
