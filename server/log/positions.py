"""How far each follower of the log has come, and who may follow; it reads no event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Engine, Table, and_, bindparam, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from dapur.ids import KitchenId
from server.log.bulk import Bulk
from server.log.engine import reading, writing
from server.log.scope import EVERY_KITCHEN, of_kitchens
from server.log.tables import follower_lease, follower_position, tenant_head

LEASE_MS = 30_000
"""Another server takes over so long after the last sign of life; a step takes far less."""


def insert_into(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that can say ON CONFLICT."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


class Behind(NamedTuple):
    """Where a follower is in a kitchen, and where its log is."""

    position: int | None
    """None: not begun."""
    head: int


class Outrun(Exception):
    """Another process has moved this follower on: read the position again."""


class Positions:
    """The stored positions of one follower; `version` changes when its rows mean something else."""

    def __init__(self, engine: Engine, follower: str, *, version: int) -> None:
        self._engine = engine
        self._follower = follower
        self._version = version

    def behind(self) -> dict[KitchenId, Behind]:
        """The kitchens of which not all is in, and those that this version has not begun."""
        of_mine = and_(
            follower_position.c.kitchen == tenant_head.c.kitchen,
            follower_position.c.follower == self._follower,
            follower_position.c.version == self._version,
        )
        # One join: asked for by name, two thousand kitchens that stand still cost 16 ms each time.
        query = (
            select(tenant_head.c.kitchen, follower_position.c.seq, tenant_head.c.seq)
            .join_from(tenant_head, follower_position, of_mine, isouter=True)
            .where(
                or_(follower_position.c.seq.is_(None), follower_position.c.seq < tenant_head.c.seq)
            )
        )
        with reading(self._engine, EVERY_KITCHEN) as connection:
            rows = connection.execute(query).all()
        return {KitchenId(kitchen): Behind(position, head) for kitchen, position, head in rows}

    def of(self, connection: Connection, kitchen: KitchenId) -> int | None:
        """Seq inside the caller's transaction; None before this version's first row."""
        query = select(follower_position.c.seq).where(
            follower_position.c.kitchen == kitchen,
            follower_position.c.follower == self._follower,
            follower_position.c.version == self._version,
        )
        seq: int | None = connection.scalars(query).one_or_none()
        return seq

    def of_all(self, connection: Connection, kitchens: Sequence[KitchenId]) -> dict[KitchenId, int]:
        """The same of several kitchens; of those that have one."""
        wanted = {
            "b_kitchens": list(kitchens),
            "b_follower": self._follower,
            "b_version": self._version,
        }
        return {KitchenId(kitchen): seq for kitchen, seq in connection.execute(_OF_ALL, wanted)}

    def begin(self, connection: Connection, kitchen: KitchenId) -> None:
        """Put this version at the beginning of a kitchen's log, whatever was there before."""
        insert = insert_into(connection.dialect.name, follower_position)
        row = {
            "kitchen": kitchen,
            "follower": self._follower,
            "version": self._version,
            "seq": 0,
        }
        key = [follower_position.c.kitchen, follower_position.c.follower]
        connection.execute(
            insert.values(row).on_conflict_do_update(
                index_elements=key, set_={"version": self._version, "seq": 0}
            )
        )

    def move(self, connection: Connection, kitchen: KitchenId, *, before: int, to: int) -> None:
        """Go on, in the transaction that writes what was followed. Raises Outrun.

        The comparison, not the lease, is what makes rows exactly once.
        """
        self.move_all(connection, [(kitchen, before, to)])

    def move_all(self, connection: Connection, moves: Sequence[tuple[KitchenId, int, int]]) -> None:
        """The same for several kitchens: (kitchen, before, to). Raises Outrun when one of them is elsewhere."""
        rows = [
            (to, kitchen, self._follower, self._version, before)
            for kitchen, before, to in sorted(moves)
        ]
        if _MOVE.run(connection, rows) != len(rows):
            where = moves[0][0] if len(moves) == 1 else f"one of {len(moves)} kitchens"
            raise Outrun(f"{self._follower} is not where it was in {where}")


def least(engine: Engine, kitchen: KitchenId) -> int | None:
    """How far the slowest follower of a kitchen is; None while nobody has begun. Raises Unavailable."""
    query = select(func.min(follower_position.c.seq)).where(follower_position.c.kitchen == kitchen)
    with reading(engine, of_kitchens(kitchen)) as connection:
        seq: int | None = connection.scalar(query)
    return seq


_OF_ALL = select(follower_position.c.kitchen, follower_position.c.seq).where(
    follower_position.c.kitchen.in_(bindparam("b_kitchens", expanding=True)),
    follower_position.c.follower == bindparam("b_follower"),
    follower_position.c.version == bindparam("b_version"),
)
_MOVE = Bulk(
    "UPDATE follower_position SET seq = ?"
    " WHERE kitchen = ? AND follower = ? AND version = ? AND seq = ?"
)
"""(to, kitchen, follower, version, before), a row after the other: who moves the same waits at the first."""


class Places:
    """Positions of a follower whose work is done elsewhere: each move is a transaction of its own."""

    def __init__(self, engine: Engine, follower: str, *, version: int) -> None:
        self._engine = engine
        self._positions = Positions(engine, follower, version=version)

    def behind(self) -> dict[KitchenId, Behind]:
        """As `Positions.behind`."""
        return self._positions.behind()

    def begin(self, kitchen: KitchenId, seq: int) -> int:
        """Put a kitchen that was never begun at `seq`; where it stands now."""
        with writing(self._engine, of_kitchens(kitchen)) as connection:
            known = self._positions.of(connection, kitchen)
            if known is not None:
                return known
            self._positions.begin(connection, kitchen)
            self._positions.move(connection, kitchen, before=0, to=seq)
            return seq

    def move_all(self, moves: Mapping[KitchenId, tuple[int, int]]) -> None:
        """Go on in all of these kitchens, each from one seq to another, or in none. Raises Outrun."""
        rows = [(kitchen, before, to) for kitchen, (before, to) in moves.items()]
        with writing(self._engine, of_kitchens(*moves)) as connection:
            self._positions.move_all(connection, rows)


TOGETHER = "shares"
"""Holder of a lease that all processes have together, each for its own shares of the kitchens: a release
that knows no shares follows every kitchen, and waits while this holds it, or they while it does.
"""


class _Other(NamedTuple):
    """A lease that another holder has, as it was seen."""

    holder: str
    until_ms: int
    since_ms: int


class Lease:
    """One active follower of a name at a time, so that two servers do not do the same work."""

    def __init__(self, engine: Engine, follower: str, holder: str) -> None:
        """`holder` is this process (another start of the same server is another one), or TOGETHER."""
        self._engine = engine
        self._follower = follower
        self._holder = holder
        self._other: _Other | None = None
        """Who has it, when this process was refused last."""

    def take(self, now_ms: int, *, for_ms: int = LEASE_MS) -> bool:
        """Take or keep the lease; False while another holder's has not ended.

        One that was not renewed for as long as it lasts has ended, whatever time it names: the clock of
        who is gone may have been far ahead, or this one's may be behind after a power cut.
        """
        over_ms = now_ms
        if self._other is not None and now_ms - self._other.since_ms >= for_ms:
            over_ms = max(now_ms, self._other.until_ms)
        insert = insert_into(self._engine.name, follower_lease)
        row = {
            "follower": self._follower,
            "holder": self._holder,
            "until_ms": now_ms + for_ms,
        }
        free = or_(
            follower_lease.c.holder == self._holder,
            follower_lease.c.until_ms <= over_ms,
        )
        taking = insert.values(row).on_conflict_do_update(
            index_elements=[follower_lease.c.follower],
            set_={"holder": self._holder, "until_ms": now_ms + for_ms},
            where=free,
        )
        with writing(self._engine) as connection:
            done = connection.execute(taking, execution_options={"preserve_rowcount": True})
            if holds := done.rowcount == 1:
                self._other = None
            else:
                self._look(connection, now_ms)
        return holds

    def _look(self, connection: Connection, now_ms: int) -> None:
        """Remember who has it, and since when that has not changed."""
        query = select(follower_lease.c.holder, follower_lease.c.until_ms).where(
            follower_lease.c.follower == self._follower
        )
        before, row = self._other, connection.execute(query).one()
        since_ms = now_ms
        if before is not None and (before.holder, before.until_ms) == tuple(row):
            # A clock that was put back has not seen anything yet.
            since_ms = min(before.since_ms, now_ms)
        self._other = _Other(*row, since_ms)

    def give_back(self) -> None:
        """Let another server follow at once; what all have together lapses when the last of them is gone."""
        if self._holder == TOGETHER:
            return
        with writing(self._engine) as connection:
            connection.execute(
                delete(follower_lease).where(
                    follower_lease.c.follower == self._follower,
                    follower_lease.c.holder == self._holder,
                )
            )
