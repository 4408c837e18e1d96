"""Rows 37, 45, 48, 57, 58: too much at once, too slow a reader, poison, a loop that stands still."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from tests.failures.checking import common_check
from tests.failures.kiosk_process import KioskProcess
from tests.failures.kitchen import KITCHEN, Place, open_place, scaled
from tests.failures.odd_server import BLOCK_S, FAULT, POISON
from tests.failures.raw import answers_s, flat, resident_bytes
from tests.strangers.client import Stranger
from tests.strangers.wire import Goodbye
from tests.support.server_process import PROGRAM
from tests.support.waiting import until

KIOSKS = int(scaled(5, 3))
TAPS = int(scaled(2000, 60))
DRAINED_S = 60.0
SLOW_BYTES_PER_S = 1024
SLOW_S = scaled(60, 5)
MEMORY_GROWN_BYTES = 16 * 1024 * 1024
FLOOD = 1500
ODD = "tests.failures.odd_server"


@pytest.mark.slow
@pytest.mark.timeout(int(scaled(900, 120)))
async def test_row_37_kiosks_that_were_long_offline_drain_within_a_minute_and_converge(
    tmp_path: Path,
) -> None:
    """The same batches on all of them, any tap the rules offer; 5 × 2,000 taps in the full run."""
    async with open_place(tmp_path, kiosks=3) as place:
        for number in range(4, KIOSKS + 1):
            fresh = await place.enrol(f"k{number}")
            await fresh.online()
            await fresh.sign_in("s-hendra", "s-nur", "s-dewi")
        for cable in place.cables:
            cable.pull()
        await _exclude_each_other(place)
        works = (
            kiosk.ask("work", seed=37 + number, pin="135790", taps=TAPS, facts=0.1, within_s=800)
            for number, kiosk in enumerate(place.kiosks)
        )
        await asyncio.gather(*works)
        began_s = time.monotonic()
        await place.heal()
        await asyncio.gather(*(kiosk.sent(within_s=DRAINED_S) for kiosk in place.kiosks))
        assert time.monotonic() - began_s < DRAINED_S
        counted = await common_check(place)
        assert counted.confirmed >= KIOSKS * TAPS
        assert counted.refused > 0


async def _exclude_each_other(place: Place) -> None:
    """Each of two kiosks holds what the other one starts: whoever is heard later is refused."""
    one, other, *_ = sorted(
        batch["id"]
        for batch in (await place.kiosks[0].ask("batches"))["batches"].values()
        if batch["stage"] == "planned"
    )
    for kiosk, held, begun in zip(place.kiosks, (one, other), (other, one), strict=False):
        for kind, batch, args in (
            ("hold_batch", held, {"reason": "allergen"}),
            ("advance_batch", begun, {"to": "preparing"}),
        ):
            said = await kiosk.tap(kind, batch, actor="s-hendra", **args)
            assert "tapped" in said, said


@pytest.mark.slow
@pytest.mark.timeout(int(scaled(240, 90)))
async def test_row_45_slow_reader_of_a_busy_kitchen_costs_little_memory_and_no_other_kiosk(
    tmp_path: Path,
) -> None:
    async with open_place(tmp_path, kiosks=3) as place:
        slow, busy, watcher = place.kiosks
        batch = await watcher.any_batch()
        before_s = await answers_s(watcher, batch, 8)
        cable = place.cable_of(slow)
        cable.narrow()
        cable.cut()
        await until(lambda: cable.connections > 1)
        await slow.online()
        cable.down.bytes_per_s = SLOW_BYTES_PER_S
        memory, lines = resident_bytes(place.server.pid), cable.connections
        await busy.ask("work", seed=45, pin="135790", pace_s=0.02)
        began_s = time.monotonic()
        during_s: list[float] = []
        while time.monotonic() - began_s < SLOW_S:
            during_s += await answers_s(watcher, batch, 1)
        await busy.ask("rest")
        assert resident_bytes(place.server.pid) - memory < MEMORY_GROWN_BYTES
        assert flat(before_s, during_s), (before_s, during_s)
        assert cable.connections == lines, "it was cut although it read all the while"
        await place.heal()
        await common_check(place, within_s=60)


@pytest.mark.slow
@pytest.mark.timeout(90)
async def test_row_48_flood_of_one_device_ends_with_4429_and_its_taps_come_after_all(
    tmp_path: Path,
) -> None:
    async with open_place(tmp_path, kiosks=1) as place:
        kiosk = place.kiosks[0]
        batch = await kiosk.any_batch()
        before_s = await answers_s(kiosk, batch, 8)
        flooder = Stranger(place.server.url, tmp_path / "flooder")
        await flooder.enrol(await asyncio.to_thread(place.server.code, KITCHEN, "flooder"))
        await flooder.connect()
        session = await flooder.sign_in("s-nur", "135790")
        await flooder.catch_up()
        args = {"value_c": 80.5, "point": "core", "source": "hand"}
        who = {"actor": "s-nur", "session": session}
        dseqs = [flooder.tap("record_temperature", batch, args, **who) for _ in range(3)]
        flood = asyncio.create_task(_flood(flooder))
        during_s = await answers_s(kiosk, batch, 8)
        end = await flood
        assert (end.code, end.close) == ("too_fast", 4429)
        assert end.retry_after_s > 0
        assert flat(before_s, during_s), (before_s, during_s)
        await flooder.close()
        await flooder.connect()
        results = [await flooder.settle(dseq) for dseq in dseqs]
        assert {result.outcome for result in results} == {"applied"}
        await flooder.close()
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == 16


async def _flood(flooder: Stranger) -> Goodbye:
    for _ in range(FLOOD):
        await flooder.send({"type": "got", "seq": 0, "sent_ms": 1})
    with pytest.raises(Goodbye) as ended:
        await flooder.until(lambda: False)
    return ended.value


@pytest.mark.slow
@pytest.mark.timeout(90)
async def test_row_57_poison_is_quarantined_visibly_and_the_taps_behind_it_go_on(
    tmp_path: Path,
) -> None:
    odd = {PROGRAM: ODD, FAULT: "poison"}
    async with open_place(tmp_path, environment=odd) as place:
        kiosk, other = place.kiosks
        batch = await kiosk.any_batch()
        cable = place.cable_of(kiosk)
        cable.pull()
        await kiosk.measure(batch, "s-nur")
        said = await kiosk.tap("note_batch", batch, actor="s-nur", text=f"ada {POISON} di sini")
        for _ in range(3):
            await kiosk.measure(batch, "s-nur")
        await other.measure(batch, "s-nur")
        await place.heal()
        await kiosk.online()
        await kiosk.sent()
        for each in place.kiosks:
            await _reviews(each, str(said["tapped"]))
        _expect_poison(place, str(said["tapped"]))
        kiosk.confirmed = [tap for tap in kiosk.confirmed if tap.command != said["tapped"]]
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == 5


async def _reviews(kiosk: KioskProcess, item: str) -> None:
    give_up_s = time.monotonic() + 10
    while item not in (await kiosk.ask("digest"))["reviews"]:
        assert time.monotonic() < give_up_s, f"{kiosk.name} does not show {item}"
        await asyncio.sleep(0.05)


def _expect_poison(place: Place, command: str) -> None:
    """The fault is told once, with its traceback; nothing else may be."""
    paper = place.data / "server.log"
    lines = paper.read_text().splitlines(keepends=True)
    told = [line for line in lines if "is poison" in line]
    assert len(told) == 1
    assert command in told[0]
    assert "a fault of ours" in told[0]
    paper.write_text("".join(line for line in lines if line not in told))


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_row_58_kiosk_keeps_line_people_and_taps_when_its_loop_stands_still(
    tmp_path: Path,
) -> None:
    async with open_place(tmp_path) as place:
        kiosk, other = place.kiosks
        batch = await kiosk.any_batch()
        await kiosk.measure(batch, "s-nur")
        lines = place.cable_of(kiosk).connections
        blocked = asyncio.create_task(kiosk.ask("block", for_s=BLOCK_S))
        await other.measure(batch, "s-nur")
        await blocked
        await kiosk.measure(batch, "s-nur")
        await kiosk.online(nudged=False)
        assert "the loop stood still" in kiosk.log()
        said = await kiosk.status()
        assert set(said["signed_in"]) == {"s-hendra", "s-nur", "s-dewi"}
        assert place.cable_of(kiosk).connections == lines, "the line was given up"
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == 3


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_row_58_server_revokes_and_cuts_nobody_when_its_loop_stands_still(
    tmp_path: Path,
) -> None:
    odd = {PROGRAM: ODD, FAULT: "block"}
    async with open_place(tmp_path, environment=odd) as place:
        kiosk, other = place.kiosks
        batch = await kiosk.any_batch()
        lines = [cable.connections for cable in place.cables]
        os.kill(place.server.pid, signal.SIGUSR1)
        began_s = time.monotonic()
        await kiosk.measure(batch, "s-nur")
        await other.measure(batch, "s-nur")
        await kiosk.sent()
        assert time.monotonic() - began_s > BLOCK_S / 2, "the loop did not stand still"
        await until(lambda: "stood still" in place.server.log())
        assert [cable.connections for cable in place.cables] == lines
        assert "revoked" not in place.server.log()
        for each in place.kiosks:
            assert (await each.status())["line"] == "online"
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == 2
