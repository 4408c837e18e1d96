"""Virtual time, one queue of what happens next, the trace and the counters of one simulated night.

It starts no thread, reads no clock and draws no number that does not come from the seed.
"""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Callable
from random import Random

STEPS_MOST = 400_000
"""A night has some thousands of steps; more is two machines that answer each other for ever."""
NESTED_MOST = 3
"""Stalled servers that may wait for each other: each holds a part of the stack."""

Action = Callable[[], None]


class Violation(BaseException):
    """An invariant does not hold. No product code that survives any `Exception` may survive this."""

    def __init__(self, invariant: str, detail: str) -> None:
        super().__init__(f"{invariant}: {detail}")
        self.invariant = invariant
        self.detail = detail


class World:
    """What all machines of one night share."""

    def __init__(self, seed: int, start_ms: int, *, keep_trace: bool = False) -> None:
        """`start_ms` is the true UTC at virtual time 0."""
        self.seed = seed
        self._start_ms = start_ms
        self.now_ms = 0
        self.steps = 0
        self.healed = False
        """No more faults: from here on all must come to rest."""
        self.counts: dict[str, int] = {}
        self.trace: list[str] | None = [] if keep_trace else None
        self._queue: list[tuple[int, int, Action]] = []
        self._made = 0
        self._names = 0
        self._nested = 0
        self._digest = 0

    # ---- time ----------------------------------------------------------------------------------

    @property
    def utc_ms(self) -> int:
        """The true time, which only the servers know."""
        return self._start_ms + self.now_ms

    def after(self, delay_ms: int, action: Action) -> None:
        """Do this so much later."""
        self._made += 1
        heapq.heappush(self._queue, (self.now_ms + delay_ms, self._made, action))

    def run_until(self, end_ms: int, *, done: Callable[[], bool] | None = None) -> None:
        """Let everything happen up to this moment, or until `done` says so (asked once a second)."""
        next_look_ms = self.now_ms
        queue = self._queue
        while queue and queue[0][0] <= end_ms:
            at_ms, _, action = heapq.heappop(queue)
            if at_ms > self.now_ms:
                self.now_ms = at_ms
                if done is not None and at_ms >= next_look_ms:
                    next_look_ms = at_ms + 1_000
                    if done():
                        return
            self.steps += 1
            if self.steps > STEPS_MOST:
                raise Violation("liveness", f"more than {STEPS_MOST} steps")
            action()
        self.now_ms = max(self.now_ms, end_ms)

    def stall(self, for_ms: int) -> bool:
        """Let others go on for so long in the middle of a call; False when too many do so."""
        if self._nested >= NESTED_MOST:
            return False
        self._nested += 1
        try:
            self.run_until(self.now_ms + for_ms)
        finally:
            self._nested -= 1
        return True

    # ---- chance and names ----------------------------------------------------------------------

    def chance(self, name: str) -> Random:
        """A generator of its own for each purpose, so that a new one does not reshuffle the others."""
        return Random(f"{self.seed}/{name}")

    def name(self, kind: str) -> str:
        """A new name; never the same twice in a night."""
        self._names += 1
        return f"{kind}-{self._names}"

    # ---- what is told of it --------------------------------------------------------------------

    def tell(self, line: str) -> None:
        """One line of the trace."""
        self._digest = zlib.crc32(line.encode(), self._digest ^ self.now_ms)
        if self.trace is not None:
            self.trace.append(f"{self.now_ms:>8} {line}")

    @property
    def digest(self) -> int:
        """A number that stands for the whole trace."""
        return self._digest

    def count(self, fault: str) -> None:
        """A fault really happened."""
        self.counts[fault] = self.counts.get(fault, 0) + 1
        self.tell(f"fault {fault}")
