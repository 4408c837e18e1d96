"""Start and end of the process on Qt's loop, in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from kiosk.loop import STUCK_EXIT

HEAD = """
import asyncio, sys
from PySide6.QtWidgets import QApplication, QWidget
from PySide6.QtCore import QTimer
from kiosk import loop
loop.SHUTDOWN_S = 0.3
app = QApplication([])
"""
ORDERLY = """
async def main(stop):
    window = QWidget()
    window.show()
    window.close()
    print("ready", flush=True)
    await stop.wait()
    await asyncio.sleep(0.01)
    print("closed", flush=True)
    return 7
sys.exit(loop.run(app, main))
"""
HANGING = """
async def main(stop):
    print("ready", flush=True)
    await stop.wait()
    await asyncio.sleep(60)
    return 0
sys.exit(loop.run(app, main))
"""
FAILING = """
def broken():
    raise ValueError("a slot failed")
async def main(stop):
    QTimer.singleShot(0, broken)
    await asyncio.sleep(0.05)
    print("still here", flush=True)
    return 0
sys.exit(loop.run(app, main))
"""


def start(program: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HEAD + program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )


@pytest.mark.skipif(sys.platform == "win32", reason="no signals there")
def test_kiosk_closes_in_order_when_terminated_and_not_when_a_window_closes() -> None:
    with start(ORDERLY) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out) == (7, "closed\n"), err


@pytest.mark.skipif(sys.platform == "win32", reason="no signals there")
def test_kiosk_is_cut_when_its_shutdown_hangs() -> None:
    with start(HANGING) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
        assert process.returncode == STUCK_EXIT
        assert "the shutdown hangs" in err


def test_kiosk_goes_on_and_logs_when_a_slot_fails() -> None:
    with start(FAILING) as process:
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out) == (0, "still here\n")
        assert "a slot failed" in err
