"""One finger: until the tap is on the disk and on the screen, and until the other kiosk's screen shows it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from bench.figure import Figure, percentile
from bench.kiosk.machine import real_disk
from bench.kiosk.place import serving
from bench.kiosk.plans import PIN, code
from bench.kiosk.rig import window
from bench.kiosk.screen import screen

DISHES = 100
"""A long night's board: twelve cards are seen at once."""
KEPT_LAST = 12
"""The last rows of the board cannot be scrolled away from the bars at its foot."""
DISK_MS, GLASS_MS = 20.0, 50.0
MOON_DISK_MS, MOON_GLASS_MS = 8.0, 16.0
SETTLE_S = 2.0


def tap_to_disk() -> Iterator[Figure]:
    """Finger lifted → committed to the disk and the changed card on the screen, the line standing."""
    disk, paint, cpu = [], [], []
    with real_disk() as folder, screen() as glass, serving(folder, DISHES) as server:
        with window(server, folder, glass, "A") as kiosk:
            assert kiosk.ask("sign_in", staff="s-sari", pin=PIN)
            time.sleep(SETTLE_S)
            for _round in range(2):
                for number in range(DISHES - KEPT_LAST):
                    told = kiosk.ask("tap", code=code(number), action="advance")
                    disk.append((told["on_disk"] - told["released"]) / 1e6)
                    paint.append((told["painted"] - told["released"]) / 1e6)
                    cpu.append(told["cpu"] / 1e6)
        name = glass.name
    worst = percentile(paint, 0.99)
    note = (
        f"p99 of {len(paint)} touches on {DISHES} cards on {name}; painted p50"
        f" {statistics.median(paint):.1f} ms, on disk p50 {statistics.median(disk):.1f} p99"
        f" {percentile(disk, 0.99):.1f} ms, CPU p50 {statistics.median(cpu):.1f} p99"
        f" {percentile(cpu, 0.99):.1f} ms; moonshot {MOON_DISK_MS:g}"
    )
    yield Figure("tap_to_disk", worst, "ms", DISK_MS, worst / DISK_MS, worst < DISK_MS, note)


def tap_to_glass() -> Iterator[Figure]:
    """Finger lifted on A → the changed card on B's screen: a server process and two windows between."""
    found = []
    with real_disk() as folder, screen() as glass, serving(folder, DISHES) as server:
        with (
            window(server, folder, glass, "A") as near,
            window(server, folder, glass, "B") as far,
        ):
            assert near.ask("sign_in", staff="s-sari", pin=PIN)
            time.sleep(SETTLE_S)
            for _round in range(2):
                for number in range(DISHES - KEPT_LAST):
                    far.ask("arm", code=code(number))
                    told = near.ask("tap", code=code(number), action="advance")
                    far.until("seen")
                    found.append((far.ask("seen") - told["released"]) / 1e6)
        name = glass.name
    worst = percentile(found, 0.99)
    note = (
        f"p99 of {len(found)} touches, p50 {statistics.median(found):.1f} ms; two windows of"
        f" {DISHES} cards on {name}, server process, loopback; moonshot {MOON_GLASS_MS:g}"
    )
    yield Figure("tap_to_glass", worst, "ms", GLASS_MS, worst / GLASS_MS, worst < GLASS_MS, note)
