"""How long to wait before the next connection; it only counts, the caller sleeps."""

from __future__ import annotations

import random

from dapur.wire.messages import GoodbyeCode

FIRST_S = 0.5
MOST_S = 30.0
SERVED_MS = 30_000
"""A connection that served this long was a good one. Without this a server that accepts and closes
at once is called hundreds of times a second (measured with the library's own loop)."""
REPLACED_S = 5.0
"""Two machines with one identity must not chase each other."""
UPGRADE_S = 60.0
"""An older server may come back, or this kiosk is updated; neither happens in seconds."""
AFTER_SPREAD = 0.25
"""All kiosks hear the same `retry_after_s`; they come back spread over a quarter more."""
_EXPONENT_MOST = 16


class Backoff:
    """Full jitter: uniform(0, min(30 s, 0.5 s × 2^n)), n back to 0 after 30 s of service."""

    def __init__(self, random_: random.Random) -> None:
        self._random = random_
        self._failures = 0

    def next_s(self, *, served_ms: int, code: GoodbyeCode | None, retry_after_s: float) -> float:
        """Seconds to wait after a connection that served `served_ms` and ended with `code`."""
        if served_ms >= SERVED_MS:
            self._failures = 0
        ceiling = min(MOST_S, FIRST_S * 2 ** min(self._failures, _EXPONENT_MOST))
        self._failures += 1
        wait = self._random.uniform(0, ceiling)
        if retry_after_s > 0:
            return max(
                wait, self._random.uniform(retry_after_s, retry_after_s * (1 + AFTER_SPREAD))
            )
        least = {GoodbyeCode.REPLACED: REPLACED_S, GoodbyeCode.UPGRADE: UPGRADE_S}
        floor = least.get(code, 0.0) if code is not None else 0.0
        return max(wait, self._random.uniform(floor, 2 * floor))
