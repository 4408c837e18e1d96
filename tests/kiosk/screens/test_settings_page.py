"""The settings on the glass: what is chosen holds and is kept, the glass can be wiped, and a cook cannot leave."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from dapur.ids import StaffId
from kiosk.app import App, Look
from kiosk.pins import SignIn, SignInResult
from kiosk.screens.daylight import is_night
from kiosk.screens.wiping import Wiping
from kiosk.views.scale import CARD_WIDE_MM, ScaleView
from kiosk.views.words import Language
from kiosk.widgets.base import Pressable
from kiosk.widgets.card_bar import CardBar
from kiosk.widgets.key_pad import KeyPad
from kiosk.widgets.toast import Toast
from kiosk.widgets.touch_lock import TouchLock
from tests.support.scene import StillClock, Story, demo_plan, open_scene

HEAD, COOK = "s-hendra", "s-sari"


class RightPin:
    """Every PIN is right."""

    async def check(self, staff: StaffId, pin: str, *, signing_in: bool) -> SignInResult:  # noqa: ARG002
        return SignInResult(SignIn.OK)


@asynccontextmanager
async def kiosk(
    folder: Path,
    qapp: QApplication,
    *,
    actor: str = COOK,
    clock: str = "04:00",
    look: Look | None = None,
) -> AsyncIterator[App]:
    look = look or Look(size=(1280, 720), dpi=102.0)
    app = open_scene(folder, qapp, Story(demo_plan()), clock, look=look, actors=(actor,))
    try:
        app.window.show_page("display", "")
        await asyncio.sleep(0)
        yield app
    finally:
        app.close()
        app.kiosk.store.close()
        await asyncio.sleep(0)


def part(app: App, name: str) -> QWidget:
    found = [each for each in app.window.findChildren(QWidget, name) if each.isVisible()]
    assert found, f"no {name} on the glass"
    return found[0]


async def press(app: App, name: str) -> None:
    button = part(app, name)
    if isinstance(button, Pressable):
        button.set_clock(lambda: float("inf"))
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    await asyncio.sleep(0)


async def until(what: Callable[[], bool], otherwise: str) -> None:
    for _ in range(1500):
        if what():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(otherwise)


async def test_kiosk_keeps_each_choice_when_it_is_opened_again(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with kiosk(tmp_path, qapp) as app:
        app.start_sounds()
        for name in ("display.glove", "display.motion", "display.sounds", "display.en"):
            await press(app, name)
        assert app.theme.metrics.glove
        assert app.theme.reduce_motion
        noted = app.kiosk.store.noted
        assert (noted("glove"), noted("motion"), noted("sounds")) == ("yes", "yes", "no")
        assert noted("language") == "en"
    async with kiosk(tmp_path, qapp, look=Look(size=(1280, 720), dpi=102.0)) as app:
        assert app.theme.metrics.glove
        assert app.theme.reduce_motion
        assert app.floor.words.language == "en"
        assert not part(app, "display.sounds").isChecked()  # type: ignore[attr-defined]


@pytest.mark.parametrize(("clock", "dark"), [("04:00", True), ("08:00", False)])
async def test_kiosk_takes_the_palette_of_the_hour_when_it_follows_the_clock(
    tmp_path: Path, qapp: QApplication, clock: str, dark: bool
) -> None:
    async with kiosk(tmp_path, qapp, clock=clock) as app:
        await press(app, "display.auto")
        assert app.theme.dark is dark
        await press(app, "display.light" if dark else "display.dark")
        assert app.theme.dark is not dark
        assert app._daylight is None
        await press(app, "display.auto")
        assert app.theme.dark is dark


async def test_kiosk_changes_its_palette_when_the_evening_comes(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with kiosk(tmp_path, qapp, clock="05:59") as app:
        await press(app, "display.auto")
        assert app.theme.dark
        clock = app.kiosk.time._clock
        assert isinstance(clock, StillClock)
        clock.now_ms += 60_000
        assert app._daylight is not None
        app._daylight.look()
        assert not app.theme.dark


def test_night_is_from_six_in_the_evening_until_six_in_the_morning() -> None:
    assert [is_night(minute) for minute in (0, 359, 360, 1079, 1080, 1439)] == [
        *(True, True, False),
        *(False, True, True),
    ]


async def test_cook_is_told_why_when_the_screen_may_not_be_measured(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with kiosk(tmp_path, qapp) as app:
        await press(app, "display.scale")
        toast = app.window.findChild(Toast)
        assert toast is not None
        assert toast.isVisible()
        assert app.window.findChild(CardBar) is None


async def test_head_makes_the_bar_as_wide_as_a_card_and_the_size_stays(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with kiosk(tmp_path, qapp, actor=HEAD) as app:
        await press(app, "display.scale")
        bar = app.window.findChild(CardBar)
        assert bar is not None
        before = bar.wide_px()
        for _ in range(3):
            await press(app, "scale.much_wider")
        assert bar.wide_px() > before * 1.1
        await press(app, "scale.narrower")
        await press(app, "scale.confirm")
        dpi = app.theme.metrics.dpi
        assert dpi == pytest.approx(102.0 * 1.05**3 / 1.005, rel=0.01)
    async with kiosk(tmp_path, qapp, look=Look(size=(1280, 720))) as app:
        assert app.theme.metrics.dpi == pytest.approx(dpi, rel=0.01)
        assert round(app.theme.mm(CARD_WIDE_MM) / app.theme.metrics.dpi * 25.4) == 86


async def test_bar_stays_on_the_sheet_when_somebody_keeps_tapping(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with kiosk(tmp_path, qapp) as app:
        view = ScaleView(app.floor, 102.0)
        for _ in range(100):
            view.step("much_wider")
        assert view.bar_px < 1280 - 2 * 60
        for _ in range(200):
            view.step("much_narrower")
        assert view.bar_px > 100


async def test_glass_is_deaf_while_it_is_wiped_and_hears_again_after(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with kiosk(tmp_path, qapp) as app:
        Wiping(app.theme, app.floor, app.window, wipe_ms=60_000)
        lock = app.window.findChild(TouchLock)
        assert lock is not None
        assert lock.isVisible()
        device = QTest.createTouchDevice()
        first, second = QPoint(200, 130), QPoint(600, 130)
        QTest.touchEvent(app.window, device, False).press(0, first, app.window).press(
            1, second, app.window
        ).commit(False)
        QTest.touchEvent(app.window, device, False).release(0, first, app.window).release(
            1, second, app.window
        ).commit(False)
        glove = app.window.findChild(Pressable, "display.glove")
        assert glove is not None
        QTest.mouseClick(glove, Qt.MouseButton.LeftButton)
        QTest.keyClick(glove, Qt.Key.Key_Space)
        QTest.mouseClick(lock, Qt.MouseButton.LeftButton)
        await asyncio.sleep(0.05)
        assert not app.theme.metrics.glove
        assert app.floor.words.language == "id"
        assert lock.isVisible()
        wiping = app.window.findChild(Wiping)
        assert wiping is not None
        wiping._until_s = 0.0
        await until(lambda: app.window.findChild(TouchLock) is None, "the lock never ends")
        await press(app, "display.glove")
        assert app.theme.metrics.glove


async def test_new_alarm_ends_the_wiping(tmp_path: Path, qapp: QApplication) -> None:
    async with kiosk(tmp_path, qapp, clock="00:00") as app:
        before = {alert.key for alert in app.floor.alerts}
        Wiping(app.theme, app.floor, app.window, wipe_ms=600_000)
        assert app.window.findChild(TouchLock) is not None
        clock = app.kiosk.time._clock
        assert isinstance(clock, StillClock)
        # Nobody began to cook: hours later the clock alone raises alarms.
        clock.now_ms += 5 * 3_600_000
        app.floor.changed.emit()
        assert {alert.key for alert in app.floor.alerts} - before
        await until(lambda: app.window.findChild(TouchLock) is None, "the alarm waits unseen")


async def test_window_stays_when_a_cook_closes_it_in_kiosk_mode(
    tmp_path: Path, qapp: QApplication
) -> None:
    closed: list[bool] = []
    async with kiosk(tmp_path, qapp, look=Look(size=(1280, 720), dpi=102.0, kiosk=True)) as app:
        app.window.closed.connect(lambda: closed.append(True))
        assert not app.window.close()
        assert not closed
        assert app.window.isVisible()
        toast = app.window.findChild(Toast)
        assert toast is not None
        assert toast.isVisible()
        assert part(app, "display.leave").isEnabled()
        app.kiosk.session._pins = RightPin()
        await press(app, "display.leave")
        pad = app.window.findChild(KeyPad, "ask.sign.pad")
        assert pad is not None
        for digit in "135790":
            pad.press(digit)
        await until(lambda: bool(closed), "the head cannot leave")
        await app.kiosk.session.close()


async def test_window_asks_to_end_when_it_is_closed_outside_kiosk_mode(
    tmp_path: Path, qapp: QApplication
) -> None:
    closed: list[bool] = []
    async with kiosk(tmp_path, qapp) as app:
        app.window.closed.connect(lambda: closed.append(True))
        app.window.close()
        assert closed
        assert app.window.findChild(QWidget, "display.leave") is None


@pytest.mark.parametrize("language", ["id", "en"])
async def test_settings_tell_the_support_what_it_asks_for(
    tmp_path: Path, qapp: QApplication, language: Language
) -> None:
    look = Look(size=(1280, 720), dpi=102.0, language=language)
    async with kiosk(tmp_path, qapp, look=look) as app:
        texts = " ".join(each.accessibleName() for each in app.window.findChildren(QWidget))
        assert "d-kios-masak-1" in texts
        assert "0.1.0" in texts
        assert "GB" in texts


@pytest.mark.parametrize("page", ["board", "display", "summary", "alerts", "admin"])
async def test_closed_window_waits_for_its_end_without_the_file(
    tmp_path: Path, qapp: QApplication, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = Look(size=(1280, 720), dpi=102.0)
    app = open_scene(tmp_path, qapp, Story(demo_plan()), "04:00", look=look, actors=(HEAD,))
    app.start_sounds()
    app.window.show_page(page, "")
    app.close()
    app.kiosk.store.close()
    faults: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda _kind, error, _trace: faults.append(error))
    # Qt takes the window away at its next turn; until then what was posted before still arrives.
    app.floor.ticked.emit()
    app.floor.changed.emit()
    ticking = [each for each in app.window.findChildren(QTimer) if each.isActive()]
    assert not faults
    assert {each.objectName() for each in ticking} <= {"idle"}
    await asyncio.sleep(0)
