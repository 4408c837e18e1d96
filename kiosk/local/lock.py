"""One kiosk for one data folder: holds a lock that the system drops when the process dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK_NAME = "kiosk.lock"
_FAR = 1 << 30
"""Windows locks are mandatory: a byte far behind the text leaves the process number readable."""


class AlreadyRunning(RuntimeError):
    """Another process works in this folder; two writers would fork the outbox."""

    def __init__(self, folder: Path, holder: str) -> None:
        super().__init__(f"another kiosk (process {holder or 'unknown'}) already uses {folder}")
        self.folder = folder
        self.holder = holder


class FolderLock:
    """Held from construction to `release`; also a context manager."""

    def __init__(self, folder: Path) -> None:
        """Make the folder if need be and lock it. Raises AlreadyRunning at once, never waits."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = (folder / LOCK_NAME).open("a+", encoding="ascii")
        try:
            _take(self._file)
        except OSError as error:
            self._file.seek(0)
            holder = self._file.read().strip()
            self._file.close()
            raise AlreadyRunning(folder, holder) from error
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def release(self) -> None:
        """Let the next one in. The file stays: removing it would let two hold 'the' lock."""
        self._file.close()

    def __enter__(self) -> FolderLock:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def _take(file: IO[str]) -> None:
    if sys.platform == "win32":
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
