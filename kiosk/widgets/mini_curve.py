"""A small curve of one batch: limit, line, newest value, age; painted, a tap opens the batch; it judges nothing."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import RADIUS_CARD, SEMIBOLD
from kiosk.views.looks import Judged
from kiosk.views.summary_looks import MiniLook
from kiosk.widgets.base import Pressable

HEIGHT_PX, COMPACT_PX = 128, 112
_PAD_PX, _LINE_PX = 10, 22
_VALUE: dict[Judged, str] = {"ok": "ok", "alarm": "alarm_text", "none": "text", "stale": "stale"}


class MiniCurve(Pressable):
    """Emits `opened(batch)`."""

    opened = Signal(str)

    def __init__(self, theme: Theme, look: MiniLook, parent: QWidget | None = None) -> None:
        super().__init__(theme, f"summary.curve.{look.batch}", parent)
        self._look: MiniLook | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.restyle()
        self.set_look(look)

    def look(self) -> MiniLook | None:
        return self._look

    def set_look(self, look: MiniLook) -> None:
        if look != self._look:
            self._look = look
            self.setAccessibleName(look.name)
            self.setToolTip(look.tip)
            self.update()

    @override
    def restyle(self) -> None:
        compact = self.theme.metrics.compact
        self.setFixedHeight(self.theme.px(COMPACT_PX if compact else HEIGHT_PX))

    @override
    def on_tap(self) -> None:
        if self._look is not None:
            self.opened.emit(self._look.batch)

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(240), self.height())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(180), self.height())

    def plot(self, rect: QRectF) -> QRectF:
        """Where the line lies inside the tile."""
        px = self.theme.px
        pad, line = px(_PAD_PX), px(_LINE_PX)
        return rect.adjusted(pad, px(6) + line, -pad, -px(4) - line)

    def spots(self, rect: QRectF) -> tuple[tuple[QPointF, ...], ...]:
        """The points of each unbroken run, in pixels."""
        look, dot = self._look, self.theme.px(5)
        # The newest point lies at the end: its dot must not be cut.
        plot = self.plot(rect).adjusted(dot, 0, -dot, 0)
        if look is None:
            return ()
        across, up = max(1, look.to_ms - look.from_ms), max(1.0, look.high_c - look.low_c)
        return tuple(
            tuple(
                QPointF(
                    plot.left() + (at - look.from_ms) / across * plot.width(),
                    plot.bottom() - (value - look.low_c) / up * plot.height(),
                )
                for at, value in run
            )
            for run in look.runs
        )

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        look = self._look
        if look is None:
            return
        px, code, ink = self.theme.px, self.theme.code, self.theme.ink
        loud = look.judged == "alarm"
        paint.box(
            painter,
            rect,
            fill=code("surface3" if down else "surface"),
            border=code("alarm_line" if loud else "line"),
            width=2.0 if loud else 1.0,
            radius=px(RADIUS_CARD),
        )
        pad, line = px(_PAD_PX), px(_LINE_PX)
        head = QRectF(rect.left() + pad, rect.top() + px(4), rect.width() - 2 * pad, line)
        tint = _VALUE[look.judged]
        # Large enough to be read grey: the age says how old it is.
        value = ink("body", "text2" if look.judged == "stale" else tint, SEMIBOLD)
        left = self._right(painter, head, look.value, value)
        if look.icon:
            side = px(18)
            left -= side + px(4)
            icons.draw(painter, look.icon, left, head.center().y() - side / 2, side, value.color)
        title = QRectF(head.left(), head.top(), left - px(8) - head.left(), line)
        paint.write(painter, title, look.title, ink("caption", "text", SEMIBOLD))
        foot = QRectF(head.left(), rect.bottom() - px(3) - line, head.width(), line)
        caption = ink("caption", "text2")
        self._right(painter, foot, look.age, caption)
        paint.write(painter, foot, look.limit_text, caption)
        self._paint_plot(painter, rect, look)

    def _right(self, painter: QPainter, room: QRectF, text: str, ink: paint.Ink) -> float:
        wide = paint.advance(text, ink.px, ink.weight)
        left = room.right() - wide
        paint.write(painter, QRectF(left, room.top(), wide + 1, room.height()), text, ink)
        return left

    def _paint_plot(self, painter: QPainter, rect: QRectF, look: MiniLook) -> None:
        plot = self.plot(rect)
        if look.limit_c is not None:
            up = max(1.0, look.high_c - look.low_c)
            y = plot.bottom() - (look.limit_c - look.low_c) / up * plot.height()
            safe = QRectF(plot.left(), plot.top(), plot.width(), y - plot.top())
            painter.fillRect(safe, self.theme.color("ok_bg"))
            painter.setPen(paint.pen(self.theme.code("ok_band"), 1.5, dashed=True))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        runs = self.spots(rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self.theme.color("prog"), self.theme.px(2)))
        for run in runs:
            painter.drawPolyline(QPolygonF(list(run)))
        painter.setPen(Qt.PenStyle.NoPen)
        small, big = self.theme.px(2.5), self.theme.px(4.5)
        painter.setBrush(self.theme.color("prog"))
        for run in runs:
            # A point alone has no line; without its dot nobody would see it.
            if len(run) == 1:
                painter.drawEllipse(run[0], small, small)
        if runs:
            out = look.judged == "alarm"
            painter.setBrush(self.theme.color("alarm_text" if out else "prog"))
            painter.drawEllipse(runs[-1][-1], big, big)
