"""Divides the kitchens among the processes of one database, so that each is minded by one; it minds none itself."""

from __future__ import annotations

import logging
import math
import threading
import zlib
from collections.abc import Callable, Iterable

import msgspec
from sqlalchemy import Connection, Engine, delete, or_, select

from dapur.ids import KitchenId
from server.log.engine import reading, writing
from server.log.positions import insert_into
from server.log.tables import follower_lease

SHARES = 64
"""More than processes, so that their parts differ little: nine have seven or eight each."""
SHARE_MS = 15_000
"""Another process takes over so long after the last sign of life: nobody looks at the clocks meanwhile."""
RENEW_MS = 5_000
_SHARE, _PROCESS = "share/", "process/"

Minds = Callable[[KitchenId], bool]
"""Whether a kitchen is this process's to mind."""

_log = logging.getLogger(__name__)


def share_of(kitchen: KitchenId) -> int:
    """The share of a kitchen, the same in every process and release."""
    return zlib.crc32(kitchen.encode()) % SHARES


def every_kitchen(_now_ms: int) -> Minds:
    """For who is alone with its database."""
    return lambda _kitchen: True


class _Lease(msgspec.Struct, frozen=True):
    """A row: who has it, and until when."""

    name: str
    holder: str
    until_ms: int


class Shares:
    """The shares of one process. Threads may ask at once; one of them asks the database.

    Two processes may mind the same kitchen for a moment; whoever follows or watches is right also then
    (`Positions.move`, the desk). A lease spares the second the work, and nothing more.
    """

    def __init__(self, engine: Engine, holder: str) -> None:
        """`holder` is this process; another start of the same server is another holder."""
        self._engine = engine
        self._holder = holder
        self._lock = threading.Lock()
        self._mine: frozenset[int] = frozenset()
        self._asked_ms: int | None = None

    def minds(self, now_ms: int) -> Minds:
        """Which kitchens are this process's now. Raises Unavailable."""
        with self._lock:
            if self._asked_ms is None or not 0 <= now_ms - self._asked_ms < RENEW_MS:
                before, self._mine = self._mine, frozenset()
                self._mine = self._renewed(now_ms)
                self._asked_ms = now_ms
                if before != self._mine:
                    _log.info("minds %d of %d shares of the kitchens", len(self._mine), SHARES)
            mine = self._mine
        return lambda kitchen: share_of(kitchen) in mine

    def give_back(self) -> None:
        """Let the others have them at once. Raises Unavailable."""
        with self._lock:
            self._mine, self._asked_ms = frozenset(), None
            with writing(self._engine) as connection:
                connection.execute(
                    delete(follower_lease).where(
                        follower_lease.c.holder == self._holder,
                        or_(
                            follower_lease.c.follower.startswith(_SHARE),
                            follower_lease.c.follower.startswith(_PROCESS),
                        ),
                    )
                )

    # ---- inside --------------------------------------------------------------------------------

    def _renewed(self, now_ms: int) -> frozenset[int]:
        leases = self._leases()
        alive = {
            each.holder
            for each in leases
            if each.name.startswith(_PROCESS) and each.until_ms > now_ms
        } | {self._holder}
        shares = {each.name: each for each in leases if each.name.startswith(_SHARE)}
        fair = math.ceil(SHARES / len(alive))
        mine = sorted(name for name, each in shares.items() if each.holder == self._holder)
        free = [
            name
            for name in (f"{_SHARE}{number:02}" for number in range(SHARES))
            if name not in shares
            or (shares[name].until_ms <= now_ms and shares[name].holder != self._holder)
        ]
        keeps, wants = mine[:fair], free[: max(0, fair - len(mine))]
        with writing(self._engine) as connection:
            self._drop(connection, mine[fair:])
            self._take(connection, [_PROCESS + self._holder, *keeps, *wants], now_ms)
        gone = [each.name for each in leases if each.until_ms <= now_ms - SHARE_MS]
        # Apart from what others write to at the same moment, so that nobody waits in a ring.
        for name in gone:
            with writing(self._engine) as connection:
                self._forget(connection, name, now_ms)
        held = (each for each in self._leases() if each.holder == self._holder)
        return frozenset(
            int(each.name.removeprefix(_SHARE)) for each in held if each.name.startswith(_SHARE)
        )

    def _leases(self) -> list[_Lease]:
        query = select(
            follower_lease.c.follower, follower_lease.c.holder, follower_lease.c.until_ms
        )
        with reading(self._engine) as connection:
            return [_Lease(*row) for row in connection.execute(query)]

    def _take(self, connection: Connection, names: Iterable[str], now_ms: int) -> None:
        """In the order of their names everywhere: two that take at once wait in a line."""
        until_ms = now_ms + SHARE_MS
        taking = insert_into(connection.dialect.name, follower_lease)
        taking = taking.on_conflict_do_update(
            index_elements=[follower_lease.c.follower],
            set_={"holder": taking.excluded.holder, "until_ms": taking.excluded.until_ms},
            where=or_(follower_lease.c.holder == self._holder, follower_lease.c.until_ms <= now_ms),
        )
        rows = [
            {"follower": name, "holder": self._holder, "until_ms": until_ms}
            for name in sorted(names)
        ]
        connection.execute(taking, rows)

    def _drop(self, connection: Connection, names: list[str]) -> None:
        if names:
            connection.execute(
                delete(follower_lease).where(
                    follower_lease.c.follower.in_(names),
                    follower_lease.c.holder == self._holder,
                )
            )

    def _forget(self, connection: Connection, name: str, now_ms: int) -> None:
        """The sign of life of a process that is no more."""
        connection.execute(
            delete(follower_lease).where(
                follower_lease.c.follower == name,
                follower_lease.c.follower.startswith(_PROCESS),
                follower_lease.c.until_ms <= now_ms - SHARE_MS,
            )
        )
