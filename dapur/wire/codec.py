"""The only place that sees the bytes of a frame; it never looks into a command or an event."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from dapur.wire.messages import FRAME_MAX_BYTES, Claims, ClientFrame, ServerFrame

T = TypeVar("T")

_encoder = msgspec.json.Encoder()
_client_decoder: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_server_decoder: msgspec.json.Decoder[ServerFrame] = msgspec.json.Decoder(ServerFrame)
_claims_decoder = msgspec.json.Decoder(Claims)


class BadFrame(ValueError):
    """A text that is no frame of this protocol; ``str()`` names the field."""


def encode(frame: ClientFrame | ServerFrame) -> str:
    """The text of one WebSocket message."""
    return _encoder.encode(frame).decode()


def encode_bytes(frame: ClientFrame | ServerFrame) -> bytes:
    """The same, as the UTF-8 bytes that go into a text message."""
    return _encoder.encode(frame)


def encode_claims(claims: Claims) -> str:
    """The text that a kiosk signs and sends inside its hello."""
    return _encoder.encode(claims).decode()


def _decode(decoder: msgspec.json.Decoder[T], text: str | bytes, what: str) -> T:
    if len(text) > FRAME_MAX_BYTES:
        raise BadFrame(f"{what}: {len(text)} characters, at most {FRAME_MAX_BYTES}")
    try:
        return decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadFrame(f"{what}: {error}") from error


def decode_client(text: str | bytes) -> ClientFrame:
    """Read what a kiosk sent (the server's reader)."""
    return _decode(_client_decoder, text, "frame")


def decode_server(text: str | bytes) -> ServerFrame:
    """Read what the server sent (the kiosk's reader)."""
    return _decode(_server_decoder, text, "frame")


def decode_claims(text: str) -> Claims:
    """Read the claims of a hello."""
    return _decode(_claims_decoder, text, "claims")
