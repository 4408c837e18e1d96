"""The line above a wave: departure, stops, portions, time left; a tap makes it the full one."""

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import BAR_MM, MEDIUM, RADIUS_BUTTON, SEMIBOLD
from kiosk.views.looks import WaveLook
from kiosk.widgets.base import Pressable

HEIGHT_PX, COMPACT_PX = 40, 32


class WaveHeader(Pressable):
    """Emits `opened(wave)`; gives up `extra`, then `progress`, when the page is narrow."""

    opened = Signal(str)

    def __init__(
        self,
        theme: Theme,
        subject: str,
        look: WaveLook | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, subject, parent)
        self._look = WaveLook("", "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.restyle()
        if look is not None:
            self.set_look(look)

    def set_look(self, look: WaveLook) -> None:
        if look != self._look:
            self._look = look
            parts = (look.title, look.detail, look.extra, look.progress, look.left_time)
            words = " ".join(part for part in parts if part)
            self.setAccessibleName(words)
            self.setToolTip(words)
            self.setEnabled(look.tappable)
            self.update()

    @override
    def restyle(self) -> None:
        high = (
            self.theme.mm(BAR_MM)
            if self.theme.metrics.glove
            else self.theme.px(COMPACT_PX if self.theme.metrics.compact else HEIGHT_PX)
        )
        self.setFixedHeight(high)

    @override
    def on_tap(self) -> None:
        self.opened.emit(self._look.wave)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(240), self.height())

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        if down:
            fill = self.theme.code("surface3")
            paint.box(painter, rect, fill=fill, radius=self.theme.px(RADIUS_BUTTON))
        px, ink = self.theme.px, self.theme.ink
        title, detail = ink("section", "text", SEMIBOLD), ink("section", "text", MEDIUM)
        extra, progress = ink("section", "text2", 400), ink("body", "text2")
        strong = ink("name", "text", SEMIBOLD)
        gap = px(12)
        room = rect.width() - 2 * px(4)
        need = [_wide(self._look.title, title), _wide(self._look.detail, detail)]
        fixed = sum(need) + 2 * gap + _wide(self._look.left_time, strong)
        shows_progress = fixed + _wide(self._look.progress, progress) <= room
        spent = fixed + (_wide(self._look.progress, progress) if shows_progress else 0)
        shows_extra = spent + _wide(self._look.extra, extra) + gap <= room
        right = self._right(painter, rect, self._look.left_time, strong)
        if shows_progress:
            right = self._right(
                painter,
                QRectF(rect.left(), rect.top(), right - rect.left(), rect.height()),
                self._look.progress,
                progress,
            )
        x = rect.left() + px(4)
        for text, how in ((self._look.title, title), (self._look.detail, detail)):
            box = QRectF(x, rect.top(), right - gap - x, rect.height())
            x += paint.write(painter, box, text, how) + gap
        if shows_extra:
            box = QRectF(x - gap + px(6), rect.top(), right - x + gap, rect.height())
            paint.write(painter, box, self._look.extra, extra)

    def _right(self, painter: QPainter, rect: QRectF, text: str, ink: paint.Ink) -> float:
        if not text:
            return rect.right()
        wide = _wide(text, ink)
        x = rect.right() - self.theme.px(4) - wide
        paint.write(painter, QRectF(x, rect.top(), wide + 1, rect.height()), text, ink)
        return x - self.theme.px(4)


def _wide(text: str, ink: paint.Ink) -> float:
    return paint.advance(text, ink.px, ink.weight) if text else 0.0
