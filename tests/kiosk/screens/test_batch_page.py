"""The batch page on the glass: tabs in a small window, notes by phrases, the own place, nothing cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from dapur.progress import AdvanceBatchArgs
from kiosk.app import App, Look
from kiosk.link.status import LinkState
from kiosk.theme.tokens import CARD_MM
from kiosk.views.words import Language
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.base import Pressable
from kiosk.widgets.event_line import EventLine
from kiosk.widgets.segments import SegmentButton, Segments
from kiosk.widgets.step_list import StepItem
from kiosk.widgets.text_block import TextBlock
from tests.support.scene import Story, demo_plan, open_scene

CODE = "G1-02"
SIZES = ((1280, 720), (1366, 768), (1920, 1080))


@asynccontextmanager
async def batch_page(
    folder: Path,
    qapp: QApplication,
    *,
    size: tuple[int, int] = (1280, 720),
    language: Language = "id",
    actor: str = "s-sari",
    state: LinkState = LinkState.ONLINE,
) -> AsyncIterator[App]:
    story = Story(demo_plan())
    for clock, to in (("03:05", "preparing"), ("03:40", "cooking")):
        story.tap(clock, "s-joko", "advance_batch", CODE, AdvanceBatchArgs(to=to))  # type: ignore[arg-type]
    look = Look(language=language, size=size, dpi=102.0)
    app = open_scene(folder, qapp, story, "04:00", look=look, actors=(actor,), state=state)
    try:
        app.window.show_page("batch", story.batch(CODE))
        await asyncio.sleep(0.1)
        yield app
    finally:
        app.close()
        app.kiosk.store.close()
        await asyncio.sleep(0)


def part(app: App, name: str) -> QWidget:
    return next(each for each in app.window.findChildren(QWidget, name) if each.isVisible())


def press(app: App, name: str) -> None:
    button = part(app, name)
    assert isinstance(button, Pressable)
    button.click()


def shown(app: App, kind: type[QWidget]) -> list[QWidget]:
    return [each for each in app.window.findChildren(kind) if each.isVisible()]


def tab_texts(app: App) -> list[str]:
    tabs = part(app, "batch.tab")
    assert isinstance(tabs, Segments)
    return [each.text for each in tabs.look().segments]


@pytest.mark.parametrize(
    ("size", "language", "texts"),
    [
        ((1280, 720), "id", ["Langkah 0/6", "Tim 2", "Takaran", "Catatan"]),
        ((1366, 768), "en", ["Steps 0/6", "Team 2", "Amounts", "Notes"]),
        ((1920, 1080), "id", ["Langkah 0/6", "Catatan"]),
    ],
)
async def test_page_has_the_tabs_that_its_window_needs(
    tmp_path: Path,
    qapp: QApplication,
    size: tuple[int, int],
    language: Language,
    texts: list[str],
) -> None:
    async with batch_page(tmp_path, qapp, size=size, language=language) as app:
        assert tab_texts(app) == texts


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("chosen", ["steps", "notes"])
async def test_tabs_stand_in_one_line_each_and_keep_their_width(
    tmp_path: Path, qapp: QApplication, language: Language, chosen: str
) -> None:
    async with batch_page(tmp_path, qapp, size=(1280, 720), language=language) as app:
        press(app, f"batch.tab.{chosen}")
        least = app.theme.mm(CARD_MM)
        for button in shown(app, SegmentButton):
            assert isinstance(button, SegmentButton)
            assert button.width() >= least
            assert button.width() + 1 >= button.line_px, button.segment.text


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["id", "en"])
async def test_step_texts_and_their_buttons_are_whole(
    tmp_path: Path, qapp: QApplication, size: tuple[int, int], language: Language
) -> None:
    async with batch_page(tmp_path, qapp, size=size, language=language) as app:
        items = shown(app, StepItem)
        assert len(items) == 6
        for item in items:
            for text in item.findChildren(TextBlock):
                assert not text.toolTip(), text.text()  # the tip is there only for what is cut
                assert text.height() >= text.heightForWidth(text.width()) or not text.wordWrap()
            for button in item.findChildren(ActionButton):
                assert item.rect().contains(button.geometry()), button.objectName()


@pytest.mark.parametrize("size", SIZES)
async def test_every_target_of_the_page_is_large_enough_and_has_a_name(
    tmp_path: Path, qapp: QApplication, size: tuple[int, int]
) -> None:
    async with batch_page(tmp_path, qapp, size=size) as app:
        least = app.window.theme.mm(CARD_MM)
        for tab in ("steps", "team", "amounts", "notes") if size[0] < 1600 else ("steps", "notes"):
            press(app, f"batch.tab.{tab}")
            await asyncio.sleep(0.05)
            page = app.window._pages["batch"]
            targets = [each for each in page.findChildren(Pressable) if each.isVisible()]
            assert len(targets) >= 5
            for target in targets:
                assert target.accessibleName(), target.objectName()
                assert min(target.width(), target.height()) >= least, target.objectName()


async def test_note_is_in_the_story_with_who_and_that_it_waits_when_tapped_offline(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with batch_page(tmp_path, qapp, state=LinkState.OFFLINE) as app:
        press(app, "batch.tab.notes")
        await asyncio.sleep(0.05)
        press(app, "batch.note.water_added")
        await asyncio.sleep(0.05)
        newest = shown(app, EventLine)[0]
        said = "Catatan: Air ditambah Sari Wulandari · belum terkirim"
        assert newest.accessibleName().endswith(said)
        assert tab_texts(app)[-1] == "Catatan 1"


async def test_lead_comes_to_the_batch_and_leaves_it_by_one_tap(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with batch_page(tmp_path, qapp, actor="s-hendra") as app:
        press(app, "batch.tab.team")
        await asyncio.sleep(0.05)
        for text in ("Tim 3", "Tim 2"):
            press(app, "batch.own_place")
            await asyncio.sleep(0.5)  # a target is deaf to a second tap for 400 ms
            assert tab_texts(app)[1] == text


async def test_cook_without_the_right_is_told_why_the_own_place_is_closed(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with batch_page(tmp_path, qapp, actor="s-agus") as app:
        press(app, "batch.tab.team")
        await asyncio.sleep(0.05)
        button = part(app, "batch.own_place")
        assert not button.isEnabled()
