"""Strangers with bare sockets: bytes as they like, no library that would keep them from it; they judge nothing."""

from __future__ import annotations

import asyncio
import os
import statistics
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.failures.kiosk_process import KioskProcess

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
CONTINUATION, TEXT, CLOSE, PING = 0, 1, 8, 9
ANSWER_S = 20.0


def request(*lines: str) -> bytes:
    """The request of a WebSocket handshake, with more header lines."""
    plain = (
        *("GET / HTTP/1.1", "Host: dapur", "Upgrade: websocket", "Connection: Upgrade"),
        *(f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13"),
        *("Sec-WebSocket-Protocol: dapur.v1", *lines, "", ""),
    )
    return "\r\n".join(plain).encode()


def frame(
    payload: bytes, *, opcode: int = TEXT, last: bool = True, squeezed: bool = False
) -> bytes:
    """One frame of a client, masked with zeros; `squeezed` claims a compression nobody agreed on."""
    head = (0x80 if last else 0) | (0x40 if squeezed else 0) | opcode
    size = len(payload)
    if size < 126:
        return bytes((head, 0x80 | size)) + bytes(4) + payload
    if size < 1 << 16:
        return bytes((head, 0x80 | 126)) + struct.pack("!H", size) + bytes(4) + payload
    return bytes((head, 0x80 | 127)) + struct.pack("!Q", size) + bytes(4) + payload


class Raw:
    """One socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.opened_s = time.monotonic()

    @classmethod
    async def connect(cls, port: int) -> Raw:
        """To a port of loopback."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    @classmethod
    async def shaken(cls, port: int, *lines: str) -> Raw:
        """After the handshake; its answer and the challenge are read."""
        raw = await cls.connect(port)
        await raw.send(request(*lines))
        async with asyncio.timeout(ANSWER_S):
            raw.answer = await raw._reader.readuntil(b"\r\n\r\n")
        return raw

    answer = b""
    """What the server said to the handshake."""

    async def send(self, data: bytes) -> bool:
        """Write; whether the server still takes it."""
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError:
            return False
        return not self._writer.is_closing()

    async def end(self, *, within_s: float = ANSWER_S) -> bytes:
        """Read until the server closes, and close; what came. TimeoutError when it does not."""
        found = b""
        try:
            async with asyncio.timeout(within_s):
                with suppress(OSError):
                    while data := await self._reader.read(65536):
                        found = (found + data)[-65536:]
        finally:
            self.abort()
        return found

    async def close_code(self, *, within_s: float = ANSWER_S) -> int:
        """The code of the close frame at the end of what came; 0 when it was cut without one."""
        found = await self.end(within_s=within_s)
        for at in range(len(found) - 3, -1, -1):
            if found[at] == 0x80 | CLOSE and found[at + 1] <= 125:
                return int.from_bytes(found[at + 2 : at + 4], "big")
        return 0

    async def drip(self, data: bytes, *, every_s: float, within_s: float) -> float:
        """Send a byte now and then until it is cut; after how many seconds that was."""
        ended = asyncio.create_task(self.end(within_s=within_s))
        try:
            for byte in data:
                await self.send(bytes((byte,)))
                done, _ = await asyncio.wait([ended], timeout=every_s)
                if done:
                    break
            await ended
        finally:
            self.abort()
        return time.monotonic() - self.opened_s

    def abort(self) -> None:
        """Leave without a word."""
        self._writer.transport.abort()


def resident_bytes(pid: int) -> int:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def cpu_s(pid: int) -> float:
    """Seconds of a processor that a process has used."""
    words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


async def answers_s(kiosk: KioskProcess, batch: str, count: int) -> list[float]:
    """How long taps of a kiosk take until they are answered and shown from the log."""
    found: list[float] = []
    for _ in range(count):
        began_s = time.monotonic()
        await kiosk.measure(batch, "s-nur")
        await kiosk.sent()
        found.append(time.monotonic() - began_s)
    return found


def flat(before_s: Sequence[float], during_s: Sequence[float]) -> bool:
    """Whether the middle answer is not much later than before: five times and a fifth of a second."""
    return statistics.median(during_s) < 5 * statistics.median(before_s) + 0.2
