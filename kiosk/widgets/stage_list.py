"""The stages of one batch from top to bottom, with time and who; it advances nothing."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import SEMIBOLD
from kiosk.views.looks import StageRow
from kiosk.widgets.base import Themed

_DOT_PX = 30
_TEXT_X_PX = 44
_LEAST_ROW_PX = 72
_COMPACT_ROW_PX = 60


class StageList(Themed):
    """A line of dots: filled with a tick, ringed, or dashed for what is only planned."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._rows: tuple[StageRow, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_look(self, rows: tuple[StageRow, ...]) -> None:
        if rows != self._rows:
            self._rows = rows
            words = (f"{row.title} {row.clock} {row.detail} {row.warning}" for row in rows)
            self.setAccessibleName("; ".join(" ".join(each.split()) for each in words))
            self.updateGeometry()
            self.update()

    @override
    def sizeHint(self) -> QSize:
        # No more than it needs: it takes what is left, and scrolling must not begin before that is gone.
        return QSize(self.theme.px(360), self.minimumSizeHint().height())

    @override
    def minimumSizeHint(self) -> QSize:
        rows = max(1, len(self._rows))
        least = _COMPACT_ROW_PX if self.theme.metrics.compact else _LEAST_ROW_PX
        return QSize(self.theme.px(200), self.theme.px(least) * rows)

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._rows:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        most = self.theme.px(120)
        step = min(most, self.height() / len(self._rows))
        for number, row in enumerate(self._rows):
            band = QRectF(0, number * step, self.width(), step)
            self._paint_line(painter, band, row, last=number == len(self._rows) - 1)
            self._paint_dot(painter, band, row)
            self._paint_words(painter, band, row)

    def _paint_line(self, painter: QPainter, band: QRectF, row: StageRow, *, last: bool) -> None:
        if last:
            return
        dot, gap = self.theme.px(_DOT_PX), self.theme.px(4)
        tint = "prog" if row.state == "done" else "track"
        painter.setPen(QPen(self.theme.color(tint), self.theme.px(4)))
        x = dot / 2
        painter.drawLine(QPointF(x, band.top() + dot + gap + 1), QPointF(x, band.bottom() - gap))

    def _paint_dot(self, painter: QPainter, band: QRectF, row: StageRow) -> None:
        dot = self.theme.px(_DOT_PX)
        ring = QRectF(1.5, band.top() + 1.5, dot - 3, dot - 3)
        if row.state == "done":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.color("prog"))
            painter.drawEllipse(ring)
            side = self.theme.px(18)
            x, y = ring.center().x() - side / 2, ring.center().y() - side / 2
            icons.draw(painter, "check", x, y, side, self.theme.code("surface"))
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if row.state == "current":
            painter.setPen(QPen(self.theme.color("prog"), self.theme.px(4)))
        else:
            painter.setPen(paint.pen(self.theme.code("line2"), 1.5, dashed=True))
        painter.drawEllipse(ring.adjusted(1, 1, -1, -1))

    def _paint_words(self, painter: QPainter, band: QRectF, row: StageRow) -> None:
        px, ink = self.theme.px, self.theme.ink
        coming = row.state == "coming"
        clock = ink("section", "text2" if coming else "text", 400 if coming else SEMIBOLD)
        title = ink("section", "text2" if coming else "text", 500 if coming else SEMIBOLD)
        high = px(_DOT_PX)
        left, right = px(_TEXT_X_PX), band.width()
        clock_wide = paint.advance(row.clock, clock.px, clock.weight)
        head = QRectF(left, band.top(), right - left, high)
        paint.write(painter, head, row.clock, clock, Qt.AlignmentFlag.AlignRight)
        room = head.adjusted(0, 0, -clock_wide - px(8), 0)
        paint.write(painter, room, row.title, title)
        detail = ink("caption", "text2")
        line = paint.line_height(detail.px)
        y = band.top() + high
        if row.detail:
            paint.write(painter, QRectF(left, y, right - left, line), row.detail, detail)
            y += line + px(2)
        if row.warning:
            warning = ink("caption", "alarm_text", SEMIBOLD)
            side = px(18)
            icons.draw(painter, "circle-alert", left, y, side, warning.color)
            wide = right - left - side - px(4)
            lines = len(paint.wrap(row.warning, warning.px, warning.weight, int(wide), 2))
            box = QRectF(left + side + px(4), y, wide, line * lines)
            paint.write(painter, box, row.warning, warning, max_lines=2)
