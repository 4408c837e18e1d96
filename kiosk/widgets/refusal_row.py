"""One refused tap in the inbox list, with the person it waits for; it settles nothing."""

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import MEDIUM, PAGE_MM, SEMIBOLD
from kiosk.views.looks import RefusalLook
from kiosk.widgets.base import Pressable
from kiosk.widgets.chip import HEIGHT_PX as CHIP_PX
from kiosk.widgets.chip import chip_width, paint_chip

_HEIGHT_PX = 122


class RefusalRow(Pressable):
    """Emits `chosen(id)`."""

    chosen = Signal(str)

    def __init__(
        self, theme: Theme, subject: str, look: RefusalLook, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, subject, parent)
        self._look = look
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.restyle()
        self._show(look)

    def look(self) -> RefusalLook:
        return self._look

    def set_look(self, look: RefusalLook) -> None:
        if look != self._look:
            self._show(look)
            self.update()

    @override
    def restyle(self) -> None:
        self.setFixedHeight(max(self.theme.px(_HEIGHT_PX), self.theme.mm(PAGE_MM)))

    @override
    def on_tap(self) -> None:
        self.chosen.emit(self._look.id)

    @override
    def nextCheckState(self) -> None:  # noqa: N802
        """The page decides which row is open, not the tap."""

    def _show(self, look: RefusalLook) -> None:
        self._look = look
        self.setChecked(look.chosen)
        words = " ".join(chip.text for chip in look.chips)
        self.setAccessibleName(f"{look.title}. {look.detail}. {look.clock} {words}".strip())
        self.setToolTip(f"{look.title}. {look.detail}")

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(436), self.height())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(280), self.height())

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        px, color = self.theme.px, self.theme.color
        if self._look.chosen or down:
            painter.fillRect(rect, color("tonal"))
            painter.fillRect(
                QRectF(rect.left(), rect.top(), px(6), rect.height()), color("primary")
            )
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), color("line"))
        ink = self.theme.ink
        x, right = rect.left() + px(18), rect.right() - px(18)
        side = px(22)
        line = QRectF(x, rect.top() + px(14), right - x, px(26))
        icons.draw(
            painter, self._look.icon, x, line.center().y() - side / 2, side, ink("body").color
        )
        quiet = "on_tonal" if self._look.chosen or down else "text2"
        clock = ink("caption", quiet, MEDIUM)
        wide = paint.advance(self._look.clock, clock.px, clock.weight)
        paint.write(
            painter,
            QRectF(right - wide, line.top(), wide + 1, line.height()),
            self._look.clock,
            clock,
        )
        room = QRectF(x + side + px(8), line.top(), right - wide - x - side - px(16), line.height())
        paint.write(painter, room, self._look.title, ink("section", "text", SEMIBOLD))
        detail = QRectF(x, line.bottom() + px(2), right - x, px(22))
        paint.write(painter, detail, self._look.detail, ink("body", quiet))
        y = detail.bottom() + px(6)
        for chip in self._look.chips:
            wide = min(chip_width(chip, self.theme), right - x)
            if wide < px(CHIP_PX):
                break
            paint_chip(painter, QRectF(x, y, wide, px(CHIP_PX)), chip, self.theme)
            x += wide + px(8)
