"""Rows 28, 29, 30, 33, 34: full, held, broken, old and copied disks of kiosks and of the server."""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from server.log.engine import open_engine
from tests.failures.checking import common_check, receipts_of
from tests.failures.disks import (
    account_for,
    again_as_root,
    fill,
    head_of,
    make_room,
    overwrite,
    small_disk,
)
from tests.failures.kiosk_process import KioskProcess
from tests.failures.kitchen import Place, open_place, scaled
from tests.support.waiting import until

SMALL_KIB = 8 * 1024
HELD_S = scaled(10, 3)
TAPS_MOST = 300
PIN = "135790"


async def tap_until_full(kiosk: KioskProcess, batch: str) -> str:
    """Tap until the disk takes no more; what the kiosk said."""
    for _ in range(TAPS_MOST):
        said = await kiosk.tap("record_temperature", batch, actor="s-nur", value_c=80.0)
        if "disk" in said:
            return str(said["disk"])
    raise AssertionError("the disk never got full")


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_row_28_kiosk_refuses_a_tap_aloud_and_keeps_the_others_when_its_disk_is_full(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if again_as_root(request.node.nodeid):
        return
    with small_disk(tmp_path / "k1", SMALL_KIB) as disk:
        async with open_place(tmp_path) as place:
            kiosk = place.kiosks[0]
            batch = await kiosk.any_batch()
            place.cable_of(kiosk).pull()
            await kiosk.measure(batch, "s-nur")
            fill(disk)
            said = await tap_until_full(kiosk, batch)
            assert "full" in said, said
            before = len(kiosk.confirmed)
            assert (await kiosk.status())["unsent"] == before
            await kiosk.kill()
            make_room(disk)
            await place.reopen(kiosk)
            assert (await kiosk.status())["unsent"] == before
            await place.heal()
            await kiosk.online()
            await kiosk.sign_in("s-nur")
            await kiosk.measure(batch, "s-nur")
            counted = await common_check(place)
            assert counted.applied == counted.confirmed == before + 1


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_row_28_server_answers_nothing_and_loses_nothing_when_its_disk_is_full(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if again_as_root(request.node.nodeid):
        return
    with small_disk(tmp_path / "server", SMALL_KIB) as disk:
        # Its log lines go elsewhere: a full disk under them would hide what it said.
        (disk / "server.log").symlink_to(tmp_path / "server-elsewhere.log")
        async with open_place(tmp_path) as place:
            kiosk, other = place.kiosks
            batch = await kiosk.any_batch()
            await kiosk.measure(batch, "s-nur")
            await kiosk.sent()
            fill(disk)

            def refused() -> bool:
                log = place.server.log()
                return "the log is not available" in log or "a commit is in doubt" in log

            for number in range(TAPS_MOST):
                await kiosk.measure(batch, "s-nur")
                if number % 20 == 0:
                    await asyncio.sleep(0.05)
                if refused():
                    break
            await until(refused, within_s=10)
            await until(lambda: kiosk.seen[-1].state == "offline")
            full_at = head_of(place)
            await kiosk.measure(batch, "s-nur")
            await other.measure(batch, "s-nur")
            await asyncio.sleep(0.5)
            assert head_of(place) == full_at
            assert (await kiosk.status())["unsent"] > 0
            make_room(disk)
            await place.heal()
            counted = await common_check(place)
            assert counted.applied == counted.confirmed


@pytest.mark.slow
async def test_row_29_second_kiosk_on_a_folder_is_refused_and_a_held_file_refuses_taps_aloud(
    tmp_path: Path,
) -> None:
    async with open_place(tmp_path, kiosks=1) as place:
        kiosk = place.kiosks[0]
        batch = await kiosk.any_batch()
        (tmp_path / "k1-again").symlink_to(kiosk.folder)
        second = KioskProcess(tmp_path / "k1-again", "k1-again")
        try:
            with pytest.raises(AssertionError, match="AlreadyRunning"):
                await second.open(place.server.url)
        finally:
            await second.dismiss()
        with closing(sqlite3.connect(kiosk.folder / "store" / "kiosk.db")) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            said = await kiosk.tap("record_temperature", batch, actor="s-nur", value_c=80.0)
            assert "busy" in said["disk"]
            holder.execute("ROLLBACK")
        await kiosk.measure(batch, "s-nur")
        await place.heal()
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == 1


@pytest.mark.slow
async def test_row_29_server_answers_late_and_once_when_another_program_holds_its_file(
    tmp_path: Path,
) -> None:
    async with open_place(tmp_path, kiosks=1) as place:
        kiosk = place.kiosks[0]
        batch = await kiosk.any_batch()
        with closing(sqlite3.connect(place.data / "server.db")) as holder:
            holder.execute("BEGIN IMMEDIATE")
            await kiosk.measure(batch, "s-nur")
            await asyncio.sleep(HELD_S)
            assert (await kiosk.status())["unsent"] == 1
            holder.execute("ROLLBACK")
        await place.heal()
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == 1


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("how", ["pages", "journal", "header"])
async def test_row_30_no_confirmed_tap_is_dropped_in_silence_when_the_kiosks_file_breaks(
    tmp_path: Path, how: str
) -> None:
    dice = random.Random(30)
    async with open_place(tmp_path) as place:
        kiosk = place.kiosks[0]
        batch = await kiosk.any_batch()
        for _ in range(3):
            await kiosk.measure(batch, "s-nur")
        await kiosk.sent()
        place.cable_of(kiosk).pull()
        for _ in range(int(scaled(200, 30))):
            await kiosk.measure(batch, "s-nur")
        await kiosk.kill()
        _break(kiosk.folder / "store" / "kiosk.db", how, dice)
        still_there = _bodies(kiosk.folder / "store")
        await place.reopen(kiosk)
        await place.heal()
        await kiosk.online()
        await all_reported(kiosk)
        account_for(place)
        lost = drop_lost(place, kiosk)
        # What a journal that was cut in the middle of its last commit holds was never committed.
        torn = [tap for tap in lost if tap.encode() in still_there]
        assert len(torn) <= (how == "journal")
        if how != "journal":
            assert list(kiosk.folder.glob("store.damaged-*"))
        counted = await common_check(place)
        assert counted.confirmed >= 3


def _bodies(folder: Path) -> set[bytes]:
    """Ids of the commands whose text lies in the file or its journal."""
    content = b"".join(file.read_bytes() for file in folder.glob("kiosk.db*"))
    return {match[1] for match in re.finditer(rb'\{"id":"([0-9a-f-]{36})","kind":"', content)}


async def all_reported(kiosk: KioskProcess) -> None:
    """Wait until the kiosk has told of every tap that it saved, and all is answered."""
    give_up_s = time.monotonic() + 20
    while (await kiosk.ask("digest"))["salvaged"]:
        assert time.monotonic() < give_up_s, kiosk.log()[-2000:]
        await asyncio.sleep(0.05)
    await kiosk.sent()


def drop_lost(place: Place, kiosk: KioskProcess) -> list[str]:
    """Take taps off the common check that are nowhere: the damage took their very bytes; their ids."""
    engine = open_engine(place.database_url)
    try:
        stored = {str(each.command) for each in receipts_of(engine)}
    finally:
        engine.dispose()
    lost = [tap.command for tap in kiosk.confirmed if tap.command not in stored]
    kiosk.confirmed = [tap for tap in kiosk.confirmed if tap.command in stored]
    return lost


def _break(file: Path, how: str, dice: random.Random) -> None:
    journal = file.with_name("kiosk.db-wal")
    if how == "journal":
        journal.write_bytes(journal.read_bytes()[: journal.stat().st_size // 2])
        return
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if how == "pages":
        overwrite(file, dice, 3)
    else:
        file.write_bytes(dice.randbytes(100) + file.read_bytes()[100:])


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_row_33_kiosk_from_an_old_image_begins_a_new_outbox_and_reports_its_taps(
    tmp_path: Path,
) -> None:
    async with open_place(tmp_path) as place:
        kiosk = place.kiosks[0]
        batch = await kiosk.any_batch()
        await kiosk.measure(batch, "s-nur")
        await kiosk.sent()
        await kiosk.stop()
        image = shutil.copytree(kiosk.folder, tmp_path / "image")
        await place.reopen(kiosk)
        await kiosk.online()
        await kiosk.sign_in("s-nur")
        for _ in range(5):
            await kiosk.measure(batch, "s-nur")
        await kiosk.sent()
        outbox = (await kiosk.status())["outbox"]
        await kiosk.kill()
        shutil.rmtree(kiosk.folder)
        shutil.copytree(image, kiosk.folder)
        place.cable_of(kiosk).pull()
        await place.reopen(kiosk)
        await kiosk.sign_in("s-nur")
        forked = [await kiosk.measure(batch, "s-nur", 81.0) for _ in range(2)]
        await place.heal()
        await until(lambda: "the outbox is set aside" in kiosk.log())
        await kiosk.online()
        await all_reported(kiosk)
        assert (await kiosk.status())["outbox"] != outbox
        assert set(forked) <= account_for(place), "a tap of the old image is in no inbox"
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == 6


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_row_34_copied_disk_is_thrown_out_with_an_alarm_and_mixes_nothing(
    tmp_path: Path,
) -> None:
    async with open_place(tmp_path) as place:
        kiosk, other = place.kiosks
        batch = await kiosk.any_batch()
        await kiosk.measure(batch, "s-nur")
        await kiosk.sent()
        await kiosk.stop()
        shutil.copytree(kiosk.folder, tmp_path / "twin", ignore=shutil.ignore_patterns("*.lock"))
        await place.reopen(kiosk)
        await kiosk.online()
        await kiosk.sign_in("s-nur")
        twin = await place.prepare_kiosk("twin")
        place.cable_of(twin).pull()
        await place.reopen(twin)
        await twin.sign_in("s-nur")
        mine = await kiosk.measure(batch, "s-nur", 81.0)
        await kiosk.sent()
        copied = [await twin.measure(batch, "s-nur", 82.0) for _ in range(2)]
        place.cable_of(twin).plug()
        await throw_each_other_out(place, kiosk, twin)
        await kiosk.stop()
        await twin.online()
        await all_reported(twin)
        assert "the outbox is set aside" in twin.log()
        assert set(copied) <= account_for(place)
        assert mine not in {tap.command for tap in twin.confirmed}
        await twin.sign_in("s-nur")
        await twin.measure(batch, "s-nur")
        await place.reopen(kiosk)
        await kiosk.online()
        await twin.stop()
        assert (await other.status())["line"] == "online"
        await kiosk.online()
        await common_check(place)


async def throw_each_other_out(place: Place, *twins: KioskProcess) -> None:
    """Both want the line until the server sees that one key is in two places."""
    give_up_s = time.monotonic() + 30
    while "a cloned key" not in place.server.log():
        assert time.monotonic() < give_up_s, place.server.log()[-3000:]
        for kiosk in twins:
            await kiosk.ask("nudge")
        await asyncio.sleep(0.1)
