"""Row 31: pages of the server's SQLite file are overwritten; it stops answering, and a backup comes back whole."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from tests.failures.checking import common_check
from tests.failures.disks import overwrite
from tests.failures.kitchen import Place, open_place
from tests.support.server_process import ROOT, server_cli

ALL_PAGES = 1_000_000


def readiness(place: Place) -> tuple[int, str]:
    """What `/readyz` says."""
    try:
        address = f"http://127.0.0.1:{place.server.port}/readyz"
        with urllib.request.urlopen(address, timeout=5) as answer:
            return int(answer.status), answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def refused_start(place: Place) -> str:
    """What the server says that does not start."""
    words = [sys.executable, "-m", "server", "run", "--data", str(place.data)]
    done = subprocess.run(
        [*words, "--listen", "127.0.0.1:0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    return done.stderr


def epoch_of(place: Place) -> str:
    """Which life of the log the first kiosk last heard of."""
    file = place.kiosks[0].folder / "store" / "kiosk.db"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        return str(db.execute("SELECT epoch FROM position").fetchone()[0])


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_row_31_damaged_log_is_not_served_and_its_backup_comes_back_with_the_kiosks_taps(
    tmp_path: Path,
) -> None:
    async with open_place(tmp_path) as place:
        kiosk, other = place.kiosks
        batch = await kiosk.any_batch()
        await kiosk.measure(batch, "s-nur")
        await kiosk.sent()
        file, backup = place.data / "server.db", tmp_path / "backup"
        data = ("--data", str(place.data))
        await asyncio.to_thread(server_cli, "backup", str(backup), *data)
        await kiosk.measure(batch, "s-nur")
        await other.measure(batch, "s-nur")
        await kiosk.sent()
        await other.sent()
        overwrite(file, random.Random(31), ALL_PAGES)
        give_up_s = time.monotonic() + 20
        while (said := await asyncio.to_thread(readiness, place))[0] == 200:
            assert time.monotonic() < give_up_s, f"it goes on: {said}"
            await kiosk.measure(batch, "s-nur")
            await asyncio.sleep(0.05)
        assert said == (503, "not ready: the database file is damaged\n")
        assert "move it aside and restore a backup" in place.server.log()
        await kiosk.measure(batch, "s-nur")
        assert (await kiosk.status())["unsent"] > 0
        place.server.kill()
        assert "move it aside and restore a backup" in await asyncio.to_thread(refused_start, place)
        for each in list(place.data.glob("server.db*")):
            each.rename(tmp_path / f"damaged-{each.name}")
        before = epoch_of(place)
        # The third kiosk of this kitchen is enrolled and lies in a drawer: nobody waits for it here.
        words = ("restore", str(backup), "--devices-checked", "--wait", "0", *data)
        await asyncio.to_thread(server_cli, *words)
        place.server.start()
        await place.heal()
        counted = await common_check(place)
        assert counted.applied == counted.confirmed > 4
        assert epoch_of(place) != before
