"""Copies whole databases, and one kitchen out of one; both kinds of database look the same to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, Table, delete, func, insert, select

from dapur.ids import KitchenId
from server.desk.ports import Unavailable
from server.log.engine import open_engine, reading, still, writing
from server.log.scope import EVERY_KITCHEN, of_kitchens
from server.log.tables import follower_lease, outbox_head, schema_compat, tenant_head

ROWS_PER_READ = 1000
OF_THE_PLACE = frozenset({follower_lease.name, schema_compat.name, "server_process"})
"""Say something of running programs or of the schema itself: true where they stand, and only there."""

Progress = Callable[[str, int], None]
"""Told after each table: its name and how many rows it has."""


class NotEmpty(ValueError):
    """The target holds something already."""


class Differs(ValueError):
    """What arrived is not what was read."""


def tables(metadata: MetaData) -> tuple[Table, ...]:
    """What is copied, parents first."""
    return tuple(each for each in metadata.sorted_tables if each.name not in OF_THE_PLACE)


def counts(connection: Connection, metadata: MetaData) -> dict[str, int]:
    """Rows of each table that is copied."""
    return {
        table.name: int(connection.scalar(select(func.count()).select_from(table)) or 0)
        for table in tables(metadata)
    }


def copy(
    source: Engine,
    target: Engine,
    metadata: MetaData,
    told: Progress,
    *,
    replace: bool = False,
    finish: Callable[[Connection], None] = lambda _target: None,
) -> dict[KitchenId, int]:
    """Copy one moment of a database into another, all of it or nothing, and compare; the heads.

    `replace` loses what the target holds; `finish` changes what has arrived, in the same transaction.
    Raises NotEmpty, Differs, Unavailable.
    """
    with still(source, EVERY_KITCHEN) as here, writing(target, EVERY_KITCHEN) as there:
        if not replace and there.scalar(select(func.count()).select_from(tenant_head)):
            raise NotEmpty("there are kitchens in it already")
        for table in reversed(tables(metadata)):
            there.execute(delete(table))
        sent: dict[str, int] = {}
        for table in tables(metadata):
            sent[table.name] = _copy_table(here, there, table)
            told(table.name, sent[table.name])
        _compare(here, there, sent, counts(there, metadata))
        found = there.execute(select(tenant_head.c.kitchen, tenant_head.c.seq)).all()
        finish(there)
    return {KitchenId(kitchen): seq for kitchen, seq in found}


def _compare(
    here: Connection, there: Connection, sent: dict[str, int], arrived: dict[str, int]
) -> None:
    if sent != arrived:
        wrong = [name for name in sent if sent[name] != arrived[name]]
        raise Differs(f"not all rows arrived: {', '.join(wrong)}")
    columns = (tenant_head.c.kitchen, tenant_head.c.epoch, tenant_head.c.seq, tenant_head.c.hash)
    query = select(*columns).order_by(tenant_head.c.kitchen)
    if here.execute(query).all() != there.execute(query).all():
        raise Differs("the heads of the logs differ")


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


def kitchen_rows(
    engine: Engine, kitchen: KitchenId, metadata: MetaData, *, without: frozenset[str]
) -> Iterator[tuple[str, dict[str, object]]]:
    """Every row of one kitchen at one moment, with its table's name; its head first.

    Raises LookupError for an unknown kitchen, Unavailable.
    """
    with still(engine, of_kitchens(kitchen)) as connection:
        known = connection.execute(select(tenant_head).where(tenant_head.c.kitchen == kitchen))
        head = known.mappings().one_or_none()
        if head is None:
            raise LookupError(f"no log of kitchen {kitchen}")
        yield tenant_head.name, dict(head)
        for table in tables(metadata):
            if "kitchen" not in table.c or table is tenant_head or table.name in without:
                continue
            for rows in rows_of(connection, table, {"kitchen": kitchen}):
                yield from ((table.name, row) for row in rows)


def epochs(engine: Engine) -> dict[KitchenId, str]:
    """Which log each kitchen has."""
    with reading(engine, EVERY_KITCHEN) as connection:
        found = connection.execute(select(tenant_head.c.kitchen, tenant_head.c.epoch))
        return {KitchenId(kitchen): epoch for kitchen, epoch in found}


def last_taps(engine: Engine) -> list[tuple[str, str, str, int]]:
    """Kitchen, device, outbox and last tap of every outbox that the logs know."""
    heads = outbox_head.c
    query = select(heads.kitchen, heads.device, heads.outbox, heads.last_dseq)
    with reading(engine, EVERY_KITCHEN) as connection:
        found = connection.execute(query.order_by(heads.kitchen, heads.device, heads.outbox))
        return [(kitchen, one, outbox, last) for kitchen, one, outbox, last in found]


@contextmanager
def database(url: str) -> Iterator[Engine]:
    """An engine for one piece of work. Raises ValueError for an address that is none."""
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def one_file(database: Path) -> None:
    """Put what SQLite keeps beside a file that nobody uses into it. Raises Unavailable."""
    try:
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise Unavailable(str(error)) from error
