"""One person at sign-in: chosen, already in, or locked; it checks no PIN."""

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import PAGE_MM, RADIUS_CARD, SEMIBOLD
from kiosk.views.looks import PersonLook
from kiosk.widgets.avatar import paint_avatar
from kiosk.widgets.base import Pressable

_HEIGHT_PX = 128


class PersonTile(Pressable):
    """Emits `chosen(key)`; a locked person can be chosen too, to see why."""

    chosen = Signal(str)

    def __init__(
        self, theme: Theme, subject: str, look: PersonLook, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, subject, parent)
        self._look = look
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.restyle()
        self._show(look)

    def look(self) -> PersonLook:
        return self._look

    def set_look(self, look: PersonLook) -> None:
        if look != self._look:
            self._show(look)
            self.update()

    @override
    def restyle(self) -> None:
        high = 96 if self.theme.metrics.compact else _HEIGHT_PX
        self.setFixedHeight(max(self.theme.px(high), self.theme.mm(PAGE_MM)))

    @override
    def on_tap(self) -> None:
        self.chosen.emit(self._look.key)

    @override
    def nextCheckState(self) -> None:  # noqa: N802
        """The page decides who is chosen, not the tap."""

    def _show(self, look: PersonLook) -> None:
        self._look = look
        self.setChecked(look.chosen)
        self.setAccessibleName(f"{look.name} {look.detail} {look.state_name}".strip())
        self.setToolTip(look.name)

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(400), self.height())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(220), self.height())

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        px, code, look = self.theme.px, self.theme.code, self._look
        locked = look.state == "locked"
        fill, border, width = ("surface", "line2", 1.0) if locked else ("surface", "line", 1.0)
        if look.chosen:
            fill, border, width = ("surface" if locked else "tonal"), "primary", 3.0
        paint.box(
            painter,
            rect,
            fill=code("surface3" if down else fill),
            border=code(border),
            width=width,
            radius=px(RADIUS_CARD),
            dashed=locked and not look.chosen,
        )
        side = px(56)
        x, middle = rect.left() + px(18), rect.center().y()
        ring = QRectF(x, middle - side / 2, side, side)
        lock = "lock" if locked else ""
        paint_avatar(
            painter, ring, look.initials, self.theme, active=look.chosen and not locked, icon=lock
        )
        x += side + px(16)
        right = rect.right() - px(18)
        if look.state == "signed_in":
            mark = px(24)
            right -= mark
            icons.draw(painter, "circle-check", right, middle - mark / 2, mark, code("ok"))
            right -= px(8)
        self._paint_words(painter, QRectF(x, rect.top(), right - x, rect.height()), locked=locked)

    def _paint_words(self, painter: QPainter, rect: QRectF, *, locked: bool) -> None:
        ink = self.theme.ink
        name = ink("section", "text", SEMIBOLD)
        quiet = "on_tonal" if self._look.chosen else "text2"
        detail = ink("caption", "alarm_text", SEMIBOLD) if locked else ink("caption", quiet)
        broken = paint.wrap(self._look.name, name.px, name.weight, int(rect.width()), 2)
        upper = paint.line_height(name.px) * len(broken)
        below = len(paint.wrap(self._look.detail, detail.px, detail.weight, int(rect.width()), 2))
        lower = paint.line_height(detail.px) * below + self.theme.px(2)
        top = rect.center().y() - (upper + lower) / 2
        box = QRectF(rect.left(), top, rect.width(), upper)
        paint.write(painter, box, self._look.name, name, max_lines=2)
        box = QRectF(rect.left(), top + upper, rect.width(), lower)
        paint.write(painter, box, self._look.detail, detail, max_lines=2)
