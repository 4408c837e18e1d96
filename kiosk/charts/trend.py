"""One measure over past nights, drawn by pyqtgraph; a tap or the arrow keys choose a night, nothing zooms.

Imported only when trends are first opened (`kiosk.widgets.trend_slot`): the library costs a second and 40 MB.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF
from PySide6.QtGui import QBrush, QPen
from PySide6.QtWidgets import QWidget

from kiosk.charts.still_plot import StillPlot, pg
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.summary_looks import TrendLook, TrendPoint

_POINT_PX, _CHOSEN_PX = 9, 15
_DATE_PX = 64
"""Room of one date on the scale, so that two never touch."""


class TrendChart(StillPlot):
    """Emits `chosen(night)`; a night without a value breaks the line."""

    def __init__(self, theme: Theme, subject: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, subject, parent)
        self._look: TrendLook | None = None
        self._night = ""

    def set_look(self, look: TrendLook, night: str) -> None:
        """Draws this with one night chosen, if it is another picture than before."""
        if (look, night) != (self._look, self._night):
            self._look, self._night = look, night
            self.setAccessibleName(look.name)
            self.draw()

    def look(self) -> TrendLook | None:
        """What is drawn."""
        return self._look

    def spot_of(self, night: str) -> QPointF:
        """Where the point of a night lies, in pixels of the widget."""
        points = self._look.points if self._look is not None else ()
        place, point = next((n, each) for n, each in enumerate(points) if each.night == night)
        return self.to_widget(place, point.value or 0.0)

    # ---- drawing ----------------------------------------------------------------------------

    @override
    def draw(self) -> None:
        look = self._look
        if look is None:
            return
        self._item.clear()
        self._plot.setBackground(self.theme.color("surface"))
        self._item.layout.setContentsMargins(0, self.theme.px(8), self.theme.px(6), 0)
        last = max(1, len(look.points) - 1)
        span = (look.low, max(look.high, look.low + 1))
        # A point at either end of the scale is a whole dot, not half a one.
        room = (span[1] - span[0]) * _POINT_PX / max(60, self.height() - 4 * _POINT_PX)
        ends = (span[0] - room, span[1] + room)
        self._item.setRange(xRange=(-0.4, last + 0.4), yRange=ends, padding=0, update=True)
        self._draw_scales(look)
        self._draw_line(look)

    def _draw_scales(self, look: TrendLook) -> None:
        theme = self.theme
        shown = max(1, self.width() // theme.px(_DATE_PX))
        step = -(-len(look.points) // shown)
        dates = [(float(n), p.label) for n, p in enumerate(look.points) if n % step == 0]
        self.draw_axes(dates, list(look.ticks))
        for at, _ in look.ticks:
            pen = QPen(theme.color("line"), 1)
            pen.setCosmetic(True)
            rule = pg.InfiniteLine(pos=at, angle=0, movable=False, pen=pen)
            rule.setZValue(-10)
            self._plot.addItem(rule, ignoreBounds=True)

    def _draw_line(self, look: TrendLook) -> None:
        runs: list[list[tuple[int, float]]] = [[]]
        for place, point in enumerate(look.points):
            if point.value is None:
                runs.append([])
            else:
                runs[-1].append((place, point.value))
        pen = QPen(self.theme.color("prog"), self.theme.px(2.5))
        pen.setCosmetic(True)
        for run in runs:
            if len(run) > 1:
                xs, ys = [x for x, _ in run], [y for _, y in run]
                self._plot.addItem(pg.PlotCurveItem(xs, ys, pen=pen, antialias=True))
        scatter = pg.ScatterPlotItem(pxMode=True, antialias=True)
        scatter.setData(
            [self._spot(place, p) for place, p in enumerate(look.points) if p.value is not None]
        )
        scatter.setZValue(20)
        self._plot.addItem(scatter)

    def _spot(self, place: int, point: TrendPoint) -> dict[str, object]:
        chosen = point.night == self._night
        pen = QPen(self.theme.color("focus" if chosen else "prog"), self.theme.px(2.5))
        pen.setCosmetic(True)
        return {
            "pos": (place, point.value),
            "size": self.theme.px(_CHOSEN_PX if chosen else _POINT_PX),
            "symbol": "o",
            "pen": pen,
            "brush": QBrush(self.theme.color("surface" if chosen else "prog")),
        }

    # ---- points -----------------------------------------------------------------------------

    @override
    def keys(self) -> Sequence[str]:
        return [each.night for each in self._look.points] if self._look is not None else []

    @override
    def chosen_key(self) -> str:
        return self._night

    @override
    def near(self, spot: QPointF) -> str:
        offs = [(abs(self.spot_of(night).x() - spot.x()), night) for night in self.keys()]
        return min(offs)[1] if offs else ""
