"""Contrast as WCAG 2 computes it: of every text as the gallery paints it, and of the parts of controls."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from kiosk.screens.gallery.pages import PAGES, build
from kiosk.theme import paint
from kiosk.theme.metrics import Metrics
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import DARK, LIGHT, Palette
from kiosk.widgets import action_button, card_painter, reading_value

OPAQUE = 255
PALETTES = {"light": LIGHT, "dark": DARK}
# What the charts' library writes, which no painter of ours sees.
CHARTS = (
    ("text", "surface"),
    ("text2", "surface"),
    ("ok", "surface"),
    ("ok", "ok_bg"),
    ("amber_text", "amber_bg"),
    ("alarm_text", "surface"),
    ("text", "ok_bg"),
)
RULE, BLOCKED, LARGE = 7.0, 6.0, 4.5
"""Of running text; of a closed label, a hair below; of old numerals, which are large (WCAG 2)."""
BLOCKED_INKS = frozenset({"text3"})
LARGE_PX = 34
STALE_INKS = frozenset({"stale"})
KNOWN = (
    ("text", "surface"),
    ("on_alarm", "alarm"),
    ("on_amber", "amber"),
    ("on_held", "held"),
    ("on_rail", "rail_on"),
    ("on_tonal", "tonal"),
    ("alarm_text", "alarm_bg"),
)
"""Some of the pairs that the gallery shows: a collector that sees nothing finds nothing wrong."""
CONTROLS = (
    ("line2", "surface"),
    ("prog", "track"),
    ("prog", "surface"),
    ("focus", "surface"),
    ("focus", "bg"),
    ("ok_band", "surface"),
    ("alarm_line", "surface"),
    ("stale", "surface"),
    ("stale", "stale_bg"),
)


def luminance(code: str) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(code[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(palette: Palette, one: str, other: str) -> float:
    return ratio(getattr(palette, one), getattr(palette, other))


def ratio(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


class Written(NamedTuple):
    """A text as it was painted on a widget: where, and in which colour."""

    widget: QWidget
    box: QRectF
    text: str
    ink: paint.Ink


class Inks:
    """Which ink stands on which ground, taken from the picture: a pair that is new cannot be forgotten."""

    def __init__(self) -> None:
        self.written: list[Written] = []
        self.pairs: dict[tuple[str, str], tuple[str, int]] = {}
        """Ink and ground as `#rrggbb`; a text of this pair and the smallest size of all of them."""

    def note(self, painter: QPainter, rect: QRectF, text: str, ink: paint.Ink) -> None:
        wide = min(rect.width(), paint.advance(text, ink.px, ink.weight))
        high = min(rect.height(), float(ink.px)) if rect.height() > 0 else ink.px
        box = QRectF(0, 0, max(4.0, wide), max(4.0, high))
        box.moveCenter(rect.center())
        where = painter.worldTransform().mapRect(box)
        device = painter.device()
        if isinstance(device, QWidget):
            self.written.append(Written(device, where, text, ink))
        elif isinstance(device, QPixmap):
            # A picture that a widget keeps: its ground stands there before the text does.
            colours = colours_in(pixels_of(device.toImage()), where, device.devicePixelRatio())
            self.add(ground_of(colours, ink), text, ink)

    def look(self, page: QWidget) -> None:
        """Find the grounds in the picture of the page; a text that lies under a sheet is not seen."""
        pixels = pixels_of(page.grab().toImage())
        for widget, box, text, ink in self.written:
            if not isValid(widget) or not page.isAncestorOf(widget):
                continue
            place = box.translated(QPointF(widget.mapTo(page, QPoint(0, 0))))
            colours = colours_in(pixels, place)
            if colours[QColor(ink.color).name()]:
                self.add(ground_of(colours, ink), text, ink)
        self.written.clear()

    def add(self, ground: str, text: str, ink: paint.Ink) -> None:
        if ground:
            key = (QColor(ink.color).name(), ground)
            before = self.pairs.get(key, (text, ink.px))
            self.pairs[key] = (before[0], min(before[1], ink.px))


def pixels_of(image: QImage) -> npt.NDArray[np.uint32]:
    """The picture as numbers `0xAARRGGBB`, a row of it a row."""
    shown = image.convertToFormat(QImage.Format.Format_ARGB32)
    flat = np.frombuffer(shown.constBits(), dtype=np.uint32)
    return flat.reshape(shown.height(), shown.bytesPerLine() // 4)[:, : shown.width()].copy()


def colours_in(pixels: npt.NDArray[np.uint32], box: QRectF, scale: float = 1.0) -> Counter[str]:
    """Opaque colours of a part, as `#rrggbb`, by how often they stand there."""
    area = QRectF(box.topLeft() * scale, box.size() * scale).toRect()
    part = pixels[max(0, area.top()) : area.bottom() + 1, max(0, area.left()) : area.right() + 1]
    found, counts = np.unique(part, return_counts=True)
    return Counter(
        {
            f"#{int(code) & 0xFFFFFF:06x}": int(count)
            for code, count in zip(found, counts, strict=True)
            if int(code) >> 24 == OPAQUE
        }
    )


def ground_of(colours: Counter[str], ink: paint.Ink) -> str:
    own = QColor(ink.color).name()
    return next((each for each, _ in colours.most_common() if each != own), "")


@pytest.fixture
def inks(monkeypatch: pytest.MonkeyPatch) -> Inks:
    made = Inks()
    real, real_value = paint.write, reading_value.paint_value

    def write(
        painter: QPainter,
        rect: QRectF,
        text: str,
        ink: paint.Ink,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        max_lines: int = 1,
    ) -> float:
        if text and rect.width() > 0:
            wide = min(rect.width(), paint.advance(text, ink.px, ink.weight))
            left = rect.left()
            if align & Qt.AlignmentFlag.AlignRight:
                left = rect.right() - wide
            elif align & Qt.AlignmentFlag.AlignHCenter:
                left = rect.center().x() - wide / 2
            made.note(painter, QRectF(left, rect.top(), wide, rect.height()), text, ink)
        return real(painter, rect, text, ink, align, max_lines)

    def paint_value(
        painter: QPainter,
        rect: QRectF,
        text: str,
        unit: str,
        ink: paint.Ink,
        unit_ink: paint.Ink,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    ) -> float:
        made.note(painter, rect, text, ink)
        return real_value(painter, rect, text, unit, ink, unit_ink, align)

    monkeypatch.setattr(paint, "write", write)
    for module in (reading_value, card_painter):
        monkeypatch.setattr(module, "paint_value", paint_value)
    # Faces that another test had painted would be copied here, not painted.
    monkeypatch.setattr(action_button, "_faces", {})
    return made


@pytest.mark.parametrize("name", PALETTES)
def test_every_text_of_the_gallery_has_contrast_with_what_it_stands_on(
    qapp: QApplication, inks: Inks, name: str
) -> None:
    theme = Theme(dark=name == "dark", metrics=Metrics().for_window(1920))
    theme.apply(qapp)
    for page_name in PAGES:
        page = build(page_name, theme, 1920, 1080)
        QApplication.sendPostedEvents()
        inks.look(page)
        page.hide()
        page.deleteLater()
    palette = PALETTES[name]
    roles: dict[str, list[str]] = {}
    for role in palette.__struct_fields__:
        if isinstance(code := getattr(palette, role), str):
            roles.setdefault(code.lower(), []).append(role)
    seen = {
        (ink, ground)
        for ink_code, ground_code in inks.pairs
        for ink in roles.get(ink_code, ())
        for ground in roles.get(ground_code, ())
    }
    assert set(KNOWN) <= seen
    faint = []
    for (ink_code, ground_code), (text, px) in inks.pairs.items():
        ink = roles.get(ink_code, [ink_code])
        limit = RULE
        if BLOCKED_INKS & set(ink):
            limit = BLOCKED
        if STALE_INKS & set(ink) and px >= LARGE_PX:
            limit = LARGE
        found = ratio(ink_code, ground_code)
        if found < limit:
            faint.append(f"{text!r}: {ink} on {roles.get(ground_code, ground_code)} {found:.2f}")
    assert not faint, "\n".join(["", *faint])


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("pair", CHARTS, ids="-on-".join)
def test_text_of_a_chart_has_contrast_of_seven(name: str, pair: tuple[str, str]) -> None:
    assert contrast(PALETTES[name], *pair) >= RULE


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("pair", CONTROLS, ids="-on-".join)
def test_control_has_contrast_of_three(name: str, pair: tuple[str, str]) -> None:
    assert contrast(PALETTES[name], *pair) >= 3.0
