"""The tables of identity; names of people live here and nowhere else on the server."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
)

from dapur.wire.queries import NAME_MAX
from server.log.tables import HASH_BYTES, ID_MAX, exactly, kitchen_key, longest, metadata

KEY_BYTES = 32
"""Ed25519, public key and seed."""
PIN_HASH_MAX = 200
"""An argon2id hash with its parameters takes about a hundred."""
LOCATOR_CHARS = 4
APP_MAX = 200
PROCESS_MAX = 80
"""Machine and a few letters of its own."""

kitchen_info = Table(
    "kitchen_info",
    metadata,
    kitchen_key(),
    Column("name", String(NAME_MAX), nullable=False),
    Column("utc_offset_min", Integer, nullable=False),
    longest("kitchen", ID_MAX),
    longest("name", NAME_MAX),
    CheckConstraint("-720 <= utc_offset_min AND utc_offset_min <= 840", name="offset_of_earth"),
)

# Found by the device alone: it is where the kitchen of a connection comes from.
device = Table(
    "device",
    metadata,
    Column("device", String(ID_MAX), primary_key=True),
    Column("kitchen", String(ID_MAX), ForeignKey("kitchen_info.kitchen"), nullable=False),
    Column("name", String(NAME_MAX), nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("enrolled_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger),
    Column("heard_ms", BigInteger),
    Column("got_seq", BigInteger, nullable=False),
    longest("device", ID_MAX),
    longest("name", NAME_MAX),
    exactly("public_key", KEY_BYTES),
    Index(None, "kitchen"),
)

enrolment_code = Table(
    "enrolment_code",
    metadata,
    Column("locator", String(LOCATOR_CHARS), primary_key=True),
    Column("code_hash", LargeBinary, nullable=False),
    Column("kitchen", String(ID_MAX), ForeignKey("kitchen_info.kitchen"), nullable=False),
    Column("name", String(NAME_MAX), nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("device", String(ID_MAX), ForeignKey("device.device")),
    exactly("locator", LOCATOR_CHARS),
    exactly("code_hash", HASH_BYTES),
    longest("name", NAME_MAX),
)

staff = Table(
    "staff",
    metadata,
    Column("kitchen", String(ID_MAX), ForeignKey("kitchen_info.kitchen"), primary_key=True),
    Column("staff", String(ID_MAX), primary_key=True),
    Column("name", String(NAME_MAX), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("pin_hash", String(PIN_HASH_MAX)),
    Column("pin_version", Integer, nullable=False),
    longest("staff", ID_MAX),
    longest("name", NAME_MAX),
    longest("pin_hash", PIN_HASH_MAX),
)


def _counter() -> tuple[Column[int], ...]:
    """A `dapur.pin.Tries`."""
    return (
        Column("failed", Integer, nullable=False),
        Column("seen_ms", BigInteger, nullable=False),
        Column("until_ms", BigInteger, nullable=False),
    )


# Of one person at all kiosks; programs of schema 2 count here alone.
attempt = Table(
    "attempt",
    metadata,
    kitchen_key(),
    Column("staff", String(ID_MAX), primary_key=True),
    *_counter(),
    ForeignKeyConstraint(["kitchen", "staff"], ["staff.kitchen", "staff.staff"]),
)

# Of one person at one kiosk.
attempt_here = Table(
    "attempt_here",
    metadata,
    kitchen_key(),
    Column("staff", String(ID_MAX), primary_key=True),
    Column("device", String(ID_MAX), ForeignKey("device.device"), primary_key=True),
    *_counter(),
    ForeignKeyConstraint(["kitchen", "staff"], ["staff.kitchen", "staff.staff"]),
)

# Of one kiosk, whoever is tried there.
attempt_kiosk = Table(
    "attempt_kiosk",
    metadata,
    Column("device", String(ID_MAX), ForeignKey("device.device"), primary_key=True),
    *_counter(),
)

# How a kiosk last said it is: advisory, nothing is decided from it.
device_sign = Table(
    "device_sign",
    metadata,
    Column("device", String(ID_MAX), ForeignKey("device.device"), primary_key=True),
    Column("app", String(APP_MAX), nullable=False),
    Column("unsent", BigInteger, nullable=False),
    Column("offset_ms", BigInteger),
    Column("process", String(PROCESS_MAX), nullable=False),
)

# Kiosks at which an operator may see all kitchens: written by the operator's tool alone.
fleet_desk = Table(
    "fleet_desk",
    metadata,
    Column("device", String(ID_MAX), ForeignKey("device.device"), primary_key=True),
    Column("since_ms", BigInteger, nullable=False),
)

server_process = Table(
    "server_process",
    metadata,
    Column("process", String(PROCESS_MAX), primary_key=True),
    Column("started_ms", BigInteger, nullable=False),
    Column("heard_ms", BigInteger, nullable=False),
    Column("connections", Integer, nullable=False),
)

# In the database and not in a file: several servers of one database sign with one key, and the
# kiosks, which learned it at their enrolment, go on after a move or a restore.
server_key = Table(
    "server_key",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seed", LargeBinary, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
    exactly("seed", KEY_BYTES),
)
