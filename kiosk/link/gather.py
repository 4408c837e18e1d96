"""When events that came from the line are stored: at once after a rest, else together; it stores nothing itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

GATHER_S = 0.05
"""Least time between two stores. A store costs a commit and a look at the board, whether of one event
or of ten: fifty events a second took a seventh more CPU without it. Nobody sees two states within it."""
MEASURED_S = 0.4
"""The same when nothing but measured values came: nobody reads a numeral that changes more often."""


class Gather:
    """Calls `store` soon after `wanted`, however often that is said meanwhile."""

    def __init__(self, store: Callable[[], None]) -> None:
        self._store = store
        self._stored_s = float("-inf")
        self._due_s = float("inf")
        self._turn = 0

    def wanted(self, urgent: bool) -> None:
        """Something is held back; call inside the running loop."""
        loop = asyncio.get_running_loop()
        due_s = self._stored_s + (GATHER_S if urgent else MEASURED_S)
        if due_s >= self._due_s:
            return
        self._due_s = due_s
        self._turn += 1
        if (rest_s := due_s - loop.time()) > 0:
            # A timer that something urgent overtook finds that its turn is over: on Qt's loop a
            # cancelled one would live on as long.
            loop.call_later(rest_s, self._now, self._turn)
        else:
            # When the loop comes to it, every frame that the socket holds has been read.
            loop.call_soon(self._now, self._turn)

    def _now(self, turn: int) -> None:
        if turn != self._turn:
            return
        self._due_s = float("inf")
        self._stored_s = asyncio.get_running_loop().time()
        self._store()
