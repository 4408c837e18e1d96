"""Where the simulated servers' log lies: in memory, or on the product's own SQLite behind the same ports."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

from dapur.ids import KitchenId
from server.desk.ports import Log, Recoveries
from server.log.care import LogCare
from server.log.engine import open_engine, writing
from server.log.recovery import Restored, SqlRecoveries, begin
from server.log.schema import upgrade
from server.log.sql_log import SqlLog
from tests.simulation.books import Books
from tests.simulation.kitchens import EPOCH, opened, opening
from tests.support.fake_log import FakeLog
from tests.support.fake_recoveries import FakeRecoveries


class Care(Protocol):
    """What upkeep does to a log."""

    def mark_durable(self, kitchen: KitchenId, seq: int) -> None: ...
    def rotate_epoch(self, kitchen: KitchenId, epoch: str) -> None: ...
    def raise_floor(self, kitchen: KitchenId, floor: int) -> None: ...


class Storage(Protocol):
    """A log with its upkeep, its backups and its end."""

    @property
    def log(self) -> Log: ...
    @property
    def care(self) -> Care: ...
    @property
    def recoveries(self) -> Recoveries: ...
    def recover(self, restored: Sequence[Restored], *, now_ms: int, wait_ms: int) -> None: ...
    def books(self) -> dict[KitchenId, Books]: ...
    def image(self) -> object: ...
    def restore(self, image: object) -> None: ...
    def close(self) -> None: ...


class MemoryStorage:
    """The log in memory."""

    def __init__(self, kitchens: Sequence[KitchenId]) -> None:
        self.kitchens = kitchens
        self.log = FakeLog()
        self.log.restore(_opened_log(tuple(kitchens)))
        self.care = self.log
        self.recoveries = FakeRecoveries(self.log)

    def recover(self, restored: Sequence[Restored], *, now_ms: int, wait_ms: int) -> None:
        """What was restored waits for its kiosks."""
        self.recoveries.begin(restored, now_ms=now_ms, wait_ms=wait_ms)

    def books(self) -> dict[KitchenId, Books]:
        """The books of its kitchens as the night begins."""
        return {kitchen: opened(kitchen) for kitchen in self.kitchens}

    def image(self) -> object:
        """A backup."""
        return self.log.image(), self.recoveries.image()

    def restore(self, image: object) -> None:
        """Put a backup in the place of what is there."""
        assert isinstance(image, tuple)
        log, answers = image
        self.log.restore(log)
        self.recoveries.restore(answers)

    def close(self) -> None:
        """Nothing is held."""


class SqliteStorage:
    """The product's log on a file."""

    def __init__(self, kitchens: Sequence[KitchenId]) -> None:
        self.kitchens = kitchens
        self._folder = Path(tempfile.mkdtemp(prefix="dapur-night-"))
        self._file = self._folder / "log.db"
        self._file.write_bytes(_blank_file())
        self._images = 0
        self._open()
        for kitchen in kitchens:
            self.log.create_kitchen(kitchen, epoch=EPOCH)
            for append in opening(kitchen):
                self.log.append([append])

    def _open(self) -> None:
        self._engine = open_engine(f"sqlite:///{self._file}")
        self.log = SqlLog(self._engine)
        self.care = LogCare(self._engine)
        self.recoveries = SqlRecoveries(self._engine)

    def recover(self, restored: Sequence[Restored], *, now_ms: int, wait_ms: int) -> None:
        """What was restored waits for its kiosks."""
        with writing(self._engine) as connection:
            begin(connection, restored, now_ms=now_ms, wait_ms=wait_ms)

    def books(self) -> dict[KitchenId, Books]:
        """The books of its kitchens as the night begins."""
        return {kitchen: opened(kitchen) for kitchen in self.kitchens}

    def image(self) -> object:
        """A backup: the file, with its journal taken in."""
        self._engine.dispose()
        self._images += 1
        copy = self._folder / f"backup-{self._images}.db"
        shutil.copyfile(self._file, copy)
        self._open()
        return copy

    def restore(self, image: object) -> None:
        """Put a backup in the place of what is there."""
        assert isinstance(image, Path)
        self._engine.dispose()
        for left in self._folder.glob("log.db-*"):
            left.unlink()
        shutil.copyfile(image, self._file)
        self._open()

    def close(self) -> None:
        """Remove the file."""
        self._engine.dispose()
        shutil.rmtree(self._folder, ignore_errors=True)


@cache
def _blank_file() -> bytes:
    """A migrated file, made once in a process."""
    with tempfile.TemporaryDirectory(prefix="dapur-blank-") as folder:
        path = Path(folder) / "blank.db"
        upgrade(f"sqlite:///{path}")
        return path.read_bytes()


@cache
def _opened_log(kitchens: tuple[KitchenId, ...]) -> FakeLog:
    log = FakeLog()
    for kitchen in kitchens:
        log.create_kitchen(kitchen, epoch=EPOCH)
        for append in opening(kitchen):
            log.append([append])
    return log


def made(kitchens: Sequence[KitchenId], *, sqlite: bool) -> Storage:
    """A storage with these kitchens as their night begins."""
    return SqliteStorage(kitchens) if sqlite else MemoryStorage(kitchens)
