"""The alerts page on the glass: beside the list in a wide window, over it in a small one; what a finger does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from dapur.alert import Rule
from dapur.ids import StaffId
from kiosk.app import App, Look
from kiosk.theme.tokens import CARD_MM
from kiosk.views.words import Language
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.alert_detail import AlertDetail
from kiosk.widgets.alert_row import AlertRow
from kiosk.widgets.base import Pressable
from tests.kiosk.views.test_alerts import COLD, COOK, key_of, night
from tests.support.journey import GUARD_S
from tests.support.scene import open_scene

PATIENCE_S = 10.0
SMALL, WIDE = (1280, 720), (1920, 1080)


async def wait_for(what: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < give_up
        await asyncio.sleep(0.01)


@asynccontextmanager
async def alerts_page(
    folder: Path, qapp: QApplication, size: tuple[int, int], language: Language = "id"
) -> AsyncIterator[tuple[App, str]]:
    """The page on a night with a cold pot; the key of its alarm."""
    story = night()
    look = Look(language=language, size=size, dpi=102.0)
    app = open_scene(folder, qapp, story, "04:50", look=look, actors=(COOK,))
    try:
        app.window.show_page("alerts", "")
        await asyncio.sleep(0.05)
        yield app, key_of(story, Rule.CORE_LOW, COLD)
    finally:
        app.close()
        app.kiosk.store.close()
        await asyncio.sleep(0)


def find(app: App, name: str) -> QWidget | None:
    parts = app.window.findChildren(QWidget, name)
    return next((each for each in parts if each.isVisible()), None)


def press(app: App, name: str) -> None:
    part = find(app, name)
    assert isinstance(part, Pressable), name
    part.click()


def owner(app: App, key: str) -> StaffId | None:
    record = app.floor.kitchen.alerts.get(key)
    return record.owner if record is not None else None


async def test_wide_window_shows_the_worst_beside_the_list_and_another_when_it_is_tapped(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with alerts_page(tmp_path, qapp, WIDE) as (app, key):
        detail = find(app, "alert.detail")
        assert isinstance(detail, AlertDetail)
        rows = [each for each in app.window.findChildren(AlertRow) if each.isVisible()]
        assert [row.look().chosen for row in rows] == [True, *[False] * (len(rows) - 1)]
        rows[1].click()
        await wait_for(lambda: rows[1].look().chosen)
        assert rows[1].look().title in detail.accessibleName()
        rows[0].click()
        press(app, "alert.detail.handle")
        assert owner(app, key) == COOK
        # The same place means something else now: a slip of the finger must not act twice.
        press(app, "alert.detail.measure")
        assert find(app, "measure.pad") is None
        await asyncio.sleep(GUARD_S)
        press(app, "alert.detail.measure")
        await wait_for(lambda: find(app, "measure.pad") is not None)


async def test_small_window_opens_the_alert_over_the_list_and_the_sheet_acts(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with alerts_page(tmp_path, qapp, SMALL) as (app, key):
        assert find(app, "alert.detail") is None
        press(app, f"alert.row.{key}")
        await wait_for(lambda: find(app, "alert.sheet") is not None)
        press(app, "alert.detail.handle")
        assert owner(app, key) == COOK
        await wait_for(lambda: find(app, "alert.sheet") is None)
        await asyncio.sleep(GUARD_S)
        press(app, f"alert.row.{key}")
        await wait_for(lambda: find(app, "alert.detail.view") is not None)
        press(app, "alert.detail.view")
        await wait_for(lambda: app.window.page[0] == "batch")


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_every_target_is_named_large_enough_and_inside_the_window(
    tmp_path: Path, qapp: QApplication, size: tuple[int, int], language: Language
) -> None:
    async with alerts_page(tmp_path, qapp, size, language) as (app, _):
        page = app.window._stack.currentWidget()
        assert page is not None
        targets = [each for each in page.findChildren(Pressable) if each.isVisible()]
        assert targets
        for each in targets:
            assert each.objectName()
            assert each.accessibleName(), each.objectName()
            assert each.height() >= app.theme.mm(CARD_MM), each.objectName()
            left = each.mapTo(app.window, each.rect().topLeft()).x()
            assert left >= 0
            assert left + each.width() <= app.window.width(), each.objectName()
        mute = find(app, "alerts.mute")
        assert isinstance(mute, ActionButton)
        assert mute.width() >= mute.sizeHint().width(), "its words are cut"


async def test_mute_that_runs_says_why_it_cannot_be_tapped_again(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with alerts_page(tmp_path, qapp, WIDE) as (app, _):
        told: list[str] = []
        app.floor.told.connect(lambda message: told.append(message.title))
        press(app, "alerts.mute")
        mute = find(app, "alerts.mute")
        assert isinstance(mute, ActionButton)
        await wait_for(lambda: not mute.isEnabled())
        mute.on_blocked()
        assert told[-1] == "Sudah bisu; bunyi lagi setelah 2 menit"
