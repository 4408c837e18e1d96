"""A bridge on a real log, a desk and a real Redis in the test's own loop, and the platform on its other side."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import redis
from redis.asyncio import Redis

from dapur.ids import KitchenId, OutboxId
from server.bridge.bridge import NAME, PLANS, VERSION, Bridge
from server.bridge.inward import Door
from server.bus.platform import RedisPlatform
from server.desk.ports import Unavailable
from server.gateway.services import Services
from server.log.engine import open_engine
from server.log.positions import Lease, Places
from server.log.schema import upgrade
from server.log.sql_log import SqlLog
from server.metrics import Metrics
from server.settings import Alias
from tests.support.databases import sqlite_url
from tests.support.gateway import KITCHEN, Shop, command, open_shop
from tests.support.waiting import until

Said = dict[str, Any]


class Platform:
    """A program of the platform: hears everything under some patterns, and speaks."""

    def __init__(self, url: str) -> None:
        self._client: Redis = Redis.from_url(url)
        self._ear = self._client.pubsub()
        self.heard: list[tuple[str, Said]] = []

    async def listen(self, *patterns: str) -> asyncio.Task[None]:
        """Hear these from now on."""
        await self._ear.psubscribe(*patterns)
        return asyncio.create_task(self._keep_hearing())

    async def _keep_hearing(self) -> None:
        async for said in self._ear.listen():
            if said["type"] == "pmessage":
                self.heard.append((said["channel"].decode(), json.loads(said["data"])))

    def on(self, topic: str) -> list[Said]:
        """What came on the strict channel of a topic."""
        return [said for channel, said in self.heard if channel == strict(topic)]

    async def say(self, topic: str, said: object, kitchen: str = KITCHEN) -> None:
        """Say something on a strict channel."""
        await self.shout(strict(topic, kitchen), said)

    async def shout(self, channel: str, said: object) -> None:
        """Say something on any channel: bytes as they are, else as JSON."""
        await self._client.publish(channel, said if isinstance(said, bytes) else json.dumps(said))

    async def add(self, key: str, said: object, field: str = "message") -> None:
        """Put something into a stream."""
        await self._client.xadd(key, {field: json.dumps(said)})

    async def close(self) -> None:
        """Hang up."""
        with suppress(redis.RedisError, OSError):
            await self._ear.aclose()  # type: ignore[no-untyped-call]  # the library leaves it without types
            await self._client.aclose()


def strict(topic: str, kitchen: str = KITCHEN) -> str:
    """Our own name of a topic."""
    return f"realtime:{kitchen}:{topic}"


def envelope(kind: str, data: object, *, own: str | None = None, **more: object) -> Said:
    """A message of the platform in the strict form."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    said: Said = {"v": 1, "type": kind, "sppgId": KITCHEN, "timestamp": now, "data": data}
    return said | ({} if own is None else {"id": own}) | more


class Rig:
    """Both sides."""

    def __init__(self, shop: Shop, bridge: Bridge, metrics: Metrics, platform: Platform) -> None:
        self.shop = shop
        self.bridge = bridge
        self.metrics = metrics
        self.platform = platform

    async def give(
        self, kind: str, subject: str, args: object, kitchen: KitchenId = KITCHEN
    ) -> None:
        """One command of the server itself."""
        own = command(kind, subject, args, actor="system")
        await self.shop.services.writer.own(kitchen, OutboxId("server-test"), [own])

    def fate(self, topic: str, name: str) -> float:
        """How many of the platform's messages ended so."""
        labels = {"topic": topic, "fate": name}
        found = self.metrics.registry.get_sample_value("dapur_bridge_heard_total", labels)
        return found or 0.0

    async def ended(self, topic: str, name: str, times: int = 1) -> None:
        """Wait until so many messages ended so."""
        await until(lambda: self.fate(topic, name) >= times)

    async def well(self) -> None:
        """Wait until the bridge stands."""
        await until(lambda: not self.bridge.trouble)


async def keep_stepping(bridge: Bridge) -> None:
    """What the app does, without its pauses."""
    try:
        while True:
            with suppress(Unavailable):
                await asyncio.to_thread(bridge.follower.step, int(time.time() * 1000))
            await asyncio.sleep(0.02)
    finally:
        with suppress(Unavailable):
            await asyncio.shield(asyncio.to_thread(bridge.follower.stop))


@asynccontextmanager
async def open_bridge(
    folder: Path,
    url: str,
    aliases: Sequence[Alias] = (),
    *,
    heard: str = "*",
    platform_url: str = "",
) -> AsyncIterator[Rig]:
    """A kitchen's server with a bridge to this Redis, and the platform listening there."""
    database = sqlite_url(folder)
    upgrade(database)
    engine = open_engine(database)
    log = SqlLog(engine)
    platform = Platform(platform_url or url)
    try:
        async with open_shop(log) as shop, asyncio.TaskGroup() as tasks:
            services = shop.services
            bridge = made(services, log, engine, url, aliases)
            door = Door(log, services.readers, services.writer.submit, services.desk.fold, services.now_ms)  # fmt: skip
            work = [tasks.create_task(bridge.run(door)), tasks.create_task(keep_stepping(bridge))]
            with suppress(redis.RedisError):
                work.append(await platform.listen(heard))
            try:
                yield Rig(shop, bridge, services.metrics, platform)
            finally:
                for task in work:
                    task.cancel()
                await asyncio.gather(*work, return_exceptions=True)
    finally:
        await platform.close()
        engine.dispose()


def made(
    services: Services,
    log: SqlLog,
    engine: Any,
    url: str,
    aliases: Sequence[Alias],
    name: str = "here",
) -> Bridge:
    """A bridge of one process."""
    return Bridge(
        RedisPlatform(url, services.metrics),
        aliases,
        log=log,
        places=Places(engine, NAME, version=VERSION),
        leases=(Lease(engine, NAME, name), Lease(engine, PLANS, name)),
        metrics=services.metrics,
        now_ms=services.now_ms,
    )
