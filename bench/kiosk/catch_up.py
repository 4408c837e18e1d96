"""A kiosk that was away for long: 20,000 events from the bytes on its socket to its stored replica."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.figure import Figure
from bench.kiosk.machine import real_disk
from bench.kiosk.talk import child
from dapur import kitchen as rules
from dapur.ids import DeviceId, KitchenId
from dapur.sync.effects import ApplySnapshot
from kiosk.clock import KioskTime, SystemClock
from kiosk.link.link import Link
from kiosk.local.mirror import Mirror
from kiosk.local.salvage import open_store
from kiosk.vault.device_key import DeviceKey

EVENTS = 20_000
RUNS = 3
PER_S, MOON_PER_S = 20_000.0, 50_000.0
LONGEST_S = 120.0


def catch_up() -> Iterator[Figure]:
    """Events a second: frames read, chain checked, stored with every commit on the disk, folded."""
    with real_disk() as folder, child("bench.kiosk.replay", log=folder / "replay.log") as night:
        told = night.ask("open", events=EVENTS, within_s=LONGEST_S)
        state = night.ask("state")
        took = []
        for number in range(RUNS):
            seconds, found = asyncio.run(_away(folder / f"k{number}", told))
            if found != state:
                raise RuntimeError("the replica is not what the log says")
            took.append(seconds)
    per_s = EVENTS / sorted(took)[RUNS // 2]
    note = (
        f"median of {RUNS} runs, one core, {told['bytes'] // EVENTS} bytes an event, pages of 4 KiB over"
        f" a real socket from another process, SQLite FULL; moonshot {MOON_PER_S:,.0f}"
    )
    yield Figure("catch_up", per_s, "events/s", PER_S, per_s / PER_S, per_s > PER_S, note)


async def _away(folder: Path, told: dict[str, Any]) -> tuple[float, str]:
    """One kiosk on the loop of its own; seconds from dialling to the head, and its state then."""
    store = open_store(folder)
    clock = KioskTime(SystemClock(), store)
    device = DeviceId("d-away")
    mirror = Mirror(store, KitchenId(told["kitchen"]), device)
    link_hash = base64.b64decode(told["hash"])
    mirror.replaced(
        ApplySnapshot(told["epoch"], told["seq"], link_hash, rules.STATE_VERSION, told["state"])
    )
    key = DeviceKey.load_or_make(folder / "secrets")
    link = Link(told["url"], mirror, key, clock, device=device, app="bench")
    arrived = asyncio.Event()
    mirror.subscribe(lambda: arrived.set() if mirror.seq >= told["head"] else None)
    started = time.perf_counter()
    line = asyncio.get_running_loop().create_task(link.run())
    async with asyncio.timeout(LONGEST_S):
        await arrived.wait()
    took_s = time.perf_counter() - started
    line.cancel()
    await asyncio.gather(line, return_exceptions=True)
    state = rules.encode_snapshot(mirror.base)
    store.close()
    return took_s, state
