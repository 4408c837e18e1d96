"""When events that came from the line are stored: at once after a rest, else together; it stores nothing itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

GATHER_S = 0.05
"""Least time between two stores. A store costs a commit and a look at the board, whether of one event
or of ten: fifty events a second took a seventh more CPU without it. Nobody sees two states within it."""


class Gather:
    """Calls `store` soon after `wanted`, however often that is said meanwhile."""

    def __init__(self, store: Callable[[], None]) -> None:
        self._store = store
        self._stored_s = float("-inf")
        self._is_coming = False

    def wanted(self) -> None:
        """Something is held back; call inside the running loop."""
        if self._is_coming:
            return
        self._is_coming = True
        loop = asyncio.get_running_loop()
        rest_s = self._stored_s + GATHER_S - loop.time()
        if rest_s > 0:
            loop.call_later(rest_s, self._now)
        else:
            # When the loop comes to it, every frame that the socket holds has been read.
            loop.call_soon(self._now)

    def _now(self) -> None:
        self._is_coming = False
        self._stored_s = asyncio.get_running_loop().time()
        self._store()
