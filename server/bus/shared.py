"""What all processes remember together, in Redis: it forgets, and is away, at any time; nothing depends on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.bus.address import dialler_of

BUDGET_S = 0.5
"""The first question also connects; whoever needs longer than this is no help beside the tables."""
REST_S = 2.0
"""After a failure nobody waits for Redis again for so long."""
AT_ONCE = 8
"""More questions than this at a time go to the tables: as many connections are kept at most."""

T = TypeVar("T")


class RedisMemory:
    """`server.history.cache.Shared`. Used on the loop's thread."""

    def __init__(self, url: str) -> None:
        """Raises BadAddress; whether Redis is there is seen at the first question."""
        self._dialler = dialler_of(url)
        self._redis: Redis = Redis(connection_pool=self._dialler.pool)
        self._rests_until_s = 0.0
        self._asking = 0

    async def get(self, key: str) -> bytes | None:
        """What is kept; None when nothing is, or when it cannot be told in time."""
        found = await self._try(lambda: self._redis.get(key))
        return found if isinstance(found, bytes) else None

    async def put(self, key: str, value: bytes, kept_s: int) -> None:
        """Keep it for so long, if that can be done in time."""
        await self._try(lambda: self._redis.set(key, value, ex=kept_s))

    async def close(self) -> None:
        """Let the connections go."""
        with suppress(RedisError, OSError):
            await self._dialler.close()

    async def _try(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        if self._asking >= AT_ONCE or time.monotonic() < self._rests_until_s:
            return None
        self._asking += 1
        try:
            async with asyncio.timeout(BUDGET_S):
                return await ask()
        except (RedisError, OSError, TimeoutError):
            self._rests_until_s = time.monotonic() + REST_S
            return None
        finally:
            self._asking -= 1
