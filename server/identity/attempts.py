"""Counts tries of PINs, each in its own commit before the PIN is looked at; it sees no PIN."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, delete, insert, select, update

from dapur import pin as rules
from dapur.ids import KitchenId, StaffId
from dapur.pin import Locked, Tries
from server.identity.tables import attempt, staff
from server.log.engine import writing


class Attempts:
    """Tries of each person of each kitchen, whatever the kiosk. Thread-safe. All raise Unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, kitchen: KitchenId, who: StaffId, now_ms: int) -> Tries | Locked:
        """Count one more try, or say that none is allowed. When this returns, it is on the disk."""
        with writing(self._engine) as connection:
            # The person's row, which exists, is locked: two first tries would not meet in `attempt`.
            _hold(connection, kitchen, who)
            before = _stored(connection, kitchen, who)
            counted = rules.count(before or Tries(), now_ms)
            if isinstance(counted, Tries):
                _write(connection, kitchen, who, counted, new=before is None)
            return counted

    def clear(self, kitchen: KitchenId, who: StaffId) -> None:
        """A right PIN, a new PIN, or an administrator: begin anew."""
        with writing(self._engine) as connection:
            self.clear_in(connection, kitchen, who)

    @staticmethod
    def clear_in(connection: Connection, kitchen: KitchenId, who: StaffId) -> None:
        """The same inside the caller's transaction."""
        connection.execute(
            delete(attempt).where(attempt.c.kitchen == kitchen, attempt.c.staff == who)
        )


def _hold(connection: Connection, kitchen: KitchenId, who: StaffId) -> None:
    connection.execute(
        select(staff.c.staff)
        .where(staff.c.kitchen == kitchen, staff.c.staff == who)
        .with_for_update()
    )


def _stored(connection: Connection, kitchen: KitchenId, who: StaffId) -> Tries | None:
    row = connection.execute(
        select(attempt.c.failed, attempt.c.seen_ms, attempt.c.until_ms).where(
            attempt.c.kitchen == kitchen, attempt.c.staff == who
        )
    ).one_or_none()
    return None if row is None else Tries(*row)


def _write(
    connection: Connection, kitchen: KitchenId, who: StaffId, tries: Tries, *, new: bool
) -> None:
    values = {"failed": tries.failed, "seen_ms": tries.seen_ms, "until_ms": tries.until_ms}
    if new:
        connection.execute(insert(attempt).values(kitchen=kitchen, staff=who, **values))
        return
    connection.execute(
        update(attempt).where(attempt.c.kitchen == kitchen, attempt.c.staff == who).values(**values)
    )
