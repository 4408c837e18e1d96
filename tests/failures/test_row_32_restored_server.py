"""Row 32: an old backup takes the server's place; kiosks bring back the events that it lacks, then their taps."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from dapur.envelope import decode_event
from dapur.ids import KitchenId
from dapur.kitchen import SERVER_DEVICE
from server.log.engine import open_engine
from server.log.recovery import SqlRecoveries
from server.log.sql_log import SqlLog
from tests.failures.checking import common_check
from tests.failures.kiosk_process import KioskProcess
from tests.failures.kitchen import KITCHEN, Place, open_place
from tests.failures.odd_server import FAULT
from tests.support.server_process import PROGRAM, server_cli

ALL = 1_000_000
PROVED_S = 30.0
SIGNED = {PROGRAM: "tests.failures.odd_server", FAULT: "often_signed"}


def bodies(file: Path) -> list[bytes]:
    """Every event of the kitchen in this database."""
    engine = open_engine(f"sqlite:///{file}")
    try:
        return [entry.body for entry in SqlLog(engine).read(KitchenId(KITCHEN), 0, limit=ALL)]
    finally:
        engine.dispose()


def proved(kiosk: KioskProcess) -> int:
    """How far this kiosk can prove that the log goes."""
    with closing(sqlite3.connect(kiosk.folder / "store" / "kiosk.db")) as db:
        row = db.execute("SELECT value FROM meta WHERE key = 'signed'").fetchone()
    return 0 if row is None else int(json.loads(row[0])["head"])


def by_server(events: list[bytes]) -> int:
    """How many of these the server itself has logged."""
    return sum(decode_event(event).device == SERVER_DEVICE for event in events)


def waits(file: Path) -> bool:
    """Whether the kitchen waits for its kiosks."""
    engine = open_engine(f"sqlite:///{file}")
    try:
        return bool(SqlRecoveries(engine).open())
    finally:
        engine.dispose()


def burn(file: Path) -> None:
    """Nothing is left of a database."""
    for end in ("", "-wal", "-shm"):
        Path(f"{file}{end}").unlink(missing_ok=True)


class Scene:
    """A kitchen, the command line beside it, and the log that is going to be lost."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.data = ("--data", str(place.data))
        self.file = place.data / "server.db"

    async def cli(self, *words: str) -> str:
        """What the operator types."""
        return await asyncio.to_thread(server_cli, *words, *self.data)

    async def all_prove(self, *kiosks: KioskProcess, beyond: int) -> list[bytes]:
        """Wait until these can prove the whole log; it."""
        give_up_s = time.monotonic() + PROVED_S
        while True:
            events = await asyncio.to_thread(bodies, self.file)
            far = [proved(kiosk) for kiosk in kiosks]
            if len(events) > beyond and far == [len(events)] * len(kiosks):
                return events
            assert time.monotonic() < give_up_s, (far, len(events), beyond)
            await asyncio.sleep(0.1)

    async def lose(self, kiosk: KioskProcess) -> None:
        """A kiosk falls into the soup."""
        await kiosk.kill()
        number = self.place.kiosks.index(kiosk)
        del self.place.kiosks[number]
        await self.place.cables.pop(number).close()

    async def restore(self, backup: Path, *words: str) -> str:
        """The server burns, another one begins with the backup."""
        self.place.server.kill()
        burn(self.file)
        told = await self.cli("restore", str(backup), "--stopped", "--devices-checked", *words)
        self.place.restart_server(SIGNED)
        return told

    async def is_back(self) -> str:
        """Wait until the kitchen is served again; the report."""
        give_up_s = time.monotonic() + 30
        while await asyncio.to_thread(waits, self.file):
            assert time.monotonic() < give_up_s, self.place.server.log()[-3000:]
            for kiosk in self.place.kiosks:
                await kiosk.ask("nudge")
            await asyncio.sleep(0.1)
        await self.place.heal()
        for kiosk in self.place.kiosks:
            await kiosk.sent()
        return await self.cli("recovery", "show", "--kitchen", KITCHEN)


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_row_32_restored_server_has_the_log_again_that_its_kiosks_hold(
    tmp_path: Path,
) -> None:
    async with open_place(tmp_path, kiosks=3, environment=SIGNED) as place:
        scene, (first, second, third) = Scene(place), place.kiosks
        batch = await first.any_batch()
        await first.measure(batch, "s-nur", 80.5)
        await first.sent()
        await scene.cli("backup", str(tmp_path / "kept.db"))
        kept = len(await asyncio.to_thread(bodies, tmp_path / "kept.db"))

        mine = [await first.measure(batch, "s-nur", 81.5), await second.measure(batch, "s-nur", 82)]
        lost = [await third.measure(batch, "s-nur", value) for value in (83.5, 84.5)]
        await third.sent()
        plan = json.loads((Path(place.folder) / "own.json").read_text("utf-8"))
        plan["batches"][0]["pk"] += 7
        changed = tmp_path / "changed.json"
        changed.write_text(json.dumps(plan), "utf-8")
        await scene.cli("plan", "import", str(changed), "--local-time", "00:20")
        events = await scene.all_prove(first, second, beyond=kept + 4)
        device = json.loads((third.folder / "identity.json").read_text("utf-8"))["device"]
        await scene.lose(third)
        assert by_server(events[kept:]) > 0

        told = await scene.restore(tmp_path / "kept.db", "--revoke", device)
        assert "its 2 kiosks" in told
        offline = await first.measure(batch, "s-nur", 85.5)
        told = await scene.is_back()
        assert f"brought as events: {kept + 1} to {len(events)}" in told, told
        assert "nobody held" not in told
        assert "over: all kiosks came" in told
        now = await asyncio.to_thread(bodies, scene.file)
        assert now[: len(events)] == events, "nothing is there twice, nothing is gone"
        taken = [decode_event(event).command for event in now]
        assert {*mine, *lost, offline} <= set(taken)
        await common_check(place)


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_row_32_report_names_what_nobody_held(tmp_path: Path) -> None:
    """Both kiosks lack the first events behind the backup: one has kept the newest only, the other is lost."""
    async with open_place(tmp_path, environment=SIGNED) as place:
        scene, (first, second) = Scene(place), place.kiosks
        batch = await first.any_batch()
        await scene.cli("backup", str(tmp_path / "kept.db"))
        kept = len(await asyncio.to_thread(bodies, tmp_path / "kept.db"))
        lost = [await second.measure(batch, "s-nur", value) for value in (83.5, 84.5)]
        mine = await first.measure(batch, "s-nur", 81.5)
        await asyncio.gather(first.sent(), second.sent())
        events = await scene.all_prove(first, beyond=kept + 2)
        await scene.lose(second)
        await first.kill()
        with closing(sqlite3.connect(first.folder / "store" / "kiosk.db")) as db, db:
            db.execute("DELETE FROM event WHERE seq <= ?", (kept + 1,))

        await scene.restore(tmp_path / "kept.db", "--wait", "2")
        await place.reopen(first)
        told = await scene.is_back()
        assert "over: the time was up" in told, told
        assert f"signed heads prove that the log once went to event {len(events)}" in told
        assert f"nobody held: events {kept + 1} to {len(events)}" in told
        assert f"keeps events from {kept + 2} on, {kept + 1} is wanted" in told
        assert "never came back" in told
        assert "brought as commands: 1 taps" in told
        now = {decode_event(event).command for event in await asyncio.to_thread(bodies, scene.file)}
        assert mine in now
        assert not now & set(lost)
        await common_check(place)
