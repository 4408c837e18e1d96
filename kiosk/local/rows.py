"""What stands in the kiosk's own file, as values; they do nothing."""

from __future__ import annotations

import msgspec

from dapur.ids import CommandId, OutboxId
from dapur.wire.messages import Result


class Kept(msgspec.Struct, frozen=True):
    """A waiting outbox row: on disk, and not yet in what the replica shows."""

    dseq: int
    bytes: bytes
    tapped_ms: int
    """The kiosk's best guess of the server's time when it was tapped, UTC ms."""
    answered: Result | None


class Snapshot(msgspec.Struct, frozen=True):
    """A whole state as stored text; events after `seq` are kept beside it."""

    seq: int
    state_version: int
    text: str


class Salvaged(msgspec.Struct, frozen=True):
    """A command of a lost outbox (damaged file, copied disk) that a person has to look at."""

    outbox: OutboxId
    id: CommandId
    dseq: int
    """0 when its place in the outbox could not be read any more."""
    bytes: bytes
    verified: bool
    """Its hash follows from the row before it; otherwise only the text itself could be read."""
    answered: bool
    """The server had answered it already, as far as the lost file knew."""
    why: str
