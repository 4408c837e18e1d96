"""A kiosk's disk: the product's store on a database in memory, with power cuts, a full disk and old images."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from typing_extensions import override

from dapur.ids import OutboxId
from dapur.sync.kiosk_side import OutboxPosition, Position
from kiosk.local import schema
from kiosk.local.carve import carve
from kiosk.local.errors import DiskRefused, DiskTrouble
from kiosk.local.rows import Salvaged
from kiosk.local.store import Store

_MEMORY = Path(":memory:")


class PowerCut(BaseException):
    """The machine is off: nothing that ran in it goes on."""


@cache
def _blank() -> bytes:
    """A file as the product makes it, copied for every kiosk."""
    store = Store(_MEMORY)
    try:
        return bytes(store._db.serialize())
    finally:
        store.close()


class Disk:
    """What stays when the machine is off."""

    def __init__(self, new_name: Callable[[], str], *, image: bytes | None = None) -> None:
        self.new_name = new_name
        self._damaged: list[bytes] = []
        self.full = False
        self.on_refused: Callable[[], None] = _nothing
        self._at_commit: tuple[bool, Callable[[], None]] | None = None
        self.db = sqlite3.connect(_MEMORY, isolation_level=None)
        self.db.deserialize(image or _blank())
        if image is None:
            self.db.execute("UPDATE meta SET value = ? WHERE key = 'outbox'", (new_name(),))

    def cut_at_commit(self, *, after: bool, done: Callable[[], None]) -> None:
        """The power goes at the next commit: right after it, or before anything of it is on the disk."""
        self._at_commit = (after, done)

    def calm(self) -> None:
        """No trouble waits for it any more."""
        self.full = False
        self._at_commit = None

    def commits(self, *, after: bool) -> None:
        """A commit is reached, or is done. Raises PowerCut."""
        if self._at_commit is not None and self._at_commit[0] == after:
            _, done = self._at_commit
            self._at_commit = None
            done()
            raise PowerCut

    def image(self) -> bytes:
        """A copy of all that is on it."""
        return bytes(self.db.serialize())

    def put_back(self, image: bytes) -> None:
        """An old copy takes the place of what is there."""
        self.db.close()
        self.db = sqlite3.connect(_MEMORY, isolation_level=None)
        self.db.deserialize(image)

    def salvage(self) -> None:
        """What the product does with a file that is damaged; here every row of it can still be read."""
        self._damaged.append(self.image())
        self.put_back(_blank())
        self.calm()
        self.db.execute("UPDATE meta SET value = ? WHERE key = 'outbox'", (self.new_name(),))
        store = DiskStore(self)
        # All that were ever set aside, as the product does: the new file knows of none yet.
        for number, image in enumerate(self._damaged, 1):
            store.take_in(_carved(image), f"damaged-{number}")

    def close(self) -> None:
        """Free it."""
        self.db.close()


class DiskStore(Store):
    """The product's store; only where its bytes lie and when its writes fail is ours."""

    def __init__(self, disk: Disk) -> None:
        self.path = _MEMORY
        self._disk = disk
        self._db = disk.db
        if schema.is_empty(self._db):
            raise ValueError("a disk begins with a blank file")
        self._position = Position()
        self._durable = 0
        self._outbox_position = OutboxPosition(OutboxId(""))
        self._load()

    @override
    def _new_outbox(self) -> None:
        self._note("outbox", self._disk.new_name())

    @override
    @contextmanager
    def _write(self) -> Iterator[None]:
        disk = self._disk
        if disk.full:
            disk.on_refused()
            raise DiskRefused(DiskTrouble.FULL, "no room in this simulation")
        with super()._write():
            yield
            disk.commits(after=False)
        disk.commits(after=True)


def _carved(image: bytes) -> tuple[Salvaged, ...]:
    with tempfile.TemporaryDirectory(prefix="dapur-damaged-") as folder:
        path = Path(folder) / "kiosk.db"
        path.write_bytes(image)
        return carve(path)


def _nothing() -> None:
    """Nobody counts."""
