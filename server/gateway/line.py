"""One WebSocket of the library with what it lacks: counted bytes and a bounded queue; it reads no frame."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from typing import Any

from typing_extensions import override
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State

from server.gateway.limits import Guests

if sys.platform == "linux":
    import fcntl
    import struct

QUEUE_FRAMES = 256
QUEUE_BYTES = 1024 * 1024
"""A kiosk that is this far behind reads the log faster than it would read its queue."""
WRITE_BYTES = 64 * 1024
"""Frames that leave in one write; more only grows the transport's buffer."""
BUFFER_MAX_BYTES = 4 * 1024 * 1024
"""The library answers pings into the transport's buffer without a bound: a flood of pings ends here."""
_SIOCOUTQ = 0x5411
_TEXT = 0x80 | Opcode.TEXT
"""A whole message."""
_SHORT_MAX, _MIDDLE_MAX = 125, 65_535
"""Sizes that stand in one byte, and in two bytes after it (RFC 6455, 5.2)."""

PING = Frame(Opcode.PING, b"").serialize(mask=False, extensions=[])

_HEARD = Request("/", Headers())
"""Stands for every request that was answered."""


def framed(payload: bytes) -> bytes:
    """A text message as it stands on the wire: made once, written to every kiosk of a kitchen."""
    size = len(payload)
    if size <= _SHORT_MAX:
        return b"%c%c%b" % (_TEXT, size, payload)
    if size <= _MIDDLE_MAX:
        return b"%c\x7e%b%b" % (_TEXT, size.to_bytes(2, "big"), payload)
    return b"%c\x7f%b%b" % (_TEXT, size.to_bytes(8, "big"), payload)


class Line(ServerConnection):
    """Frames go to the transport past the library: only whole ones, only while the state is OPEN."""

    # In slots what a delivery looks at: a dict is two more places in memory, cold for most kiosks.
    __slots__ = (
        "_clear",
        "_queue",
        "_queued_bytes",
        "_written",
        "address",
        "heard_s",
        "transport",
        "written_bytes",
    )
    guests: Guests

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = ""
        """Of the other end; of the balancer in front, where there is one."""
        self.heard_s = time.monotonic()
        """When the last byte came in."""
        self.written_bytes = 0
        self._clear = False
        """A frame may go straight to the transport: the state is OPEN and there is room, so nothing waits."""
        self._queue: deque[tuple[bytes, bool]] = deque()
        self._queued_bytes = 0
        self._written: asyncio.Event | None = None

    def forget_headers(self) -> None:
        """Nobody asks for them after the handshake, and they are a fifth of an idle kiosk's memory."""
        # The library takes a line without a request for one that has not shaken hands.
        self.request, self.response = _HEARD, None

    # ---- queue ---------------------------------------------------------------------------------

    @property
    def queued_bytes(self) -> int:
        """What waits here, without the transport's buffer."""
        return self._queued_bytes

    @property
    def crowded(self) -> bool:
        """Whether so much waits that the queue should be written before more is caused."""
        return len(self._queue) > QUEUE_FRAMES // 4

    async def written(self) -> None:
        """Wait until nothing waits here."""
        self._written = asyncio.Event()
        if self._queue:
            await self._written.wait()

    def put(self, frame: bytes, *, live: bool = False) -> bool:
        """Send a frame that `framed` made, or queue it; False when there is no room for it."""
        if not self._clear:
            return self._keep(frame, live=live)
        transport = self.transport
        # On a line that is closing nothing is missed.
        if not transport.is_closing():
            self.written_bytes += len(frame)
            transport.write(frame)
        return True

    def _keep(self, frame: bytes, *, live: bool) -> bool:
        if self.state is not State.OPEN:
            return True
        queue, size = self._queue, self._queued_bytes + len(frame)
        if size > QUEUE_BYTES or len(queue) >= QUEUE_FRAMES:
            return False
        queue.append((frame, live))
        self._queued_bytes = size
        return True

    def drop_live(self) -> int:
        """Forget queued live events, which the kiosk can pull; how many frames these were."""
        kept = deque(item for item in self._queue if not item[1])
        dropped = len(self._queue) - len(kept)
        self._queue = kept
        self._queued_bytes = sum(len(frame) for frame, _ in kept)
        return dropped

    def flush(self) -> None:
        """Write what waits, as far as the transport takes it."""
        queue = self._queue
        while queue and not self.paused:
            if self.protocol.state is not State.OPEN or self.transport.is_closing():
                queue.clear()
                self._queued_bytes = 0
                break
            data = queue.popleft()[0]
            if queue:
                data = self._joined(data)
            size = len(data)
            self._queued_bytes -= size
            self.written_bytes += size
            self.transport.write(data)
        if self._written is not None and not queue:
            self._written.set()

    def _joined(self, first: bytes) -> bytes:
        """A frame just taken from the queue, and those after it that leave in the same write."""
        batch, size, queue = [first], len(first), self._queue
        while queue and size < WRITE_BYTES:
            frame = queue.popleft()[0]
            batch.append(frame)
            size += len(frame)
        return b"".join(batch)

    # ---- progress ------------------------------------------------------------------------------

    def backlog_bytes(self) -> int:
        """Bytes written that the kiosk's side has not acknowledged (where the system tells)."""
        waiting = self.transport.get_write_buffer_size()
        if sys.platform == "linux":
            sock = self.transport.get_extra_info("socket")
            try:
                raw = fcntl.ioctl(sock.fileno(), _SIOCOUTQ, b"\0\0\0\0")
            except (OSError, ValueError, AttributeError):
                return waiting
            (unread,) = struct.unpack("i", raw)
            waiting += int(unread)
        return waiting

    def abort(self) -> None:
        """Cut it without a word."""
        self.transport.abort()

    # ---- called by the transport ---------------------------------------------------------------

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it, and cut one of too many before it costs anything."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        if not self.guests.came(self, self.address):
            self.transport.abort()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self.guests.left(self)
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        """Count, then let the library read."""
        self.heard_s = time.monotonic()
        super().data_received(data)
        if self.transport.get_write_buffer_size() > BUFFER_MAX_BYTES:
            self.transport.abort()

    @override
    def send_data(self) -> None:
        """The library writes frames of its own; it never changes its state without coming by here."""
        super().send_data()
        self._look()

    @override
    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        super().pause_writing()
        self._look()

    @override
    def resume_writing(self) -> None:
        """The transport has room again."""
        super().resume_writing()
        self.flush()
        self._look()

    def _look(self) -> None:
        self._clear = self.protocol.state is State.OPEN and not self.paused
