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
_SET_ASIDE = (
    "SELECT outbox, id, dseq, bytes, verified, answered, why FROM salvaged"
    " WHERE NOT reported ORDER BY outbox, id"
)
WHY_DAMAGED = "damaged_file"
"""Why a row was salvaged: its file broke (the other way is a fork, told in words)."""


class _Raw(msgspec.Struct, frozen=True):
    dseq: int
    hash: bytes
    bytes: bytes
    answered: bool


def carve(path: Path) -> tuple[Salvaged, ...]:
    """Every command in `path` that can be read, first by row, then by its bare text.

    Those are the outbox and what was set aside there before and not yet reported. A row is
    `verified` when its hash follows from the row before it.
    """
    outbox, rows, whole = _by_row(path)
    found = {s.id: s for s in (_salvaged(outbox, row, rows) for row in rows.values())}
    aside, aside_whole = _set_aside(path)
    for row in aside:
        found.setdefault(row.id, row)
    if not (whole and aside_whole):
        content = _content(path)
        # Freed pages still hold answered commands; the events beside them tell which.
        told = {match[1].decode() for match in _TOLD.finditer(content)}
        for body in _by_text(content):
            bare = _salvaged(outbox, _Raw(0, b"", body, answered=False), rows)
            answered = bare.id in told
            found.setdefault(bare.id, msgspec.structs.replace(bare, answered=answered))
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
    with suppress(sqlite3.Error), closing(_opened(path)) as db:
        outbox = _outbox(db, outbox)
        if _sweep(db, rows):
            return outbox, rows, True
        _probe(db, rows, path.stat().st_size // SMALLEST_ROW_BYTES + 1)
    return outbox, rows, False


def _set_aside(path: Path) -> tuple[list[Salvaged], bool]:
    """What an earlier loss left there, and whether that is all of it."""
    found: list[Salvaged] = []
    with suppress(sqlite3.Error), closing(_opened(path)) as db:
        # What was read before a broken page stays in the list.
        found.extend(map(_again, db.execute(_SET_ASIDE)))
        return found, True
    return found, False


def _again(row: tuple[object, ...]) -> Salvaged:
    """A row set aside, or sqlite3.DataError when its cells changed on the disk."""
    outbox, name, dseq, body, verified, answered, why = row
    if not (isinstance(outbox, str) and isinstance(name, str) and isinstance(why, str)):
        raise sqlite3.DataError("a row set aside has no name")
    if not (isinstance(dseq, int) and isinstance(body, bytes)):
        raise sqlite3.DataError(f"{name} holds no command")
    return Salvaged(
        OutboxId(outbox), CommandId(name), dseq, body, bool(verified), bool(answered), why
    )


def _opened(path: Path) -> sqlite3.Connection:
    # Read-only: closing the last writing connection would move the journal into the evidence.
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


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
