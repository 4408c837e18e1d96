"""What every bus must do, in memory or over a network: hints arrive, endings hold, nothing raises."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from dapur.ids import KitchenId
from server.bus.memory import MemoryBus
from server.bus.redis import RedisBus
from server.desk.ports import Bus
from server.metrics import Metrics
from tests.support.servers import real_redis

WAIT_S = 5.0
ONE, TWO = KitchenId("sppg-1"), KitchenId("sppg-2")


class Ear:
    """Collects hints; a bus may double and reorder, so only the newest of each kitchen counts."""

    def __init__(self) -> None:
        self.newest: dict[KitchenId, int] = {}
        self.missed: set[KitchenId] = set()

    def __call__(self, kitchen: KitchenId, seq: int) -> None:
        self.newest[kitchen] = max(seq, self.newest.get(kitchen, 0))

    def look(self, kitchens: Sequence[KitchenId]) -> None:
        """Hints of these may have been lost."""
        self.missed.update(kitchens)

    async def hears(self, kitchen: KitchenId, seq: int) -> None:
        """Wait for a hint."""
        async with asyncio.timeout(WAIT_S):
            while self.newest.get(kitchen, 0) < seq:  # noqa: ASYNC110 - a bus calls, it does not signal
                await asyncio.sleep(0.005)


def listen(bus: Bus, ear: Ear) -> Callable[[], None]:
    """Give a bus an ear."""
    return bus.subscribe(ear, ear.look)


@asynccontextmanager
async def running(*buses: Bus) -> AsyncIterator[None]:
    """Buses that carry, until the block ends; both kitchens are attended and every end is ready."""
    tasks = [asyncio.create_task(bus.run()) for bus in buses]
    try:
        for bus in buses:
            bus.attend(ONE)
            bus.attend(TWO)
        async with asyncio.timeout(WAIT_S):
            while any(bus.trouble for bus in buses):  # noqa: ASYNC110 - a bus has no event for it
                await asyncio.sleep(0.005)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def memory() -> AsyncIterator[tuple[Bus, Bus]]:
    """Two ends of the bus in memory are the same object."""
    bus = MemoryBus()
    async with running(bus):
        yield bus, bus


@asynccontextmanager
async def redis() -> AsyncIterator[tuple[Bus, Bus]]:
    """Two processes are two ends of one Redis."""
    here, there = RedisBus(real_redis(), Metrics()), RedisBus(real_redis(), Metrics())
    async with running(here, there):
        yield here, there


Ends = Callable[[], AbstractAsyncContextManager[tuple[Bus, Bus]]]


@pytest.fixture(params=[memory, redis], ids=["memory", "redis"])
def ends(request: pytest.FixtureRequest) -> Ends:
    """Makers of a publishing and a listening end."""
    made: Ends = request.param
    return made


async def test_listener_hears_every_kitchens_newest_hint(ends: Ends) -> None:
    async with ends() as (here, there):
        ear = Ear()
        listen(there, ear)
        for seq in range(1, 21):
            here.publish(ONE, seq)
        here.publish(TWO, 7)
        await ear.hears(ONE, 20)
        await ear.hears(TWO, 7)
        assert ear.newest == {ONE: 20, TWO: 7}


async def test_listener_that_ended_its_subscription_hears_no_more(ends: Ends) -> None:
    async with ends() as (here, there):
        left, stayed = Ear(), Ear()
        end = listen(there, left)
        listen(there, stayed)
        here.publish(ONE, 1)
        await left.hears(ONE, 1)
        end()
        end()
        here.publish(ONE, 2)
        await stayed.hears(ONE, 2)
        assert left.newest == {ONE: 1}


async def test_publishing_without_a_listener_is_no_error(ends: Ends) -> None:
    async with ends() as (here, _):
        here.publish(ONE, 1)
        here.publish(KitchenId("a kitchen:with*odd?letters"), 2**40)
