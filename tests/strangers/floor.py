"""A real server with two kitchens for the strangers' tests; enrols devices and reads, decides nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.strangers.client import Stranger
from tests.strangers.log_copy import LogCopy
from tests.strangers.outbox import Row
from tests.strangers.wire import Frame, goodbye
from tests.support.server_process import PLAN, ServerProcess, server_cli

KITCHEN, OTHER_KITCHEN = "cendana-02", "melati-07"
PIN = "135790"
READING = {"value_c": 80.5, "point": "core", "source": "hand"}


@dataclass
class Office:
    """The first device of a kitchen: its head makes the codes of all others."""

    stranger: Stranger
    head: str
    batch: str


@dataclass
class Floor:
    """A running server with two kitchens, and strangers of them."""

    server: ServerProcess
    folder: Path
    names: Iterator[int] = field(default_factory=count)
    offices: dict[str, Office] = field(default_factory=dict)

    def device(self) -> Stranger:
        """One that has not enrolled yet."""
        return Stranger(self.server.url, self.folder / f"device-{next(self.names)}")

    async def office(self, kitchen: str) -> Office:
        """Enrolled by the operator; knows from the log who is the head of the kitchen."""
        if kitchen not in self.offices:
            stranger = self.device()
            await stranger.enrol(self.server.code(kitchen, "office"))
            events = (await _read_whole(stranger)).events()
            staff = [e["data"] for e in events if e["kind"] == "staff_rostered"]
            head = next(person["staff"] for person in staff if "KEPALA" in person["roles"])
            batch = next(e["subject"] for e in events if e["kind"] == "batch_planned")
            self.offices[kitchen] = Office(stranger, head, batch)
        return self.offices[kitchen]

    async def code(self, kitchen: str = KITCHEN) -> str:
        """A fresh enrolment code."""
        office = await self.office(kitchen)
        await office.stranger.connect()
        name = f"stranger {next(self.names)}"
        args = {"by_staff": office.head, "by_pin": PIN, "name": name}
        value = await office.stranger.ask("enrolment_code", args)
        await office.stranger.close()
        return str(value["code"])

    async def stranger(self, kitchen: str = KITCHEN) -> Stranger:
        """One more device, enrolled."""
        stranger = self.device()
        await stranger.enrol(await self.code(kitchen))
        return stranger

    @contextlib.asynccontextmanager
    async def connected(self, kitchen: str = KITCHEN) -> AsyncIterator[Stranger]:
        """One more device, up to date and listening."""
        stranger = await self.stranger(kitchen)
        await stranger.connect()
        await stranger.catch_up()
        try:
            yield stranger
        finally:
            await stranger.close()

    async def whole_log(self, kitchen: str = KITCHEN) -> LogCopy:
        """Every event of a kitchen from the first on, as one more device reads it."""
        return await _read_whole(await self.stranger(kitchen))

    async def cook(self, stranger: Stranger) -> Cook:
        """Sign the first person with a PIN in on a device, for the first batch of the night."""
        office = await self.office(stranger.identity["kitchen"])
        people = (await stranger.ask("roster", {}))["people"]
        staff = next(person["id"] for person in people if person["has_pin"])
        return Cook(stranger, staff, await stranger.sign_in(staff, PIN), office.batch)


async def _read_whole(reader: Stranger) -> LogCopy:
    reader.copy.begin((await reader.connect())["epoch"])
    await reader.close()
    await reader.connect()  # It says now that it holds the log up to 0: no snapshot is due.
    await reader.catch_up()
    await reader.close()
    return reader.copy


def start_floor(folder: Path) -> Floor:
    """A server with the demo kitchen, and the same plan again in a second one."""
    server = ServerProcess(folder / "server")
    server.prepare()
    _second_kitchen(server, folder)
    server.start()
    return Floor(server, folder)


def _second_kitchen(server: ServerProcess, folder: Path) -> None:
    where = ("--data", str(server.data))
    server_cli("kitchen", "add", OTHER_KITCHEN, "--name", "SPPG Melati 07", *where)
    plan = json.loads(PLAN.read_text()) | {"kitchen": OTHER_KITCHEN, "name": "SPPG Melati 07"}
    (folder / "night.json").write_text(json.dumps(plan))
    (folder / "pins.json").write_text(PLAN.with_name("pins.json").read_text())
    words = ("plan", "import", str(folder / "night.json"), "--demo-pins", "--local-time", "00:20")
    server_cli(*words, *where)


@dataclass
class Cook:
    """A person signed in on a stranger's device, at a batch."""

    stranger: Stranger
    staff: str
    session: str
    batch: str

    def measures(self, **more: Any) -> Frame:
        """A temperature, as a command."""
        who = {"actor": self.staff, "session": self.session}
        return self.stranger.command("record_temperature", self.batch, READING, **who) | more

    def stores(self, command: Frame) -> int:
        """Put a command into the outbox."""
        return self.stranger.outbox.add(json.dumps(command).encode())

    def stored_temperature(self) -> int:
        """Put a temperature into the outbox; its `dseq`."""
        return self.stores(self.measures())


async def say(socket: ClientConnection, frame: Frame | str | bytes) -> None:
    """Send a frame, or what is none."""
    with contextlib.suppress(ConnectionClosed):
        await socket.send(json.dumps(frame) if isinstance(frame, dict) else frame)


async def hear(socket: ClientConnection, kind: str) -> Frame:
    """The next frame of this type."""
    async with asyncio.timeout(20):
        while True:
            frame: Frame = json.loads(await socket.recv())
            if frame["type"] == kind:
                return frame


async def end_of(socket: ClientConnection) -> tuple[str, int]:
    """The goodbye and the close code with which a connection ends."""
    try:
        end = await goodbye(socket, await hear(socket, "goodbye"))
    except ConnectionClosed:
        return "", socket.close_code or 0
    return end.code, end.close


def submit(*rows: Row) -> Frame:
    """A `submit` of these rows, right or wrong."""
    return {"type": "submit", "rows": [row.frame() for row in rows]}


def events_of(stranger: Stranger, command: str) -> list[str]:
    """Kinds of the events that a command has brought."""
    return [event["kind"] for event in stranger.copy.events() if event["command"] == command]


async def over_connections(stranger: Stranger, done: Callable[[], bool]) -> None:
    """Wait for a stranger that serves, whatever becomes of one connection."""
    async with asyncio.timeout(20):
        while not done():
            await stranger.news()
