"""A kiosk of the bench: speaks the wire over one plain socket, with as little work as can be.

A library on this side would cost more than the server that is measured. It checks nothing.
"""

from __future__ import annotations

import base64
import os
import re
import socket
import struct
import time
from collections.abc import Iterator, Sequence

import msgspec

from bench.kitchens import COOK, Device
from dapur import kitchen as rules
from dapur.envelope import GENESIS, Command, Occurred, StepUp, chain, encode_command
from dapur.ids import CommandId, OutboxId, SessionId, StaffId
from dapur.wire.codec import decode_server, encode_bytes, encode_claims
from dapur.wire.messages import (
    SUBPROTOCOL,
    Challenge,
    Claims,
    ClientFrame,
    Goodbye,
    Hello,
    Pull,
    Results,
    Row,
    ServerFrame,
    Submit,
    Welcome,
    hello_text,
)
from server.desk.ports import Head

READ_BYTES = 256 * 1024
_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_FINAL = 0x80
_MASKED = 0x80


def masked(payload: bytes, opcode: int = _TEXT) -> bytes:
    """A client's frame. The mask is zero: legal, and the payload stays as it is."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", _FINAL | opcode, _MASKED | size)
    elif size < 65536:
        head = struct.pack("!BBH", _FINAL | opcode, _MASKED | 126, size)
    else:
        head = struct.pack("!BBQ", _FINAL | opcode, _MASKED | 127, size)
    return head + bytes(4) + payload


class TurnedAway(ConnectionError):
    """The server will not have this connection now."""

    @property
    def retry_s(self) -> float:
        """After how long it may come again. Raises the error itself when the server does not say."""
        found = re.search(r"(?im)^retry-after: *(\d+)", str(self))
        if found is None:
            raise self
        return float(found.group(1))


class Kiosk:
    """One connection; blocking. The session of `actor` is opened by the first rows."""

    def __init__(self, port: int, device: Device, *, actor: StaffId = COOK) -> None:
        self._port = port
        self._device = device
        self._buffer = bytearray()
        self._upgraded = False
        self._actor = actor
        self.session = SessionId(f"{actor}-{os.urandom(6).hex()}")
        self.outbox = OutboxId(f"o-{os.urandom(8).hex()}")
        self.dseq = 0
        self._hash = GENESIS
        self._known: tuple[str, int, bytes] = ("", 0, GENESIS)
        self.head = 0
        self.socket: socket.socket

    def knows(self, epoch: str, since: int, since_hash: bytes) -> None:
        """This kiosk has the log up to `since` on its disk."""
        self._known = (epoch, since, since_hash)

    # ---- connecting ----------------------------------------------------------------------------

    def connect(self) -> Welcome:
        """Shake hands, sign, wait for the welcome."""
        self.dial()
        self.greet()
        return self.welcomed()

    def dial(self) -> None:
        """Open the socket and ask for the WebSocket; does not wait for the answer."""
        self.socket = socket.create_connection(("127.0.0.1", self._port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            "GET / HTTP/1.1",
            f"Host: 127.0.0.1:{self._port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Protocol: {SUBPROTOCOL}",
        )
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())

    def greet(self) -> None:
        """Wait for the challenge and answer it."""
        challenge = self.next()
        if not isinstance(challenge, Challenge):
            raise ConnectionError(repr(challenge))
        self.answer(challenge)

    def answer(self, challenge: Challenge) -> None:
        """Say who this is and sign it."""
        epoch, since, since_hash = self._known
        claims = encode_claims(
            Claims(
                device=self._device.id,
                outbox=self.outbox,
                dseq=self.dseq,
                hash=self._hash,
                epoch=epoch,
                since=since,
                since_hash=since_hash,
                app="bench",
                states=(rules.STATE_VERSION,),
                sent_ms=0,
            )
        )
        signature = self._device.key.sign(hello_text(challenge.nonce, claims))
        self.send(Hello(claims, signature))

    def welcomed(self) -> Welcome:
        """Wait for the welcome."""
        frame = self.next()
        if not isinstance(frame, Welcome):
            raise ConnectionError(repr(frame))
        self.head = frame.head
        return frame

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def fresh_line(self) -> None:
        """Forget what of the last connection was not read."""
        self._buffer, self._upgraded = bytearray(), False

    # ---- frames --------------------------------------------------------------------------------

    def send(self, frame: ClientFrame) -> None:
        """Send one frame."""
        self.socket.sendall(masked(encode_bytes(frame)))

    def next(self) -> ServerFrame:
        """The next frame of the server, pings apart."""
        while True:
            for frame in self.frames():
                return frame
            self._fill()

    def frames(self) -> Iterator[ServerFrame]:
        """Take whole frames out of what was received."""
        for payload in self.whole():
            yield decode_server(payload)

    def whole(self) -> Iterator[bytes]:
        """Take whole text messages out of what was received, one at a time."""
        if not self._upgraded and not self._upgrade():
            return
        while (found := self._cut()) is not None:
            opcode, payload = found
            if opcode == _PING:
                self.socket.sendall(masked(payload, _PONG))
            elif opcode == _CLOSE:
                raise ConnectionError("the server closed")
            elif opcode == _TEXT:
                yield payload

    def received(self, data: bytes) -> None:
        """Bytes that somebody else read for this kiosk."""
        self._buffer += data

    def _upgrade(self) -> bool:
        """Take the server's HTTP answer; whether it is whole. Raises ConnectionError."""
        status, ending, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        if not ending:
            return False
        if b" 101 " not in status[:20]:
            raise TurnedAway(status.decode(errors="replace"))
        self._buffer, self._upgraded = bytearray(rest), True
        return True

    def _fill(self) -> None:
        data = self.socket.recv(READ_BYTES)
        if not data:
            raise ConnectionError("the server hung up")
        self._buffer += data

    def _cut(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        size, start = buffer[1] & 0x7F, 2
        if size == 126:
            if len(buffer) < 4:
                return None
            size, start = int.from_bytes(buffer[2:4], "big"), 4
        elif size == 127:
            if len(buffer) < 10:
                return None
            size, start = int.from_bytes(buffer[2:10], "big"), 10
        if len(buffer) < start + size:
            return None
        opcode, payload = buffer[0] & 0x0F, bytes(buffer[start : start + size])
        del buffer[: start + size]
        return opcode, payload

    # ---- taps ----------------------------------------------------------------------------------

    def row(self, kind: str, subject: str, args: msgspec.Struct, *, step_up: bool = False) -> Row:
        """The next row of the outbox."""
        now_ms = time.time_ns() // 1_000_000
        command = Command(
            CommandId(f"{self.outbox}-{self.dseq + 1}"),
            kind,
            subject,
            msgspec.Raw(msgspec.json.encode(args)),
            self._actor,
            self.session,
            0,
            Occurred(now_ms - 5, now_ms),
            step_up=StepUp(now_ms, online=True) if step_up else None,
        )
        raw = encode_command(command)
        self.dseq += 1
        self._hash = chain(self._hash, raw)
        return Row(self.dseq, self._hash, raw)

    def tap(self, rows: Sequence[Row]) -> Results:
        """Submit and wait until all of it is answered; events that come meanwhile are dropped."""
        self.send(Submit(tuple(rows)))
        while True:
            frame = self.next()
            if isinstance(frame, Results) and frame.acked >= rows[-1].dseq:
                return frame
            if isinstance(frame, Goodbye):
                raise ConnectionError(repr(frame))


def followed(port: int, device: Device, head: Head) -> socket.socket:
    """The socket of a kiosk that has the log up to `head` and follows it from there."""
    kiosk = Kiosk(port, device)
    kiosk.knows(head.epoch, head.seq, head.hash)
    kiosk.connect()
    kiosk.send(Pull(head.seq))
    return kiosk.socket
