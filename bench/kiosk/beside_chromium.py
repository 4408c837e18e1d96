"""The whole kiosk beside the same board as a web page in Chromium: first paint, memory, CPU.

Both paint to the same virtual screen, both hear 50 temperatures a second over a real socket from
another process, both count their clocks every second. The kiosk also checks a hash chain, keeps a
file and folds a kitchen meanwhile. The processes that feed either side are not counted.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from bench.figure import Figure
from bench.kiosk.machine import cpu_s, pss_mb, real_disk
from bench.kiosk.place import serving
from bench.kiosk.rig import caught_up, others, window
from bench.kiosk.screen import APT_LINE, Screen, screen
from bench.kiosk.talk import child
from bench.kiosk.web import Browser, browser, find_chromium

BOARDS = (12, 60, 200)
PER_S = 50.0
OTHERS = 4
STARTS = 5
SETTLE_S, WATCH_S, PATIENCE_S = 4.0, 12.0, 20.0
TRIES = 4
"""Now and then a browser without a window manager never paints its first page; it is started again."""
LOOK_S = 0.02
PAINT_GATE, MEMORY_GATE, CPU_GATE = 1.0, 0.25, 0.5
MISSING = f"no figure of Chromium here: {APT_LINE}"


class Seen(msgspec.Struct, frozen=True):
    """What one side took for one board."""

    paint_ms: float
    """From the program's start to the first frame with cards; the median of STARTS warm starts."""
    paint_cpu_ms: float
    """CPU time of the thread that painted it, till then; 0: not known of many processes."""
    pss_mb: float
    cpu: float
    """Per cent of one core, all its processes."""


def kiosk_beside_chromium() -> Iterator[Figure]:
    """`kiosk_first_paint`, `kiosk_memory` and `kiosk_cpu`, one line for each board."""
    program = find_chromium()
    for cards in BOARDS:
        with screen() as glass:
            ours = _kiosk(cards, glass)
            theirs = _web(cards, glass, program) if program and glass.is_x11 else None
        yield from _figures(cards, glass, ours, theirs)


def _figures(cards: int, glass: Screen, ours: Seen, theirs: Seen | None) -> Iterator[Figure]:
    rows: tuple[tuple[str, str, float, Callable[[Seen], float]], ...] = (
        ("kiosk_first_paint", "ms", PAINT_GATE, lambda seen: seen.paint_ms),
        ("kiosk_memory", "MB PSS", MEMORY_GATE, lambda seen: seen.pss_mb),
        ("kiosk_cpu", "% of a core", CPU_GATE, lambda seen: seen.cpu),
    )
    for name, unit, gate, of in rows:
        note = f"{cards} cards, {PER_S:g} updates/s, whole app online, on {glass.name}"
        floor = None if theirs is None else of(theirs)
        ratio = None if floor is None else of(ours) / floor
        if name == "kiosk_first_paint":
            note += f"; {ours.paint_cpu_ms:.0f} ms of CPU"
        note += f"; {MISSING}" if floor is None else f"; floor: Chromium; gate ratio {gate:g}"
        yield Figure(
            name, of(ours), unit, floor, ratio, None if ratio is None else ratio <= gate, note
        )


# ---- our side -----------------------------------------------------------------------------------


def _kiosk(cards: int, glass: Screen) -> Seen:
    with real_disk() as folder, serving(folder, cards) as server, ExitStack() as stack:
        crew = stack.enter_context(others(server, folder, OTHERS))
        crew.ask("cook_all")
        with window(server, folder, glass, "A") as kiosk:
            caught_up(kiosk, crew)
        starts, used = [], []
        for _ in range(STARTS):
            with window(server, folder, glass, "A", new=False) as kiosk:
                kiosk.until("first_cards_ns")
                starts.append((kiosk.ask("first_cards_ns") - kiosk.started_ns) / 1e6)
                used.append(kiosk.ask("first_cards_cpu_ns") / 1e6)
        with window(server, folder, glass, "A", new=False) as kiosk:
            kiosk.until("online")
            crew.ask("keep_tapping", per_s=PER_S)
            pss, cpu = _watched(kiosk.pid)
            crew.ask("rest")
    return Seen(statistics.median(starts), statistics.median(used), pss, cpu)


# ---- the web page -------------------------------------------------------------------------------


def _web(cards: int, glass: Screen, program: str) -> Seen:
    with real_disk() as folder, child("bench.kiosk.web", log=folder / "feeder.log") as feeder:
        url = f"http://127.0.0.1:{feeder.ask('open', cards=cards)}/"
        starts = []
        # The first start fills the profile and is not counted.
        for number in range(STARTS + 1):
            with _painting(feeder.ask, program, url, folder, glass) as (_, paint_ms):
                starts += [paint_ms] if number else []
        with _painting(feeder.ask, program, url, folder, glass) as (chromium, _):
            feeder.ask("keep_changing", per_s=PER_S)
            pss, cpu = _watched(chromium.pid)
        feeder.ask("close")
    return Seen(statistics.median(starts), 0.0, pss, cpu)


@contextmanager
def _painting(
    ask: Callable[..., float], program: str, url: str, folder: Path, glass: Screen
) -> Iterator[tuple[Browser, float]]:
    """A browser that shows the board, and ms from its start to the first frame with cards."""
    for _ in range(TRIES):
        with browser(program, url, folder / "profile", glass) as chromium:
            if painted_ms := _painted_ms(ask, chromium.started_ms):
                yield chromium, painted_ms - chromium.started_ms
                return
    raise TimeoutError("the page never painted")


def _painted_ms(ask: Callable[..., float], after_ms: float) -> float:
    """Wall clock of the first contentful paint after `after_ms`; 0 when none came for PATIENCE_S."""
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up:
        if (painted := ask("painted_ms")) >= after_ms:
            return painted
        time.sleep(LOOK_S)
    return 0.0


def _watched(pid: int) -> tuple[float, float]:
    """PSS in MB and per cent of a core over WATCH_S of updates."""
    time.sleep(SETTLE_S)
    before, started = cpu_s(pid), time.monotonic()
    time.sleep(WATCH_S)
    used, took = cpu_s(pid) - before, time.monotonic() - started
    return pss_mb(pid), 100 * used / took
