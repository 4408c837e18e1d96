"""One line of a history: when, mark, what, wrapped; painted, nothing to tap."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import SEMIBOLD
from kiosk.views.looks import EventLook
from kiosk.widgets.base import Themed

_TINT = {"neutral": "text2", "alarm": "alarm_text", "ok": "ok", "attention": "amber_text"}
_CLOCK_PX, _ICON_PX, _GAP_PX, _PAD_PX = 56, 22, 12, 7
_LINES = 3


class HistoryLine(Themed):
    """Shows, never acts."""

    def __init__(self, theme: Theme, look: EventLook, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._look = look
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._tell()

    def set_look(self, look: EventLook) -> None:
        if look != self._look:
            self._look = look
            self._tell()
            self.updateGeometry()
            self.update()

    def _tell(self) -> None:
        self.setAccessibleName(f"{self._look.clock} {self._look.title}")

    def _text_x(self) -> int:
        px = self.theme.px
        return px(_CLOCK_PX) + px(_ICON_PX) + 2 * px(_GAP_PX)

    def _wrapped(self, width: int) -> tuple[str, ...]:
        ink = self.theme.ink("body", "text")
        return paint.wrap(self._look.title, ink.px, ink.weight, width - self._text_x(), _LINES)

    @override
    def heightForWidth(self, width: int) -> int:
        ink = self.theme.ink("body", "text")
        lines = len(self._wrapped(width))
        return lines * paint.line_height(ink.px) + 2 * self.theme.px(_PAD_PX)

    @override
    def sizeHint(self) -> QSize:
        wide = self.theme.px(360)
        return QSize(wide, self.heightForWidth(wide))

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(240), self.heightForWidth(self.theme.px(360)))

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, look, px = QPainter(self), self._look, self.theme.px
        tint = "alarm_text" if look.tone == "alarm" and look.icon == "arrow-up-right" else "text"
        high, pad, side = paint.line_height(self.theme.ink("body").px), px(_PAD_PX), px(_ICON_PX)
        clock = self.theme.ink("body", tint, SEMIBOLD)
        paint.write(painter, QRectF(0, pad, px(_CLOCK_PX), high), look.clock, clock)
        x, y = px(_CLOCK_PX) + px(_GAP_PX), pad + (high - side) / 2
        icons.draw(painter, look.icon, x, y, side, self.theme.code(_TINT[look.tone]))
        rest = QRectF(self._text_x(), pad, self.width() - self._text_x(), self.height() - 2 * pad)
        lines = len(self._wrapped(self.width()))
        left = Qt.AlignmentFlag.AlignLeft
        paint.write(painter, rest, look.title, self.theme.ink("body", tint), left, lines)
