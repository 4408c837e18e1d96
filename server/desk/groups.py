"""What goes into the desk and comes out of it: submissions, answers, new entries. No behaviour."""

from __future__ import annotations

import msgspec

from dapur.ids import DeviceId, KitchenId, OutboxId
from dapur.wire.messages import GoodbyeCode, Outcome, Result, Row
from server.desk.ports import Entry


class Submission(msgspec.Struct, frozen=True):
    """Rows of one outbox, in order, from a device whose record says which kitchen it belongs to."""

    kitchen: KitchenId
    device: DeviceId
    outbox: OutboxId
    rows: tuple[Row, ...]


class Answer(msgspec.Struct, frozen=True):
    """What became of one submission. With a `fault` the connection ends; `results` still hold."""

    results: tuple[Result, ...]
    acked: int
    durable: int
    fault: GoodbyeCode | None = None
    detail: str = ""


class Grown(msgspec.Struct, frozen=True):
    """New entries of one kitchen, in order, as they were committed here or elsewhere; none: somebody else
    wrote, look at the log.
    """

    kitchen: KitchenId
    entries: tuple[Entry, ...]


class Group(msgspec.Struct, frozen=True):
    """The outcome of one group: an answer for each submission, in order."""

    answers: tuple[Answer, ...]
    grown: tuple[Grown, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    """Of the commands that were decided now, not answered from a stored receipt."""
    ages_ms: tuple[int, ...] = ()
    """How old taps of kiosks were when they came, of those that were decided now."""
