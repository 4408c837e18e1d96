"""A stranger's side of the socket: what is signed, what a goodbye says; keeps nothing.

Written from docs/protocol.md sections 1, 2, 3 and 7; imports nothing of Dapur.
"""

from __future__ import annotations

import json
import time
from asyncio import BaseTransport
from base64 import b64decode, b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from typing_extensions import override
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

Frame = dict[str, Any]


class Goodbye(Exception):
    """The connection ended: the server's word for it, and the close code."""

    def __init__(self, code: str, close: int, retry_after_s: float = 0.0, detail: str = "") -> None:
        """Keep what was heard; `code` is empty when the server said nothing."""
        super().__init__(code, close, detail)
        self.code, self.close, self.retry_after_s, self.detail = code, close, retry_after_s, detail


class Socket(ClientConnection):
    """A connection that knows when its last byte came."""

    @override
    def connection_made(self, transport: BaseTransport) -> None:
        """Count from the beginning."""
        self.heard_s = time.monotonic()
        super().connection_made(transport)

    @override
    def data_received(self, data: bytes) -> None:
        """Any byte is a sign of life, also a part of a frame."""
        self.heard_s = time.monotonic()
        super().data_received(data)

    @property
    def silent_s(self) -> float:
        """How long nothing came."""
        return time.monotonic() - self.heard_s


async def open_socket(url: str) -> tuple[Socket, bytes]:
    """A connection as section 1 wants it, and the nonce of its challenge."""
    socket = await connect(
        url,
        subprotocols=[Subprotocol("dapur.v1")],
        compression=None,
        max_size=65536,
        ping_interval=None,
        proxy=None,
        create_connection=Socket,
    )
    assert isinstance(socket, Socket)
    return socket, b64decode(json.loads(await socket.recv())["nonce"])


def enrol_frame(key: Ed25519PrivateKey, nonce: bytes, code: str) -> Frame:
    """A code and the key that shall stand for the device."""
    public = key.public_key().public_bytes_raw()
    signed = b"dapur.v1 enrol\n" + nonce + code.encode() + b"\n" + public
    frame = {"type": "enrol", "code": code, "public_key": b64(public)}
    return frame | {"signature": b64(key.sign(signed))}


def hello_frame(key: Ed25519PrivateKey, nonce: bytes, claims: Frame) -> Frame:
    """Claims as the very text that is signed."""
    text = json.dumps(claims)
    signed = b"dapur.v1 hello\n" + nonce + text.encode()
    return {"type": "hello", "claims": text, "signature": b64(key.sign(signed))}


def verify_top(frame: Frame, server_key: str, kitchen: str, epoch: str) -> None:
    """Raise InvalidSignature unless the server of `server_key` signed this head."""
    head = f"dapur.v1 top\n{kitchen}\n{epoch}\n{frame['head']}\n".encode()
    server = Ed25519PublicKey.from_public_bytes(b64decode(server_key))
    server.verify(b64decode(frame["signature"]), head + b64decode(frame["hash"]))


async def goodbye(socket: ClientConnection, frame: Frame) -> Goodbye:
    """What a goodbye frame and the close after it say."""
    await socket.wait_closed()
    said = (frame.get("retry_after_s", 0.0), frame.get("detail", ""))
    return Goodbye(frame["code"], socket.close_code or 0, *said)


def b64(data: bytes) -> str:
    """Bytes as they travel."""
    return b64encode(data).decode()
