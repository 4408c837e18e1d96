"""The page of what is over: newest first, what is left to eat by, recall and taking back while the rules allow it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from dapur.batch import HoldReason, Item
from dapur.ending import CancelBatchArgs, CompleteBatchArgs
from dapur.hold import HoldBatchArgs
from dapur.quality import GiveVerdictArgs, RecordCheckArgs
from dapur.stage import Stage
from kiosk.app import App, Look
from kiosk.screens.completed import CompletedPage
from kiosk.views.completed import ENDED, UNDO, CompletedView
from kiosk.views.hold import HoldView
from kiosk.widgets.record_row import RecordRow
from tests.shots import night
from tests.support.scene import Story, open_scene

COOK, OTHER, HEAD, NUTRITIONIST = "s-joko", "s-sari", "s-hendra", "s-ratna"
RICE, FRUIT = "G1-01", "G2-08"


@pytest.fixture
def story() -> Story:
    """Rice passed and was completed at 04.36; a dish of the second wave was cancelled before."""
    told = night()
    for item in Item:
        args = RecordCheckArgs(item=item, passed=True)
        told.tap("04:34", NUTRITIONIST, "record_check", RICE, args)
    told.tap("04:35", NUTRITIONIST, "give_verdict", RICE, GiveVerdictArgs(passed=True))
    done = CompleteBatchArgs(portions=1700, waste_kg=2.5)
    told.tap("04:36", COOK, "complete_batch", RICE, done)
    gone = CancelBatchArgs(reason="pisang tidak datang")
    told.tap("04:20", HEAD, "cancel_batch", FRUIT, gone)
    return told


@contextmanager
def page(folder: Path, qapp: QApplication, story: Story, actor: str = COOK) -> Iterator[App]:
    app = open_scene(folder, qapp, story, "04:42", look=Look(), actors=(actor,))
    try:
        yield app
    finally:
        app.close()


async def test_rows_tell_what_came_of_a_batch_the_newest_first(
    tmp_path: Path, qapp: QApplication, story: Story
) -> None:
    with page(tmp_path, qapp, story) as app:
        view = CompletedView(app.floor)
        rice, fruit = view.rows()
        assert (rice.key, fruit.key) == (story.batch(RICE), story.batch(FRUIT))
        assert rice.detail == "Selesai · 04.36 · Joko P. · 1.700 porsi · sisa 2,5 kg"
        assert rice.value == "3j 29m · sebelum 08.11"
        assert fruit.detail == "Dibatalkan · 04.20 · Hendra G. · pisang tidak datang"
        assert fruit.value == ""
        assert view.top().subtitle == "1 batch · 1.700 porsi"
        view.choose(ENDED)
        assert [row.key for row in view.rows()] == [story.batch(FRUIT)]
        view.choose("G1")
        assert [row.key for row in view.rows()] == [story.batch(RICE)]
        assert next(each.text for each in view.filters()) == "Semua · 2"


@pytest.mark.parametrize(
    ("clock", "recalled", "value", "said", "off"),
    [
        ("04:42", False, "3j 29m · sebelum 08.11", "sisa 2,5 kg", False),
        ("08:11", False, "00:00 · sebelum 08.11", "sisa 2,5 kg", False),
        ("08:20", False, "sebelum 08.11", "lewat batas konsumsi", True),
        ("04:42", True, "sebelum 08.11", "jangan dimakan sampai diputuskan", True),
        ("08:20", True, "sebelum 08.11", "jangan dimakan sampai diputuskan", True),
    ],
)
async def test_time_to_eat_is_struck_once_it_counts_no_more_and_words_say_why(
    tmp_path: Path,
    qapp: QApplication,
    story: Story,
    clock: str,
    recalled: bool,
    value: str,
    said: str,
    off: bool,
) -> None:
    if recalled:
        story.tap("04:41", OTHER, "hold_batch", RICE, HoldBatchArgs(HoldReason.INGREDIENT))
    app = open_scene(tmp_path, qapp, story, clock, look=Look(), actors=(COOK,))
    try:
        rice = CompletedView(app.floor).rows()[0]
        assert (rice.value, rice.value_off) == (value, off)
        assert rice.detail.endswith(said)
    finally:
        app.close()


async def test_completion_is_taken_back_by_who_made_it_and_by_nobody_else(
    tmp_path: Path, qapp: QApplication, story: Story
) -> None:
    with page(tmp_path / "other", qapp, story, OTHER) as app:
        actions = [button.action for button in CompletedView(app.floor).rows()[0].buttons]
        assert UNDO not in actions
    with page(tmp_path / "own", qapp, story) as app:
        view = CompletedView(app.floor)
        assert UNDO in [button.action for button in view.rows()[0].buttons]
        view.take_back(story.batch(RICE))
        batch = app.floor.batch(story.batch(RICE))
        assert batch is not None
        assert batch.stage is Stage.QUALITY_CHECK
        assert [row.key for row in view.rows()] == [story.batch(FRUIT)]


async def test_page_opens_the_recall_and_then_shows_the_batch_as_recalled(
    tmp_path: Path, qapp: QApplication, story: Story
) -> None:
    with page(tmp_path, qapp, story) as app:
        app.window.show_page("completed", "")
        shown = app.window.findChild(CompletedPage)
        assert shown is not None
        asked: list[tuple[str, str]] = []
        shown.sheet.connect(lambda name, subject: asked.append((name, subject)))
        row = app.window.findChild(RecordRow, f"completed.{story.batch(RICE)}")
        assert row is not None
        row.tapped.emit("hold", row.look().key)
        assert asked == [("hold", story.batch(RICE))]
        sheet = HoldView(app.floor, story.batch(RICE))
        assert sheet.sheet().title == "Tarik kembali Nasi Putih"
        assert "Jangan dikirim" in sheet.effect()
        assert HoldView(app.floor, story.batch("G1-02")).sheet().title == "Tahan Ayam Teriyaki"
        hold = HoldBatchArgs(HoldReason.INGREDIENT)
        app.floor.tap("hold_batch", story.batch(RICE), hold)
        shown.refresh()
        again = app.window.findChild(RecordRow, f"completed.{story.batch(RICE)}")
        looks = CompletedView(app.floor).rows()
        assert looks[0].chip is not None
        assert looks[0].chip.text == "Ditarik"
        assert next(button.action for button in looks[0].buttons) == "release"
        assert again is not None
