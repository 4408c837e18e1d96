"""The dark rail of pages with their counts; it opens nothing by itself."""

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import MEDIUM, SEMIBOLD
from kiosk.views.looks import NavItem, RailLook
from kiosk.widgets.base import Pressable, Themed, empty_layout

_WIDE_PX, _NARROW_PX = 104, 72
_LEAST_ITEM_MM = 15.0
PULSE_MS = 700
"""Half a period: slower than 1 Hz, the most that may blink."""


class NavButton(Pressable):
    """One page: icon over word, a count at the icon's shoulder."""

    tapped = Signal(str)

    def __init__(self, theme: Theme, subject: str, parent: QWidget) -> None:
        super().__init__(theme, subject, parent)
        self.item = NavItem("", "", "")
        self._chosen = False
        self._lit = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCheckable(True)
        self.restyle()

    def set_item(self, item: NavItem, *, chosen: bool) -> None:
        if (item, chosen) != (self.item, self._chosen):
            self.item, self._chosen = item, chosen
            self.setAccessibleName(f"{item.text} {item.badge_name or item.badge}".strip())
            self.setToolTip(item.text)
            self.setChecked(chosen)
            self.update()

    def set_lit(self, lit: bool) -> None:
        """The badge of what waits is full, or only its ring."""
        if lit != self._lit:
            self._lit = lit
            self.update()

    @override
    def restyle(self) -> None:
        least = self.theme.mm(_LEAST_ITEM_MM)
        compact = self.theme.metrics.compact
        self.setFixedHeight(max(least, self.theme.px(64 if compact else 84)))

    @override
    def nextCheckState(self) -> None:  # noqa: N802
        """The rail decides what is chosen, not the tap."""

    @override
    def on_tap(self) -> None:
        self.tapped.emit(self.item.key)

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(_WIDE_PX - 16), self.height())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(_NARROW_PX - 8), self.height())

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        px, code = self.theme.px, self.theme.code
        if self._chosen or down:
            paint.box(painter, rect, fill=code("rail_on"), radius=px(10))
        tint = "on_rail" if self._chosen or down else "rail_text"
        ink = self.theme.ink("caption", tint, SEMIBOLD if self._chosen else MEDIUM)
        side, gap = px(28), px(4)
        high = side + gap + paint.line_height(ink.px)
        top = rect.center().y() - high / 2
        x = rect.center().x() - side / 2
        icons.draw(painter, self.item.icon, x, top, side, ink.color)
        word = QRectF(rect.left(), top + side + gap, rect.width(), paint.line_height(ink.px))
        paint.write(painter, word, self.item.text, ink, Qt.AlignmentFlag.AlignHCenter)
        if self.item.badge:
            self._paint_badge(painter, x + side, top)

    def _paint_badge(self, painter: QPainter, x: float, y: float) -> None:
        px = self.theme.px
        fill, word = (
            ("alarm", "on_alarm") if self.item.badge_tone == "alarm" else ("amber", "on_amber")
        )
        ink = self.theme.ink("caption", word, SEMIBOLD)
        high = px(24)
        wide = max(high, int(paint.advance(self.item.badge, ink.px, ink.weight)) + px(12))
        box = QRectF(x - px(8), y - px(8), wide, high)
        box.moveRight(min(box.right(), self.width() - 2))
        if self.item.pulse and not self._lit:
            ink = self.theme.ink("caption", "on_rail", SEMIBOLD)
            ground = self.theme.code("rail_on")
            ring = self.theme.code(fill)
            paint.box(painter, box, fill=ground, border=ring, width=2, radius=high / 2)
        else:
            paint.box(painter, box, fill=self.theme.code(fill), radius=high / 2)
        paint.write(painter, box, self.item.badge, ink, Qt.AlignmentFlag.AlignHCenter)


class NavRail(Themed):
    """Emits `chosen(key)`."""

    chosen = Signal(str)

    def __init__(
        self,
        theme: Theme,
        look: RailLook | None = None,
        subject: str = "nav",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self.setObjectName(subject)
        self._subject = subject
        self._look = RailLook()
        self._buttons: dict[str, NavButton] = {}
        self._box = QVBoxLayout(self)
        self._lit = True
        self._pulse = QTimer(self)
        self._pulse.setObjectName("rail pulse")
        self._pulse.setInterval(PULSE_MS)
        self._pulse.timeout.connect(self._on_pulse_timeout)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.restyle()
        if look is not None:
            self.set_look(look)

    def set_look(self, look: RailLook) -> None:
        if look == self._look:
            return
        every = (*look.items, *look.foot)
        if [item.key for item in every] != list(self._buttons):
            self._build(look)
        self._look = look
        for item in every:
            self._buttons[item.key].set_item(item, chosen=item.key == look.chosen)
        self._run_pulse()
        self.update()

    @override
    def restyle(self) -> None:
        px, compact = self.theme.px, self.theme.metrics.compact
        self.setFixedWidth(px(_NARROW_PX if compact else _WIDE_PX))
        side = px(2 if compact else 8)
        self._box.setContentsMargins(side, px(56 if compact else 76), side, px(12))
        self._box.setSpacing(px(4 if compact else 8))
        self._run_pulse()

    def _run_pulse(self) -> None:
        """Only while something waits, is seen, and motion is wanted."""
        waits = any(item.pulse for item in self._look.items)
        wanted = waits and self.isVisible() and not self.theme.reduce_motion
        if wanted and not self._pulse.isActive():
            self._pulse.start()
        elif not wanted and self._pulse.isActive():
            self._pulse.stop()
            self._light(lit=True)

    def _light(self, *, lit: bool) -> None:
        self._lit = lit
        for item in self._look.items:
            if item.pulse:
                self._buttons[item.key].set_lit(lit)

    def _on_pulse_timeout(self) -> None:
        self._light(lit=not self._lit)

    def _build(self, look: RailLook) -> None:
        empty_layout(self._box)
        self._buttons = {}
        for item in look.items:
            self._add(item)
        self._box.addStretch(1)
        for item in look.foot:
            self._add(item)

    def _add(self, item: NavItem) -> None:
        button = NavButton(self.theme, f"{self._subject}.{item.key}", self)
        button.tapped.connect(self.chosen)
        self._box.addWidget(button)
        self._buttons[item.key] = button

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._run_pulse()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._run_pulse()

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.color("rail"))
        side = self.theme.px(32)
        y = self.theme.px(12 if self.theme.metrics.compact else 22)
        tint = self.theme.code("on_rail")
        icons.draw(painter, self._look.mark, (self.width() - side) / 2, y, side, tint)
