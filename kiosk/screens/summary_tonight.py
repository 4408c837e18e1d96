"""Tonight on the supervisor's desk: figures, timeline, small curves, side; it only composes."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from kiosk.screens.scroll import Scroll
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.summary import SummaryView
from kiosk.widgets.base import empty_layout
from kiosk.widgets.kpi_tile import KpiRow
from kiosk.widgets.load_panel import LoadPanel
from kiosk.widgets.mini_curve import MiniCurve
from kiosk.widgets.side_panel import SidePanel
from kiosk.widgets.text_block import TextBlock
from kiosk.widgets.wave_gantt import WaveGantt

SIDE_PX, SIDE_COMPACT_PX = 440, 330
CURVE_PX = 240
GAP_PX = 12
LINES, LINES_SMALL = ((1180, 12), (880, 6)), 4
"""Alerts that are shown on a page of at least this height."""


class TonightPart(QWidget):
    """Emits `tile_opened(key)`, `batch_opened(batch)`, `page_opened(page)`."""

    tile_opened = Signal(str)
    batch_opened = Signal(str)
    page_opened = Signal(str)

    def __init__(self, theme: Theme, view: SummaryView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme, self._view = theme, view
        self._tiles = KpiRow(theme, "summary.kpi")
        self._gantt = WaveGantt(theme)
        self._curves: dict[str, MiniCurve] = {}
        self._columns = 0
        self._grid = QGridLayout()
        self._none = TextBlock(theme, "", "body", tint="text2")
        self._loads = LoadPanel(theme)
        self._alerts = SidePanel(theme, view.alerts())
        self._handover = SidePanel(theme, view.handover())
        self._side = QWidget()
        self._arrange()
        self._tiles.opened.connect(self.tile_opened)
        self._gantt.opened.connect(self.batch_opened)
        for panel in (self._loads, self._alerts, self._handover):
            panel.opened.connect(self.page_opened)
        theme.changed.connect(self._on_theme_changed)

    def refresh(self) -> None:
        """Give every part what it shows now; each paints only what differs."""
        view = self._view
        self._tiles.set_looks(view.tiles())
        self._gantt.set_look(view.gantt())
        self._loads.set_look(view.loads())
        self._alerts.set_look(view.alerts(self._alert_lines()))
        self._handover.set_look(view.handover())
        self._show_curves()

    def _alert_lines(self) -> int:
        """As many as a screen of this height takes beside teams and hand-over."""
        high = self.height()
        fitting = (count for least, count in LINES if high >= self.theme.px(least))
        return next(fitting, LINES_SMALL)

    def _show_curves(self) -> None:
        looks = self._view.curves()
        self._none.setVisible(not looks)
        self._none.set_text(self._view.nothing_measured())
        columns = max(2, self._gantt.width() // self.theme.px(CURVE_PX))
        if [each.batch for each in looks] == list(self._curves) and columns == self._columns:
            for look in looks:
                self._curves[look.batch].set_look(look)
            return
        empty_layout(self._grid)
        self._curves, self._columns = {}, columns
        for place, look in enumerate(looks):
            curve = MiniCurve(self.theme, look)
            curve.opened.connect(self.batch_opened)
            self._curves[look.batch] = curve
            self._grid.addWidget(curve, place // columns, place % columns)
        for column in range(columns):
            self._grid.setColumnStretch(column, 1)

    def _arrange(self) -> None:
        px = self.theme.px
        gap = px(GAP_PX)
        self._grid.setSpacing(gap)
        left = QVBoxLayout()
        left.setSpacing(gap)
        left.addWidget(self._gantt, 1)
        left.addWidget(self._none)
        left.addLayout(self._grid)
        right = QVBoxLayout(self._side)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(gap)
        right.addWidget(self._loads)
        right.addWidget(self._alerts)
        right.addWidget(self._handover)
        right.addStretch(1)
        lower = QHBoxLayout()
        lower.setSpacing(gap)
        lower.addLayout(left, 1)
        lower.addWidget(self._side)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, px(4), gap)
        column.setSpacing(gap)
        column.addWidget(self._tiles)
        column.addLayout(lower, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        scroll = Scroll(inside, self)
        scroll.resized.connect(self._on_resized)
        outer.addWidget(scroll)
        self._on_theme_changed()

    def _on_theme_changed(self) -> None:
        wide = SIDE_COMPACT_PX if self.theme.metrics.compact else SIDE_PX
        self._side.setFixedWidth(self.theme.px(wide))

    def _on_resized(self) -> None:
        if self.isVisible():
            self._show_curves()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._on_resized()
