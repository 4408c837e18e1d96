"""The far end of thousands of connections: reads everything at once, counts live frames, answers pings."""

from __future__ import annotations

import select
import socket
import time

from bench.wire import READ_BYTES, masked

LIVE_BYTES = 330
"""A live frame with an event of 300 bytes is longer, a `top` is shorter."""
_PING, _PONG, _CLOSE = 0x89, 0xA, 0x88
PATIENCE_S = 30.0


class Crowd:
    """Sockets of one process. It spins, so that the server never pays for waking it up."""

    def __init__(self) -> None:
        self._sockets: dict[int, socket.socket] = {}
        self._rest: dict[int, bytes] = {}
        self._poll = select.epoll()
        self.live = 0

    def add(self, one: socket.socket) -> None:
        """Look after one more. Call `read` now and then while others connect: a silent one is cut."""
        one.setblocking(False)
        self._sockets[one.fileno()] = one
        self._poll.register(one.fileno(), select.EPOLLIN)

    def hear(self, deliveries: int) -> None:
        """Read until so many live frames more have come. Raises TimeoutError."""
        wanted = self.live + deliveries
        give_up = time.perf_counter() + PATIENCE_S
        while self.live < wanted:
            self.read(0.0)
            if time.perf_counter() > give_up:
                raise TimeoutError(f"{wanted - self.live} of {deliveries} frames never came")

    def read(self, wait_s: float) -> None:
        """Read what is there."""
        for fd, _ in self._poll.poll(wait_s):
            data = self._sockets[fd].recv(READ_BYTES)
            if not data:
                raise ConnectionError("the server hung up")
            self._count(fd, self._rest.pop(fd, b"") + data)

    def close(self) -> None:
        """Hang up."""
        self._poll.close()
        for each in self._sockets.values():
            each.close()

    def _count(self, fd: int, data: bytes) -> None:
        at, end = 0, len(data)
        while end - at >= 2:
            size, head = data[at + 1], 2
            if size == 126:
                if end - at < 4:
                    break
                size, head = data[at + 2] << 8 | data[at + 3], 4
            if end - at < head + size:
                break
            if size > LIVE_BYTES:
                self.live += 1
            elif data[at] == _PING:
                self._sockets[fd].send(masked(data[at + head : at + head + size], _PONG))
            elif data[at] == _CLOSE:
                raise ConnectionError("the server closed a connection")
            at += head + size
        if at < end:
            self._rest[fd] = data[at:]
