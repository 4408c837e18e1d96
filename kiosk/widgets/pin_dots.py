"""How many digits of a PIN are typed; it never knows which."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.widgets.base import Themed

_DOT_PX = 22
_GAP_PX = 14


class PinDots(Themed):
    """Filled and empty rings; the spoken text (`name`) comes from outside."""

    def __init__(self, theme: Theme, total: int = 6, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._total, self._filled = total, 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def filled(self) -> int:
        return self._filled

    def set_look(self, filled: int, name: str = "") -> None:
        if name:
            self.setAccessibleName(name)
        if filled != self._filled:
            self._filled = max(0, min(filled, self._total))
            self.update()

    @override
    def sizeHint(self) -> QSize:
        dot, gap = self.theme.px(_DOT_PX), self.theme.px(_GAP_PX)
        return QSize(self._total * dot + (self._total - 1) * gap, dot)

    @override
    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        dot, step = self.theme.px(_DOT_PX), self.theme.px(_DOT_PX + _GAP_PX)
        for number in range(self._total):
            ring = QRectF(number * step + 1, 1, dot - 2, dot - 2)
            if number < self._filled:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self.theme.color("text"))
            else:
                painter.setPen(QPen(self.theme.color("line2"), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(ring)
