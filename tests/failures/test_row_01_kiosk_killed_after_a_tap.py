"""Row 1: a kiosk is killed right after its screen confirmed a tap; the tap is on its disk and gets to the log."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.failures.checking import common_check, unsent_on_disks
from tests.failures.kitchen import open_place, scaled

ROUNDS = int(scaled(200, 6))
AFTER_S = 0.05


@pytest.mark.slow
@pytest.mark.timeout(int(scaled(1800, 120)))
async def test_row_01_tap_is_there_and_sent_when_its_kiosk_was_killed_within_50_ms(
    tmp_path: Path,
) -> None:
    """200 kills in the full run, 6 in the default one; every second one while the cable is out."""
    dice = random.Random(1)
    async with open_place(tmp_path) as place:
        kiosk = place.kiosks[0]
        cable = place.cable_of(kiosk)
        batch = await kiosk.any_batch()
        for number in range(ROUNDS):
            await kiosk.warm()
            offline = number % 2 == 1
            if offline:
                cable.pull()
            command = await kiosk.measure(batch, "s-nur")
            await asyncio.sleep(dice.uniform(0, AFTER_S))
            await kiosk.kill()
            if offline:
                assert command in unsent_on_disks(place)
            await place.reopen(kiosk)
            assert (await kiosk.status())["dseq"] == kiosk.confirmed[-1].dseq
            cable.plug()
            await kiosk.online()
            await kiosk.sign_in("s-nur")
        counted = await common_check(place)
        assert counted.confirmed == counted.applied == ROUNDS
