"""A stranger's copy of a kitchen's log: takes bodies in order and only if the hash chain holds.

Written from docs/protocol.md section 4; imports nothing of Dapur.
"""

from __future__ import annotations

import hashlib
import json
import os
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

ZERO = bytes(32)


class ChainBroken(Exception):
    """What came is not the continuation of this copy."""


class Gap(Exception):
    """Events are missing between the copy and what came."""


class LogCopy:
    """Events after a base (nothing, or a snapshot), on disk as JSON lines."""

    def __init__(self, path: Path) -> None:
        """Open the copy of `path`; without a file it is empty."""
        self.path = path
        self.epoch = ""
        self.seq = 0
        self.hash = ZERO
        self.text = ""
        self.base = 0
        self.bodies: list[str] = []
        self._parts: list[str] = []
        self._whole = ""
        if path.exists():
            self._load()

    def events(self) -> list[dict[str, Any]]:
        """What is known after the base, opened."""
        return [json.loads(body) for body in self.bodies]

    def begin(self, epoch: str) -> None:
        """An empty copy of the log of `epoch`."""
        self._rebase({"epoch": epoch, "seq": 0, "hash": b64encode(ZERO).decode(), "text": ""})

    def take(self, first: int, bodies: list[str], chain: bytes) -> int:
        """Store what is new of a page or a live frame; how many that were.

        Raises:
            Gap: `first` lies beyond the next event; pull.
            ChainBroken: this is another log; pull a snapshot.
        """
        if first > self.seq + 1:
            raise Gap(first)
        if not bodies:
            return 0
        fresh = bodies[self.seq + 1 - first :]
        reached = self.hash
        for body in fresh:
            reached = hashlib.sha256(reached + body.encode()).digest()
        if first + len(bodies) - 1 >= self.seq and reached != chain:
            raise ChainBroken(first)
        self._append(*fresh)
        self.bodies += fresh
        self.seq += len(fresh)
        self.hash = reached
        return len(fresh)

    def take_part(self, frame: dict[str, Any]) -> int:
        """Keep a part of a snapshot; the next part to ask for, 0 when the copy is replaced.

        Raises:
            ChainBroken: the parts do not add up to the checksum.
        """
        if frame["checksum"] != self._whole:
            self._parts, self._whole = [], frame["checksum"]
        if frame["part"] == len(self._parts) + 1:
            self._parts.append(frame["text"])
        if len(self._parts) < frame["parts"]:
            return len(self._parts) + 1
        text, self._parts, self._whole = "".join(self._parts), [], ""
        if hashlib.sha256(text.encode()).digest() != b64decode(frame["checksum"]):
            raise ChainBroken(frame["seq"])
        self._rebase({key: frame[key] for key in ("epoch", "seq", "hash")} | {"text": text})
        return 0

    def _rebase(self, base: dict[str, Any]) -> None:
        fresh = self.path.with_suffix(".new")
        with fresh.open("w") as file:
            file.write(json.dumps(base) + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
        self._set(base, [])

    def _load(self) -> None:
        text = self.path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        if whole != text:
            os.truncate(self.path, len(whole))
        lines = [json.loads(line) for line in whole.splitlines()]
        self._set(lines[0], lines[1:])

    def _set(self, base: dict[str, Any], bodies: list[str]) -> None:
        self.epoch, self.text, self.base = base["epoch"], base["text"], base["seq"]
        self.seq, self.hash, self.bodies = base["seq"], b64decode(base["hash"]), []
        for body in bodies:
            self.hash = hashlib.sha256(self.hash + body.encode()).digest()
            self.bodies.append(body)
        self.seq += len(bodies)

    def _append(self, *bodies: str) -> None:
        if bodies:
            with self.path.open("ab") as file:
                file.writelines(json.dumps(body).encode() + b"\n" for body in bodies)
                file.flush()
                os.fsync(file.fileno())
