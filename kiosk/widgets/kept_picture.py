"""Pictures that widgets keep of themselves: a repaint copies them; who keeps too many loses the oldest."""

from collections import OrderedDict
from collections.abc import Callable

from PySide6.QtCore import QRect, QSize, QSizeF, Qt
from PySide6.QtGui import QPainter, QPixmap, QRegion
from PySide6.QtWidgets import QWidget

from kiosk.theme.marks import override

KEPT_BYTES = 6 * 1024 * 1024
"""Sixteen cards of a 1920×1080 board: what is on the screen, not what is scrolled away."""

Draw = Callable[[QPainter, QRect], None]

_kept: OrderedDict["KeptPicture", int] = OrderedDict()


class KeptPicture:
    """The picture of one widget and which part of it is out of date.

    A board of sixteen cards takes 36 ms to paint part by part and 5 ms to copy: it is painted whole
    whenever the connection changes or a sheet closes over it.
    """

    def __init__(self, widget: QWidget) -> None:
        """Of the upper part of `widget`, as high as `paint` is told."""
        self._widget = widget
        self._picture: QPixmap | None = None
        self._old = QRegion()

    @override
    def __hash__(self) -> int:
        return id(self)

    def outdate(self, area: QRect) -> None:
        """This part (widget coordinates, px) must be drawn again; nothing is drawn now."""
        self._old += area

    def forget(self) -> None:
        """Everything must be drawn again."""
        self._picture = None
        _kept.pop(self, None)

    def paint(self, painter: QPainter, area: QRect, draw: Draw, high: int) -> None:
        """Copies `area` to the screen; `draw(painter, part)` draws what is out of date first.

        It draws over what stands there: on a ground of its own, or after `clear`. What lies below
        `high` px is not kept.
        """
        area = area.intersected(QRect(0, 0, self._widget.width(), high))
        if area.isEmpty():
            return
        dpr = self._widget.devicePixelRatioF()
        size = (QSizeF(self._widget.width(), high) * dpr).toSize()
        picture = self._picture
        if picture is None or picture.size() != size or picture.devicePixelRatio() != dpr:
            picture = self._begun(size, dpr)
        if not self._old.isEmpty():
            self._drawn(picture, self._old.boundingRect(), draw)
            self._old = QRegion()
        _keep(self, 4 * size.width() * size.height())
        source = QRect(
            (area.topLeft().toPointF() * dpr).toPoint(), (area.size().toSizeF() * dpr).toSize()
        )
        painter.drawPixmap(area, picture, source)

    def _begun(self, size: QSize, dpr: float) -> QPixmap:
        picture = QPixmap(size)
        picture.setDevicePixelRatio(dpr)
        picture.fill(Qt.GlobalColor.transparent)
        self._picture, self._old = picture, QRegion(self._widget.rect())
        return picture

    @staticmethod
    def _drawn(picture: QPixmap, part: QRect, draw: Draw) -> None:
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(part)
        draw(painter, part)
        painter.end()


def clear(painter: QPainter, part: QRect) -> None:
    """Takes out what is there: smooth edges drawn over themselves would grow darker."""
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
    painter.fillRect(part, Qt.GlobalColor.transparent)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)


def _keep(picture: KeptPicture, size_bytes: int) -> None:
    """It was shown last; the longest unseen go when all together are too large."""
    _kept[picture] = size_bytes
    _kept.move_to_end(picture)
    total = sum(_kept.values())
    while total > KEPT_BYTES and len(_kept) > 1:
        oldest, freed = next(iter(_kept.items()))
        oldest.forget()
        total -= freed
