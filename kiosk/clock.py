"""Kiosk time: intervals from probes, a steady clock, the last server time. It starts no timer."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import msgspec

from dapur.envelope import Occurred, Quality
from dapur.sync.effects import ClockSample

SAMPLES = 8
"""Probes compared; a slow one on a busy line is outlived by a quick one within minutes."""
DRIFT_PPM = 100
"""A cheap quartz in a hot kitchen drifts by less."""
JUMP_MS = 5_000
"""The wall clock moved against the steady one: somebody or something set it."""
OFFSET_SHOWN_MS = 120_000
"""The wall clock is this wrong: a banner says so; no tap is blocked for it."""
WALL_SPREAD_MS = 120_000
"""How wrong an unproven wall clock may be: what is not shown as wrong."""
UNKNOWN_SPAN_MS = 30 * 24 * 3_600_000
"""How long the kiosk may have been off when nothing is known; the server cuts it at receipt."""
RELEASED_MS = 1_793_000_000_000
"""October 2026: no tap of this release is older, whatever a clock without battery says."""
KEEP_EVERY_MS = 60_000
"""How often the known time goes to disk, so that restarts cannot stretch what expires."""
PROBE_KEPT_EVERY_MS = 5_000
"""While a long past is told, probes come by the dozen: each on the disk would take half the time."""

_log = logging.getLogger(__name__)


class Clock(Protocol):
    """The two clocks of a machine and the name of its present boot."""

    def wall_ms(self) -> int:
        """UTC as the machine believes it; anyone may set it."""
        ...

    def mono_ms(self) -> int:
        """Runs evenly, also while the machine sleeps; counts from an unknown point of this boot."""
        ...

    def boot(self) -> str:
        """Changes whenever `mono_ms` starts anew."""
        ...


class SystemClock:
    """The clocks of this machine."""

    def __init__(self) -> None:
        self._boot = _boot_id()

    def wall_ms(self) -> int:
        """UTC of the system in milliseconds."""
        return time.time_ns() // 1_000_000

    def mono_ms(self) -> int:
        """CLOCK_BOOTTIME where there is one: `monotonic` stands still while a Linux box sleeps."""
        if hasattr(time, "CLOCK_BOOTTIME"):
            return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
        return time.monotonic_ns() // 1_000_000

    def boot(self) -> str:
        """The kernel's boot id; elsewhere a name for this process, which claims less."""
        return self._boot


class Memory(Protocol):
    """Where the known time survives a restart (the local store)."""

    def note(self, **values: str) -> None:
        """Store values."""
        ...

    def noted(self, key: str) -> str:
        """A stored value or an empty text."""
        ...


class _Known(msgspec.Struct, frozen=True):
    """The last thing that was sure: at `mono_ms` of `boot` it was `server_ms`, ± `error_ms`."""

    boot: str
    mono_ms: int
    server_ms: int
    error_ms: int
    probed: bool
    """From a probe of the server, not only counted on from an earlier one."""


class Jump(msgspec.Struct, frozen=True):
    """The wall clock was set while we ran; `by_ms` is positive when it went forward."""

    by_ms: int
    wall_ms: int
    boot: str


_KEY = "known_time"


class KioskTime:
    """What time it is, and how sure that is."""

    def __init__(self, clock: Clock, memory: Memory) -> None:
        self._clock = clock
        self._memory = memory
        self._samples: deque[ClockSample] = deque(maxlen=SAMPLES)
        self._on_jump: list[Callable[[Jump], None]] = []
        self._start_mono_ms = clock.mono_ms()
        self._start_wall_ms = clock.wall_ms()
        self._watched_gap_ms = self._start_wall_ms - self._start_mono_ms
        self._kept_mono_ms = self._start_mono_ms
        self._known = self._recall()

    # ---- what comes in ----------------------------------------------------------------------

    def sample(self, probe: ClockSample) -> None:
        """Take a probe of the server's clock, with its times on `mono_ms`."""
        if probe.received_ms < probe.sent_ms:
            return
        self._samples.append(probe)
        now = self._clock.mono_ms()
        best = min(self._samples, key=lambda one: _error_ms(one, now))
        middle = (best.sent_ms + best.received_ms) // 2
        rtt = best.received_ms - best.sent_ms
        is_news = not self._known.probed or now - self._kept_mono_ms >= PROBE_KEPT_EVERY_MS
        self._known = _Known(
            self._clock.boot(), middle, best.server_ms, (rtt + 1) // 2, probed=True
        )
        if is_news:
            self._keep()

    def tick(self) -> None:
        """Look after the clocks; call about once a second."""
        gap = self._clock.wall_ms() - self._clock.mono_ms()
        moved = gap - self._watched_gap_ms
        if abs(moved) > JUMP_MS:
            self._watched_gap_ms = gap
            jump = Jump(moved, self._clock.wall_ms(), self._clock.boot())
            _log.info("the wall clock was set by %d ms", moved)
            for listener in tuple(self._on_jump):
                listener(jump)
        if self._clock.mono_ms() - self._kept_mono_ms >= KEEP_EVERY_MS:
            self._keep()

    def on_jump(self, listener: Callable[[Jump], None]) -> None:
        """Hear when the wall clock was set (an audit event)."""
        self._on_jump.append(listener)

    # ---- what is known ----------------------------------------------------------------------

    def mono_ms(self) -> int:
        """The steady clock, for durations."""
        return self._clock.mono_ms()

    @property
    def synced(self) -> bool:
        """A probe of this boot is at hand."""
        return self._known.probed

    def occurred(self) -> Occurred:
        """Now, as an interval that holds the true time (sync.md, Time)."""
        if self._known.probed:
            now, error = self._counted_ms(), self._error_ms()
            return Occurred(now - error, now + error, Quality.SYNCED)
        return self._unproven()

    def server_now_ms(self) -> int:
        """The best single guess of the server's time, for what the screen counts."""
        if self._known.probed:
            return self._counted_ms()
        wall = self._clock.wall_ms()
        return wall if self._plausible(wall) else self._counted_ms()

    def expiry_ms(self) -> int:
        """Time by which offline rights end: setting the wall clock back does not stretch it."""
        if self._known.probed:
            return self._counted_ms()
        wall = self._clock.wall_ms()
        absurd = wall > self._counted_ms() + UNKNOWN_SPAN_MS
        return self._counted_ms() if absurd else max(wall, self._counted_ms())

    @property
    def wall_offset_ms(self) -> int | None:
        """How far the wall clock is ahead of the server; None when that is not known."""
        return self._clock.wall_ms() - self._counted_ms() if self._known.probed else None

    @property
    def wall_is_wrong(self) -> bool:
        """The banner is due."""
        offset = self.wall_offset_ms
        return offset is not None and abs(offset) > OFFSET_SHOWN_MS

    # ---- inside -----------------------------------------------------------------------------

    def _unproven(self) -> Occurred:
        earliest = self._counted_ms()
        wall = self._clock.wall_ms()
        # Where the wall clock would stand had nobody set it since we started.
        steady = self._start_wall_ms + self._clock.mono_ms() - self._start_mono_ms
        low, high = min(wall, steady), max(wall, steady)
        if high - low <= JUMP_MS and self._plausible(low):
            low = max(low - WALL_SPREAD_MS, earliest)
            return Occurred(low, max(high + WALL_SPREAD_MS, low), Quality.WALL)
        latest = high if self._plausible(high) else earliest + UNKNOWN_SPAN_MS
        return Occurred(earliest, latest, Quality.UNKNOWN)

    def _plausible(self, wall_ms: int) -> bool:
        """Not before what is surely past; a little behind is a slow clock, not a dead one."""
        return wall_ms >= self._counted_ms() - OFFSET_SHOWN_MS

    def _counted_ms(self) -> int:
        """The last sure time, counted on: exact after a probe, else the least that it can be."""
        return self._known.server_ms + self._clock.mono_ms() - self._known.mono_ms

    def _error_ms(self) -> int:
        age = max(0, self._clock.mono_ms() - self._known.mono_ms)
        return self._known.error_ms + -(-age * DRIFT_PPM // 1_000_000)

    def _keep(self) -> None:
        self._kept_mono_ms = self._clock.mono_ms()
        known = msgspec.structs.replace(
            self._known,
            boot=self._clock.boot(),
            mono_ms=self._kept_mono_ms,
            server_ms=self._counted_ms(),
            error_ms=self._error_ms(),
        )
        try:
            self._memory.note(**{_KEY: msgspec.json.encode(known).decode()})
        except OSError as error:
            # Time is known without it; the next tap tells the person that the disk is full.
            _log.info("the known time could not be kept: %s", error)

    def _recall(self) -> _Known:
        now = self._clock.mono_ms()
        nothing = _Known(self._clock.boot(), now, RELEASED_MS, 0, probed=False)
        try:
            known = msgspec.json.decode(self._memory.noted(_KEY) or "null", type=_Known | None)
        except msgspec.MsgspecError:
            return nothing
        if known is None:
            return nothing
        if known.boot == self._clock.boot() and known.mono_ms <= now:
            return known
        # Another boot: how long the machine was off is not known, only that time did not go back.
        return _Known(self._clock.boot(), now, known.server_ms, 0, probed=False)


def _error_ms(sample: ClockSample, now_ms: int) -> float:
    age = max(0, now_ms - sample.received_ms)
    return (sample.received_ms - sample.sent_ms) / 2 + age * DRIFT_PPM / 1_000_000


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return uuid4().hex
