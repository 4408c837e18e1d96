"""One figure of the night with its base; a tap opens the list behind it; it counts nothing."""

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import MEDIUM, RADIUS_CARD, TextRole
from kiosk.views.summary_looks import KpiLook, Tone
from kiosk.widgets.base import Pressable, Themed

MOST_LINES = 4
_PAD_PX, _GAP_PX = 12, 12
_ROUND_PX = 1600 / 8
"""A tile narrower than this takes half the columns."""
_EDGE: dict[Tone, tuple[str, str]] = {
    "attention": ("amber_line", "amber_text"),
    "alarm": ("alarm_line", "alarm_text"),
}


class KpiTile(Pressable):
    """Emits `opened(key)`."""

    opened = Signal(str)

    def __init__(
        self, theme: Theme, subject: str, look: KpiLook, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, f"{subject}.{look.key}", parent)
        self._look = KpiLook(look.key, "", "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_look(look)

    def look(self) -> KpiLook:
        return self._look

    def set_look(self, look: KpiLook) -> None:
        if look != self._look:
            self._look = look
            self.setAccessibleName(look.name)
            self.setToolTip(look.tip)
            self.update()

    def height_for(self, width: int) -> int:
        """Pixels in which label, value and the whole caption fit."""
        px, ink = self.theme.px, self.theme.ink("caption")
        room = max(1, width - 2 * px(_PAD_PX))
        lines = paint.wrap(self._look.caption, ink.px, ink.weight, room, MOST_LINES)
        value = paint.line_height(self.theme.metrics.text(self._role()))
        return 2 * px(8) + paint.line_height(ink.px) * (1 + max(1, len(lines))) + value

    def _role(self) -> TextRole:
        return "title" if self.theme.metrics.compact else "clock"

    @override
    def on_tap(self) -> None:
        self.opened.emit(self._look.key)

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(200), self.height_for(self.theme.px(200)))

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(120), self.theme.px(60))

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        px, code, look = self.theme.px, self.theme.code, self._look
        edge, tint = _EDGE.get(look.tone, ("line", "text"))
        paint.box(
            painter,
            rect,
            fill=code("surface3" if down else "surface"),
            border=code(edge),
            width=2.0 if look.tone in _EDGE else 1.0,
            radius=px(RADIUS_CARD),
        )
        pad, caption = px(_PAD_PX), self.theme.ink("caption", "text2")
        line = paint.line_height(caption.px)
        left, wide = rect.left() + pad, rect.width() - 2 * pad
        top = rect.top() + px(8)
        side = px(20)
        icons.draw(painter, look.icon, rect.right() - pad - side, top, side, code(tint))
        label = QRectF(left, top, wide - (side + px(4) if look.icon else 0), line)
        paint.write(painter, label, look.label, self.theme.ink("caption", "text", MEDIUM))
        big = self.theme.ink(self._role(), tint)
        high = paint.line_height(big.px)
        used = paint.write(painter, QRectF(left, label.bottom(), wide, high), look.value, big)
        # On the numeral's own ground line: its capitals are what the eye aligns by.
        unit = QRectF(left + used + px(6), label.bottom() + high * 0.14, wide - used - px(6), high)
        paint.write(painter, unit, look.unit, self.theme.ink("body", "text2", MEDIUM))
        self._paint_caption(painter, QRectF(left, label.bottom() + high, wide, 0), line)

    def _paint_caption(self, painter: QPainter, under: QRectF, line: int) -> None:
        ink = self.theme.ink("caption", "text2")
        lines = paint.wrap(self._look.caption, ink.px, ink.weight, int(under.width()), MOST_LINES)
        for place, text in enumerate(lines):
            room = QRectF(under.left(), under.top() + place * line, under.width(), line)
            paint.write(painter, room, text, ink)


class KpiRow(Themed):
    """All tiles in one row, in two where they would be too narrow; a row is as high as its longest caption needs."""

    opened = Signal(str)

    def __init__(self, theme: Theme, subject: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._subject = subject
        self.setObjectName(f"{subject}s")
        self._tiles: dict[str, KpiTile] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_looks(self, looks: tuple[KpiLook, ...]) -> None:
        captions = [each.look().caption for each in self._tiles.values()]
        for look in looks:
            tile = self._tiles.get(look.key)
            if tile is None:
                tile = self._tiles[look.key] = KpiTile(self.theme, self._subject, look, self)
                tile.opened.connect(self.opened)
                tile.show()
            tile.set_look(look)
        if captions != [each.caption for each in looks]:
            self._place()

    @override
    def restyle(self) -> None:
        self._place()

    def _place(self) -> None:
        count = len(self._tiles)
        if not count:
            return
        gap = self.theme.px(_GAP_PX)
        narrow = self.width() < count * self.theme.px(_ROUND_PX)
        columns = -(-count // 2) if narrow else count
        wide = (self.width() - (columns - 1) * gap) // columns
        tiles = list(self._tiles.values())
        top = 0
        for first in range(0, count, columns):
            row = tiles[first : first + columns]
            high = max(tile.height_for(wide) for tile in row)
            for column, tile in enumerate(row):
                tile.setGeometry(column * (wide + gap), top, wide, high)
            top += high + gap
        self.setFixedHeight(top - gap)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()
