"""What the operator's commands share: the opened database and its rooms; closed at the end of a command."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from dapur.ids import KitchenId, StaffId
from dapur.wire.queries import QueryCode
from server.cli.output import Problem
from server.desk.desk import Desk
from server.desk.folding import load
from server.desk.ports import QueryError
from server.identity.sql_identity import SqlIdentity
from server.log.engine import open_engine
from server.log.recovery import SqlRecoveries
from server.log.schema import check
from server.log.sql_log import SqlLog
from server.settings import DATABASE_FILE, Settings

SENTENCES: dict[str, str] = {
    QueryCode.PIN_TRIVIAL: "a PIN has six digits, not all the same and no run such as 123456",
    QueryCode.STAFF_UNKNOWN: "nobody of this id works in this kitchen (see `staff list`)",
}
"""What identity's codes mean to an operator."""


class Rooms:
    """Log, desk and identity on one database."""

    def __init__(self, url: str) -> None:
        """Raises OlderSchema, NewerSchema, Unavailable; ValueError for an address that is none."""
        self.engine = open_engine(url)
        try:
            check(self.engine)
        except BaseException:
            self.engine.dispose()
            raise
        self.log = SqlLog(self.engine)
        self.identity = SqlIdentity(self.engine, self._roles_of)
        self.recoveries = SqlRecoveries(self.engine)
        self.desk = Desk(self.log, devices=self.identity.records, now_ms=now_ms)
        self.desk.recoveries = self.recoveries

    def kitchen(self, text: str) -> KitchenId:
        """The kitchen that the operator named. Raises Problem when there is none."""
        known = [info.id for info in self.identity.kitchens()]
        if text not in known:
            raise Problem(f"there is no kitchen {text!r}; known: {', '.join(known) or 'none yet'}")
        return KitchenId(text)

    def _roles_of(self, kitchen: KitchenId, staff: StaffId) -> frozenset[str]:
        state = load(self.log, kitchen).kitchen
        return frozenset(role.value for role in state.roles_of(staff))


def now_ms() -> int:
    """UTC."""
    return time.time_ns() // 1_000_000


def must_be_made(settings: Settings) -> None:
    """Raise Problem before an embedded database is opened that `init` has not made."""
    if not settings.database and not (settings.data / DATABASE_FILE).exists():
        raise Problem(
            f"{settings.data} is no server's data folder yet:"
            f" dapur-server init --data {settings.data}"
        )


@contextmanager
def rooms(settings: Settings) -> Iterator[Rooms]:
    """Open the database for one command. Raises Problem, OlderSchema, NewerSchema, Unavailable."""
    must_be_made(settings)
    with opened_at(settings.database_url) as opened:
        yield opened


@contextmanager
def opened_at(url: str) -> Iterator[Rooms]:
    """The same for any database. Raises Problem for an address that is none."""
    try:
        opened = Rooms(url)
    except ValueError as error:
        raise Problem(str(error)) from error
    try:
        yield opened
    finally:
        opened.engine.dispose()


@contextmanager
def asking() -> Iterator[None]:
    """Around a call of identity: what it raises for a typing error becomes a Problem."""
    try:
        yield
    except QueryError as error:
        raise Problem(SENTENCES.get(error.code, str(error))) from error
    except (LookupError, ValueError) as error:
        raise Problem(str(error)) from error
