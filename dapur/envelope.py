"""The envelopes of a tap and of what became of it: every stage carries them, only the nouns open them."""

from __future__ import annotations

import hashlib
from enum import StrEnum

import msgspec

from dapur.ids import CommandId, DeviceId, SessionId, StaffId

COMMAND_MAX_BYTES = 8 * 1024
"""A tap with its note is under 1 KiB; eight leaves room for a whole quality sheet."""
SCHEMA = 1
"""Version of the command and event bodies written by this release."""
GENESIS = bytes(32)
"""Hash before the first row of an outbox or of a kitchen's log."""


class Quality(StrEnum):
    """How far a kiosk's time can be trusted."""

    SYNCED = "synced"
    WALL = "wall"
    UNKNOWN = "unknown"


class Occurred(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When something happened, as an interval in UTC milliseconds, both ends included.

    Safety rules use the end that is safe for the eater: the consumption clock starts at ``earliest_ms``.
    """

    earliest_ms: int
    latest_ms: int
    quality: Quality = Quality.SYNCED

    def within(self, *, not_before_ms: int, received_ms: int) -> Occurred:
        """This interval cut to what the server knows: not before the outbox's previous tap, not after receipt."""
        if not_before_ms <= self.earliest_ms <= self.latest_ms <= received_ms:
            return self
        earliest = min(max(self.earliest_ms, not_before_ms), received_ms)
        latest = max(min(self.latest_ms, received_ms), earliest)
        return Occurred(earliest, latest, self.quality)


class StepUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A PIN asked again for a weighty decision: when (UTC ms, same clock as ``occurred``) and how it was checked."""

    at_ms: int
    online: bool


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One intention of one person. Born on a kiosk, keeps its identity through every retry."""

    id: CommandId
    kind: str
    subject: str
    args: msgspec.Raw
    actor: StaffId
    session: SessionId
    base: int
    """Version of the subject that was on the screen when it was tapped; 0 when it was not known."""
    occurred: Occurred
    schema: int = SCHEMA
    step_up: StepUp | None = None
    cites: CommandId | None = None
    """The refused command that this one repeats on the present state."""


class Taken(msgspec.Struct, frozen=True):
    """A command as the deciding side holds it: with what only that side can vouch for."""

    command: Command
    device: DeviceId
    at: Occurred
    """``command.occurred`` after :meth:`Occurred.within`."""
    received_ms: int


class Event(msgspec.Struct, frozen=True):
    """What happened, as it stands in the log. ``data`` is opened by the noun that owns ``kind``."""

    kind: str
    subject: str
    data: msgspec.Raw
    command: CommandId
    actor: StaffId
    session: SessionId
    device: DeviceId
    at: Occurred
    recorded_ms: int
    schema: int = SCHEMA
    reader: int = SCHEMA
    """Oldest schema that understands this event; an older kiosk shows its subject as 'update to see'."""


_encoder = msgspec.json.Encoder()
_command_decoder = msgspec.json.Decoder(Command)
_event_decoder = msgspec.json.Decoder(Event)


class Malformed(ValueError):
    """Bytes that are no command or no event; ``str()`` names the field."""


def encode_command(command: Command) -> bytes:
    """The bytes that go into the outbox and are never written again."""
    return _encoder.encode(command)


def decode_command(raw: bytes) -> Command:
    """Read a command; :class:`Malformed` names the field that is wrong."""
    if len(raw) > COMMAND_MAX_BYTES:
        raise Malformed(f"command: {len(raw)} bytes, at most {COMMAND_MAX_BYTES}")
    try:
        return _command_decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Malformed(f"command: {error}") from error


def encode_event(event: Event) -> bytes:
    """The bytes that go into the log; the chain is made over exactly these."""
    return _encoder.encode(event)


def decode_event(raw: bytes | str) -> Event:
    """Read a logged event; :class:`Malformed` names the field that is wrong."""
    try:
        return _event_decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Malformed(f"event: {error}") from error


def chain(previous: bytes, body: bytes) -> bytes:
    """SHA-256 over the previous hash (32 bytes) and the body: one link of an outbox or a log."""
    return hashlib.sha256(previous + body).digest()
