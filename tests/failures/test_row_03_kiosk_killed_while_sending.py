"""Row 3: a kiosk is killed between sending a tap and its receipt; it sends again, and the tap counts once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.failures.checking import common_check, unsent_on_disks
from tests.failures.frames import RawFrame
from tests.failures.kitchen import open_place, scaled

ROUNDS = int(scaled(200, 6))
ANSWER_LATE_S = 0.5


@pytest.mark.slow
@pytest.mark.timeout(int(scaled(1800, 120)))
async def test_row_03_tap_is_applied_once_when_its_kiosk_was_killed_before_the_receipt_came(
    tmp_path: Path,
) -> None:
    """200 kills in the full run, 6 in the default one. The answer is still on the cable at each of them."""
    dice = random.Random(3)
    submitted = asyncio.Event()

    def look(frame: RawFrame) -> Sequence[bytes]:
        if frame.says("submit"):
            submitted.set()
        return [frame.raw]

    async with open_place(tmp_path) as place:
        kiosk = place.kiosks[0]
        cable = place.cable_of(kiosk)
        cable.up.edit = look
        batch = await kiosk.any_batch()
        for _ in range(ROUNDS):
            await kiosk.warm()
            await place.redial(kiosk)
            cable.down.latency_s = ANSWER_LATE_S
            submitted.clear()
            taps = [await kiosk.measure(batch, "s-nur") for _ in range(dice.randint(1, 3))]
            async with asyncio.timeout(10):
                await submitted.wait()
            await asyncio.sleep(dice.uniform(0, ANSWER_LATE_S / 3))
            await kiosk.kill()
            assert set(taps) <= unsent_on_disks(place), "the answer came before the kill"
            cable.down.latency_s = 0.0
            await place.reopen(kiosk)
            await kiosk.online()
            await kiosk.sign_in("s-nur")
        counted = await common_check(place)
        assert counted.confirmed == counted.applied >= ROUNDS
