"""The language is switched in the middle, and stays after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.support.journey import place

CODE = "G1-03"


@pytest.mark.timeout(120)
async def test_board_speaks_english_at_once_when_the_language_is_switched(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Masak 1") as here:
        (kiosk,) = here.kiosks
        await kiosk.card_says(CODE, "Rencana")
        await kiosk.tap("nav.menu")
        await kiosk.tap("menu.display")
        await kiosk.tap("display.en")
        await kiosk.tap("nav.board")
        await kiosk.card_says(CODE, "Planned")
        await kiosk.close()
        await kiosk.open(language=None)
        await kiosk.card_says(CODE, "Planned")
