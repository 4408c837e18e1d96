"""Night colours from 18.00 to 06.00, by the kitchen's clock; runs only on a kiosk where that was chosen."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from kiosk.theme.theme import Theme
from kiosk.views.floor import Floor

NIGHT_FROM_MIN, NIGHT_UNTIL_MIN = 18 * 60, 6 * 60
LOOK_MS = 60_000
"""A minute late is soon enough, and a clock that jumps is followed too."""


def is_night(minute_of_day: int) -> bool:
    """Whether the night palette belongs to this minute of the day."""
    return minute_of_day >= NIGHT_FROM_MIN or minute_of_day < NIGHT_UNTIL_MIN


class Daylight(QObject):
    """Looks at the clock once a minute."""

    def __init__(self, theme: Theme, floor: Floor, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("daylight")
        self._theme, self._floor = theme, floor
        self._timer = QTimer(self)
        self._timer.setObjectName("daylight.timer")
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        self.look()

    def look(self) -> None:
        """Choose the palette of this minute."""
        self._theme.set_dark(is_night(self._floor.minute_of_day))

    def stop(self) -> None:
        """Somebody chose a palette by hand."""
        self._timer.stop()
        self.deleteLater()
