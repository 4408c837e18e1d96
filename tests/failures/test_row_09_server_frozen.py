"""Row 9: the server stands still while a kiosk sends; the kiosk says offline in time, also with full buffers."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.failures.checking import common_check
from tests.failures.kitchen import open_place
from tests.support.waiting import until

OFFLINE_S = 15.0
LATE_S = 1.5
"""The watchdog looks twice a second, and this machine has other work."""
LOCAL_S = 0.1
TAPS = 220
NOTE = "x" * 480


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("full", [False, True], ids=["silent", "full_buffers"])
async def test_row_09_kiosk_says_offline_within_15_s_when_its_server_is_frozen(
    tmp_path: Path, full: bool
) -> None:
    """With `full_buffers` nothing takes the kiosk's bytes, so that its own words cannot leave it."""
    async with open_place(tmp_path) as place:
        kiosk = place.kiosks[0]
        cable = place.cable_of(kiosk)
        batch = await kiosk.any_batch()
        if full:
            cable.narrow()
            await place.redial(kiosk)
            await kiosk.ask("narrow")
        kiosk.seen.clear()
        os.kill(place.server.pid, signal.SIGSTOP)
        froze_s = time.monotonic()
        try:
            cable.up.stalled = full
            took_s = []
            for number in range(TAPS if full else 5):
                text = f"{number} {NOTE}"
                said = await kiosk.tap("note_batch", batch, actor="s-nur", text=text)
                took_s.append(said["took_s"])
            await until(lambda: any(each.state == "offline" for each in kiosk.seen), within_s=40)
            offline_s = next(e.mono_s for e in kiosk.seen if e.state == "offline") - froze_s
            detail = kiosk.log().rpartition("line offline: ")[2].split("\n")[0]
        finally:
            os.kill(place.server.pid, signal.SIGCONT)
        assert offline_s < OFFLINE_S + LATE_S
        assert ("takes no byte" in detail) == full, detail
        assert sorted(took_s)[len(took_s) // 2] < LOCAL_S
        await place.heal()
        counted = await common_check(place)
        assert counted.applied == counted.confirmed
