"""Small drawing tools that every painted widget shares; they keep no state but caches."""

from functools import lru_cache

import msgspec
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from kiosk.theme import fonts

ELLIPSIS = "…"
WRAP_CACHE = 4096  # texts of about 30 cards, several widths
_DASH = (4.0, 3.0)
_SIGNS = frozenset("≥≤±")
"""They belong to the number after them."""


@lru_cache(maxsize=256)
def color(code: str) -> QColor:
    """`#RRGGBB` as a shared QColor; callers must not change it."""
    return QColor(code)


class Ink(msgspec.Struct, frozen=True):
    """How a text is written."""

    px: int
    weight: int
    color: str
    strike: bool = False


@lru_cache(maxsize=WRAP_CACHE)
def advance(text: str, px: int, weight: int) -> float:
    """Width of one line of text."""
    return fonts.metrics(px, weight).horizontalAdvance(text)


def line_height(px: int) -> int:
    """Height of one line of text."""
    return round(px * 1.25)


@lru_cache(maxsize=WRAP_CACHE)
def wrap(text: str, px: int, weight: int, width: int, max_lines: int) -> tuple[str, ...]:
    """Breaks at spaces into at most `max_lines`; the last one is elided if it must be."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_wrap_paragraph(paragraph, px, weight, width))
    if len(lines) <= max_lines:
        return tuple(elide(line, px, weight, width) for line in lines)
    kept = lines[: max_lines - 1]
    rest = " ".join(lines[max_lines - 1 :])
    return (
        *(elide(line, px, weight, width) for line in kept),
        elide(rest, px, weight, width),
    )


@lru_cache(maxsize=WRAP_CACHE)
def elide(text: str, px: int, weight: int, width: int) -> str:
    """The text, or its longest beginning with an ellipsis that fits."""
    if advance(text, px, weight) <= width + 0.5:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if advance(text[:middle].rstrip() + ELLIPSIS, px, weight) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip(" ·,") + ELLIPSIS if low else ELLIPSIS


def write(
    painter: QPainter,
    rect: QRectF,
    text: str,
    ink: Ink,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    max_lines: int = 1,
) -> float:
    """Writes text centred upright in `rect`, elided or wrapped; returns the widest line."""
    if not text or rect.width() <= 0:
        return 0.0
    lines = wrap(text, ink.px, ink.weight, int(rect.width()), max_lines)
    painter.setFont(fonts.font(ink.px, ink.weight, strike=ink.strike))
    painter.setPen(color(ink.color))
    measure = fonts.metrics(ink.px, ink.weight)
    step = line_height(ink.px)
    # Centre the capitals, not the box: digits then stand in the middle of a button.
    first = rect.center().y() + measure.capHeight() / 2 - step * (len(lines) - 1) / 2
    widest = 0.0
    for number, line in enumerate(lines):
        wide = advance(line, ink.px, ink.weight)
        widest = max(widest, wide)
        painter.drawText(QPointF(_left(rect, wide, align), round(first + number * step)), line)
    return widest


def box(
    painter: QPainter,
    rect: QRectF,
    *,
    fill: str | None = None,
    border: str | None = None,
    width: float = 1.0,
    radius: float = 0.0,
    dashed: bool = False,
) -> None:
    """A rounded box whose border lies wholly inside `rect`."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    half = width / 2 if border else 0.0
    inner = rect.adjusted(half, half, -half, -half)
    painter.setBrush(color(fill) if fill else Qt.BrushStyle.NoBrush)
    painter.setPen(pen(border, width, dashed=dashed) if border else Qt.PenStyle.NoPen)
    painter.drawRoundedRect(inner, max(0.0, radius - half), max(0.0, radius - half))


def pen(code: str, width: float = 1.0, *, dashed: bool = False) -> QPen:
    """A pen; dashes keep their length whatever the width."""
    made = QPen(color(code), width)
    if dashed:
        made.setDashPattern([part / width for part in _DASH])
        made.setCapStyle(Qt.PenCapStyle.FlatCap)
    return made


def rounded(rect: QRectF, radius: float) -> QPainterPath:
    """A rounded path to clip by."""
    path = QPainterPath()
    path.addRoundedRect(rect, radius, radius)
    return path


def hatch(painter: QPainter, rect: QRectF, code: str, on: float, off: float) -> None:
    """Diagonal stripes at 45 degrees, `on` thick with `off` between; set the clip before."""
    painter.setPen(QPen(color(code), on))
    step = (on + off) * 2**0.5
    x = rect.left() - rect.height()
    lines = []
    while x < rect.right() + step:
        lines.append(QLineF(x, rect.bottom() + on, x + rect.height() + 2 * on, rect.top() - on))
        x += step
    painter.drawLines(lines)


def triangle(painter: QPainter, tip: QPointF, size: float, code: str) -> None:
    """A filled pointer that stands on its tip."""
    path = QPainterPath(tip)
    path.lineTo(tip.x() - size * 0.58, tip.y() - size)
    path.lineTo(tip.x() + size * 0.58, tip.y() - size)
    path.closeSubpath()
    painter.fillPath(path, color(code))


def _left(rect: QRectF, wide: float, align: Qt.AlignmentFlag) -> float:
    if align & Qt.AlignmentFlag.AlignRight:
        return rect.right() - wide
    if align & Qt.AlignmentFlag.AlignHCenter:
        return rect.left() + (rect.width() - wide) / 2
    return rect.left()


def _unparted(text: str, px: int, weight: int, width: int) -> list[str]:
    """Words, a number together with what it counts (`1.742 porsi`, `≥ 75 °C`) as far as that fits a line.

    Here and not in the texts: tables, files and what a screen reader says keep plain spaces.
    """
    made: list[str] = []
    for word in text.split(" "):
        before = made[-1][-1:] if made else ""
        joined = f"{made[-1]} {word}" if made else word
        if (before.isdigit() or before in _SIGNS) and advance(joined, px, weight) <= width:
            made[-1] = joined
        else:
            made.append(word)
    return made


def _wrap_paragraph(text: str, px: int, weight: int, width: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in _unparted(text, px, weight, width):
        longer = f"{line} {word}" if line else word
        if line and advance(longer, px, weight) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    lines.append(line)
    return lines
