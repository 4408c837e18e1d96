"""The rig itself: it taps, kills, cuts and checks; and its check finds what is wrong."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.failures.checking import common_check
from tests.failures.kitchen import KITCHEN, Place, open_place


async def test_two_kiosks_converge_after_a_busy_minute(tmp_path: Path) -> None:
    async with open_place(tmp_path) as place:
        for number, kiosk in enumerate(place.kiosks):
            await kiosk.ask("work", seed=number, pin="135790", taps=40)
        counted = await common_check(place)
        assert counted.confirmed >= 80
        assert counted.applied + counted.refused == counted.confirmed


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (
            "DELETE FROM event WHERE kitchen = ? AND seq = 40",
            "event 41 does not follow 39",
        ),
        (
            """UPDATE receipt SET command = (SELECT min(command) FROM receipt) WHERE kitchen = ? AND
            rowid = (SELECT max(rowid) FROM receipt WHERE outbox NOT LIKE 'server%')""",
            "commands with two receipts",
        ),
    ],
)
async def test_check_finds_a_damaged_log(tmp_path: Path, damage: str, found: str) -> None:
    async with open_place(tmp_path, kiosks=1) as place:
        await _tap_once(place)
        place.server.stop()
        with closing(sqlite3.connect(place.data / "server.db")) as db, db:
            db.execute(damage, (KITCHEN,))
        with pytest.raises(Exception, match=found):
            await common_check(place)


async def test_check_finds_a_lost_tap(tmp_path: Path) -> None:
    async with open_place(tmp_path, kiosks=1) as place:
        kiosk = place.kiosks[0]
        await _tap_once(place)
        kiosk.confirmed.append(kiosk.confirmed[-1].__class__("k1", "nowhere", "x", 1, "", ""))
        with pytest.raises(AssertionError, match="1 confirmed taps are lost"):
            await common_check(place)


async def _tap_once(place: Place) -> None:
    kiosk = place.kiosks[0]
    batch = next(iter((await kiosk.batches()).values()))
    await kiosk.measure(batch, "s-nur")
    await kiosk.sent()
