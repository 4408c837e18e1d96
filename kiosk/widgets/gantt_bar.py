"""Draws one bar of the timeline in the colour and the manner of its kind; it knows no place."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from kiosk.theme import paint
from kiosk.theme.theme import Theme
from kiosk.views.summary_looks import BarKind, GanttBar, Tone

_SOFT, _SOFT_STROKE = 0.55, 0.75
"""How much of the colour of progress is left in preparing: the same colour, plainly lighter."""
_TINTS: dict[BarKind, str] = {"preparing": "prog", "cooking": "prog", "quality_check": "ok_band"}
LOUD: dict[Tone, tuple[str, str]] = {
    "alarm": ("alarm", "alarm_text"),
    "attention": ("amber", "amber_text"),
    "held": ("held", "text2"),
}


def paint_bar(painter: QPainter, theme: Theme, bar: GanttBar, box: QRectF) -> None:
    """Filled what happened, dashed what is planned or foreseen; hatched while it is held."""
    px, code = theme.px, theme.code
    loud = LOUD.get(bar.tone)
    role = loud[0] if loud else _TINTS[bar.kind]
    tint = QColor(code(role))
    if bar.kind == "preparing" and not loud:
        share = _SOFT if bar.style == "done" else _SOFT_STROKE
        tint = _mixed(tint, theme.color("surface"), share)
    radius = min(px(4), box.height() / 3)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if bar.style == "done":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint)
        painter.drawRoundedRect(box, radius, radius)
        if bar.tone == "held":
            painter.save()
            painter.setClipPath(paint.rounded(box, radius))
            paint.hatch(painter, box, code("surface"), px(1.5), px(6))
            painter.restore()
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = QPen(tint, 1.5)
    pen.setDashPattern([3.0, 2.0] if bar.style == "planned" else [1.4, 1.6])
    painter.setPen(pen)
    painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), radius, radius)


def _mixed(over: QColor, under: QColor, share: float) -> QColor:
    def part(a: int, b: int) -> int:
        return round(a * share + b * (1 - share))

    return QColor(
        part(over.red(), under.red()),
        part(over.green(), under.green()),
        part(over.blue(), under.blue()),
    )
