"""Since when the line is down and how much waits; grey, for it is nobody's fault."""

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import BAR_MM, RADIUS_BUTTON, SEMIBOLD
from kiosk.views.looks import StripLook
from kiosk.widgets.base import Pressable


class OfflineStrip(Pressable):
    """Emits `opened` when tapped."""

    opened = Signal()

    def __init__(
        self,
        theme: Theme,
        look: StripLook | None = None,
        subject: str = "offline_strip",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, subject, parent)
        self._look = StripLook("")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.restyle()
        if look is not None:
            self.set_look(look)

    def set_look(self, look: StripLook) -> None:
        if look != self._look:
            self._look = look
            words = " ".join(word for word in (look.title, look.detail, look.link) if word)
            self.setAccessibleName(words)
            self.setToolTip(words)
            self.update()

    @override
    def restyle(self) -> None:
        self.setFixedHeight(self.theme.mm(BAR_MM))

    @override
    def on_tap(self) -> None:
        self.opened.emit()

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        px, code, ink = self.theme.px, self.theme.code, self.theme.ink
        paint.box(
            painter,
            rect,
            fill=code("surface3" if down else "surface2"),
            border=code("line2"),
            radius=px(RADIUS_BUTTON),
            dashed=True,
        )
        middle, side = rect.center().y(), px(22)
        x = rect.left() + px(16)
        icons.draw(painter, self._look.icon, x, middle - side / 2, side, code("text"))
        x += side + px(12)
        right = self._paint_link(painter, rect) - px(16)
        title = ink("body", "text", SEMIBOLD)
        wide = paint.write(
            painter, QRectF(x, rect.top(), right - x, rect.height()), self._look.title, title
        )
        x += wide + px(12)
        if right - x > px(60):
            room = QRectF(x, rect.top(), right - x, rect.height())
            paint.write(painter, room, self._look.detail, ink("body", "text2"))

    def _paint_link(self, painter: QPainter, rect: QRectF) -> float:
        if not self._look.link:
            return rect.right()
        px, side = self.theme.px, self.theme.px(22)
        ink = self.theme.ink("body", "text", SEMIBOLD)
        middle = rect.center().y()
        right = rect.right() - px(12) - side
        icons.draw(painter, "chevron-right", right, middle - side / 2, side, ink.color)
        most = int(rect.width() * 0.5)
        text = paint.elide(self._look.link, ink.px, ink.weight, most)
        wide = paint.advance(text, ink.px, ink.weight)
        x = right - px(8) - wide
        paint.write(painter, QRectF(x, rect.top(), wide + 1, rect.height()), text, ink)
        x -= side + px(10)
        icons.draw(painter, self._look.link_icon, x, middle - side / 2, side, ink.color)
        return x
