"""People and their PINs: who there is, and whether a PIN is right; roles are in the log, not here."""

from __future__ import annotations

import logging

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, Engine, insert, select, update

from dapur import pin as rules
from dapur.ids import SYSTEM, KitchenId, StaffId
from dapur.pin import Locked
from dapur.wire.queries import Person, QueryCode, locked_detail, wrong_detail
from server.desk.ports import QueryError
from server.identity.attempts import Attempts, Where
from server.identity.kitchens import check_id, label, must_exist
from server.identity.tables import staff
from server.log.engine import reading, writing
from server.log.scope import of_kitchens

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP's least for argon2id: 19 MiB, 2 passes, 1 lane; about 40 ms of one core."""

_log = logging.getLogger(__name__)


class Checked(msgspec.Struct, frozen=True):
    """A person whose PIN was right."""

    staff: StaffId
    name: str
    pin_version: int


class People:
    """Thread-safe. All raise Unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._attempts = Attempts(engine)

    def check(self, at: Where, pin: str, now_ms: int) -> Checked:
        """Check a PIN; takes as long as argon2 does.

        Raises QueryError `staff_unknown`, `no_pin`, `pin_wrong`, `pin_locked`.
        """
        row = self._row(at.kitchen, at.who)
        if row is None:
            raise QueryError(QueryCode.STAFF_UNKNOWN)
        name, made, version = row
        if made is None:
            raise QueryError(QueryCode.NO_PIN)
        counted = self._attempts.begin(at, now_ms)
        if isinstance(counted, Locked):
            raise _locked(counted)
        if _matches(made, pin):
            self._attempts.clear(at)
            return Checked(at.who, name, version)
        told = counted.told()
        if isinstance(told, Locked):
            _log.warning(
                "%s of %s is locked at %s: %d wrong PINs there, %d at all kiosks, %d of anybody there",
                *(at.who, at.kitchen, at.device),
                *(counted.here.failed, counted.person.failed, counted.kiosk.failed),
            )
            raise _locked(told)
        raise QueryError(QueryCode.PIN_WRONG, wrong_detail(told.tries, told.limit))

    def add(self, kitchen: KitchenId, who: StaffId, name: str) -> None:
        """Add a person, or give one another name and let one who left come back.

        Raises LookupError for an unknown kitchen, ValueError for a bad id or name.
        """
        check_id(who)
        if who == SYSTEM:
            raise ValueError(f"{who!r} is the server's own name")
        values = {"name": label(name), "active": True}
        with writing(self._engine, of_kitchens(kitchen)) as connection:
            must_exist(connection, kitchen)
            if not connection.execute(
                update(staff).where(_is(kitchen, who)).values(values)
            ).rowcount:
                row = {"kitchen": kitchen, "staff": who, "pin_version": 0, **values}
                connection.execute(insert(staff).values(row))

    def leave(self, kitchen: KitchenId, who: StaffId) -> None:
        """A person works here no longer: no PIN checks any more. Raises LookupError."""
        with writing(self._engine, of_kitchens(kitchen)) as connection:
            gone = update(staff).where(_is(kitchen, who))
            if not connection.execute(gone.values(active=False, pin_hash=None)).rowcount:
                raise LookupError(f"no {who} in {kitchen}")

    def set_pin(self, kitchen: KitchenId, who: StaffId, pin: str) -> None:
        """Give a person a PIN; ends a lock-out.

        Raises QueryError `pin_trivial`, `staff_unknown`.
        """
        if not rules.well_formed(pin) or rules.trivial(pin):
            raise QueryError(QueryCode.PIN_TRIVIAL)
        made = HASHER.hash(pin)
        with writing(self._engine, of_kitchens(kitchen)) as connection:
            given = (
                update(staff)
                .where(_is(kitchen, who), staff.c.active.is_(True))
                .values(pin_hash=made, pin_version=staff.c.pin_version + 1)
            )
            if not connection.execute(given).rowcount:
                raise QueryError(QueryCode.STAFF_UNKNOWN)
            Attempts.forgive_in(connection, kitchen, who)

    def unlock(self, kitchen: KitchenId, who: StaffId) -> None:
        """End a lock-out; the PIN stays. Raises LookupError."""
        if self._row(kitchen, who) is None:
            raise LookupError(f"no {who} in {kitchen}")
        self._attempts.forgive(kitchen, who)

    def roster(self, kitchen: KitchenId) -> tuple[Person, ...]:
        """Who works in this kitchen, by name."""
        query = (
            select(staff.c.staff, staff.c.name, staff.c.pin_hash, staff.c.pin_version)
            .where(staff.c.kitchen == kitchen, staff.c.active.is_(True))
            .order_by(staff.c.name, staff.c.staff)
        )
        with reading(self._engine, of_kitchens(kitchen)) as connection:
            return tuple(
                Person(StaffId(who), name, made is not None, version)
                for who, name, made, version in connection.execute(query)
            )

    def _row(self, kitchen: KitchenId, who: StaffId) -> tuple[str, str | None, int] | None:
        """Name, PIN hash and PIN version of an active person."""
        query = select(staff.c.name, staff.c.pin_hash, staff.c.pin_version).where(
            _is(kitchen, who), staff.c.active.is_(True)
        )
        with reading(self._engine, of_kitchens(kitchen)) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (row.name, row.pin_hash, row.pin_version)


def _is(kitchen: KitchenId, who: StaffId) -> ColumnElement[bool]:
    return (staff.c.kitchen == kitchen) & (staff.c.staff == who)


def _locked(locked: Locked) -> QueryError:
    return QueryError(QueryCode.PIN_LOCKED, locked_detail(locked.until_ms))


def _matches(made: str, pin: str) -> bool:
    try:
        return HASHER.verify(made, pin)
    except (VerificationError, InvalidHashError):
        return False
