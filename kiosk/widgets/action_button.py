"""The button that starts a command: icon and word in one of six roles; what it does is outside."""

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import (
    BAR_MM,
    CARD_MM,
    CHOICE_MM,
    MEDIUM,
    PAGE_MM,
    SEMIBOLD,
    SHEET_MM,
    TextRole,
)
from kiosk.views.looks import ButtonLook, ButtonRole
from kiosk.widgets.base import Pressable

ButtonSize = Literal["bar", "card", "choice", "page", "sheet"]

_SIZE: dict[ButtonSize, tuple[float, TextRole]] = {
    "bar": (BAR_MM, "body"),
    "card": (CARD_MM, "body"),
    "choice": (CHOICE_MM, "body"),
    "page": (PAGE_MM, "section"),
    "sheet": (SHEET_MM, "section"),
}
_LEAST_WIDTH_MM = 15.0
FACES_KEPT = 64
"""About 35 KB each; a page has fewer."""

# role: fill, border, word; pressed fill, pressed word
_FACE: dict[ButtonRole, tuple[str, str, str, str, str]] = {
    "primary": ("primary", "", "on_primary", "primary_pressed", "on_primary"),
    "tonal": ("tonal", "", "on_tonal", "primary", "on_primary"),
    "outlined": ("surface", "line2", "text", "held", "on_held"),
    "blocked": ("surface2", "line2", "text3", "surface2", "text3"),
    "neutral": ("surface2", "line", "text", "held", "on_held"),
    "alarm": ("alarm", "", "on_alarm", "alarm_pressed", "on_alarm"),
}

_faces: dict[tuple[object, ...], QPixmap] = {}


class ActionButton(Pressable):
    """Emits `tapped(action)` once a tap; when closed `blocked(action, reason)` instead."""

    tapped = Signal(str)
    blocked = Signal(str, str)

    def __init__(
        self,
        theme: Theme,
        subject: str,
        look: ButtonLook | None = None,
        *,
        size: ButtonSize = "card",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, subject, parent)
        self._look = look or ButtonLook("", "")
        self._size: ButtonSize = size
        self._stacked = False
        self._show(self._look)
        self.restyle()

    def look(self) -> ButtonLook:
        return self._look

    def set_look(self, look: ButtonLook) -> None:
        if look == self._look:
            return
        old = self._look
        self._show(look)
        if (look.text, look.icon) != (old.text, old.icon):
            self.updateGeometry()
        if _face_of(look) != _face_of(old):
            self.update()

    def press_by_key(self) -> None:
        """One tap without a finger; a closed button says why."""
        if self.isEnabled():
            self.click()
        else:
            self.on_blocked()

    def set_stacked(self, stacked: bool) -> None:
        """Puts the icon over the word, for narrow cards."""
        if stacked != self._stacked:
            self._stacked = stacked
            self.updateGeometry()
            self.update()

    @override
    def restyle(self) -> None:
        self.setFixedHeight(self.theme.mm(_SIZE[self._size][0]))

    @override
    def on_tap(self) -> None:
        self.tapped.emit(self._look.action)

    @override
    def on_blocked(self) -> None:
        self.blocked.emit(self._look.action, self._look.reason)

    def _show(self, look: ButtonLook) -> None:
        self._look = look
        self.setAccessibleName(look.text)
        self.setAccessibleDescription(look.reason)
        self.setEnabled(look.enabled and look.role != "blocked")
        self.setToolTip(look.reason)

    def _role_text(self) -> TextRole:
        return _SIZE[self._size][1]

    @override
    def sizeHint(self) -> QSize:
        ink = self.theme.ink(self._role_text(), "text", SEMIBOLD)
        px = self.theme.px
        word = paint.advance(self._look.text, ink.px, ink.weight)
        side = px(20) if self._look.icon else 0
        gap = px(8) if self._look.icon and self._look.text else 0
        if self._stacked:
            width = max(word, side) + 2 * px(8)
        else:
            width = word + side + gap + 2 * px(16)
        least = self.theme.mm(_LEAST_WIDTH_MM)
        return QSize(max(least, int(width) + 1), self.theme.mm(_SIZE[self._size][0]))

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.mm(_LEAST_WIDTH_MM), self.sizeHint().height())

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        # A board has fifty of them with eight faces: each face is drawn once.
        dpr = painter.device().devicePixelRatioF()
        key = (
            self._look.role if self.isEnabled() else "blocked",
            self._look.text,
            self._look.icon,
            self._size,
            self._stacked,
            down,
            rect.width(),
            rect.height(),
            self.theme.look_key,
            dpr,
        )
        face = _faces.get(key)
        if face is None:
            if len(_faces) >= FACES_KEPT:
                _faces.clear()
            face = _faces[key] = self._face(rect.size(), dpr, down=down)
        painter.drawPixmap(rect.topLeft(), face)

    def _face(self, size: QSizeF, dpr: float, *, down: bool) -> QPixmap:
        made = QPixmap((size * dpr).toSize())
        made.setDevicePixelRatio(dpr)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        self._draw(painter, QRectF(QPointF(0, 0), size), down=down)
        painter.end()
        return made

    def _draw(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        role = self._look.role if self.isEnabled() else "blocked"
        fill, border, word, down_fill, down_word = _FACE[role]
        code = self.theme.code
        paint.box(
            painter,
            rect,
            fill=code(down_fill if down else fill),
            border=code(border) if border and not down else None,
            radius=self.theme.px(8),
            dashed=role == "blocked",
        )
        self._paint_word(painter, rect, down_word if down else word)

    def _paint_word(self, painter: QPainter, rect: QRectF, tint: str) -> None:
        px = self.theme.px
        weight = SEMIBOLD if self._look.role != "blocked" else MEDIUM
        ink = self.theme.ink(self._role_text(), tint, weight)
        side = px(20 if self._look.text else 26) if self._look.icon else 0
        pad = px(8)
        if self._stacked and side:
            self._paint_stacked(painter, rect, ink, side)
            return
        gap = px(8) if side and self._look.text else 0
        room = rect.width() - 2 * pad
        word = min(paint.advance(self._look.text, ink.px, ink.weight), room - side - gap)
        lines = 1
        if word < paint.advance(self._look.text, ink.px, ink.weight) - 1:
            lines = 2  # longer languages: two lines before any word is cut
            broken = paint.wrap(self._look.text, ink.px, ink.weight, int(room - side - gap), 2)
            word = max(paint.advance(line, ink.px, ink.weight) for line in broken)
        x = rect.left() + (rect.width() - side - gap - word) / 2
        y = rect.center().y() - side / 2
        icons.draw(painter, self._look.icon, x, y, side, self.theme.code(tint))
        box = QRectF(x + side + gap, rect.top(), word + 1, rect.height())
        paint.write(painter, box, self._look.text, ink, Qt.AlignmentFlag.AlignLeft, lines)

    def _paint_stacked(self, painter: QPainter, rect: QRectF, ink: paint.Ink, side: int) -> None:
        px = self.theme.px
        high = side + px(2) + paint.line_height(ink.px)
        top = rect.top() + (rect.height() - high) / 2
        x = rect.left() + (rect.width() - side) / 2
        icons.draw(painter, self._look.icon, x, top, side, ink.color)
        box = QRectF(
            rect.left() + px(2), top + side + px(2), rect.width() - px(4), paint.line_height(ink.px)
        )
        paint.write(painter, box, self._look.text, ink, Qt.AlignmentFlag.AlignHCenter)


def _face_of(look: ButtonLook) -> tuple[object, ...]:
    """What is painted of it: a reason changes with every reading and is only said when it is asked for."""
    return look.text, look.icon, look.role, look.enabled
