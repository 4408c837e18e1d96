"""The supervisor's desk on the glass: where it opens, what its parts open, and that it rests when nobody looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from dapur.progress import AdvanceBatchArgs
from dapur.temperature import RecordTemperatureArgs
from kiosk.app import App, Look
from kiosk.link.status import LinkState
from kiosk.screens.summary import SummaryPage
from kiosk.views.words import Language
from kiosk.widgets.base import Pressable
from kiosk.widgets.batch_table import BatchTable
from kiosk.widgets.kpi_tile import KpiRow, KpiTile
from kiosk.widgets.wave_gantt import WaveGantt
from tests.support.scene import Story, demo_plan, open_scene

HEAD, COOK = "s-hendra", "s-sari"
CODE = "G1-02"


def cooking() -> Story:
    story = Story(demo_plan())
    for clock, to in (("03:05", "preparing"), ("03:40", "cooking")):
        story.tap(clock, "s-joko", "advance_batch", CODE, AdvanceBatchArgs(to=to))  # type: ignore[arg-type]
    story.tap("03:50", "s-joko", "record_temperature", CODE, RecordTemperatureArgs(42.5))
    return story


@asynccontextmanager
async def kiosk(
    folder: Path,
    qapp: QApplication,
    *,
    actor: str = HEAD,
    size: tuple[int, int] = (1920, 1080),
    language: Language = "id",
    desk: bool | None = None,
    state: LinkState = LinkState.ONLINE,
) -> AsyncIterator[App]:
    look = Look(language=language, size=size, dpi=102.0, desk=desk)
    app = open_scene(folder, qapp, cooking(), "04:00", look=look, actors=(actor,), state=state)
    try:
        await asyncio.sleep(0)
        yield app
    finally:
        app.close()
        app.kiosk.store.close()
        await asyncio.sleep(0)


def found(app: App, name: str) -> QWidget | None:
    parts = app.window.findChildren(QWidget, name)
    return next((each for each in parts if each.isVisible()), None)


def part(app: App, name: str) -> QWidget:
    there = found(app, name)
    assert there is not None, name
    return there


async def press(app: App, name: str) -> None:
    """A part that was just made is shown when its layout is done."""
    for _ in range(500):
        if found(app, name) is not None:
            break
        await asyncio.sleep(0.01)
    button = part(app, name)
    assert isinstance(button, Pressable)
    button.click()


def table(app: App) -> BatchTable:
    made = part(app, "summary.table")
    assert isinstance(made, BatchTable)
    return made


# ---- where it opens ------------------------------------------------------------------------------


@pytest.mark.parametrize(("actor", "there"), [(HEAD, True), ("s-ratna", True), (COOK, False)])
async def test_the_rail_has_the_desk_for_who_may_supervise(
    tmp_path: Path, qapp: QApplication, actor: str, there: bool
) -> None:
    async with kiosk(tmp_path, qapp, actor=actor) as app:
        assert bool(app.window.findChildren(QWidget, "nav.summary")) is there
        app.window.show_page("menu", "")
        await press(app, "menu.summary")
        assert app.window.page == ("summary", "")


async def test_a_kiosk_started_as_a_desk_opens_on_it_until_it_is_told_otherwise(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with kiosk(tmp_path, qapp) as app:
        assert app.window.page == ("board", "")
    async with kiosk(tmp_path, qapp, desk=True) as app:
        assert app.window.page == ("summary", "")
        app.window.show_page("alerts", "")
    async with kiosk(tmp_path, qapp) as app:
        assert app.window.page == ("summary", "")
        app.window.show_page("alerts", "")
    async with kiosk(tmp_path, qapp, desk=False) as app:
        assert app.window.page == ("alerts", "")
        app.window.show_page("board", "")
    async with kiosk(tmp_path, qapp) as app:
        assert app.window.page == ("board", "")


# ---- what its parts open -------------------------------------------------------------------------


async def test_a_bar_opens_its_batch_and_the_way_back_leads_to_the_desk(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with kiosk(tmp_path, qapp) as app:
        app.window.show_page("summary", "")
        gantt = part(app, "summary.gantt")
        assert isinstance(gantt, WaveGantt)
        batch = cooking().batch(CODE)
        spot = gantt.bar_rects(batch)[1].center().toPoint()
        QTest.mouseClick(gantt, Qt.MouseButton.LeftButton, pos=spot)
        assert app.window.page == ("batch", batch)
        await press(app, "top.back")
        assert app.window.page == ("summary", "")


async def test_the_arrow_keys_choose_a_row_and_enter_opens_it(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with kiosk(tmp_path, qapp) as app:
        app.window.show_page("summary", "")
        gantt = part(app, "summary.gantt")
        for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
            QTest.keyClick(gantt, key)
        assert app.window.page == ("batch", cooking().batch("G1-02"))


async def test_a_figure_opens_the_batches_it_counts(tmp_path: Path, qapp: QApplication) -> None:
    async with kiosk(tmp_path, qapp) as app:
        app.window.show_page("summary", "")
        await press(app, "summary.kpi.on_time")
        late = table(app).filter.shown()
        assert late
        assert len(late) < len(app.floor.kitchen.batches)
        assert table(app).filter.list == "late"
        await press(app, "top.filter.tonight")
        await press(app, "summary.kpi.people")
        assert table(app).filter.list == "crewed"


@pytest.mark.parametrize(
    ("panel", "page"), [("alerts", "alerts"), ("loads", "team"), ("handover", "handover")]
)
async def test_a_panel_opens_its_page_where_this_kiosk_has_it(
    tmp_path: Path, qapp: QApplication, panel: str, page: str
) -> None:
    async with kiosk(tmp_path, qapp) as app:
        app.window.show_page("summary", "")
        there = app.floor.words.has(f"nav.{page}")
        await press(app, f"summary.{panel}")
        assert app.window.page[0] == (page if there else "summary")


async def test_a_tapped_row_opens_its_batch_and_so_does_enter(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with kiosk(tmp_path, qapp) as app:
        app.window.show_page("summary", "")
        await press(app, "top.filter.batches")
        first = table(app).filter.shown()[0]
        QTest.mouseClick(table(app).viewport(), Qt.MouseButton.LeftButton, pos=QPoint(300, 10))
        assert app.window.page == ("batch", first)
        app.window.show_page("summary", "")
        second = table(app).filter.shown()[1]
        QTest.keyClick(table(app), Qt.Key.Key_Down)
        QTest.keyClick(table(app), Qt.Key.Key_Return)
        assert app.window.page == ("batch", second)


async def test_a_drag_over_the_rows_opens_none(tmp_path: Path, qapp: QApplication) -> None:
    async with kiosk(tmp_path, qapp) as app:
        app.window.show_page("summary", "batches")
        rows = table(app).viewport()
        QTest.mousePress(rows, Qt.MouseButton.LeftButton, pos=QPoint(300, 10))
        QTest.mouseRelease(rows, Qt.MouseButton.LeftButton, pos=QPoint(300, 120))
        assert app.window.page[0] == "summary"


async def test_the_search_narrows_the_table_and_says_how_far(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with kiosk(tmp_path, qapp) as app:
        app.window.show_page("summary", "")
        await press(app, "top.filter.batches")
        search = part(app, "summary.search")
        assert isinstance(search, QLineEdit)
        QTest.keyClicks(search, "teri g1")
        assert table(app).filter.shown() == (cooking().batch(CODE),)
        await press(app, "summary.wave.G2")
        assert table(app).filter.shown() == ()
        texts = [each.text() for each in app.window.findChildren(QWidget) if hasattr(each, "text")]
        assert "0 dari 16 batch" in texts


# ---- what it costs -------------------------------------------------------------------------------


async def test_the_desk_looks_at_nothing_while_it_is_not_shown(
    tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kiosk(tmp_path, qapp) as app:
        app.window.show_page("summary", "")
        app.window.show_page("board", "")
        looked: list[str] = []
        monkeypatch.setattr(SummaryPage, "refresh", lambda _: looked.append("refreshed"))
        app.floor.changed.emit()
        app.floor.ticked.emit()
        assert not looked


async def test_only_what_changed_is_given_new_looks(tmp_path: Path, qapp: QApplication) -> None:
    async with kiosk(tmp_path, qapp) as app:
        app.window.show_page("summary", "")
        tiles = {each.objectName(): each.look() for each in app.window.findChildren(KpiTile)}
        gantt = part(app, "summary.gantt")
        assert isinstance(gantt, WaveGantt)
        before = gantt.look()
        app.floor.changed.emit()
        after = {each.objectName(): each.look() for each in app.window.findChildren(KpiTile)}
        assert gantt.look() is before
        assert all(after[name] is look for name, look in tiles.items())


# ---- how it lies ---------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (2560, 1440)])
async def test_no_part_lies_on_another_and_no_figure_is_cut(
    tmp_path: Path, qapp: QApplication, size: tuple[int, int], language: Language
) -> None:
    async with kiosk(tmp_path, qapp, size=size, language=language) as app:
        app.window.show_page("summary", "")
        await asyncio.sleep(0.05)
        row = part(app, "summary.kpis")
        assert isinstance(row, KpiRow)
        tiles = [each for each in app.window.findChildren(KpiTile) if each.isVisible()]
        assert len(tiles) == 8
        for tile in tiles:
            assert row.rect().contains(tile.geometry())
            assert tile.height() >= tile.height_for(tile.width())
        for place, one in enumerate(tiles):
            assert not any(one.geometry().intersects(two.geometry()) for two in tiles[place + 1 :])
        gantt = part(app, "summary.gantt")
        assert isinstance(gantt, WaveGantt)
        last = [row.batch for wave in gantt.look().waves for row in wave.rows][-1]
        assert gantt.row_rect(last).bottom() <= gantt.height()
