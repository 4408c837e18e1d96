"""What the machine can do without us: a sync of a growing file, a send to a socket; measured beside our figures."""

from __future__ import annotations

import os
import time
from pathlib import Path

from bench.figure import percentile

SYNC_BYTES = 4096
SYNCS = 1_000


def syncs_per_s(folder: Path) -> float:
    """4 KiB appended and synced, one after the other: what every commit must pay."""
    path = folder / "floor.bin"
    block = os.urandom(SYNC_BYTES)
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    took: list[float] = []
    try:
        for _ in range(SYNCS):
            began = time.perf_counter()
            os.write(file, block)
            os.fdatasync(file)
            took.append(time.perf_counter() - began)
    finally:
        os.close(file)
        path.unlink()
    return 1 / percentile(took, 0.5)
