"""Walks a stored log from its floor to its head and names the first wrong row; it mends nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import Connection, Engine, select

from dapur.envelope import GENESIS, Malformed, chain, decode_event
from dapur.ids import KitchenId, OutboxId
from server.log.engine import reading, still
from server.log.scope import EVERY_KITCHEN, of_kitchens
from server.log.tables import event, outbox_head, receipt, snapshot, tenant_head

ROWS_PER_READ = 1000
"""Half a megabyte of events; a log of any length is walked in constant memory."""


class Finding(msgspec.Struct, frozen=True):
    """What a walk through one kitchen's log met."""

    kitchen: KitchenId
    events: int
    receipts: int
    wrong: str = ""
    """The first wrong row, for the operator; empty for a sound log."""


class _Wrong(Exception):
    """The row that does not hold."""


class _Head(msgspec.Struct, frozen=True):
    seq: int
    hash: bytes
    floor: int
    floor_hash: bytes
    durable: int


def verify(engine: Engine, kitchens: Sequence[KitchenId] | None = None) -> Iterator[Finding]:
    """One finding a kitchen, all kitchens by default; each is walked in one read transaction.

    A kitchen without a log is a finding too. Raises Unavailable.
    """
    if kitchens is None:
        with reading(engine, EVERY_KITCHEN) as connection:
            found = connection.scalars(select(tenant_head.c.kitchen).order_by("kitchen"))
            kitchens = [KitchenId(kitchen) for kitchen in found]
    for kitchen in kitchens:
        with still(engine, of_kitchens(kitchen)) as connection:
            yield _Walk(connection, kitchen).finding()


def _must_be_bytes(what: str, *values: object) -> None:
    for value in values:
        if not isinstance(value, bytes):
            raise _Wrong(f"{what}: stored as {type(value).__name__}, not as bytes")


class _Walk:
    """One kitchen, in one transaction so that a running server does not look like damage."""

    def __init__(self, connection: Connection, kitchen: KitchenId) -> None:
        self._connection = connection
        self._kitchen = kitchen
        self._events = 0
        self._receipts = 0

    def finding(self) -> Finding:
        """Walk everything, stop at the first wrong row."""
        try:
            head = self._head()
            self._walk_events(head)
            self._walk_outboxes(head)
            self._walk_snapshots(head)
        except _Wrong as wrong:
            return Finding(self._kitchen, self._events, self._receipts, str(wrong))
        except TypeError as error:
            # SQLite stores what it is given, text where bytes belong and the other way.
            where = f"after {self._events} events and {self._receipts} receipts"
            told = f"a value of another type {where}: {error}"
            return Finding(self._kitchen, self._events, self._receipts, told)
        return Finding(self._kitchen, self._events, self._receipts)

    def _head(self) -> _Head:
        columns = (getattr(tenant_head.c, name) for name in _Head.__struct_fields__)
        query = select(*columns).where(tenant_head.c.kitchen == self._kitchen)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise _Wrong("there is no log of this kitchen")
        return _Head(*row)

    def _walk_events(self, head: _Head) -> None:
        if head.floor == 0 and head.floor_hash != GENESIS:
            raise _Wrong("head: floor 0 with a hash that is not the beginning")
        seq, link = head.floor, head.floor_hash
        for row_seq, row_hash, body in self._event_rows():
            if row_seq <= head.floor:
                # What an interrupted archiving left; nobody can read it any more.
                continue
            if row_seq != seq + 1:
                raise _Wrong(f"event {seq + 1} is missing, {row_seq} follows {seq}")
            _must_be_bytes(f"event {row_seq}", body, row_hash)
            seq, link = row_seq, chain(link, body)
            if row_hash != link:
                raise _Wrong(f"event {seq}: body or hash was changed, the chain breaks here")
            try:
                decode_event(body)
            except Malformed as error:
                raise _Wrong(f"event {seq}: unreadable, {error}") from error
            self._events += 1
        if seq != head.seq:
            raise _Wrong(f"head says {head.seq}, the last event is {seq}")
        if link != head.hash:
            raise _Wrong(f"head: hash differs from that of event {seq}")

    def _event_rows(self) -> Iterator[tuple[int, bytes, bytes]]:
        after = 0
        while True:
            rows = self._connection.execute(
                select(event.c.seq, event.c.hash, event.c.body)
                .where(event.c.kitchen == self._kitchen, event.c.seq > after)
                .order_by(event.c.seq)
                .limit(ROWS_PER_READ)
            ).all()
            yield from (tuple(row) for row in rows)
            if len(rows) < ROWS_PER_READ:
                return
            after = rows[-1].seq

    def _walk_outboxes(self, head: _Head) -> None:
        heads = {
            outbox: (last_dseq, last_hash)
            for outbox, last_dseq, last_hash in self._connection.execute(
                select(
                    outbox_head.c.outbox, outbox_head.c.last_dseq, outbox_head.c.last_hash
                ).where(outbox_head.c.kitchen == self._kitchen)
            )
        }
        for outbox in self._outboxes_with_receipts():
            if outbox not in heads:
                raise _Wrong(f"outbox {outbox}: receipts without a head")
        for outbox, (last_dseq, last_hash) in sorted(heads.items()):
            self._walk_receipts(OutboxId(outbox), last_dseq, last_hash, head.seq)

    def _outboxes_with_receipts(self) -> Sequence[str]:
        query = select(receipt.c.outbox).where(receipt.c.kitchen == self._kitchen).distinct()
        return self._connection.scalars(query).all()

    def _walk_receipts(
        self, outbox: OutboxId, last_dseq: int, last_hash: bytes, head_seq: int
    ) -> None:
        """Receipts may have been trimmed at their beginning, never in the middle or at the end."""
        dseq, link, seq = 0, GENESIS, 0
        for row_dseq, row_hash, row_seq, raw in self._receipt_rows(outbox):
            _must_be_bytes(f"outbox {outbox}: dseq {row_dseq}", raw, row_hash)
            if dseq and row_dseq != dseq + 1:
                raise _Wrong(f"outbox {outbox}: dseq {dseq + 1} is missing")
            if (dseq or row_dseq == 1) and chain(link, raw) != row_hash:
                raise _Wrong(f"outbox {outbox}: dseq {row_dseq} was changed, the chain breaks here")
            if not seq <= row_seq <= head_seq:
                raise _Wrong(f"outbox {outbox}: dseq {row_dseq} names event {row_seq}")
            dseq, link, seq = row_dseq, row_hash, row_seq
            self._receipts += 1
        if (dseq or last_dseq) and (dseq, link) != (last_dseq, last_hash):
            raise _Wrong(f"outbox {outbox}: head says {last_dseq}, the last receipt is {dseq}")

    def _receipt_rows(self, outbox: OutboxId) -> Iterator[tuple[int, bytes, int, bytes]]:
        after = 0
        while True:
            rows = self._connection.execute(
                select(receipt.c.dseq, receipt.c.row_hash, receipt.c.seq, receipt.c.raw)
                .where(
                    receipt.c.kitchen == self._kitchen,
                    receipt.c.outbox == outbox,
                    receipt.c.dseq > after,
                )
                .order_by(receipt.c.dseq)
                .limit(ROWS_PER_READ)
            ).all()
            yield from (tuple(row) for row in rows)
            if len(rows) < ROWS_PER_READ:
                return
            after = rows[-1].dseq

    def _walk_snapshots(self, head: _Head) -> None:
        query = select(snapshot.c.seq, snapshot.c.state_version, snapshot.c.hash).where(
            snapshot.c.kitchen == self._kitchen
        )
        for seq, version, stored_hash in self._connection.execute(query):
            if seq > head.seq:
                raise _Wrong(f"snapshot {version} of event {seq} is ahead of the log")
            known = self._hash_at(seq, head)
            if known is not None and known != stored_hash:
                raise _Wrong(f"snapshot {version} of event {seq}: another hash than the event's")

    def _hash_at(self, seq: int, head: _Head) -> bytes | None:
        """Chain after an event; None when it is archived."""
        if seq <= head.floor:
            return head.floor_hash if seq == head.floor else None
        query = select(event.c.hash).where(event.c.kitchen == self._kitchen, event.c.seq == seq)
        found: bytes = self._connection.scalars(query).one()
        return found
