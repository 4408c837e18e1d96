"""What upkeep may change in a log besides appending: its floor, its durable mark, its epoch."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, and_, delete, exists, func, select, update

from dapur.ids import KitchenId
from dapur.kitchen import SERVER_DEVICE
from server.desk.ports import MESSAGE
from server.log.engine import reading, writing
from server.log.scope import of_kitchens
from server.log.tables import event, outbox_head, receipt, snapshot, tenant_head

EVENTS_PER_SLICE = 5000
"""Events deleted in one transaction: about 50 ms in which no tap can be written."""
MESSAGES_PER_SLICE = 500
"""Of the platform, for the same reason; a message has a few rows."""


class LogCare:
    """Changes to the heads that no tap causes; safe beside running servers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def mark_durable(self, kitchen: KitchenId, seq: int) -> None:
        """Events up to `seq` are in a verified backup; never goes back, never beyond the head."""
        with writing(self._engine, of_kitchens(kitchen)) as connection:
            connection.execute(
                update(tenant_head)
                .where(
                    tenant_head.c.kitchen == kitchen,
                    tenant_head.c.durable < seq,
                    tenant_head.c.seq >= seq,
                )
                .values(durable=seq)
            )

    def rotate_epoch(self, kitchen: KitchenId, epoch: str) -> None:
        """Only after a restore: kiosks learn that this log is another one than they knew."""
        with writing(self._engine, of_kitchens(kitchen)) as connection:
            connection.execute(
                update(tenant_head).where(tenant_head.c.kitchen == kitchen).values(epoch=epoch)
            )

    def raise_floor(self, kitchen: KitchenId, floor: int) -> None:
        """Forget the events up to `floor`; the caller has archived them.

        Raises ValueError beyond the newest snapshot, without which no server could fold the kitchen
        again, and LookupError for an unknown kitchen.
        """
        if not self.floor(kitchen) < floor:
            return
        with writing(self._engine, of_kitchens(kitchen)) as connection:
            if floor > _newest_snapshot(connection, kitchen):
                raise ValueError(f"{kitchen}: no snapshot at or after {floor}")
            floor_hash = connection.scalars(
                select(event.c.hash).where(event.c.kitchen == kitchen, event.c.seq == floor)
            ).one()
            connection.execute(
                update(tenant_head)
                .where(tenant_head.c.kitchen == kitchen)
                .values(floor=floor, floor_hash=floor_hash)
            )
        # The floor stands first: a reader that meets a half-deleted range is told so.
        while self._delete_slice(kitchen, floor):
            pass

    def floor(self, kitchen: KitchenId) -> int:
        """Last archived seq; LookupError for an unknown kitchen."""
        with reading(self._engine, of_kitchens(kitchen)) as connection:
            found: int | None = connection.scalars(
                select(tenant_head.c.floor).where(tenant_head.c.kitchen == kitchen)
            ).one_or_none()
        if found is None:
            raise LookupError(f"no log of kitchen {kitchen}")
        return found

    def forget_messages(self, kitchen: KitchenId) -> int:
        """Forget which messages of the platform came whose events are all archived; how many.

        Heads of kiosks' outboxes stay for ever: a kiosk may lie in a drawer for years.
        """
        gone = 0
        while found := self._forget_some(kitchen, self.floor(kitchen)):
            gone += found
        return gone

    def _forget_some(self, kitchen: KitchenId, floor: int) -> int:
        """Receipts and head go together: a head without them would answer a double with nothing."""
        mine = and_(receipt.c.kitchen == kitchen, receipt.c.outbox == outbox_head.c.outbox)
        old = (
            select(outbox_head.c.outbox)
            .where(
                outbox_head.c.kitchen == kitchen,
                outbox_head.c.device == SERVER_DEVICE,
                outbox_head.c.outbox.startswith(MESSAGE),
                ~exists().where(mine, receipt.c.seq > floor),
                exists().where(mine),
            )
            .limit(MESSAGES_PER_SLICE)
        )
        with writing(self._engine, of_kitchens(kitchen)) as connection:
            names = list(connection.scalars(old))
            for table in (receipt, outbox_head):
                connection.execute(
                    delete(table).where(table.c.kitchen == kitchen, table.c.outbox.in_(names))
                )
        return len(names)

    def _delete_slice(self, kitchen: KitchenId, floor: int) -> bool:
        """Delete the oldest events up to the floor; whether there were any."""
        with writing(self._engine, of_kitchens(kitchen)) as connection:
            oldest = connection.scalars(
                select(func.min(event.c.seq)).where(event.c.kitchen == kitchen)
            ).one()
            if oldest is None or oldest > floor:
                return False
            connection.execute(
                delete(event).where(
                    event.c.kitchen == kitchen,
                    event.c.seq <= min(floor, oldest + EVENTS_PER_SLICE - 1),
                )
            )
            return True


def _newest_snapshot(connection: Connection, kitchen: KitchenId) -> int:
    newest: int | None = connection.scalars(
        select(snapshot.c.seq)
        .where(snapshot.c.kitchen == kitchen)
        .order_by(snapshot.c.seq.desc())
        .limit(1)
    ).first()
    return newest or 0
