"""The tables of the kiosk's own file and how it is opened; no row is read or written here."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from kiosk.local.errors import FileTooNew

APPLICATION_ID = 0x44_41_50_52
"""'DAPR': lets `file` and our own tools tell a kiosk's file from any other."""
VERSION = 1
BUSY_WAIT_S = 2.0
"""Only a support tool can hold the file (the folder is locked); no screen stands still longer."""
JOURNAL_LIMIT_BYTES = 8 * 1024 * 1024
"""A checkpointed journal is cut back to this, so that a long catch-up does not keep its disk."""

# Large values come last in a row, so that what a salvage needs most lies on its first page.
TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
    dseq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    tapped_ms INTEGER NOT NULL,
    hash BLOB NOT NULL,
    bytes BLOB NOT NULL,
    outcome TEXT,
    code TEXT NOT NULL DEFAULT '',
    seq INTEGER NOT NULL DEFAULT 0,
    told INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX outbox_id ON outbox (id);
CREATE INDEX outbox_open ON outbox (dseq) WHERE outcome IS NULL;
CREATE INDEX outbox_answered ON outbox (seq) WHERE outcome IS NOT NULL;
CREATE TABLE position (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    durable INTEGER NOT NULL
) STRICT;
CREATE TABLE snapshot (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL,
    state_version INTEGER NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE TABLE event (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE draft (key TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE salvaged (
    outbox TEXT NOT NULL,
    id TEXT NOT NULL,
    dseq INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    verified INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    why TEXT NOT NULL,
    reported INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (outbox, id)
) STRICT, WITHOUT ROWID;
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open the file with every commit on the disk before it returns.

    Raises sqlite3.DatabaseError when it is no database, FileTooNew when a newer release wrote it.
    """
    db = sqlite3.connect(path, timeout=BUSY_WAIT_S, isolation_level=None)
    try:
        version = _version(db)
        if version > VERSION:
            raise FileTooNew(path, version, VERSION)
        db.execute("PRAGMA journal_mode=WAL").fetchone()
        # NORMAL would lose confirmed taps at a power cut; FULL costs a third of a millisecond.
        db.execute("PRAGMA synchronous=FULL")
        db.execute(f"PRAGMA journal_size_limit={JOURNAL_LIMIT_BYTES}").fetchone()
        db.execute("PRAGMA foreign_keys=ON")
    except BaseException:
        db.close()
        raise
    return db


def create(db: sqlite3.Connection) -> None:
    """Make the tables; call inside a transaction."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)
    db.execute(f"PRAGMA application_id={APPLICATION_ID}")
    db.execute(f"PRAGMA user_version={VERSION}")


def strange(db: sqlite3.Connection) -> str:
    """What is wrong with the tables of a file of this release; empty when nothing is."""
    version = _version(db)
    if version > VERSION:
        return ""
    if version < 0:
        return f"version {version}"
    with closing(sqlite3.connect(":memory:")) as model:
        if version:
            create(model)
        wanted, found = _parts(model), _parts(db)
    return (
        ""
        if wanted == found
        else f"version {version} with other tables: {sorted(wanted ^ found)[:1]}"
    )


def _parts(db: sqlite3.Connection) -> set[tuple[str, str]]:
    rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {(str(name), str(sql)) for name, sql in rows}


def is_empty(db: sqlite3.Connection) -> bool:
    """Whether the tables are still to be made."""
    return _version(db) == 0


def _version(db: sqlite3.Connection) -> int:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return int(version)
