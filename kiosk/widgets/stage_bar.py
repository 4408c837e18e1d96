"""How far a batch has come, in four parts; it does not know what the parts are called."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.widgets.base import Themed

PARTS = 4
HEIGHT_PX = 8
_GAP_PX = 4


def paint_stages(
    painter: QPainter, rect: QRectF, index: int, fraction: float, theme: Theme
) -> None:
    """Fills `index` whole parts and `fraction` (0 to 1) of the next one."""
    gap = theme.px(_GAP_PX)
    wide = (rect.width() - gap * (PARTS - 1)) / PARTS
    radius = rect.height() / 2
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    for number in range(PARTS):
        part = QRectF(rect.left() + number * (wide + gap), rect.top(), wide, rect.height())
        share = 1.0 if number < index else fraction if number == index else 0.0
        painter.setBrush(theme.color("track"))
        painter.drawRoundedRect(part, radius, radius)
        if share > 0:
            filled = QRectF(part)
            filled.setWidth(max(wide * min(share, 1.0), rect.height()))
            painter.setBrush(theme.color("prog"))
            painter.drawRoundedRect(filled, radius, radius)


class StageBar(Themed):
    """The parts as a widget; the spoken text comes from outside."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._index, self._fraction = 0, 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_look(self, index: int, fraction: float, name: str = "") -> None:
        self.setAccessibleName(name)
        if (index, fraction) != (self._index, self._fraction):
            self._index, self._fraction = index, fraction
            self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(240), self.theme.px(HEIGHT_PX))

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(48), self.theme.px(HEIGHT_PX))

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_stages(painter, QRectF(self.rect()), self._index, self._fraction, self.theme)
