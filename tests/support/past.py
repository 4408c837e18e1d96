"""A night's events put into a log, and every row of the past as one comparable value."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine, select

from dapur.ids import KitchenId
from server.history.tables import ROWS
from server.log.engine import reading
from server.log.scope import of_kitchens
from server.log.sql_log import SqlLog
from tests.support.groups import group


def log_events(log: SqlLog, kitchen: KitchenId, bodies: Sequence[bytes]) -> None:
    """Append the events, as a desk would, to a kitchen that may be new."""
    log.create_kitchen(kitchen, epoch="e")
    if bodies:
        log.append([group(log, kitchen, bodies)])


def everything(engine: Engine, kitchen: KitchenId) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the past of one kitchen, without the kitchen's name."""
    found: dict[str, list[tuple[object, ...]]] = {}
    with reading(engine, of_kitchens(kitchen)) as connection:
        for table in ROWS:
            columns = [column for column in table.c if column.name != "kitchen"]
            query = select(*columns).where(table.c.kitchen == kitchen)
            query = query.order_by(*(column for column in columns if column.primary_key))
            found[table.name] = [tuple(row) for row in connection.execute(query)]
    return found
