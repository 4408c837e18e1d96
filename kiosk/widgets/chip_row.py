"""Filter chips that go on in the next line where the window is narrow; it chooses nothing."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import BAR_MM
from kiosk.views.looks import FilterLook
from kiosk.widgets.base import Themed
from kiosk.widgets.filter_chip import FilterChip

_GAP_PX = 8


class ChipRow(Themed):
    """Emits `chosen(key)`."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, subject: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setObjectName(subject)
        self._subject = subject
        self._chips: dict[str, FilterChip] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_looks(self, looks: tuple[FilterLook, ...]) -> None:
        before = [(each.look().key, each.look().text) for each in self._chips.values()]
        wanted = {look.key for look in looks}
        for key in [each for each in self._chips if each not in wanted]:
            self._chips.pop(key).deleteLater()
        for look in looks:
            chip = self._chips.get(look.key)
            if chip is None:
                chip = FilterChip(self.theme, f"{self._subject}.{look.key}", look, self)
                chip.chosen.connect(self.chosen)
                chip.show()
                self._chips[look.key] = chip
            chip.set_look(look)
        if before != [(look.key, look.text) for look in looks]:
            self._place()

    @override
    def restyle(self) -> None:
        self._place()

    def _place(self) -> None:
        gap, high = self.theme.px(_GAP_PX), self.theme.mm(BAR_MM)
        x = y = 0
        for chip in self._chips.values():
            wide = chip.sizeHint().width()
            if x and x + wide > self.width():
                x, y = 0, y + high + gap
            chip.setGeometry(x, y, wide, high)
            x += wide + gap
        self.setFixedHeight(y + high)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()
