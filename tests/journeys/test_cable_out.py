"""The cable is pulled: the cook goes on tapping, the screen says so; plugged in, both kiosks agree."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from dapur.stage import Stage
from tests.support.journey import place

COOK, OTHER_COOK = "s-joko", "s-budi"
RICE, CHICKEN = "G1-01", "G1-02"


@pytest.mark.timeout(120)
async def test_cook_goes_on_offline_and_everything_converges_when_the_cable_is_back(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Masak 1", "Masak 2") as here:
        near, far = here.kiosks
        await near.sign_in(COOK)
        await far.sign_in(OTHER_COOK)
        await near.has_sent_all()
        near.app.window.show_page("board", "")
        far.app.window.show_page("board", "")

        near.cable.pull()
        await near.is_offline()
        rice = near.id_of(RICE)
        await near.tap(f"card.{rice}.advance")
        await near.card_says(RICE, "Persiapan")
        await near.tap(f"card.{rice}.advance")
        await near.tap(f"card.{rice}.measure")
        await near.type("measure.pad", "64,5")
        await near.tap("measure.confirm")
        await near.card_says(RICE, "64,5")
        assert near.app.floor.unsent == 3
        badge = near.find("top.connection")
        assert badge is not None
        assert "3 belum terkirim" in badge.accessibleName()
        assert far.batch(RICE).stage is Stage.PLANNED

        # Meanwhile the other kiosk does the same first step of the same batch, and one of its own.
        await far.tap(f"card.{rice}.advance")
        await far.tap(f"card.{far.id_of(CHICKEN)}.advance")
        await far.has_sent_all()

        near.cable.plug()
        await near.tap("top.connection")
        await near.is_online()
        await near.has_sent_all()
        await far.card_says(RICE, "64,5")
        await near.card_says(CHICKEN, "Persiapan")
        assert near.batch(RICE) == far.batch(RICE)
        assert near.batch(RICE).stage is Stage.COOKING
        entered = [entry.stage for entry in near.batch(RICE).history]
        assert entered.count(Stage.PREPARING) == 1, "the same step twice is one step"
        assert not near.app.floor.kitchen.reviews
