"""How the line to the server stands, in five states; it neither connects nor measures."""

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import BAR_MM, MEDIUM, RADIUS_BUTTON, SEMIBOLD
from kiosk.views.looks import ConnectionLook, ConnectionState
from kiosk.widgets.base import Pressable

# state: icon, fill, border, word, dashed
_FACE: dict[ConnectionState, tuple[str, str, str, str, bool]] = {
    "online": ("wifi", "bg", "line", "text2", False),
    "connecting": ("refresh-cw", "surface", "line2", "text", True),
    "offline": ("wifi-off", "held", "", "on_held", False),
    "stale": ("history", "stale_bg", "line2", "text", True),
    "refused": ("circle-x", "alarm", "", "on_alarm", False),
}


class ConnectionBadge(Pressable):
    """Emits `opened` when tapped; in a compact window a good line shows its icon only."""

    opened = Signal()

    def __init__(
        self,
        theme: Theme,
        look: ConnectionLook | None = None,
        subject: str = "connection",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, subject, parent)
        self._look = ConnectionLook("connecting", "")
        self.restyle()
        if look is not None:
            self.set_look(look)

    def look(self) -> ConnectionLook:
        return self._look

    def set_look(self, look: ConnectionLook) -> None:
        if look != self._look:
            resized = look.text != self._look.text
            self._look = look
            self.setAccessibleName(look.name or look.text)
            self.setToolTip(look.name or look.text)
            if resized:
                self.updateGeometry()
            self.update()

    @override
    def restyle(self) -> None:
        self.setFixedHeight(self.theme.mm(BAR_MM))

    @override
    def on_tap(self) -> None:
        self.opened.emit()

    @override
    def sizeHint(self) -> QSize:
        ink = self.theme.ink("body", "text", SEMIBOLD)
        wide = paint.advance(self._look.text, ink.px, ink.weight) if self._look.text else 0
        return QSize(int(wide) + self.theme.px(62), self.theme.mm(BAR_MM))

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.mm(BAR_MM), self.theme.mm(BAR_MM))

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        icon, fill, border, word, dashed = _FACE[self._look.state]
        if down:
            fill, border, word = "held", "", "on_held"
        code, px = self.theme.code, self.theme.px
        paint.box(
            painter,
            rect,
            fill=code(fill),
            border=code(border) if border else None,
            width=1.5 if dashed else 1.0,
            radius=px(RADIUS_BUTTON),
            dashed=dashed,
        )
        side = px(22)
        narrow = rect.width() < px(80)
        x = rect.center().x() - side / 2 if narrow else rect.left() + px(12)
        icons.draw(painter, icon, x, rect.center().y() - side / 2, side, code(word))
        if not narrow:
            weight = MEDIUM if self._look.state == "online" else SEMIBOLD
            left = x + side + px(8)
            room = QRectF(left, rect.top(), rect.right() - px(10) - left, rect.height())
            paint.write(painter, room, self._look.text, self.theme.ink("body", word, weight))
