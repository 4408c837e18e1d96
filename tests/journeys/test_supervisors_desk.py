"""The head keeps the desk open: a cook's tap elsewhere moves a figure; a bar opens its batch, cable in or out."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from kiosk.views.summary_tiles import TOGETHER
from kiosk.widgets.kpi_tile import KpiTile
from kiosk.widgets.text_block import TextBlock
from kiosk.widgets.wave_gantt import WaveGantt
from tests.support.journey import Kiosk, place

HEAD, COOK = "s-hendra", "s-joko"
RICE = "G1-01"


def tile(kiosk: Kiosk, key: str) -> str:
    found = kiosk.find(f"summary.kpi.{key}")
    return found.look().name.replace(TOGETHER, " ") if isinstance(found, KpiTile) else ""


def gantt(kiosk: Kiosk) -> WaveGantt:
    found = kiosk.find("summary.gantt")
    assert isinstance(found, WaveGantt)
    return found


def told(kiosk: Kiosk, code: str) -> str:
    """What the desk's timeline says aloud of a batch."""
    wanted = kiosk.id_of(code)
    rows = (row for wave in gantt(kiosk).look().waves for row in wave.rows)
    return next(row.name for row in rows if row.batch == wanted)


def says(kiosk: Kiosk, text: str) -> bool:
    found = kiosk.find("summary.past")
    return isinstance(found, TextBlock) and text in found.text()


async def touch_bar(kiosk: Kiosk, code: str) -> None:
    chart, window = gantt(kiosk), kiosk.app.window
    bar = chart.bar_rects(kiosk.id_of(code))[0].center().toPoint()
    spot, device = chart.mapTo(window, bar), kiosk._touch_device()
    QTest.touchEvent(window, device, False).press(0, spot, window).commit(False)
    QTest.touchEvent(window, device, False).release(0, spot, window).commit(False)
    await kiosk.see(lambda: kiosk.app.window.page[0] == "batch", "the bar opened nothing")


@pytest.mark.timeout(180)
async def test_head_sees_a_figure_move_and_opens_a_batch_by_its_bar(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Meja", "Masak 1") as here:
        desk, cook = here.kiosks
        await desk.sign_in(HEAD)
        await cook.sign_in(COOK)
        await desk.tap("nav.summary")
        await desk.see(lambda: "16 rencana" in tile(desk, "productions"), "no figure")
        assert "Rencana" in told(desk, RICE)

        await cook.tap("nav.board")
        rice = cook.id_of(RICE)
        await cook.tap(f"card.{rice}.advance")
        await desk.see(lambda: "1 berjalan · 15 rencana" in tile(desk, "productions"), "no move")
        assert "Persiapan" in told(desk, RICE)
        await desk.tap("top.filter.trends")
        await desk.see(lambda: says(desk, "Belum ada malam yang lewat"), "no answer of the past")
        await desk.tap("top.filter.tonight")

        desk.cable.pull()
        await desk.is_offline()
        await touch_bar(desk, RICE)
        assert desk.app.window.page == ("batch", rice)
        await desk.tap("top.back")
        await desk.see(lambda: desk.app.window.page[0] == "summary", "not back at the desk")
        assert "1 berjalan" in tile(desk, "productions")
        await desk.tap("summary.kpi.productions")
        await desk.see(lambda: desk.find("summary.table") is not None, "the figure opened no list")
