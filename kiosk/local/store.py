"""The kiosk's one file: outbox, replica, position. A method is a transaction; no noun is known."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from dapur.envelope import GENESIS, Malformed, chain, decode_event
from dapur.ids import CommandId, OutboxId
from dapur.sync.effects import ApplyEvents, ApplySnapshot
from dapur.sync.kiosk_side import KeptTail, OutboxPosition, Position
from dapur.wire.messages import Outcome, Result, Row, SignedHead
from kiosk.local import schema
from kiosk.local.errors import explain
from kiosk.local.rows import Kept, Salvaged, Snapshot

ROWS_BYTES = 256 * 1024
"""Most bytes of commands read at once: a quarter of what may wait for the socket."""
EVENTS_KEPT = 20_000
"""Events kept behind the snapshot until a backup has them: 10 MB, two weeks of a busy kitchen. Beyond
it the oldest go: a server that was restored from an older backup still gets them from nobody, but it
gets the commands."""
TAIL_EVENTS = 1_000
"""Read at once for a server that lost them; a window takes some four hundred."""
ANSWERED_KEPT = 50_000
"""Answered commands kept until a backup has them; about 50 MB, weeks of one kiosk's taps."""

_OUTBOX = "outbox"
_SIGNED = "signed"


class Store:
    """The open file. One instance, one thread, one writer.

    Every writing method raises DiskRefused when the commit really failed (nothing was written) and
    FileDamaged when the pages are broken.
    """

    def __init__(self, path: Path) -> None:
        """Open `path` or make it. Raises FileTooNew, FileDamaged or DiskRefused."""
        self.path = path
        with self._explained():
            self._db = schema.connect(path)
        if schema.is_empty(self._db):
            with self._write():
                schema.create(self._db)
                self._new_outbox()
                self._db.execute("INSERT INTO position VALUES (1, '', 0, ?, 0)", (GENESIS,))
        self._position = Position()
        self._durable = 0
        self._outbox_position = OutboxPosition(OutboxId(""))
        self._unsent: int | None = None
        """Counted when it is asked for: every look at the line asks."""
        self._load()

    def close(self) -> None:
        """Close the file; what was written stays written without it."""
        self._db.close()

    # ---- outbox -----------------------------------------------------------------------------

    @property
    def outbox_position(self) -> OutboxPosition:
        """The outbox's name and its last row."""
        return self._outbox_position

    def tap(self, command: CommandId, body: bytes, *, tapped_ms: int) -> OutboxPosition:
        """Write one command at the end of the outbox; when this returns it is on the disk."""
        last = self._outbox_position
        link = chain(last.hash, body)
        with self._write():
            self._db.execute(
                "INSERT INTO outbox (dseq, id, tapped_ms, hash, bytes) VALUES (?, ?, ?, ?, ?)",
                (last.dseq + 1, command, tapped_ms, link, body),
            )
        self._outbox_position = OutboxPosition(last.outbox, last.dseq + 1, link)
        if self._unsent is not None:
            self._unsent += 1
        return self._outbox_position

    def rows(self, after: int, limit: int) -> tuple[Row, ...]:
        """Up to `limit` rows after dseq `after`, fewer when they are long, one at least."""
        found: list[Row] = []
        size = 0
        query = "SELECT dseq, hash, bytes FROM outbox WHERE dseq > ? ORDER BY dseq LIMIT ?"
        for dseq, link, body in self._read(query, after, limit):
            size += len(body)
            if found and size > ROWS_BYTES:
                break
            found.append(Row(dseq, link, body))
        return tuple(found)

    def row_hash(self, dseq: int) -> bytes | None:
        """Hash of an own row; None when it is no longer kept."""
        row = self._one("SELECT hash FROM outbox WHERE dseq = ?", dseq)
        return None if row is None else bytes(row[0])

    def pending(self) -> tuple[Kept, ...]:
        """Rows that the replica does not hold yet, in order."""
        query = (
            "SELECT dseq, bytes, tapped_ms, outcome, code, seq FROM outbox"
            " WHERE NOT told AND (outcome IS NULL OR seq > ?) ORDER BY dseq"
        )
        return tuple(_kept(row) for row in self._read(query, self.position.seq))

    def unsent(self) -> int:
        """How many taps are not known to be in the server's log."""
        if self._unsent is None:
            query = "SELECT count(*) FROM outbox WHERE outcome IS NULL AND NOT told"
            self._unsent = int(self._need(query)[0])
        return self._unsent

    def settle(self, results: Iterable[Result], durable: int) -> None:
        """Store receipts, and forget answered rows that are both in the replica and in a backup."""
        durable = max(durable, self._durable)
        self._unsent = None
        with self._write():
            self._answer(results)
            self._db.execute("UPDATE position SET durable = ?", (durable,))
            self._forget(self.position.seq, durable)
        self._durable = durable

    def unanswer(self, acked: int, durable: int) -> None:
        """Take back the answers to rows after `acked`, which a restored log does not have.

        `durable` is of that log: a larger one of the log that was lost would let them be forgotten.
        """
        self._unsent = None
        with self._write():
            self._db.execute(
                "UPDATE outbox SET outcome = NULL, code = '', seq = 0, told = 0 WHERE dseq > ?",
                (acked,),
            )
            self._db.execute("UPDATE position SET durable = ?", (durable,))
        self._durable = durable

    def answered(self) -> int:
        """Last row up to which every row has its answer; what follows is sent (again)."""
        row = self._one("SELECT dseq FROM outbox WHERE outcome IS NULL ORDER BY dseq LIMIT 1")
        return self._outbox_position.dseq if row is None else int(row[0]) - 1

    # ---- replica ----------------------------------------------------------------------------

    @property
    def position(self) -> Position:
        """How far the stored replica goes."""
        return self._position

    def snapshot(self) -> Snapshot | None:
        """The stored state, None before the first one came."""
        row = self._one("SELECT seq, state_version, text FROM snapshot")
        return None if row is None else Snapshot(*row)

    def events(self, after: int) -> Iterator[tuple[int, str]]:
        """Stored events after `after` with their seq, in order."""
        query = "SELECT seq, body FROM event WHERE seq > ? AND seq <= ? ORDER BY seq"
        yield from self._read(query, after, self.position.seq)

    def apply(self, grown: ApplyEvents, own: Collection[CommandId] | None = None) -> None:
        """Store events, the new position, and that own rows are now in the log: one transaction.

        `own`: commands of waiting rows among them, when the caller knows; None: they are looked for.

        Raises ValueError when they do not follow the position (a fault of ours, nothing written).
        """
        if grown.first != self._position.seq + 1:
            raise ValueError(f"events from {grown.first} do not follow {self._position.seq}")
        position = Position(self._position.epoch, grown.last, grown.hash)
        with self._write():
            self._db.executemany(
                "INSERT OR REPLACE INTO event VALUES (?, ?)", enumerate(grown.bodies, grown.first)
            )
            self._mark_told(_commands_of(grown.bodies) if own is None else own)
            self._place(position)
            self._forget(position.seq, self._durable)
        self._position = position

    def replace(self, whole: ApplySnapshot) -> None:
        """Put a whole state in the replica's place; the outbox stays as it is."""
        position = Position(whole.epoch, whole.seq, whole.hash)
        with self._write():
            self._db.execute("DELETE FROM event")
            self._save_snapshot(Snapshot(whole.seq, whole.state_version, whole.text))
            self._place(position)
        self._position = position

    def forget_replica(self) -> None:
        """Begin with no replica; the outbox stays as it is."""
        position = Position()
        with self._write():
            self._db.execute("DELETE FROM event")
            self._db.execute("DELETE FROM snapshot")
            self._place(position)
        self._position = position

    def compact(self, state: Snapshot) -> None:
        """Store what the events up to `state.seq` lead to, so that the next start is short."""
        with self._write():
            self._save_snapshot(state)
            # The tail beyond the last backup stays: a restored server may ask for it.
            done = min(state.seq, max(self._durable, state.seq - EVENTS_KEPT))
            self._db.execute("DELETE FROM event WHERE seq <= ?", (done,))

    # ---- for a server that lost its log --------------------------------------------------------

    def keep_head(self, signed: SignedHead) -> None:
        """Keep what the server signed of the very place where the replica is."""
        text = msgspec.json.encode(signed).decode()
        if text != self.noted(_SIGNED):
            self.note(**{_SIGNED: text})

    def kept(self) -> KeptTail | None:
        """Events behind the last backup that are here, and up to where they can be proved."""
        text = self.noted(_SIGNED)
        if not text:
            return None
        signed = msgspec.json.decode(text, type=SignedHead)
        first = self._one("SELECT seq FROM event WHERE seq <= ? ORDER BY seq LIMIT 1", signed.head)
        if first is None or signed.epoch != self._position.epoch:
            return None
        return KeptTail(int(first[0]) - 1, signed)

    def tail(self, after: int, up_to: int, max_bytes: int) -> tuple[str, ...]:
        """Kept events after `after` up to `up_to`, at most so many bytes of them but one at least."""
        found: list[str] = []
        size = 0
        query = "SELECT body FROM event WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
        for (body,) in self._read(query, after, up_to, TAIL_EVENTS):
            size += len(body.encode())
            if found and size > max_bytes:
                break
            found.append(body)
        return tuple(found)

    # ---- what else must survive -------------------------------------------------------------

    def note(self, **values: str) -> None:
        """Store small named values, all or none."""
        with self._write():
            for key, value in values.items():
                self._note(key, value)

    def noted(self, key: str) -> str:
        """A stored value, empty when there is none."""
        row = self._one("SELECT value FROM meta WHERE key = ?", key)
        return "" if row is None else str(row[0])

    def save_draft(self, key: str, text: str) -> None:
        """Keep an unfinished form (a quality sheet) until it is sent or dropped."""
        with self._write():
            self._db.execute("INSERT OR REPLACE INTO draft VALUES (?, ?)", (key, text))

    def draft(self, key: str) -> str:
        """An unfinished form, empty when there is none."""
        row = self._one("SELECT text FROM draft WHERE key = ?", key)
        return "" if row is None else str(row[0])

    def drop_draft(self, key: str) -> None:
        """The form was sent or thrown away."""
        with self._write():
            self._db.execute("DELETE FROM draft WHERE key = ?", (key,))

    # ---- lost outboxes ----------------------------------------------------------------------

    def quarantine(self, why: str) -> OutboxPosition:
        """Set the outbox aside, since the server knows another of its name, and begin a new one."""
        with self._write():
            self._db.execute(
                "INSERT OR IGNORE INTO salvaged (outbox, id, dseq, bytes, verified, answered, why)"
                " SELECT ?, id, dseq, bytes, 1, outcome IS NOT NULL OR told, ? FROM outbox",
                (self._outbox_position.outbox, why),
            )
            self._db.execute("DELETE FROM outbox")
            self._new_outbox()
        self._load()
        return self._outbox_position

    def take_in(self, rows: Sequence[Salvaged], source: str) -> None:
        """Keep what was salvaged from the file `source`, and that it was done."""
        with self._write():
            self._db.executemany(
                "INSERT OR IGNORE INTO salvaged (outbox, id, dseq, bytes, verified, answered, why)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(r.outbox, r.id, r.dseq, r.bytes, r.verified, r.answered, r.why) for r in rows],
            )
            self._note(f"salvaged:{source}", str(len(rows)))

    def salvaged(self) -> tuple[Salvaged, ...]:
        """Unanswered commands of lost outboxes that were not reported yet, in their order."""
        query = (
            "SELECT outbox, id, dseq, bytes, verified, answered, why FROM salvaged"
            " WHERE NOT reported AND NOT answered ORDER BY outbox, dseq, id"
        )
        return tuple(
            Salvaged(OutboxId(a), CommandId(b), c, d, bool(e), bool(f), g)
            for a, b, c, d, e, f, g in self._read(query)
        )

    def reported(self, row: Salvaged) -> None:
        """This one is in the outbox again, as a report; the original stays in the file."""
        with self._write():
            self._db.execute(
                "UPDATE salvaged SET reported = 1 WHERE outbox = ? AND id = ?", (row.outbox, row.id)
            )

    # ---- inside a transaction ---------------------------------------------------------------

    def _answer(self, results: Iterable[Result]) -> None:
        self._db.executemany(
            "UPDATE outbox SET outcome = ?, code = ?, seq = ? WHERE dseq = ?",
            [(str(r.outcome), r.code, r.seq, r.dseq) for r in results],
        )

    def _mark_told(self, commands: Iterable[CommandId]) -> None:
        """An own command whose event came is in the replica, even before its receipt came.

        Without this mark a restart in between would fold it in a second time.
        """
        marks = [(command,) for command in commands]
        if marks:
            self._unsent = None
            self._db.executemany("UPDATE outbox SET told = 1 WHERE id = ?", marks)

    def _forget(self, seq: int, durable: int) -> None:
        last = self._outbox_position.dseq
        # The last row stays for its hash: the next one is chained to it. An answer without an event
        # ("already") may be younger than a backup that ends at the very event it names.
        self._db.execute(
            "DELETE FROM outbox WHERE outcome IS NOT NULL AND seq <= ?"
            " AND (seq <= ? - (outcome <> 'applied') OR dseq <= ?) AND dseq < ?",
            (seq, durable, last - ANSWERED_KEPT, last),
        )

    def _place(self, position: Position) -> None:
        self._db.execute(
            "UPDATE position SET epoch = ?, seq = ?, hash = ?",
            (position.epoch, position.seq, position.hash),
        )

    def _save_snapshot(self, state: Snapshot) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO snapshot VALUES (1, ?, ?, ?)",
            (state.seq, state.state_version, state.text),
        )

    def _new_outbox(self) -> None:
        self._note(_OUTBOX, uuid4().hex)

    def _note(self, key: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    # ---- access -----------------------------------------------------------------------------

    def _load(self) -> None:
        epoch, seq, link, durable = self._need("SELECT epoch, seq, hash, durable FROM position")
        self._position = Position(epoch, seq, link)
        self._durable = int(durable)
        self._unsent = None
        last = self._one("SELECT dseq, hash FROM outbox ORDER BY dseq DESC LIMIT 1")
        self._outbox_position = OutboxPosition(
            OutboxId(self.noted(_OUTBOX)), *(last or (0, GENESIS))
        )

    def _read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._explained():
            return self._db.execute(query, values).fetchall()

    def _one(self, query: str, *values: object) -> tuple[Any, ...] | None:
        rows = self._read(query, *values)
        return rows[0] if rows else None

    def _need(self, query: str) -> tuple[Any, ...]:
        return self._read(query)[0]

    @contextmanager
    def _write(self) -> Iterator[None]:
        with self._explained():
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            ours = explain(error, self.path)
            if ours is None:
                raise
            raise ours from error


def _commands_of(bodies: Iterable[str]) -> Iterator[CommandId]:
    for body in bodies:
        try:
            yield decode_event(body).command
        except Malformed:
            # Written by a newer release: the domain shows its subject as "update to see".
            continue


def _kept(row: tuple[Any, ...]) -> Kept:
    dseq, body, tapped_ms, outcome, code, seq = row
    answered = None if outcome is None else Result(dseq, Outcome(outcome), seq, code)
    return Kept(dseq, body, tapped_ms, answered)
