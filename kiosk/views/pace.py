"""How soon a change is shown: at once when the screen rested, else when its turn comes; it knows no change."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from PySide6.QtCore import QObject, Qt, QTimer, Signal

FRAME_MS = 16
"""Nobody sees two states within one frame of a screen."""
NUMBERS_MS = 400
"""A numeral that changes more often cannot be read; one that comes alone is shown at once."""
LONGEST_REST_S = 0.1
REST_TIMES = 3


class Pace(QObject):
    """`due` is the moment to show what was asked for since the last one; asking never loses a change."""

    due = Signal()

    def __init__(self, parent: QObject | None = None, now: Callable[[], float] = monotonic) -> None:
        """`now` gives steady seconds."""
        super().__init__(parent)
        self._now = now
        self._shown_at = float("-inf")
        self._rest_s = 0.0
        self._due_at = float("inf")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._show)

    @property
    def is_due(self) -> bool:
        """Whether something waits to be shown."""
        return self._due_at != float("inf")

    def ask(self, gap_ms: int) -> None:
        """Show at the latest `gap_ms` after the last time: at once when that is over."""
        now, at = self._now(), self._shown_at + max(gap_ms / 1000, self._rest_s)
        if at <= now:
            self._show()
        elif at < self._due_at:
            self._due_at = at
            self._timer.start(max(1, round((at - now) * 1000)))

    def settle(self) -> None:
        """Show now what waits, if anything does: a finger expects its answer in the same moment."""
        if self.is_due:
            self._show()

    def stop(self) -> None:
        """Show nothing more of what waits."""
        self._timer.stop()
        self._due_at = float("inf")

    def _show(self) -> None:
        self._timer.stop()
        self._due_at = float("inf")
        started = self._now()
        self.due.emit()
        self._shown_at = self._now()
        # However long it takes, most of the time stays for painting, the line and the finger.
        self._rest_s = min(LONGEST_REST_S, REST_TIMES * (self._shown_at - started))
