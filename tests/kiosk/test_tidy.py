"""Garbage is collected by a timer between events, and never in the middle of one."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from kiosk.theme.marks import override
from kiosk.tidy import tidied

LOOPING = """
import gc, sys
from PySide6.QtWidgets import QApplication
from kiosk import loop
app = QApplication([])
async def main(stop):
    print(gc.isenabled(), flush=True)
    return 0
code = loop.run(app, main)
print(gc.isenabled(), flush=True)
sys.exit(code)
"""


class Knot(QWidget):
    """A widget that keeps itself alive, as a closed sheet does by its own slots."""

    def __init__(self) -> None:
        super().__init__()
        self.me = self


class Hungry(QWidget):
    """Asks for so much memory while it paints that Python's collector would run."""

    alive_after = False
    knot: weakref.ref[Knot] | None = None

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        kept = [[number] for number in range(5_000)]
        assert kept
        self.alive_after = self.knot is not None and self.knot() is not None


@pytest.mark.usefixtures("qapp")
def test_tidied_frees_a_widget_by_its_timer(qtbot: QtBot) -> None:
    with tidied(every_ms=5):
        knot = weakref.ref(Knot())
        assert knot() is not None
        qtbot.waitUntil(lambda: knot() is None, timeout=5_000)


def test_tidied_frees_nothing_while_a_widget_paints(qapp: QApplication) -> None:
    before = gc.isenabled()
    gc.enable()
    try:
        with tidied(every_ms=60_000):
            hungry = Hungry()
            hungry.knot = weakref.ref(Knot())
            hungry.setGeometry(QRect(0, 0, 50, 50))
            hungry.grab()
            assert hungry.alive_after
            assert not gc.isenabled()
        assert gc.isenabled()
        hungry.close()
    finally:
        if not before:
            gc.disable()
        gc.collect()
    assert qapp is not None


def test_kiosk_runs_without_the_automatic_collector() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOOPING],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.stdout.split() == ["False", "True"]
