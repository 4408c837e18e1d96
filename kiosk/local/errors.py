"""Why the kiosk's own file could not do what was asked: one class for each way out of it."""

from __future__ import annotations

import sqlite3
from enum import StrEnum
from pathlib import Path


class DiskTrouble(StrEnum):
    """What stopped a commit."""

    FULL = "full"
    FAILING = "failing"
    READ_ONLY = "read_only"
    BUSY = "busy"


class LocalError(OSError):
    """Base of what can go wrong with the local file."""


class DiskRefused(LocalError):
    """A commit really failed: nothing was written and the tap must be refused aloud."""

    def __init__(self, trouble: DiskTrouble, detail: str) -> None:
        super().__init__(f"the local disk refused the write ({trouble}): {detail}")
        self.trouble = trouble
        self.detail = detail


class FileDamaged(LocalError):
    """The file's pages are broken: restart, the next start moves it aside and salvages it."""

    def __init__(self, path: Path, detail: str) -> None:
        super().__init__(f"{path} is damaged: {detail}")
        self.path = path
        self.detail = detail


class FileTooNew(LocalError):
    """A newer release wrote this file; this one must not touch it."""

    def __init__(self, path: Path, version: int, known: int) -> None:
        super().__init__(f"{path} has version {version}; this release knows {known}")
        self.path = path
        self.version = version
        self.known = known


_TROUBLE = {
    sqlite3.SQLITE_FULL: DiskTrouble.FULL,
    sqlite3.SQLITE_IOERR: DiskTrouble.FAILING,
    sqlite3.SQLITE_CANTOPEN: DiskTrouble.FAILING,
    sqlite3.SQLITE_READONLY: DiskTrouble.READ_ONLY,
    sqlite3.SQLITE_BUSY: DiskTrouble.BUSY,
    sqlite3.SQLITE_LOCKED: DiskTrouble.BUSY,
}
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PRIMARY = 0xFF
"""SQLite's extended result codes carry the primary one in their low byte."""


def explain(error: sqlite3.Error, path: Path) -> LocalError | None:
    """Our own name for what SQLite reports; None when it is a fault of ours."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    primary = code & _PRIMARY
    if primary in _DAMAGE:
        return FileDamaged(path, str(error))
    trouble = _TROUBLE.get(primary)
    return None if trouble is None else DiskRefused(trouble, str(error))
