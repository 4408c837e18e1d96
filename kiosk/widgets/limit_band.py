"""A reading against its limit: safe band, tick and pointer; the judgement is given to it."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.looks import BandLook, Judged
from kiosk.widgets.base import Themed

WIDTH_PX, HEIGHT_PX = 196, 18
_LINE_PX = 4
_POINTER_PX = 9
_TICK_PX = 13


def paint_band(
    painter: QPainter, rect: QRectF, look: BandLook, judged: Judged, theme: Theme
) -> None:
    """Draws the band into `rect`: pointer above, line with tick below it."""
    line, pointer = theme.px(_LINE_PX), theme.px(_POINTER_PX)
    y = rect.top() + pointer + theme.px(5)
    limit_x = _x(rect, look, look.limit)
    stale = judged == "stale"
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("track"))
    painter.drawRoundedRect(QRectF(rect.left(), y - line / 2, rect.width(), line), 2, 2)
    painter.setBrush(theme.color("stale" if stale else "ok_band"))
    left, right = (limit_x, rect.right()) if look.safe == "above" else (rect.left(), limit_x)
    painter.drawRoundedRect(QRectF(left, y - line / 2, right - left, line), 2, 2)
    tick = theme.px(_TICK_PX)
    painter.fillRect(
        QRectF(round(limit_x) - 1, y - tick / 2, max(2, theme.px(2)), tick), theme.color("text")
    )
    if look.value is not None:
        tints: dict[Judged, str] = {"alarm": "alarm_text", "stale": "stale"}
        x = _x(rect, look, look.value)
        tip = QPointF(x, y - line / 2 - 1)
        paint.triangle(painter, tip, pointer, theme.code(tints.get(judged, "text")))


def _x(rect: QRectF, look: BandLook, value: float) -> float:
    span = max(look.high - look.low, 1e-9)
    share = min(1.0, max(0.0, (value - look.low) / span))
    return rect.left() + share * rect.width()


class LimitBand(Themed):
    """The band as a widget, with the ends of its scale written below if they are given."""

    def __init__(
        self,
        theme: Theme,
        look: BandLook | None = None,
        judged: Judged = "none",
        *,
        stretch: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self._look, self._judged = look, judged
        wide = QSizePolicy.Policy.Expanding if stretch else QSizePolicy.Policy.Preferred
        self.setSizePolicy(wide, QSizePolicy.Policy.Fixed)

    def set_look(self, look: BandLook | None, judged: Judged = "none", name: str = "") -> None:
        if name:
            self.setAccessibleName(name)
        if (look, judged) != (self._look, self._judged):
            self._look, self._judged = look, judged
            self.updateGeometry()
            self.update()

    @override
    def sizeHint(self) -> QSize:
        high = self.theme.px(HEIGHT_PX + 4)
        if self._look is not None and (self._look.low_text or self._look.high_text):
            high += paint.line_height(self.theme.metrics.text("caption"))
        return QSize(self.theme.px(WIDTH_PX), high)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(96), self.sizeHint().height())

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._look is None:
            return
        painter = QPainter(self)
        pad = self.theme.px(_POINTER_PX) * 0.6
        band = QRectF(pad, 0, self.width() - 2 * pad, self.theme.px(HEIGHT_PX))
        paint_band(painter, band, self._look, self._judged, self.theme)
        ink = self.theme.ink("caption", "text")
        high = paint.line_height(ink.px)
        foot = QRectF(pad, self.height() - high, self.width() - 2 * pad, high)
        paint.write(painter, foot, self._look.low_text, ink)
        paint.write(painter, foot, self._look.high_text, ink, Qt.AlignmentFlag.AlignRight)
