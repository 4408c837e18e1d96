"""Row 9: the server stands still while a kiosk sends; the kiosk says offline in time, also with full buffers."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.failures.checking import common_check
from tests.failures.kiosk_process import KioskProcess
from tests.failures.kitchen import open_place

OFFLINE_S = 15.0
LATE_S = 1.5
"""The watchdog looks twice a second, and this machine has other work."""
LOCAL_S = 0.1
TAPS = 220
NOTE = "x" * 480


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_row_09_kiosks_say_offline_within_15_s_when_their_server_is_frozen(
    tmp_path: Path,
) -> None:
    """Nothing takes the bytes of one of the two kiosks, so that its own words cannot leave it."""
    async with open_place(tmp_path) as place:
        silent, full = place.kiosks
        cable = place.cable_of(full)
        cable.narrow()
        await place.redial(full)
        await full.ask("narrow")
        for kiosk in place.kiosks:
            kiosk.seen.clear()
        os.kill(place.server.pid, signal.SIGSTOP)
        froze_s = time.monotonic()
        try:
            cable.up.stalled = True
            took_s = [*await _note(silent, 5), *await _note(full, TAPS)]
            first = [await _offline(kiosk) for kiosk in place.kiosks]
            why = [kiosk.log().rpartition("line offline: ")[2] for kiosk in place.kiosks]
        finally:
            os.kill(place.server.pid, signal.SIGCONT)
        assert max(first) - froze_s < OFFLINE_S + LATE_S
        assert why[0].startswith("the server fell silent")
        assert "takes no byte" in full.log(), why
        assert sorted(took_s)[len(took_s) // 2] < LOCAL_S
        await place.heal()
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == TAPS + 5


async def _note(kiosk: KioskProcess, taps: int) -> list[float]:
    """So many long notes; how long each took, seconds."""
    batch = await kiosk.any_batch()
    took_s = []
    for number in range(taps):
        said = await kiosk.tap("note_batch", batch, actor="s-nur", text=f"{number} {NOTE}")
        took_s.append(float(said["took_s"]))
    return took_s


async def _offline(kiosk: KioskProcess) -> float:
    """When its badge said so, on the monotonic clock."""
    return await kiosk.shows("offline", within_s=40)
