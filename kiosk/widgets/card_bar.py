"""A bar to hold a bank card to; it is as wide as it is told and measures nothing."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.widgets.base import Themed

HIGH_PX = 120
_MARK_PX = 4


class CardBar(Themed):
    """Painted; both ends have an upright mark, so that the card's edges are seen beside it."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setObjectName("scale.bar")
        self.setAccessibleName(name)
        self._wide_px = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.restyle()

    def wide_px(self) -> int:
        return self._wide_px

    def set_wide_px(self, wide_px: int) -> None:
        if wide_px != self._wide_px:
            self._wide_px = wide_px
            self.update()

    @override
    def restyle(self) -> None:
        self.setFixedHeight(self.theme.px(HIGH_PX))

    @override
    def sizeHint(self) -> QSize:
        return QSize(self._wide_px, self.theme.px(HIGH_PX))

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(1, self.theme.px(HIGH_PX))

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        code, mark = self.theme.code, self.theme.px(_MARK_PX)
        left = (self.width() - self._wide_px) / 2
        bar = QRectF(left, 0, self._wide_px, self.height())
        paint.box(painter, bar, fill=code("tonal"), border=code("primary"), width=1.0)
        for x in (left, left + self._wide_px - mark):
            painter.fillRect(QRectF(x, 0, mark, self.height()), self.theme.color("primary"))
