"""How a noun declares its commands and events: the shape of its two tables, with nothing in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import msgspec

from dapur.access import Role
from dapur.decision import Decision
from dapur.envelope import Event, Taken

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen


class Args(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of what a command asks with: bounded, and a misspelt field is refused."""


class Body(msgspec.Struct, frozen=True):
    """Base of what an event says: an unknown field of a later release is passed over."""


class Wish(msgspec.Struct, frozen=True):
    """A command that somebody may give: everything but who and when."""

    kind: str
    subject: str
    args: msgspec.Struct


class NoArgs(Args, frozen=True):
    """A command whose kind and subject say it all."""


A = TypeVar("A", bound=msgspec.Struct)


class CommandRule(msgspec.Struct, frozen=True):
    """One kind of command: its args, its rule, and its row of the access matrix."""

    args: type[msgspec.Struct]
    decide: Callable[..., Decision]
    """(kitchen, taken, args) → decision; total."""
    roles: frozenset[Role]
    needs_step_up: bool = False
    fact: bool = False
    """Says what happened in the world: the state of a batch never refuses it."""


class EventRule(msgspec.Struct, frozen=True):
    """One kind of event: its body and its effect."""

    body: type[msgspec.Struct]
    evolve: Callable[..., Kitchen]
    """(kitchen, event, body) → kitchen; total."""
    measured: bool = False
    """It tells a measured value and nothing else: when many come, a screen may show every fourth."""


def command(
    args: type[A],
    decide: Callable[[Kitchen, Taken, A], Decision],
    roles: frozenset[Role],
    *,
    needs_step_up: bool = False,
    fact: bool = False,
) -> CommandRule:
    """A row of COMMANDS whose rule and args are checked against each other."""
    return CommandRule(args, decide, roles, needs_step_up, fact)


def event(
    body: type[A],
    evolve: Callable[[Kitchen, Event, A], Kitchen],
    *,
    measured: bool = False,
) -> EventRule:
    """A row of EVENTS whose effect and body are checked against each other."""
    return EventRule(body, evolve, measured)
