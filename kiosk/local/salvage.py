"""Opens the kiosk's file; in the place of a damaged one it puts a fresh one with what was saved."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

from kiosk.local import schema
from kiosk.local.carve import carve
from kiosk.local.errors import FileDamaged, explain
from kiosk.local.store import Store

FILE_NAME = "kiosk.db"
_DAMAGED = ".damaged-"
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
    """Read every page of the file. Raises FileDamaged; a missing file is none."""
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=schema.BUSY_WAIT_S)) as db:
            (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise explain(error, path) or error from error
    if verdict != "ok":
        raise FileDamaged(path, str(verdict))


def _move_aside(folder: Path) -> None:
    number = 1
    while (aside := folder.with_name(f"{folder.name}{_DAMAGED}{number}")).exists():
        number += 1
    folder.rename(aside)
    folder.mkdir(mode=0o700)
