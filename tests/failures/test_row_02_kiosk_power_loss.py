"""Row 2: the power of a kiosk goes at any write; every confirmed tap is on its disk and the file is whole."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.local.salvage import FILE_NAME, open_store
from tests.failures.checking import common_check
from tests.failures.disk_trace import TRACE_ENV, Op, read
from tests.failures.kiosk_process import PIN
from tests.failures.kitchen import open_place, scaled
from tests.failures.power import Disk, Fate

TAPS = int(scaled(600, 130))
CUTS = int(scaled(100_000, 250))
FATES = tuple(Fate)


def look(store: Path, confirmed: list[Op]) -> None:
    """The file is whole, nothing was set aside, and every confirmed tap is in it."""
    opened = open_store(store)
    opened.close()
    assert not list(store.parent.glob("*damaged*")), "the power cut broke the file"
    with closing(sqlite3.connect(store / FILE_NAME)) as db:
        ((verdict,),) = db.execute("PRAGMA integrity_check").fetchall()
        rows = dict(db.execute("SELECT id, dseq FROM outbox").fetchall())
    assert verdict == "ok"
    assert [op for op in confirmed if rows.get(op.name) != op.at] == []
    assert sorted(rows.values()) == list(range(1, len(rows) + 1))


@pytest.mark.slow
@pytest.mark.timeout(int(scaled(3600, 120)))
async def test_row_02_confirmed_taps_survive_a_power_cut_at_any_write(tmp_path: Path) -> None:
    """A kiosk at work writes down its writes and syncs; then each moment is cut in four ways.

    What no sync had put on the disk is lost, kept, kept in part, or torn between two sectors. All
    moments in the full run, 250 of them in the default one, the first and the checkpoints among them.
    """
    trace = tmp_path / "trace"
    async with open_place(tmp_path / "place", kiosks=0) as place:
        kiosk = await place.prepare_kiosk("k1", environment={TRACE_ENV: str(trace)})
        await place.reopen(kiosk)
        await kiosk.online()
        await kiosk.sign_in("s-nur", "s-dewi")
        await kiosk.ask("work", seed=2, pin=PIN, taps=TAPS // 2)
        await kiosk.kill()
        await place.reopen(kiosk)
        await kiosk.online()
        await kiosk.sign_in("s-nur", "s-dewi")
        await kiosk.ask("work", seed=3, pin=PIN, taps=TAPS // 2)
        await common_check(place)
    ops = list(read(trace))
    assert sum(op.what == "confirmed" for op in ops) == TAPS
    assert any(op.name == FILE_NAME and op.what == "write" for op in ops), "no checkpoint came"
    dice = random.Random(2)
    cuts = _moments(ops, dice)
    disk, confirmed, lost = Disk(), list[Op](), 0
    for number, op in enumerate(ops):
        disk.follow(op)
        if op.what == "confirmed":
            confirmed.append(op)
        if number in cuts:
            lost += disk.unsynced() > 0
            folder = tmp_path / "after"
            disk.leave(folder / "store", FATES[number % len(FATES)], dice)
            look(folder / "store", confirmed)
            shutil.rmtree(folder)
    assert lost > len(cuts) / 4, "hardly any of the cuts took something"


def _moments(ops: list[Op], dice: random.Random) -> frozenset[int]:
    """Where to cut: everywhere, or at the first writes, around checkpoints, and at random."""
    if len(ops) <= CUTS:
        return frozenset(range(len(ops)))
    main = [at for at, op in enumerate(ops) if op.name == FILE_NAME]
    special = [*range(20), *dice.sample(main, min(len(main), CUTS // 4))]
    rest = dice.sample(range(len(ops)), CUTS - len(special))
    return frozenset([*special, *rest])


@pytest.mark.slow
async def test_row_02_kiosk_sends_what_it_had_confirmed_when_the_power_comes_back(
    tmp_path: Path,
) -> None:
    """The disk of a living kiosk is cut back to what was synced; it starts from that and goes on."""
    trace = tmp_path / "trace"
    async with open_place(tmp_path / "place", kiosks=0) as place:
        kiosk = await place.prepare_kiosk("k1", environment={TRACE_ENV: str(trace)})
        await place.reopen(kiosk)
        for number in range(int(scaled(20, 3))):
            await kiosk.online()
            await kiosk.sign_in("s-nur")
            await kiosk.ask("work", seed=number, pin=PIN, taps=10)
            cable = place.cable_of(kiosk)
            cable.pull()
            await kiosk.ask("work", seed=number, pin=PIN, taps=10)
            await kiosk.kill()
            disk = Disk()
            for op in read(trace):
                disk.follow(op)
            shutil.rmtree(kiosk.folder / "store")
            disk.leave(kiosk.folder / "store", Fate.LOST, random.Random(number))
            cable.plug()
            await place.reopen(kiosk)
        await place.heal()
        counted = await common_check(place)
        assert counted.confirmed == int(scaled(20, 3)) * 20
