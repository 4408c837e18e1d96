"""Plain values of the supervisor's desk: view models make them, widgets paint them; no rule and no word here."""

from __future__ import annotations

from typing import Literal

import msgspec

from kiosk.views.looks import ButtonLook, Judged, LoadLook, SegmentsLook

Tone = Literal["normal", "attention", "alarm", "held", "done"]
BarKind = Literal["preparing", "cooking", "quality_check"]
BarStyle = Literal["done", "planned", "forecast"]
CellKey = tuple[bool, float, str]
"""What a cell sorts by: whether it is empty, then its number, then its text."""


class KpiLook(msgspec.Struct, frozen=True):
    """One figure with its base: `value` large, `unit` beside it, `caption` below says of what it is."""

    key: str
    label: str
    value: str
    unit: str = ""
    caption: str = ""
    tone: Tone = "normal"
    icon: str = ""
    """The shape that goes with a tone, so that colour is not the only sign."""
    tip: str = ""

    @property
    def name(self) -> str:
        """All of it, as it is said aloud."""
        return " ".join(part for part in (self.label, self.value, self.unit, self.caption) if part)


class GanttTick(msgspec.Struct, frozen=True):
    """One place on the scale of time."""

    at_ms: int
    text: str


class GanttBar(msgspec.Struct, frozen=True):
    """A stage from one moment to another (UTC ms): filled when it happened, else dashed."""

    kind: BarKind
    from_ms: int
    to_ms: int
    style: BarStyle
    tone: Tone = "normal"


class GanttRow(msgspec.Struct, frozen=True):
    """One batch; `note` stands behind its last bar, `icon` before its name."""

    batch: str
    title: str
    bars: tuple[GanttBar, ...] = ()
    tone: Tone = "normal"
    icon: str = ""
    note: str = ""
    late: bool = False
    name: str = ""
    tip: str = ""


class GanttWave(msgspec.Struct, frozen=True):
    """A wave: its head, when it leaves, and its batches."""

    wave: str
    title: str
    departure_ms: int
    rows: tuple[GanttRow, ...] = ()
    note: str = ""
    tone: Tone = "normal"


class LegendItem(msgspec.Struct, frozen=True):
    """What a colour and a stroke mean."""

    text: str
    kind: BarKind
    style: BarStyle = "done"


class GanttLook(msgspec.Struct, frozen=True):
    """The whole timeline. Times are UTC ms."""

    from_ms: int
    to_ms: int
    now_ms: int
    now_text: str
    title: str
    name: str
    ticks: tuple[GanttTick, ...] = ()
    waves: tuple[GanttWave, ...] = ()
    legend: tuple[LegendItem, ...] = ()
    empty: str = ""


class MiniLook(msgspec.Struct, frozen=True):
    """A small curve: `runs` are unbroken lines of (UTC ms, °C), a gap lies between two."""

    batch: str
    title: str
    value: str
    limit_text: str
    age: str
    from_ms: int
    to_ms: int
    low_c: float
    high_c: float
    limit_c: float | None
    runs: tuple[tuple[tuple[int, float], ...], ...]
    judged: Judged = "none"
    icon: str = ""
    name: str = ""
    tip: str = ""


class LineLook(msgspec.Struct, frozen=True):
    """One line of a panel: icon, what, where, and at the far end how long or how much."""

    key: str
    icon: str
    title: str
    detail: str = ""
    aside: str = ""
    tone: Tone = "normal"


class PanelLook(msgspec.Struct, frozen=True):
    """A panel that opens a page with one tap; `aside` says how much is there."""

    key: str
    title: str
    aside: str = ""
    lines: tuple[LineLook, ...] = ()
    empty: str = ""
    opens: bool = True

    @property
    def name(self) -> str:
        """All of it, as it is said aloud."""
        lines = (
            " ".join(part for part in (each.title, each.detail, each.aside) if part)
            for each in self.lines
        )
        return ". ".join((f"{self.title} {self.aside}".strip(), *lines)) or self.title


class LoadsLook(msgspec.Struct, frozen=True):
    """The load of all teams; `line` says what the line in each bar means."""

    title: str
    line: str
    empty: str
    loads: tuple[LoadLook, ...]
    idle: str = ""
    """Teams that are here without a batch, in one line."""
    advice: str = ""


class TableColumn(msgspec.Struct, frozen=True):
    """One column of the table of batches; numbers stand right."""

    key: str
    title: str
    number: bool = False


class TableRow(msgspec.Struct, frozen=True):
    """One batch: what each cell says, what it sorts by, and the lists it is in."""

    batch: str
    wave: str
    cells: tuple[str, ...]
    keys: tuple[CellKey, ...]
    lists: frozenset[str]
    tone: Tone = "normal"
    icon: str = ""


class TableTools(msgspec.Struct, frozen=True):
    """Words and states of what stands above the table of batches."""

    search: str
    """What the empty search field says."""
    count: str
    empty: str
    exports: tuple[ButtonLook, ...] = ()


class PastLook(msgspec.Struct, frozen=True):
    """What stands above the trends: how many nights, the age of the answer, and what can be done."""

    spans: SegmentsLook
    said: str
    button: ButtonLook | None = None


class TrendPoint(msgspec.Struct, frozen=True):
    """One night; `value` None: nothing to divide by, so nothing is drawn."""

    night: str
    label: str
    value: float | None
    told: str


class TrendLook(msgspec.Struct, frozen=True):
    """One measure over the nights, oldest first; `low` and `high` are the ends of its scale."""

    key: str
    title: str
    value: str
    caption: str
    points: tuple[TrendPoint, ...]
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    name: str
    tone: Tone = "normal"
