"""Speaks with the platform's Redis for the bridge: says, hears and asks; it knows no message."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import CancelledError as Cancelled
from concurrent.futures import TimeoutError as TooLate

from redis.exceptions import RedisError

from server.bus.address import dialler_of, shown
from server.bus.keeping import Work, keep_connected
from server.bus.line import ANSWER_S, Line, OutOfStep, Word
from server.bus.troubles import FAILING, trouble_of
from server.desk.ports import Away
from server.metrics import Metrics

BEAT_S = 2.0
BEAT_KEY = "dapur:bridge:beat"
BEAT_KEPT_MS = 10_000
BATCH = 128
"""Messages of a kilobyte in one write: a Redis behind a slow line answers them within its time."""
RETRY_MAX_S = 2.0
DETAIL_MAX = 200

_log = logging.getLogger(__name__)

Heard = Callable[[str, bytes], None]


class RedisPlatform:
    """`server.bridge.ports.Platform` over RESP3. All is called on the loop's thread but `publish`."""

    def __init__(self, url: str, metrics: Metrics) -> None:
        """Raises BadAddress; whether Redis is there is seen in `run`."""
        self._dialler = dialler_of(url)
        self._shown = shown(url)
        self._metrics = metrics
        self._patterns: tuple[str, ...] = ()
        self._heard: Heard = lambda _channel, _payload: None
        self._line: Line | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.trouble = "not connected"
        """Why nothing flows now; empty when it does."""
        self._metrics.bridge_up.set(0)

    # ---- the port ------------------------------------------------------------------------------

    def listen(self, patterns: Sequence[str], heard: Heard) -> None:
        """Call `heard` with channel and payload of what matches."""
        self._patterns, self._heard = tuple(patterns), heard

    def publish(self, said: Sequence[tuple[str, bytes]]) -> None:
        """Say these in order; returns when Redis has taken all. Raises Away."""
        if self._loop is None or self._line is None:
            raise Away(self.trouble or "not connected")
        saying = asyncio.run_coroutine_threadsafe(self._say(tuple(said)), self._loop)
        try:
            saying.result(ANSWER_S * (3 + len(said) // BATCH))
        except (TooLate, Cancelled) as error:
            saying.cancel()
            raise Away("silent") from error

    async def ask(self, commands: Sequence[tuple[Word, ...]]) -> list[object]:
        """The answers, errors among them. Raises Away."""
        line = self._line
        if line is None:
            raise Away(self.trouble or "not connected")
        return await self._with(line.ask(commands))

    async def run(self) -> None:
        """Stay connected until cancelled."""
        self._loop = asyncio.get_running_loop()
        await keep_connected(
            self._dialler, Work(self._pushed, self._carry, self._failed), RETRY_MAX_S
        )

    # ---- one connection ------------------------------------------------------------------------

    async def _carry(self, line: Line) -> None:
        try:
            for name in self._patterns:
                await line.tell([("PSUBSCRIBE", name)])
            while True:
                # Answered in order: what was subscribed above is heard when this says that all is well.
                await self._writable(line)
                self._well(line)
                await asyncio.sleep(BEAT_S)
        finally:
            self._line = None

    async def _say(self, said: Sequence[tuple[str, bytes]]) -> None:
        """A full Redis or a replica takes a PUBLISH and nobody hears it: a write is tried before."""
        line = self._line
        if line is None:
            raise Away(self.trouble or "not connected")
        await self._with(self._writable(line))
        for start in range(0, len(said), BATCH):
            commands = [("PUBLISH", *each) for each in said[start : start + BATCH]]
            for answer in await self._with(line.ask(commands)):
                if isinstance(answer, Exception):
                    raise Away(trouble_of(answer)) from answer

    async def _writable(self, line: Line) -> None:
        """Raises what Redis says when it cannot be written to."""
        said = (await line.ask([("SET", BEAT_KEY, "1", "PX", str(BEAT_KEPT_MS))]))[0]
        if isinstance(said, Exception):
            raise said

    async def _with(self, work: Awaitable[list[object] | None]) -> list[object]:
        try:
            return await work or []
        except (RedisError, OSError, TimeoutError, OutOfStep, asyncio.CancelledError) as error:
            # Whoever closes the line cancels what was asked over it; ours to be cancelled is different.
            if isinstance(error, asyncio.CancelledError) and _cancelled_ourselves():
                raise
            raise Away(trouble_of(error) if isinstance(error, Exception) else "away") from error

    def _pushed(self, kind: bytes, name: bytes, data: object) -> None:
        if kind == b"pmessage" and isinstance(data, bytes):
            self._heard(name.decode(errors="replace"), data)

    # ---- how it is -----------------------------------------------------------------------------

    def _well(self, line: Line) -> None:
        self._line = line
        if self.trouble:
            _log.info("the bridge stands, at %s", self._shown)
        self.trouble = ""
        self._metrics.bridge_up.set(1)

    def _failed(self, error: Exception) -> None:
        """Say it once for each change, not for each try."""
        self._metrics.bridge_up.set(0)
        trouble = trouble_of(error)
        if trouble == self.trouble:
            return
        self.trouble = trouble
        _log.warning(
            "the bridge at %s is %s: what it has to say waits (%s)",
            self._shown,
            trouble,
            str(error)[:DETAIL_MAX],
            exc_info=error if trouble == FAILING else None,
        )


def _cancelled_ourselves() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
