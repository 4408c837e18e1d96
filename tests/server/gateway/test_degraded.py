"""A server whose bus carries nothing: it stays in the balancer, says so, and its poll does the work."""

from __future__ import annotations

import asyncio
import urllib.request

from typing_extensions import override

from dapur.ids import KitchenId
from server.bus.memory import MemoryBus
from tests.support.fake_log import FakeLog
from tests.support.gateway import KITCHEN, OTHER_KITCHEN, Shop, open_shop


class DeafBus(MemoryBus):
    """Carries nothing while there is trouble, and remembers who is attended."""

    def __init__(self, trouble: str = "") -> None:
        super().__init__()
        self.trouble = trouble
        self.attended: set[KitchenId] = set()

    @override
    def publish(self, kitchen: KitchenId, seq: int) -> None:
        """Tell those who listen, unless there is trouble."""
        if not self.trouble:
            super().publish(kitchen, seq)

    @override
    def attend(self, kitchen: KitchenId) -> None:
        """Remember it."""
        self.attended.add(kitchen)

    @override
    def leave(self, kitchen: KitchenId) -> None:
        """Forget it."""
        self.attended.discard(kitchen)


async def readiness(shop: Shop) -> tuple[int, str]:
    """What `/readyz` says."""
    url = shop.url.replace("ws:", "http:") + "readyz"

    def ask() -> tuple[int, str]:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status), answer.read().decode()

    return await asyncio.to_thread(ask)


async def test_server_stays_ready_and_says_what_is_wrong_when_its_bus_is_away() -> None:
    bus = DeafBus("away")
    async with open_shop(bus=bus) as shop:
        assert await readiness(shop) == (200, "degraded: the bus is away\n")
        shop.services.troubles = (lambda: "the bridge is full", lambda: "")
        told = "degraded: the bus is away, the bridge is full\n"
        assert await readiness(shop) == (200, told)
        bus.trouble = ""
        assert await readiness(shop) == (200, "degraded: the bridge is full\n")
        shop.services.troubles = ()
        assert await readiness(shop) == (200, "ready\n")


async def test_server_attends_a_kitchen_from_its_first_kiosk_to_its_last() -> None:
    bus = DeafBus()
    async with open_shop(bus=bus) as shop:
        assert bus.attended == set()
        one, two = await shop.kiosk("k-1").connect(), await shop.kiosk("k-2").connect()
        assert bus.attended == {KITCHEN}
        other = await shop.kiosk("k-3", OTHER_KITCHEN).connect()
        assert bus.attended == {KITCHEN, OTHER_KITCHEN}
        await one.hang_up()
        await other.hang_up()
        await two.until(lambda: bus.attended == {KITCHEN})
        await two.hang_up()
        await two.until(lambda: not bus.attended)


async def test_poll_finds_what_no_hint_told_and_counts_it() -> None:
    log = FakeLog()
    async with (
        open_shop(log, bus=DeafBus("away")) as here,
        open_shop(log, bus=DeafBus("away"), identity=here.identity) as there,
    ):
        kiosk = await there.kiosk().connect()
        await here.notice("somewhere else")
        await there.services.fanout.poll()
        await kiosk.reached(1)
        found = there.services.metrics.registry.get_sample_value("dapur_poll_repairs_total")
        assert found == 1
