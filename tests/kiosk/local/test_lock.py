"""One kiosk for one folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.local.lock import AlreadyRunning, FolderLock

HOLD = """
import sys, time
from pathlib import Path
from kiosk.local.lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_second_kiosk_is_refused_at_once_when_the_folder_is_in_use(tmp_path: Path) -> None:
    with FolderLock(tmp_path / "data"):
        with pytest.raises(AlreadyRunning) as refused:
            FolderLock(tmp_path / "data")
        assert refused.value.holder == str(os.getpid())
        assert str(tmp_path / "data") in str(refused.value)


def test_next_kiosk_gets_the_folder_when_the_first_let_go(tmp_path: Path) -> None:
    FolderLock(tmp_path).release()
    FolderLock(tmp_path).release()


def test_next_kiosk_gets_the_folder_when_the_first_was_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning):
            FolderLock(tmp_path)
        holder.kill()
        holder.wait()
    FolderLock(tmp_path).release()
