"""Several real server processes on one real PostgreSQL and one real Redis, and kiosks that speak the wire alone."""

from __future__ import annotations

import asyncio
import secrets
import signal
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine
from websockets.exceptions import InvalidHandshake

from dapur.envelope import Command, decode_command
from dapur.ids import DeviceId, KitchenId
from server.cli.context import now_ms
from server.identity.sql_identity import SqlIdentity
from server.log.engine import open_engine
from server.log.sql_log import SqlLog
from server.log.verify import verify
from tests.support.databases import bound_postgres
from tests.support.gateway import Kiosk, command
from tests.support.redis_process import USERS, RedisProcess, own_redis
from tests.support.server_process import ROOT, ServerProcess
from tests.support.waiting import until

DRAIN_S = "0.5"
SETTLED_S = 30.0


class Province:
    """What all server processes of one installation share, and they themselves."""

    def __init__(
        self, folder: Path, redis: RedisProcess, database_url: str, *, bridge: bool = False
    ) -> None:
        """With a `bridge` the platform is at the same Redis."""
        self.redis = redis
        self._bridge = {"DAPUR_BRIDGE": "bus"} if bridge else {}
        self.database_url = database_url
        self.well_told = "ready"
        """What `/readyz` says when nothing is broken."""
        self.engine: Engine = open_engine(database_url)
        self.log = SqlLog(self.engine)
        self.identity = SqlIdentity(self.engine, lambda _kitchen, _staff: frozenset())
        self.servers: list[ServerProcess] = []
        for user in USERS:
            data = folder / user
            data.mkdir()
            self.servers.append(ServerProcess(data, environment=self._environment(user)))

    def another(self, data: Path, *, root: Path) -> ServerProcess:
        """One more server process, of the program in `root`; not started."""
        data.mkdir()
        self.servers.append(ServerProcess(data, environment=self._environment(""), root=root))
        return self.servers[-1]

    def _environment(self, user: str) -> dict[str, str]:
        return {
            "DAPUR_DATABASE": self.database_url,
            "DAPUR_BUS": self.redis.address(user),
            "DAPUR_DRAIN_S": DRAIN_S,
            **self._bridge,
        }

    @asynccontextmanager
    async def opened(self, kiosks: int) -> AsyncIterator[County]:
        """A new kitchen with so many kiosks online, at servers that are well."""
        await self.well()
        county = self.county(kiosks)
        try:
            for kiosk in county.kiosks:
                await kiosk.connect()
                assert kiosk.ended is None, kiosk.ended
            yield county
        finally:
            for kiosk in county.kiosks:
                await kiosk.hang_up()

    def county(self, kiosks: int) -> County:
        """A new kitchen with so many enrolled kiosks, none of them online yet."""
        kitchen = KitchenId(f"k-{secrets.token_hex(4)}")
        self.identity.add_kitchen(kitchen, kitchen)
        self.log.create_kitchen(kitchen, epoch=uuid.uuid4().hex)
        return County(self, kitchen, [self._enrolled(kitchen, n) for n in range(kiosks)])

    def _enrolled(self, kitchen: KitchenId, number: int) -> Kiosk:
        key = Ed25519PrivateKey.generate()
        code = self.identity.new_code(kitchen, f"kiosk {number}", now_ms())
        enrolled = self.identity.enrol(code, key.public_key().public_bytes_raw(), now_ms())
        return Kiosk(self.servers[number % len(self.servers)].url, DeviceId(enrolled.device), key)

    async def well(self) -> None:
        """Wait until every process serves and its bus carries hints."""
        for server in self.servers:
            await self.says(server, self.well_told)

    async def says(self, server: ServerProcess, told: str, *, within_s: float = 15.0) -> None:
        """Wait until `/readyz` says so, with 200."""
        give_up_s = time.monotonic() + within_s
        while (said := await asyncio.to_thread(_asked, server, "readyz")) != (200, told):
            assert time.monotonic() < give_up_s, (said, told, server.log()[-2000:])
            await asyncio.sleep(0.05)

    async def figure(self, server: ServerProcess, name: str) -> float:
        """One figure of `/metrics`; 0 when it is not there yet."""
        _, text = await asyncio.to_thread(_asked, server, "metrics")
        found = [line for line in text.splitlines() if line.startswith(f"{name} ")]
        return float(found[0].rpartition(" ")[2]) if found else 0.0


class County:
    """One kitchen of the province and its kiosks: even ones begin at the first server, odd ones at the second."""

    def __init__(self, province: Province, kitchen: KitchenId, kiosks: list[Kiosk]) -> None:
        self.province = province
        self.kitchen = kitchen
        self.kiosks = kiosks

    @property
    def head(self) -> int:
        """Where the log stands."""
        head = self.province.log.head(self.kitchen)
        assert head is not None
        return head.seq

    async def converged(self, *, within_s: float = SETTLED_S) -> None:
        """Every kiosk has all answers and stands at the head; then everything is compared with the log."""
        await until(
            lambda: all(len(k.results) == len(k.outbox_rows) for k in self.kiosks),
            within_s=within_s,
        )
        seq = self.head
        await until(lambda: all(k.position.seq >= seq for k in self.kiosks), within_s=within_s)
        self.check()

    def check(self) -> None:
        """The common check: every tap once, in each kiosk's order, no gap, all kiosks as the log."""
        findings = list(verify(self.province.engine, [self.kitchen]))
        assert [finding.wrong for finding in findings] == [""]
        head = self.province.log.head(self.kitchen)
        assert head is not None
        assert [k.position.hash for k in self.kiosks] == [head.hash] * len(self.kiosks)
        mine = [decode_command(row.bytes).id for k in self.kiosks for row in k.outbox_rows]
        assert head.seq == len(mine) == len(set(mine)), "every tap makes one event here"
        for kiosk in self.kiosks:
            rows = self.province.log.receipts(self.kitchen, kiosk.outbox, 1, head.seq)
            assert [each.raw for each in rows] == [row.bytes for row in kiosk.outbox_rows]
            assert [each.seq for each in rows] == sorted(each.seq for each in rows)


def tap() -> Command:
    """A tap that always makes one event: no version knows its kind, so a person must look."""
    return command("no_such_kind", "b1", {})


class Roamer:
    """Keeps one kiosk online at whichever server takes it, as a balancer in front of them would."""

    def __init__(self, kiosk: Kiosk, servers: list[ServerProcess]) -> None:
        self.kiosk = kiosk
        self.moves = 0
        self._servers = servers
        self._task = asyncio.create_task(self._roam())

    async def _roam(self) -> None:
        while True:
            with suppress(OSError, InvalidHandshake, TimeoutError, EOFError):
                await self.kiosk.connect()
                await until(lambda: self.kiosk.ended is not None, within_s=600)
            self.moves += 1
            self.kiosk.url = self._servers[self.moves % len(self._servers)].url
            await asyncio.sleep(0.1)

    async def end(self) -> None:
        """Stay where it is."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def _asked(server: ServerProcess, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/{path}", timeout=5) as answer:
            return int(answer.status), answer.read().decode().strip()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode().strip()
    except OSError as error:
        return 0, str(error)


@contextmanager
def open_province(
    folder: Path, *, bridge: bool = False, database_url: str = "", root: Path = ROOT
) -> Iterator[Province]:
    """Two server processes of the program in `root`; what a test breaks it mends itself."""
    with own_redis() as redis:
        sys.stdout.write(f"\nthese rows run on {redis.version}\n")
        province = Province(folder, redis, database_url or bound_postgres(), bridge=bridge)
        if database_url:
            # A test's own database has one role, and that may do everything.
            province.well_told = "degraded: the database role is not bound"
        try:
            for server in province.servers:
                server.root = root
                server.start()
            yield province
        finally:
            for server in province.servers:
                server.kill()
            province.engine.dispose()


def signalled(server: ServerProcess, how: signal.Signals) -> None:
    """Stop a server process or let it go on."""
    process = server._process
    assert process is not None
    process.send_signal(how)
