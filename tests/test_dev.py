"""The tool that runs the tests ends in time and leaves no process behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import dev

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux hands orphans on"
)

# The parent ends at once, its child would stay for a minute.
ORPHAN = (
    "import subprocess, sys, pathlib;"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],"
    " start_new_session=True);"
    "pathlib.Path(sys.argv[1]).write_text(str(child.pid));"
    "sys.exit(3)"
)


def bounded(command: list[str], limit_s: float) -> tuple[int, str]:
    """What `run_bounded` does, in a process of its own: it adopts orphans for good."""
    program = (
        "import os, sys, dev;"
        f"sys.exit(dev.run_bounded({command!r}, limit_s={limit_s}, env=dict(os.environ)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=dev.ROOT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    return done.returncode, done.stdout


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_run_bounded_gives_the_commands_exit_code() -> None:
    assert bounded([sys.executable, "-c", "raise SystemExit(5)"], 30)[0] == 5


def test_run_bounded_ends_what_the_command_left_behind(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code, said = bounded([sys.executable, "-c", ORPHAN, str(note)], 30)
    assert code == 3
    assert "Left behind" in said
    assert not is_alive(int(note.read_text()))


def test_run_bounded_ends_a_command_that_hangs() -> None:
    began = time.monotonic()
    code, said = bounded([sys.executable, "-c", "import time; time.sleep(40)"], 0.5)
    assert code == dev.OVERTIME
    assert "Not done after" in said
    assert time.monotonic() - began < 30
