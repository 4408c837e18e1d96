"""What the curve of a batch says: readings, gaps, limits, marks and the time to eat, as text tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from dapur.batch import Batch, HoldReason, Point
from dapur.hold import HoldBatchArgs
from dapur.progress import AdvanceBatchArgs, FinishStepArgs
from dapur.temperature import RecordTemperatureArgs
from kiosk.app import App, Look
from kiosk.link.status import LinkState
from kiosk.views.curve import curve, told
from kiosk.views.curve_looks import CurveLook
from kiosk.views.words import Language
from tests.support.scene import Story, demo_plan, open_scene

CODE = "G1-02"


def cooking_night(*readings: tuple[str, float]) -> Story:
    """A chicken on the fire since 03.40, measured at these local times."""
    story = Story(demo_plan())
    for clock, to in (("03:05", "preparing"), ("03:40", "cooking")):
        story.tap(clock, "s-joko", "advance_batch", CODE, AdvanceBatchArgs(to=to))  # type: ignore[arg-type]
    for clock, value_c in readings:
        story.tap(clock, "s-joko", "record_temperature", CODE, RecordTemperatureArgs(value_c))
    return story


def finish(story: Story, clock: str) -> None:
    steps = next(each for each in story.plan.batches if each.code == CODE).steps
    for step in range(1, len(steps) + 1):
        story.tap(clock, "s-joko", "finish_step", CODE, FinishStepArgs(step=step))
    story.tap(clock, "s-joko", "advance_batch", CODE, AdvanceBatchArgs(to="quality_check"))


@contextmanager
def shown(
    folder: Path,
    qapp: QApplication,
    story: Story,
    clock: str,
    *,
    language: Language = "id",
    state: LinkState = LinkState.ONLINE,
) -> Iterator[tuple[App, Batch]]:
    look = Look(language=language, size=(1280, 720), dpi=102.0)
    app = open_scene(folder, qapp, story, clock, look=look, actors=("s-sari",), state=state)
    try:
        batch = app.floor.batch(story.batch(CODE))
        assert batch is not None
        yield app, batch
    finally:
        app.close()
        app.kiosk.store.close()


def table(look: CurveLook) -> list[str]:
    return [f"{each.text} {each.tone} {'—' if each.joined else '·'}" for each in look.points]


async def test_curve_breaks_its_line_when_nobody_measured_for_longer_than_the_policy_allows(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = cooking_night(("03:50", 31.0), ("04:05", 42.5), ("04:30", 61.8))
    with shown(tmp_path, qapp, story, "04:42") as (app, batch):
        look = curve(app.floor, batch)
        assert table(look) == ["31,0 normal ·", "42,5 normal —", "61,8 out ·"]
        assert [
            (app.floor.clock(g.from_ms), app.floor.clock(g.to_ms), g.text) for g in look.gaps
        ] == [("04.05", "04.30", "tidak ada bacaan")]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("id", "04.05 · 42,5 °C · inti · Joko Prasetyo · Tangan · masih memanas"),
        ("en", "04:05 · 42.5 °C · core · Joko Prasetyo · By hand · still heating"),
    ],
)
async def test_point_tells_value_local_time_and_who_when_it_was_tapped(
    tmp_path: Path, qapp: QApplication, language: Language, said: str
) -> None:
    story = cooking_night(("04:05", 42.5), ("04:20", 80.0))
    with shown(tmp_path, qapp, story, "04:22", language=language) as (app, batch):
        look = curve(app.floor, batch, batch.readings[0].id)
        assert told(look, "hint") == said
        assert told(curve(app.floor, batch, "of-another-batch"), "hint") == "hint"


async def test_curve_marks_an_own_reading_as_not_sent_while_it_waits(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = cooking_night(("04:05", 42.5))
    with shown(tmp_path, qapp, story, "04:20", state=LinkState.OFFLINE) as (app, batch):
        assert app.floor.tap("record_temperature", batch.id, RecordTemperatureArgs(76.0))
        after = app.floor.batch(batch.id)
        assert after is not None
        look = curve(app.floor, after)
        assert table(look) == ["42,5 normal ·", "76,0 pending —"]
        assert look.points[-1].told.endswith("dalam batas · belum terkirim")
        assert look.legend == "○ bacaan · kotak: belum terkirim"


async def test_curve_names_limits_marks_and_the_time_to_eat_when_the_dish_left_the_heat(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = cooking_night(("04:05", 82.0))
    finish(story, "04:11")
    low = RecordTemperatureArgs(52.0, point=Point.HOT_HOLD)
    story.tap("04:25", "s-joko", "record_temperature", CODE, low)
    story.tap("04:26", "s-siti", "hold_batch", CODE, HoldBatchArgs(HoldReason.QUALITY))
    with shown(tmp_path, qapp, story, "04:42") as (app, batch):
        look = curve(app.floor, batch)
        assert [each.text for each in look.limits] == ["Batas inti ≥ 75 °C", "Simpan panas ≥ 60 °C"]
        marks = [(app.floor.clock(each.at_ms), each.text, each.kind) for each in look.marks]
        assert marks == [
            ("03.40", "Masak", "stage"),
            ("04.11", "Uji mutu", "stage"),
            ("04.26", "Ditahan", "hold"),
        ]
        assert table(look) == ["82,0 normal ·", "52,0 out ·"]
        assert look.window is not None
        assert (app.floor.clock(look.window.from_ms), look.window.text) == (
            "04.11",
            "Habiskan sebelum 08.11",
        )


async def test_scale_is_in_local_time_and_holds_every_reading(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = cooking_night(("03:50", -4.5), ("04:05", 101.3))
    with shown(tmp_path, qapp, story, "04:42") as (app, batch):
        look = curve(app.floor, batch)
        assert [each.text for each in look.times] == ["03.40", "04.00", "04.20", "04.40"]
        assert [each.text for each in look.values] == [
            "−20", "0", "20", "40", "60", "80", "100", "120",
        ]  # fmt: skip
        assert all(look.low_c <= each.value_c <= look.high_c for each in look.points)
        assert all(look.from_ms <= each.at_ms <= look.to_ms for each in look.points)


async def test_curve_says_that_nobody_measured_yet(tmp_path: Path, qapp: QApplication) -> None:
    with shown(tmp_path, qapp, cooking_night(), "03:45") as (app, batch):
        look = curve(app.floor, batch)
        assert look.points == ()
        assert look.empty == "Belum ada bacaan suhu"
        assert "Belum ada bacaan suhu" in look.name
