"""One open alert as a row: how bad, what, since when, who, when it goes up, one button; it ends nothing."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import PAGE_MM, SEMIBOLD, TextRole
from kiosk.views.alerts_looks import AlertLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.avatar import paint_avatar
from kiosk.widgets.base import Pressable
from kiosk.widgets.chip import HEIGHT_PX as CHIP_PX
from kiosk.widgets.chip import chip_width, paint_chip

_BUTTON_PX = (176, 160)
_CHIP_PX = (124, 112)
_CLOCK_PX = (84, 72)
_WHO_PX = (236, 190)
_LEFT_PX = (170, 140)
_GAP_PX = (16, 10)
"""Widths of the columns in a full and in a compact window; the text has the rest."""
_PAD_PX = 14
_BAR_PX = 8
_AVATAR_PX = 38


class AlertRow(Pressable):
    """Emits `opened(key)` for the row and `acted(key, action)` for its button."""

    opened = Signal(str)
    acted = Signal(str, str)

    def __init__(self, theme: Theme, look: AlertLook, parent: QWidget | None = None) -> None:
        super().__init__(theme, f"alert.row.{look.key}", parent)
        self._look = look
        self._button = ActionButton(
            theme, f"alert.{look.key}", look.button, size="page", parent=self
        )
        self._button.tapped.connect(self._on_button_tapped)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCheckable(True)
        self.restyle()
        self._show(look)

    def look(self) -> AlertLook:
        return self._look

    def set_look(self, look: AlertLook) -> None:
        if look != self._look:
            self._show(look)
            self.update()

    @override
    def restyle(self) -> None:
        self.setFixedHeight(self.theme.mm(PAGE_MM) + 2 * self.theme.px(_PAD_PX))
        self._place()

    @override
    def on_tap(self) -> None:
        self.opened.emit(self._look.key)

    @override
    def nextCheckState(self) -> None:  # noqa: N802
        """The page decides what is chosen, not the tap."""

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(900), self.height())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(640), self.height())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _show(self, look: AlertLook) -> None:
        self._look = look
        self.setChecked(look.chosen)
        self._button.set_look(look.button)
        self._button.setAccessibleName(f"{look.button.text} · {look.title}")
        parts = (look.chip.text, look.title, look.detail, look.clock, look.who, look.who_note)
        self.setAccessibleName(". ".join((*parts, f"{look.left} {look.left_note}")))
        self.setToolTip(f"{look.title} · {look.detail}")

    def _on_button_tapped(self, action: str) -> None:
        self.acted.emit(self._look.key, action)

    def _wide(self, widths: tuple[int, int]) -> int:
        return self.theme.px(widths[1 if self.theme.metrics.compact else 0])

    def _place(self) -> None:
        wide, pad = self._wide(_BUTTON_PX), self.theme.px(_PAD_PX)
        self._button.setGeometry(self.width() - wide - pad, pad, wide, self._button.height())

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        look, px = self._look, self.theme.px
        if look.chosen or down:
            painter.fillRect(rect, self.theme.color("tonal"))
        painter.fillRect(
            QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), self.theme.color("line")
        )
        if look.bar != "none":
            bar = QRectF(rect.left(), rect.top(), px(_BAR_PX), rect.height() - 1)
            painter.fillRect(bar, self.theme.color("alarm" if look.bar == "alarm" else "amber"))
        gap = self._wide(_GAP_PX)
        x = rect.left() + px(_BAR_PX) + gap
        high = px(CHIP_PX)
        chip = QRectF(x, rect.center().y() - high / 2, chip_width(look.chip, self.theme), high)
        paint_chip(painter, chip, look.chip, self.theme)
        x += self._wide(_CHIP_PX) + gap
        end = rect.right() - px(_PAD_PX) - self._wide(_BUTTON_PX) - gap
        left_x = end - self._wide(_LEFT_PX)
        who_x = left_x - gap - self._wide(_WHO_PX)
        clock_x = who_x - gap - self._wide(_CLOCK_PX)
        self._write(painter, x, clock_x - gap, look.title, look.detail, "name", 2)
        self._write(painter, clock_x, who_x - gap, look.clock, look.age, "section", 1)
        self._paint_who(painter, who_x, left_x - gap)
        tint = "alarm_text" if look.urgent else "text"
        self._write(painter, left_x, end, look.left, look.left_note, "section", 2, tint)

    def _paint_who(self, painter: QPainter, x: float, end: float) -> None:
        look, side = self._look, self.theme.px(_AVATAR_PX)
        spot = QRectF(x, self.height() / 2 - side / 2, side, side)
        if look.initials:
            paint_avatar(painter, spot, look.initials, self.theme, active=look.own)
        else:
            code = self.theme.code("text2")
            painter.setPen(paint.pen(code, 1.5, dashed=True))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(spot.adjusted(1, 1, -1, -1))
            half = side // 2
            middle = spot.center()
            icons.draw(painter, "user", middle.x() - half / 2, middle.y() - half / 2, half, code)
        x += side + self.theme.px(8)
        self._write(painter, x, end, look.who, look.who_note, "body", 2)

    def _write(
        self,
        painter: QPainter,
        x: float,
        end: float,
        upper: str,
        lower: str,
        role: TextRole,
        lines: int,
        tint: str = "text",
    ) -> None:
        """A strong line over a weak one of up to so many lines, both in the middle of the row."""
        strong, weak = self.theme.ink(role, tint, SEMIBOLD), self.theme.ink("body", "text2")
        if self.theme.metrics.compact:
            weak = self.theme.ink("caption", "text2")
        wide = max(1, int(end - x))
        # A title keeps its words: where one line has no room for them it takes two.
        above = len(paint.wrap(upper, strong.px, strong.weight, wide, lines))
        room = self.height() - 2 * self.theme.px(4) - above * paint.line_height(strong.px)
        below = min(lines, max(1, int(room // paint.line_height(weak.px))))
        below = len(paint.wrap(lower, weak.px, weak.weight, wide, below))
        tall, low = above * paint.line_height(strong.px), below * paint.line_height(weak.px)
        top = (self.height() - tall - low) / 2
        left = Qt.AlignmentFlag.AlignLeft
        paint.write(painter, QRectF(x, top, wide, tall), upper, strong, left, above)
        paint.write(painter, QRectF(x, top + tall, wide, low), lower, weak, left, below)
