"""The far end of thousands of connections: reads everything at once, counts live frames, answers pings."""

from __future__ import annotations

import select
import socket
import time

from bench.wire import READ_BYTES, masked

STAMP, STAMP_DIGITS = b"@TS@", 19
LIVE_BYTES = 330
"""A live frame with an event of 300 bytes is longer, a `top` is shorter."""
_PING, _PONG, _CLOSE = 0x89, 0xA, 0x88
PATIENCE_S = 30.0
SETTLE_TURNS, SETTLE_TURN_S = 20, 0.05


class Crowd:
    """Sockets of one process. It spins, so that the server never pays for waking it up."""

    def __init__(self, live_bytes: int = LIVE_BYTES) -> None:
        """Frames with a longer payload than `live_bytes` are counted."""
        self._live_bytes = live_bytes
        self._sockets: dict[int, socket.socket] = {}
        self._rest: dict[int, bytes] = {}
        self._poll = select.epoll()
        self.live = 0
        self.waits_ms: list[float] | None = None
        """How long stamped frames took to come; set it to a list to begin."""

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

    def settle(self) -> None:
        """Read until the answers to what was asked last are in."""
        for _ in range(SETTLE_TURNS):
            self.read(SETTLE_TURN_S)

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
            if size > self._live_bytes:
                self.live += 1
                if self.waits_ms is not None:
                    self._timed(data[at + head : at + head + size])
            elif data[at] == _PING:
                self._sockets[fd].send(masked(data[at + head : at + head + size], _PONG))
            elif data[at] == _CLOSE:
                raise ConnectionError("the server closed a connection")
            at += head + size
        if at < end:
            self._rest[fd] = data[at:]

    def _timed(self, payload: bytes) -> None:
        at = payload.find(STAMP)
        if at >= 0 and self.waits_ms is not None:
            at += len(STAMP)
            sent_ns = int(payload[at : at + STAMP_DIGITS])
            self.waits_ms.append((time.monotonic_ns() - sent_ns) / 1e6)


def stamp(at_ns: int) -> str:
    """What a frame carries that was due at `at_ns` (monotonic)."""
    return f"{STAMP.decode()}{at_ns:0{STAMP_DIGITS}}"
