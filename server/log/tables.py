"""The tables of the log, and the MetaData of all rooms; every key begins with the kitchen."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

ID_MAX = 64
"""Ids are UUIDs (36) or short names that an operator chose."""
HASH_BYTES = 32
"""SHA-256."""
BODY_MAX_BYTES = 64 * 1024
"""Nothing larger fits a frame, so nothing larger could ever reach a kiosk."""
CODE_MAX = 64
"""Stable codes of refusals are short words."""
TOLD_MAX = 200
"""What an operator is told of one kiosk."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def longest(column: str, limit: int) -> CheckConstraint:
    """A limit that SQLite keeps too: it ignores the length of a VARCHAR."""
    return CheckConstraint(f"length({column}) <= {limit}", name=f"{column}_length")


def exactly(column: str, size: int) -> CheckConstraint:
    """A byte string of one fixed size: a hash or a key."""
    return CheckConstraint(f"length({column}) = {size}", name=f"{column}_size")


def kitchen_key() -> Column[str]:
    """First column of every key: rows of two kitchens never meet."""
    return Column("kitchen", String(ID_MAX), primary_key=True)


def kitchen_of_log() -> Column[str]:
    """The same, for rows that cannot be without the kitchen's log."""
    return Column("kitchen", String(ID_MAX), ForeignKey("tenant_head.kitchen"), primary_key=True)


tenant_head = Table(
    "tenant_head",
    metadata,
    kitchen_key(),
    Column("epoch", String(ID_MAX), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("floor", BigInteger, nullable=False),
    Column("floor_hash", LargeBinary, nullable=False),
    Column("durable", BigInteger, nullable=False),
    longest("kitchen", ID_MAX),
    longest("epoch", ID_MAX),
    exactly("hash", HASH_BYTES),
    exactly("floor_hash", HASH_BYTES),
    CheckConstraint("0 <= floor AND floor <= seq AND durable <= seq", name="order"),
    # Rewritten by every commit: half-empty pages let PostgreSQL do so without touching the index.
    postgresql_with={"fillfactor": 50},
)

event = Table(
    "event",
    metadata,
    kitchen_key(),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    exactly("hash", HASH_BYTES),
    longest("body", BODY_MAX_BYTES),
)

outbox_head = Table(
    "outbox_head",
    metadata,
    kitchen_key(),
    Column("outbox", String(ID_MAX), primary_key=True),
    Column("device", String(ID_MAX), nullable=False),
    Column("last_dseq", BigInteger, nullable=False),
    Column("last_hash", LargeBinary, nullable=False),
    Column("last_earliest_ms", BigInteger, nullable=False),
    longest("outbox", ID_MAX),
    longest("device", ID_MAX),
    exactly("last_hash", HASH_BYTES),
)

receipt = Table(
    "receipt",
    metadata,
    kitchen_key(),
    Column("outbox", String(ID_MAX), primary_key=True),
    Column("dseq", BigInteger, primary_key=True, autoincrement=False),
    Column("row_hash", LargeBinary, nullable=False),
    Column("command", String(ID_MAX), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("code", String(CODE_MAX), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    exactly("row_hash", HASH_BYTES),
    longest("command", ID_MAX),
    longest("outcome", 16),
    longest("code", CODE_MAX),
    longest("raw", BODY_MAX_BYTES),
    CheckConstraint("dseq >= 1", name="dseq_from_one"),
)

snapshot = Table(
    "snapshot",
    metadata,
    kitchen_of_log(),
    Column("state_version", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("text", Text, nullable=False),
    exactly("hash", HASH_BYTES),
)

# The last restore of a kitchen; kept when it is over, for the report.
recovery = Table(
    "recovery",
    metadata,
    kitchen_of_log(),
    Column("epoch", String(ID_MAX), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("began_ms", BigInteger, nullable=False),
    Column("wait_ms", BigInteger, nullable=False),
    Column("first_ms", BigInteger),
    Column("done_ms", BigInteger),
    Column("how", String(16), nullable=False),
    Column("brought", BigInteger, nullable=False),
    longest("epoch", ID_MAX),
    longest("how", 16),
    exactly("hash", HASH_BYTES),
)

# The kiosks of which one hoped to get what was lost, and those that came besides.
recovery_device = Table(
    "recovery_device",
    metadata,
    kitchen_of_log(),
    Column("device", String(ID_MAX), primary_key=True),
    Column("standing", String(16), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("told", String(TOLD_MAX), nullable=False),
    Column("at_ms", BigInteger),
    longest("device", ID_MAX),
    longest("standing", 16),
    longest("told", TOLD_MAX),
)

# Commands whose events a kiosk brought, without their receipts: what to answer when they come again.
recovered_command = Table(
    "recovered_command",
    metadata,
    kitchen_of_log(),
    Column("command", String(ID_MAX), primary_key=True),
    Column("outcome", String(16), nullable=False),
    Column("code", String(CODE_MAX), nullable=False),
    Column("seq", BigInteger, nullable=False),
    longest("command", ID_MAX),
    longest("outcome", 16),
    longest("code", CODE_MAX),
)

follower_position = Table(
    "follower_position",
    metadata,
    kitchen_of_log(),
    Column("follower", String(ID_MAX), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    longest("follower", ID_MAX),
)

follower_lease = Table(
    "follower_lease",
    metadata,
    Column("follower", String(ID_MAX), primary_key=True),
    Column("holder", String(ID_MAX), nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    longest("follower", ID_MAX),
    longest("holder", ID_MAX),
)

schema_compat = Table(
    "schema_compat",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("oldest_code", Integer, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""One row: the oldest program, by schema number, that may still use this database."""
