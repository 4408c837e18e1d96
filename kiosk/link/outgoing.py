"""Frames on their way out: a bounded queue, one writer, and the news when no byte moves."""

from __future__ import annotations

import asyncio
from collections import deque

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

FRAMES_MOST = 256
BYTES_MOST = 1024 * 1024
"""More than a whole window of commands; a line that takes no more is not a line."""
STUCK_MS = 10_000
"""A frozen server takes no byte: cut before the 15 s in which the badge must say offline.
The library's own keepalive waits behind the full buffer and cannot cut it (measured)."""
BEAT_MS = 5_000
"""A server hears nothing for 15 s and cuts; behind a proxy its ping may wait a minute for us."""
_BEAT = ""


class Outgoing:
    """The only writer of one connection."""

    def __init__(self, socket: ClientConnection, now_ms: int) -> None:
        self._socket = socket
        self._queue: deque[str] = deque()
        self._size = 0
        self._filled = asyncio.Event()
        self._moved_ms = now_ms
        self._buffered = 0
        self._sent = 0
        self._sent_seen = 0
        self._beaten = 0
        self._left_ms = now_ms

    def put(self, text: str) -> bool:
        """Queue a frame; False when the queue is full and the connection must be cut."""
        if len(self._queue) >= FRAMES_MOST or self._size + len(text) > BYTES_MOST:
            return False
        self._queue.append(text)
        self._size += len(text)
        self._filled.set()
        return True

    async def pump(self) -> None:
        """Write until the connection is closed."""
        try:
            while True:
                await self._filled.wait()
                while self._queue:
                    text = self._queue.popleft()
                    self._size -= len(text)
                    if text == _BEAT:
                        # A pong that nobody asked for: RFC 6455, 5.5.3, a heartbeat without answer.
                        await self._socket.pong()
                    else:
                        await self._socket.send(text)
                    self._sent += 1
                self._filled.clear()
        except ConnectionClosed:
            return

    def beat(self, now_ms: int) -> None:
        """Say that we live, when nothing else was said for long; call once a second."""
        if self._queue or self._sent != self._beaten:
            self._beaten, self._left_ms = self._sent, now_ms
        elif now_ms - self._left_ms >= BEAT_MS:
            self.put(_BEAT)

    def stuck(self, now_ms: int) -> bool:
        """Whether nothing moved for too long although something waits; call once a second."""
        buffered = self._socket.transport.get_write_buffer_size()
        idle = not self._queue and not buffered
        if idle or buffered < self._buffered or self._sent != self._sent_seen:
            self._moved_ms = now_ms
        self._buffered = buffered
        self._sent_seen = self._sent
        return now_ms - self._moved_ms > STUCK_MS
