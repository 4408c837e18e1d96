"""One thing that happened, with time and who; the one under dispute is marked."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import MEDIUM, RADIUS_BUTTON, SEMIBOLD
from kiosk.views.looks import EventLook
from kiosk.widgets.base import Themed

_HEIGHT_PX = 60
_TINT = {"neutral": "text2", "alarm": "alarm_text", "ok": "ok", "attention": "amber_text"}


class EventLine(Themed):
    """Painted; shows, never acts."""

    def __init__(
        self, theme: Theme, look: EventLook | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self._look = EventLook("", "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.restyle()
        if look is not None:
            self.set_look(look)

    def set_look(self, look: EventLook) -> None:
        if look != self._look:
            self._look = look
            words = f"{look.clock} {look.title} {look.detail}".strip()
            self.setAccessibleName(words)
            self.setToolTip(words)
            self.update()

    @override
    def restyle(self) -> None:
        self.setFixedHeight(self.theme.px(_HEIGHT_PX))

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(640), self.height())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(280), self.height())

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        px, ink, look = self.theme.px, self.theme.ink, self._look
        rect = QRectF(self.rect())
        if look.marked:
            paint.box(painter, rect, fill=self.theme.code("tonal"), radius=px(RADIUS_BUTTON))
        pad = px(10)
        top = rect.top() + px(7)
        upper = QRectF(pad, top, px(64), px(26))
        paint.write(painter, upper, look.clock, ink("section", "text", SEMIBOLD))
        side = px(22)
        x = pad + px(72)
        tint = self.theme.code(_TINT[look.tone])
        icons.draw(painter, look.icon, x, upper.center().y() - side / 2, side, tint)
        x += side + px(12)
        wide = rect.width() - pad - x
        title = ink("section", "on_tonal" if look.marked else "text", MEDIUM)
        paint.write(painter, QRectF(x, top, wide, px(26)), look.title, title)
        detail = ink("caption", "on_tonal" if look.marked else "text2")
        paint.write(painter, QRectF(x, top + px(25), wide, px(21)), look.detail, detail)
