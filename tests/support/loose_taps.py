"""Commands and events for tests of the stages that carry them without knowing their kinds."""

from __future__ import annotations

import msgspec
import uuid_utils

from dapur.envelope import Command, Event, Occurred, encode_command, encode_event
from dapur.ids import CommandId, DeviceId, SessionId, StaffId

NOON_MS = 1_795_000_000_000


def command(number: int, *, kind: str = "note", padding: int = 0) -> Command:
    """A command that no noun knows."""
    return Command(
        id=CommandId(str(uuid_utils.uuid7())),
        kind=kind,
        subject="B-1",
        args=msgspec.Raw(msgspec.json.encode({"number": number, "text": "x" * padding})),
        actor=StaffId("rina"),
        session=SessionId("s-1"),
        base=0,
        occurred=Occurred(NOON_MS + number, NOON_MS + number),
    )


def body(number: int, *, padding: int = 0) -> tuple[CommandId, bytes]:
    """The id and the bytes of such a command."""
    made = command(number, padding=padding)
    return made.id, encode_command(made)


def event(number: int, *, cause: CommandId | None = None, kind: str = "noted") -> str:
    """The text of an event that no noun knows."""
    return encode_event(
        Event(
            kind=kind,
            subject="B-1",
            data=msgspec.Raw(msgspec.json.encode({"number": number})),
            command=cause or CommandId(str(uuid_utils.uuid7())),
            actor=StaffId("rina"),
            session=SessionId("s-1"),
            device=DeviceId("K-9"),
            at=Occurred(NOON_MS + number, NOON_MS + number),
            recorded_ms=NOON_MS + number,
        )
    ).decode()
