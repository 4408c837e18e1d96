"""Which kitchens there are and what people call them; the kitchen's log is made elsewhere."""

from __future__ import annotations

import re

import msgspec
from sqlalchemy import Connection, Engine, select

from dapur.ids import KitchenId
from dapur.wire.messages import ID_PATTERN
from dapur.wire.queries import NAME_MAX
from server.identity.tables import kitchen_info
from server.log.engine import reading, writing
from server.log.scope import EVERY_KITCHEN, of_kitchens

_ID = re.compile(ID_PATTERN)


class KitchenInfo(msgspec.Struct, frozen=True):
    """A kitchen as people know it."""

    id: KitchenId
    name: str
    utc_offset_min: int
    """Minutes ahead of UTC, for what is told to people only: 420 WIB, 480 WITA, 540 WIT."""


class Kitchens:
    """Thread-safe. All raise Unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, info: KitchenInfo) -> None:
        """Add a kitchen, or give it another name and offset. Raises ValueError for a bad id or name."""
        check_id(info.id)
        row = {
            "kitchen": info.id,
            "name": label(info.name),
            "utc_offset_min": info.utc_offset_min,
        }
        with writing(self._engine, of_kitchens(info.id)) as connection:
            mine = kitchen_info.c.kitchen == info.id
            if not connection.execute(kitchen_info.update().where(mine).values(row)).rowcount:
                connection.execute(kitchen_info.insert().values(row))

    def all(self) -> tuple[KitchenInfo, ...]:
        """All kitchens by id."""
        with reading(self._engine, EVERY_KITCHEN) as connection:
            rows = connection.execute(select(kitchen_info).order_by(kitchen_info.c.kitchen))
            return tuple(KitchenInfo(KitchenId(k), name, offset) for k, name, offset in rows)

    def name(self, kitchen: KitchenId) -> str:
        """What people call it. Raises LookupError."""
        with reading(self._engine, of_kitchens(kitchen)) as connection:
            return must_exist(connection, kitchen)


def must_exist(connection: Connection, kitchen: KitchenId) -> str:
    """The kitchen's name. Raises LookupError for an unknown one."""
    query = select(kitchen_info.c.name).where(kitchen_info.c.kitchen == kitchen)
    name: str | None = connection.scalars(query).one_or_none()
    if name is None:
        raise LookupError(f"no kitchen {kitchen}")
    return name


def check_id(text: str) -> None:
    """Raises ValueError for an id that the wire could not carry."""
    if _ID.match(text) is None:
        raise ValueError(f"{text!r} is no id: letters, digits and ._:@- only, at most 64")


def label(text: str) -> str:
    """A name without the blanks around it. Raises ValueError when it is empty, long or unprintable."""
    name = text.strip()
    if not name or len(name) > NAME_MAX or not name.isprintable():
        raise ValueError(f"a name has 1 to {NAME_MAX} printable characters")
    return name
