"""The curve of one batch, drawn by pyqtgraph; a tap chooses a point, nothing zooms, and it decides no word.

Imported only when a curve is first opened (`kiosk.widgets.curve_slot`): the library costs a second and 40 MB.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QBrush, QColor, QPen
from PySide6.QtWidgets import QWidget

from kiosk.charts.still_plot import StillPlot, pg
from kiosk.theme import paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import MEDIUM, SEMIBOLD
from kiosk.views.curve_looks import CurveLook, CurveMark, CurvePoint, MarkKind, PointTone

FINGER_MM = 12.0
"""A tap further away than this from every point means none of them."""
_POINT_PX, _CHOSEN_PX = 12, 22
_SYMBOLS: dict[PointTone, str] = {"normal": "o", "out": "d", "pending": "s"}
_MARK_TINTS: dict[MarkKind, str] = {
    "stage": "text2",
    "hold": "amber_text",
    "corrective": "amber_text",
    "eat_by": "alarm_text",
}
_LABEL_ROWS = 4
_NAME_SHARE = 0.18
"""Of the height: a mark, its value and the name of a limit under each other."""
_GAP_C = 12.0  # above the foot of the scale, where the bar of the time to eat may lie
_EARLY = 0.6
"""A window that begins left of this part of the scale has room for its words on the right."""


class Curve(StillPlot):
    """Emits `chosen(key)`: the point next to the finger, or "" for none."""

    def __init__(self, theme: Theme, subject: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, subject, parent)
        self._look: CurveLook | None = None

    def set_look(self, look: CurveLook) -> None:
        """Draws this, if it is another picture than before."""
        if look != self._look:
            self._look = look
            self.setAccessibleName(look.name)
            self.draw()

    def look(self) -> CurveLook | None:
        """What is drawn."""
        return self._look

    def spot_of(self, key: str) -> QPointF:
        """Where the point of this key lies, in pixels of the widget."""
        points = self._look.points if self._look is not None else ()
        point = next(each for each in points if each.key == key)
        return self.to_widget(self._x(point.at_ms), point.value_c)

    # ---- drawing ----------------------------------------------------------------------------

    def _x(self, at_ms: float) -> float:
        """Seconds from the left end: the library reckons in floats, and paints 1.8e12 badly."""
        return (at_ms - (self._look.from_ms if self._look is not None else 0)) / 1000

    @override
    def draw(self) -> None:
        look = self._look
        if look is None:
            return
        item = self._item
        item.clear()
        self._plot.setBackground(self.theme.color("surface"))
        # Half a line of the scale's words stands above its highest mark.
        item.layout.setContentsMargins(0, self.theme.px(10), self.theme.px(4), 0)
        item.setRange(
            xRange=(0, self._x(look.to_ms)),
            yRange=(look.low_c, look.high_c),
            padding=0,
            update=True,
        )
        self._draw_scales(look)
        self._draw_grounds(look)
        self._draw_limits(look)
        self._draw_line(look)
        self._draw_points(look)
        self._draw_marks(look)
        self._draw_words(look)

    def _draw_scales(self, look: CurveLook) -> None:
        self.draw_axes(
            [(self._x(tick.at), tick.text) for tick in look.times],
            [(tick.at, tick.text) for tick in look.values],
        )
        for tick in look.values:
            self._rule(tick.at, 0, self.theme.color("line"))

    def _draw_grounds(self, look: CurveLook) -> None:
        """The safe side of the core's limit, and the time to eat as a bar at the foot."""
        for limit in look.limits[:1]:
            ends = (limit.value_c, look.high_c if limit.safe == "above" else look.low_c)
            self._band(ends, "horizontal", self.theme.color("ok_bg"))
        if look.window is not None:
            ends = (self._x(look.window.from_ms), self._x(look.window.to_ms))
            self._band(ends, "vertical", self.theme.color("amber_bg"), span=(0, 0.09))

    def _band(
        self,
        ends: tuple[float, float],
        direction: str,
        tint: QColor,
        span: tuple[float, float] = (0, 1),
    ) -> None:
        region = pg.LinearRegionItem(
            values=sorted(ends),
            orientation=direction,
            movable=False,
            brush=QBrush(tint),
            pen=QPen(Qt.PenStyle.NoPen),
            span=span,
        )
        region.setZValue(-20)
        self._plot.addItem(region, ignoreBounds=True)

    def _draw_limits(self, look: CurveLook) -> None:
        for limit in look.limits:
            tint = self.theme.color("ok_band")
            self._rule(limit.value_c, 0, tint, width=2, style=Qt.PenStyle.DashLine)
            self._write(limit.text, 0.0, limit.value_c, "ok", SEMIBOLD, anchor=(0, 1))

    def _draw_line(self, look: CurveLook) -> None:
        runs: list[list[CurvePoint]] = []
        for point in look.points:
            if point.joined and runs:
                runs[-1].append(point)
            else:
                runs.append([point])
        pen = QPen(self.theme.color("prog"), self.theme.px(3))
        pen.setCosmetic(True)
        for run in runs:
            if len(run) > 1:
                xs, ys = [self._x(p.at_ms) for p in run], [p.value_c for p in run]
                self._plot.addItem(pg.PlotCurveItem(xs, ys, pen=pen, antialias=True))

    def _draw_points(self, look: CurveLook) -> None:
        spots = [self._spot(each, chosen=each.key == look.chosen) for each in look.points]
        scatter = pg.ScatterPlotItem(pxMode=True, antialias=True)
        scatter.setData(spots)
        scatter.setZValue(20)
        self._plot.addItem(scatter)
        if look.points:
            newest = look.points[-1]
            tint = "alarm_text" if newest.tone == "out" else "text"
            # Under the point, but never over the name of a limit close under it.
            near_c = (look.high_c - look.low_c) * _NAME_SHARE
            named = any(0 <= newest.value_c - each.value_c <= near_c for each in look.limits)
            anchor = (1.0, 1.2) if named else (1.0, -0.3)
            at = self._x(newest.at_ms)
            self._write(newest.text, at, newest.value_c, tint, SEMIBOLD, anchor)

    def _spot(self, point: CurvePoint, *, chosen: bool) -> dict[str, object]:
        out = point.tone == "out"
        edge = self.theme.color("alarm_text" if out else "prog")
        fill = self.theme.color("alarm_text" if out else "surface")
        style = Qt.PenStyle.DotLine if point.tone == "pending" else Qt.PenStyle.SolidLine
        pen = QPen(self.theme.color("focus") if chosen else edge, self.theme.px(2.5), style)
        pen.setCosmetic(True)  # the library scales the shape, and without this its pen too
        return {
            "pos": (self._x(point.at_ms), point.value_c),
            "size": self.theme.px(_CHOSEN_PX if chosen else _POINT_PX + (4 if out else 0)),
            "symbol": _SYMBOLS[point.tone],
            "pen": pen,
            "brush": QBrush(fill),
        }

    def _draw_marks(self, look: CurveLook) -> None:
        taken: list[list[tuple[float, float]]] = [[] for _ in range(_LABEL_ROWS)]
        now = CurveMark(look.now_ms, look.now_text)
        for mark in (*look.marks, now):
            tint = "text" if mark is now else _MARK_TINTS[mark.kind]
            style = Qt.PenStyle.SolidLine if mark is now else Qt.PenStyle.DotLine
            self._rule(self._x(mark.at_ms), 90, self.theme.color(tint), width=1.5, style=style)
            self._name_mark(look, mark, tint, taken)

    def _name_mark(
        self, look: CurveLook, mark: CurveMark, tint: str, taken: list[list[tuple[float, float]]]
    ) -> None:
        """In the first row under the top where it hides no other name; left of its line at the right end."""
        box = self._item.getViewBox()
        wide_px, high_px = max(1.0, box.width()), max(1.0, box.height())
        px = self.theme.metrics.text("caption")
        needs = (paint.advance(mark.text, px, MEDIUM) + self.theme.px(10)) / wide_px
        at = self._x(mark.at_ms) / self._x(look.to_ms)
        right = at + needs <= 1
        ends = (at, at + needs) if right else (at - needs, at)
        for number, row in enumerate(taken):
            if all(ends[1] <= left or ends[0] >= end for left, end in row):
                row.append(ends)
                drop = (number * paint.line_height(px)) / high_px * (look.high_c - look.low_c)
                anchor = (0.0 if right else 1.0, 0.0)
                self._write(
                    mark.text, self._x(mark.at_ms), look.high_c - drop, tint, MEDIUM, anchor
                )
                return

    def _draw_words(self, look: CurveLook) -> None:
        for gap in look.gaps:
            middle = self._x((gap.from_ms + gap.to_ms) / 2)
            self._write(
                gap.text, middle, look.low_c + _GAP_C, "text2", MEDIUM, (0.5, 1), fill="surface"
            )
        if look.window is not None:
            start, end = self._x(look.window.from_ms), self._x(look.to_ms)
            early = start < end * _EARLY
            at, anchor = (start, (0.0, 1.0)) if early else (self._x(look.window.to_ms), (1.0, 1.0))
            self._write(
                look.window.text, at, look.low_c, "amber_text", SEMIBOLD, anchor, fill="amber_bg"
            )
        if look.empty:
            middle = self._x(look.to_ms) / 2
            self._write(
                look.empty, middle, (look.low_c + look.high_c) / 2, "text2", MEDIUM, (0.5, 0.5)
            )

    def _rule(
        self,
        at: float,
        angle: int,
        tint: QColor,
        *,
        width: float = 1.0,
        style: Qt.PenStyle = Qt.PenStyle.SolidLine,
    ) -> None:
        pen = QPen(tint, width, style)
        pen.setCosmetic(True)
        line = pg.InfiniteLine(pos=at, angle=angle, movable=False, pen=pen)
        line.setZValue(-10)
        self._plot.addItem(line, ignoreBounds=True)

    def _write(
        self,
        text: str,
        x: float,
        y: float,
        tint: str,
        weight: int,
        anchor: tuple[float, float],
        fill: str = "",
    ) -> None:
        ground = QBrush(self.theme.color(fill)) if fill else None
        item = pg.TextItem(text, color=self.theme.color(tint), anchor=anchor, fill=ground)
        item.setFont(self.theme.font("caption", weight))
        item.setZValue(30)
        self._plot.addItem(item, ignoreBounds=True)
        item.setPos(x, y)

    # ---- points -----------------------------------------------------------------------------

    @override
    def keys(self) -> Sequence[str]:
        return [each.key for each in self._look.points] if self._look is not None else []

    @override
    def chosen_key(self) -> str:
        return self._look.chosen if self._look is not None else ""

    @override
    def near(self, spot: QPointF) -> str:
        best, key = float(self.theme.mm(FINGER_MM)), ""
        for each in self.keys():
            off = self.spot_of(each) - spot
            far = (off.x() ** 2 + off.y() ** 2) ** 0.5
            if far <= best:
                best, key = far, each
        return key
