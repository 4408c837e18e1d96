"""The event log in SQL: writes a decided group whole or not at all; it decides nothing."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, bindparam, delete, select
from sqlalchemy.exc import DataError, IntegrityError

from dapur.envelope import GENESIS
from dapur.ids import KitchenId, OutboxId
from dapur.wire.messages import Outcome
from server.desk.ports import (
    Append,
    BothHeads,
    Conflict,
    Entry,
    Head,
    OutboxHead,
    Receipt,
    Since,
    StoredSnapshot,
)
from server.log import bulk
from server.log import statements as sql
from server.log.engine import reading, writing
from server.log.rows import Rows, befores
from server.log.scope import EVERY_KITCHEN, of_kitchens
from server.log.tables import snapshot, tenant_head

KITCHENS_PER_QUERY = 1000
"""SQLite takes 32,766 parameters in one statement; a thousand keeps each statement small."""

HEAD_COLUMNS = len(msgspec.structs.fields(Head))


class _OtherWasFirst(Exception):
    """A guarded update met fewer rows than it should; whose is found after the rollback."""


class SqlLog:
    """`server.desk.ports.Log` on SQLite and PostgreSQL, for any number of threads and servers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._holding = threading.local()

    # ---- kitchens and heads --------------------------------------------------------------------

    def create_kitchen(self, kitchen: KitchenId, *, epoch: str) -> None:
        """Make an empty log; a second call changes nothing."""
        row = {
            "kitchen": kitchen,
            "epoch": epoch,
            "seq": 0,
            "hash": GENESIS,
            "floor": 0,
            "floor_hash": GENESIS,
            "durable": 0,
        }
        with writing(self._engine, of_kitchens(kitchen)) as connection:
            connection.execute(sql.CREATE_HEAD[self._engine.name], row)

    def kitchens(self) -> tuple[KitchenId, ...]:
        """All kitchens that have a log, by name."""
        with reading(self._engine, EVERY_KITCHEN) as connection:
            found = connection.scalars(select(tenant_head.c.kitchen).order_by("kitchen"))
            return tuple(KitchenId(kitchen) for kitchen in found)

    def head(self, kitchen: KitchenId) -> Head | None:
        """Where the log stands; None for an unknown kitchen."""
        with reading(self._engine, of_kitchens(kitchen)) as connection:
            row = connection.execute(sql.SELECT_HEAD, {"kitchen": kitchen}).one_or_none()
        return None if row is None else Head(*row)

    def heads(self, kitchens: Sequence[KitchenId]) -> dict[KitchenId, int]:
        """Seq of each known kitchen."""
        found: dict[KitchenId, int] = {}
        with reading(self._engine, of_kitchens(*kitchens)) as connection:
            for start in range(0, len(kitchens), KITCHENS_PER_QUERY):
                some = list(kitchens[start : start + KITCHENS_PER_QUERY])
                rows = connection.execute(sql.SELECT_HEADS, {"kitchens": some})
                found.update((kitchen, seq) for kitchen, seq in rows)
        return found

    # ---- reading -------------------------------------------------------------------------------

    def read(
        self, kitchen: KitchenId, after: int, *, limit: int, up_to: int | None = None
    ) -> tuple[Entry, ...]:
        """Events with after < seq (≤ up_to), oldest first, at most `limit`.

        Raises LookupError below the floor and for an unknown kitchen.
        """
        wanted = {
            "kitchen": kitchen,
            "after": after,
            "up_to": _NO_LIMIT if up_to is None else up_to,
            "count": limit,
        }
        with reading(self._engine, of_kitchens(kitchen)) as connection:
            rows = connection.execute(sql.SELECT_EVENTS, wanted).all()
            if not rows or rows[0].seq != after + 1:
                # Asked after the events: a floor that rises in between is seen, never a silent gap.
                _check_floor(connection, kitchen, after)
        return tuple(Entry(*row) for row in rows)

    def since(self, wanted: Mapping[KitchenId, tuple[int, int]]) -> dict[KitchenId, Since]:
        """Head of each known kitchen and its events after one seq up to another."""
        found: dict[KitchenId, Since] = {}
        names = list(wanted)
        with reading(self._engine, of_kitchens(*names)) as connection:
            for start in range(0, len(names), KITCHENS_PER_QUERY):
                some = names[start : start + KITCHENS_PER_QUERY]
                rows = connection.execute(sql.SELECT_WHOLE_HEADS, {"kitchens": some})
                heads = {KitchenId(kitchen): Head(*rest) for kitchen, *rest in rows}
                spans = [
                    (kitchen, after, min(head.seq, up_to))
                    for kitchen, head in heads.items()
                    for after, up_to in (wanted[kitchen],)
                    if head.floor <= after < min(head.seq, up_to)
                ]
                entries = _entries(connection, spans)
                found.update(
                    (kitchen, Since(head, tuple(entries.get(kitchen, ()))))
                    for kitchen, head in heads.items()
                )
        return found

    def outbox_head(self, kitchen: KitchenId, outbox: OutboxId) -> OutboxHead | None:
        """The last command of an outbox, None for one never seen in this kitchen."""
        with reading(self._engine, of_kitchens(kitchen)) as connection:
            row = connection.execute(
                sql.SELECT_OUTBOX, {"kitchen": kitchen, "outbox": outbox}
            ).one_or_none()
        return None if row is None else OutboxHead(*row)

    def both_heads(
        self, asked: Collection[tuple[KitchenId, OutboxId]]
    ) -> dict[tuple[KitchenId, OutboxId], BothHeads]:
        """Head and outbox head of each of these whose kitchen is known."""
        found: dict[tuple[KitchenId, OutboxId], BothHeads] = {}
        if not asked:
            return found
        with reading(self._engine, of_kitchens(*{kitchen for kitchen, _ in asked})) as connection:
            for kitchen, outbox, *rest in bulk.both_heads(connection, asked):
                head, last = rest[:HEAD_COLUMNS], rest[HEAD_COLUMNS:]
                known = None if last[0] is None else OutboxHead(outbox, *last)
                found[kitchen, outbox] = BothHeads(Head(*head), known)
        return found

    def receipts(
        self, kitchen: KitchenId, outbox: OutboxId, first: int, last: int
    ) -> tuple[Receipt, ...]:
        """Stored receipts with first ≤ dseq ≤ last, in order."""
        wanted = {"kitchen": kitchen, "outbox": outbox, "first": first, "last": last}
        with reading(self._engine, of_kitchens(kitchen)) as connection:
            return tuple(_receipt(row) for row in connection.execute(sql.SELECT_RECEIPTS, wanted))

    # ---- writing -------------------------------------------------------------------------------

    def append(self, appends: Sequence[Append]) -> None:
        """Write all of it in one durable transaction, or nothing.

        Raises Conflict when another process wrote first, be it an event or only a receipt;
        UnknownCommit, Unavailable; LookupError for a kitchen without a log; ValueError when the
        group itself is wrong (a gap in seq or dseq), which is a bug of the caller.
        """
        if not appends:
            return
        rows = Rows.of(appends)
        try:
            with self._transaction(rows.kitchens) as connection:
                _write(connection, rows)
        except (_OtherWasFirst, IntegrityError, DataError) as error:
            raise self._why(appends, error) from error

    @contextmanager
    def held(self, kitchens: Sequence[KitchenId]) -> Iterator[None]:
        """Keep others from appending to these kitchens until the block ends, as the port says."""
        with writing(self._engine, of_kitchens(*kitchens)) as connection:
            bulk.hold_heads(connection, kitchens)
            self._holding.connection = connection
            try:
                yield
            finally:
                self._holding.connection = None

    def _transaction(self, kitchens: Sequence[KitchenId]) -> AbstractContextManager[Connection]:
        """The one that this thread holds heads in, or one of its own."""
        connection: Connection | None = getattr(self._holding, "connection", None)
        if connection is not None:
            return nullcontext(connection)
        return writing(self._engine, of_kitchens(*kitchens))

    def _why(self, appends: Sequence[Append], error: Exception) -> Exception:
        """What a group that met other rows than it expected has met."""
        heads = self.heads([append.kitchen for append in appends])
        for append in appends:
            if append.kitchen not in heads:
                return LookupError(f"no log of kitchen {append.kitchen}")
            if heads[append.kitchen] != append.expected_seq:
                return Conflict(append.kitchen)
        for append in appends:
            for outbox, before in befores(append).items():
                stored = self.outbox_head(append.kitchen, outbox)
                last = 0 if stored is None else stored.last_dseq
                if last > before:
                    return Conflict(append.kitchen)
                if last < before:
                    return ValueError(
                        f"outbox {outbox}: stored {last}, group begins at {before + 1}"
                    )
        return ValueError(f"the database refuses the group: {error}")

    # ---- snapshots -----------------------------------------------------------------------------

    def snapshot(self, kitchen: KitchenId, *, state_version: int) -> StoredSnapshot | None:
        """Newest stored snapshot of that version."""
        wanted = {"kitchen": kitchen, "version": state_version}
        with reading(self._engine, of_kitchens(kitchen)) as connection:
            row = connection.execute(sql.SELECT_SNAPSHOT, wanted).one_or_none()
        return None if row is None else StoredSnapshot(*row)

    def save_snapshot(self, kitchen: KitchenId, snapshot: StoredSnapshot) -> None:
        """Keep a snapshot and forget the older ones of its version; LookupError without a log."""
        try:
            with writing(self._engine, of_kitchens(kitchen)) as connection:
                _replace_snapshot(connection, kitchen, snapshot)
        except IntegrityError as error:
            raise LookupError(f"no log of kitchen {kitchen}") from error


_NO_LIMIT = 2**62
_DELETE_OLDER = delete(snapshot).where(
    snapshot.c.kitchen == bindparam("b_kitchen"),
    snapshot.c.state_version == bindparam("b_version"),
    snapshot.c.seq <= bindparam("b_seq"),
)


def _write(connection: Connection, rows: Rows) -> None:
    """All rows of a group, heads first."""
    bulk.lock_heads(connection, rows.kitchens)
    for statement, guarded in (
        (bulk.MOVE_HEAD, rows.moved),
        (bulk.HOLD_HEAD, rows.held),
        (bulk.MOVE_OUTBOX, rows.outboxes),
        (bulk.FIRST_OUTBOX, rows.new_outboxes),
    ):
        if guarded and statement.run(connection, guarded) != len(guarded):
            raise _OtherWasFirst
    if rows.events:
        bulk.EVENT.run(connection, rows.events)
    if rows.receipts:
        bulk.RECEIPT.run(connection, rows.receipts)


def _entries(
    connection: Connection, spans: Sequence[tuple[KitchenId, int, int]]
) -> dict[KitchenId, list[Entry]]:
    """Events of kitchens, each after one seq up to another; none of a kitchen that lost some meanwhile."""
    found: dict[KitchenId, list[Entry]] = {}
    for kitchen, seq, link, body in bulk.events(connection, spans):
        found.setdefault(kitchen, []).append(Entry(seq, link, body))
    firsts = {kitchen: after + 1 for kitchen, after, _ in spans}
    # Read after the heads: a floor that rose in between is seen, never a silent gap.
    return {kitchen: each for kitchen, each in found.items() if each[0].seq == firsts[kitchen]}


def _check_floor(connection: Connection, kitchen: KitchenId, after: int) -> None:
    """Raise LookupError when no events came because they are archived or the kitchen is unknown."""
    row = connection.execute(sql.SELECT_HEAD, {"kitchen": kitchen}).one_or_none()
    if row is None:
        raise LookupError(f"no log of kitchen {kitchen}")
    if after < row.floor:
        raise LookupError(f"{kitchen}: events up to {row.floor} are archived, asked after {after}")


def _replace_snapshot(connection: Connection, kitchen: KitchenId, stored: StoredSnapshot) -> None:
    """Delete what is not newer, then insert; one that came late beside a newer one stays unread."""
    older = {"b_kitchen": kitchen, "b_version": stored.state_version, "b_seq": stored.seq}
    connection.execute(_DELETE_OLDER, older)
    row = {
        "kitchen": kitchen,
        "state_version": stored.state_version,
        "seq": stored.seq,
        "hash": stored.hash,
        "text": stored.text,
    }
    connection.execute(snapshot.insert(), row)


def _receipt(row: Sequence[Any]) -> Receipt:
    outbox, dseq, row_hash, command, outcome, code, seq, raw = row
    return Receipt(outbox, dseq, row_hash, command, Outcome(outcome), code, seq, raw)
