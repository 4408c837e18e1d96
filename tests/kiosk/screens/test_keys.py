"""Keyboard, bump bar and scanner at the window: keys arrive as the system sends them, and nothing leaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from kiosk.app import App, Look
from kiosk.screens.keys import Keys
from kiosk.views.floor import Message
from kiosk.widgets.base import Pressable
from kiosk.widgets.batch_target import BatchTarget
from kiosk.widgets.focus_order import stops
from kiosk.widgets.key_pad import KeyPad
from kiosk.widgets.sheet import Sheet
from tests.shots import night
from tests.support.scene import open_scene

STORY = night()
PATIENCE = 500


@pytest.fixture
def opened(qapp: QApplication, tmp_path: Path) -> Iterator[Callable[[], App]]:
    """Opens the window; within a test, since it needs the running loop."""
    made: list[App] = []

    def open_app() -> App:
        look = Look(language="id", size=(1366, 768), dpi=102.0)
        app = open_scene(tmp_path, qapp, STORY, "04:42", look=look, actors=("s-sari",))
        app.window.listen_to_keys()
        made.append(app)
        return app

    yield open_app
    for app in made:
        app.close()


def send(app: App, *keys: Qt.Key | str) -> None:
    """Keys one after another, with no time between them: a scanner's burst."""
    handle = app.window.windowHandle()
    for key in keys:
        for each in key if isinstance(key, str) else (key,):
            code = ord(each.upper()) if isinstance(each, str) else each
            text = each if isinstance(each, str) else ""
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                event = QKeyEvent(kind, int(code), Qt.KeyboardModifier.NoModifier, text)
                QApplication.sendEvent(handle, event)


def type_(app: App, *keys: Qt.Key | str) -> None:
    """Keys of a person: each is let go before the next comes."""
    keeper = app.window.findChild(Keys)
    assert keeper is not None
    for key in keys:
        for each in key if isinstance(key, str) else (key,):
            send(app, each)
            keeper.let_go()


async def until(what: Callable[[], bool]) -> None:
    for _ in range(PATIENCE):
        if what():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came so")


def sheet(app: App) -> Sheet | None:
    shown = [each for each in app.window.findChildren(Sheet) if each.isVisible()]
    return shown[-1] if shown else None


def chosen(app: App) -> str:
    focus = app.window.focusWidget()
    return focus.look().id if isinstance(focus, BatchTarget) else ""


def order(app: App) -> list[str]:
    cards = [each for each in app.window.findChildren(BatchTarget) if each.isVisible()]
    cards.sort(key=lambda each: (each.mapTo(app.window, each.pos()).y() // 8, each.x()))
    return [each.look().id for each in cards]


async def test_scanner_opens_the_batch_of_its_code(opened: Callable[[], App]) -> None:
    app = opened()
    send(app, "g1-02", Qt.Key.Key_Return)
    assert app.window.page == ("batch", STORY.batch("G1-02"))


async def test_scanner_asks_for_the_pin_of_the_person_of_its_badge(
    opened: Callable[[], App],
) -> None:
    app = opened()
    send(app, "s-joko", Qt.Key.Key_Return)
    assert app.window.page == ("sign_in", "s-joko")
    assert app.floor.actor == "s-sari"


async def test_unknown_code_is_told_and_opens_nothing(opened: Callable[[], App]) -> None:
    app = opened()
    told: list[Message] = []
    app.floor.told.connect(told.append)
    send(app, "8991234567890", Qt.Key.Key_Return)
    assert app.window.page == ("board", "")
    assert "8991234567890" in told[0].title


async def test_burst_never_types_into_a_pin_pad_nor_presses_a_button(
    opened: Callable[[], App],
) -> None:
    app = opened()
    app.window.show_page("sign_in", "s-joko")
    pad = app.window.findChild(KeyPad, "sign_in.pad")
    assert pad is not None
    send(app, "123456789")
    await until(lambda: not any(key._held for key in app.window.findChildren(Keys)))
    assert pad.entry() == ""
    app.window.perform("hold", STORY.batch("G1-01"))
    send(app, "G1-02", Qt.Key.Key_Return)
    assert sheet(app) is not None
    assert app.window.page[0] == "sign_in"


async def test_key_that_no_other_follows_is_typed_after_all(opened: Callable[[], App]) -> None:
    app = opened()
    app.window.show_page("sign_in", "s-joko")
    pad = app.window.findChild(KeyPad, "sign_in.pad")
    assert pad is not None
    send(app, "7")
    await until(lambda: pad.entry() == "7")


async def test_temperature_is_typed_with_hardware_keys_and_saved_with_enter(
    opened: Callable[[], App],
) -> None:
    app = opened()
    chicken = STORY.batch("G1-02")
    app.window.perform("measure", chicken)
    pad = app.window.findChild(KeyPad, "measure.pad")
    assert pad is not None
    type_(app, "71.95", Qt.Key.Key_Backspace, ",8")
    assert pad.plain() == "71.8"
    type_(app, Qt.Key.Key_Backspace, Qt.Key.Key_Backspace, ".8", Qt.Key.Key_Return)
    assert sheet(app) is None
    assert app.floor.kitchen.batches[chicken].readings[-1].value_c == pytest.approx(71.8)  # type: ignore[index]


async def test_bump_bar_chooses_measures_holds_and_opens_a_card(opened: Callable[[], App]) -> None:
    app = opened()
    await until(lambda: len(order(app)) > 8)
    cards = order(app)
    type_(app, "2")
    assert chosen(app) == cards[1]
    send(app, Qt.Key.Key_Left)
    assert chosen(app) == cards[0]
    send(app, Qt.Key.Key_Down)
    below = chosen(app)
    assert below not in cards[:2]
    send(app, Qt.Key.Key_Up)
    assert chosen(app) == cards[0]
    type_(app, "-")
    assert (found := sheet(app)) is not None
    assert found.objectName() == "hold"
    send(app, Qt.Key.Key_Escape)
    assert sheet(app) is None
    type_(app, "1", Qt.Key.Key_Return)
    assert app.window.page == ("batch", cards[0])
    send(app, Qt.Key.Key_Escape)
    assert app.window.page == ("board", "")


async def test_closed_main_button_says_why_when_its_key_is_pressed(
    opened: Callable[[], App],
) -> None:
    app = opened()
    await until(lambda: len(order(app)) > 8)
    told: list[Message] = []
    app.floor.told.connect(told.append)
    number = order(app).index(STORY.batch("G1-02")) + 1
    type_(app, str(number), "+")
    assert told
    assert app.floor.batch(STORY.batch("G1-02")).stage == "cooking"  # type: ignore[union-attr]


@pytest.mark.parametrize("key", ["?", Qt.Key.Key_F1])
async def test_help_about_keys_opens_and_goes(opened: Callable[[], App], key: str | Qt.Key) -> None:
    app = opened()
    type_(app, key)
    assert (found := sheet(app)) is not None
    assert found.objectName() == "keys"
    send(app, Qt.Key.Key_Return)
    assert sheet(app) is None


async def test_arrows_and_enter_reach_every_control_of_a_page(opened: Callable[[], App]) -> None:
    app = opened()
    app.window.show_page("display", "")
    send(app, Qt.Key.Key_Tab)
    seen: set[str] = set()
    for way in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Up) * 3:
        send(app, way)
        focus = app.window.focusWidget()
        assert isinstance(focus, QWidget)
        seen.add(focus.objectName())
    assert len(seen) > 3
    rail = app.window.findChild(QWidget, "nav.alerts")
    assert rail is not None
    rail.setFocus(Qt.FocusReason.TabFocusReason)
    send(app, Qt.Key.Key_Return)
    assert app.window.page[0] == "alerts"


def ringed(app: App) -> list[str]:
    """Names of the controls that show a ring."""
    return [each.objectName() for each in app.window.findChildren(Pressable) if each._ring]


async def test_focus_shows_its_ring_after_a_key_and_never_after_a_finger(
    opened: Callable[[], App],
) -> None:
    app = opened()
    window = app.window
    window.activateWindow()
    await until(window.isActiveWindow)
    window.show_page("display", "")
    assert not ringed(app)
    send(app, Qt.Key.Key_Tab)
    send(app, Qt.Key.Key_Tab)
    assert len(ringed(app)) == 1
    QTest.mousePress(window.windowHandle(), Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    QTest.mouseRelease(window.windowHandle(), Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    part = window.findChild(Pressable, "display.dark")
    assert part is not None
    # A page that goes away hands its focus on with this reason.
    part.setFocus(Qt.FocusReason.TabFocusReason)
    assert not ringed(app)


async def test_tab_goes_through_rail_head_and_page_and_back_the_same_way(
    opened: Callable[[], App],
) -> None:
    app = opened()
    window = app.window
    window.activateWindow()
    await until(window.isActiveWindow)
    window.show_page("menu", "")
    wanted = [each.objectName() for each in stops(window)]
    assert wanted.index("nav.menu") < wanted.index("menu.summary") < wanted.index("menu.admin")
    window.setFocus()

    def walk(key: Qt.Key) -> list[str]:
        told: list[str] = []
        for _ in wanted:
            send(app, key)
            told.append(window.focusWidget().objectName())
        return told

    assert walk(Qt.Key.Key_Tab) == wanted
    assert walk(Qt.Key.Key_Backtab) == [*reversed(wanted[:-1]), wanted[-1]]
