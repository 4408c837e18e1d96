"""Builds what a desk would append: chained events, chained outbox rows, receipts and heads."""

from __future__ import annotations

from collections.abc import Sequence

from dapur.envelope import GENESIS, chain
from dapur.ids import CommandId, DeviceId, KitchenId, OutboxId
from dapur.wire.messages import Outcome
from server.desk.ports import Append, Entry, Head, Log, OutboxHead, Receipt

KITCHEN = KitchenId("kitchen-a")
OTHER = KitchenId("kitchen-b")
OUTBOX = OutboxId("outbox-1")
DEVICE = DeviceId("device-1")


def entries(log: Log, kitchen: KitchenId, bodies: Sequence[bytes]) -> tuple[Entry, ...]:
    """Events that follow the head of the log."""
    head = log.head(kitchen)
    assert head is not None
    return after(head, bodies)


def after(head: Head, bodies: Sequence[bytes]) -> tuple[Entry, ...]:
    """Events that follow this head, which another writer may move at any time."""
    made: list[Entry] = []
    last = head.hash
    for number, body in enumerate(bodies, start=head.seq + 1):
        last = chain(last, body)
        made.append(Entry(number, last, body))
    return tuple(made)


def rows(
    first: int, raws: Sequence[bytes], before: bytes = GENESIS
) -> list[tuple[int, bytes, bytes]]:
    """Outbox rows (dseq, hash, bytes) that follow the row with the hash `before`."""
    made: list[tuple[int, bytes, bytes]] = []
    for dseq, raw in enumerate(raws, start=first):
        before = chain(before, raw)
        made.append((dseq, before, raw))
    return made


def group(
    log: Log,
    kitchen: KitchenId = KITCHEN,
    bodies: Sequence[bytes] = (),
    *,
    outbox: OutboxId = OUTBOX,
    raws: Sequence[bytes] = (),
    outcome: Outcome = Outcome.APPLIED,
    code: str = "",
    earliest_ms: int = 1_000,
) -> Append:
    """What one group writes for one kitchen, on top of what the log holds now."""
    head = log.head(kitchen)
    assert head is not None
    made = after(head, bodies)
    seq = made[-1].seq if made else head.seq
    stored = log.outbox_head(kitchen, outbox)
    known = (0, GENESIS) if stored is None else (stored.last_dseq, stored.last_hash)
    taken = rows(known[0] + 1, raws, known[1])
    receipts = tuple(
        Receipt(outbox, dseq, row_hash, CommandId(f"{outbox}/{dseq}"), outcome, code, seq, raw)
        for dseq, row_hash, raw in taken
    )
    heads = tuple(
        OutboxHead(outbox, DEVICE, dseq, row_hash, earliest_ms) for dseq, row_hash, _ in taken[-1:]
    )
    return Append(kitchen, head.seq, made, receipts, heads)
