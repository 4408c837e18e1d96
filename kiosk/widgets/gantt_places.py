"""Where the rows, bars and moments of the timeline lie; it paints nothing and hears no finger."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QWidget

from kiosk.theme.theme import Theme
from kiosk.views.summary_looks import GanttBar, GanttLook, GanttRow, GanttWave
from kiosk.widgets.base import Themed

PAD_PX, HEAD_PX, AXIS_PX, WAVE_PX = 12, 36, 26, 25
_NAMES_PX, _NAMES_COMPACT_PX = 210, 168
_MOST_ROW_PX, _MOST_BAR_PX = 60, 32


class GanttPlaces(Themed):
    """Names at the left, the plot beside them; a head for each wave and a row for each batch."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._look = GanttLook(0, 1, 0, "", "", "")

    def look(self) -> GanttLook:
        """What is shown."""
        return self._look

    @property
    def plot(self) -> QRectF:
        """Where the bars lie."""
        px = self.theme.px
        names = px(_NAMES_COMPACT_PX if self.theme.metrics.compact else _NAMES_PX)
        left, top = px(PAD_PX) + names, px(HEAD_PX) + px(AXIS_PX)
        return QRectF(left, top, self.width() - left - px(PAD_PX), self.height() - top - px(PAD_PX))

    def x_of(self, at_ms: float) -> float:
        """Where a moment lies, in pixels."""
        plot, look = self.plot, self._look
        return plot.left() + (at_ms - look.from_ms) / max(1, look.to_ms - look.from_ms) * (
            plot.width()
        )

    def row_rect(self, batch: str) -> QRectF:
        """The whole row of a batch, name included; empty for one that is not there."""
        return next((rect for row, rect in self._places() if row.batch == batch), QRectF())

    def bar_rects(self, batch: str) -> tuple[QRectF, ...]:
        """The bars of a batch, in order."""
        for row, rect in self._places():
            if row.batch == batch:
                return tuple(self._bar_rect(bar, rect) for bar in row.bars)
        return ()

    def _bar_rect(self, bar: GanttBar, row: QRectF) -> QRectF:
        left, right = self.x_of(bar.from_ms), self.x_of(bar.to_ms)
        inset = max(2.0, row.height() * 0.16, (row.height() - self.theme.px(_MOST_BAR_PX)) / 2)
        return QRectF(left, row.top() + inset, max(2.0, right - left - 1), row.height() - 2 * inset)

    def _row_high(self) -> float:
        count = len(rows_of(self._look))
        room = self.plot.height() - len(self._look.waves) * self.theme.px(WAVE_PX)
        most = self.theme.px(_MOST_ROW_PX)
        return min(most, max(self.theme.px(20), room / max(1, count)))

    def _heads(self) -> list[tuple[GanttWave, QRectF]]:
        """The head of each wave."""
        made, y, high = [], self.plot.top(), self._row_high()
        pad, head = self.theme.px(PAD_PX), self.theme.px(WAVE_PX)
        for wave in self._look.waves:
            made.append((wave, QRectF(pad, y, self.width() - 2 * pad, head)))
            y += head + len(wave.rows) * high
        return made

    def _places(self) -> list[tuple[GanttRow, QRectF]]:
        high = self._row_high()
        return [
            (
                row,
                QRectF(head.left(), head.bottom() + place * high, head.width(), high),
            )
            for wave, head in self._heads()
            for place, row in enumerate(wave.rows)
        ]

    def row_at(self, spot: QPointF) -> str:
        """The batch whose row lies under a point."""
        return next((row.batch for row, rect in self._places() if rect.contains(spot)), "")


def rows_of(look: GanttLook) -> list[GanttRow]:
    """All rows of all waves, from the top."""
    return [row for wave in look.waves for row in wave.rows]
