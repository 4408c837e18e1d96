"""What a start loads before its first picture, and what it leaves for later."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication

from kiosk.app import Look
from kiosk.screens.board import AT_ONCE, BoardPage
from tests.kiosk.screens.test_many_cards import COUNT, crowded, until
from tests.support.scene import open_scene

ROOT = Path(__file__).resolve().parents[2]
LATER = ("websockets", "cryptography", "argon2", "sqlalchemy", "pyqtgraph", "numpy", "keyring")
"""Slow to load, and of no use to a board: line, secrets, charts."""


def test_board_is_loaded_without_line_secrets_and_charts() -> None:
    """Each of them took the first picture 30 to 200 ms."""
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            (
                "import sys; import kiosk.headless, kiosk.app, kiosk.loop;"
                f"print([each for each in {LATER} if each in sys.modules])"
            ),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "[]"


def test_kiosk_imports_without_the_hook_that_reads_sources() -> None:
    assert _said("import_qt_base(); print(builtins.__import__ is plain)") == "True"


def test_signatures_of_qt_are_not_read_by_a_start() -> None:
    """They would be compiled from text each time: 50 ms."""
    said = _said(
        "import_qt_base(); import kiosk.app;"
        "print(sum(type(each) is Later for each in set(sys.modules.values())))"
    )
    assert said == "6"


def test_wrong_call_of_qt_is_told_as_ever() -> None:
    """The text of a TypeError is what the signatures are for: word for word that of a plain import."""
    wrong = """
from PySide6.QtCore import QPoint
try:
    QPoint("left")
except TypeError as error:
    print(error)
import PySide6.support.signature.parser as parser
print(callable(parser.pyside_type_init), hasattr(parser, "nothing"))
"""
    told = _said(f"import_qt_base()\n{wrong}")
    assert "Supported signatures" in told
    assert told == _said(f"import PySide6\n{wrong}")


def _said(text: str) -> str:
    """What a fresh Python prints that runs this."""
    begin = "import builtins, sys; plain = builtins.__import__; from kiosk.qt_base import *\n"
    command = [sys.executable, "-c", begin + text]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


async def test_first_picture_of_a_long_board_does_not_wait_for_all_cards(
    qapp: QApplication, tmp_path: Path
) -> None:
    look = Look(language="id", size=(1366, 768), dpi=102.0)
    app = open_scene(tmp_path, qapp, crowded(), "04:42", look=look, actors=("s-sari",))
    page = app.window.shown_page
    assert isinstance(page, BoardPage)
    assert len(page.cards()) == AT_ONCE
    await until(lambda: len(page.cards()) == COUNT)
    app.close()
