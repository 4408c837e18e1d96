"""Drives a follower in a thread of its own, and lets it wait while kiosks empty their outboxes; reads no event."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Protocol

from server.desk.ports import Unavailable

EVERY_S = 1.0
"""History is read by people; it may be a second behind."""
LOOK_S = 0.25
BUSY_PER_S = 500.0
"""More commands a second than people tap: outboxes are emptied after an outage, and each kiosk
waits for its answers. A follower spends twice the time of the desk on an event, under the same
interpreter lock and the same write lock of SQLite.
"""
WAITS_S = 10.0
"""Also in the longest rush the past is not further behind than the rush of so long a time."""

_log = logging.getLogger(__name__)


class Stepping(Protocol):
    """`server.log.follower.Follower` as it is driven: from one thread at a time."""

    def step(self, now_ms: int) -> int:
        """Follow by some events; how many. Raises Unavailable."""

    def stop(self) -> None:
        """Give the lease back."""


async def keep_following(follower: Stepping, taken: Callable[[], int]) -> None:
    """Drive a follower until cancelled; `taken` is how many commands the desk has taken so far."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "follower") as thread:
        try:
            while True:
                try:
                    stepped = await loop.run_in_executor(thread, follower.step, _utc_ms())
                except Unavailable as error:
                    _log.warning("a follower pauses: %s", error)
                    stepped = 0
                except Exception:  # noqa: BLE001 - the past may lag, the present must go on
                    _log.exception("a follower stumbled")
                    stepped = 0
                if not stepped:
                    await asyncio.sleep(EVERY_S)
                await until_calm(taken)
        finally:
            with suppress(Unavailable):
                # Waits for the step in hand; the next server need not wait for the lease to end.
                await asyncio.shield(loop.run_in_executor(thread, follower.stop))


async def until_calm(
    taken: Callable[[], int], *, look_s: float = LOOK_S, waits_s: float = WAITS_S
) -> None:
    """Return when the desk is not in a rush, at the latest after `waits_s`."""
    began_s, before = time.monotonic(), taken()
    while time.monotonic() - began_s < waits_s:
        looked_s = time.monotonic()
        await asyncio.sleep(look_s)
        now = taken()
        if now - before <= BUSY_PER_S * (time.monotonic() - looked_s):
            return
        before = now


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000
