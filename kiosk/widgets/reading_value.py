"""One reading, large, with unit, age and judgement; it owns how an old value looks."""

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import fonts, icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import SEMIBOLD, TextRole
from kiosk.views.looks import Judged, ReadingLook
from kiosk.widgets.base import Themed

ValueSize = Literal["numeral", "reading", "typing"]

STALE_ICON = "history"
_DIGIT_HEIGHT = 0.9  # capital and the comma below it, of the font size
_COMPACT_TYPING_PX = 88
_COMPACT_READING_PX = 56  # leaves room for the whole verdict beside it
_CAPTION_TINT: dict[Judged, str] = {"alarm": "alarm_text", "ok": "ok"}


def value_tint(judged: Judged) -> str:
    """Colour role of a number: red outside its limit, grey when old, else plain."""
    if judged == "alarm":
        return "alarm_text"
    return "stale" if judged == "stale" else "text"


def paint_value(
    painter: QPainter,
    rect: QRectF,
    text: str,
    unit: str,
    ink: paint.Ink,
    unit_ink: paint.Ink,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
) -> float:
    """Draws a number with its unit raised; shrinks the number until both fit. Returns the width."""
    gap = max(2, ink.px // 16)
    unit_wide = paint.advance(unit, unit_ink.px, unit_ink.weight) + gap if unit else 0.0
    size = ink.px
    while size > unit_ink.px and (
        paint.advance(text, size, ink.weight) + unit_wide > rect.width()
        or size * _DIGIT_HEIGHT > rect.height()
    ):
        size -= 2
    wide = paint.advance(text, size, ink.weight) + unit_wide
    x = rect.right() - wide if align & Qt.AlignmentFlag.AlignRight else rect.left()
    caps = fonts.metrics(size, ink.weight).capHeight()
    base = round(rect.center().y() + caps / 2)
    painter.setPen(paint.color(ink.color))
    painter.setFont(fonts.font(size, ink.weight))
    painter.drawText(QPointF(x, base), text)
    if unit:
        unit_caps = fonts.metrics(unit_ink.px, unit_ink.weight).capHeight()
        painter.setPen(paint.color(unit_ink.color))
        painter.setFont(fonts.font(unit_ink.px, unit_ink.weight))
        painter.drawText(QPointF(x + wide - unit_wide + gap, base - caps + unit_caps), unit)
    return wide


class ReadingValue(Themed):
    """The newest reading of one batch or one probe."""

    def __init__(
        self,
        theme: Theme,
        look: ReadingLook | None = None,
        *,
        size: ValueSize = "reading",
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self._size: ValueSize = size
        self._align = align
        self._look = ReadingLook("")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        if look is not None:
            self.set_look(look)

    def look(self) -> ReadingLook:
        return self._look

    def set_look(self, look: ReadingLook) -> None:
        if look != self._look:
            self._look = look
            words = (look.caption, look.text, look.unit, look.verdict, look.hint)
            self.setAccessibleName(" ".join(word for word in words if word))
            self.updateGeometry()
            self.update()

    @override
    def sizeHint(self) -> QSize:
        wide = self.theme.px(440 if self._size == "reading" else 280)
        return QSize(wide, self._caption_height() + round(self._number_px() * 1.05))

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(160), self.sizeHint().height())

    def _number_px(self) -> int:
        role: TextRole = self._size
        if role == "typing" and self.theme.metrics.compact:
            return self.theme.px(_COMPACT_TYPING_PX)
        if role == "reading" and self.theme.metrics.compact:
            return self.theme.px(_COMPACT_READING_PX)
        return self.theme.metrics.text(role)

    def _caption_height(self) -> int:
        if not self._look.caption:
            return 0
        line = paint.line_height(self.theme.metrics.text("body")) + self.theme.px(4)
        return line * 2 if self._is_aside_below() else line

    def _is_aside_below(self) -> bool:
        """Whether the limit has no room beside the caption and stands in a line of its own."""
        if not self._look.aside:
            return False
        caption, aside = self._caption_ink(), self.theme.ink("body", "text")
        wide = paint.advance(self._look.caption, caption.px, caption.weight)
        wide += paint.advance(self._look.aside, aside.px, aside.weight) + self.theme.px(12 + 28)
        return wide > self.width()

    def _caption_ink(self) -> paint.Ink:
        judged, tint = self._look.judged, "text2"
        if self._size == "typing" and judged in _CAPTION_TINT:
            tint = _CAPTION_TINT[judged]  # while typing the caption is the verdict
        strong = judged == "stale" or tint != "text2"
        return self.theme.ink(
            "section" if tint != "text2" else "body", tint, SEMIBOLD if strong else 400
        )

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometry()

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        top = self._paint_caption(painter)
        if not self._look.text:
            return
        rect = QRectF(0, top, self.width(), self.height() - top)
        tint = value_tint(self._look.judged)
        number = paint.Ink(self._number_px(), SEMIBOLD, self.theme.code(tint))
        unit_px = max(self.theme.metrics.text("caption"), round(number.px * 0.38))
        unit_tint = tint if self._look.judged in ("alarm", "stale") else "text2"
        unit = paint.Ink(unit_px, 400, self.theme.code(unit_tint))
        wide = paint_value(
            painter, rect, self._look.text, self._look.unit, number, unit, self._align
        )
        self._paint_verdict(painter, rect.adjusted(wide + self.theme.px(20), 0, 0, 0))

    def _paint_caption(self, painter: QPainter) -> int:
        high = self._caption_height()
        icon = STALE_ICON if self._look.judged == "stale" else self._look.caption_icon
        ink = self._caption_ink()
        below = self._is_aside_below()
        line = QRectF(0, 0, self.width(), high / (2 if below else 1) - self.theme.px(4))
        side = self.theme.px(20)
        if icon:
            icons.draw(painter, icon, 0, line.center().y() - side / 2, side, ink.color)
            line.setLeft(side + self.theme.px(8))
        if self._look.aside:
            aside = self.theme.ink("body", "text")
            wide = paint.advance(self._look.aside, aside.px, aside.weight)
            if below:
                lower = line.translated(0, high / 2)
                paint.write(painter, lower, self._look.aside, aside)
            else:
                paint.write(painter, line, self._look.aside, aside, Qt.AlignmentFlag.AlignRight)
                line.setRight(line.right() - wide - self.theme.px(12))
        paint.write(painter, line, self._look.caption, ink)
        return high

    def _paint_verdict(self, painter: QPainter, rect: QRectF) -> None:
        look = self._look
        if not (look.verdict or look.hint) or rect.width() < self.theme.px(48):
            return
        tints: dict[Judged, str] = {"alarm": "alarm_text", "ok": "ok", "stale": "text2"}
        tint = tints.get(look.judged, "text")
        verdict = self.theme.ink("section", tint, SEMIBOLD)
        hint = self.theme.ink("body", "text2")
        half = paint.line_height(verdict.px)
        middle = rect.center().y()
        upper = QRectF(rect.left(), middle - half, rect.width(), half)
        if look.verdict_icon:
            side = self.theme.px(20)
            y = upper.center().y() - side / 2
            icons.draw(painter, look.verdict_icon, upper.left(), y, side, verdict.color)
            upper.adjust(side + self.theme.px(6), 0, 0, 0)
        lines = len(paint.wrap(look.verdict, verdict.px, verdict.weight, int(upper.width()), 2))
        if lines > 1:  # the second line takes the place of the hint, and the hint the next
            middle += half / 2
            upper = QRectF(upper.left(), middle - 2 * half, upper.width(), 2 * half)
        paint.write(painter, upper, look.verdict, verdict, max_lines=2)
        lower = QRectF(rect.left(), middle, rect.width(), half)
        paint.write(painter, lower, look.hint, hint)
