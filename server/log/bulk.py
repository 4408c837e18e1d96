"""The statements for many rows at once, as text for each database; it knows columns, no rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import Connection

RowValues = tuple[object, ...]


class Bulk(msgspec.Struct, frozen=True):
    """One statement for many rows; `run` counts the rows that were met.

    Plain text, because SQLAlchemy's compiled statements spend 10 µs of Python on every row: a group
    of 64 commands is written twice as fast without.
    """

    text: str
    """With `?` for each value, in the order of the row."""
    arrays: str = ""
    """PostgreSQL only: takes each column as an array, a third of the time of a message a row."""

    def run(self, connection: Connection, rows: Sequence[RowValues]) -> int:
        """Write the rows, at least one, in their order."""
        if connection.dialect.name == "sqlite":
            return connection.exec_driver_sql(self.text, list(rows)).rowcount
        if self.arrays and len(rows) > 1:
            columns = tuple(list(column) for column in zip(*rows, strict=True))
            return connection.exec_driver_sql(self.arrays, columns).rowcount
        return connection.exec_driver_sql(self.text.replace("?", "%s"), list(rows)).rowcount


_EVENTS = (
    "SELECT wanted.kitchen, found.seq, found.hash, found.body"
    " FROM unnest(%b::text[], %b::bigint[], %b::bigint[]) AS wanted (kitchen, after, up_to)"
    " CROSS JOIN LATERAL (SELECT seq, hash, body FROM event WHERE event.kitchen = wanted.kitchen"
    " AND event.seq > wanted.after AND event.seq <= wanted.up_to ORDER BY event.seq"
    " LIMIT wanted.up_to - wanted.after) AS found"
)
"""The limit says what is true anyway; without it the planner may read the whole table for a join."""
_EVENTS_OF_ONE = (
    "SELECT kitchen, seq, hash, body FROM event"
    " WHERE kitchen = ? AND seq > ? AND seq <= ? ORDER BY seq"
)


def events(
    connection: Connection, wanted: Sequence[tuple[object, int, int]]
) -> Iterable[Sequence[Any]]:
    """(kitchen, seq, hash, body) of the events of each (kitchen, after, up to), in order for each kitchen."""
    if not wanted:
        return ()
    if connection.dialect.name == "postgresql":
        columns = tuple(list(column) for column in zip(*wanted, strict=True))
        return connection.exec_driver_sql(_EVENTS, columns)
    # No way to a server and back to be saved.
    return chain.from_iterable(
        connection.exec_driver_sql(_EVENTS_OF_ONE, each).all() for each in wanted
    )


_BOTH = (
    "SELECT wanted.kitchen, wanted.outbox, head.epoch, head.seq, head.hash, head.floor, head.durable,"
    " last.device, last.last_dseq, last.last_hash, last.last_earliest_ms FROM {wanted}"
    " JOIN tenant_head AS head ON head.kitchen = wanted.kitchen"
    " LEFT JOIN outbox_head AS last"
    " ON last.kitchen = wanted.kitchen AND last.outbox = wanted.outbox"
)
_BOTH_HEADS = {
    "postgresql": _BOTH.format(wanted="unnest(%b::text[], %b::text[]) AS wanted (kitchen, outbox)"),
    "sqlite": _BOTH.format(
        wanted="(SELECT json_extract(value, '$[0]') AS kitchen,"
        " json_extract(value, '$[1]') AS outbox FROM json_each(?)) AS wanted"
    ),
}


def both_heads(
    connection: Connection, asked: Collection[tuple[str, str]]
) -> Iterable[Sequence[Any]]:
    """(kitchen, outbox, columns of its head, those of the outbox head or nulls) of each known one; not of none."""
    dialect = connection.dialect.name
    values: tuple[object, ...] = (
        tuple(list(column) for column in zip(*asked, strict=True))
        if dialect == "postgresql"
        else (msgspec.json.encode(list(asked)).decode(),)
    )
    return connection.exec_driver_sql(_BOTH_HEADS[dialect], values)


_LOCK_HEADS = (
    "SELECT 1 FROM tenant_head WHERE kitchen = ANY(%b::text[]) ORDER BY kitchen FOR NO KEY UPDATE"
)


def hold_heads(connection: Connection, kitchens: Sequence[object]) -> None:
    """Keep other servers from these heads until the transaction ends; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_LOCK_HEADS, (list(kitchens),))


def lock_heads(connection: Connection, kitchens: Sequence[object]) -> None:
    """Put the servers in a queue: whoever writes several kitchens locks their heads in one order.

    An UPDATE of many rows meets them in any, and two servers would wait for each other.
    """
    if len(kitchens) > 1:
        hold_heads(connection, kitchens)


MOVE_HEAD = Bulk(
    "UPDATE tenant_head SET seq = ?, hash = ? WHERE kitchen = ? AND seq = ?",
    "UPDATE tenant_head AS head SET seq = new.seq, hash = new.hash"
    " FROM unnest(%b::bigint[], %b::bytea[], %b::text[], %b::bigint[])"
    " AS new (seq, hash, kitchen, expected)"
    " WHERE head.kitchen = new.kitchen AND head.seq = new.expected",
)
"""(new seq, new hash, kitchen, expected seq): meets the kitchens that stand as expected."""

HOLD_HEAD = Bulk("UPDATE tenant_head SET seq = seq WHERE kitchen = ? AND seq = ?")
"""(kitchen, expected seq): the same for a kitchen that gets receipts only."""

_HEAD = "kitchen, outbox, device, last_dseq, last_hash, last_earliest_ms"
FIRST_OUTBOX = Bulk(
    f"INSERT INTO outbox_head ({_HEAD}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - columns only
    " ON CONFLICT (kitchen, outbox) DO UPDATE SET device = excluded.device,"
    " last_dseq = excluded.last_dseq, last_hash = excluded.last_hash,"
    " last_earliest_ms = excluded.last_earliest_ms WHERE outbox_head.last_dseq = 0"
)
"""All columns: a first command; the outbox is new, or known by name with no command yet."""

MOVE_OUTBOX = Bulk(
    "UPDATE outbox_head SET device = ?, last_dseq = ?, last_hash = ?, last_earliest_ms = ?"
    " WHERE kitchen = ? AND outbox = ? AND last_dseq = ?",
    "UPDATE outbox_head AS head SET device = new.device, last_dseq = new.dseq,"
    " last_hash = new.hash, last_earliest_ms = new.earliest"
    " FROM unnest(%b::text[], %b::bigint[], %b::bytea[], %b::bigint[], %b::text[], %b::text[],"
    " %b::bigint[]) AS new (device, dseq, hash, earliest, kitchen, outbox, before)"
    " WHERE head.kitchen = new.kitchen AND head.outbox = new.outbox"
    " AND head.last_dseq = new.before",
)
"""(device, dseq, hash, earliest, kitchen, outbox, dseq before): meets those that stand so. The
head of their kitchen is locked before, so their order does not matter.
"""

EVENT = Bulk(
    "INSERT INTO event (kitchen, seq, hash, body) VALUES (?, ?, ?, ?)",
    "INSERT INTO event (kitchen, seq, hash, body)"
    " SELECT * FROM unnest(%b::text[], %b::bigint[], %b::bytea[], %b::bytea[])",
)

_RECEIPT = "kitchen, outbox, dseq, row_hash, command, outcome, code, seq, raw"
RECEIPT = Bulk(
    f"INSERT INTO receipt ({_RECEIPT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
    f"INSERT INTO receipt ({_RECEIPT})"  # noqa: S608 - columns only
    " SELECT * FROM unnest(%b::text[], %b::text[], %b::bigint[], %b::bytea[], %b::text[],"
    " %b::text[], %b::text[], %b::bigint[], %b::bytea[])",
)
