"""One batch as a line: the later wave and the least urgent; an abnormal one keeps chip and head."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from kiosk.theme import paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import CARD_MM, RADIUS_CARD, SEMIBOLD
from kiosk.views.looks import CardLook, ChipLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.batch_target import BatchTarget
from kiosk.widgets.card_painter import chips_of
from kiosk.widgets.chip import HEIGHT_PX as CHIP_PX
from kiosk.widgets.chip import chip_width, paint_chip
from kiosk.widgets.stage_bar import paint_stages

HEIGHT_PX, COMPACT_PX = 96, 72
_PAD_PX = 16
_BAR_PX = 72


class BatchTile(BatchTarget):
    """Shows the same look as a card in three lines, with the last button only.

    Emits `opened(id)`, `tapped(id, action)` and `blocked(id, action, reason)`.
    """

    def __init__(
        self, theme: Theme, look: CardLook | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self._button = ActionButton(theme, "", parent=self)
        self._button.tapped.connect(self.on_button_tapped)
        self._button.blocked.connect(self.on_button_blocked)
        if look is not None:
            self.set_look(look)

    @override
    def keys(self) -> list[ActionButton]:
        return [self._button] if self._look.buttons else []

    def set_look(self, look: CardLook) -> None:
        if look is self._look or look == self._look:
            return
        self._look = look
        self.setObjectName(f"card.{look.id}")
        self.setAccessibleName(look.accessible_name or f"{look.title} {look.subtitle}")
        self.setToolTip(look.title)
        self._button.setVisible(bool(look.buttons))
        if look.buttons:
            main = look.buttons[-1]
            self._button.setObjectName(f"card.{look.id}.{main.action}")
            self._button.set_look(main)
            self._button.setAccessibleName(f"{main.text} · {look.title}")
        self._place()
        self.update()

    @override
    def restyle(self) -> None:
        self._place()

    def _height(self) -> int:
        high = COMPACT_PX if self.theme.metrics.compact else HEIGHT_PX
        return max(self.theme.px(high), self.theme.mm(CARD_MM) + self.theme.px(12))

    def _place(self) -> None:
        px, high = self.theme.px, self.theme.mm(CARD_MM)
        most = round(self.width() * 0.45)
        wide = min(max(self._button.sizeHint().width(), self.theme.mm(29)), most)
        self._button.setGeometry(
            self.width() - px(12) - wide, (self.height() - high) // 2, wide, high
        )

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(437), self._height())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(300), self._height())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = QRectF(self.rect())
        self._paint_ground(painter, rect)
        right = float(self._button.x()) if self._look.buttons else rect.right()
        right -= self.theme.px(12)
        if not self._look.buttons:
            right = self._paint_chips(painter, right)
        self._paint_words(painter, QRectF(0, 0, right, rect.height()))
        if self.hasFocus() and self.theme.finger.by_keys:
            code, width = self.theme.code("focus"), self.theme.px(3)
            paint.box(painter, rect, border=code, width=width, radius=self.theme.px(RADIUS_CARD))

    def _paint_ground(self, painter: QPainter, rect: QRectF) -> None:
        code, tone = self.theme.code, self._look.tone
        fills = {"alarm": "alarm_bg", "attention": "amber_bg", "cancelled": "surface2"}
        fill = fills.get(tone, "held_bg" if tone == "held" else "surface")
        border, width = ("alarm_line", 2.0) if tone == "alarm" else ("line", 1.0)
        dashed = self._look.stale and tone != "alarm"
        paint.box(
            painter,
            rect,
            fill=code(fill),
            border=code("line2" if dashed else border),
            width=1.5 if dashed else width,
            radius=self.theme.px(RADIUS_CARD),
            dashed=dashed,
        )

    def _paint_chips(self, painter: QPainter, right: float) -> float:
        px = self.theme.px
        for chip in reversed(chips_of(self._look)):
            wide = min(chip_width(chip, self.theme), self.width() * 0.4)
            if right - wide < self.width() * 0.34:
                break  # the name comes first; the ground still tells the tone
            box = QRectF(right - wide, (self.height() - px(CHIP_PX)) / 2, wide, px(CHIP_PX))
            paint_chip(painter, box, chip, self.theme)
            right -= wide + px(8)
        return right

    def _paint_words(self, painter: QPainter, rect: QRectF) -> None:
        """Name, then line and state; chips take the place of the state, or of the line if low."""
        px, ink, look = self.theme.px, self.theme.ink, self._look
        title = ink("section", "text", SEMIBOLD)
        title = paint.Ink(title.px, title.weight, title.color, look.tone == "cancelled")
        line = ink("caption", "amber_text" if look.tone == "attention" else "text2")
        chips = chips_of(look) if look.buttons else ()
        upper, lower = paint.line_height(title.px) + px(1), paint.line_height(line.px) + px(1)
        last = px(CHIP_PX - 2) if chips else lower
        three = rect.height() >= upper + lower + last + px(16) and bool(look.stage_text or chips)
        y = (rect.height() - upper - last - (lower if three else 0)) / 2
        left, wide = px(_PAD_PX), rect.right() - px(_PAD_PX)
        paint.write(painter, QRectF(left, y, wide, upper), look.title, title)
        y += upper
        if three:
            paint.write(painter, QRectF(left, y, wide, lower), look.subtitle, line)
            y += lower
        box = QRectF(left, y, wide, last)
        if chips:
            self._paint_chip_line(painter, box, chips, line)
        elif three:
            self._paint_state(painter, box)
        else:
            parts = (look.stage_text, look.clock_text or look.stage_caption)
            state = " · ".join(part for part in parts if part) or look.subtitle
            paint.write(painter, box, state, line)

    def _paint_chip_line(
        self, painter: QPainter, rect: QRectF, chips: tuple[ChipLook, ...], ink: paint.Ink
    ) -> None:
        px, look = self.theme.px, self._look
        x = rect.left()
        for chip in chips:
            wide = min(chip_width(chip, self.theme), rect.right() - x)
            if wide < px(CHIP_PX):
                break
            box = QRectF(x, rect.top() + 2, wide, rect.height() - 2)
            paint_chip(painter, box, chip, self.theme)
            x += wide + px(8)
        rest = QRectF(x, rect.top(), rect.right() - x, rect.height())
        if rest.width() > px(40):
            words = look.stage_caption or look.stage_text
            paint.write(painter, rest, words, ink)

    def _paint_state(self, painter: QPainter, rect: QRectF) -> None:
        px, ink, look = self.theme.px, self.theme.ink, self._look
        tint = "ok" if look.tone == "done" else "text"
        x = rect.left()
        x += paint.write(painter, rect, look.stage_text, ink("caption", tint, SEMIBOLD)) + px(8)
        started = look.stage_index > 0 or look.stage_fraction > 0
        if (
            started
            and look.tone not in ("done", "cancelled")
            and rect.right() - x > px(_BAR_PX + 40)
        ):
            bar = QRectF(x, rect.center().y() - px(4), px(_BAR_PX), px(8))
            paint_stages(painter, bar, look.stage_index, look.stage_fraction, self.theme)
            x += px(_BAR_PX) + px(8)
        rest = QRectF(x, rect.top(), rect.right() - x, rect.height())
        if rest.width() > px(24):
            paint.write(painter, rest, look.stage_caption, ink("caption", "text2"))
