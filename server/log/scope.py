"""Says whose rows a transaction may see and write; it opens none, and SQLite knows nothing of it.

On PostgreSQL every table with rows of a kitchen has a policy that reads these settings
(`migrations/versions/v0005_row_security.py`). They end with their transaction, so a connection that goes
back to the pool takes nothing along. Names come from a device's record, a session's kitchen or the
operator's command, never from what a kiosk sends.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection

from dapur.ids import DeviceId, KitchenId


class Scope(msgspec.Struct, frozen=True):
    """One setting of PostgreSQL and the names in it; none: not one row of any kitchen."""

    setting: str
    names: tuple[str, ...]


NOBODY = Scope("", ())
"""What belongs to no kitchen: leases, server processes, the server's key, the schema."""
EVERY_KITCHEN = Scope("dapur.every_kitchen", ("yes",))
"""For what must see everything: followers of the log, the fleet, lists of kitchens, and operators' copies.

A setting and not a role of its own: a second role would need a second pool of connections, or a SET
ROLE that any statement of the first could give as well.
"""


def of_kitchens(*kitchens: KitchenId) -> Scope:
    """The rows of these kitchens and of their devices, to read and to write."""
    return Scope("dapur.kitchens", kitchens)


def of_devices(devices: Iterable[DeviceId]) -> Scope:
    """The records of these devices and what is kept about each; which kitchen they have is found there."""
    return Scope("dapur.devices", tuple(devices))


def of_code(locator: str) -> Scope:
    """One enrolment code, for somebody who has nothing else yet."""
    return Scope("dapur.code", (locator,))


def said(of: Scope) -> str:
    """The statement that sets it until the transaction ends; empty for nobody.

    As text and not with parameters, so that it travels together with BEGIN: no way there and back
    more than without. The names are quoted twice, for the array and for SQL.
    """
    if not of.names:
        return ""
    array = ",".join(_in_array(name) for name in of.names)
    text = f"{{{array}}}".replace("'", "''")
    return f"SET LOCAL {of.setting} = '{text}'"


def _in_array(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def widen(connection: Connection, of: Scope) -> None:
    """Add to what the transaction may see: what it found names more."""
    if of.names and connection.dialect.name == "postgresql":
        connection.exec_driver_sql(said(of), execution_options={"no_parameters": True})
