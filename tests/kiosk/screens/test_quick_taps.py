"""Quick fingers: two taps at different places within a double click's time are two taps."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from kiosk.app import App, Look
from kiosk.widgets.key_pad import KeyPad
from kiosk.widgets.person_tile import PersonTile
from tests.support.scene import Story, demo_plan, open_scene

FINGER: list[object] = []


async def touch(window: QWidget, name: str) -> None:
    """Down and up at once, at the window, as the screen reports it."""
    part = next(each for each in window.findChildren(QWidget, name) if each.isVisible())
    spot = part.mapTo(window, QPoint(part.width() // 2, part.height() // 2))
    if not FINGER:
        FINGER.append(QTest.createTouchDevice())
    device = FINGER[0]
    QTest.touchEvent(window, device, False).press(0, spot, window).commit(False)  # type: ignore[call-overload]
    await asyncio.sleep(0.01)
    QTest.touchEvent(window, device, False).release(0, spot, window).commit(False)  # type: ignore[call-overload]
    await asyncio.sleep(0.05)


async def test_window_takes_a_tap_in_a_scrolled_area_right_after_another_tap(
    tmp_path: Path, qapp: QApplication
) -> None:
    app: App = open_scene(
        tmp_path, qapp, Story(demo_plan()), "01:00", look=Look(size=(1920, 1080), dpi=102.0)
    )
    try:
        await asyncio.sleep(0.1)
        for name in ("nav.alerts", "nav.sign_in"):
            await touch(app.window, name)
        for who in ("s-agus", "s-asep", "s-bayu"):
            await touch(app.window, f"person.{who}")
            tiles = app.window.findChildren(PersonTile)
            assert [each.look().key for each in tiles if each.look().chosen] == [who]
        for digit in "1357":
            await touch(app.window, f"sign_in.pad.{digit}")
        pad = app.window.findChild(KeyPad, "sign_in.pad")
        assert isinstance(pad, KeyPad)
        assert pad.entry() == "1357"
    finally:
        app.close()
        app.kiosk.store.close()
        await asyncio.sleep(0)
