"""The worst open alarm across the page; it pushes the board down, acknowledges by signal only."""

from PySide6.QtCore import QRectF, QTimer, Signal
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import PAGE_MM, RADIUS_CARD, SEMIBOLD
from kiosk.views.looks import BannerLook, ButtonLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.base import Pressable, Themed

BLINK_MS = 500  # half a period: the border changes at 1 Hz, the most that may blink


class BannerBody(Pressable):
    """The words; a tap opens what the alarm is about."""

    tapped = Signal(str)

    def __init__(self, theme: Theme, subject: str, parent: QWidget) -> None:
        super().__init__(theme, subject, parent)
        self.look = BannerLook("", "", "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @override
    def on_tap(self) -> None:
        self.tapped.emit(self.look.alarm)

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        px, ink = self.theme.px, self.theme.ink
        if down:
            painter.fillRect(rect, self.theme.color("surface3"))
        side = px(40)
        x = rect.left() + px(18)
        tint = self.theme.code("alarm_text")
        icons.draw(painter, self.look.icon, x, rect.center().y() - side / 2, side, tint)
        x += side + px(14)
        title, detail = ink("name", "text", SEMIBOLD), ink("body", "text")
        upper, lower = paint.line_height(title.px), paint.line_height(detail.px)
        top = rect.center().y() - (upper + lower) / 2
        wide = rect.right() - px(12) - x
        paint.write(painter, QRectF(x, top, wide, upper), self.look.title, title)
        paint.write(painter, QRectF(x, top + upper, wide, lower), self.look.detail, detail)


class AlarmBanner(Themed):
    """Emits `handled(alarm)`, `opened(alarm)` and `next_wanted()`."""

    handled = Signal(str)
    opened = Signal(str)
    next_wanted = Signal()

    def __init__(
        self,
        theme: Theme,
        look: BannerLook | None = None,
        subject: str = "alarm_banner",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self.setObjectName(subject)
        self._look = BannerLook("", "", "")
        self._lit = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._body = BannerBody(theme, f"{subject}.open", self)
        self._more = ActionButton(
            theme, f"{subject}.next", ButtonLook("next", ""), size="card", parent=self
        )
        self._button = ActionButton(
            theme, f"{subject}.handle", ButtonLook("handle", ""), size="page", parent=self
        )
        self._body.tapped.connect(self.opened)
        self._more.tapped.connect(self._on_more_tapped)
        self._button.tapped.connect(self._on_button_tapped)
        row = QHBoxLayout(self)
        row.setSpacing(theme.px(8))
        row.addWidget(self._body, 1)
        row.addWidget(self._more)
        row.addWidget(self._button)
        self._row = row
        self._blink = QTimer(self)
        self._blink.setInterval(BLINK_MS)
        self._blink.timeout.connect(self._on_blink_timeout)
        self.restyle()
        if look is not None:
            self.set_look(look)

    def look(self) -> BannerLook:
        return self._look

    def set_look(self, look: BannerLook) -> None:
        if look == self._look:
            return
        self._look = look
        self._body.look = look
        self._body.setAccessibleName(f"{look.title}. {look.detail}")
        self._body.setToolTip(look.detail)
        self._body.update()
        self._more.setVisible(bool(look.more))
        self._more.set_look(ButtonLook("next", look.more, "chevron-right", "outlined"))
        self._button.setVisible(look.handled is not None)
        if look.handled is not None:
            self._button.set_look(look.handled)
        self._run_blink()
        self.update()

    @override
    def restyle(self) -> None:
        self._row.setContentsMargins(self.theme.px(2), 0, 0, 0)
        self._button.setMinimumWidth(self.theme.px(180 if self.theme.metrics.compact else 230))
        self.setFixedHeight(self.theme.mm(PAGE_MM))
        self._run_blink()

    def _run_blink(self) -> None:
        wanted = (
            self._look.handled is not None and self.isVisible() and not self.theme.reduce_motion
        )
        if wanted and not self._blink.isActive():
            self._blink.start()
        elif not wanted and self._blink.isActive():
            self._blink.stop()
            self._lit = True

    def _on_blink_timeout(self) -> None:
        self._lit = not self._lit
        self.update()

    def _on_more_tapped(self) -> None:
        self.next_wanted.emit()

    def _on_button_tapped(self) -> None:
        self.handled.emit(self._look.alarm)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._run_blink()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._run_blink()

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._look.handled is not None:
            # The button ends the banner: its square left side is filled here.
            end = QRectF(self._button.geometry())
            painter.setClipRect(end)
            fill, radius = self.theme.code("alarm"), self.theme.px(RADIUS_CARD)
            paint.box(painter, QRectF(self.rect()), fill=fill, radius=radius)
            painter.setClipRect(QRectF(0, 0, end.left(), self.height()))
        paint.box(
            painter,
            QRectF(self.rect()),
            fill=self.theme.code("alarm_bg"),
            border=self.theme.code("alarm_line" if self._lit else "alarm_bg"),
            width=2,
            radius=self.theme.px(RADIUS_CARD),
        )
