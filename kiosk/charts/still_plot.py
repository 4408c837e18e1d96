"""What both charts share: a plot in which nothing moves by accident, keys that walk, the ring; it draws no look.

Imported only with a chart: the library costs a second and 40 MB.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyqtgraph
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QVBoxLayout, QWidget

from kiosk.theme import paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import REGULAR

pg: Any = pyqtgraph  # half of its functions carry types that contradict their use

RING_PX = 3
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class StillPlot(QWidget):
    """Emits `chosen(key)` for a tap and for the arrow keys.

    The plot itself gets no finger and no wheel, so nothing in it can move or zoom.
    """

    chosen = Signal(str)

    def __init__(self, theme: Theme, subject: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._ring = False
        self.setObjectName(subject)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._plot = pg.PlotWidget(self, background=None)
        self._plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.setAntialiasing(True)
        self._item = self._plot.getPlotItem()
        self._item.setMenuEnabled(False)
        self._item.hideButtons()
        self._item.getViewBox().setMouseEnabled(x=False, y=False)
        box = QVBoxLayout(self)
        ring = theme.px(RING_PX) + 1
        box.setContentsMargins(ring, ring, ring, ring)
        box.addWidget(self._plot)
        theme.changed.connect(self.draw)

    # ---- what a chart says of itself --------------------------------------------------------

    def draw(self) -> None:
        """Draws all of it anew."""
        raise NotImplementedError

    def keys(self) -> Sequence[str]:
        """Its points from left to right."""
        raise NotImplementedError

    def chosen_key(self) -> str:
        """The point that is chosen; empty: none."""
        raise NotImplementedError

    def near(self, spot: QPointF) -> str:
        """The point that a tap there means; empty: none."""
        raise NotImplementedError

    # ---- shared drawing ---------------------------------------------------------------------

    def to_widget(self, x: float, y: float) -> QPointF:
        """From the plot's scales to pixels of the widget."""
        scene = self._item.getViewBox().mapViewToScene(QPointF(x, y))
        return QPointF(self._plot.mapTo(self, self._plot.mapFromScene(scene)))

    def draw_axes(self, bottom: list[tuple[float, str]], left: list[tuple[float, str]]) -> None:
        """Scales in our letters."""
        item, theme = self._item, self.theme
        for side, ticks in (("bottom", bottom), ("left", left)):
            axis = item.getAxis(side)
            axis.setTicks([ticks])
            axis.setTickFont(theme.font("caption"))
            axis.setTextPen(theme.color("text2"))
            axis.setPen(theme.color("line2"))
            axis.setStyle(tickLength=0, tickTextOffset=theme.px(6))
        # Measured by the library after the first paint; given here, so that nothing jumps or is cut.
        px = theme.metrics.text("caption")
        item.getAxis("left").setWidth(_widest((text for _, text in left), px) + theme.px(12))
        item.getAxis("bottom").setHeight(paint.line_height(px) + theme.px(8))

    # ---- fingers and keys -------------------------------------------------------------------

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if not self.theme.finger.slips(self):
            self.chosen.emit(self.near(event.position()))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        step, keys = _STEPS.get(Qt.Key(event.key())), self.keys()
        if step is None or not keys:
            event.ignore()
            return
        chosen = self.chosen_key()
        at = keys.index(chosen) + step if chosen in keys else len(keys) - 1
        self.chosen.emit(keys[max(0, min(len(keys) - 1, at))])

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._ring = self.theme.finger.shows_focus(event.reason())
        self.update()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._ring = False
        self.update()

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._ring:
            width, code = self.theme.px(RING_PX), self.theme.code("focus")
            paint.box(QPainter(self), QRectF(self.rect()), border=code, width=width, radius=8)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.draw()


def _widest(texts: Iterable[str], px: int) -> int:
    return int(max((paint.advance(text, px, REGULAR) for text in texts), default=0))
