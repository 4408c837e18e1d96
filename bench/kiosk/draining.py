"""Taps of a long cable cut on their way home: how long until all is one, and whether the screen stands still."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from bench.figure import Figure
from bench.kiosk.machine import real_disk
from bench.kiosk.place import serving
from bench.kiosk.plans import COOKS, PIN
from bench.kiosk.rig import others, window
from bench.kiosk.screen import screen
from bench.kiosk.talk import Child

KIOSKS, TAPS = 5, 2_000
DISHES = 60
DRAIN_S, MOON_DRAIN_S = 30.0, 10.0
FRAME_MS = 50.0
OTHERS, OTHERS_PER_S = 4, 50.0
LONGEST_S = 240.0
LOOK_S = 0.02
QUIET_S = 1.0


def drain() -> Iterator[Figure]:
    """Five kiosks' waiting taps, from the server's return until every kiosk shows the same log."""
    with (
        real_disk() as folder,
        serving(folder, DISHES) as server,
        others(server, folder, KIOSKS) as crew,
    ):
        crew.ask("cook_all")
        crew.until("has_sent_all")
        server.stop()
        crew.until("offline")
        waiting = crew.ask("tap_offline", taps=TAPS, within_s=LONGEST_S)
        server.start()
        started = time.monotonic()
        _home(crew)
        _one_log(crew)
        took_s = time.monotonic() - started
    note = (
        f"{KIOSKS} kiosks in one process x {TAPS} taps ({waiting} waiting), {DISHES} dishes, SQLite"
        f" server process; until all heads are equal; moonshot {MOON_DRAIN_S:g}"
    )
    yield Figure("drain", took_s, "s", DRAIN_S, took_s / DRAIN_S, took_s < DRAIN_S, note)


def board_during_drain() -> Iterator[Figure]:
    """The longest time between two frames of a window whose own taps drain while others tap."""
    with real_disk() as folder, screen() as glass, serving(folder, DISHES) as server:
        with window(server, folder, glass, "A") as kiosk, others(server, folder, OTHERS) as crew:
            crew.ask("cook_all")
            crew.until("has_sent_all")
            assert kiosk.ask("sign_in", staff=COOKS[0], pin=PIN)
            server.stop()
            crew.until("offline")
            kiosk.ask("tap_offline", taps=TAPS, within_s=LONGEST_S)
            time.sleep(QUIET_S)
            kiosk.ask("beat", on=True)
            server.start()
            crew.ask("nudge")
            crew.ask("keep_tapping", per_s=OTHERS_PER_S)
            started = time.monotonic()
            _home(kiosk)
            took_s = time.monotonic() - started
            time.sleep(QUIET_S)
            gaps = kiosk.ask("gaps_ms")
            used = kiosk.ask("gaps_cpu_ms")
            kiosk.ask("beat", on=False)
            crew.ask("rest")
        name = glass.name
    worst = max(gaps)
    note = (
        f"longest of {len(gaps)} gaps between frames, p50 {statistics.median(gaps):.1f} ms, most CPU"
        f" in one {max(used):.1f} ms; {DISHES} cards on {name}, own {TAPS} taps in {took_s:.1f} s,"
        f" {OTHERS_PER_S:g} taps a second of others"
    )
    yield Figure(
        "board_during_drain", worst, "ms", FRAME_MS, worst / FRAME_MS, worst < FRAME_MS, note
    )


def _home(kiosks: Child) -> None:
    """Let them dial at once, then wait until nothing waits."""
    give_up = time.monotonic() + LONGEST_S
    while not kiosks.ask("has_sent_all"):
        assert time.monotonic() < give_up, "taps still wait"
        if not kiosks.ask("online"):
            kiosks.ask("nudge")
        time.sleep(LOOK_S)


def _one_log(crew: Child) -> None:
    give_up = time.monotonic() + LONGEST_S
    while len(set(crew.ask("seqs"))) > 1:
        assert time.monotonic() < give_up, "the kiosks never agree"
        time.sleep(LOOK_S)
