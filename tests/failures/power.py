"""What a disk may hold after a power cut, made from a trace of writes and syncs; it opens no database."""

from __future__ import annotations

import random
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from tests.failures.disk_trace import Op

SECTOR_BYTES = 512


class Fate(StrEnum):
    """What becomes of the writes that no sync had put on the disk when the power went."""

    LOST = "lost"
    KEPT = "kept"
    SOME = "some"
    """Each by itself, in no order: a disk writes when it likes."""
    TORN = "torn"
    """Each sector by itself."""


class _File:
    """What is surely on the disk, and what was written since."""

    def __init__(self) -> None:
        self.durable = bytearray()
        self.exists = False
        """Surely; before its first sync a new file may be gone with its name."""
        self.waiting: list[Op] = []

    def sync(self) -> None:
        for op in self.waiting:
            _do(self.durable, op)
        self.waiting.clear()
        self.exists = True


class Disk:
    """Follows a trace; at any moment it can say what a power cut would leave."""

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}

    def follow(self, op: Op) -> None:
        """The next record."""
        if op.what == "delete":
            # SQLite deletes a journal that holds nothing any more: back again, it would be empty.
            self._files.pop(op.name, None)
        elif op.what in ("write", "truncate"):
            self._files.setdefault(op.name, _File()).waiting.append(op)
        elif op.what == "sync":
            self._files.setdefault(op.name, _File()).sync()

    def unsynced(self) -> int:
        """Writes that a power cut may take."""
        return sum(len(file.waiting) for file in self._files.values())

    def leave(self, folder: Path, fate: Fate, dice: random.Random) -> None:
        """Write the files as they may be found when the power is back."""
        folder.mkdir(parents=True, mode=0o700)
        for name, file in self._files.items():
            kept = _kept(file.waiting, fate, dice)
            if not file.exists and not kept:
                continue
            content = bytearray(file.durable)
            for op in kept:
                _do(content, op)
            (folder / name).write_bytes(content)


def _kept(waiting: Sequence[Op], fate: Fate, dice: random.Random) -> list[Op]:
    match fate:
        case Fate.LOST:
            return []
        case Fate.KEPT:
            return list(waiting)
        case Fate.SOME:
            return [op for op in waiting if dice.random() < 0.5]
        case Fate.TORN:
            return [part for op in waiting for part in _sectors(op) if dice.random() < 0.5]


def _sectors(op: Op) -> list[Op]:
    """A write by its sectors: each is on the disk whole or not at all."""
    if op.what == "truncate":
        return [op]
    found, at, end = [], op.at, op.at + len(op.data)
    while at < end:
        stop = min(end, (at // SECTOR_BYTES + 1) * SECTOR_BYTES)
        found.append(Op("write", op.name, at, op.data[at - op.at : stop - op.at]))
        at = stop
    return found


def _do(content: bytearray, op: Op) -> None:
    if op.what == "truncate":
        del content[op.at :]
        content += bytes(op.at - len(content))
        return
    if op.at > len(content):
        content += bytes(op.at - len(content))
    content[op.at : op.at + len(op.data)] = op.data
