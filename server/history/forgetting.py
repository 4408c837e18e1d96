"""Forgets the oldest rows of the audit; the log and the other tables of the past stay."""

from __future__ import annotations

from sqlalchemy import Engine, delete, func, select

from dapur.ids import KitchenId
from server.history.tables import audit
from server.log.engine import reading, writing
from server.log.scope import of_kitchens

ROWS_PER_SLICE = 5000
"""Deleted in one transaction: about 50 ms in which no tap can be written."""


def old_audit(engine: Engine, kitchen: KitchenId, before_ms: int) -> int:
    """How many rows were recorded before (UTC ms). Raises Unavailable."""
    query = select(func.count()).where(audit.c.kitchen == kitchen, audit.c.recorded_ms < before_ms)
    with reading(engine, of_kitchens(kitchen)) as connection:
        return int(connection.scalar(query) or 0)


def forget_audit(engine: Engine, kitchen: KitchenId, before_ms: int) -> int:
    """Delete these rows, the oldest first, slice by slice; how many. Raises Unavailable."""
    gone = 0
    while True:
        with writing(engine, of_kitchens(kitchen)) as connection:
            old = (
                select(audit.c.seq)
                .where(audit.c.kitchen == kitchen, audit.c.recorded_ms < before_ms)
                .order_by(audit.c.seq)
                .limit(ROWS_PER_SLICE)
            )
            seqs = list(connection.scalars(old))
            if not seqs:
                return gone
            connection.execute(
                delete(audit).where(audit.c.kitchen == kitchen, audit.c.seq.in_(seqs))
            )
        gone += len(seqs)
