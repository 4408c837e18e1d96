"""Small and broken disks: a file system with little room, files with wrong bytes; it starts nothing."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from dapur.ids import KitchenId
from server.log.engine import open_engine
from server.log.sql_log import SqlLog
from tests.failures.checking import fold_of, receipts_of
from tests.failures.kitchen import KITCHEN, Place

ROOT = Path(__file__).resolve().parents[2]
PAGE = 4096
FILLER = "filler"
CANNOT = (
    "A small disk cannot be mounted here: run the tests as root, or allow user namespaces"
    " (sysctl kernel.unprivileged_userns_clone=1; in a container: --cap-add SYS_ADMIN)."
)


def again_as_root(test: str) -> bool:
    """Run this test once more as root of its own mounts when we are not root; whether it was done so."""
    if os.geteuid() == 0:
        return False
    unshare = shutil.which("unshare")
    assert unshare is not None, CANNOT
    words = [unshare, "-Urm", sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", test]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "unshare failed" not in done.stderr, CANNOT
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    return True


@contextmanager
def small_disk(folder: Path, size_kib: int) -> Iterator[Path]:
    """A disk of that size in the place of `folder`; gone afterwards with all that is on it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    words = ["mount", "-t", "tmpfs", "-o", f"size={size_kib}k,mode=0700", "dapur", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{CANNOT} ({done.stderr.strip()})"
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Leave not a byte of room."""
    with (folder / FILLER).open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue


def make_room(folder: Path) -> None:
    """Take away what `fill` left."""
    (folder / FILLER).unlink()


def overwrite(file: Path, dice: random.Random, pages: int) -> None:
    """Put noise over some pages, never the first: a file that is none at all is another failure."""
    count = file.stat().st_size // PAGE
    with file.open("r+b") as content:
        for page in dice.sample(range(1, count), min(pages, count - 1)):
            content.seek(page * PAGE)
            content.write(dice.randbytes(PAGE))


def account_for(place: Place) -> set[str]:
    """Take the confirmed taps that wait in the inbox as saved ones off the common check; their ids.

    A tap of a lost outbox is not in the log as such: it was reported for a person to settle.
    """
    engine = open_engine(place.database_url)
    try:
        reported = _reported(engine)
        stored = {str(each.command) for each in receipts_of(engine)}
    finally:
        engine.dispose()
    for kiosk in place.kiosks:
        kiosk.confirmed = [
            tap for tap in kiosk.confirmed if tap.command in stored or tap.command not in reported
        ]
    return reported - stored


def _reported(engine: Engine) -> set[str]:
    return {str(item) for item in fold_of(SqlLog(engine)).kitchen.reviews}


def head_of(place: Place) -> int:
    """How long the log is now."""
    engine = open_engine(place.database_url)
    try:
        head = SqlLog(engine).head(KitchenId(KITCHEN))
        assert head is not None
        return head.seq
    finally:
        engine.dispose()
