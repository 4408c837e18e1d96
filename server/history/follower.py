"""Keeps the tables of the past up to date with the log: rows and position in one transaction."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, Engine, Executable, Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from dapur import kitchen as rules
from dapur.ids import KitchenId
from server.desk.ports import Entry, Log, Since
from server.history.projector import VERSION, Changes, Projector
from server.history.tables import (
    ROWS,
    alert_history,
    audit,
    batch_history,
    check_result,
    history_state,
    reading,
    staff_activity,
)
from server.log.engine import reading as reading_from
from server.log.engine import writing
from server.log.positions import Outrun, Positions
from server.log.scope import EVERY_KITCHEN, of_kitchens
from server.log.shares import Minds

NAME = "history"
KITCHENS_CACHED = 1_000
"""Folds in memory, 65 KiB each in the measured province; the least recently followed are read again."""
STATE_EVENTS = 500
"""A restart folds at most so many events again on top of a stored state."""
EVENTS_PER_READ = 500


class _Step(msgspec.Struct, frozen=True):
    """One kitchen of a transaction: from where, with what, and the fold after it."""

    kitchen: KitchenId
    position: int | None
    projector: Projector
    changes: Changes


class History:
    """`server.log.follower.Followed`. One thread at a time; other processes may follow too."""

    def __init__(self, engine: Engine, log: Log) -> None:
        self._engine = engine
        self._log = log
        self._positions = Positions(engine, NAME, version=VERSION)
        self._folds: OrderedDict[KitchenId, Projector] = OrderedDict()
        self._stored: dict[KitchenId, int] = {}

    def behind(self, minds: Minds) -> dict[KitchenId, tuple[int, int]]:
        """Last event that is in the tables and last one of the log, of minded kitchens where they differ."""
        return {
            kitchen: (position or 0, head)
            for kitchen, (position, head) in self._positions.behind().items()
            if head and minds(kitchen)
        }

    def floors(self) -> dict[KitchenId, int]:
        """Highest floor of the log with which a restart still finds its way: retention's limit."""
        query = select(history_state.c.kitchen, history_state.c.seq).where(
            history_state.c.state_version == rules.STATE_VERSION
        )
        with reading_from(self._engine, EVERY_KITCHEN) as connection:
            return {KitchenId(kitchen): seq for kitchen, seq in connection.execute(query)}

    def follow(self, kitchen: KitchenId, entries: Sequence[Entry]) -> int:
        """Take entries in, oldest first; the new position.

        Entries that are in already change nothing. Raises Outrun when another process follows this
        kitchen at the same moment, ValueError for a gap, LookupError for an unknown kitchen or when
        the events needed to go on are archived, Unavailable.
        """
        position = self._position(kitchen)
        step = self._step(kitchen, position, entries)
        if step is None:
            return position or 0
        self._commit([step])
        return step.projector.seq

    def follow_all(self, found: Mapping[KitchenId, Since]) -> None:
        """The same for several kitchens in one transaction; raises what one of them would."""
        with reading_from(self._engine, of_kitchens(*found)) as connection:
            positions = self._positions.of_all(connection, list(found))
        steps = [
            step
            for kitchen, since in sorted(found.items())
            if (step := self._step(kitchen, positions.get(kitchen), since.entries))
        ]
        if steps:
            self._commit(steps)

    def rebuild(self, kitchen: KitchenId) -> int:
        """Drop the rows of a kitchen and fold its whole log again; the new position.

        Readers see the past grow again meanwhile. Raises LookupError for an unknown kitchen and
        when events are archived, for then the rows could not come back; Unavailable.
        """
        head = self._log.head(kitchen)
        if head is None or head.floor:
            raise LookupError(f"{kitchen}: no log, or not its whole log")
        with writing(self._engine, of_kitchens(kitchen)) as connection:
            self._begin(connection, kitchen)
        self._folds.pop(kitchen, None)
        position = 0
        while position < head.seq:
            entries = self._log.read(kitchen, position, limit=EVENTS_PER_READ, up_to=head.seq)
            try:
                position = self.follow(kitchen, entries)
            except Outrun:
                position = self._position(kitchen) or 0
        return position

    # ---- inside --------------------------------------------------------------------------------

    def _step(
        self, kitchen: KitchenId, position: int | None, entries: Sequence[Entry]
    ) -> _Step | None:
        """What there is to write; None when all is in. The fold is then nobody's until it is kept."""
        fresh = tuple(entry for entry in entries if entry.seq > (position or 0))
        if not fresh:
            return None
        if fresh[0].seq != (position or 0) + 1:
            raise ValueError(f"{kitchen}: event {fresh[0].seq} does not follow {position or 0}")
        projector = self._at(kitchen, position or 0)
        # Until the commit is known: after an error it is read again.
        self._folds.pop(kitchen, None)
        return _Step(kitchen, position, projector, projector.take(fresh))

    def _commit(self, steps: Sequence[_Step]) -> None:
        """Write all of them. Two processes that follow the same kitchens meet them in the same order."""
        stored: dict[KitchenId, int] = {}
        with writing(self._engine, of_kitchens(*(step.kitchen for step in steps))) as connection:
            for step in steps:
                if step.position is None:
                    self._begin(connection, step.kitchen)
            self._positions.move_all(
                connection,
                [(step.kitchen, step.position or 0, step.projector.seq) for step in steps],
            )
            _write(connection, steps)
            for step in steps:
                stored[step.kitchen] = self._store_state(connection, step.kitchen, step.projector)
        self._stored |= stored
        for step in steps:
            self._keep(step.kitchen, step.projector)

    def _position(self, kitchen: KitchenId) -> int | None:
        with reading_from(self._engine, of_kitchens(kitchen)) as connection:
            return self._positions.of(connection, kitchen)

    def _begin(self, connection: Connection, kitchen: KitchenId) -> None:
        """No rows, position 0: also after a release whose rows meant something else."""
        # The position's row lock comes first: of two that begin at once, the second sees the rows
        # of the first and drops them.
        self._positions.begin(connection, kitchen)
        for table in (*ROWS, history_state):
            connection.execute(delete(table).where(table.c.kitchen == kitchen))
        self._stored.pop(kitchen, None)

    def _at(self, kitchen: KitchenId, position: int) -> Projector:
        """The fold at a position: from memory, else from the stored state and the log."""
        cached = self._folds.get(kitchen)
        if cached is not None and cached.seq == position:
            return cached
        projector = self._stored_fold(kitchen, position)
        while projector.seq < position:
            entries = self._log.read(kitchen, projector.seq, limit=EVENTS_PER_READ, up_to=position)
            if not entries:
                raise LookupError(f"{kitchen}: event {projector.seq + 1} is missing")
            projector.pass_by(entries)
        return projector

    def _stored_fold(self, kitchen: KitchenId, position: int) -> Projector:
        query = select(history_state.c.seq, history_state.c.text).where(
            history_state.c.kitchen == kitchen,
            history_state.c.state_version == rules.STATE_VERSION,
            history_state.c.seq <= position,
        )
        with reading_from(self._engine, of_kitchens(kitchen)) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return Projector(rules.empty(kitchen), 0)
        self._stored[kitchen] = row.seq
        return Projector(rules.decode_snapshot(row.text, rules.STATE_VERSION), row.seq)

    def _store_state(self, connection: Connection, kitchen: KitchenId, projector: Projector) -> int:
        """Keep the fold when enough has come since; the seq of the kept one."""
        stored = self._stored.get(kitchen, 0)
        if projector.seq - stored < STATE_EVENTS:
            return stored
        row = {
            "kitchen": kitchen,
            "seq": projector.seq,
            "state_version": rules.STATE_VERSION,
            "text": rules.encode_snapshot(projector.kitchen),
        }
        _upsert(connection, history_state, [row])
        return projector.seq

    def _keep(self, kitchen: KitchenId, projector: Projector) -> None:
        self._folds[kitchen] = projector
        self._folds.move_to_end(kitchen)
        while len(self._folds) > KITCHENS_CACHED:
            self._folds.popitem(last=False)


def _write(connection: Connection, steps: Sequence[_Step]) -> None:
    """The rows of all kitchens, a statement for each table."""
    new: dict[Table, list[dict[str, object]]] = {}
    changed: dict[Table, list[dict[str, object]]] = {}
    for step in steps:
        kitchen, changes = step.kitchen, step.changes
        new.setdefault(reading, []).extend(_values(kitchen, changes.readings))
        new.setdefault(check_result, []).extend(_values(kitchen, changes.checks))
        new.setdefault(audit, []).extend(_values(kitchen, changes.audit))
        changed.setdefault(batch_history, []).extend(_values(kitchen, changes.batches.values()))
        changed.setdefault(alert_history, []).extend(_values(kitchen, changes.alerts.values()))
        changed.setdefault(staff_activity, []).extend(_values(kitchen, changes.activity.values()))
    for table, rows in new.items():
        if rows:
            connection.execute(table.insert(), rows)
    for table, rows in changed.items():
        if rows:
            _upsert(connection, table, rows)


def _values(kitchen: KitchenId, rows: Iterable[msgspec.Struct]) -> list[dict[str, object]]:
    return [{"kitchen": kitchen, **msgspec.structs.asdict(row)} for row in rows]


def _upsert(connection: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    connection.execute(_upsert_of(table, connection.dialect.name), rows)


@functools.cache
def _upsert_of(table: Table, dialect: str) -> Executable:
    """The last state of a row stands. Made once: building it takes as long as running it."""
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    key = [column.name for column in table.primary_key]
    changed = {
        column.name: insert.excluded[column.name] for column in table.c if not column.primary_key
    }
    return insert.on_conflict_do_update(index_elements=key, set_=changed)
