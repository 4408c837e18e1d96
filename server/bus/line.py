"""One connection to Redis for both ways: commands and their answers in order, hints in between; it decides nothing."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ResponseError

ANSWER_S = 2.0
"""An answer takes a millisecond; who is silent for so long is frozen or gone."""

Word = str | bytes
Pushed = Callable[[bytes, bytes, object], None]
"""`(kind, channel, data)` of what Redis says unasked."""


class OutOfStep(Exception):
    """An answer to no question, or a refused subscription: nothing on this connection can be trusted now."""


class Line:
    """RESP3, so that subscriptions and commands share the socket. Used on the loop's thread."""

    def __init__(self, connection: AbstractConnection, pushed: Pushed) -> None:
        """`connection` is not open yet and belongs to this line alone."""
        self._connection = connection
        self._pushed = pushed
        self._asked: deque[asyncio.Future[object]] = deque()

    async def open(self) -> None:
        """Connect, say who we are. Raises RedisError, OSError."""
        # The library leaves this one without types.
        connect: Callable[[], Awaitable[None]] = self._connection.connect
        await connect()
        # From here on the times below count; the library's own swallow a cancellation now and then.
        self._connection.socket_timeout = None

    async def close(self) -> None:
        """Cut the connection, whatever its state."""
        for answer in self._asked:
            answer.cancel()
        self._asked.clear()
        await self._connection.disconnect(nowait=True)

    async def read(self) -> None:
        """Hand on what comes until the connection ends. Raises RedisError, OSError, OutOfStep."""
        while True:
            try:
                said: object = await self._connection.read_response(
                    timeout=math.inf, push_request=True, disconnect_on_error=False
                )
            except ResponseError as error:
                # Also of a SUBSCRIBE, which asks for no answer: then the next one is out of step.
                said = error
            if isinstance(said, list) and len(said) in (3, 4) and isinstance(said[0], bytes):
                # Kind, channel, data; before the channel the pattern that it matched, if one did.
                self._pushed(said[0], said[-2], said[-1])
            else:
                self._answer(said)

    async def tell(self, commands: Sequence[tuple[Word, ...]]) -> None:
        """Send what has no answer but a push. Raises TimeoutError, RedisError, OSError."""
        async with asyncio.timeout(ANSWER_S):
            await self._connection.send_packed_command(self._connection.pack_commands(commands))

    async def ask(self, commands: Sequence[tuple[Word, ...]]) -> list[object]:
        """Send and wait for the answers; an answer may be an error. Raises TimeoutError, RedisError, OSError."""
        loop = asyncio.get_running_loop()
        answers: list[asyncio.Future[object]] = [loop.create_future() for _ in commands]
        self._asked.extend(answers)
        await self.tell(commands)
        async with asyncio.timeout(ANSWER_S):
            return [await answer for answer in answers]

    def _answer(self, said: object) -> None:
        if not self._asked:
            raise said if isinstance(said, Exception) else OutOfStep(str(said))
        answer = self._asked.popleft()
        if not answer.done():
            answer.set_result(said)
