"""Rows 10 and 11: the line swallows bytes both ways or one way and tells nobody; both sides find out."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from server.log.engine import open_engine
from tests.failures.checking import common_check, receipts_of
from tests.failures.kitchen import Place, open_place
from tests.support.waiting import until

TAPS = 5
FOUND_S = 15.0
LATE_S = 2.0
"""Both sides look once or twice a second, and this machine has other work."""


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_row_10_and_row_11_both_sides_find_a_line_that_swallows_bytes_and_taps_count_once(
    tmp_path: Path,
) -> None:
    """One kiosk's line swallows both ways (row 10); the other's only what the server says (row 11)."""
    async with open_place(tmp_path) as place:
        half_open, one_way = place.kiosks
        batch = await half_open.any_batch()
        for kiosk in place.kiosks:
            kiosk.seen.clear()
        place.cable_of(half_open).silence()
        place.cable_of(one_way).silence(up=False)
        silent_s = time.monotonic()
        for number in range(TAPS):
            for kiosk in place.kiosks:
                await kiosk.measure(batch, "s-nur", 80.0 + number)
        await until(lambda: {tap.command for tap in one_way.confirmed} <= _stored(place))
        for kiosk in place.kiosks:
            assert (await kiosk.status())["unsent"] == TAPS, "nobody told it that they came"
            assert await kiosk.shows("offline", within_s=40) - silent_s < FOUND_S + LATE_S
        await until(lambda: "cut: silent" in place.server.log(), within_s=40)
        assert time.monotonic() - silent_s < FOUND_S + LATE_S + 1
        # The one that is not heard dials again and sends again; the log has its taps already.
        for kiosk in place.kiosks:
            assert (await kiosk.status())["pending"] == TAPS
        assert not {tap.command for tap in half_open.confirmed} & _stored(place)
        await place.heal()
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == 2 * TAPS


def _stored(place: Place) -> set[str]:
    engine = open_engine(place.database_url)
    try:
        return {each.command for each in receipts_of(engine)}
    finally:
        engine.dispose()
