"""Nothing on the glass is silently shut: a closed button, key or page says what it waits for, or leads on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from dapur.ids import StaffId
from kiosk.app import App, Look
from kiosk.screens.quality import QualityPage
from kiosk.views.floor import Message
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.base import Pressable
from kiosk.widgets.toast import Toast
from tests import shots
from tests.support.scene import open_scene

HEAD = "s-hendra"


@asynccontextmanager
async def scene(
    folder: Path, qapp: QApplication, *actors: str
) -> AsyncIterator[tuple[App, list[Message]]]:
    """The scripted night at 1280 × 720, and what it tells."""
    look = Look(size=(1280, 720), dpi=102.0)
    app = open_scene(folder, qapp, shots.night(), shots.NOW, look=look, actors=actors)
    told: list[Message] = []
    app.floor.told.connect(told.append)
    try:
        yield app, told
    finally:
        app.close()
        app.kiosk.store.close()


def tap(app: App, name: str) -> None:
    found = next(each for each in app.window.findChildren(Pressable, name) if each.isVisible())
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


async def test_closed_button_of_a_sheet_says_what_is_missing(
    qapp: QApplication, tmp_path: Path
) -> None:
    async with scene(tmp_path, qapp, shots.COOK) as (app, told):
        app.window.perform("hold", shots.night().batch("G1-02"))
        tap(app, "hold.confirm")
        assert [each.title for each in told] == ["Pilih alasan"]
        said = app.window.findChild(Toast)
        button = app.window.findChild(ActionButton, "hold.confirm")
        assert said is not None
        assert button is not None
        assert said.isVisible()
        place = QRect(button.mapTo(app.window, QPoint(0, 0)), button.size())
        assert not said.geometry().intersects(place), "the answer lies on the button"


@pytest.mark.parametrize("page", ["sign_in", "quality"])
async def test_closed_keys_of_a_pin_say_what_comes_first(
    qapp: QApplication, tmp_path: Path, page: str
) -> None:
    async with scene(tmp_path, qapp, shots.COOK) as (app, told):
        app.window.show_page(page, "")
        tap(app, "sign_in.pad.5" if page == "sign_in" else "quality.sign.pad.5")
        (said,) = told
        assert said.title.startswith("Pilih nama" if page == "sign_in" else "Isi 7 butir lagi")


async def test_closed_check_names_the_next_item_and_brings_it_into_sight(
    qapp: QApplication, tmp_path: Path
) -> None:
    async with scene(tmp_path, qapp, shots.NUTRITIONIST) as (app, told):
        app.window.show_page("quality", shots.night().batch("G1-03"))
        page = app.window.shown_page
        assert isinstance(page, QualityPage)
        view = page._quality
        for item in view.items()[:-1]:
            view.choose(item, "pass")
        last = page._rows[view.items()[-1]]
        for _ in range(500):  # until everything has its place
            if last.y():
                break
            await asyncio.sleep(0.01)
        port = page._left.viewport()
        assert last.mapTo(port, QPoint(0, last.height())).y() > port.height()
        tap(app, "quality.save")
        assert told[-1].title == "Isi 1 butir lagi · berikutnya: Sampel disimpan"
        assert last.mapTo(port, QPoint(0, last.height())).y() <= port.height()


async def test_closed_page_leads_to_who_may_open_it(qapp: QApplication, tmp_path: Path) -> None:
    async with scene(tmp_path / "1", qapp, shots.COOK) as (app, _):
        app.window.show_page("admin", "")
        tap(app, "admin.closed.way_on")
        assert app.window.page == ("sign_in", "")
    async with scene(tmp_path / "2", qapp, shots.COOK, HEAD) as (app, _):
        app.window.show_page("admin", "")
        tap(app, "admin.closed.way_on")
        assert app.floor.actor == StaffId(HEAD)
        assert app.window.page == ("admin", "")


async def test_badge_counts_what_nobody_handles_as_the_page_behind_it_does(
    qapp: QApplication, tmp_path: Path
) -> None:
    async with scene(tmp_path, qapp, shots.COOK) as (app, _):
        rail = app.window.findChild(Pressable, "nav.alerts")
        assert rail is not None
        assert rail.accessibleName() == "Alarm 6 baru"
        app.window.show_page("alerts", "")
        assert app.window.shown_page.top().subtitle.startswith("6 baru · 0 ditangani")
