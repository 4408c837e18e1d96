"""A page that is longer than the screen: scrolls by finger, a drag never taps; it holds no content of its own."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QScrollArea,
    QScrollBar,
    QScroller,
    QStyle,
    QStyleOptionSlider,
    QWidget,
)

from kiosk.theme.marks import override


class SlimBar(QScrollBar):
    """Shows how much there is and where one stands; a finger drags the page, not the bar."""

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().height() // 3, super().sizeHint().height())

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.maximum() == self.minimum():
            return
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        control, part = QStyle.ComplexControl.CC_ScrollBar, QStyle.SubControl.SC_ScrollBarSlider
        handle = QRectF(self.style().subControlRect(control, option, part, self))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawRoundedRect(handle, handle.width() / 2, handle.width() / 2)


class Scroll(QScrollArea):
    """A frameless area with finger scrolling; `resized` when its room changed: only then is it known."""

    resized = Signal()

    def __init__(self, inside: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # One that Python made has its type; to find that of Qt's own PySide6 would make all classes of
        # widgets first, which costs a start 25 ms.
        port = QWidget(self)
        self.setViewport(port)
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBar(SlimBar(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        port.setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # Of the gestures only this one scrolls from touch here; the mouse keeps wheel and bar.
        QScroller.grabGesture(port, QScroller.ScrollerGestureType.TouchGesture)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()
