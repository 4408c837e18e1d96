"""A counted group of cards in the top bar that can be tapped to see only those."""

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import BAR_MM, RADIUS_BUTTON, SEMIBOLD
from kiosk.views.looks import FilterLook
from kiosk.widgets.base import Pressable

_FACE = {
    "alarm": ("alarm", "", "on_alarm"),
    "attention": ("amber", "", "on_amber"),
    "neutral": ("surface", "line", "text"),
}


class FilterChip(Pressable):
    """Emits `chosen(key)`; a chosen chip carries a bar below its word."""

    chosen = Signal(str)

    def __init__(
        self, theme: Theme, subject: str, look: FilterLook, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, subject, parent)
        self._look = look
        self.setCheckable(True)
        self.setAccessibleName(look.text)
        self.setChecked(look.chosen)
        self.restyle()

    def look(self) -> FilterLook:
        return self._look

    def set_look(self, look: FilterLook) -> None:
        if look != self._look:
            self._look = look
            self.setAccessibleName(look.text)
            self.setChecked(look.chosen)
            self.updateGeometry()
            self.update()

    @override
    def restyle(self) -> None:
        self.setFixedHeight(self.theme.mm(BAR_MM))

    @override
    def on_tap(self) -> None:
        self.chosen.emit(self._look.key)

    @override
    def nextCheckState(self) -> None:  # noqa: N802
        """The parent decides what is chosen, not the tap."""

    @override
    def sizeHint(self) -> QSize:
        ink = self.theme.ink("body", "text", SEMIBOLD)
        wide = paint.advance(self._look.text, ink.px, ink.weight)
        beside = self.theme.px(60 if self._look.icon else 30)
        return QSize(int(wide) + beside, self.theme.mm(BAR_MM))

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.mm(BAR_MM), self.theme.mm(BAR_MM))

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        fill, border, word = _FACE[self._look.tone]
        if down:
            fill, border, word = "held", "", "on_held"
        code, px = self.theme.code, self.theme.px
        border_code = code(border) if border else None
        paint.box(painter, rect, fill=code(fill), border=border_code, radius=px(RADIUS_BUTTON))
        left = rect.left() + px(12 if self._look.icon else 15)
        if self._look.icon:
            side = px(22)
            icons.draw(
                painter, self._look.icon, left, rect.center().y() - side / 2, side, code(word)
            )
            left += side + px(8)
        room = QRectF(left, rect.top(), rect.right() - px(10) - left, rect.height())
        wide = paint.write(painter, room, self._look.text, self.theme.ink("body", word, SEMIBOLD))
        if self._look.chosen:
            bar = QRectF(left, rect.bottom() - px(9), wide, px(3))
            painter.fillRect(bar, self.theme.color(word))
