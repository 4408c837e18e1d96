"""The place of the curve: loads the chart library beside the loop when it is first shown; it draws no curve itself."""

from __future__ import annotations

import importlib
from threading import Thread
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.curve_looks import CurveLook
from kiosk.widgets.base import Themed
from kiosk.widgets.text_block import TextBlock

if TYPE_CHECKING:
    from kiosk.charts.curve import Curve

LOOK_MS = 30
CHART = "kiosk.charts.curve"


class CurveSlot(Themed):
    """Says `loading` until the library is there. Emits `chosen(key)` as the curve does."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, subject: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._subject = subject
        self._look: CurveLook | None = None
        self._curve: Curve | None = None
        self._thread: Thread | None = None
        self._loading = TextBlock(
            theme, "", "body", tint="text2", align=Qt.AlignmentFlag.AlignHCenter, parent=self
        )
        self._loading.setObjectName(f"{subject}.loading")
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._loading)
        self._timer = QTimer(self)
        self._timer.setObjectName(f"{subject}.load")
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._on_load_looked_at)
        self.restyle()

    @property
    def curve(self) -> Curve | None:
        """The chart, once it is there."""
        return self._curve

    def set_look(self, look: CurveLook, loading: str) -> None:
        """What to draw, and what to say until it can be drawn."""
        self._look = look
        self._loading.set_text(loading)
        if self._curve is not None:
            self._curve.set_look(look)

    @override
    def restyle(self) -> None:
        self.setMinimumHeight(self.theme.px(160))

    def _on_load_looked_at(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        self._timer.stop()
        # Here at the latest a fault of the import comes to light, in the loop that logs it.
        from kiosk.charts.curve import Curve

        self._curve = Curve(self.theme, self._subject, self)
        self._curve.chosen.connect(self.chosen)
        self._stack.addWidget(self._curve)
        self._stack.setCurrentWidget(self._curve)
        if self._look is not None:
            self._curve.set_look(self._look)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._curve is None and self._thread is None:
            # Over half a second of reading modules: a finger must not wait for it.
            self._thread = Thread(target=_load, name="curve", daemon=True)
            self._thread.start()
            self._timer.start()


def _load() -> None:
    importlib.import_module(CHART)
