"""What an event tells of the command that it came from, for a log whose receipts are lost; it decides nothing."""

from __future__ import annotations

import hashlib

import msgspec

from dapur.envelope import Event
from dapur.ids import CommandId, OutboxId
from dapur.refusal import code_of
from dapur.review import CommandMalformed, CommandRefused
from dapur.wire.messages import Outcome


class Retold(msgspec.Struct, frozen=True):
    """The answer that a command must have had."""

    command: CommandId
    """Its id; for bytes that were no command `unread`."""
    outcome: Outcome
    code: str


def unread(outbox: OutboxId, dseq: int) -> CommandId:
    """The name of what had none: 64 characters, as an id may have."""
    return CommandId(hashlib.sha256(f"{outbox}.{dseq}".encode()).hexdigest())


def retold(event: Event) -> Retold:
    """The answer to the command of this event. Raises msgspec.ValidationError for a body of another shape."""
    match event.kind:
        case "command_refused":
            body = msgspec.json.decode(event.data, type=CommandRefused)
            return Retold(event.command, Outcome.REFUSED, code_of(body.refusal))
        case "command_quarantined":
            return Retold(event.command, Outcome.QUARANTINED, "quarantined")
        case "command_malformed":
            where = msgspec.json.decode(event.data, type=CommandMalformed)
            return Retold(unread(where.outbox, where.dseq), Outcome.MALFORMED, "malformed")
        case _:
            return Retold(event.command, Outcome.APPLIED, "")
