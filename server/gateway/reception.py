"""Takes hellos to the door together: it decides nothing about them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from dapur.sync.effects import Identify
from server.gateway.admission import Door, TurnedAway, Welcomed

HELLOS = 100
"""Hellos looked at together: enough to make the database cheap, and none waits long for the others."""

_Guest = tuple[Identify, asyncio.Future[Welcomed | TurnedAway]]


class Reception:
    """Takes hellos to the door, all together that came while the last ones were looked at.

    After a restart thousands of kiosks say hello in the same seconds; asked one by one, each takes
    three transactions of the database. Its methods run on the loop.
    """

    def __init__(
        self,
        door: Door,
        off_loop: Callable[..., Awaitable[list[Welcomed | TurnedAway]]],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        """`off_loop(work, asked)` runs it in a thread; `spawn` runs what outlives a connection."""
        self._door = door
        self._off_loop = off_loop
        self._spawn = spawn
        self._waiting: deque[_Guest] = deque()
        self._open = False

    async def identify(self, asked: Identify) -> Welcomed | TurnedAway:
        """`Door.identify` of this one."""
        answer: asyncio.Future[Welcomed | TurnedAway] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if not self._open:
            self._open = True
            self._spawn(self._work())
        return await answer

    async def _work(self) -> None:
        """Until nobody waits."""
        try:
            while self._waiting:
                some = [self._waiting.popleft() for _ in range(min(HELLOS, len(self._waiting)))]
                # Who hung up meanwhile is not looked for.
                await self._look_at([each for each in some if not each[1].done()])
        finally:
            self._open = False

    async def _look_at(self, some: Sequence[_Guest]) -> None:
        if not some:
            return
        try:
            found = await self._off_loop(self._door.identify_all, [asked for asked, _ in some])
        except asyncio.CancelledError:
            # The server closes: nobody who waits here is answered.
            for _, answer in (*some, *self._waiting):
                answer.cancel()
            self._waiting.clear()
            raise
        except Exception as error:  # noqa: BLE001 - it ends the connection that it belongs to
            if len(some) > 1:
                # One hello that nobody foresaw must not shut the others out.
                for each in some:
                    await self._look_at([each])
            elif not some[0][1].done():
                some[0][1].set_exception(error)
            return
        for (_, answer), one in zip(some, found, strict=True):
            if not answer.done():
                answer.set_result(one)
