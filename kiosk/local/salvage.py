"""Opens the kiosk's file; in the place of a damaged one it puts a fresh one with what was saved."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

from dapur.envelope import GENESIS, chain
from kiosk.local import schema
from kiosk.local.carve import carve
from kiosk.local.errors import FileDamaged, explain
from kiosk.local.store import Store

FILE_NAME = "kiosk.db"
_DAMAGED = ".damaged-"
_NONSENSE = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH}
"""What a header, a table's name or a length that changed on the disk leads to."""
_TEXTS = (
    "SELECT key, value FROM meta",
    "SELECT id, code, outcome FROM outbox",
    "SELECT epoch FROM position",
    "SELECT text FROM snapshot",
    "SELECT body FROM event",
    "SELECT outbox, id, why FROM salvaged",
)
_WAITING = (
    "SELECT o.dseq, o.hash, o.bytes, b.hash FROM outbox o LEFT JOIN outbox b ON b.dseq = o.dseq - 1"
    " WHERE o.outcome IS NULL AND NOT o.told ORDER BY o.dseq"
)
_log = logging.getLogger(__name__)


def open_store(folder: Path) -> Store:
    """The kiosk's file in `folder`, checked. The caller holds the lock of the folder around it.

    The folder of a damaged file is moved aside as a whole (pages and journal belong together) and
    is never deleted; what its outbox held goes into the new file's `salvaged`, to be settled by a
    person, and the new outbox has a new name. Raises FileTooNew and DiskRefused.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / FILE_NAME
    try:
        check(path)
        store = Store(path)
    except FileDamaged as error:
        _log.error("the local file is damaged and is moved aside: %s", error.detail)
        _move_aside(folder)
        store = Store(path)
    # All of them, for a salvage may have been cut short by a power cut.
    for damaged in sorted(folder.parent.glob(f"{folder.name}{_DAMAGED}*")):
        if not store.noted(f"salvaged:{damaged.name}"):
            rows = carve(damaged / FILE_NAME)
            store.take_in(rows, damaged.name)
            _log.warning("salvaged %d commands from %s", len(rows), damaged.name)
    return store


def check(path: Path) -> None:
    """Read every page of the file and every row that waits. Raises FileDamaged; a missing file is none."""
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=schema.BUSY_WAIT_S)) as db:
            (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
            wrong = schema.strange(db) or _broken_row(db) if verdict == "ok" else str(verdict)
    except sqlite3.Error as error:
        raise _explained(error, path) from error
    if wrong:
        raise FileDamaged(path, wrong)


def _explained(error: sqlite3.Error, path: Path) -> Exception:
    ours = explain(error, path)
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if ours is None and code in _NONSENSE:
        # Our own few statements are right: what they stumbled over is the file.
        return FileDamaged(path, str(error))
    return ours or error


def _broken_row(db: sqlite3.Connection) -> str:
    """What is wrong with the rows that wait or with the small texts; empty when nothing is.

    The pages of SQLite carry no checksum: a row that changed on the disk is found by its hash.
    """
    if schema.is_empty(db):
        return ""
    for query in _TEXTS:
        db.execute(query).fetchall()
    for dseq, link, body, before in db.execute(_WAITING):
        if before is None and dseq > 1:
            continue
        if chain(GENESIS if before is None else before, body) != link:
            return f"row {dseq} of the outbox does not follow the one before it"
    return ""


def _move_aside(folder: Path) -> None:
    number = 1
    while (aside := folder.with_name(f"{folder.name}{_DAMAGED}{number}")).exists():
        number += 1
    folder.rename(aside)
    folder.mkdir(mode=0o700)
