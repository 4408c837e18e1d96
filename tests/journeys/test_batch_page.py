"""A cook follows one dish at the stove: measures, asks the curve, leaves a note; with the cable in and out."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from dapur.batch import newest_core
from kiosk.charts.curve import Curve
from kiosk.widgets.event_line import EventLine
from kiosk.widgets.text_block import TextBlock
from tests.support.journey import Kiosk, place

CODE = "G1-03"
COOK = "s-sari"


def curve_of(kiosk: Kiosk) -> Curve | None:
    found = kiosk.find("batch.curve")
    return found if isinstance(found, Curve) else None


def points(kiosk: Kiosk) -> list[tuple[str, str]]:
    curve = curve_of(kiosk)
    look = curve.look() if curve is not None else None
    return [(each.text, each.tone) for each in look.points] if look is not None else []


def told(kiosk: Kiosk) -> str:
    part = kiosk.find("batch.curve.told")
    return part.text() if isinstance(part, TextBlock) else ""


def notes(kiosk: Kiosk) -> list[str]:
    lines = kiosk.app.window.findChildren(EventLine)
    return [each.accessibleName() for each in lines if "Catatan" in each.accessibleName()]


async def measure(kiosk: Kiosk, digits: str) -> None:
    await kiosk.tap("batch.measure")
    await kiosk.type("measure.pad", digits)
    await kiosk.tap("measure.confirm")


async def touch_point(kiosk: Kiosk, number: int) -> None:
    """The finger comes to the window, as from the glass."""
    await kiosk.see(lambda: len(points(kiosk)) > number, "no such point")
    curve = curve_of(kiosk)
    assert curve is not None
    look = curve.look()
    assert look is not None
    spot = curve.mapTo(kiosk.app.window, curve.spot_of(look.points[number].key).toPoint())
    window, device = kiosk.app.window, kiosk._touch_device()
    QTest.touchEvent(window, device, False).press(0, spot, window).commit(False)
    QTest.touchEvent(window, device, False).release(0, spot, window).commit(False)


@pytest.mark.timeout(180)
async def test_cook_follows_a_dish_with_curve_and_notes_online_and_offline(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Masak 1") as here:
        (kiosk,) = here.kiosks
        await kiosk.sign_in(COOK)
        await kiosk.tap("nav.board")
        kiosk.app.window.show_page("batch", kiosk.id_of(CODE))
        await measure(kiosk, "41,5")
        await kiosk.see(lambda: [text for text, _ in points(kiosk)] == ["41,5"], "no first point")
        await touch_point(kiosk, 0)
        await kiosk.see(lambda: "41,5 °C" in told(kiosk), "the point tells nothing")
        assert "Sari Wulandari" in told(kiosk)
        await kiosk.tap("batch.tab.notes")
        await kiosk.tap("batch.note.water_added")
        await kiosk.has_sent_all()
        await kiosk.see(lambda: len(notes(kiosk)) == 1, "the note is not there")

        kiosk.cable.pull()
        await kiosk.is_offline()
        await measure(kiosk, "82,0")
        await kiosk.see(lambda: len(points(kiosk)) == 2, "no second point")
        assert points(kiosk)[1] == ("82,0", "pending")
        await touch_point(kiosk, 1)
        await kiosk.see(lambda: "belum terkirim" in told(kiosk), "not said that it waits")
        await kiosk.tap("batch.note.equipment_slow")
        await kiosk.see(lambda: len(notes(kiosk)) == 2, "the note is not there offline")
        assert "belum terkirim" in notes(kiosk)[0]
        await kiosk.tap("batch.note.write")
        for letter in "api":
            await kiosk.tap(f"writing.keys.{letter}")
        await kiosk.tap("writing.confirm")
        await kiosk.see(lambda: len(notes(kiosk)) == 3, "nothing was written")
        assert "Api" in notes(kiosk)[0] or "api" in notes(kiosk)[0]
        assert "belum terkirim" not in notes(kiosk)[2]

        kiosk.cable.plug()
        await kiosk.is_online()
        await kiosk.has_sent_all()
        await kiosk.see(lambda: points(kiosk)[1] == ("82,0", "normal"), "still as waiting")
        await kiosk.see(lambda: "belum terkirim" not in notes(kiosk)[0], "note still waits")
        reading = newest_core(kiosk.batch(CODE))
        assert reading is None or reading.value_c == 82.0
