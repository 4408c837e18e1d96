"""Sizes, fonts, icons and the live switch of the look."""

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QFontInfo, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dapur import resources
from kiosk.theme import fonts, icons, paint
from kiosk.theme.metrics import REFERENCE_DPI, Metrics, choose_dpi
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import TYPE_PX

ROOT = Path(__file__).parents[3]
LARGEST_FONT = 350_000


@pytest.mark.parametrize(("mm", "px"), [(12, 48), (15, 60), (20, 80), (22, 88)])
def test_reference_screen_has_four_pixels_a_millimetre(mm: float, px: int) -> None:
    assert Metrics().mm(mm) == px


def test_gloves_make_targets_a_quarter_larger_but_not_gaps() -> None:
    gloves = Metrics(glove=True)
    assert gloves.mm(15) == 75
    assert gloves.px(16) == Metrics().px(16)


def test_text_never_falls_below_fifteen_pixels() -> None:
    assert min(Metrics(dpi=70).text(role) for role in TYPE_PX) == 15


@pytest.mark.parametrize(("width", "compact"), [(1280, True), (1366, True), (1920, False)])
def test_narrow_window_is_compact(width: int, compact: bool) -> None:
    assert Metrics().for_window(width).compact is compact


def test_administrator_overrides_a_screen_that_lies() -> None:
    assert choose_dpi(0.0) == REFERENCE_DPI
    assert choose_dpi(96.0, 141.0) == 141.0
    assert choose_dpi(96.0, 9999.0) == 96.0


def test_theme_switches_live_and_once(qtbot: QtBot, qapp: QApplication) -> None:
    theme = Theme()
    theme.apply(qapp)
    with qtbot.waitSignal(theme.changed, timeout=500):
        theme.set_dark(True)
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == theme.palette.bg.lower()
    with qtbot.assertNotEmitted(theme.changed):
        theme.set_dark(True)


def test_resize_that_does_not_cross_the_border_changes_nothing(qtbot: QtBot) -> None:
    theme = Theme()
    with qtbot.assertNotEmitted(theme.changed):
        theme.set_window_width(1900)
    with qtbot.waitSignal(theme.changed, timeout=500):
        theme.set_window_width(1280)


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("weight", [400, 500, 600])
def test_inter_is_bundled_in_each_weight(weight: int) -> None:
    info = QFontInfo(fonts.font(20, weight))
    assert info.family() == "Inter"
    assert info.weight() == weight


@pytest.mark.usefixtures("qapp")
def test_digits_are_tabular() -> None:
    assert paint.advance("1", 44, 600) == paint.advance("8", 44, 600)


@pytest.mark.usefixtures("qapp")
def test_font_has_the_signs_that_screens_use() -> None:
    measure = fonts.metrics(20, 400)
    assert [sign for sign in "≥≤°·…−→↑×" if not measure.inFontUcs4(ord(sign))] == []


def test_fonts_are_small_and_licensed() -> None:
    for file in fonts.FILES:
        assert len(resources.read_bytes(f"fonts/{file}")) < LARGEST_FONT
    assert b"SIL OPEN FONT LICENSE" in resources.read_bytes("fonts/OFL.txt")
    assert b"ISC License" in resources.read_bytes("icons/LICENSE.txt")


@pytest.mark.usefixtures("qapp")
def test_icon_is_drawn_once_for_each_colour() -> None:
    one = icons.pixmap("pause", 20, "#AE1519")
    assert one is icons.pixmap("pause", 20, "#AE1519")
    middle = {one.toImage().pixelColor(x, 10).name() for x in range(20)}
    assert "#ae1519" in middle


def test_every_icon_named_in_widgets_is_bundled() -> None:
    named: set[str] = set()
    for file in (ROOT / "kiosk" / "widgets").glob("*.py"):
        text = file.read_text(encoding="utf-8")
        named |= set(re.findall(r'icon: str = "([a-z0-9-]+)"', text))
        named |= set(re.findall(r'icons\.draw\(\s*painter,\s*"([a-z0-9-]+)"', text))
    assert named
    assert named <= icons.names()


@pytest.mark.usefixtures("qapp")
def test_long_text_is_elided_and_wrapped_within_its_width() -> None:
    text = "Ayam Kukus Tanpa Kedelai Tanpa Gluten Untuk Balita"
    lines = paint.wrap(text, 20, 600, 200, 2)
    assert len(lines) == 2
    assert lines[-1].endswith(paint.ELLIPSIS)
    assert all(paint.advance(line, 20, 600) <= 200.5 for line in lines)
    assert paint.wrap("pendek", 20, 600, 200, 2) == ("pendek",)


@pytest.mark.parametrize(
    "text",
    [
        "G1-03 · Gelombang 1 · 1.742 porsi",
        "Masak tertutup sampai inti ≥ 75 °C",
        "Daftar orang dan hak dari 04.28 (14 mnt lalu)",
        "perkiraan cadangan 45 mnt · habiskan 12 porsi",
    ],
)
def test_number_is_never_parted_from_what_it_counts(qapp: QApplication, text: str) -> None:
    whole = int(paint.advance(text, 16, 400))
    for width in range(150, whole, 7):
        lines = paint.wrap(text, 16, 400, width, 9)
        assert " ".join(lines) == text
        for line in lines[:-1]:
            assert not line[-1].isdigit(), lines
            assert line[-1] not in "≥≤", lines


def test_number_and_unit_that_fit_no_line_are_parted_rather_than_cut(qapp: QApplication) -> None:
    wide = int(max(paint.advance(each, 16, 400) for each in ("1.742", "porsi")))
    assert paint.wrap("1.742 porsi", 16, 400, wide + 1, 2) == ("1.742", "porsi")
