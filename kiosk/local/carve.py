"""Reads what can still be read from a damaged kiosk file; it never writes to that file."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path

import msgspec

from dapur.envelope import COMMAND_MAX_BYTES, GENESIS, Malformed, chain, decode_command
from dapur.ids import CommandId, OutboxId
from kiosk.local.rows import Salvaged

SMALLEST_ROW_BYTES = 200
"""No command is shorter than this: bounds how many rows a file of a given size can hold."""
_COMMAND_START = re.compile(rb'\{"id":"[0-9a-f-]{36}","kind":"')
_TOLD = re.compile(rb'"command":"([0-9a-f-]{36})"')
_COLUMNS = "SELECT dseq, hash, bytes, outcome IS NOT NULL FROM outbox"
WHY_DAMAGED = "damaged_file"
"""Why a row was salvaged: its file broke (the other way is a fork, told in words)."""


class _Raw(msgspec.Struct, frozen=True):
    dseq: int
    hash: bytes
    bytes: bytes
    answered: bool


def carve(path: Path) -> tuple[Salvaged, ...]:
    """Every command of the outbox in `path` that can be read, first by row, then by its bare text.

    A row is `verified` when its hash follows from the row before it.
    """
    outbox, rows, whole = _by_row(path)
    found = {s.id: s for s in (_salvaged(outbox, row, rows) for row in rows.values())}
    if not whole:
        content = _content(path)
        # Freed pages still hold answered commands; the events beside them tell which.
        told = {match[1].decode() for match in _TOLD.finditer(content)}
        for body in _by_text(content):
            row = _salvaged(outbox, _Raw(0, b"", body, answered=False), rows)
            answered = row.id in told
            found.setdefault(row.id, msgspec.structs.replace(row, answered=answered))
    return tuple(sorted(found.values(), key=lambda row: (row.dseq, row.id)))


def _salvaged(outbox: OutboxId, row: _Raw, rows: dict[int, _Raw]) -> Salvaged:
    before = rows.get(row.dseq - 1)
    previous = before.hash if before is not None else GENESIS
    follows = row.dseq > 0 and (before is not None or row.dseq == 1)
    verified = follows and chain(previous, row.bytes) == row.hash
    try:
        command = decode_command(row.bytes).id
    except Malformed:
        # Still a tap of somebody: it is listed as one that nobody can read.
        command = CommandId(f"unreadable-{row.dseq}-{sha256(row.bytes).hexdigest()[:16]}")
    return Salvaged(outbox, command, row.dseq, row.bytes, verified, row.answered, WHY_DAMAGED)


def _by_row(path: Path) -> tuple[OutboxId, dict[int, _Raw], bool]:
    """The outbox's name, its readable rows, and whether these are all."""
    outbox = OutboxId(path.name)
    rows: dict[int, _Raw] = {}
    # Read-only: closing the last writing connection would move the journal into the evidence.
    address = f"{path.absolute().as_uri()}?mode=ro"
    with suppress(sqlite3.Error), closing(sqlite3.connect(address, uri=True)) as db:
        outbox = _outbox(db, outbox)
        if _sweep(db, rows):
            return outbox, rows, True
        _probe(db, rows, path.stat().st_size // SMALLEST_ROW_BYTES + 1)
    return outbox, rows, False


def _outbox(db: sqlite3.Connection, otherwise: OutboxId) -> OutboxId:
    with suppress(sqlite3.Error):
        row = db.execute("SELECT value FROM meta WHERE key = 'outbox'").fetchone()
        if row is not None:
            return OutboxId(str(row[0]))
    return otherwise


def _sweep(db: sqlite3.Connection, rows: dict[int, _Raw]) -> bool:
    """Read forwards, then backwards, each to its first broken page; whether one got through."""
    for query in (f"{_COLUMNS} ORDER BY dseq", f"{_COLUMNS} ORDER BY dseq DESC"):
        with suppress(sqlite3.Error):
            for row in db.execute(query):
                read = _raw(row)
                rows[read.dseq] = read
            return True
    return False


def _probe(db: sqlite3.Connection, rows: dict[int, _Raw], most: int) -> None:
    """Ask for the rows between one by one."""
    for dseq in range(1, max(rows, default=0) + most):
        if dseq not in rows:
            with suppress(sqlite3.Error):
                row = db.execute(f"{_COLUMNS} WHERE dseq = ?", (dseq,)).fetchone()
                if row is not None:
                    rows[dseq] = _raw(row)


def _raw(row: tuple[object, ...]) -> _Raw:
    """A row, or sqlite3.DataError when its cells changed on the disk."""
    dseq, link, body, answered = row
    if not (isinstance(dseq, int) and isinstance(link, bytes) and isinstance(body, bytes)):
        raise sqlite3.DataError(f"row {dseq!r} holds no command")
    return _Raw(dseq, link, body, bool(answered))


def _content(path: Path) -> bytes:
    """The pages and the journal: the journal holds the newest taps."""
    content = b""
    for file in (path, path.with_name(path.name + "-wal")):
        with suppress(FileNotFoundError):
            content += file.read_bytes()
    return content


def _by_text(content: bytes) -> Iterator[bytes]:
    for match in _COMMAND_START.finditer(content):
        body = _object(content[match.start() : match.start() + COMMAND_MAX_BYTES])
        if body is not None:
            yield body


def _object(text: bytes) -> bytes | None:
    """The JSON object at the start of `text`, exactly as it stands there."""
    depth, inside, escaped = 0, False, False
    for index, byte in enumerate(text):
        char = chr(byte)
        if inside:
            inside = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            inside = True
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                return text[: index + 1]
    return None
