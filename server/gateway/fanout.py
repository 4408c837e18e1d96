"""Carries new events of a kitchen to its live kiosks: does what the cursors ask for, off the loop where it waits."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Coroutine, Iterable, Sequence
from concurrent.futures import Executor

from dapur.ids import KitchenId
from dapur.wire.codec import encode_bytes
from dapur.wire.messages import GoodbyeCode
from server.desk.groups import Grown
from server.desk.ports import Bus, Entry, Log, Unavailable
from server.gateway.cursor import (
    Cursors,
    Errand,
    Forward,
    Listener,
    PollHeads,
    ReadAfter,
    Restart,
    Stream,
    pages,
)
from server.gateway.line import framed
from server.metrics import Metrics

POLL_S = 2.5
"""The safety net under the bus: a lost hint costs a kiosk of another process so much."""
POLL_SPREAD = 0.2
READ_EVENTS = 500

_log = logging.getLogger(__name__)


def deliver(stream: Stream, first: int, last: int, frame: bytes) -> None:
    """Give a live frame of the events `first` to `last` to everybody who listens to the stream."""
    level, listeners = stream.level, stream.listeners
    # The hottest line of the server: of a kiosk that is level nothing is touched but its line.
    full = [name for name, line in level.items() if not line.put(frame, live=True)]
    for name in full:
        listeners[name].overflowed()
    if len(level) < len(listeners):
        for name, listener in tuple(listeners.items()):
            if name not in level:
                listener.forward(first, last, frame)


class Fanout:
    """The cursors of one server process with the log and the loop that they lack."""

    def __init__(self, log: Log, readers: Executor, metrics: Metrics, bus: Bus) -> None:
        """Hears `bus` until `close`."""
        self._log = log
        self._bus = bus
        self._readers = readers
        self._metrics = metrics
        self._cursors = Cursors()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self.reachable = True
        """Whether the log answered the last time it was asked."""
        self.close = bus.subscribe(self.heard, self.missed)

    # ---- who listens ---------------------------------------------------------------------------

    def join(
        self, kitchen: KitchenId, epoch: str, seq: int, link: bytes, listener: Listener
    ) -> Stream:
        """Begin to forward to this listener; do so before reading the log for it."""
        stream, errands = self._cursors.join(kitchen, epoch, seq, link, listener)
        self._bus.attend(kitchen)
        self._do(errands)
        return stream

    def leave(self, kitchen: KitchenId, listener: Listener) -> None:
        """Forget a listener; a kitchen without one costs nothing."""
        self._cursors.leave(kitchen, listener)
        if not self._cursors.live(kitchen):
            self._bus.leave(kitchen)

    def kitchens(self) -> tuple[KitchenId, ...]:
        """Kitchens with a live kiosk here."""
        return self._cursors.kitchens()

    # ---- what is new ---------------------------------------------------------------------------

    def grown(self, grown: Grown) -> None:
        """Entries that this process committed, or (none) word that somebody else did."""
        self._do(self._cursors.grown(grown))

    def heard(self, kitchen: KitchenId, seq: int) -> None:
        """A hint that the log of `kitchen` reaches `seq`."""
        self._do(self._cursors.heard(kitchen, seq))

    def missed(self, kitchens: Sequence[KitchenId]) -> None:
        """Hints of these kitchens may have been lost."""
        self._spawn(self._poll(kitchens))

    async def poll(self) -> None:
        """Ask the log where all kitchens stand."""
        await self._poll(self.kitchens())

    async def keep_polling(self, every_s: float = POLL_S) -> None:
        """Poll until cancelled; many processes do not poll in step."""
        while True:
            spread = random.uniform(1 - POLL_SPREAD, 1 + POLL_SPREAD)  # noqa: S311 - spreads load, guards nothing
            await asyncio.sleep(every_s * spread)
            await self.poll()

    # ---- errands -------------------------------------------------------------------------------

    def _do(self, errands: Iterable[Errand]) -> None:
        for errand in errands:
            match errand:
                case Forward(stream, fresh):
                    self._forward(stream, fresh)
                case ReadAfter(stream, after):
                    self._spawn(self._read(stream, after))
                case Restart(listeners):
                    for listener in listeners:
                        listener.end(GoodbyeCode.RESTART, retry_after_s=0.1, detail="archived")
                case PollHeads(kitchens):
                    self._spawn(self._poll(kitchens))

    async def _poll(self, kitchens: Sequence[KitchenId]) -> None:
        try:
            heads = await self._loop.run_in_executor(self._readers, self._log.heads, kitchens)
        except Unavailable as error:
            self.reachable = False
            _log.warning("heads cannot be read: %s", error)
            return
        self.reachable = True
        found = self._cursors.polled(heads)
        self._metrics.repaired.inc(len(found))
        self._do(found)

    async def _read(self, stream: Stream, after: int) -> None:
        def read() -> tuple[Entry, ...]:
            return self._log.read(stream.kitchen, after, limit=READ_EVENTS)

        entries: tuple[Entry, ...] | None = None
        try:
            entries = await self._loop.run_in_executor(self._readers, read)
        except LookupError as error:
            _log.warning("%s went to the archive under its kiosks: %s", stream.kitchen, error)
            self._do(self._cursors.archived(stream))
        except Unavailable as error:
            _log.warning("%s cannot be read: %s", stream.kitchen, error)
        finally:
            # Whatever went wrong, this stream is to be read again when the next hint comes.
            self._do(self._cursors.read(stream, entries))
            if not stream.reading:
                self._metrics.gaps.inc()

    def _forward(self, stream: Stream, fresh: Sequence[Entry]) -> None:
        for last, live in pages(fresh):
            frame = framed(encode_bytes(live))
            self._metrics.delivered.inc(len(stream.listeners))
            deliver(stream, live.first, last, frame)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
