"""One alert that is over: ticked, when, what, where, who; painted, nothing to tap."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import MEDIUM
from kiosk.views.alerts_looks import ResolvedLook
from kiosk.widgets.base import Themed

_HEIGHT_PX = 52


class ResolvedRow(Themed):
    """Painted; shows, never acts."""

    def __init__(self, theme: Theme, look: ResolvedLook, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setObjectName(f"alert.resolved.{look.key}")
        self._look = look
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.restyle()
        self._tell()

    def look(self) -> ResolvedLook:
        return self._look

    def set_look(self, look: ResolvedLook) -> None:
        if look != self._look:
            self._look = look
            self._tell()
            self.update()

    def _tell(self) -> None:
        look = self._look
        words = f"{look.clock} {look.title}. {look.detail}. {look.who}"
        self.setAccessibleName(words)
        self.setToolTip(words)

    @override
    def restyle(self) -> None:
        self.setFixedHeight(self.theme.px(_HEIGHT_PX))

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(900), self.height())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(560), self.height())

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, look, px = QPainter(self), self._look, self.theme.px
        painter.fillRect(QRectF(0, 0, self.width(), 1), self.theme.color("line"))
        strong, plain = self.theme.ink("body", "text", MEDIUM), self.theme.ink("body", "text2")
        side, high = px(22), self.height()
        x = px(20)
        icons.draw(painter, "circle-check", x, (high - side) / 2, side, self.theme.code("ok"))
        x += side + px(14)
        paint.write(painter, QRectF(x, 0, px(60), high), look.clock, strong)
        x += px(68)
        wide = self.width() - x - px(20)
        who = min(int(paint.advance(look.who, plain.px, plain.weight)) + 2, int(wide * 0.36))
        what = int((wide - who - px(24)) * 0.45)
        paint.write(painter, QRectF(x, 0, what, high), look.title, strong)
        rest = QRectF(x + what + px(12), 0, wide - who - what - px(24), high)
        paint.write(painter, rest, look.detail, plain)
        end = QRectF(x + wide - who, 0, who, high)
        paint.write(painter, end, look.who, plain, Qt.AlignmentFlag.AlignRight)
