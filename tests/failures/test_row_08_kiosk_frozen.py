"""Row 8: a kiosk stands still; the server cuts it, keeps its own memory, and the kiosk goes on where it was."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.failures.checking import common_check
from tests.failures.frames import RawFrame
from tests.failures.kitchen import open_place, scaled
from tests.support.waiting import until

FROZEN_S = scaled(60, 17)
CUT_S = 15.0
LATE_S = 2.0
"""The server looks once a second, and this machine has other work."""
MEMORY_GROWN_BYTES = 24 * 1024 * 1024


def resident_bytes(pid: int) -> int:
    """Resident memory of a process."""
    words = Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()
    return int(words[0]) * 1024


@pytest.mark.slow
@pytest.mark.timeout(int(scaled(180, 90)))
async def test_row_08_frozen_kiosk_is_cut_within_15_s_and_resumes_by_events_alone(
    tmp_path: Path,
) -> None:
    """Frozen for 60 s in the full run; in the default one just longer than until it is cut."""
    snapshots: list[bytes] = []

    def look(frame: RawFrame) -> Sequence[bytes]:
        if frame.says("snapshot"):
            snapshots.append(frame.payload)
        return [frame.raw]

    async with open_place(tmp_path) as place:
        frozen, busy = place.kiosks
        place.cable_of(frozen).down.edit = look
        await place.redial(frozen)
        before = resident_bytes(place.server.pid)
        frozen.freeze()
        froze_s = time.monotonic()
        try:
            await busy.ask("work", seed=8, pin="135790", pace_s=0.05)
            await until(lambda: "cut: silent" in place.server.log(), within_s=40)
            cut_s = time.monotonic() - froze_s
            await asyncio.sleep(max(0.0, FROZEN_S - cut_s))
            await busy.ask("rest")
        finally:
            frozen.thaw()
        assert cut_s < CUT_S + LATE_S
        assert resident_bytes(place.server.pid) - before < MEMORY_GROWN_BYTES
        await place.heal()
        counted = await common_check(place)
        assert counted.confirmed > 50
        assert snapshots == [], "it got the whole state although it had most of it"
