"""A short message about what just happened; a refusal stays until somebody opens it."""

from PySide6.QtCore import QRectF, QSize, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import CARD_MM, RADIUS_CARD, SEMIBOLD
from kiosk.views.looks import ToastLook
from kiosk.widgets.base import Pressable

TOAST_MS = 4000

_TINT = {"neutral": "text2", "ok": "ok", "alarm": "alarm_text", "attention": "amber_text"}


class Toast(Pressable):
    """Emits `opened(key)` when tapped and `closed(key)` when its time is over."""

    opened = Signal(str)
    closed = Signal(str)

    def __init__(self, theme: Theme, subject: str = "toast", parent: QWidget | None = None) -> None:
        super().__init__(theme, subject, parent)
        self._look = ToastLook("", "")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TOAST_MS)
        self._timer.timeout.connect(self._on_time_over)
        self.restyle()
        self.hide()

    def look(self) -> ToastLook:
        return self._look

    def set_look(self, look: ToastLook) -> None:
        self._look = look
        self.setAccessibleName(f"{look.title}. {look.detail}")
        self.setToolTip(f"{look.title}. {look.detail}")
        if look.stays:
            self._timer.stop()
        else:
            self._timer.start()
        self.updateGeometry()
        self.show()
        self.update()

    @override
    def restyle(self) -> None:
        self.setFixedHeight(self.theme.mm(CARD_MM) + self.theme.px(4))

    @override
    def on_tap(self) -> None:
        self._timer.stop()
        self.hide()
        self.opened.emit(self._look.key)

    def _on_time_over(self) -> None:
        self.hide()
        self.closed.emit(self._look.key)

    @override
    def sizeHint(self) -> QSize:
        ink = self.theme.ink("body", "text", SEMIBOLD)
        texts = (self._look.title, self._look.detail)
        widest = max(paint.advance(text, ink.px, ink.weight) for text in texts)
        return QSize(int(widest) + self.theme.px(80), self.height())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(240), self.height())

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        px, code = self.theme.px, self.theme.code
        width = 2.0 if self._look.tone == "alarm" else 1.0
        border = code("alarm_line") if self._look.tone == "alarm" else code("line2")
        fill = code("surface3" if down else "surface")
        paint.box(painter, rect, fill=fill, border=border, width=width, radius=px(RADIUS_CARD))
        side = px(26)
        x = rect.left() + px(18)
        tint = code(_TINT[self._look.tone])
        icons.draw(painter, self._look.icon, x, rect.center().y() - side / 2, side, tint)
        x += side + px(14)
        title = self.theme.ink("body", "text", SEMIBOLD)
        detail = self.theme.ink("caption", "text2")
        upper, lower = paint.line_height(title.px), paint.line_height(detail.px)
        wide = rect.right() - px(16) - x
        if not self._look.detail:
            paint.write(
                painter, QRectF(x, rect.top(), wide, rect.height()), self._look.title, title
            )
            return
        top = rect.center().y() - (upper + lower) / 2
        paint.write(painter, QRectF(x, top, wide, upper), self._look.title, title)
        paint.write(painter, QRectF(x, top + upper, wide, lower), self._look.detail, detail)
