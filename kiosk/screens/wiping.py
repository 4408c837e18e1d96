"""Locks the glass for half a minute; it only times the cover and takes it away."""

from __future__ import annotations

from time import monotonic

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from kiosk.theme.theme import Theme
from kiosk.views.floor import Floor
from kiosk.views.wiping import WIPE_MS, WipingView
from kiosk.widgets.touch_lock import TouchLock

LOOK_MS = 200


class Wiping(QObject):
    """Made for one wiping; deletes itself at the end."""

    def __init__(self, theme: Theme, floor: Floor, host: QWidget, wipe_ms: int = 0) -> None:
        super().__init__(host)
        self.setObjectName("wiping")
        self._view = WipingView(floor)
        self._view.setParent(self)
        self._until_s = monotonic() + (wipe_ms or WIPE_MS) / 1000
        self._lock = TouchLock(theme, host)
        self._timer = QTimer(self)
        self._timer.setObjectName("wiping.timer")
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._view.changed.connect(self._look)
        self._look()
        self._lock.engage()
        self._timer.start()

    def _look(self) -> None:
        left_ms = round((self._until_s - monotonic()) * 1000)
        if left_ms <= 0 or self._view.disturbed:
            self._end()
        else:
            self._lock.set_look(self._view.look(left_ms))

    def _end(self) -> None:
        self._timer.stop()
        self._view.changed.disconnect(self._look)
        self._lock.release()
        self._lock.deleteLater()
        self.deleteLater()
