"""What the machine says of a process: CPU time, memory, its children; and a folder on a real disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
DISK_ENV = "DAPUR_BENCH_DISK"
_IN_MEMORY = frozenset({"tmpfs", "ramfs"})


class NoRealDisk(RuntimeError):
    """The folder lies in memory: a figure in milliseconds would say nothing."""


@contextmanager
def real_disk() -> Iterator[Path]:
    """A fresh folder on a disk, gone afterwards; `$DAPUR_BENCH_DISK` names where (default /var/tmp)."""
    parent = Path(os.environ.get(DISK_ENV) or "/var/tmp")
    if (kind := filesystem_of(parent)) in _IN_MEMORY:
        raise NoRealDisk(f"{parent} is a {kind}: set {DISK_ENV} to a folder on a disk")
    folder = Path(tempfile.mkdtemp(prefix="dapur-bench-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def filesystem_of(path: Path) -> str:
    """The kind of file system that holds `path`."""
    real, best, kind = path.resolve(), Path("/"), ""
    for line in Path("/proc/mounts").read_text().splitlines():
        mount, found = Path(line.split()[1]), line.split()[2]
        if real.is_relative_to(mount) and len(mount.parts) >= len(best.parts):
            best, kind = mount, found
    return kind


def tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for each in found:
        found.extend(children.get(each, ()))
    return found


def is_alive(pid: int) -> bool:
    """Whether it runs still; one that only waits to be buried does not."""
    return _stat(pid)[:1] not in ([], ["Z"])


def cpu_s(pid: int) -> float:
    """CPU time that a process and its living descendants have used, user and system."""
    total = 0.0
    for each in tree(pid):
        if fields := _stat(each):
            total += (int(fields[11]) + int(fields[12])) / TICKS_PER_S
    return total


def pss_mb(pid: int) -> float:
    """Proportional set size of a process and its descendants, MB."""
    total_kib = 0
    for each in tree(pid):
        try:
            text = Path(f"/proc/{each}/smaps_rollup").read_text()
        except OSError:
            continue  # it ended meanwhile
        for line in text.splitlines():
            if line.startswith("Pss:"):
                total_kib += int(line.split()[1])
    return total_kib / 1024


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third on; empty when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    # The name in brackets may hold spaces and brackets itself.
    return text.rpartition(")")[2].split()
