"""Keeps one connection to Redis: dials again for as long as it takes; what is said over it others know."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec
from redis.exceptions import RedisError

from server.bus.address import Dialler
from server.bus.line import Line, Pushed

RETRY_BASE_S = 0.2
STEADY_S = 10.0
"""A connection that lived so long was a good one: the next is tried at once."""


class Work(msgspec.Struct, frozen=True):
    """What is done with each connection."""

    pushed: Pushed
    carry: Callable[[Line], Awaitable[None]]
    """Runs beside the reader until the connection fails; raises why."""
    failed: Callable[[Exception], None]


async def keep_connected(dialler: Dialler, work: Work, retry_max_s: float) -> None:
    """Over as many connections as it takes, until cancelled; never two tries within 20 ms."""
    tries = 0
    try:
        while True:
            began_s = time.monotonic()
            try:
                await _one_connection(dialler, work)
            except Exception as error:  # noqa: BLE001 - whatever it is, the service goes on and says so
                work.failed(error)
            tries = 0 if time.monotonic() - began_s > STEADY_S else tries + 1
            # Of many processes that lost one Redis each comes back at a moment of its own.
            await asyncio.sleep(
                random.uniform(0.02, min(retry_max_s, RETRY_BASE_S * 2 ** min(tries, 8)))  # noqa: S311 - spreads load, guards nothing
            )
    finally:
        with suppress(RedisError, OSError):
            await dialler.close()


async def _one_connection(dialler: Dialler, work: Work) -> None:
    """Serve one connection until it fails. Raises why."""
    line = Line(dialler.dial(), work.pushed)
    tasks: list[asyncio.Future[None]] = []
    try:
        await line.open()
        tasks = [asyncio.ensure_future(line.read()), asyncio.ensure_future(work.carry(line))]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(RedisError, OSError):
            await line.close()
