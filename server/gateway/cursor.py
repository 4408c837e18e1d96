"""Decides what the fan-out forwards, reads and polls, sans I/O; it touches no log, socket, thread or clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from dapur.ids import ConnectionId, KitchenId
from dapur.sync.server_side import Entryish, pages_of
from dapur.wire.messages import GoodbyeCode, Live
from server.desk.groups import Grown
from server.desk.ports import Entry


class Listener(Protocol):
    """A connection as the fan-out sees it."""

    @property
    def id(self) -> ConnectionId:
        """Its name."""

    def forward(self, first: int, last: int, frame: bytes) -> None:
        """Send this live frame, unless the kiosk is elsewhere; one that took it may become level."""

    def overflowed(self) -> None:
        """There was no room for a live frame: it is level no more."""

    def end(self, code: GoodbyeCode, *, retry_after_s: float = 0.0, detail: str = "") -> None:
        """Say goodbye and close."""


class Pipe(Protocol):
    """A line as the fan-out sees it."""

    def put(self, frame: bytes, *, live: bool = False) -> bool:
        """Send or queue this frame; False when there is no room for it."""


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
        """How far the log is said to reach."""
        self.reading = False
        self.again = False
        """A hint came while the log was being read: what that read does not find may be there by now."""
        self.listeners: dict[ConnectionId, Listener] = {}
        self.level: dict[ConnectionId, Pipe] = {}
        """Lines of listeners that took the last live frame and were not heard since: they take the next as it is."""


class Forward(msgspec.Struct, frozen=True):
    """Give these entries, which follow the cursor, to the stream's listeners (`pages`)."""

    stream: Stream
    fresh: tuple[Entry, ...]


class ReadAfter(msgspec.Struct, frozen=True):
    """Read the log after `after`, then call `read`."""

    stream: Stream
    after: int


class Restart(msgspec.Struct, frozen=True):
    """End these listeners' connections: only a snapshot can tell them what is new."""

    listeners: tuple[Listener, ...]


class PollHeads(msgspec.Struct, frozen=True):
    """Ask the log where these kitchens stand, then call `polled`."""

    kitchens: tuple[KitchenId, ...]


Errand = Forward | ReadAfter | Restart | PollHeads


class Cursors:
    """Hears of new events from own commits, hints and polls; all three may lie, the log does not.

    Every input gives at most a few errands, to be done in order; a stream is read by one errand at
    a time.
    """

    def __init__(self) -> None:
        self._streams: dict[KitchenId, Stream] = {}

    # ---- who listens ---------------------------------------------------------------------------

    def join(
        self, kitchen: KitchenId, epoch: str, seq: int, link: bytes, listener: Listener
    ) -> tuple[Stream, tuple[Errand, ...]]:
        """Begin to forward to this listener, who knows that the log reaches `seq`."""
        stream = self._streams.get(kitchen)
        if stream is None:
            stream = self._streams[kitchen] = Stream(kitchen, epoch, seq, link)
        stream.listeners[listener.id] = listener
        return stream, self.heard(kitchen, seq)

    def leave(self, kitchen: KitchenId, listener: Listener) -> None:
        """Forget a listener; a kitchen without one costs nothing."""
        stream = self._streams.get(kitchen)
        if stream is None or stream.listeners.pop(listener.id, None) is None:
            return
        stream.level.pop(listener.id, None)
        if not stream.listeners:
            del self._streams[kitchen]

    def kitchens(self) -> tuple[KitchenId, ...]:
        """Kitchens with a live kiosk here."""
        return tuple(self._streams)

    def live(self, kitchen: KitchenId) -> bool:
        """Whether this kitchen has a live kiosk here."""
        return kitchen in self._streams

    # ---- what is new ---------------------------------------------------------------------------

    def grown(self, grown: Grown) -> tuple[Errand, ...]:
        """Entries that this process committed, or (none) word that somebody else did."""
        stream = self._streams.get(grown.kitchen)
        if stream is None:
            return ()
        if not grown.entries:
            return (PollHeads((grown.kitchen,)),)
        if grown.entries[0].seq <= stream.seq + 1:
            return self._forward(stream, grown.entries)
        return self.heard(grown.kitchen, grown.entries[-1].seq)

    def heard(self, kitchen: KitchenId, seq: int) -> tuple[Errand, ...]:
        """A hint that the log of `kitchen` reaches `seq`."""
        stream = self._streams.get(kitchen)
        if stream is None or seq <= stream.seq:
            return ()
        stream.target = max(stream.target, seq)
        if stream.reading:
            stream.again = True
            return ()
        stream.reading = True
        return self._next(stream)

    def polled(self, heads: Mapping[KitchenId, int]) -> tuple[Errand, ...]:
        """What a poll found."""
        return tuple(
            errand for kitchen, seq in heads.items() for errand in self.heard(kitchen, seq)
        )

    def read(self, stream: Stream, entries: Sequence[Entry] | None) -> tuple[Errand, ...]:
        """What a `ReadAfter` found; None when the log could not be read."""
        forward = self._forward(stream, entries or ())
        if not entries and (entries is None or not stream.again):
            # Nothing there: the hint lied, or the log cannot be read until the next poll.
            stream.target = stream.seq
        return forward + self._next(stream)

    def archived(self, stream: Stream) -> tuple[Errand, ...]:
        """What a `ReadAfter` wanted is archived: this stream can never go on, the next join makes another."""
        listeners = tuple(stream.listeners.values())
        stream.listeners.clear()
        stream.level.clear()
        if self._streams.get(stream.kitchen) is stream:
            del self._streams[stream.kitchen]
        return (Restart(listeners),)

    # ---- how -----------------------------------------------------------------------------------

    def _next(self, stream: Stream) -> tuple[Errand, ...]:
        stream.again = False
        stream.reading = stream.seq < stream.target and bool(stream.listeners)
        return (ReadAfter(stream, stream.seq),) if stream.reading else ()

    def _forward(self, stream: Stream, entries: Sequence[Entry]) -> tuple[Errand, ...]:
        """Pass what is beyond the cursor; `entries` begin at the cursor or before it."""
        fresh = tuple(entries)
        if fresh and fresh[0].seq <= stream.seq:
            fresh = tuple(entry for entry in fresh if entry.seq > stream.seq)
        if not fresh:
            return ()
        stream.seq, stream.hash = fresh[-1].seq, fresh[-1].hash
        return (Forward(stream, fresh),)


def pages(fresh: Sequence[Entry]) -> Iterator[tuple[int, Live]]:
    """The live frames for these entries, each with the seq of its last event."""
    if len(fresh) == 1:
        [only] = fresh
        yield only.seq, Live(only.seq, (only.body.decode(),), only.hash)
        return
    for page in pages_of([entryish(entry) for entry in fresh]):
        yield page[-1].seq, Live(page[0].seq, tuple(e.text for e in page), page[-1].hash)


def entryish(entry: Entry) -> Entryish:
    """A log entry as the wire needs it."""
    return Entryish(entry.seq, entry.hash, entry.body.decode())
