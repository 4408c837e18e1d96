"""The cover of a resting screen: a thin scrim, and a band with time and alarms; it takes no touch itself."""

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import RADIUS_SHEET, SEMIBOLD
from kiosk.views.rest import RestLook
from kiosk.widgets.base import Themed

SCRIM_ALPHA = 0.45
"""The board below stays readable from two metres."""
_WIDE_PX, _HIGH_PX = 640, 96
_MARGIN_PX = 16


class _Band(Themed):
    """Painted for itself: once a minute the clock changes, not the whole screen."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self.look = RestLook("", "", "", "")

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, look, px = QPainter(self), self.look, self.theme.px
        code, ink = self.theme.code, self.theme.ink
        rect = QRectF(self.rect())
        border = code("alarm_line" if look.loud else "line")
        paint.box(
            painter, rect, fill=code("surface"), border=border, width=2, radius=px(RADIUS_SHEET)
        )
        clock = ink("clock", "text", SEMIBOLD)
        wide = int(paint.advance(look.clock, clock.px, clock.weight)) + 2
        x = px(28)
        paint.write(painter, QRectF(x, 0, wide, rect.height()), look.clock, clock)
        x += wide + px(28)
        side = px(32)
        tint = "alarm_text" if look.loud else "ok" if look.icon == "circle-check" else "text2"
        icons.draw(painter, look.icon, x, rect.center().y() - side / 2, side, code(tint))
        x += side + px(16)
        title, hint = ink("name", "text", SEMIBOLD), ink("body", "text2")
        upper, lower = paint.line_height(title.px), paint.line_height(hint.px)
        room = rect.width() - x - px(20)
        lines = len(paint.wrap(look.alarms, title.px, title.weight, int(room), 2))
        top = rect.center().y() - (upper * lines + lower) / 2
        left = Qt.AlignmentFlag.AlignLeft
        paint.write(painter, QRectF(x, top, room, upper * lines), look.alarms, title, left, lines)
        paint.write(painter, QRectF(x, top + upper * lines, room, lower), look.hint, hint)


class RestCover(Themed):
    """Covers `host` while it rests."""

    def __init__(self, theme: Theme, host: QWidget) -> None:
        super().__init__(theme, host)
        self.setObjectName("rest")
        self._host = host
        self._band = _Band(theme, self)
        self.hide()

    def look(self) -> RestLook:
        return self._band.look

    def set_look(self, look: RestLook) -> None:
        if look != self._band.look:
            self._band.look = look
            self.setAccessibleName(f"{look.clock}. {look.alarms}. {look.hint}")
            self._band.update()

    def cover(self) -> None:
        """Lie over everything."""
        self._host.installEventFilter(self)
        self._place()
        self.show()
        self.raise_()

    def uncover(self) -> None:
        """Let the window be seen."""
        self._host.removeEventFilter(self)
        self.hide()

    @override
    def restyle(self) -> None:
        self._place()

    def _place(self) -> None:
        px = self.theme.px
        self.setGeometry(self._host.rect())
        wide = min(px(_WIDE_PX), self.width() - 2 * px(_MARGIN_PX))
        top = self.height() - px(_HIGH_PX) - px(_MARGIN_PX)
        self._band.setGeometry((self.width() - wide) // 2, top, wide, px(_HIGH_PX))

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._host and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        scrim = QColor(self.theme.palette.scrim)
        scrim.setAlphaF(SCRIM_ALPHA)
        painter.fillRect(self.rect(), scrim)
