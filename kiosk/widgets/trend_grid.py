"""The place of the trends: loads the chart library beside the loop when it is first shown; it draws no line itself."""

from __future__ import annotations

import importlib
from threading import Thread
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.summary_looks import TrendLook
from kiosk.widgets.base import Panel, Themed
from kiosk.widgets.text_block import TextBlock

if TYPE_CHECKING:
    from kiosk.charts.trend import TrendChart

LOOK_MS = 30
CHART = "kiosk.charts.trend"
CELL_PX, HIGH_PX = 520, 240


class TrendPanel(Panel):
    """One measure: name, value over all nights, line, and what the chosen night says."""

    def __init__(self, theme: Theme, key: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._night = ""
        self._look: TrendLook | None = None
        self._hint = ""
        self.chart: TrendChart | None = None
        self._title = TextBlock(theme, "", "section", parent=self)
        self._value = TextBlock(theme, "", "name", parent=self)
        self._caption = TextBlock(theme, "", "caption", tint="text2", lines=2, parent=self)
        self._told = TextBlock(theme, "", "caption", tint="text2", lines=2, parent=self)
        self._told.setObjectName(f"summary.trend.{key}.told")
        self._key = key
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._value)
        self._column = QVBoxLayout(self)
        self._column.addLayout(head)
        self._column.addWidget(self._caption)
        self._column.addStretch(1)
        self._column.addWidget(self._told)
        self.restyle()

    def set_chart(self, chart: TrendChart) -> None:
        """The library is there."""
        self.chart = chart
        self._column.takeAt(2)
        self._column.insertWidget(2, chart, 1)
        chart.chosen.connect(self._on_chosen)
        self._show()

    def set_look(self, look: TrendLook, hint: str) -> None:
        """What to draw; `hint` stands where the chosen night would be told."""
        if (look, hint) != (self._look, self._hint):
            self._look, self._hint = look, hint
            self._show()

    @override
    def restyle(self) -> None:
        px = self.theme.px
        self._column.setContentsMargins(px(14), px(10), px(14), px(10))
        self._column.setSpacing(px(4))
        self.setMinimumHeight(px(HIGH_PX))

    def _on_chosen(self, night: str) -> None:
        self._night = "" if night == self._night else night
        self._show()

    def _show(self) -> None:
        look = self._look
        if look is None:
            return
        self._title.set_text(look.title)
        self._value.set_text(look.value)
        self._caption.set_text(look.caption)
        told = next((each.told for each in look.points if each.night == self._night), self._hint)
        self._told.set_text(told)
        if self.chart is not None:
            self.chart.set_look(look, self._night)


class TrendGrid(Themed):
    """A panel a measure, as many beside one another as fit; says `loading` until the library is there."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setObjectName("summary.trends")
        self._panels: dict[str, TrendPanel] = {}
        self._thread: Thread | None = None
        self._ready = False
        self._loading = TextBlock(theme, "", "body", tint="text2", parent=self)
        self._grid = QGridLayout()
        self._grid.setSpacing(theme.px(12))
        column = QVBoxLayout(self)
        # Room for the bar of the area that it scrolls in.
        column.setContentsMargins(0, 0, theme.px(8), 0)
        column.addWidget(self._loading, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addLayout(self._grid, 1)
        self._timer = QTimer(self)
        self._timer.setObjectName("summary.trends.load")
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._on_load_looked_at)

    @property
    def panels(self) -> dict[str, TrendPanel]:
        """By measure."""
        return self._panels

    def set_looks(self, looks: tuple[TrendLook, ...], hint: str, loading: str) -> None:
        """What to draw, and what to say until it can be drawn."""
        self._loading.set_text(loading)
        self._loading.setVisible(bool(looks) and not self._ready)
        for key in [each for each in self._panels if each not in {look.key for look in looks}]:
            self._panels.pop(key).deleteLater()
        for look in looks:
            panel = self._panels.get(look.key)
            if panel is None:
                panel = self._panels[look.key] = TrendPanel(self.theme, look.key, self)
                self._give_chart(look.key, panel)
                self._place()
            panel.set_look(look, hint)

    def _give_chart(self, key: str, panel: TrendPanel) -> None:
        if self._ready and panel.chart is None:
            from kiosk.charts.trend import TrendChart

            panel.set_chart(TrendChart(self.theme, f"summary.trend.{key}", panel))

    def _place(self) -> None:
        columns = max(1, min(3, self.width() // self.theme.px(CELL_PX)))
        for place, panel in enumerate(self._panels.values()):
            self._grid.addWidget(panel, place // columns, place % columns)
        for column in range(3):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    def _on_load_looked_at(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        self._timer.stop()
        self._ready = True
        self._loading.hide()
        for key, panel in self._panels.items():
            self._give_chart(key, panel)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._thread is None:
            # Over half a second of reading modules: a finger must not wait for it.
            self._thread = Thread(target=_load, name="trends", daemon=True)
            self._thread.start()
            self._timer.start()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()


def _load() -> None:
    importlib.import_module(CHART)
