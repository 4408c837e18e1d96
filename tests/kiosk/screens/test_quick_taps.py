"""Quick, slipped and heavy hands: what is a tap, and what is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QSizeF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from kiosk.app import App, Look
from kiosk.theme.finger import Finger
from kiosk.widgets.key_pad import KeyPad
from kiosk.widgets.person_tile import PersonTile
from tests.support.scene import Story, demo_plan, open_scene

PATIENCE_S = 15.0
FINGER: list[object] = []


def place_of(window: QWidget, name: str) -> QPoint:
    part = next(each for each in window.findChildren(QWidget, name) if each.isVisible())
    return part.mapTo(window, QPoint(part.width() // 2, part.height() // 2))


def event(window: QWidget) -> Any:
    """One report of the screen, to be filled."""
    if not FINGER:
        FINGER.append(QTest.createTouchDevice())
    return QTest.touchEvent(window, FINGER[0], False)  # type: ignore[call-overload]


async def touch(window: QWidget, name: str) -> None:
    """Down and up at once, at the window, as the screen reports it."""
    spot = place_of(window, name)
    event(window).press(0, spot, window).commit(False)
    await asyncio.sleep(0.01)
    event(window).release(0, spot, window).commit(False)
    await asyncio.sleep(0.05)


async def old_enough(app: App, name: str) -> None:
    """Until a tap on what came with the page counts."""
    part = next(each for each in app.window.findChildren(QWidget, name) if each.isVisible())
    async with asyncio.timeout(PATIENCE_S):
        while app.theme.finger.is_new(part):  # noqa: ASYNC110 - a clock, no event, ends it
            await asyncio.sleep(0.01)


@asynccontextmanager
async def window(folder: Path, qapp: QApplication) -> AsyncIterator[App]:
    story = Story(demo_plan())
    app = open_scene(folder, qapp, story, "01:00", look=Look(size=(1920, 1080), dpi=102.0))
    try:
        await asyncio.sleep(0.1)
        yield app
    finally:
        app.close()
        app.kiosk.store.close()
        await asyncio.sleep(0)


async def test_window_takes_a_tap_in_a_scrolled_area_right_after_another_tap(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with window(tmp_path, qapp) as app:
        for name in ("nav.alerts", "nav.sign_in"):
            await touch(app.window, name)
        await old_enough(app, "person.s-agus")
        for who in ("s-agus", "s-asep", "s-bayu"):
            await touch(app.window, f"person.{who}")
            tiles = app.window.findChildren(PersonTile)
            assert [each.look().key for each in tiles if each.look().chosen] == [who]
        for digit in "1357":
            await touch(app.window, f"sign_in.pad.{digit}")
        pad = app.window.findChild(KeyPad, "sign_in.pad")
        assert isinstance(pad, KeyPad)
        assert pad.entry() == "1357"


async def test_second_tap_does_not_press_what_the_first_one_brought(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with window(tmp_path, qapp) as app:
        await touch(app.window, "nav.menu")
        await touch(app.window, "menu.completed")
        assert app.window.page == ("menu", "")
        await old_enough(app, "menu.completed")
        await touch(app.window, "menu.completed")
        assert app.window.page == ("completed", "")


async def test_page_that_nobody_touched_for_takes_the_first_tap(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with window(tmp_path, qapp) as app:
        app.window.show_page("menu", "")
        await asyncio.sleep(0.05)
        await touch(app.window, "menu.completed")
        assert app.window.page == ("completed", "")


async def test_hand_that_lies_on_the_glass_presses_nothing(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with window(tmp_path, qapp) as app:
        first, second = place_of(app.window, "nav.alerts"), place_of(app.window, "nav.team")
        event(app.window).press(0, first, app.window).commit(False)
        await asyncio.sleep(0.02)
        event(app.window).stationary(0).press(1, second, app.window).commit(False)
        await asyncio.sleep(0.02)
        event(app.window).release(0, first, app.window).stationary(1).commit(False)
        await asyncio.sleep(0.02)
        event(app.window).release(1, second, app.window).commit(False)
        await asyncio.sleep(0.05)
        assert app.window.page[0] == "board"
        await touch(app.window, "nav.team")
        assert app.window.page[0] == "team", "one finger presses again"


class Wide:
    """A contact of this width; the screen of a test tells none."""

    def __init__(self, wide_px: float) -> None:
        self._wide_px = wide_px

    def ellipseDiameters(self) -> QSizeF:  # noqa: N802 - Qt's name
        return QSizeF(self._wide_px, 4)


def test_palm_is_known_by_its_width() -> None:
    finger = Finger(lambda mm: round(mm * 4))
    assert not finger.is_palm([Wide(0)])
    assert not finger.is_palm([Wide(20 * 4)]), "a thumb in a glove"
    assert finger.is_palm([Wide(26 * 4)])
    assert finger.is_palm([Wide(0), Wide(0)])
