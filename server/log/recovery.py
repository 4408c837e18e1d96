"""What a restored kitchen waits for, in SQL: kiosks, what they bring, the end of it; it checks no event."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Engine, delete, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dapur.ids import CommandId, DeviceId, KitchenId
from dapur.wire.messages import Outcome
from server.desk.ports import (
    Append,
    Conflict,
    Entry,
    Helper,
    Over,
    Recovery,
    Standing,
    Stored,
)
from server.log import bulk
from server.log.engine import reading, writing
from server.log.rows import Rows
from server.log.scope import EVERY_KITCHEN, of_kitchens
from server.log.tables import (
    TOLD_MAX,
    recovered_command,
    recovery,
    recovery_device,
    tenant_head,
)

COMMANDS_PER_QUERY = 500
ROWS_PER_INSERT = 1000

_MINE = recovery.c
_HAS_ANSWERS = exists().where(recovered_command.c.kitchen == recovery.c.kitchen)
_COLUMNS = (
    *(_MINE.kitchen, _MINE.epoch, _MINE.seq, _MINE.hash, _MINE.began_ms, _MINE.wait_ms),
    *(_MINE.first_ms, _MINE.done_ms, _MINE.how, _MINE.brought, _HAS_ANSWERS),
)


class Restored(msgspec.Struct, frozen=True):
    """What the restore tool knows of one kitchen."""

    kitchen: KitchenId
    lost_epoch: str
    awaited: tuple[DeviceId, ...]


def begin(
    connection: Connection, restored: Sequence[Restored], *, now_ms: int, wait_ms: int
) -> None:
    """Give these kitchens' logs new epochs and let them wait for their kiosks.

    In the transaction that put the backup in its place. With another epoch kiosks take the log anew
    and bring what it lacks. A kitchen without a kiosk to wait for, and every one without `wait_ms`,
    waits for nothing.
    """
    connection.execute(delete(recovery_device))
    connection.execute(delete(recovery))
    for one in restored:
        head = tenant_head.c
        query = select(head.seq, head.hash).where(head.kitchen == one.kitchen)
        seq, link = connection.execute(query).one()
        mine = update(tenant_head).where(head.kitchen == one.kitchen)
        connection.execute(mine.values(epoch=uuid.uuid4().hex))
        waits = bool(one.awaited) and wait_ms > 0
        connection.execute(
            insert(recovery).values(
                kitchen=one.kitchen,
                epoch=one.lost_epoch,
                seq=seq,
                hash=link,
                began_ms=now_ms,
                wait_ms=wait_ms,
                first_ms=None,
                done_ms=None if waits else now_ms,
                how="" if waits else "nobody",
                brought=seq,
            )
        )
        for device in one.awaited:
            connection.execute(insert(recovery_device).values(_helper(one.kitchen, device)))


def _helper(kitchen: KitchenId, device: DeviceId) -> dict[str, object]:
    return {
        "kitchen": kitchen,
        "device": device,
        "standing": Standing.AWAITED.value,
        "seq": 0,
        "told": "",
        "at_ms": None,
    }


class SqlRecoveries:
    """`server.desk.ports.Recoveries` on SQLite and PostgreSQL; every method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # ---- what is ---------------------------------------------------------------------------------

    def open(self) -> dict[KitchenId, Recovery]:
        """Kitchens that still wait for kiosks."""
        query = select(*_COLUMNS).where(_MINE.done_ms.is_(None)).order_by(_MINE.kitchen)
        with reading(self._engine, EVERY_KITCHEN) as connection:
            found = [Recovery(*row) for row in connection.execute(query)]
        return {each.kitchen: each for each in found}

    def of(self, kitchen: KitchenId) -> Recovery | None:
        """The last restore of a kitchen; None when there was none."""
        query = select(*_COLUMNS).where(_MINE.kitchen == kitchen)
        with reading(self._engine, of_kitchens(kitchen)) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Recovery(*row)

    def answers(self, kitchen: KitchenId, commands: Sequence[CommandId]) -> dict[CommandId, Stored]:
        """Of these commands those whose events were brought."""
        columns = recovered_command.c
        query = select(columns.command, columns.outcome, columns.code, columns.seq)
        found: dict[CommandId, Stored] = {}
        with reading(self._engine, of_kitchens(kitchen)) as connection:
            for at in range(0, len(commands), COMMANDS_PER_QUERY):
                some = list(commands[at : at + COMMANDS_PER_QUERY])
                mine = query.where(columns.kitchen == kitchen, columns.command.in_(some))
                for command, outcome, code, seq in connection.execute(mine):
                    found[command] = Stored(command, Outcome(outcome), code, seq)
        return found

    def helpers(self, kitchen: KitchenId) -> tuple[Helper, ...]:
        """Every kiosk that was awaited or came, by name."""
        columns = recovery_device.c
        query = (
            select(columns.device, columns.standing, columns.seq, columns.told, columns.at_ms)
            .where(columns.kitchen == kitchen)
            .order_by(columns.device)
        )
        with reading(self._engine, of_kitchens(kitchen)) as connection:
            return tuple(
                Helper(device, Standing(standing), seq, told, at_ms)
                for device, standing, seq, told, at_ms in connection.execute(query)
            )

    # ---- what happens ----------------------------------------------------------------------------

    def note(
        self,
        kitchen: KitchenId,
        device: DeviceId,
        standing: Standing,
        *,
        seq: int,
        told: str,
        now_ms: int,
    ) -> None:
        """What became of a kiosk; the first one starts the clock. How far it proves never goes back."""
        row = {
            "kitchen": kitchen,
            "device": device,
            "standing": standing.value,
            "seq": seq,
            "told": told[:TOLD_MAX],
            "at_ms": now_ms,
        }
        columns = recovery_device.c
        with writing(self._engine, of_kitchens(kitchen)) as connection:
            connection.execute(
                update(recovery)
                .where(_MINE.kitchen == kitchen, _MINE.first_ms.is_(None))
                .values(first_ms=now_ms)
            )
            mine = (columns.kitchen == kitchen, columns.device == device)
            before: int | None = connection.scalar(select(columns.seq).where(*mine))
            if before is None:
                connection.execute(insert(recovery_device).values(row))
                return
            row["seq"] = max(before, seq)
            connection.execute(update(recovery_device).where(*mine).values(row))

    def bring(
        self, kitchen: KitchenId, entries: Sequence[Entry], answers: Sequence[Stored]
    ) -> None:
        """Put events of the lost log behind what is there, all or none. Raises Conflict, Over."""
        append = Append(kitchen, entries[0].seq - 1, tuple(entries), (), ())
        rows = Rows.of([append])
        with writing(self._engine, of_kitchens(kitchen)) as connection:
            bulk.hold_heads(connection, [kitchen])
            still = update(recovery).where(_MINE.kitchen == kitchen, _MINE.done_ms.is_(None))
            if connection.execute(still.values(brought=entries[-1].seq)).rowcount != 1:
                raise Over
            if bulk.MOVE_HEAD.run(connection, rows.moved) != 1:
                raise Conflict(kitchen)
            for at in range(0, len(rows.events), ROWS_PER_INSERT):
                bulk.EVENT.run(connection, rows.events[at : at + ROWS_PER_INSERT])
            self._keep(connection, kitchen, answers)

    def _keep(self, connection: Connection, kitchen: KitchenId, answers: Sequence[Stored]) -> None:
        is_postgres = connection.dialect.name == "postgresql"
        put = (postgresql if is_postgres else sqlite).insert(recovered_command)
        newer = {name: put.excluded[name] for name in ("outcome", "code", "seq")}
        statement = put.on_conflict_do_update(index_elements=["kitchen", "command"], set_=newer)
        rows = [
            {
                "kitchen": kitchen,
                "command": each.command,
                "outcome": each.outcome.value,
                "code": each.code,
                "seq": each.seq,
            }
            for each in answers
        ]
        for at in range(0, len(rows), ROWS_PER_INSERT):
            connection.execute(statement, rows[at : at + ROWS_PER_INSERT])

    def settle(self, kitchen: KitchenId, now_ms: int) -> bool:
        """Whether it is over; ends it when all came or the time is up."""
        found = self.of(kitchen)
        if found is None or not found.is_open:
            return True
        how = self._why(found, now_ms)
        if how:
            self._end(kitchen, now_ms, how)
        return bool(how)

    def _why(self, found: Recovery, now_ms: int) -> str:
        columns = recovery_device.c
        missing = select(func.count()).where(
            columns.kitchen == found.kitchen, columns.standing != Standing.DONE.value
        )
        with reading(self._engine, of_kitchens(found.kitchen)) as connection:
            if not connection.scalar(missing):
                return "all"
        late = found.first_ms is not None and now_ms >= found.first_ms + found.wait_ms
        return "time" if late else ""

    def end(self, kitchen: KitchenId, now_ms: int) -> bool:
        """End it by hand; whether it was open."""
        return self._end(kitchen, now_ms, "operator")

    def _end(self, kitchen: KitchenId, now_ms: int, how: str) -> bool:
        with writing(self._engine, of_kitchens(kitchen)) as connection:
            mine = update(recovery).where(_MINE.kitchen == kitchen, _MINE.done_ms.is_(None))
            return connection.execute(mine.values(done_ms=now_ms, how=how)).rowcount == 1
