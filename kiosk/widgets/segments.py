"""A choice of one among two to four words side by side; nothing is chosen unless told."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import CARD_MM, MEDIUM, RADIUS_BUTTON, SEMIBOLD
from kiosk.views.looks import Segment, SegmentsLook, SegmentTone
from kiosk.widgets.base import Pressable, Themed, empty_layout

# tone: fill, word when chosen
_CHOSEN: dict[SegmentTone, tuple[str, str]] = {
    "normal": ("text", "surface"),
    "pass": ("ok_bg", "ok"),
    "fail": ("alarm", "on_alarm"),
}


class SegmentButton(Pressable):
    """One part of the row; the row draws the common frame."""

    tapped = Signal(str)

    def __init__(
        self, theme: Theme, subject: str, segment: Segment, height_mm: float, parent: QWidget
    ) -> None:
        super().__init__(theme, subject, parent)
        self.segment = segment
        self._height_mm = height_mm
        self._chosen = False
        self.first = self.last = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{segment.text} {segment.note}".strip())
        self.setCheckable(True)
        self.restyle()

    def set_chosen(self, chosen: bool) -> None:
        self.setChecked(chosen)
        if chosen != self._chosen:
            self._chosen = chosen
            self.update()

    @override
    def restyle(self) -> None:
        self.setFixedHeight(self.theme.mm(self._height_mm))

    @override
    def on_tap(self) -> None:
        self.setChecked(self._chosen)
        self.tapped.emit(self.segment.key)

    @override
    def nextCheckState(self) -> None:  # noqa: N802
        """The row decides what is checked, not the tap."""

    def _icon(self) -> str:
        return (self.segment.chosen_icon if self._chosen else "") or self.segment.icon

    @override
    def sizeHint(self) -> QSize:
        px = self.theme.px
        ink = self.theme.ink("body", "text", SEMIBOLD)
        wide = paint.advance(self.segment.text, ink.px, ink.weight) + 2 * px(12)
        if self.segment.icon or self.segment.chosen_icon:
            wide += px(28)
        if self.segment.note:
            wide += px(8) + paint.advance(self.segment.note, ink.px, MEDIUM)
        least = self.theme.mm(CARD_MM)
        return QSize(max(least, int(wide) + 1), self.theme.mm(self._height_mm))

    @property
    def line_px(self) -> int:
        """How wide the part is whose word stands in one line."""
        ink = self.theme.ink("body", "text", SEMIBOLD)
        wide = paint.advance(self.segment.text, ink.px, ink.weight) + 2 * self.theme.px(8)
        return int(wide) + 1

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.mm(CARD_MM), self.theme.mm(self._height_mm))

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        fill, word = "", "text2"
        if self._chosen:
            fill, word = _CHOSEN[self.segment.tone]
        if down:
            fill, word = "held", "on_held"
        if fill:
            self._fill(painter, rect, self.theme.code(fill))
        self._paint_word(painter, rect, word)

    def _fill(self, painter: QPainter, rect: QRectF, code: str) -> None:
        radius = self.theme.px(RADIUS_BUTTON) - 1
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        wide = rect.adjusted(0 if self.first else -radius, 0, 0 if self.last else radius, 0)
        painter.setClipRect(rect)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(paint.color(code))
        painter.drawRoundedRect(wide, radius, radius)
        painter.restore()

    def _paint_word(self, painter: QPainter, rect: QRectF, tint: str) -> None:
        px = self.theme.px
        ink = self.theme.ink("body", tint, SEMIBOLD if self._chosen else MEDIUM)
        note = self.theme.ink("caption", tint, MEDIUM)
        side = px(20) if self._icon() else 0
        gap = px(8) if side else 0
        note_wide = paint.advance(self.segment.note, note.px, note.weight)
        note_gap = px(8) if self.segment.note else 0
        room = rect.width() - 2 * px(8) - side - gap - note_wide - note_gap
        if side and paint.elide(self.segment.text, ink.px, ink.weight, int(room)) != (
            self.segment.text
        ):
            room, side, gap = room + side + gap, 0, 0  # the word says more than the icon
        if paint.elide(self.segment.text.split(" ")[0], ink.px, ink.weight, int(room)).endswith(
            paint.ELLIPSIS
        ):
            ink, room = self.theme.ink("caption", tint, MEDIUM), room + 2 * px(6)
        small = self.theme.ink("caption", tint, ink.weight)
        if (
            paint.advance(self.segment.text, ink.px, ink.weight) > room
            and paint.advance(self.segment.text, small.px, small.weight) <= room
        ):
            ink = small  # one line a little smaller reads better than a broken word
        lines = paint.wrap(self.segment.text, ink.px, ink.weight, int(room), 2)
        word = max(paint.advance(line, ink.px, ink.weight) for line in lines)
        x = rect.left() + (rect.width() - side - gap - word - note_gap - note_wide) / 2
        if side:
            icons.draw(painter, self._icon(), x, rect.center().y() - side / 2, side, ink.color)
        box = QRectF(x + side + gap, rect.top(), word + 1, rect.height())
        paint.write(painter, box, self.segment.text, ink, max_lines=2)
        box = QRectF(box.right() + note_gap, rect.top(), note_wide + 1, rect.height())
        paint.write(painter, box, self.segment.note, note)


class Segments(Themed):
    """Emits `chosen(key)`; it shows a choice only when `set_look` or `set_chosen` says so."""

    chosen = Signal(str)

    def __init__(
        self,
        theme: Theme,
        subject: str,
        look: SegmentsLook | None = None,
        *,
        height_mm: float = CARD_MM,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self._subject = subject
        self.setObjectName(subject)
        self._look = SegmentsLook()
        self._height_mm = height_mm
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(1, 1, 1, 1)
        self._row.setSpacing(1)
        self._buttons: list[SegmentButton] = []
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        if look is not None:
            self.set_look(look)

    def look(self) -> SegmentsLook:
        return self._look

    def set_look(self, look: SegmentsLook) -> None:
        if look == self._look:
            return
        if look.segments != self._look.segments:
            self._build(look.segments)
        self._look = look
        for button in self._buttons:
            button.set_chosen(button.segment.key == look.chosen)
        self.update()

    def set_chosen(self, key: str) -> None:
        self.set_look(SegmentsLook(self._look.segments, key))

    def _build(self, segments: tuple[Segment, ...]) -> None:
        empty_layout(self._row)
        self._buttons = []
        for segment in segments:
            subject = f"{self._subject}.{segment.key}"
            button = SegmentButton(self.theme, subject, segment, self._height_mm, self)
            button.tapped.connect(self.chosen)
            self._row.addWidget(button, 1)
            self._buttons.append(button)
        if self._buttons:
            self._buttons[0].first = True
            self._buttons[-1].last = True
        self._share()

    def _share(self) -> None:
        """Parts are equally wide, unless a word would break while others have room to give."""
        needs = [button.line_px for button in self._buttons]
        equal = not needs or max(needs) * len(needs) <= self.width()
        for place, need in enumerate(needs):
            self._row.setStretch(place, 1 if equal else need)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        code = self.theme.code
        radius = self.theme.px(RADIUS_BUTTON)
        paint.box(
            painter, QRectF(self.rect()), fill=code("surface"), border=code("line2"), radius=radius
        )
        painter.setPen(paint.pen(code("line2")))
        for button in self._buttons[1:]:
            x = button.x() - 0.5
            painter.drawLine(int(x), 1, int(x), self.height() - 2)
