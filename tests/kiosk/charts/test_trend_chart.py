"""Past nights on the glass: a tap or the arrow keys choose a night, a night without a value breaks the line."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from kiosk.charts.trend import TrendChart
from kiosk.theme.theme import Theme
from kiosk.views.summary_looks import TrendLook, TrendPoint
from kiosk.widgets.text_block import TextBlock
from kiosk.widgets.trend_grid import TrendGrid

PATIENCE = 500
VALUES = (75.0, None, 100.0, 0.0)
LOOK = TrendLook(
    key="on_time",
    title="Tepat waktu",
    value="58 %",
    caption="28 dari 48 batch",
    points=tuple(
        TrendPoint(f"2026-11-1{n}", f"1{n}/11", value, f"malam {n}")
        for n, value in enumerate(VALUES)
    ),
    low=0.0,
    high=100.0,
    ticks=((0.0, "0 %"), (100.0, "100 %")),
    name="Tepat waktu 58 %",
)


@pytest.fixture
def chart(qapp: QApplication) -> TrendChart:
    theme = Theme()
    theme.apply(qapp)
    made = TrendChart(theme, "summary.trend.on_time")
    made.resize(500, 200)
    made.set_look(LOOK, "")
    made.show()
    QTest.qWaitForWindowExposed(made)
    return made


def test_nights_lie_in_order_and_values_on_their_scale(chart: TrendChart) -> None:
    spots = [chart.spot_of(each.night) for each in LOOK.points]
    assert spots[0].x() < spots[1].x() < spots[2].x() < spots[3].x()
    assert spots[2].y() < spots[0].y() < spots[3].y()
    assert all(chart.rect().contains(spot.toPoint()) for spot in spots)


def test_a_tap_chooses_the_night_next_to_it(chart: TrendChart) -> None:
    chosen: list[str] = []
    chart.chosen.connect(chosen.append)
    spot = chart.spot_of("2026-11-12").toPoint()
    QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=spot + QPoint(6, 40))
    assert chosen == ["2026-11-12"]


def test_the_arrow_keys_walk_along_the_nights(chart: TrendChart) -> None:
    chosen: list[str] = []
    chart.chosen.connect(chosen.append)
    chart.chosen.connect(lambda night: chart.set_look(LOOK, night))
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Left):
        QTest.keyClick(chart, key)
    assert chosen == ["2026-11-13", "2026-11-12", "2026-11-11"]


async def test_the_library_comes_beside_the_loop_and_a_chosen_night_is_told(
    qapp: QApplication,
) -> None:
    theme = Theme()
    theme.apply(qapp)
    grid = TrendGrid(theme)
    grid.resize(900, 500)
    grid.set_looks((LOOK,), "Ketuk satu malam", "Memuat")
    grid.show()
    panel = grid.panels["on_time"]
    for _ in range(PATIENCE):
        if panel.chart is not None:
            break
        await asyncio.sleep(0.02)
    assert panel.chart is not None
    assert panel.chart.look() == LOOK
    told = panel.findChild(TextBlock, "summary.trend.on_time.told")
    assert told is not None
    assert told.text() == "Ketuk satu malam"
    panel.chart.chosen.emit("2026-11-10")
    assert told.text() == "malam 0"
    grid.set_looks((), "", "")
    assert not grid.panels
    grid.hide()
