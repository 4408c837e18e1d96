"""The statements of the hot path, built once to be compiled once; nothing here runs them."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from server.log.tables import event, outbox_head, receipt, snapshot, tenant_head

SELECT_HEAD = select(
    tenant_head.c.epoch,
    tenant_head.c.seq,
    tenant_head.c.hash,
    tenant_head.c.floor,
    tenant_head.c.durable,
).where(tenant_head.c.kitchen == bindparam("kitchen"))
SELECT_WHOLE_HEADS = select(
    tenant_head.c.kitchen,
    tenant_head.c.epoch,
    tenant_head.c.seq,
    tenant_head.c.hash,
    tenant_head.c.floor,
    tenant_head.c.durable,
).where(tenant_head.c.kitchen.in_(bindparam("kitchens", expanding=True)))
SELECT_HEADS = select(tenant_head.c.kitchen, tenant_head.c.seq).where(
    tenant_head.c.kitchen.in_(bindparam("kitchens", expanding=True))
)
SELECT_EVENTS = (
    select(event.c.seq, event.c.hash, event.c.body)
    .where(
        event.c.kitchen == bindparam("kitchen"),
        event.c.seq > bindparam("after"),
        event.c.seq <= bindparam("up_to"),
    )
    .order_by(event.c.seq)
    .limit(bindparam("count"))
)
SELECT_OUTBOX = select(
    outbox_head.c.outbox,
    outbox_head.c.device,
    outbox_head.c.last_dseq,
    outbox_head.c.last_hash,
    outbox_head.c.last_earliest_ms,
).where(outbox_head.c.kitchen == bindparam("kitchen"), outbox_head.c.outbox == bindparam("outbox"))
SELECT_RECEIPTS = (
    select(
        receipt.c.outbox,
        receipt.c.dseq,
        receipt.c.row_hash,
        receipt.c.command,
        receipt.c.outcome,
        receipt.c.code,
        receipt.c.seq,
        receipt.c.raw,
    )
    .where(
        receipt.c.kitchen == bindparam("kitchen"),
        receipt.c.outbox == bindparam("outbox"),
        receipt.c.dseq.between(bindparam("first"), bindparam("last")),
    )
    .order_by(receipt.c.dseq)
)
SELECT_SNAPSHOT = (
    select(snapshot.c.seq, snapshot.c.hash, snapshot.c.state_version, snapshot.c.text)
    .where(
        snapshot.c.kitchen == bindparam("kitchen"),
        snapshot.c.state_version == bindparam("version"),
    )
    .order_by(snapshot.c.seq.desc())
    .limit(1)
)

CREATE_HEAD = {
    "sqlite": sqlite.insert(tenant_head).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(tenant_head).on_conflict_do_nothing(),
}
"""A new kitchen, by dialect; a second try changes nothing."""
