"""The demo kitchen for a failure: a real server, real kiosks, a bad cable each; opens and closes, checks nothing."""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from dapur.ids import KitchenId
from kiosk.headless import identify, open_vault
from kiosk.settings import Settings
from server import settings as server_settings
from server.cli.context import now_ms, rooms
from tests.failures.cable import Cable
from tests.failures.kiosk_process import PIN, ROOT, Confirmed, KioskProcess
from tests.support.server_process import PLAN, ServerProcess, server_cli
from tests.support.waiting import until

KITCHEN = "cendana-02"
OTHER_KITCHEN = "melati-07"
OTHER_STAFF = "mlt-"
"""Begins the id of everybody in the other kitchen."""
READY_MADE = 3
"""Kiosks that are enrolled before any test; enrolling one costs a start of the operator's program."""
PEOPLE = ("s-hendra", "s-nur", "s-dewi")
WITH_PIN = (*PEOPLE, "s-lilis", "s-yanti", "s-sari", "s-budi", "s-agus")
"""All others of the demo have no PIN here: a hash takes 40 ms, and there are 47 people."""
FULL = os.environ.get("DAPUR_FAILURES_FULL") == "1"
"""`make failures`: waits and counts as in the table of failures; else cut down for every push."""


def scaled(full: float, short: float) -> float:
    """A wait or a count: `full` as the table of failures says, `short` in the default run."""
    return full if FULL else short


class Place:
    """A server, kiosks each on a cable of its own, and what they have confirmed."""

    def __init__(self, folder: Path, server: ServerProcess) -> None:
        self.folder = folder
        self.server = server
        self.kiosks: list[KioskProcess] = []
        self.cables: list[Cable] = []
        self.servers: list[ServerProcess] = [server]
        """All servers on this database; the first is `server`."""

    @property
    def data(self) -> Path:
        """The server's data folder."""
        return self.server.data

    @property
    def database_url(self) -> str:
        """What SQLAlchemy opens."""
        return f"sqlite:///{self.data / 'server.db'}"

    def confirmed(self) -> list[Confirmed]:
        """Every tap that any kiosk confirmed."""
        return [tap for kiosk in self.kiosks for tap in kiosk.confirmed]

    async def prepare_kiosk(
        self, name: str, *, environment: Mapping[str, str] | None = None, root: Path = ROOT
    ) -> KioskProcess:
        """A kiosk on the folder of this name and on a cable; its program runs, the kiosk is not open."""
        cable = Cable(self.server.port, seed=len(self.cables))
        await cable.start()
        kiosk = KioskProcess(self.folder / name, name, environment=environment, root=root)
        self.kiosks.append(kiosk)
        self.cables.append(cable)
        await kiosk.prepare()
        return kiosk

    def cable_of(self, kiosk: KioskProcess) -> Cable:
        """The cable of this kiosk."""
        return self.cables[self.kiosks.index(kiosk)]

    async def reopen(self, kiosk: KioskProcess) -> None:
        """Start a kiosk again that was killed or stopped."""
        await kiosk.open(self.cable_of(kiosk).url)

    async def redial(self, kiosk: KioskProcess) -> None:
        """Cut a kiosk's cable and wait until it is online over a new connection."""
        before = len(kiosk.seen)
        self.cable_of(kiosk).cut()
        await until(lambda: len(kiosk.seen) > before)
        await kiosk.online()

    async def enrol(self, name: str) -> KioskProcess:
        """One more kiosk, with a code as an operator makes it."""
        code = await asyncio.to_thread(self.server.code, KITCHEN, name)
        kiosk = await self.prepare_kiosk(name)
        await kiosk.open(self.cable_of(kiosk).url, code=code)
        return kiosk

    async def heal(self) -> None:
        """All faults end: good cables, every kiosk told that the network is back."""
        for cable in self.cables:
            cable.heal()
        await asyncio.gather(*(each.online() for each in self.kiosks if each.alive))

    def restart_server(self, environment: Mapping[str, str] | None = None) -> None:
        """End the server if it still runs, and start one on the same data and port."""
        self.server.kill()
        port, fresh = self.server.port, dict(environment or {})
        self.server = self.servers[0] = ServerProcess(self.data, environment=fresh)
        self.server.port = port
        self.server.start()

    def second_server(self, environment: Mapping[str, str] | None = None) -> ServerProcess:
        """Another server process on the same database, started."""
        data = self.folder / f"server-{len(self.servers) + 1}"
        data.mkdir()
        other = ServerProcess(
            data, environment={"DAPUR_DATABASE": self.database_url, **(environment or {})}
        )
        self.servers.append(other)
        other.start()
        return other

    async def close(self) -> None:
        """End of the test: kiosks, cables, servers."""
        await asyncio.gather(*(kiosk.dismiss() for kiosk in self.kiosks))
        for cable in self.cables:
            await cable.close()
        for server in self.servers:
            server.kill()


@asynccontextmanager
async def open_place(
    folder: Path,
    *,
    kiosks: int = 2,
    environment: Mapping[str, str] | None = None,
    people: Sequence[str] = PEOPLE,
) -> AsyncIterator[Place]:
    """The demo kitchen served by a real process; `k1`, `k2`, … are online and `people` signed in.

    `environment` is the server's. A second kitchen has a night on the same server, so that its bytes
    could leak. At most READY_MADE kiosks; `Place.enrol` makes more.
    """
    assert kiosks <= READY_MADE
    shutil.copytree(await _template(), folder, dirs_exist_ok=True)
    place = Place(folder, ServerProcess(folder / "server", environment=dict(environment or {})))
    try:
        place.server.start()
        for number in range(1, kiosks + 1):
            await place.prepare_kiosk(f"k{number}")
        await asyncio.gather(*(_open(place, kiosk, people) for kiosk in place.kiosks))
        yield place
    finally:
        await place.close()


async def _open(place: Place, kiosk: KioskProcess, people: Sequence[str]) -> None:
    await place.reopen(kiosk)
    await kiosk.online()
    await kiosk.sign_in(*people)
    await kiosk.sent()


# ---- the template --------------------------------------------------------------------------------


async def _template() -> Path:
    """A server's data with two kitchens and enrolled kiosks, made once for a process of tests."""
    folder = _template_folder()
    if not (folder / "made").exists():
        await _make(folder)
        (folder / "made").touch()
    return folder


@cache
def _template_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="dapur-failures-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


async def _make(folder: Path) -> None:
    server = ServerProcess(folder / "server")
    plan, own, other = PLAN.read_text(encoding="utf-8"), folder / "own.json", folder / "other.json"
    own.write_text(plan, encoding="utf-8")
    (folder / "pins.json").write_text(json.dumps(dict.fromkeys(WITH_PIN, PIN)), encoding="utf-8")
    server.prepare(own)
    plan = plan.replace(KITCHEN, OTHER_KITCHEN).replace('"s-', f'"{OTHER_STAFF}')
    other.write_text(plan, encoding="utf-8")
    words = ("plan", "import", str(other), "--data", str(server.data), "--local-time", "00:20")
    server_cli(*words)
    server.start()
    try:
        for number in range(1, READY_MADE + 1):
            name = f"k{number}"
            with rooms(server_settings.load(server.data)) as opened:
                code = opened.identity.new_code(KitchenId(KITCHEN), name, now_ms())
            settings = Settings(data=folder / name, server=server.url, enrol=code, name=name)
            settings.data.mkdir(mode=0o700)
            await identify(settings, open_vault(settings))
    finally:
        server.stop()
    (server.data / "server.log").unlink()
