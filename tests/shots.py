"""Renders every page and sheet to PNG on a scripted night: `make shots OUT=dir`; light and dark, both languages."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_SCALE_FACTOR", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PySide6.QtWidgets import QApplication

import qasync  # isort: skip

from dapur.access import Role
from dapur.batch import HoldReason, Item, newest_core
from dapur.crew import ChangeRolesArgs
from dapur.handover import SUBJECT as HANDOVER
from dapur.handover import HandOverArgs, TakeOverArgs
from dapur.hold import HoldBatchArgs
from dapur.night import SUBJECT as NIGHT
from dapur.night import CloseNightArgs
from dapur.past import TRENDS
from dapur.progress import AdvanceBatchArgs, FinishStepArgs
from dapur.quality import RecordCheckArgs
from dapur.temperature import RecordTemperatureArgs
from kiosk.app import App, Look
from kiosk.headless import Headless
from kiosk.link.status import LinkState
from kiosk.screens.ask_pin import AskSheet
from kiosk.screens.handover import HandOverPage
from kiosk.screens.sheets import ViewSheet
from kiosk.screens.summary import SummaryPage
from kiosk.views.summary import TABS
from kiosk.views.summary import TRENDS as TRENDS_PART
from kiosk.views.words import Language
from kiosk.widgets.curve_slot import CurveSlot
from kiosk.widgets.key_pad import KeyPad
from kiosk.widgets.segments import Segments
from kiosk.widgets.trend_grid import TrendPanel
from tests.support import admin_scene, late_scene
from tests.support.past_nights import month
from tests.support.scene import OTHER_KIOSK, Story, demo_plan, open_scene

SIZES = ((1280, 720), (1366, 768), (1920, 1080))
DPI = {(1280, 720): 102.0, (1366, 768): 102.0, (1920, 1080): 102.0}
NOW = "04:42"
ONLY = tuple(filter(None, os.environ.get("SHOTS_ONLY", "").split(",")))
"""Parts of the names of the pictures that are wanted; none: all."""
LOOKS = os.environ.get("SHOTS_LOOKS", "")
"""Part of the name of the looks that are wanted, as `1280x720-dark-id`; empty: all."""
COOK, HEAD, NUTRITIONIST = "s-sari", "s-hendra", "s-ratna"


def night() -> Story:
    """One night until 04.42: every state of a card, and a refused tap."""
    story = Story(demo_plan())

    def advance(clock: str, code: str, to: str) -> None:
        args = AdvanceBatchArgs(to=to)  # type: ignore[arg-type]
        story.tap(clock, "s-joko", "advance_batch", code, args)

    def measure(clock: str, code: str, value_c: float) -> None:
        args = RecordTemperatureArgs(value_c)
        story.tap(clock, "s-joko", "record_temperature", code, args, device=OTHER_KIOSK)

    roles = ChangeRolesArgs(HEAD, (Role.KEPALA, Role.OPERATOR))
    story.tap("00:10", HEAD, "change_roles", "", roles, subject=f"staff:{HEAD}")
    given = HandOverArgs(to=NUTRITIONIST, note="Gelombang 2 belum mulai")
    story.tap("00:30", "s-endang", "hand_over", "", given, subject=HANDOVER)
    waits = story.kitchen.handovers[-1].id
    story.tap("00:41", NUTRITIONIST, "take_over", "", TakeOverArgs(waits), subject=HANDOVER)
    for code in ("G1-01", "G1-02", "G1-03", "G1-04", "G1-06", "G1-07", "G1-08", "G1-05"):
        advance("03:05", code, "preparing")
    for code in ("G1-01", "G1-02", "G1-03", "G1-04", "G1-06", "G1-07"):
        advance("03:40", code, "cooking")
    for clock, value in (("03:50", 31.0), ("04:05", 42.5), ("04:20", 51.6), ("04:38", 61.8)):
        measure(clock, "G1-02", value)
    for step in range(1, 5):
        story.tap(f"04:0{step}", "s-joko", "finish_step", "G1-02", FinishStepArgs(step=step))
    for code, value, clock in (
        ("G1-01", 86.1, "04:05"),
        ("G1-03", 78.4, "04:19"),
        ("G1-06", 82.7, "04:36"),
        ("G1-07", 72.4, "04:39"),
    ):
        measure(clock, code, value)
    for code, clock in (("G1-01", "04:11"), ("G1-03", "04:23")):
        steps = next(each for each in story.plan.batches if each.code == code).steps
        for step in range(1, len(steps) + 1):
            story.tap(clock, "s-joko", "finish_step", code, FinishStepArgs(step=step))
        advance(clock, code, "quality_check")
    for item in (Item.APPEARANCE, Item.AROMA):
        story.tap(
            "04:30", NUTRITIONIST, "record_check", "G1-03", RecordCheckArgs(item=item, passed=True)
        )
    story.tap("04:31", "s-siti", "hold_batch", "G1-07", HoldBatchArgs(HoldReason.ALLERGEN))
    refused = AdvanceBatchArgs(to="quality_check")
    story.tap("04:33", "s-joko", "advance_batch", "G1-07", refused, refused=True)
    long = HandOverArgs(
        to="s-endang", note="Kompor 2 mati, tukang datang pukul enam; pakai kompor 5 dulu"
    )
    story.tap("04:35", NUTRITIONIST, "hand_over", "", long, subject=HANDOVER)
    waiting = HandOverArgs(to=HEAD, note="Perhatikan alarm yang terbuka")
    story.tap("04:36", NUTRITIONIST, "hand_over", "", waiting, subject=HANDOVER)
    return story


def waiting_taps(kiosk: Headless) -> None:
    """Own taps that the server has not seen."""
    shown = kiosk.replica.shown
    batch = next(each for each in shown.batches.values() if each.plan.code == "G1-06")
    assert newest_core(batch) is not None
    session = kiosk.session.session_of(kiosk.session.signed_in[0])
    assert session is not None
    kiosk.desk.tap(
        "record_temperature", batch.id, RecordTemperatureArgs(83.4),
        actor=kiosk.session.signed_in[0], session=session,
    )  # fmt: skip


def _made(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)


async def shoot(app: App, folder: Path, name: str) -> None:
    """Let the window settle, then save it, if its name is among the wanted ones."""
    if ONLY and not any(each in name for each in ONLY):
        return
    await asyncio.sleep(0.12)
    app.shoot(folder / f"{name}.png")


async def pages(app: App, story: Story, folder: Path) -> None:
    """Every page, then every sheet."""
    window = app.window
    chicken, rice, held = story.batch("G1-02"), story.batch("G1-01"), story.batch("G1-07")
    for number, (name, page, subject) in enumerate(
        (
            ("board", "board", ""),
            ("batch", "batch", chicken),
            ("quality", "quality", story.batch("G1-03")),
            ("alerts", "alerts", ""),
            ("review", "review", ""),
            ("sign-in", "sign_in", ""),
            ("team", "team", ""),
            ("completed", "completed", ""),
            ("handover", "handover", ""),
            ("notices", "notices", ""),
            ("menu", "menu", ""),
            ("display", "display", ""),
            ("summary", "summary", ""),
            ("record", "record", ""),
            ("admin", "admin", ""),
        ),
        start=1,
    ):
        window.show_page(page, subject)
        if page == "batch":
            await curve_is_there(app)
        await shoot(app, folder, f"{number:02d}-{name}")
    await desk_parts(app, folder)
    await batch_tabs(app, chicken, rice, folder)
    window.show_page("board", "")
    for number, (name, action, subject) in enumerate(
        (
            ("measure", "measure", chicken),
            ("hold", "hold", rice),
            ("release", "release", held),
            ("complete", "complete", rice),
            ("cancel", "cancel", chicken),
        ),
        start=9,
    ):
        window.perform(action, subject)
        if action == "measure":
            pad = window.findChild(KeyPad, "measure.pad")
            assert isinstance(pad, KeyPad)
            for key in ("7", "1", "decimal", "5"):
                pad.press(key)
        await shoot(app, folder, f"{number:02d}-{name}")
        for sheet in window.findChildren(ViewSheet):
            sheet.close_down()

    async def named(name: str) -> None:
        await shoot(app, folder, f"20-{name}")

    await admin_scene.walk(app, story.batch("G2-03"), named)
    await late_scene.walk(app, named)


async def curve_is_there(app: App) -> None:
    """The chart's library is read beside the loop; a second at most, thirty on a busy machine."""
    slot = app.window.findChild(CurveSlot)
    assert slot is not None
    for _ in range(1000):
        if slot.curve is not None:
            return
        await asyncio.sleep(0.03)
    raise TimeoutError("the curve never came")


async def charts_are_there(app: App) -> None:
    """As the curve: read beside the loop."""
    for _ in range(1000):
        panels = app.window.findChildren(TrendPanel)
        if panels and all(each.chart is not None for each in panels):
            return
        await asyncio.sleep(0.03)
    raise TimeoutError("the trends never came")


async def desk_parts(app: App, folder: Path) -> None:
    """The other parts of the supervisor's desk."""
    app.window.show_page("summary", "")
    desk = app.window.findChild(SummaryPage)
    assert desk is not None
    for key, _ in TABS[1:]:
        desk.choose_filter(key)
        app.window.floor.changed.emit()
        if key == TRENDS_PART:
            await charts_are_there(app)
        await shoot(app, folder, f"09-summary-{key}")
    desk.choose_filter(TABS[0][0])


async def batch_tabs(app: App, chicken: str, rice: str, folder: Path) -> None:
    """Every part of the batch page's side, a tapped point, and a dish that has left the heat."""
    app.window.show_page("batch", chicken)
    tabs = app.window.findChild(Segments, "batch.tab")
    slot = app.window.findChild(CurveSlot)
    assert tabs is not None
    assert slot is not None
    assert slot.curve is not None
    look = slot.curve.look()
    assert look is not None
    slot.chosen.emit(look.points[1].key)
    for segment in tabs.look().segments:
        tabs.chosen.emit(segment.key)
        await shoot(app, folder, f"02-batch-{segment.key}")
    app.window.show_page("batch", rice)
    await shoot(app, folder, "02-batch-checked")


async def main(qapp: QApplication, out: Path) -> None:
    """All looks."""
    story = night()
    for size in SIZES:
        for dark in (False, True):
            for language in ("id", "en"):
                folder = out / f"{size[0]}x{size[1]}-{'dark' if dark else 'light'}-{language}"
                if LOOKS in folder.name:
                    await _look(qapp, story, folder, size, dark=dark, language=language)
        gloves = out / f"{size[0]}x{size[1]}-gloves"
        if LOOKS in gloves.name:
            await _look(qapp, story, gloves, size, dark=False, language="id", glove=True)
    if LOOKS in "1920x1080-dark-offline":
        await _offline(qapp, story, out / "1920x1080-dark-offline")


async def _look(
    qapp: QApplication,
    story: Story,
    folder: Path,
    size: tuple[int, int],
    *,
    dark: bool,
    language: Language,
    glove: bool = False,
) -> None:
    _made(folder)
    with tempfile.TemporaryDirectory() as data:
        look = Look(language=language, dark=dark, size=size, dpi=DPI[size], glove=glove)
        app = open_scene(
            Path(data),
            qapp,
            story,
            NOW,
            look=look,
            actors=(COOK, "s-joko", NUTRITIONIST),
            answers={TRENDS: month()},
        )
        await pages(app, story, folder)
        app.close()
        await quiet(qapp, Path(data), folder, look)
        await asyncio.sleep(0)


def closed() -> Story:
    """A night that was handed over and closed with its batches left open, before anything is late."""
    story = Story(demo_plan())
    given = HandOverArgs(to=HEAD, note="Semua berjalan baik")
    story.tap("00:30", NUTRITIONIST, "hand_over", "", given, subject=HANDOVER)
    taken = TakeOverArgs(story.kitchen.handovers[-1].id)
    story.tap("00:35", HEAD, "take_over", "", taken, subject=HANDOVER)
    assert story.kitchen.night is not None
    left = CloseNightArgs(story.kitchen.night.serving_date, tuple(story.kitchen.batches))
    story.tap("00:40", HEAD, "close_night", "", left, subject=NIGHT)
    return story


async def quiet(qapp: QApplication, data: Path, folder: Path, look: Look) -> None:
    """The hand-over while nothing is open, and after the night."""
    for name, story in (("handover-settled", Story(demo_plan())), ("handover-closed", closed())):
        app = open_scene(data / name, qapp, story, "00:45", look=look, actors=(HEAD,))
        app.window.show_page("handover", "")
        await shoot(app, folder, f"21-{name}")
        page = app.window.shown_page
        assert isinstance(page, HandOverPage)
        view = page._handover
        view.choose(NUTRITIONIST)
        view.write_note("Kompor 2 mati, tukang datang pukul enam; pakai kompor 5 dulu")
        view.end.tick_all()
        page.refresh()
        await shoot(app, folder, f"21-{name}-chosen")
        if (asked := view.end.close()) is not None:
            AskSheet(app.theme, asked, app.window).open()
            await shoot(app, folder, "21-handover-close")
        app.close()


async def _offline(qapp: QApplication, story: Story, folder: Path) -> None:
    _made(folder)
    with tempfile.TemporaryDirectory() as data:
        app = open_scene(
            Path(data),
            qapp,
            story,
            NOW,
            look=Look(dark=True, size=(1920, 1080), dpi=102.0),
            state=LinkState.OFFLINE,
            heard_ago_ms=14 * 60_000,
            actors=(COOK, HEAD),
            taps=waiting_taps,
        )
        for name in ("board", "review", "sign_in"):
            app.window.show_page(name, "")
            await shoot(app, folder, name.replace("_", "-"))
        app.close()


if __name__ == "__main__":
    wanted = Path(sys.argv[1] if len(sys.argv) > 1 else "shots")
    application = QApplication(sys.argv[:1])
    application.setQuitOnLastWindowClosed(False)
    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(application)) as runner:
        runner.run(main(application, wanted))
    print(f"pictures are in {wanted}")  # noqa: T201 - the verb's one line
