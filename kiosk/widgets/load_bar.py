"""How busy one team is: a bar with the line of all it can do; it reckons nothing."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import MEDIUM, SEMIBOLD
from kiosk.views.looks import LoadLook
from kiosk.widgets.base import Themed

FULL_SHARE = 1.3
"""The bar's whole width; the line of 100 % leaves room to the right of it for what is too much."""
_HEIGHT_PX, _BAR_PX, _TICK_PX = 42, 10, 18


def bar_width(share: float | None, width: float) -> float:
    """Pixels of the filled part; more than the scale holds ends at its end."""
    return 0.0 if share is None else min(max(share, 0.0) / FULL_SHARE, 1.0) * width


class LoadBar(Themed):
    """Team and people left, load right, the bar below; painted, shows, never acts."""

    def __init__(
        self, theme: Theme, look: LoadLook | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self._look = LoadLook("", "", "", "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.restyle()
        if look is not None:
            self.set_look(look)

    def look(self) -> LoadLook:
        return self._look

    def set_look(self, look: LoadLook) -> None:
        if look != self._look:
            self._look = look
            self.setAccessibleName(f"{look.team} {look.people} {look.text}")
            self.setToolTip(look.tip)
            self.update()

    @override
    def restyle(self) -> None:
        self.setFixedHeight(self.theme.px(_HEIGHT_PX))

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(220), self.height())

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        look, px, ink = self._look, self.theme.px, self.theme.ink
        words = QRectF(0, 0, self.width(), px(22))
        tint = "amber_text" if look.tone == "attention" else "text"
        load = ink("caption", tint, SEMIBOLD if look.tone == "attention" else MEDIUM)
        wide = paint.advance(look.text, load.px, load.weight)
        right = QRectF(words.right() - wide - 1, words.top(), wide + 1, words.height())
        paint.write(painter, right, look.text, load)
        end = right.left()
        if look.icon:
            side = px(18)
            end -= side + px(4)
            icons.draw(painter, look.icon, end, words.center().y() - side / 2, side, load.color)
        room = QRectF(0, words.top(), end - px(8), words.height())
        name = ink("caption", "text", SEMIBOLD)
        used = paint.write(painter, room, look.team, name)
        rest = QRectF(used + px(8), room.top(), room.right() - used - px(8), room.height())
        paint.write(painter, rest, look.people, ink("caption", "text2"))
        self._paint_bar(painter)

    def _paint_bar(self, painter: QPainter) -> None:
        px, code, look = self.theme.px, self.theme.code, self._look
        high = px(_BAR_PX)
        ground = QRectF(0, self.height() - high - px(5), self.width(), high)
        paint.box(painter, ground, fill=code("track"), radius=high / 3)
        wide = bar_width(look.share, ground.width())
        if wide >= 1:
            filled = QRectF(ground.left(), ground.top(), wide, high)
            over = look.tone == "attention"
            paint.box(
                painter,
                filled,
                fill=code("amber" if over else "prog"),
                border=code("amber_line") if over else None,
                radius=high / 3,
            )
        x = ground.left() + ground.width() / FULL_SHARE
        tick = QRectF(x - px(1), ground.center().y() - px(_TICK_PX) / 2, px(2.5), px(_TICK_PX))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.fillRect(tick, paint.color(code("text")))
