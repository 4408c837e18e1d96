"""The bridge between real processes: killed after telling, without Redis, twice as many ears, fed nonsense."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import delete

from dapur.envelope import decode_event
from dapur.ids import KitchenId
from dapur.notice import NOTICES_KEPT
from server.bridge.bridge import NAME, VERSION
from server.desk.failpoint import EXIT_CODE
from server.desk.folding import load
from server.log.engine import open_engine, writing
from server.log.tables import follower_lease
from tests.failures.kitchen import KITCHEN, scaled
from tests.failures.platform import Ear, Hand, word
from tests.failures.province import Province, open_province
from tests.support.databases import positions_of
from tests.support.redis_process import own_redis
from tests.support.server_process import ServerProcess
from tests.support.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(int(scaled(400, 120)))]

TOLD_S = 30.0
"""The log is followed once a second; a loaded machine needs longer."""
LEASE_S = 60.0


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    with open_province(tmp_path_factory.mktemp("province"), bridge=True) as opened:
        yield opened


class Town:
    """One kitchen of a province, a hand in its log and the platform's ear."""

    def __init__(self, province: Province) -> None:
        self.county = province.county(0)
        self.kitchen = self.county.kitchen
        self.hand = Hand(province.log, self.kitchen)
        self.ear = Ear(province.redis.port, self.kitchen)

    def values(self) -> list[float]:
        """Temperatures as the platform heard them."""
        return [said["data"]["temperature"] for said in self.ear.ours("production:temperature")]


@asynccontextmanager
async def opened(province: Province) -> AsyncIterator[Town]:
    """A kitchen of which the platform has heard the beginning."""
    await province.well()
    town = Town(province)
    try:
        await until(town.ear.ready.is_set)
        town.hand.begin()
        await until(lambda: len(town.ear.ours("production:status")) == 1, within_s=TOLD_S)
        yield town
    finally:
        town.ear.end()


def brought(province: Province, kitchen: KitchenId) -> int:
    """Events that the bridge brought into a log; the clock raises alerts of its own meanwhile."""
    entries = province.log.read(kitchen, 0, limit=10_000)
    return sum(decode_event(entry.body).command.startswith("bridge-") for entry in entries)


async def fate(province: Province, topic: str, name: str) -> float:
    """How many messages of the platform ended so at all servers together."""
    figure = f'dapur_bridge_heard_total{{fate="{name}",topic="{topic}"}}'
    return sum([await province.figure(server, figure) for server in province.servers])


async def taken(province: Province) -> float:
    """How many notices are known to be in the log, by whichever process."""
    fates = [await fate(province, "system:notice", name) for name in ("applied", "already")]
    return sum(fates)


async def fated(province: Province, topic: str, name: str, times: float) -> None:
    """Wait until so many ended so."""
    async with asyncio.timeout(TOLD_S):
        while await fate(province, topic, name) < times:  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("how", ["killed", "frozen"][: int(scaled(2, 1))])
async def test_what_is_to_be_said_waits_for_redis_and_comes_in_order(
    province: Province, how: str
) -> None:
    async with opened(province) as town:
        town.hand.measure(70)
        await until(lambda: town.values() == [70], within_s=TOLD_S)
        trouble = {"killed": "away", "frozen": "silent"}[how]
        (province.redis.kill if how == "killed" else province.redis.freeze)()
        try:
            for server in province.servers:
                told = f"degraded: the bus is {trouble}, the bridge is {trouble}"
                await province.says(server, told)
            assert [
                await province.figure(each, "dapur_bridge_up") for each in province.servers
            ] == [0, 0]
            for value in range(71, 81):
                town.hand.measure(value)
            await asyncio.sleep(scaled(30, 0))
        finally:
            (province.redis.start if how == "killed" else province.redis.thaw)()
        await province.well()
        # Pub/sub keeps nothing: what was said before the platform's own ear is back it has lost.
        await until(lambda: town.values()[-1:] == [80], within_s=TOLD_S + LEASE_S)
        heard = town.values()
        assert heard[1:] == sorted(heard[1:])
        if how == "frozen":
            assert set(heard) == set(range(70, 81))


async def test_word_that_every_process_hears_twice_is_taken_once(province: Province) -> None:
    count = int(scaled(200, 20))
    async with opened(province) as town:
        began = await taken(province)
        channel = f"realtime:{town.kitchen}:system:notice"
        for number in range(count):
            said = word(town.kitchen, f"kabar {number}", own=f"{town.kitchen}-{number}")
            for _ in range(2):
                province.redis.ask("PUBLISH", channel, json.dumps(said))
        await until(lambda: brought(province, town.kitchen) >= count, within_s=TOLD_S)
        async with asyncio.timeout(TOLD_S):
            while await taken(province) < began + 4 * count:  # noqa: ASYNC110 - another process counts
                await asyncio.sleep(0.05)
        assert brought(province, town.kitchen) == count
        assert len(load(province.log, town.kitchen).kitchen.notices) == min(count, NOTICES_KEPT)


async def test_plan_in_the_stream_is_taken_once_and_acknowledged(province: Province) -> None:
    async with opened(province) as town:
        key = f"realtime:{town.kitchen}:production:plan:stream"
        plan = json.loads((Path(__file__).parents[2] / "resources/demo/night.json").read_bytes())
        plan |= {"kitchen": town.kitchen, "staff": [], "policy": {}, "serving_date": "2026-11-01"}
        plan["batches"] = [batch | {"crew": []} for batch in plan["batches"]]
        said = {
            "v": 1,
            "type": "production.plan",
            "id": "p-1",
            "sppgId": town.kitchen,
            "data": plan,
        }
        started = await fate(province, "production:plan", "refused")
        for _ in range(2):
            province.redis.ask("XADD", key, "*", "message", json.dumps(said))
        # Another night is open: the plan is refused whole, and its entries are done.
        await fated(province, "production:plan", "refused", started + 2)
        await until(lambda: province.redis.ask("XPENDING", key, "dapur")["pending"] == 0)
        assert brought(province, town.kitchen) == 0

        fresh = province.county(0)
        key = f"realtime:{fresh.kitchen}:production:plan:stream"
        plan |= {"kitchen": fresh.kitchen}
        said |= {"sppgId": fresh.kitchen, "data": plan}
        began = await fate(province, "production:plan", "already")
        for _ in range(2):
            province.redis.ask("XADD", key, "*", "message", json.dumps(said))
        await fated(province, "production:plan", "already", began + 1)
        assert brought(province, fresh.kitchen) == 1 + len(plan["batches"])


GARBAGE: tuple[tuple[str, bytes], ...] = (
    ("not_json", b"{"),
    ("not_json", b"\xff\xfe"),
    ("no_object", b"[1]"),
    ("too_large", b'{"message":"' + b"9" * 1_000_000 + b'"}'),
    ("no_tenant", b'{"type":"x","data":{"message":"hai"}}'),
    ("tenant", json.dumps(word("kitchen-b", "hai")).encode()),
    ("no_text", json.dumps(word("HERE", "")).encode()),
)


async def test_garbage_changes_nothing_and_is_counted(province: Province) -> None:
    async with opened(province) as town:
        servers = len(province.servers)
        counted: dict[str, float] = {}
        before = {why: await fate(province, "system:notice", why) for why, _ in GARBAGE}
        for why, said in GARBAGE:
            channel = f"realtime:{town.kitchen}:system:notice"
            province.redis.ask("PUBLISH", channel, said.replace(b"HERE", town.kitchen.encode()))
            counted[why] = counted.get(why, 0) + servers
        strange = json.dumps(word("nowhere", "hai"))
        unknown = await fate(province, "system:notice", "unknown_kitchen")
        province.redis.ask("PUBLISH", "realtime:nowhere:system:notice", strange)
        for why, times in counted.items():
            await fated(province, "system:notice", why, before[why] + times)
        await fated(province, "system:notice", "unknown_kitchen", unknown + servers)
        assert brought(province, town.kitchen) == 0
        assert province.log.head(KitchenId("nowhere")) is None
        # One line for each kind of fault, however often it comes.
        log = province.servers[0].log()
        assert log.count("dropped a message of the platform") <= 2 * len(counted) + 4


async def test_server_killed_after_telling_tells_the_same_again_and_leaves_nothing_out(
    tmp_path: Path,
) -> None:
    with own_redis() as place:
        url = f"redis://127.0.0.1:{place.port}/0"
        server = ServerProcess(
            tmp_path, environment={"DAPUR_BRIDGE": url, "DAPUR_FAIL": "after_told"}
        )
        server.prepare()
        ear = Ear(place.port, KITCHEN)
        try:
            await until(ear.ready.is_set)
            server.start()
            process = server._process
            assert process is not None
            await until(lambda: process.poll() is not None, within_s=TOLD_S)
            assert process.returncode == EXIT_CODE
            first = [said["id"] for _, said in ear.heard]
            assert first
            assert position(tmp_path) == 0

            if scaled(0, 1):
                forget_lease(tmp_path)
            server._environment.pop("DAPUR_FAIL")
            server.start()
            await until(lambda: position(tmp_path) > 0, within_s=TOLD_S + LEASE_S)
            await until(lambda: len(ear.heard) >= 2 * len(first), within_s=TOLD_S)
            ids = [said["id"] for _, said in ear.heard]
            assert ids[len(first) : 2 * len(first)] == first
            seqs = [said["seq"] for _, said in ear.heard[len(first) :]]
            assert seqs == sorted(seqs)
        finally:
            ear.end()
            server.kill()


def position(data: Path) -> int:
    """Where the bridge stands, by the server's own file."""
    engine = open_engine(f"sqlite:///{data / 'server.db'}")
    try:
        return positions_of(engine, NAME, VERSION).get(KitchenId(KITCHEN), -1)
    finally:
        engine.dispose()


def forget_lease(data: Path) -> None:
    """As if its time were over: the whole wait is in `make failures`."""
    engine = open_engine(f"sqlite:///{data / 'server.db'}")
    try:
        with writing(engine) as connection:
            connection.execute(delete(follower_lease))
    finally:
        engine.dispose()
