"""Sees every touch before a widget does and tells the theme's finger; it keeps none back."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from kiosk.theme.finger import Finger
from kiosk.theme.marks import override


class Touches(QObject):
    """At the window's handle: a filter of the whole application would see every event of every widget."""

    def __init__(self, window: QWidget, finger: Finger) -> None:
        super().__init__(window)
        self._finger = finger
        window.winId()
        window.windowHandle().installEventFilter(self)

    @override
    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self._finger.saw(event)
        return False
