"""A kiosk that starts without a line shows the last known board with its age, and works."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from dapur.stage import Stage
from tests.support.journey import place

COOK, RICE = "s-joko", "G1-01"


@pytest.mark.timeout(120)
async def test_kiosk_started_offline_shows_the_last_known_board_with_its_age(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Masak 1") as here:
        (kiosk,) = here.kiosks
        await kiosk.sign_in(COOK)
        kiosk.app.window.show_page("board", "")
        await kiosk.tap(f"card.{kiosk.id_of(RICE)}.advance")
        await kiosk.has_sent_all()
        await kiosk.close()
        kiosk.cable.pull()

        await kiosk.open()
        await kiosk.card_says(RICE, "Persiapan")
        await kiosk.is_offline()
        await kiosk.see(lambda: kiosk.find("offline_strip") is not None, "no strip")

        # Nobody is signed in after a restart; offline the kiosk checks the PIN it knows.
        await kiosk.sign_in(COOK)
        kiosk.app.window.show_page("board", "")
        await kiosk.tap(f"card.{kiosk.id_of(RICE)}.advance")
        await kiosk.card_says(RICE, "Masak")
        assert kiosk.app.floor.unsent >= 1

        kiosk.cable.plug()
        await kiosk.tap("top.connection")
        await kiosk.is_online()
        await kiosk.has_sent_all()
        assert kiosk.batch(RICE).stage is Stage.COOKING
        assert not kiosk.app.floor.kitchen.reviews
