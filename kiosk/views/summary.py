"""The supervisor's desk: figures, timeline, side, curves and table of the night; it decides nothing."""

from __future__ import annotations

from operator import is_

from kiosk.views import (
    summary_curves,
    summary_export,
    summary_gantt,
    summary_side,
    summary_table,
    summary_tiles,
    summary_trends,
)
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import FilterLook, Segment, SegmentsLook, TopLook
from kiosk.views.naming import day_text
from kiosk.views.summary_looks import (
    GanttLook,
    KpiLook,
    LoadsLook,
    MiniLook,
    PanelLook,
    TableColumn,
    TableRow,
    TableTools,
    TrendLook,
)
from kiosk.views.summary_past import PastNights

TONIGHT, BATCHES, TRENDS = "tonight", "batches", "trends"
TABS: tuple[tuple[str, str], ...] = (
    (TONIGHT, "chart-gantt"),
    (BATCHES, "list"),
    (TRENDS, "chart-column"),
)
LIST_OF_TILE: dict[str, str] = {
    "productions": "all",
    "cooking": "cooked",
    "passed": "judged",
    "on_time": "late",
    "limit": "clock",
    "measured": "missed",
    "people": "crewed",
    "departure": "all",
}
"""Which list of batches a figure opens."""


class SummaryView(ViewModel):
    """What the page shows; which part of it is the page's own choice and stays while the window does."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self.tab = TONIGHT
        self.past = PastNights(floor, self)
        self.past.changed.connect(self.changed)
        self._trends: tuple[TrendLook, ...] = ()
        self._trends_of: tuple[object, ...] = ()

    def choose_tab(self, tab: str) -> None:
        """Show another part."""
        if tab in (key for key, _ in TABS):
            self.tab = tab

    def has_page(self, page: str) -> bool:
        """Whether this kiosk has such a page: then it has a name."""
        return self.words.has(f"nav.{page}")

    def top(self) -> TopLook:
        """Title, night, and the three parts."""
        words = self.words
        tabs = tuple(
            FilterLook(key, words(f"summary.tab.{key}"), icon, "neutral", key == self.tab)
            for key, icon in TABS
        )
        return TopLook(words("summary.title"), self._night(), filters=tabs)

    def _night(self) -> str:
        floor, words = self.floor, self.words
        night = floor.kitchen.night
        if not floor.fresh and floor.known and floor.data_age_ms:
            return words("board.data_age", age=floor.ago(floor.data_age_ms))
        if night is None:
            return floor.kitchen_name
        stops = [stop for wave in night.waves for stop in wave.stops]
        return " · ".join(
            (
                date_text(floor, night.serving_date),
                floor.kitchen_name,
                words("summary.stops", count=len(stops)),
                words("portions", count=floor.number(sum(stop.portions for stop in stops))),
            )
        )

    # ---- tonight ----------------------------------------------------------------------------

    def tiles(self) -> tuple[KpiLook, ...]:
        """The figures, each with its base."""
        self.past.want()
        return summary_tiles.tiles(self.floor, summary_trends.mean_cooking(self.past.week))

    def gantt(self) -> GanttLook:
        """The timeline of the waves."""
        return summary_gantt.gantt(self.floor)

    def curves(self) -> tuple[MiniLook, ...]:
        """One small curve for each batch that was measured."""
        return summary_curves.curves(self.floor)

    def alerts(self, shown: int = summary_side.ALERTS_SHOWN) -> PanelLook:
        """Open alarms, the worst first; so many lines as there is room for."""
        return summary_side.alerts(self.floor, shown)

    def loads(self) -> LoadsLook:
        """Teams with their load, and who could help whom."""
        return summary_side.loads(self.floor)

    def nothing_measured(self) -> str:
        """Said in the place of the small curves while there is none."""
        return self.words("summary.curves_none")

    def handover(self) -> PanelLook:
        """What the next chief would find open."""
        return summary_side.handover(self.floor)

    # ---- batches ----------------------------------------------------------------------------

    def columns(self) -> tuple[TableColumn, ...]:
        """Heads of the table."""
        return summary_table.columns(self.floor)

    def rows(self) -> tuple[TableRow, ...]:
        """All batches as rows."""
        return summary_table.rows(self.floor)

    def waves(self, chosen: str) -> SegmentsLook:
        """All waves, or one."""
        night = self.floor.kitchen.night
        known = sorted(night.waves, key=lambda each: each.departure_ms) if night else []
        every = Segment(summary_table.ALL, self.words("summary.wave_all"))
        parts = (every, *(Segment(wave.id, wave.name) for wave in known))
        return SegmentsLook(parts, chosen or summary_table.ALL)

    def tools(self, shown: int) -> TableTools:
        """What stands above the table; `shown` is how many rows the filter left."""
        words, total = self.words, len(self.floor.kitchen.batches)
        return TableTools(
            search=words("summary.search"),
            count=words("summary.table.count", shown=shown, total=total),
            empty="" if shown else words("summary.table.empty"),
            exports=summary_export.buttons(self.floor, shown),
        )

    # ---- trends -----------------------------------------------------------------------------

    def trends(self) -> tuple[TrendLook, ...]:
        """The lines of the chosen nights; made again only for another answer, span or language."""
        nights = self.past.nights
        of = (self.past.answer, self.past.span, self.words.language)
        if len(of) != len(self._trends_of) or not all(map(is_, of, self._trends_of)):
            self._trends_of = of
            self._trends = summary_trends.trends(self.floor, nights) if nights else ()
        return self._trends

    def trend_hint(self) -> str:
        """Stands where a chosen night would be told."""
        return self.words("summary.trend.hint")

    def loading(self) -> str:
        """Said until the chart library is there."""
        return self.words("curve.loading")

    def save(self, shown: tuple[str, ...], kind: str) -> None:
        """Write these batches as a file; where, or why not, is told."""
        summary_export.save(self.floor, shown, kind)

    def lists(self, chosen: str, rows: tuple[TableRow, ...]) -> tuple[FilterLook, ...]:
        """The lists of the table, counted in its rows; one that a figure opened while it is chosen."""
        keys = [*summary_table.LISTS, *(k for k in summary_table.FROM_FIGURES if k == chosen)]
        counts = {key: sum(key in row.lists for row in rows) for key in keys}
        return tuple(
            FilterLook(
                key,
                self.words(f"summary.list.{key}", count=counts[key]),
                _LIST_ICONS.get(key, "list"),
                "neutral",
                key == chosen,
            )
            for key in keys
        )


_LIST_ICONS: dict[str, str] = {
    "abnormal": "triangle-alert",
    "late": "clock-alert",
    "planned": "clock",
    "preparing": "utensils",
    "cooking": "flame",
    "cooked": "flame",
    "quality_check": "clipboard-check",
    "judged": "clipboard-check",
    "completed": "check",
    "clock": "hourglass",
    "missed": "thermometer",
    "crewed": "users",
}


def date_text(floor: Floor, date: str) -> str:
    """Minggu, 22 November 2026."""
    return day_text(floor, date, "dddd, d MMMM yyyy")
