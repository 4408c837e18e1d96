"""A resting screen: it says time and alarms, an alarm wakes it, and the touch that wakes it presses nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from dapur.batch import HoldReason
from dapur.envelope import GENESIS
from dapur.hold import HoldBatchArgs
from dapur.kitchen import STATE_VERSION, encode_snapshot
from dapur.progress import AdvanceBatchArgs
from dapur.sync.effects import ApplySnapshot
from kiosk.app import App, Look
from kiosk.screens.rest import AFTER_S, Rest
from kiosk.session import IDLE_MS
from kiosk.widgets.rest_cover import RestCover
from tests.support.scene import OTHER_KIOSK, StillClock, Story, demo_plan, open_scene

CODE = "G1-02"
PATIENCE_S = 10.0
FINGER: list[object] = []


async def wait_for(what: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < give_up
        await asyncio.sleep(0.01)


def is_resting(rest: Rest) -> bool:
    """Asked anew each time: it changes by what the test does."""
    return rest.resting


async def touch(window: QWidget, name: str) -> None:
    """Down and up at the window, as the screen reports it."""
    part = next(each for each in window.findChildren(QWidget, name) if each.isVisible())
    spot = part.mapTo(window, QPoint(part.width() // 2, part.height() // 2))
    if not FINGER:
        FINGER.append(QTest.createTouchDevice())
    device = FINGER[0]
    QTest.touchEvent(window, device, False).press(0, spot, window).commit(False)  # type: ignore[call-overload]
    await asyncio.sleep(0.02)
    QTest.touchEvent(window, device, False).release(0, spot, window).commit(False)  # type: ignore[call-overload]
    await asyncio.sleep(0.05)


@asynccontextmanager
async def shown(folder: Path, qapp: QApplication, story: Story) -> AsyncIterator[tuple[App, Rest]]:
    app = open_scene(
        folder, qapp, story, "03:20", look=Look(size=(1366, 768), dpi=102.0), actors=("s-joko",)
    )
    try:
        await wait_for(app.window.isVisible)
        app.start_sounds()
        assert app.rest is not None
        yield app, app.rest
    finally:
        app.close()
        app.kiosk.store.close()
        await asyncio.sleep(0)


def cooking() -> Story:
    story = Story(demo_plan())
    for clock, to in (("03:05", "preparing"), ("03:10", "cooking")):
        story.tap(clock, "s-joko", "advance_batch", CODE, AdvanceBatchArgs(to=to))  # type: ignore[arg-type]
    return story


async def test_touch_that_wakes_presses_nothing_and_the_next_one_does(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with shown(tmp_path, qapp, cooking()) as (app, rest):
        await touch(app.window, "nav.alerts")
        assert app.window.page[0] == "alerts"
        rest.rest()
        assert is_resting(rest)
        await touch(app.window, "nav.review")
        assert not is_resting(rest)
        assert app.window.page[0] == "alerts"
        await asyncio.sleep(AFTER_S)
        await touch(app.window, "nav.review")
        assert app.window.page[0] == "review"


async def test_mouse_and_keys_wake_without_pressing_too(tmp_path: Path, qapp: QApplication) -> None:
    async with shown(tmp_path, qapp, cooking()) as (app, rest):
        handle = app.window.windowHandle()
        assert handle is not None
        spot_of = next(
            each for each in app.window.findChildren(QWidget, "nav.review") if each.isVisible()
        )
        spot = spot_of.mapTo(app.window, QPoint(10, 10))
        rest.rest()
        button = Qt.MouseButton.LeftButton
        QTest.mouseClick(handle, button, Qt.KeyboardModifier.NoModifier, spot)
        await wait_for(lambda: not rest.resting)
        assert app.window.page[0] == "board"
        rest.rest()
        QTest.keyClick(handle, Qt.Key.Key_Space)
        await wait_for(lambda: not rest.resting)
        assert app.window.page[0] == "board"


async def test_screen_rests_when_nobody_touches_it_and_each_touch_begins_the_wait_anew(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with shown(tmp_path, qapp, cooking()) as (app, rest):
        assert rest._idle.interval() == IDLE_MS
        clock = app.kiosk.time._clock
        assert isinstance(clock, StillClock)
        clock.now_ms += IDLE_MS - 1000
        await touch(app.window, "nav.alerts")
        clock.now_ms += 2000
        app.kiosk.session.tick()
        assert app.floor.actor == "s-joko", "a touch on any part keeps the actor"
        rest._idle.setInterval(1)
        rest._idle.start()
        await wait_for(lambda: rest.resting)
        clock.now_ms += IDLE_MS
        app.kiosk.session.tick()
        assert not app.floor.people.session.signed_in
        cover = app.window.findChild(RestCover)
        assert cover is not None
        app.floor.ticked.emit()
        assert cover.look().clock == app.floor.clock(app.floor.now_ms)


async def test_what_is_heard_wakes_the_screen(tmp_path: Path, qapp: QApplication) -> None:
    story = cooking()
    async with shown(tmp_path, qapp, story) as (app, rest):
        app.floor.ticked.emit()
        rest.rest()
        app.floor.ticked.emit()
        assert is_resting(rest), "nothing new: it goes on resting"
        story.tap(
            "03:20", "s-sari", "hold_batch", CODE, HoldBatchArgs(HoldReason.ALLERGEN),
            device=OTHER_KIOSK,
        )  # fmt: skip
        whole = encode_snapshot(story.kitchen)
        app.kiosk.replica.replaced(ApplySnapshot("scene", story.seq, GENESIS, STATE_VERSION, whole))
        app.floor.ticked.emit()
        assert not is_resting(rest)
