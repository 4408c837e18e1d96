"""A person by initials, blue when the next tap is theirs; no photographs are kept."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import SEMIBOLD
from kiosk.widgets.base import Themed


def paint_avatar(
    painter: QPainter,
    rect: QRectF,
    initials: str,
    theme: Theme,
    *,
    active: bool = False,
    icon: str = "",
) -> None:
    """Draws the round mark of a person; an icon (a lock) may stand for the initials."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("primary" if active else "avatar"))
    painter.drawEllipse(rect)
    word = theme.code("on_primary" if active else "on_avatar")
    if icon:
        side = round(rect.width() * 0.45)
        x, y = rect.center().x() - side / 2, rect.center().y() - side / 2
        icons.draw(painter, icon, x, y, side, word)
        return
    size = max(theme.metrics.text("caption"), round(rect.width() * 0.36))
    ink = paint.Ink(size, SEMIBOLD, word)
    paint.write(painter, rect, initials, ink, Qt.AlignmentFlag.AlignHCenter)


class Avatar(Themed):
    """The mark as a widget of its own, not touchable."""

    def __init__(
        self,
        theme: Theme,
        initials: str = "",
        *,
        active: bool = False,
        size: int = 48,
        icon: str = "",
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self._initials, self._active, self._icon = initials, active, icon
        self._size = size
        self.setAccessibleName(name or initials)
        self.restyle()

    def set_look(
        self, initials: str, *, active: bool = False, icon: str = "", name: str = ""
    ) -> None:
        self._initials, self._active, self._icon = initials, active, icon
        self.setAccessibleName(name or initials)
        self.update()

    @override
    def restyle(self) -> None:
        side = self.theme.px(self._size)
        self.setFixedSize(side, side)

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        paint_avatar(
            painter, rect, self._initials, self.theme, active=self._active, icon=self._icon
        )
