"""Copies whole databases, and one kitchen out of one; both kinds of database look the same to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, MetaData, Table, delete, func, insert, select

from server.log.engine import reading
from server.log.tables import follower_lease, schema_compat, tenant_head

ROWS_PER_READ = 1000
OF_THE_PLACE = frozenset({follower_lease.name, schema_compat.name, "server_process"})
"""Say something of running programs or of the schema itself: true where they stand, and only there."""

Progress = Callable[[str, int], None]
"""Told after each table: its name and how many rows it has."""


class NotEmpty(ValueError):
    """The target holds something already."""


class Differs(ValueError):
    """What arrived is not what was read."""


@contextmanager
def still(engine: Engine) -> Iterator[Connection]:
    """One moment of a database that goes on changing. Raises Unavailable."""
    if engine.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    # SQLite: a read transaction in WAL mode sees one moment by itself.
    with reading(engine) as connection:
        yield connection


def tables(metadata: MetaData) -> tuple[Table, ...]:
    """What is copied, parents first."""
    return tuple(each for each in metadata.sorted_tables if each.name not in OF_THE_PLACE)


def counts(connection: Connection, metadata: MetaData) -> dict[str, int]:
    """Rows of each table that is copied."""
    return {
        table.name: int(connection.scalar(select(func.count()).select_from(table)) or 0)
        for table in tables(metadata)
    }


def must_be_empty(connection: Connection) -> None:
    """Raises NotEmpty when there is a kitchen."""
    if connection.scalar(select(func.count()).select_from(tenant_head)):
        raise NotEmpty("there are kitchens in it already")


def empty(connection: Connection, metadata: MetaData) -> None:
    """Forget everything; who calls this has said so to a person."""
    for table in reversed(tables(metadata)):
        connection.execute(delete(table))


def copy(
    source: Connection, target: Connection, metadata: MetaData, told: Progress
) -> dict[str, int]:
    """Copy all rows in constant memory and compare the counts. Raises Differs."""
    sent: dict[str, int] = {}
    for table in tables(metadata):
        sent[table.name] = _copy_table(source, target, table)
        told(table.name, sent[table.name])
    arrived = counts(target, metadata)
    if sent != arrived:
        wrong = [name for name in sent if sent[name] != arrived[name]]
        raise Differs(f"not all rows arrived: {', '.join(wrong)}")
    _compare_heads(source, target)
    return sent


def _copy_table(source: Connection, target: Connection, table: Table) -> int:
    count = 0
    for rows in rows_of(source, table):
        target.execute(insert(table), rows)
        count += len(rows)
    return count


def rows_of(
    source: Connection, table: Table, where: Mapping[str, object] | None = None
) -> Iterator[list[dict[str, object]]]:
    """The rows of a table, a thousand at a time in order of its key."""
    query = select(table).order_by(*table.primary_key)
    for name, value in (where or {}).items():
        query = query.where(table.c[name] == value)
    found = source.execution_options(yield_per=ROWS_PER_READ).execute(query)
    for some in found.mappings().partitions():
        yield [dict(row) for row in some]


def _compare_heads(source: Connection, target: Connection) -> None:
    columns = (tenant_head.c.kitchen, tenant_head.c.epoch, tenant_head.c.seq, tenant_head.c.hash)
    query = select(*columns).order_by(tenant_head.c.kitchen)
    if source.execute(query).all() != target.execute(query).all():
        raise Differs("the heads of the logs differ")
