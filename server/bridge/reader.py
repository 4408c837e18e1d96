"""Reads what the platform says in any of its forms; it trusts nothing of it and does nothing with it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TypeGuard

import msgspec

from dapur.words import MS_MAX
from server.bridge.message import Data

ID_MAX = 200
"""Longer names of a message are cut by taking their hash."""
SECONDS_BELOW = 100_000_000_000
"""A number below it (the year 5138 in seconds, 1973 in milliseconds) counts seconds."""
NUMBER_MAX = 10**15
_TENANT = "sppgid"


class Garbage(Exception):
    """A message that is dropped: why, in one stable word, and a detail for the operator."""

    def __init__(self, why: str, detail: str = "") -> None:
        super().__init__(f"{why}: {detail}" if detail else why)
        self.why = why
        self.detail = detail


class Inbound(msgspec.Struct, frozen=True):
    """One message, whatever its form was."""

    id: str
    """Its own; a hash of its bytes when it has none."""
    kind: str
    """Its type in small letters, empty when it has none."""
    tenants: tuple[str, ...]
    """Every tenant that it names."""
    at_ms: int | None
    """When it was made, as it says (UTC)."""
    data: Data
    """What it is about, by names in small letters: `data`, or what stood in its place."""
    fields: Data
    """All of it, unknown fields too, by names in small letters."""


def read(payload: bytes, *, max_bytes: int) -> Inbound:
    """One JSON object. Raises Garbage."""
    if len(payload) > max_bytes:
        raise Garbage("too_large", f"{len(payload)} bytes, at most {max_bytes}")
    try:
        found = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Garbage("not_json", str(error)) from error
    if not isinstance(found, dict):
        raise Garbage("no_object")
    fields = lowered(found)
    data = _data(fields)
    named = (fields, data, lowered(fields.get("metadata")))
    return Inbound(
        id=_id(fields.get("id"), payload),
        kind=text_in(fields, "type", "eventType").lower(),
        tenants=tuple(
            tenant if isinstance(tenant, str) else "?"
            for each in named
            if (tenant := each.get(_TENANT)) is not None
        ),
        at_ms=moment_ms(fields.get("timestamp")),
        data=data,
        fields=fields,
    )


def _data(fields: Data) -> Data:
    """Where the older forms keep what they are about."""
    for name in ("data", "distribution", "delivery", "alert", "plan", "message"):
        if isinstance(fields.get(name), dict):
            return lowered(fields[name])
    return fields


def lowered(found: object) -> Data:
    """An object by names in small letters; empty for anything else."""
    if not isinstance(found, dict):
        return {}
    return {str(name).lower(): value for name, value in found.items()}


def text_in(fields: Data, *names: str) -> str:
    """The first of these fields that holds words, on one line and without what cannot be printed."""
    for name in names:
        value = fields.get(name.lower())
        if isinstance(value, str) or is_number(value):
            shown = "".join(each if each.isprintable() else " " for each in str(value))
            if text := " ".join(shown.split()):
                return text
    return ""


def is_number(value: object) -> TypeGuard[int | float]:
    """A number that a person would write; JSON has others, of thousands of digits."""
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < NUMBER_MAX
    )


def moment_ms(value: object) -> int | None:
    """ISO-8601 (without an offset: UTC), milliseconds or seconds; None for anything else."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            at_ms = int(moment.timestamp() * 1000)
        elif is_number(value):
            at_ms = int(value * 1000 if abs(value) < SECONDS_BELOW else value)
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return at_ms if 0 <= at_ms <= MS_MAX else None


def _id(found: object, payload: bytes) -> str:
    """Only its own `id`: a correlation id stands on every message about one thing."""
    if (isinstance(found, str) or is_number(found)) and str(found).strip():
        text = str(found).strip()
        return text if len(text) <= ID_MAX else _hash(text.encode())
    return _hash(payload)


def _hash(content: bytes) -> str:
    return "sha256-" + hashlib.sha256(content).hexdigest()
