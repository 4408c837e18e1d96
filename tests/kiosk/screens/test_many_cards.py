"""Two hundred cards under a finger: a drag scrolls and taps nothing, a tap after it hits the card that is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea

from dapur.ids import BatchId
from kiosk.app import App, Look
from kiosk.screens.board import BoardPage
from kiosk.views.board import BoardView
from kiosk.widgets.batch_target import BatchTarget
from tests.shots import night
from tests.support.scene import Story, open_scene

COUNT = 200
PATIENCE = 750


def crowded() -> Story:
    """The scripted night with its first batches again and again."""
    story = night()
    batches = dict(story.kitchen.batches)
    first = list(batches.values())
    for number in range(COUNT - len(first)):
        model = first[number % len(first)]
        plan = replace(model.plan, code=f"G9-{number:03d}", name=f"Masakan {number}")
        key = BatchId(f"2026-11-22-G9-{number:03d}")
        batches[key] = replace(model, id=key, plan=plan)
    story.kitchen = replace(story.kitchen, batches=batches)
    return story


async def until(what: Callable[[], bool]) -> None:
    for _ in range(PATIENCE):
        if what():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came so")


async def drag(app: App, start: QPoint, by_px: int) -> None:
    """One finger, down, along and up, as the screen reports it."""
    device, window = QTest.createTouchDevice(), app.window
    QTest.touchEvent(window, device, False).press(0, start, window).commit(False)
    spot = start
    for step in range(1, 11):
        await asyncio.sleep(0.01)
        spot = start + QPoint(0, by_px * step // 10)
        QTest.touchEvent(window, device, False).move(0, spot, window).commit(False)
    QTest.touchEvent(window, device, False).release(0, spot, window).commit(False)


def seen_cards(page: BoardPage) -> list[BatchTarget]:
    """Those whose head is in view."""
    area = page.findChild(QScrollArea)
    assert area is not None
    port = area.viewport()
    return [
        each for each in page.cards() if port.rect().contains(each.mapTo(port, QPoint(150, 20)))
    ]


async def test_drag_that_a_busy_screen_hears_of_at_once_taps_nothing(
    qapp: QApplication, tmp_path: Path
) -> None:
    """All its events wait while the loop is held up; then the button under the finger saw press and release."""
    look = Look(language="id", size=(1366, 768), dpi=102.0)
    app = open_scene(tmp_path, qapp, night(), "04:42", look=look, actors=("s-sari",))
    page = app.window.shown_page
    assert isinstance(page, BoardPage)
    await until(lambda: bool(seen_cards(page)))
    spot = seen_cards(page)[0].mapTo(app.window, QPoint(150, 20))
    device, window = QTest.createTouchDevice(), app.window
    for there in (QPoint(0, 80), QPoint(80, 0)):
        touch = QTest.touchEvent(window, device, False)
        touch.press(0, spot, window).commit(False)
        QTest.touchEvent(window, device, False).move(0, spot + there, window).commit(False)
        QTest.touchEvent(window, device, False).move(0, spot, window).commit(False)
        QTest.touchEvent(window, device, False).release(0, spot, window).commit(False)
        await asyncio.sleep(0.6)
        assert app.window.page == ("board", "")
    none = Qt.KeyboardModifier.NoModifier
    QTest.mouseClick(window.windowHandle(), Qt.MouseButton.LeftButton, none, spot)
    await until(lambda: app.window.page[0] == "batch")
    app.close()


async def test_finger_scrolls_two_hundred_cards_and_taps_the_right_one(
    qapp: QApplication, tmp_path: Path
) -> None:
    story = crowded()
    look = Look(language="id", size=(1366, 768), dpi=102.0)
    app = open_scene(tmp_path, qapp, story, "04:42", look=look, actors=("s-sari",))
    page = app.window.shown_page
    assert isinstance(page, BoardPage)
    await until(lambda: len(page.cards()) == COUNT)
    wanted = [c.id for s in BoardView(app.floor).sections() for c in s.cards]
    area = page.findChild(QScrollArea)
    assert area is not None
    bar = area.verticalScrollBar()
    start = area.viewport().mapTo(app.window, area.viewport().rect().center())
    for _ in range(2):
        before = bar.value()
        await drag(app, start + QPoint(0, 150), -300)
        await until(lambda before=before: bar.value() > before + 100)  # type: ignore[misc]
        still = -1
        while still != bar.value():
            still = bar.value()
            await asyncio.sleep(0.1)
    assert app.window.page == ("board", "")
    assert [card.look().id for card in page.cards()] == wanted
    card = seen_cards(page)[0]
    spot = card.mapTo(app.window, QPoint(150, 20))
    device = QTest.createTouchDevice()
    QTest.touchEvent(app.window, device, False).press(0, spot, app.window).commit(False)
    await asyncio.sleep(0.02)
    QTest.touchEvent(app.window, device, False).release(0, spot, app.window).commit(False)
    await until(lambda: app.window.page == ("batch", card.look().id))
    app.close()
