"""One pictogram in a colour role; it is never the only sign of a state."""

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from kiosk.theme import icons
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.widgets.base import Themed


class IconMark(Themed):
    """An icon of fixed size; an empty name keeps the room and shows nothing."""

    def __init__(
        self,
        theme: Theme,
        name: str = "",
        size: int = 20,
        tint: str = "text2",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self._name, self._size, self._tint = name, size, tint
        self.restyle()

    def set_icon(self, name: str, tint: str | None = None) -> None:
        new = (name, tint or self._tint)
        if new != (self._name, self._tint):
            self._name, self._tint = new
            self.update()

    @override
    def restyle(self) -> None:
        side = self.theme.px(self._size)
        self.setFixedSize(side, side)

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        icons.draw(painter, self._name, 0, 0, self.width(), self.theme.code(self._tint))
