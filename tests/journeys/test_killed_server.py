"""The server is killed under a tap: the tap waits, and arrives once."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.support.journey import place

COOK, CHICKEN = "s-joko", "G1-02"


@pytest.mark.timeout(120)
async def test_taps_survive_a_killed_server(tmp_path: Path, qapp: QApplication) -> None:
    async with place(tmp_path, qapp, "Masak 1", "Masak 2") as here:
        near, far = here.kiosks
        await near.sign_in(COOK)
        near.app.window.show_page("board", "")
        here.server.kill()
        await near.is_offline()
        await near.tap(f"card.{near.id_of(CHICKEN)}.advance")
        await near.card_says(CHICKEN, "Persiapan")
        here.server.start()
        await near.is_online()
        await near.has_sent_all()
        await far.card_says(CHICKEN, "Persiapan")
