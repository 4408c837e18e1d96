"""The bus over a real Redis: what it does while Redis is away, moves, or takes nothing; nobody ever waits for it."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from dapur.ids import KitchenId
from dev import die_with_parent
from server.bus import redis as module
from server.bus.redis import RedisBus
from server.metrics import Metrics
from tests.support import servers
from tests.support.gateway import until
from tests.support.redis_process import RedisProcess, own_redis
from tests.support.servers import real_redis

ONE, TWO = KitchenId("sppg-1"), KitchenId("sppg-2")


class Ear:
    """What a bus told."""

    def __init__(self, bus: RedisBus) -> None:
        self.heard: list[tuple[KitchenId, int]] = []
        self.missed: list[KitchenId] = []
        bus.subscribe(lambda kitchen, seq: self.heard.append((kitchen, seq)), self._missed)

    def _missed(self, kitchens: Sequence[KitchenId]) -> None:
        self.missed += kitchens


def fate(metrics: Metrics, name: str) -> float:
    """How many hints ended so."""
    return metrics.registry.get_sample_value("dapur_bus_hints_total", {"fate": name}) or 0.0


@asynccontextmanager
async def running(*buses: RedisBus) -> AsyncIterator[None]:
    """Buses that try to carry until the block ends."""
    tasks = [asyncio.create_task(bus.run()) for bus in buses]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def well(*buses: RedisBus) -> bool:
    """Whether all of them carry hints."""
    return not any(bus.trouble for bus in buses)


async def test_bus_hears_only_the_kitchens_that_are_attended_and_looks_up_each_new_one() -> None:
    here, there = RedisBus(real_redis(), Metrics()), RedisBus(real_redis(), Metrics())
    ear = Ear(there)
    there.attend(ONE)
    async with running(here, there):
        await until(lambda: well(here, there) and ONE in ear.missed)
        here.publish(TWO, 1)
        here.publish(ONE, 1)
        await until(lambda: (ONE, 1) in ear.heard)
        there.attend(TWO)
        await until(lambda: TWO in ear.missed)
        here.publish(TWO, 2)
        await until(lambda: (TWO, 2) in ear.heard)
        there.leave(ONE)
        there.leave(ONE)
        there.attend(KitchenId("sppg-3"))
        await until(lambda: "sppg-3" in ear.missed)
        here.publish(ONE, 3)
        here.publish(TWO, 3)
        await until(lambda: (TWO, 3) in ear.heard)
    assert ear.heard == [(ONE, 1), (TWO, 2), (TWO, 3)]


async def test_bus_does_not_tell_a_process_what_it_said_itself() -> None:
    metrics = Metrics()
    bus, other = RedisBus(real_redis(), metrics), RedisBus(real_redis(), Metrics())
    ear, others = Ear(bus), Ear(other)
    bus.attend(ONE)
    other.attend(ONE)
    async with running(bus, other):
        await until(lambda: well(bus, other))
        bus.publish(ONE, 5)
        await until(lambda: bool(others.heard))
        other.publish(ONE, 6)
        await until(lambda: bool(ear.heard))
    assert ear.heard == [(ONE, 6)]
    assert fate(metrics, "received") == 1


@pytest.fixture
def later(tmp_path: Path) -> Iterator[RedisProcess]:
    """A Redis that nobody has started yet."""
    made = RedisProcess(tmp_path)
    yield made
    made.kill()


@pytest.mark.expected_log("is away: the poll goes on alone")
async def test_bus_keeps_the_newest_hint_of_each_kitchen_and_says_once_that_redis_is_away(
    later: RedisProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "PENDING_MAX", 3)
    monkeypatch.setattr(module, "RETRY_MAX_S", 0.1)
    caplog.set_level(logging.INFO)
    metrics = Metrics()
    here, there = RedisBus(later.address("one"), metrics), RedisBus(later.address(), Metrics())
    ear = Ear(there)
    for number in range(5):
        there.attend(KitchenId(f"k-{number}"))
    async with running(here, there):
        await until(lambda: (here.trouble, there.trouble) == ("away", "away"))
        for seq in (1, 3, 2):
            for number in range(5):
                here.publish(KitchenId(f"k-{number}"), seq)
        assert fate(metrics, "dropped") > 0
        await asyncio.sleep(0.5)
        assert metrics.registry.get_sample_value("dapur_bus_up") == 0
        await asyncio.to_thread(later.start)
        await until(lambda: well(here, there))
        assert metrics.registry.get_sample_value("dapur_bus_up") == 1
        here.publish(KitchenId("k-4"), 9)
        await until(lambda: ("k-4", 9) in ear.heard)
    told = [record.getMessage() for record in caplog.records if record.name == module.__name__]
    assert len([text for text in told if "away" in text]) == 2
    assert len([text for text in told if "carries hints" in text]) == 2
    assert "rahasia" not in caplog.text


@pytest.mark.expected_log("the bus at")
async def test_bus_follows_the_sentinels_to_another_master(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_MAX_S", 0.1)
    with own_redis() as first, own_redis() as second, sentinel(tmp_path, first) as port:
        address = f"redis+sentinel://127.0.0.1:{port}/dapur"
        here, there = RedisBus(address, Metrics()), RedisBus(address, Metrics())
        ear = Ear(there)
        there.attend(ONE)
        async with running(here, there):
            await until(lambda: well(here, there))
            here.publish(ONE, 1)
            await until(lambda: (ONE, 1) in ear.heard)
            # Before it can follow: the way to the other master takes it a tenth of a second.
            ear.missed.clear()
            first.kill()
            moved = RedisProcess(tmp_path)
            moved.port = port
            await asyncio.to_thread(moved.ask, "SENTINEL", "REMOVE", "dapur")
            words = ("SENTINEL", "MONITOR", "dapur", "127.0.0.1", str(second.port), "1")
            await asyncio.to_thread(moved.ask, *words)
            await until(lambda: well(here, there) and set(ear.missed) == {ONE})
            here.publish(ONE, 2)
            await until(lambda: (ONE, 2) in ear.heard)


@contextmanager
def sentinel(room: Path, master: RedisProcess) -> Iterator[int]:
    """A Sentinel that watches this master; its port."""
    program, port = servers.find_redis(), servers.free_port()
    assert program is not None
    file = room / "sentinel.conf"
    file.write_text(
        f"port {port}\nbind 127.0.0.1\ndir {room}\n"
        f"sentinel monitor dapur 127.0.0.1 {master.port} 1\n"
    )
    with (room / "sentinel.log").open("wb") as log:
        process = subprocess.Popen(
            [str(program), str(file), "--sentinel"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - called in the main thread
        )
    try:
        give_up_s = time.monotonic() + servers.READY_WITHIN_S
        while not servers.answers_ping(port):
            assert process.poll() is None, (room / "sentinel.log").read_text()
            assert time.monotonic() < give_up_s, "the Sentinel did not get ready"
            time.sleep(servers.LOOK_EVERY_S)
        yield port
    finally:
        process.kill()
        process.wait(10)
