"""Waits for what other tasks bring about, never longer than said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

LOOK_EVERY_S = 0.01


async def until(condition: Callable[[], object], *, within_s: float = 10.0) -> None:
    """Wait until something holds; TimeoutError after `within_s`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    met = bool(condition())
    while not met:
        if loop.time() > deadline:
            raise TimeoutError(f"not within {within_s} s")
        await asyncio.sleep(LOOK_EVERY_S)
        met = bool(condition())
