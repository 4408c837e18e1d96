"""What the fan-out has to read is read for many kitchens at once, and one that fails takes no other along."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import pytest
from typing_extensions import override

from dapur.envelope import GENESIS
from dapur.ids import ConnectionId, KitchenId
from dapur.wire.messages import GoodbyeCode
from server.bus.memory import MemoryBus
from server.desk.ports import Since, StoredSnapshot, Unavailable
from server.gateway.fanout import Fanout
from server.metrics import Metrics
from tests.support.fake_log import FakeLog
from tests.support.groups import group

KITCHENS = tuple(KitchenId(f"k-{number}") for number in range(4))


class Ear:
    """Hears what a kiosk would."""

    def __init__(self, name: str) -> None:
        self.id = ConnectionId(name)
        self.heard: list[int] = []
        self.ended: list[GoodbyeCode] = []

    def forward(self, first: int, last: int, frame: bytes) -> None:
        assert frame
        self.heard += range(first, last + 1)

    def overflowed(self) -> None:
        raise AssertionError("there is room")

    def end(self, code: GoodbyeCode, *, retry_after_s: float = 0.0, detail: str = "") -> None:
        assert retry_after_s, detail
        self.ended.append(code)


class Asked(FakeLog):
    """Tells what it was asked for, and answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[KitchenId, ...]] = []
        self.answers = threading.Event()
        self.away = False

    @override
    def since(self, wanted: Mapping[KitchenId, tuple[int, int]]) -> dict[KitchenId, Since]:
        self.asked.append(tuple(wanted))
        assert self.answers.wait(10)
        if self.away:
            raise Unavailable("away")
        return super().since(wanted)


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[Asked, Fanout, dict[KitchenId, Ear]]]:
    """A kiosk in each kitchen that knows nothing, and a log of two events each."""
    log = Asked()
    for kitchen in KITCHENS:
        log.create_kitchen(kitchen, epoch="e")
        log.append([group(log, kitchen, [b"1", b"2"])])
    with ThreadPoolExecutor(2) as readers:
        fanout = Fanout(log, readers, Metrics(), MemoryBus())
        ears = {kitchen: Ear(kitchen) for kitchen in KITCHENS}
        for kitchen, ear in ears.items():
            fanout.join(kitchen, "e", 0, GENESIS, ear)
        try:
            yield log, fanout, ears
        finally:
            log.answers.set()


async def until(what: Callable[[], bool]) -> None:
    for _ in range(1000):
        if what():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came to it")


async def test_what_is_wanted_while_one_kitchen_is_read_is_read_together() -> None:
    async with listening() as (log, fanout, ears):
        fanout.heard(KITCHENS[0], 2)
        await until(lambda: bool(log.asked))
        for kitchen in KITCHENS[1:]:
            fanout.heard(kitchen, 2)
        log.answers.set()
        await until(lambda: all(ear.heard == [1, 2] for ear in ears.values()))
        assert log.asked == [KITCHENS[:1], KITCHENS[1:]]
        log.append([group(log, KITCHENS[2], [b"3"])])
        fanout.heard(KITCHENS[2], 3)
        await until(lambda: ears[KITCHENS[2]].heard == [1, 2, 3])


@pytest.mark.expected_log("went to the archive under its kiosks")
async def test_kiosks_of_a_kitchen_that_went_to_the_archive_begin_anew_and_the_others_go_on() -> (
    None
):
    async with listening() as (log, fanout, ears):
        gone = KITCHENS[0]
        log.save_snapshot(gone, StoredSnapshot(2, b"h" * 32, 1, "{}"))
        log.raise_floor(gone, 2)
        log.answers.set()
        for kitchen in KITCHENS:
            fanout.heard(kitchen, 2)
        await until(lambda: all(ears[kitchen].heard == [1, 2] for kitchen in KITCHENS[1:]))
        await until(lambda: ears[gone].ended == [GoodbyeCode.RESTART])
        assert ears[gone].heard == []


@pytest.mark.expected_log("cannot be read")
async def test_kitchens_that_could_not_be_read_are_read_at_the_next_hint() -> None:
    async with listening() as (log, fanout, ears):
        log.away = True
        log.answers.set()
        fanout.heard(KITCHENS[0], 2)
        await until(lambda: fanout._reading is False)
        assert ears[KITCHENS[0]].heard == []
        log.away = False
        fanout.heard(KITCHENS[0], 2)
        await until(lambda: ears[KITCHENS[0]].heard == [1, 2])
