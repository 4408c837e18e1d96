"""Divides the kitchens among the processes of one database, so that each is minded by one; it minds none itself."""

from __future__ import annotations

import logging
import threading
import zlib
from collections.abc import Callable, Iterable

import msgspec
from sqlalchemy import Engine, bindparam, delete, or_, select

from dapur.ids import KitchenId
from server.desk.ports import Unavailable
from server.log.engine import reading, writing
from server.log.positions import insert_into
from server.log.tables import follower_lease

SHARES = 64
"""More than processes, so that their parts differ little: nine have seven or eight each."""
SHARE_MS = 15_000
"""Another process takes over so long after the last sign of life: nobody looks at the clocks meanwhile."""
RENEW_MS = 5_000
LEAVE_MS = 1_000
"""A share that is too much is minded no more for so long before another may have it: what is being told of
its kitchens is told by then, and not twice.
"""
_SHARE, _PROCESS = "share/", "process/"

Minds = Callable[[KitchenId], bool]
"""Whether a kitchen is this process's to mind: at the moment of each question."""

_log = logging.getLogger(__name__)


def share_of(kitchen: KitchenId) -> int:
    """The share of a kitchen, the same in every process and release."""
    return zlib.crc32(kitchen.encode()) % SHARES


def every_kitchen(_now_ms: int) -> Minds:
    """For who is alone with its database."""
    return lambda _kitchen: True


class _Lease(msgspec.Struct, frozen=True):
    """A row: who has it, and until when by the clock of that machine."""

    name: str
    holder: str
    until_ms: int


class _Part(msgspec.Struct, frozen=True):
    """What a process should do with which shares, by their leases' names."""

    keeps: frozenset[str]
    leaves: frozenset[str]
    wants: tuple[_Lease, ...]
    """As they were seen: whoever was first has changed them."""


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
        self._leaving: frozenset[str] = frozenset()
        self._asked_ms: int | None = None
        self._rests_ms = RENEW_MS
        self._seen: dict[str, tuple[_Lease, int]] = {}
        """Each lease as it was read last, and since when it has not changed."""
        self._ended = False

    def minds(self, now_ms: int) -> Minds:
        """Which kitchens are this process's now. Raises Unavailable."""
        with self._lock:
            if not self._ended and self._is_due(now_ms):
                self._ask(now_ms)
        return lambda kitchen: share_of(kitchen) in self._mine

    def give_back(self) -> None:
        """Let the others have them at once, and take none again. Raises Unavailable."""
        with self._lock:
            self._ended, self._mine = True, frozenset()
            mine = [each.name for each in self._leases() if each.holder == self._holder]
            self._drop(name for name in mine if name.startswith((_SHARE, _PROCESS)))

    # ---- inside --------------------------------------------------------------------------------

    def _is_due(self, now_ms: int) -> bool:
        # Threads read the clock before they wait for each other here, so time may come back a little.
        return self._asked_ms is None or abs(now_ms - self._asked_ms) >= self._rests_ms

    def _ask(self, now_ms: int) -> None:
        before = self._mine
        try:
            part = self._part(now_ms)
            held = self._held(part, now_ms)
        except BaseException:
            self._mine, self._asked_ms = frozenset(), None
            raise
        lost_a_race = len(held) < len(part.keeps) + len(part.wants)
        self._leaving = part.leaves
        self._mine = frozenset(int(name.removeprefix(_SHARE)) for name in held)
        self._asked_ms = now_ms
        self._rests_ms = LEAVE_MS if part.leaves or lost_a_race else RENEW_MS
        if before != self._mine:
            _log.info("minds %d of %d shares of the kitchens", len(self._mine), SHARES)

    def _part(self, now_ms: int) -> _Part:
        """What should be this process's, after its shares too many were given back."""
        # Leases of its own that it left at the last question: nothing of them is in hand any more.
        self._drop(self._leaving)
        leases = {each.name: each for each in self._leases()}
        self._look(leases, now_ms)
        alive = {
            each.holder
            for each in leases.values()
            if each.name.startswith(_PROCESS) and not self._is_over(each, now_ms)
        } | {self._holder}
        place = sorted(alive).index(self._holder)
        # The first ones have one more, so that all have all.
        fair = SHARES // len(alive) + (place < SHARES % len(alive))
        names = [f"{_SHARE}{number:02}" for number in range(SHARES)]
        mine = [name for name in names if name in leases and self._is_mine(leases[name])]
        free = [
            (number % len(alive) != place, leases.get(name, _Lease(name, "", 0)))
            for number, name in enumerate(names)
            if name not in leases
            or (not self._is_mine(leases[name]) and self._is_over(leases[name], now_ms))
        ]
        # Each begins elsewhere: processes that look at the same moment do not want the same ones.
        wants = [each for _, each in sorted(free, key=lambda each: (each[0], each[1].name))]
        return _Part(
            frozenset(mine[:fair]),
            frozenset(mine[fair:]),
            tuple(wants[: max(0, fair - len(mine))]),
        )

    def _held(self, part: _Part, now_ms: int) -> frozenset[str]:
        """Renew and take; the names of the shares that are this process's now."""
        mine = [_Lease(name, self._holder, 0) for name in part.keeps | part.leaves]
        self._take([_Lease(_PROCESS + self._holder, self._holder, 0), *mine], now_ms)
        if part.wants:
            # Apart: who stands still inside its own transaction locks what is wanted, not what is kept.
            try:
                self._take(part.wants, now_ms)
            except Unavailable as error:
                _log.warning(
                    "%d shares that nobody minds cannot be taken: %s", len(part.wants), error
                )
        try:
            self._forget(now_ms)
        except Unavailable as error:
            # Nobody needs it gone, and what was renewed is minded whether it goes or not.
            _log.warning("a process that is no more cannot be forgotten: %s", error)
        held = {each.name for each in self._leases() if self._is_mine(each)}
        return frozenset(held & (part.keeps | {each.name for each in part.wants}))

    def _is_mine(self, lease: _Lease) -> bool:
        return lease.holder == self._holder

    def _look(self, leases: dict[str, _Lease], now_ms: int) -> None:
        """Remember since when each lease is as it is."""
        before, self._seen = self._seen, {}
        for name, each in leases.items():
            known, since_ms = before.get(name, (each, now_ms))
            # A clock that was put back has not seen anything yet.
            self._seen[name] = each, min(since_ms, now_ms) if known == each else now_ms

    def _is_over(self, lease: _Lease, now_ms: int, *, for_ms: int = 0) -> bool:
        """Whether its time is up by this machine's clock, or it was not renewed for as long as it lasts:
        the clock of who is gone may have been far ahead, or this one's may be behind after a power cut.
        """
        unchanged_ms = now_ms - self._seen[lease.name][1]
        return lease.until_ms <= now_ms - for_ms or unchanged_ms >= SHARE_MS + for_ms

    # ---- in the database -----------------------------------------------------------------------

    def _leases(self) -> list[_Lease]:
        query = select(
            follower_lease.c.follower, follower_lease.c.holder, follower_lease.c.until_ms
        )
        with reading(self._engine) as connection:
            return [_Lease(*row) for row in connection.execute(query)]

    def _take(self, leases: Iterable[_Lease], now_ms: int) -> None:
        """In the order of their names everywhere: two that take at once wait in a line.

        Each only while it is this process's, or has not been renewed since it was seen.
        """
        taking = insert_into(self._engine.name, follower_lease)
        taking = taking.on_conflict_do_update(
            index_elements=[follower_lease.c.follower],
            set_={"holder": taking.excluded.holder, "until_ms": taking.excluded.until_ms},
            where=or_(
                follower_lease.c.holder == self._holder,
                follower_lease.c.until_ms <= bindparam("b_over_ms"),
            ),
        )
        until_ms = now_ms + SHARE_MS
        rows = [
            {
                "follower": each.name,
                "holder": self._holder,
                "until_ms": until_ms,
                "b_over_ms": max(now_ms, each.until_ms),
            }
            for each in sorted(leases, key=lambda each: each.name)
        ]
        with writing(self._engine) as connection:
            connection.execute(taking, rows)

    def _drop(self, names: Iterable[str]) -> None:
        """One after the other, in the order of `_take` and apart from it: no two wait in a ring."""
        rows = [{"b_name": name} for name in sorted(names)]
        if not rows:
            return
        with writing(self._engine) as connection:
            connection.execute(
                delete(follower_lease).where(
                    follower_lease.c.follower == bindparam("b_name"),
                    follower_lease.c.holder == self._holder,
                ),
                rows,
            )

    def _forget(self, now_ms: int) -> None:
        """Signs of life of processes that are no more; one transaction each, for the same reason."""
        for each, _ in self._seen.values():
            if (
                not each.name.startswith(_PROCESS)
                or self._is_mine(each)
                or not self._is_over(each, now_ms, for_ms=SHARE_MS)
            ):
                continue
            with writing(self._engine) as connection:
                connection.execute(
                    delete(follower_lease).where(
                        follower_lease.c.follower == each.name,
                        follower_lease.c.until_ms == each.until_ms,
                    )
                )
