"""`make run` on a machine without a display: a picture of a living board, and nothing left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 14


def _ours(marker: str) -> list[str]:
    """Command lines of running processes that carry the marker."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if marker in line and entry.name != str(os.getpid()):
                found.append(line)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks for left-over processes in /proc")
@pytest.mark.timeout(150)
def test_make_run_shows_a_living_board_and_leaves_no_process(tmp_path: Path) -> None:
    data, shot = tmp_path / "demo", tmp_path / "board.png"
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    words = ("run", "--seconds", str(SECONDS), "--shot", str(shot), "--data", str(data))
    done = subprocess.run(
        [sys.executable, "dev.py", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no display" in done.stdout
    picture = QImage(str(shot))
    assert (picture.width(), picture.height()) == (1366, 768)
    colours = {picture.pixel(x, y) for x in range(0, 1366, 7) for y in range(0, 768, 7)}
    assert len(colours) > 50, "an empty window"
    assert not _ours(str(data)), "a process was left behind"

    verified = subprocess.run(
        [sys.executable, "-m", "server", "verify", "--data", str(data / "server")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    events = int(verified.stdout.split(":")[1].split()[0])
    assert events > 100, "the crew did not work"
