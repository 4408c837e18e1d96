"""Row 7: a server is stopped with taps in its buffers, the kiosk goes to another one, then the first wakes up."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from server.log.engine import open_engine
from tests.failures.checking import common_check, receipts_of
from tests.failures.kitchen import Place, open_place, scaled
from tests.support.waiting import until

ASLEEP_S = scaled(30, 2)
TAPS = 5
TRIES = 100


async def stop_between_writes(place: Place) -> None:
    """SIGSTOP the first server while it holds no lock on the database.

    SQLite has one write lock for the whole file, and a process stopped inside a transaction keeps
    it: the other server could write nothing until it wakes. What this row asks needs two that can
    write; servers that must outlive that too have PostgreSQL.
    """
    for _ in range(TRIES):
        os.kill(place.server.pid, signal.SIGSTOP)
        await asyncio.sleep(0.05)  # a SIGSTOP lands a moment after the call
        with closing(sqlite3.connect(place.data / "server.db", timeout=1.0)) as file:
            try:
                file.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                os.kill(place.server.pid, signal.SIGCONT)
                await asyncio.sleep(0.05)
                continue
            file.rollback()
        return
    raise TimeoutError(f"the server held the write lock at each of {TRIES} looks")


@pytest.mark.slow
@pytest.mark.timeout(int(scaled(180, 60)))
async def test_row_07_taps_are_applied_once_and_in_order_when_a_stopped_server_wakes_up_with_them(
    tmp_path: Path,
) -> None:
    """Stopped for 30 s in the full run, for 2 s in the default one. SQLite is what both servers write."""
    async with open_place(tmp_path) as place:
        kiosk, other = place.kiosks
        cable = place.cable_of(kiosk)
        second = place.second_server()
        place.cable_of(other).target = second.port
        await place.redial(other)
        batch = await kiosk.any_batch()
        await stop_between_writes(place)
        try:
            taps = [await kiosk.measure(batch, "s-nur", 80.0 + n) for n in range(TAPS)]
            await asyncio.sleep(0.3)  # they cross the cable into the stopped server's socket
            cable.target = second.port
            before = len(kiosk.seen)
            cable.leave_hanging()
            await until(lambda: len(kiosk.seen) > before)
            await kiosk.online()
            await kiosk.sent()
            taps += [await kiosk.measure(batch, "s-nur", 90.0 + n) for n in range(TAPS)]
            await kiosk.sent()
            await asyncio.sleep(ASLEEP_S)
        finally:
            os.kill(place.server.pid, signal.SIGCONT)
        # Awake it decides the old taps, meets the other's commit, and decides again.
        await asyncio.sleep(1.0)
        taps += [await kiosk.measure(batch, "s-nur", 70.5)]
        await place.heal()
        counted = await common_check(place)
        assert counted.applied == counted.confirmed
        engine = open_engine(place.database_url)
        try:
            seqs: dict[str, int] = {each.command: each.seq for each in receipts_of(engine)}
        finally:
            engine.dispose()
        order = [seqs[tap] for tap in taps]
        assert order == sorted(order)
