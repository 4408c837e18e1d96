"""A cook takes the last tap back; the other kiosk shows it too."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from dapur.stage import Stage
from tests.support.journey import place

COOK, CODE = "s-joko", "G1-03"


@pytest.mark.timeout(120)
async def test_cook_takes_the_last_tap_back(tmp_path: Path, qapp: QApplication) -> None:
    async with place(tmp_path, qapp, "Masak 1", "Masak 2") as here:
        near, far = here.kiosks
        await near.sign_in(COOK)
        near.app.window.show_page("board", "")
        await near.tap(f"card.{near.id_of(CODE)}.advance")
        await far.card_says(CODE, "Persiapan")
        await near.tap("undo.undo")
        await near.see(lambda: near.batch(CODE).stage is Stage.PLANNED, "not taken back")
        await far.see(lambda: far.batch(CODE).stage is Stage.PLANNED, "not taken back there")
