"""Rows 10 and 11: the line swallows bytes both ways or one way and tells nobody; both sides find out."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from server.log.engine import open_engine
from tests.failures.checking import common_check, receipts_of
from tests.failures.kitchen import open_place
from tests.support.waiting import until

DETECTED_S = 15.0
LATE_S = 2.0
"""Both sides look once or twice a second, and this machine has other work."""


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_row_10_both_sides_find_a_half_open_line_within_15_s(tmp_path: Path) -> None:
    async with open_place(tmp_path) as place:
        kiosk = place.kiosks[0]
        cable = place.cable_of(kiosk)
        batch = await kiosk.any_batch()
        kiosk.seen.clear()
        cable.silence()
        silent_s = time.monotonic()
        tap = await kiosk.measure(batch, "s-nur")
        await until(lambda: any(each.state == "offline" for each in kiosk.seen), within_s=40)
        assert kiosk.seen[0].mono_s - silent_s < DETECTED_S + LATE_S
        await until(lambda: "cut: silent" in place.server.log(), within_s=40)
        assert time.monotonic() - silent_s < DETECTED_S + LATE_S + 1
        assert (await kiosk.status())["unsent"] == 1
        await place.heal()
        await kiosk.sent()
        assert tap == kiosk.confirmed[-1].command
        await common_check(place)


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_row_11_taps_stay_pending_and_count_once_when_the_answers_are_lost(
    tmp_path: Path,
) -> None:
    async with open_place(tmp_path) as place:
        kiosk = place.kiosks[0]
        cable = place.cable_of(kiosk)
        batch = await kiosk.any_batch()
        kiosk.seen.clear()
        cable.silence(up=False)
        taps = [await kiosk.measure(batch, "s-nur", 80.0 + n) for n in range(5)]
        engine = open_engine(place.database_url)
        try:
            await until(lambda: set(taps) <= {each.command for each in receipts_of(engine)})
        finally:
            engine.dispose()
        assert (await kiosk.status())["unsent"] == 5, "the server has them and nobody said so"
        # It dials again, is not heard, and the server takes the same taps from nobody a second time.
        await until(lambda: any(each.state == "offline" for each in kiosk.seen), within_s=40)
        assert (await kiosk.status())["pending"] == 5
        await place.heal()
        counted = await common_check(place)
        assert counted.applied == counted.confirmed
