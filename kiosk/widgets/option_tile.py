"""One big answer among several (a reason, a piece of evidence); none is chosen unless told."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import CHOICE_MM, MEDIUM, RADIUS_BUTTON, SEMIBOLD
from kiosk.views.looks import OptionLook
from kiosk.widgets.base import Pressable


class OptionTile(Pressable):
    """Emits `chosen(key)`; the parent decides what becomes of the others."""

    chosen = Signal(str)

    def __init__(
        self,
        theme: Theme,
        subject: str,
        look: OptionLook,
        *,
        height_mm: float = CHOICE_MM,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, subject, parent)
        self._height_mm = height_mm
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCheckable(True)
        self._look = look
        self._show(look)
        self.restyle()

    def look(self) -> OptionLook:
        return self._look

    def set_look(self, look: OptionLook) -> None:
        if look != self._look:
            self._show(look)
            self.updateGeometry()
            self.update()

    @override
    def restyle(self) -> None:
        self.setFixedHeight(self.theme.mm(self._height_mm))

    @override
    def on_tap(self) -> None:
        self.chosen.emit(self._look.key)

    @override
    def nextCheckState(self) -> None:  # noqa: N802
        """The parent decides what is chosen, not the tap."""

    def _show(self, look: OptionLook) -> None:
        self._look = look
        said = (look.text, look.note, look.count_name or look.count)
        self.setAccessibleName(" ".join(each for each in said if each))
        self.setChecked(look.chosen)
        self.setEnabled(look.enabled)

    @override
    def sizeHint(self) -> QSize:
        ink = self.theme.ink("body", "text", SEMIBOLD)
        wide = paint.advance(self._look.text, ink.px, ink.weight) + self.theme.px(104)
        return QSize(int(wide), self.theme.mm(self._height_mm))

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.mm(30), self.theme.mm(self._height_mm))

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        px, code = self.theme.px, self.theme.code
        fill, border, tint, width = "surface", "line2", "text", 1.0
        if self._look.chosen:
            fill, border, tint, width = "tonal", "primary", "on_tonal", 2.0
        if down:
            fill, border, tint = "held", "held", "on_held"
        if not self.isEnabled():
            fill, border, tint = "surface2", "line2", "text3"
        paint.box(
            painter,
            rect,
            fill=code(fill),
            border=code(border),
            width=width,
            radius=px(RADIUS_BUTTON),
            dashed=not self.isEnabled(),
        )
        x, right = rect.left() + px(16), rect.right() - px(16)
        if self._look.icon:
            side = px(24)
            icons.draw(painter, self._look.icon, x, rect.center().y() - side / 2, side, code(tint))
            x += side + px(12)
        if self._look.chosen:
            side = px(24)
            mark = "circle-check" if self._look.kind == "one" else "square-check"
            right -= side
            icons.draw(painter, mark, right, rect.center().y() - side / 2, side, code(tint))
            right -= px(8)
        if self._look.count:
            right = self._paint_count(painter, right, rect.center().y()) - px(8)
        self._paint_text(painter, QRectF(x, rect.top(), right - x, rect.height()), tint)

    def _paint_count(self, painter: QPainter, right: float, middle: float) -> float:
        """A badge as on the rail; where it begins."""
        loud = self._look.count_tone == "attention"
        fill, word = ("amber", "on_amber") if loud else ("surface3", "text")
        ink = self.theme.ink("caption", word, SEMIBOLD)
        high = self.theme.px(28)
        wide = max(high, paint.advance(self._look.count, ink.px, ink.weight) + self.theme.px(16))
        box = QRectF(right - wide, middle - high / 2, wide, high)
        paint.box(painter, box, fill=self.theme.code(fill), radius=high / 2)
        paint.write(painter, box, self._look.count, ink, Qt.AlignmentFlag.AlignHCenter)
        return box.left()

    def _paint_text(self, painter: QPainter, rect: QRectF, tint: str) -> None:
        ink = self.theme.ink("body", tint, SEMIBOLD if self._look.chosen else MEDIUM)
        if not self._look.note:
            paint.write(painter, rect, self._look.text, ink, max_lines=2)
            return
        note = self.theme.ink("caption", tint if self._look.chosen else "text2")
        lines = len(paint.wrap(self._look.note, note.px, note.weight, int(rect.width()), 2))
        high, low = paint.line_height(ink.px), paint.line_height(note.px) * lines
        top = rect.center().y() - (high + low) / 2
        upper = QRectF(rect.left(), top, rect.width(), high)
        lower = QRectF(rect.left(), top + high, rect.width(), low)
        paint.write(painter, upper, self._look.text, ink)
        paint.write(painter, lower, self._look.note, note, max_lines=2)
