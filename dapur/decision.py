"""The three answers that the rules can give to a command; both sides of the wire use the same."""

from __future__ import annotations

import msgspec

from dapur.refusal import AnyRefusal


class Fact(msgspec.Struct, frozen=True):
    """Something to be logged: its kind, what it is about, and the noun's own body struct."""

    kind: str
    subject: str
    data: msgspec.Struct


class Accepted(msgspec.Struct, frozen=True):
    """The command holds; these facts follow, at least one."""

    facts: tuple[Fact, ...]


class Already(msgspec.Struct, frozen=True):
    """What the command asks for is so already: accepted, nothing to log."""


class Refused(msgspec.Struct, frozen=True):
    """The rules say no; the refusal becomes an event and an item that a person settles."""

    refusal: AnyRefusal
    also: tuple[AnyRefusal, ...] = ()
    """What else stands in the way: a screen shows all reasons, the receipt carries the first."""


Decision = Accepted | Already | Refused


def refuse_all(reasons: tuple[AnyRefusal, ...]) -> Refused:
    """A refusal for at least one reason, the weightiest first."""
    return Refused(reasons[0], reasons[1:])
