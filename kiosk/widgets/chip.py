"""A small named state: colour, shape and word together; it cannot be touched."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import RADIUS_CHIP, SEMIBOLD
from kiosk.views.looks import ChipLook, ChipTone
from kiosk.widgets.base import Themed

HEIGHT_PX = 32
_ICON_PX = 18
_PAD_PX = 10
_GAP_PX = 6

# tone: fill, border, word
_FILLED: dict[ChipTone, tuple[str, str, str]] = {
    "alarm": ("alarm", "", "on_alarm"),
    "attention": ("amber", "", "on_amber"),
    "held": ("held", "", "on_held"),
    "ok": ("ok_bg", "", "ok"),
    "neutral": ("surface", "line2", "text2"),
    "info": ("tonal", "", "on_tonal"),
    "pending": ("surface", "line2", "text2"),
}
_OUTLINED: dict[ChipTone, tuple[str, str, str]] = {
    "alarm": ("surface", "alarm_line", "alarm_text"),
    "attention": ("surface", "amber_line", "amber_text"),
    "held": ("surface", "held", "text"),
    "ok": ("surface", "ok", "ok"),
    "neutral": ("surface", "line2", "text2"),
    "info": ("surface", "primary", "on_tonal"),
    "pending": ("surface", "line2", "text2"),
}


def chip_width(look: ChipLook, theme: Theme) -> int:
    """Pixels that a chip needs to show its whole word."""
    ink = theme.ink("caption", "text", SEMIBOLD)
    wide = paint.advance(look.text, ink.px, ink.weight) + 2 * theme.px(_PAD_PX)
    if look.icon:
        wide += theme.px(_ICON_PX) + (theme.px(_GAP_PX) if look.text else 0)
    return int(wide) + 1


def paint_chip(
    painter: QPainter, rect: QRectF, look: ChipLook, theme: Theme, *, on_alarm: bool = False
) -> None:
    """Draws a chip; `on_alarm` turns it white on the red header of an alarm card."""
    fill, border, word = (_OUTLINED if look.outlined else _FILLED)[look.tone]
    fill_code, word_code = theme.code(fill), theme.code(word)
    border_code = theme.code(border) if border else None
    if on_alarm:
        fill_code, word_code = theme.code("on_alarm"), theme.code("alarm")
        if look.tone == "pending":
            fill_code, word_code = theme.code("alarm"), theme.code("on_alarm")
            border_code = word_code
    width = 2.0 if look.outlined and look.tone in ("alarm", "attention") else 1.0
    dashed = look.tone == "pending"
    radius = theme.px(RADIUS_CHIP)
    paint.box(
        painter,
        rect,
        fill=fill_code,
        border=border_code,
        width=width,
        radius=radius,
        dashed=dashed,
    )
    x = rect.left() + theme.px(_PAD_PX)
    side = theme.px(_ICON_PX)
    if look.icon:
        icons.draw(painter, look.icon, x, rect.center().y() - side / 2, side, word_code)
        x += side + theme.px(_GAP_PX)
    ink = theme.ink("caption", "text", SEMIBOLD)
    room = QRectF(x, rect.top(), rect.right() - theme.px(_PAD_PX) + 1 - x, rect.height())
    paint.write(painter, room, look.text, paint.Ink(ink.px, ink.weight, word_code))


class Chip(Themed):
    """The chip as a widget of its own."""

    def __init__(
        self, theme: Theme, look: ChipLook | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self._look = look or ChipLook("")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self._look.text)
        self.setVisible(bool(self._look.text or self._look.icon))

    def look(self) -> ChipLook:
        return self._look

    def set_look(self, look: ChipLook) -> None:
        """Shows this chip; one with no word and no icon hides itself."""
        if look != self._look:
            self._look = look
            self.setAccessibleName(look.text)
            self.setToolTip(look.text)
            self.setVisible(bool(look.text or look.icon))
            self.updateGeometry()
            self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(chip_width(self._look, self.theme), self.theme.px(HEIGHT_PX))

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(HEIGHT_PX), self.theme.px(HEIGHT_PX))

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_chip(painter, QRectF(self.rect()), self._look, self.theme)
