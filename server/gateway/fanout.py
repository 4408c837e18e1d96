"""Carries new events of a kitchen to its live kiosks: does what the cursors ask for, off the loop where it waits."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import Executor

from dapur.ids import KitchenId
from dapur.wire.codec import encode_bytes
from dapur.wire.messages import GoodbyeCode
from server.desk.groups import Grown
from server.desk.ports import Bus, Entry, Log, Since, Unavailable
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
READ_KITCHENS = 100
"""Read at once: after an outage of the bus all of them want to be."""

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
        self._wanted: list[ReadAfter] = []
        self._reading = False
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
                case ReadAfter():
                    self._wanted.append(errand)
                    if not self._reading:
                        self._reading = True
                        self._spawn(self._read())
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

    async def _read(self) -> None:
        """Read what is wanted, all that came while the last was read at once, until no more is."""
        try:
            while self._wanted:
                some: dict[KitchenId, ReadAfter] = {}
                for each in self._wanted[:READ_KITCHENS]:
                    # A stream that was made anew in between has its turn after the old one.
                    some.setdefault(each.stream.kitchen, each)
                taken = {id(each) for each in some.values()}
                self._wanted = [each for each in self._wanted if id(each) not in taken]
                await self._read_some(some)
        finally:
            self._reading = False

    async def _read_some(self, some: Mapping[KitchenId, ReadAfter]) -> None:
        spans = {kitchen: (each.after, each.after + READ_EVENTS) for kitchen, each in some.items()}
        found: dict[KitchenId, Since] | None = None
        try:
            found = await self._loop.run_in_executor(self._readers, self._log.since, spans)
        except Unavailable as error:
            _log.warning("%d kitchens cannot be read: %s", len(some), error)
        except Exception:  # noqa: BLE001 - a fault of ours must not end the reading of all others
            _log.exception("%d kitchens cannot be read", len(some))
        for each in some.values():
            self._has_read(each, found)

    def _has_read(self, wanted: ReadAfter, found: Mapping[KitchenId, Since] | None) -> None:
        """Go on with what was found; None: the log could not be read."""
        stream = wanted.stream
        since = None if found is None else found.get(stream.kitchen)
        if found is not None and (since is None or since.head.floor > wanted.after):
            _log.warning("%s went to the archive under its kiosks", stream.kitchen)
            self._do(self._cursors.archived(stream))
            since = None
        # Also when nothing came, this stream is to be read again when the next hint comes.
        self._do(self._cursors.read(stream, None if since is None else since.entries))
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
