"""Hellos that wait go to the door together; one of them harms no other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dapur.envelope import GENESIS
from dapur.ids import DeviceId, KitchenId, OutboxId
from dapur.sync.effects import Identify
from dapur.wire.messages import Claims, GoodbyeCode, Hello
from server.gateway.admission import Door, TurnedAway, Welcomed
from server.gateway.reception import HELLOS, Reception
from tests.support.fake_identity import FakeIdentity
from tests.support.fake_log import FakeLog

KITCHEN, OTHER, EMPTY = KitchenId("k-1"), KitchenId("k-2"), KitchenId("k-without-log")
KNOWN = 3 * HELLOS


def hello(device: str, outbox: str = "o-1") -> Identify:
    claims = Claims(
        DeviceId(device), OutboxId(outbox), 0, GENESIS, "", 0, GENESIS, app="test", states=(1,), sent_ms=1
    )  # fmt: skip
    return Identify(Hello("", b""), claims, b"")


class House:
    """A reception whose thread works when the test lets it."""

    def __init__(self) -> None:
        log, self.identity = FakeLog(), FakeIdentity()
        for kitchen in (KITCHEN, OTHER):
            log.create_kitchen(kitchen, epoch="e-1")
        key = Ed25519PrivateKey.generate()
        for number in range(KNOWN):
            self.identity.add(f"d-{number}", OTHER if number % 2 else KITCHEN, key)
        self.identity.add("d-lost", EMPTY, key)
        door = Door(log, self.identity, lambda: 1, signed=lambda *_: True)
        self.looked_at: list[list[str]] = []
        self.let = asyncio.Event()
        self.poison = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self.reception = Reception(door, self._off_loop, self._spawn)

    async def _off_loop(
        self,
        work: Callable[[Sequence[Identify]], list[Welcomed | TurnedAway]],
        asked: Sequence[Identify],
    ) -> list[Welcomed | TurnedAway]:
        names = [each.claims.device for each in asked]
        self.looked_at.append(list(names))
        await self.let.wait()
        if self.poison in names:
            raise RuntimeError("what nobody foresaw")
        return work(asked)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def comes(self, *devices: str) -> list[asyncio.Task[Welcomed | TurnedAway]]:
        """They say hello in this order; nobody is answered yet."""
        tasks = [
            asyncio.get_running_loop().create_task(self.reception.identify(hello(each)))
            for each in devices
        ]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return tasks

    async def close(self) -> None:
        """As a server that ends."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture
def house() -> House:
    return House()


async def test_who_comes_while_the_door_is_busy_is_looked_at_together(house: House) -> None:
    crowd = [f"d-{number}" for number in range(HELLOS + 20)]
    tasks = await house.comes("d-0")
    tasks += await house.comes(*crowd[1:])
    assert house.looked_at == [["d-0"]]
    house.let.set()
    answers = await asyncio.gather(*tasks)
    assert house.looked_at == [["d-0"], crowd[1 : HELLOS + 1], crowd[HELLOS + 1 :]]
    for device, answer in zip(crowd, answers, strict=True):
        assert isinstance(answer, Welcomed)
        assert answer.record.device == device
        assert answer.admission.kitchen == answer.record.kitchen
    assert {answer.record.kitchen for answer in answers if isinstance(answer, Welcomed)} == {
        KITCHEN,
        OTHER,
    }
    again = await house.comes("d-7")
    assert isinstance(await again[0], Welcomed)


@pytest.mark.expected_log("wrong signature", "has no log")
async def test_each_of_those_looked_at_together_gets_the_answer_that_is_its_own(
    house: House,
) -> None:
    house.identity.revoke(DeviceId("d-2"))
    tasks = await house.comes("d-0", "d-1", "d-2", "stranger", "d-lost", "d-1")
    house.let.set()
    answers = await asyncio.gather(*tasks)
    codes = [each.code if isinstance(each, TurnedAway) else each.record.device for each in answers]
    assert codes == [
        *("d-0", "d-1", GoodbyeCode.REVOKED, GoodbyeCode.UNKNOWN_DEVICE),
        *(GoodbyeCode.UNAVAILABLE, "d-1"),
    ]
    assert house.looked_at == [["d-0", "d-1", "d-2", "stranger", "d-lost", "d-1"]]


async def test_hello_that_nobody_foresaw_shuts_no_other_out(house: House) -> None:
    house.poison = "d-2"
    tasks = await house.comes("d-0", "d-1", "d-2", "d-3")
    house.let.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(each, Welcomed) for each in answers] == [True, True, False, True]
    assert isinstance(answers[2], RuntimeError)
    assert isinstance(await (await house.comes("d-4"))[0], Welcomed)


async def test_who_hung_up_is_not_looked_for(house: House) -> None:
    tasks = await house.comes("d-0")
    tasks += await house.comes("d-1", "d-2")
    tasks[0].cancel()
    tasks[1].cancel()
    await asyncio.sleep(0)
    house.let.set()
    assert isinstance(await tasks[2], Welcomed)
    assert house.looked_at == [["d-0"], ["d-2"]]


async def test_nobody_waits_at_a_server_that_closed(house: House) -> None:
    tasks = await house.comes("d-0")
    tasks += await house.comes("d-1")
    await house.close()
    answers = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
    assert [type(each) for each in answers] == [asyncio.CancelledError] * 2
