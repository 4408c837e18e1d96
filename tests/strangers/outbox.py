"""A stranger's outbox: stores commands before they travel, one JSON line each; never changes a line.

Written from docs/protocol.md section 5; imports nothing of Dapur.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ZERO = bytes(32)
COMMAND_MAX_BYTES = 8192


@dataclass(frozen=True)
class Row:
    """One stored command and the chain up to it."""

    dseq: int
    hash: bytes
    raw: bytes

    def frame(self) -> dict[str, Any]:
        """As it stands in a `submit`."""
        return {
            "dseq": self.dseq,
            "hash": b64encode(self.hash).decode(),
            "bytes": b64encode(self.raw).decode(),
        }


@dataclass(frozen=True)
class Result:
    """The server's receipt of a row."""

    dseq: int
    outcome: str
    seq: int
    code: str = ""


class Outbox:
    """Rows 1, 2, 3 … and their receipts in a file that only grows."""

    def __init__(self, path: Path) -> None:
        """Open the outbox of `path`, or begin a new one there."""
        self.path = path
        self.id = ""
        self.rows: list[Row] = []
        self.results: dict[int, Result] = {}
        if path.exists():
            self._load()
        if not self.id:
            self.id = f"o-{uuid.uuid4().hex}"
            self._append({"outbox": self.id})
            _sync_folder(path.parent)

    @property
    def dseq(self) -> int:
        """The last row; 0 when empty."""
        return len(self.rows)

    @property
    def hash(self) -> bytes:
        """The chain after the last row."""
        return self.hash_at(self.dseq)

    def hash_at(self, dseq: int) -> bytes:
        """The chain after row `dseq`, which must be here."""
        return self.rows[dseq - 1].hash if dseq else ZERO

    def add(self, raw: bytes) -> int:
        """Store the bytes of a command; its `dseq` once they are on the disk."""
        row = Row(self.dseq + 1, hashlib.sha256(self.hash + raw).digest(), raw)
        self._append(row.frame())
        self.rows.append(row)
        return row.dseq

    def settle(self, result: Result) -> None:
        """Store a receipt; the first one stays."""
        if result.dseq not in self.results:
            self._append(vars(result))
            self.results[result.dseq] = result

    def unanswered(self, after: int = 0) -> list[Row]:
        """Rows without a receipt, in order."""
        return [row for row in self.rows[after:] if row.dseq not in self.results]

    def holds(self, dseq: int, chain: bytes) -> bool:
        """Whether row `dseq` is here and the chain up to it is `chain`."""
        return dseq <= self.dseq and self.hash_at(dseq) == chain

    def put_aside(self) -> Outbox:
        """Keep this one under another name and begin a new one in its place."""
        self.path.rename(self.path.with_name(f"{self.path.stem}.{self.id}.aside"))
        return Outbox(self.path)

    def _load(self) -> None:
        text = self.path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]  # A power cut may have left half a line: never sent.
        if whole != text:
            os.truncate(self.path, len(whole))
        for line in whole.splitlines():
            self._take(json.loads(line))

    def _take(self, line: dict[str, Any]) -> None:
        if "outbox" in line:
            self.id = line["outbox"]
        elif "bytes" in line:
            self.rows.append(Row(line["dseq"], b64decode(line["hash"]), b64decode(line["bytes"])))
        else:
            self.results[line["dseq"]] = Result(**line)

    def _append(self, line: dict[str, Any]) -> None:
        with self.path.open("ab") as file:
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
