"""Plain values that the curve paints: the view model makes them, the chart draws them; no rule and no word here."""

from typing import Literal

import msgspec

PointTone = Literal["normal", "out", "pending"]
MarkKind = Literal["stage", "hold", "corrective", "eat_by"]


class CurvePoint(msgspec.Struct, frozen=True):
    """One reading. `tone` is shown by the mark's shape as well; `told` is what a tap on it says."""

    key: str
    at_ms: int
    value_c: float
    text: str
    told: str
    tone: PointTone = "normal"
    joined: bool = True
    """Whether a line leads here from the point before: False after a gap, and for other places than the core."""


class CurveLimit(msgspec.Struct, frozen=True):
    """A limit with its name; `safe` tells on which side of it lies ok."""

    value_c: float
    text: str
    safe: Literal["above", "below"] = "above"


class CurveMark(msgspec.Struct, frozen=True):
    """Something that happened while it cooked, as an upright line with its name."""

    at_ms: int
    text: str
    kind: MarkKind = "stage"


class CurveGap(msgspec.Struct, frozen=True):
    """A time without readings, and the words for it."""

    from_ms: int
    to_ms: int
    text: str


class CurveWindow(msgspec.Struct, frozen=True):
    """The time in which the food must be eaten, as far as the scale reaches."""

    from_ms: int
    to_ms: int
    text: str


class CurveTick(msgspec.Struct, frozen=True):
    """One place on a scale."""

    at: float
    text: str


class CurveLook(msgspec.Struct, frozen=True):
    """The whole curve. Times are UTC ms, values °C; `chosen` is the key of the point that was tapped."""

    from_ms: int
    to_ms: int
    low_c: float
    high_c: float
    now_ms: int
    now_text: str
    name: str
    points: tuple[CurvePoint, ...] = ()
    limits: tuple[CurveLimit, ...] = ()
    marks: tuple[CurveMark, ...] = ()
    gaps: tuple[CurveGap, ...] = ()
    window: CurveWindow | None = None
    times: tuple[CurveTick, ...] = ()
    values: tuple[CurveTick, ...] = ()
    chosen: str = ""
    empty: str = ""
    """Said in the middle while there is no reading."""
    legend: str = ""
    """What the shapes mean, as far as they occur."""
