"""Rows 14 and 15: the connection is cut again and again, also within a frame; all goes on from where it was."""

from __future__ import annotations

import asyncio
import random
import time
from itertools import cycle
from pathlib import Path

import pytest

from tests.failures.checking import common_check
from tests.failures.kiosk_process import PIN, KioskProcess
from tests.failures.kitchen import FULL, Place, open_place, scaled

CUTTING_S = scaled(600, 12)
CUT_EVERY_S = (1.0, 5.0) if FULL else (0.1, 0.8)
OFFSETS = int(scaled(100_000, 20))
REST_S = scaled(0.3, 0.0)
"""Between two offsets: a device has 20 frames a second for good, and each offset takes ten of its kiosk."""


@pytest.mark.slow
@pytest.mark.timeout(int(scaled(900, 90)))
async def test_row_14_position_and_receipts_only_go_forward_while_the_line_is_cut_every_few_seconds(
    tmp_path: Path,
) -> None:
    """Every 1 to 5 s for 10 min in the full run; every 0.1 to 0.8 s for 12 s, nudged, in the default one."""
    dice = random.Random(14)
    async with open_place(tmp_path) as place:
        marks: dict[str, list[tuple[int, int]]] = {kiosk.name: [] for kiosk in place.kiosks}
        for seed, kiosk in enumerate(place.kiosks):
            await kiosk.ask("work", seed=seed, pin=PIN, pace_s=0.1)
        until_s = time.monotonic() + CUTTING_S
        while time.monotonic() < until_s:
            await asyncio.sleep(dice.uniform(*CUT_EVERY_S))
            for kiosk in place.kiosks:
                said = await kiosk.status()
                marks[kiosk.name].append((said["seq"], said["answered"]))
                place.cable_of(kiosk).cut()
                if not FULL:
                    await kiosk.ask("nudge")
        for kiosk in place.kiosks:
            await kiosk.ask("rest")
            seqs, answered = zip(*marks[kiosk.name], strict=True)
            assert list(seqs) == sorted(seqs)
            assert list(answered) == sorted(answered)
            assert len(set(seqs)) > 3, "there was no progress between the cuts"
            assert len(set(answered)) > 3
        await place.heal()
        counted = await common_check(place)
        assert counted.confirmed > 50


@pytest.mark.slow
@pytest.mark.timeout(int(scaled(3600, 120)))
@pytest.mark.parametrize("upward", [True, False], ids=["up", "down"])
async def test_row_15_no_half_of_anything_is_applied_when_the_line_is_cut_in_the_middle_of_a_frame(
    tmp_path: Path, upward: bool
) -> None:
    """One exchange, from dialling to the receipts, cut after each of its bytes; 20 of them by default."""
    async with open_place(tmp_path) as place:
        whole = await _exchange_bytes(place, place.kiosks[0], upward)
        assert whole > 500
        offsets = list(range(1, whole))
        chosen = random.Random(15).sample(offsets, min(OFFSETS, len(offsets)))
        for offset, kiosk in zip(chosen, cycle(place.kiosks), strict=False):
            cable = place.cable_of(kiosk)
            way = cable.up if upward else cable.down
            actor = await kiosk.somebody()
            cable.pull()
            await _tap_twice(kiosk, actor)
            way.cut_at = offset
            dialled = cable.connections
            cable.plug()
            await _until_dialled_again(place, kiosk, dialled)
            way.cut_at = None
            await kiosk.online()
            await kiosk.sent()
            await asyncio.sleep(REST_S)
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == 2 * (len(chosen) + 1)


async def _exchange_bytes(place: Place, kiosk: KioskProcess, upward: bool) -> int:
    """Bytes that one whole exchange carries this way."""
    cable = place.cable_of(kiosk)
    cable.pull()
    await _tap_twice(kiosk, "s-nur")
    cable.plug()
    await kiosk.online()
    await kiosk.sent()
    return (cable.up if upward else cable.down).carried


async def _tap_twice(kiosk: KioskProcess, actor: str) -> None:
    batch = await kiosk.any_batch()
    await kiosk.measure(batch, actor)
    await kiosk.tap("note_batch", batch, actor=actor, text="dua")


async def _until_dialled_again(place: Place, kiosk: KioskProcess, dialled: int) -> None:
    """A connection was made and cut, or carried all it had to when the cut lay behind it."""
    cable = place.cable_of(kiosk)
    give_up_s = time.monotonic() + 20
    while cable.connections < dialled + 2:
        said = await kiosk.status()
        if said["line"] == "online" and not said["pending"]:
            return
        assert time.monotonic() < give_up_s, said
        await kiosk.ask("nudge")
        await asyncio.sleep(0.02)
