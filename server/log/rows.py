"""Turns a decided group into the rows of one transaction; refuses gaps, runs no SQL."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from dapur.ids import KitchenId, OutboxId
from server.desk.ports import Append, OutboxHead
from server.log.bulk import RowValues
from server.log.tables import BODY_MAX_BYTES, HASH_BYTES


class Rows(msgspec.Struct):
    """The values of each statement of `server.log.bulk`, kitchens in one fixed order."""

    kitchens: list[KitchenId] = []
    """All of the group."""
    moved: list[RowValues] = []
    """Heads that get events."""
    held: list[RowValues] = []
    """Heads of kitchens that get only receipts."""
    outboxes: list[RowValues] = []
    new_outboxes: list[RowValues] = []
    events: list[RowValues] = []
    receipts: list[RowValues] = []

    @classmethod
    def of(cls, appends: Sequence[Append]) -> Rows:
        """The rows of a group; ValueError for a gap or a receipt without its head."""
        rows = cls()
        ordered = sorted(appends, key=lambda append: append.kitchen)
        if any(a.kitchen == b.kitchen for a, b in pairwise(ordered)):
            raise ValueError("two appends for one kitchen in a group")
        for append in ordered:
            rows.kitchens.append(append.kitchen)
            rows._add_events(append)
            rows._add_receipts(append)
        return rows

    def _add_events(self, append: Append) -> None:
        kitchen, seq = append.kitchen, append.expected_seq
        for entry in append.entries:
            seq += 1
            if entry.seq != seq:
                raise ValueError(f"{kitchen}: event {entry.seq} where {seq} is next")
            if len(entry.body) > BODY_MAX_BYTES or len(entry.hash) != HASH_BYTES:
                raise ValueError(f"{kitchen}: event {seq} has {len(entry.body)} bytes or no hash")
            self.events.append((kitchen, seq, entry.hash, entry.body))
        if append.entries:
            self.moved.append((seq, append.entries[-1].hash, kitchen, append.expected_seq))
        else:
            self.held.append((kitchen, append.expected_seq))

    def _add_receipts(self, append: Append) -> None:
        before = befores(append)
        for receipt in append.receipts:
            if len(receipt.raw) > BODY_MAX_BYTES:
                raise ValueError(f"outbox {receipt.outbox}: {len(receipt.raw)} bytes of command")
            self.receipts.append(
                (
                    append.kitchen,
                    receipt.outbox,
                    receipt.dseq,
                    receipt.row_hash,
                    receipt.command,
                    receipt.outcome.value,
                    receipt.code,
                    receipt.seq,
                    receipt.raw,
                )
            )
        for head in append.outboxes:
            self._add_outbox(append, head, before[head.outbox])

    def _add_outbox(self, append: Append, head: OutboxHead, before: int) -> None:
        key = (append.kitchen, head.outbox)
        values = (head.device, head.last_dseq, head.last_hash, head.last_earliest_ms)
        if before:
            self.outboxes.append((*values, *key, before))
        else:
            self.new_outboxes.append((*key, *values))


def befores(append: Append) -> dict[OutboxId, int]:
    """For each outbox the last dseq that must be in the database before this group.

    Raises ValueError when receipts leave a gap, or do not end where their outbox head stands.
    """
    last: dict[OutboxId, int] = {}
    first: dict[OutboxId, int] = {}
    for receipt in append.receipts:
        first.setdefault(receipt.outbox, receipt.dseq)
        if receipt.dseq != last.setdefault(receipt.outbox, receipt.dseq - 1) + 1:
            raise ValueError(f"outbox {receipt.outbox}: gap before dseq {receipt.dseq}")
        last[receipt.outbox] = receipt.dseq
    heads = {head.outbox: head.last_dseq for head in append.outboxes}
    for outbox, dseq in last.items():
        if heads.get(outbox) != dseq:
            raise ValueError(f"outbox {outbox}: receipts end at {dseq}, head {heads.get(outbox)}")
    return {outbox: first.get(outbox, dseq + 1) - 1 for outbox, dseq in heads.items()}
