"""The last readings of one batch, newest first; only the first may be judged, by others."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import MEDIUM, SEMIBOLD
from kiosk.views.looks import ReadingRow
from kiosk.widgets.base import Themed
from kiosk.widgets.reading_value import value_tint

_ROW_PX = 40
_CLOCK_PX, _VALUE_PX = 72, 110


class ReadingList(Themed):
    """Painted rows; how many fit decides how many are shown."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._rows: tuple[ReadingRow, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def set_look(self, rows: tuple[ReadingRow, ...]) -> None:
        if rows != self._rows:
            self._rows = rows
            words = (f"{row.clock} {row.value} {row.place} {row.source}" for row in rows)
            self.setAccessibleName("; ".join(words))
            self.updateGeometry()
            self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(480), self.theme.px(_ROW_PX) * max(1, len(self._rows)))

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(240), self.theme.px(_ROW_PX) if self._rows else 0)

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        high = self.theme.px(_ROW_PX)
        for number, row in enumerate(self._rows):
            band = QRectF(0, number * high, self.width(), high)
            if band.bottom() > self.height() + 1:
                break
            painter.fillRect(QRectF(0, band.top(), self.width(), 1), self.theme.color("line"))
            self._paint_row(painter, band, row)

    def _paint_row(self, painter: QPainter, band: QRectF, row: ReadingRow) -> None:
        px, ink = self.theme.px, self.theme.ink
        high = band.height()
        paint.write(
            painter,
            QRectF(0, band.top(), px(_CLOCK_PX), high),
            row.clock,
            ink("body", "text", MEDIUM),
        )
        value = ink("body", value_tint(row.judged), SEMIBOLD)
        x = float(px(_CLOCK_PX))
        if row.mark_icon:
            side = px(18)
            icons.draw(painter, row.mark_icon, x, band.center().y() - side / 2, side, value.color)
            x += side + px(4)
        paint.write(painter, QRectF(x, band.top(), px(_VALUE_PX), high), row.value, value)
        x = px(_CLOCK_PX + _VALUE_PX + 4)
        source = ink("body", "text2")
        wide = paint.advance(row.source, source.px, source.weight)
        side = px(20)
        source_x = band.right() - wide
        if source_x - side - px(8) > x + px(40):
            box = QRectF(source_x, band.top(), wide + 1, high)
            paint.write(painter, box, row.source, source)
        else:
            source_x = band.right()
        icon_x = source_x - side - px(8)
        icons.draw(
            painter, row.source_icon, icon_x, band.center().y() - side / 2, side, source.color
        )
        place = QRectF(x, band.top(), icon_x - px(8) - x, high)
        paint.write(painter, place, row.place, source, Qt.AlignmentFlag.AlignLeft)
