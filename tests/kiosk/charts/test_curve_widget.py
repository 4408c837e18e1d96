"""The curve on the glass: a tap chooses the nearest point, nothing zooms; the library comes when it is wanted."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from kiosk.charts.curve import Curve
from kiosk.theme.theme import Theme
from kiosk.views.curve_looks import CurveLimit, CurveLook, CurvePoint, CurveTick
from kiosk.widgets.curve_slot import CurveSlot

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 500
LOOK = CurveLook(
    from_ms=0,
    to_ms=3_600_000,
    low_c=20.0,
    high_c=100.0,
    now_ms=3_000_000,
    now_text="kini",
    name="Kurva",
    points=(
        CurvePoint("a", 600_000, 31.0, "31,0", "a"),
        CurvePoint("b", 1_800_000, 52.0, "52,0", "b"),
        CurvePoint("c", 2_800_000, 61.8, "61,8", "c", tone="out"),
    ),
    limits=(CurveLimit(75.0, "Batas inti ≥ 75 °C"),),
    times=(CurveTick(0, "03.40"), CurveTick(1_800_000, "04.10")),
    values=tuple(CurveTick(value, f"{value:.0f}") for value in (20.0, 60.0, 100.0)),
)


@pytest.fixture
def curve(qapp: QApplication) -> Curve:
    theme = Theme()
    theme.apply(qapp)
    made = Curve(theme, "batch.curve")
    made.resize(600, 360)
    made.set_look(LOOK)
    made.show()
    QTest.qWaitForWindowExposed(made)
    return made


def tap(curve: Curve, spot: QPointF) -> None:
    QTest.mouseClick(curve, Qt.MouseButton.LeftButton, pos=spot.toPoint())


@pytest.mark.parametrize("key", ["a", "b", "c"])
def test_curve_chooses_the_point_under_the_finger(curve: Curve, key: str) -> None:
    heard: list[str] = []
    curve.chosen.connect(heard.append)
    tap(curve, curve.spot_of(key) + QPointF(12, -9))
    assert heard == [key]


def test_curve_chooses_nothing_when_the_finger_is_far_from_every_point(curve: Curve) -> None:
    heard: list[str] = []
    curve.chosen.connect(heard.append)
    tap(curve, curve.spot_of("a") + QPointF(0, -150))
    assert heard == [""]


def test_curve_never_zooms_or_moves_when_wheeled_or_dragged(curve: Curve) -> None:
    before = [curve.spot_of(each.key) for each in LOOK.points]
    middle = QPoint(300, 180)
    wheel = QWheelEvent(
        QPointF(middle), curve.mapToGlobal(QPointF(middle)), QPoint(0, 0), QPoint(0, 240),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(curve.childAt(middle) or curve, wheel)
    QTest.mousePress(curve, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseMove(curve, QPoint(80, 60))
    QTest.mouseRelease(curve, Qt.MouseButton.LeftButton, pos=QPoint(80, 60))
    assert [curve.spot_of(each.key) for each in LOOK.points] == before


def test_arrow_keys_walk_along_the_points(curve: Curve) -> None:
    heard: list[str] = []
    curve.chosen.connect(heard.append)
    curve.chosen.connect(lambda key: curve.set_look(msgspec.structs.replace(LOOK, chosen=key)))
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Right):
        QTest.keyClick(curve, key)
    assert heard == ["c", "b", "a", "b"]


def test_curve_has_a_name_and_takes_the_focus(curve: Curve) -> None:
    assert (curve.accessibleName(), curve.objectName()) == ("Kurva", "batch.curve")
    assert curve.focusPolicy() == Qt.FocusPolicy.StrongFocus


def drawn(slot: CurveSlot) -> CurveLook | None:
    return slot.curve.look() if slot.curve is not None and slot.curve.isVisible() else None


async def test_slot_says_that_it_loads_until_the_curve_is_there(qapp: QApplication) -> None:
    theme = Theme()
    theme.apply(qapp)
    slot = CurveSlot(theme, "batch.curve")
    slot.set_look(LOOK, "Memuat kurva …")
    slot.resize(600, 360)
    assert drawn(slot) is None
    slot.show()
    for _ in range(PATIENCE):
        if drawn(slot) is not None:
            break
        await asyncio.sleep(0.02)
    assert drawn(slot) == LOOK
    slot.close()


FIRST_PAINT = """
import asyncio, sys, tempfile
from pathlib import Path
from PySide6.QtWidgets import QApplication
import qasync
from kiosk.app import Look
from tests.support.scene import Story, demo_plan, open_scene

HEAVY = ("pyqtgraph", "numpy")

async def main(qapp):
    with tempfile.TemporaryDirectory() as folder:
        story = Story(demo_plan())
        look = Look(size=(1280, 720), dpi=102.0)
        app = open_scene(Path(folder), qapp, story, "03:42", look=look, actors=("s-sari",))
        await asyncio.sleep(0.1)
        print("board", [name for name in HEAVY if name in sys.modules])
        app.window.show_page("batch", story.batch("G1-02"))
        for _ in range(1000):
            if app.window.findChild(object, "batch.curve") is not None:
                break
            await asyncio.sleep(0.02)
        print("batch", [name for name in HEAVY if name in sys.modules])
        app.close()
        app.kiosk.store.close()
        await asyncio.sleep(0)

qapp = QApplication([])
with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(qapp)) as runner:
    runner.run(main(qapp))
"""


@pytest.mark.timeout(60)
def test_kiosk_loads_no_chart_library_before_a_curve_is_opened() -> None:
    run = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT],
        cwd=ROOT, capture_output=True, text=True, timeout=50, check=True,
    )  # fmt: skip
    assert run.stdout.splitlines() == ["board []", "batch ['pyqtgraph', 'numpy']"]
