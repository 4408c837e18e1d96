"""A panel of a few lines that opens its page with one tap: alerts, hand-over; painted, it orders nothing."""

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import MEDIUM, RADIUS_CARD, SEMIBOLD
from kiosk.views.summary_looks import LineLook, PanelLook, Tone
from kiosk.widgets.base import Pressable

_PAD_PX, _HEAD_PX, _LINE_PX, _TALL_PX = 12, 36, 30, 48
_ICON_TINTS: dict[Tone, str] = {
    "alarm": "alarm_text",
    "attention": "amber_text",
    "held": "text2",
    "done": "ok",
    "normal": "text2",
}


class SidePanel(Pressable):
    """Emits `opened(key)`."""

    opened = Signal(str)

    def __init__(self, theme: Theme, look: PanelLook, parent: QWidget | None = None) -> None:
        super().__init__(theme, f"summary.{look.key}", parent)
        self._look = PanelLook(look.key, "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_look(look)

    def look(self) -> PanelLook:
        return self._look

    def set_look(self, look: PanelLook) -> None:
        if look != self._look:
            grown = len(look.lines) != len(self._look.lines)
            self._look = look
            self.setAccessibleName(look.name)
            if grown:
                self.restyle()
                self.updateGeometry()
            self.update()

    @override
    def restyle(self) -> None:
        lines = sum(self._line_high(each) for each in self._look.lines) or self._line_high(None)
        self.setFixedHeight(self.theme.px(_HEAD_PX) + lines + self.theme.px(_PAD_PX))

    def _line_high(self, line: LineLook | None) -> int:
        tall = line is not None and bool(line.detail)
        return self.theme.px(_TALL_PX if tall else _LINE_PX)

    @override
    def on_tap(self) -> None:
        self.opened.emit(self._look.key)

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(360), self.height())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(260), self.height())

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        px, code, ink, look = self.theme.px, self.theme.code, self.theme.ink, self._look
        fill = code("surface3" if down else "surface")
        paint.box(painter, rect, fill=fill, border=code("line"), radius=px(RADIUS_CARD))
        inside = rect.adjusted(px(_PAD_PX), px(4), -px(_PAD_PX), 0)
        head = QRectF(inside.left(), inside.top(), inside.width(), px(_HEAD_PX) - px(4))
        right = head.right()
        if look.opens:
            side = px(18)
            right -= side
            y = head.center().y() - side / 2
            icons.draw(painter, "chevron-right", right, y, side, code("on_tonal"))
            right -= px(4)
        aside = ink("caption", "on_tonal" if look.opens else "text2", SEMIBOLD)
        wide = paint.advance(look.aside, aside.px, aside.weight)
        paint.write(
            painter, QRectF(right - wide, head.top(), wide + 1, head.height()), look.aside, aside
        )
        title = QRectF(head.left(), head.top(), right - wide - px(8) - head.left(), head.height())
        paint.write(painter, title, look.title, ink("section"))
        y = head.bottom()
        if not look.lines:
            room = QRectF(inside.left(), y, inside.width(), self._line_high(None))
            paint.write(painter, room, look.empty, ink("caption", "text2"))
        for line in look.lines:
            high = self._line_high(line)
            self._paint_line(painter, QRectF(inside.left(), y, inside.width(), high), line)
            y += high

    def _paint_line(self, painter: QPainter, room: QRectF, line: LineLook) -> None:
        px, ink, code = self.theme.px, self.theme.ink, self.theme.code
        if line.detail:
            painter.fillRect(
                QRectF(room.left(), room.top(), room.width(), 1), self.theme.color("line")
            )
        side = px(20)
        tint = _ICON_TINTS[line.tone]
        y = room.center().y() - side / 2
        icons.draw(painter, line.icon, room.left(), y, side, code(tint))
        aside = ink("caption", "alarm_text" if line.tone == "alarm" else "text2", MEDIUM)
        wide = paint.advance(line.aside, aside.px, aside.weight)
        half = paint.line_height(aside.px)
        # Over two lines it stands in the upper one, so that the lower has the whole width.
        band = QRectF(room.left(), room.center().y() - half, room.width(), half)
        band = band if line.detail else room
        right = QRectF(room.right() - wide, band.top(), wide + 1, band.height())
        paint.write(painter, right, line.aside, aside)
        left = room.left() + side + px(10)
        text = QRectF(left, room.top(), right.left() - px(8) - left, room.height())
        if not line.detail:
            paint.write(painter, text, line.title, ink("caption", "text"))
            return
        top = room.center().y() - half
        upper = QRectF(text.left(), top, text.width(), half)
        paint.write(painter, upper, line.title, ink("caption", "text", SEMIBOLD))
        lower = QRectF(text.left(), top + half, room.right() - text.left(), half)
        paint.write(painter, lower, line.detail, ink("caption", "text2"))
