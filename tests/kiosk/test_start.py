"""What a start loads before its first picture, and what it leaves for later."""

from __future__ import annotations

import builtins
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from kiosk.__main__ import import_as_python_does
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


def test_kiosk_imports_without_the_hook_that_reads_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    hook = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", hook)
    import_as_python_does()
    assert builtins.__import__ is getattr(builtins, "__orig_import__")  # noqa: B009 - not in its type
    import_as_python_does()
    assert builtins.__import__ is getattr(builtins, "__orig_import__")  # noqa: B009


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
