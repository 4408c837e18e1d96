"""Cuts a stream of one direction into the handshake and whole WebSocket frames, as they stand; it changes no byte."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

_END_OF_HEADERS = b"\r\n\r\n"


class RawFrame(msgspec.Struct, frozen=True):
    """A frame as on the wire, and its payload in the clear."""

    raw: bytes
    opcode: int
    payload: bytes

    def says(self, kind: str) -> bool:
        """Whether this is a frame of the protocol of that type."""
        return f'"type":"{kind}"'.encode() in self.payload[:200]


class Cutter:
    """Feed it bytes, take whole pieces: first the headers as bytes, then frames."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._greeted = False

    def feed(self, data: bytes) -> Iterator[bytes | RawFrame]:
        """What is whole now; the rest waits."""
        self._waiting += data
        if not self._greeted:
            end = self._waiting.find(_END_OF_HEADERS)
            if end < 0:
                return
            self._greeted = True
            yield self._take(end + len(_END_OF_HEADERS))
        while (frame := self._frame()) is not None:
            yield frame

    def _frame(self) -> RawFrame | None:
        """RFC 6455, 5.2: two bytes, a longer length, a mask, the payload."""
        head = self._waiting
        if len(head) < 2:
            return None
        masked, size = head[1] & 0x80, head[1] & 0x7F
        at = 2
        if size >= 126:
            wide = 2 if size == 126 else 8
            size = int.from_bytes(head[at : at + wide], "big")
            at += wide
        mask = bytes(head[at : at + 4]) if masked else b"\0\0\0\0"
        at += 4 if masked else 0
        if len(head) < at + size:
            return None
        opcode = head[0] & 0x0F
        raw = self._take(at + size)
        return RawFrame(raw, opcode, bytes(c ^ mask[i % 4] for i, c in enumerate(raw[at:])))

    def _take(self, size: int) -> bytes:
        taken = bytes(self._waiting[:size])
        del self._waiting[:size]
        return taken
