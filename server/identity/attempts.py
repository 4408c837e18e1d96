"""Counts tries of PINs, each in its own commit before the PIN is looked at; it sees no PIN.

Three counters run side by side (`dapur.pin`): of the person at this kiosk, of the person at all
kiosks, and of the kiosk whoever is tried there. A thief at one kiosk thus locks nobody out elsewhere,
and a guesser who goes from kiosk to kiosk, or from person to person, meets another counter.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    and_,
    delete,
    insert,
    select,
    update,
)

from dapur import pin as rules
from dapur.ids import DeviceId, KitchenId, StaffId
from dapur.pin import Locked, Patience, Tries, Wrong
from server.identity.tables import attempt, attempt_here, attempt_kiosk, device, staff
from server.log.engine import writing
from server.log.scope import of_kitchens


class Where(msgspec.Struct, frozen=True):
    """Who is tried, and at which kiosk."""

    kitchen: KitchenId
    who: StaffId
    device: DeviceId


class Counted(msgspec.Struct, frozen=True):
    """One more try stands in every counter."""

    here: Tries
    person: Tries
    kiosk: Tries

    def told(self) -> Wrong | Locked:
        """What to tell somebody whose PIN was wrong: the lock that lasts longest, else the tries."""
        found = [
            rules.after_wrong(self.here, rules.OF_PERSON_HERE),
            rules.after_wrong(self.person, rules.OF_PERSON),
            rules.after_wrong(self.kiosk, rules.OF_KIOSK),
        ]
        lock = rules.weightiest(each for each in found if isinstance(each, Locked))
        return lock or Wrong(self.here.failed, rules.OF_PERSON_HERE.tries)


class Attempts:
    """Thread-safe. All raise Unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, at: Where, now_ms: int) -> Counted | Locked:
        """Count one more try, or say that none is allowed. When this returns, it is on the disk."""
        with writing(self._engine, of_kitchens(at.kitchen)) as connection:
            _hold(connection, at)
            return _count(connection, at, now_ms)

    def clear(self, at: Where) -> None:
        """A right PIN: this kiosk begins anew, and the person everywhere.

        What was tried against the person at other kiosks stays counted there, or every sign-in of
        the person would give a thief elsewhere ten new tries.
        """
        with writing(self._engine, of_kitchens(at.kitchen)) as connection:
            _hold(connection, at)
            for table, key in _keys(at).items():
                connection.execute(delete(table).where(_is(table, key)))

    def forgive(self, kitchen: KitchenId, who: StaffId) -> None:
        """An administrator lets a person try again, at every kiosk."""
        with writing(self._engine, of_kitchens(kitchen)) as connection:
            self.forgive_in(connection, kitchen, who)

    @staticmethod
    def forgive_in(connection: Connection, kitchen: KitchenId, who: StaffId) -> None:
        """The same inside the caller's transaction."""
        for table in (attempt_here, attempt):
            connection.execute(
                delete(table).where(table.c.kitchen == kitchen, table.c.staff == who)
            )


def _hold(connection: Connection, at: Where) -> None:
    """Lock the rows that exist, kiosk first: two first tries would not meet in the counters."""
    for query in (
        select(device.c.device).where(device.c.device == at.device),
        select(staff.c.staff).where(staff.c.kitchen == at.kitchen, staff.c.staff == at.who),
    ):
        connection.execute(query.with_for_update())


def _keys(at: Where) -> dict[Table, dict[str, str]]:
    person = {"kitchen": at.kitchen, "staff": at.who}
    return {
        attempt_here: {**person, "device": at.device},
        attempt: person,
        attempt_kiosk: {"device": at.device},
    }


PATIENCE: Mapping[Table, Patience] = {
    attempt_here: rules.OF_PERSON_HERE,
    attempt: rules.OF_PERSON,
    attempt_kiosk: rules.OF_KIOSK,
}


def _count(connection: Connection, at: Where, now_ms: int) -> Counted | Locked:
    """One more in all three, or in none."""
    keys = _keys(at)
    before = {table: _stored(connection, table, key) for table, key in keys.items()}
    after: dict[Table, Tries] = {}
    locks: list[Locked] = []
    for table, stored in before.items():
        counted = rules.count(stored or Tries(), now_ms, PATIENCE[table])
        if isinstance(counted, Locked):
            locks.append(counted)
        else:
            after[table] = counted
    if lock := rules.weightiest(locks):
        return lock
    for table, tries in after.items():
        _write(connection, table, keys[table], tries, new=before[table] is None)
    return Counted(after[attempt_here], after[attempt], after[attempt_kiosk])


def _is(table: Table, key: Mapping[str, str]) -> ColumnElement[bool]:
    return and_(*(table.c[name] == value for name, value in key.items()))


def _stored(connection: Connection, table: Table, key: Mapping[str, str]) -> Tries | None:
    row = connection.execute(
        select(table.c.failed, table.c.seen_ms, table.c.until_ms).where(_is(table, key))
    ).one_or_none()
    return None if row is None else Tries(*row)


def _write(
    connection: Connection, table: Table, key: Mapping[str, str], tries: Tries, *, new: bool
) -> None:
    values = {"failed": tries.failed, "seen_ms": tries.seen_ms, "until_ms": tries.until_ms}
    if new:
        connection.execute(insert(table).values(**key, **values))
        return
    connection.execute(update(table).where(_is(table, key)).values(**values))
