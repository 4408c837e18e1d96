"""A cook changes language, colours and gloves in the middle of the work, wipes the glass, and finds all of it again."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from kiosk.screens.wiping import Wiping
from kiosk.widgets.touch_lock import TouchLock
from tests.support.journey import Kiosk, place

CODE = "G1-03"
COOK = "s-sari"


async def touch_through_the_lock(kiosk: Kiosk, name: str) -> None:
    """Both hands on the glass, where the part lies under the cover."""
    window = kiosk.app.window
    part = window.findChild(QWidget, name)
    assert part is not None
    spot = part.mapTo(window, part.rect().center())
    device = kiosk._touch_device()
    pressed = QTest.touchEvent(window, device, False)
    pressed.press(0, spot, window).press(1, window.rect().center(), window).commit(False)
    released = QTest.touchEvent(window, device, False)
    released.release(0, spot, window).release(1, window.rect().center(), window).commit(False)


@pytest.mark.timeout(150)
async def test_cook_changes_the_look_by_touch_and_finds_it_after_a_restart(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Masak 1") as here:
        (kiosk,) = here.kiosks
        await kiosk.sign_in(COOK)
        await kiosk.tap("nav.board")
        await kiosk.card_says(CODE, "Rencana")
        kiosk.cable.pull()
        await kiosk.is_offline()
        await kiosk.tap("nav.menu")
        await kiosk.tap("menu.display")
        for choice in ("en", "dark", "glove", "motion"):
            await kiosk.tap(f"display.{choice}")
        theme = kiosk.app.theme
        assert (theme.dark, theme.metrics.glove, theme.reduce_motion) == (True, True, True)

        await kiosk.tap("display.wipe")
        lock = kiosk.app.window.findChild(TouchLock)
        assert lock is not None
        await touch_through_the_lock(kiosk, "display.light")
        assert theme.dark
        # Half a minute goes by.
        wiping = kiosk.app.window.findChild(Wiping)
        assert wiping is not None
        wiping._until_s = 0.0
        await kiosk.see(
            lambda: kiosk.app.window.findChild(TouchLock) is None, "the glass stays locked"
        )
        assert theme.dark
        assert kiosk.app.window.page == ("display", "")

        await kiosk.tap("nav.board")
        await kiosk.card_says(CODE, "Planned")
        await kiosk.close()
        await kiosk.open()
        theme = kiosk.app.theme
        assert (theme.dark, theme.metrics.glove, theme.reduce_motion) == (True, True, True)
        await kiosk.card_says(CODE, "Planned")
