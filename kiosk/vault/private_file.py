"""Files that only this user reads, written whole or not at all; it knows nothing of their content."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

PRIVATE = 0o600
PRIVATE_FOLDER = 0o700
_FILE_BITS = 0o777


def write(path: Path, content: bytes) -> None:
    """Replace the file, on the disk when this returns, also at a power cut. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    fresh = path.with_name(f"{path.name}.new")
    with suppress(FileNotFoundError):
        # Left by a power cut; a new file gets its mode from us, an old one would keep its own.
        fresh.unlink()
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync_folder(path.parent)


def read(path: Path) -> bytes | None:
    """The content, None when there is no file. Takes rights of others away. Raises OSError."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if os.name != "nt" and path.stat().st_mode & _FILE_BITS != PRIVATE:
        path.chmod(PRIVATE)
    return content


def _sync_folder(folder: Path) -> None:
    """Make the new name durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
