"""Carries new events of a kitchen to its live kiosks, in order and without a gap; it reads the log to be sure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from concurrent.futures import Executor
from typing import Protocol

from dapur.ids import ConnectionId, KitchenId
from dapur.sync.server_side import Entryish, pages_of
from dapur.wire.codec import encode_bytes
from dapur.wire.messages import Live
from server.desk.groups import Grown
from server.desk.ports import Entry, Log, Unavailable
from server.gateway.line import framed
from server.metrics import Metrics

POLL_S = 2.5
"""The safety net under the bus: a lost hint costs a kiosk of another process so much."""
READ_EVENTS = 500

_log = logging.getLogger(__name__)


class Listener(Protocol):
    """A connection as the fan-out sees it."""

    @property
    def id(self) -> ConnectionId:
        """Its name."""

    def forward(self, first: int, last: int, frame: bytes) -> None:
        """Send this live frame, unless the kiosk is elsewhere."""


class Stream:
    """Where one kitchen's fan-out stands in this process, and who listens."""

    def __init__(self, kitchen: KitchenId, epoch: str, seq: int, link: bytes) -> None:
        self.kitchen = kitchen
        self.epoch = epoch
        self.seq = seq
        self.hash = link
        self.signature: tuple[int, bytes] = (-1, b"")
        """Seq and signature of the last signed `top`."""
        self.target = seq
        self.reading = False
        self.listeners: dict[ConnectionId, Listener] = {}


def entryish(entry: Entry) -> Entryish:
    """A log entry as the wire needs it."""
    return Entryish(entry.seq, entry.hash, entry.body.decode())


class Fanout:
    """Hears of new events from own commits, hints and polls; all three may lie, the log does not."""

    def __init__(self, log: Log, readers: Executor, metrics: Metrics) -> None:
        self._log = log
        self._readers = readers
        self._metrics = metrics
        self._streams: dict[KitchenId, Stream] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self.reachable = True
        """Whether the log answered the last time it was asked."""

    # ---- who listens ---------------------------------------------------------------------------

    def join(
        self, kitchen: KitchenId, epoch: str, seq: int, link: bytes, listener: Listener
    ) -> Stream:
        """Begin to forward to this listener; do so before reading the log for it."""
        stream = self._streams.get(kitchen)
        if stream is None:
            stream = self._streams[kitchen] = Stream(kitchen, epoch, seq, link)
        stream.listeners[listener.id] = listener
        self.heard(kitchen, seq)
        return stream

    def leave(self, kitchen: KitchenId, listener: Listener) -> None:
        """Forget a listener; a kitchen without one costs nothing."""
        stream = self._streams.get(kitchen)
        if stream is None or stream.listeners.pop(listener.id, None) is None:
            return
        if not stream.listeners:
            del self._streams[kitchen]

    def kitchens(self) -> tuple[KitchenId, ...]:
        """Kitchens with a live kiosk here."""
        return tuple(self._streams)

    # ---- what is new ---------------------------------------------------------------------------

    def grown(self, grown: Grown) -> None:
        """Entries that this process committed, or (none) word that somebody else did."""
        stream = self._streams.get(grown.kitchen)
        if stream is None:
            return
        if not grown.entries:
            self._spawn(self._poll([grown.kitchen]))
        elif grown.entries[0].seq <= stream.seq + 1:
            self._forward(stream, grown.entries)
        else:
            self.heard(grown.kitchen, grown.entries[-1].seq)

    def heard(self, kitchen: KitchenId, seq: int) -> None:
        """A hint that the log of `kitchen` reaches `seq`."""
        stream = self._streams.get(kitchen)
        if stream is None or seq <= stream.seq:
            return
        stream.target = max(stream.target, seq)
        if not stream.reading:
            stream.reading = True
            self._spawn(self._fill(stream))

    async def poll(self) -> None:
        """Ask the log where all kitchens stand."""
        await self._poll(self.kitchens())

    async def keep_polling(self, every_s: float = POLL_S) -> None:
        """Poll until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            await self.poll()

    # ---- how -----------------------------------------------------------------------------------

    async def _poll(self, kitchens: Sequence[KitchenId]) -> None:
        try:
            heads = await self._loop.run_in_executor(self._readers, self._log.heads, kitchens)
        except Unavailable as error:
            self.reachable = False
            _log.warning("heads cannot be read: %s", error)
            return
        self.reachable = True
        for kitchen, seq in heads.items():
            self.heard(kitchen, seq)

    async def _fill(self, stream: Stream) -> None:
        """Read what is missing between the cursor and the target."""
        self._metrics.gaps.inc()
        try:
            while stream.seq < stream.target and stream.listeners:
                if not await self._read(stream):
                    # Nothing there: the hint lied, or the log cannot be read until the next poll.
                    stream.target = stream.seq
        finally:
            stream.reading = False

    async def _read(self, stream: Stream) -> bool:
        def read() -> tuple[Entry, ...]:
            return self._log.read(stream.kitchen, after, limit=READ_EVENTS)

        after = stream.seq
        try:
            entries = await self._loop.run_in_executor(self._readers, read)
        except (Unavailable, LookupError) as error:
            _log.warning("%s cannot be read: %s", stream.kitchen, error)
            return False
        self._forward(stream, entries)
        return bool(entries)

    def _forward(self, stream: Stream, entries: Sequence[Entry]) -> None:
        """Send what is beyond the cursor; `entries` begin at the cursor or before it."""
        fresh = [entryish(entry) for entry in entries if entry.seq > stream.seq]
        for page in pages_of(fresh):
            live = Live(page[0].seq, tuple(entry.text for entry in page), page[-1].hash)
            frame = framed(encode_bytes(live))
            stream.seq, stream.hash = page[-1].seq, page[-1].hash
            self._metrics.delivered.inc(len(stream.listeners))
            for listener in tuple(stream.listeners.values()):
                listener.forward(live.first, stream.seq, frame)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
