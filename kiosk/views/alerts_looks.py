"""Plain values of the alerts page: made by its view model, painted by its widgets."""

from typing import Literal

import msgspec

from kiosk.views.looks import BandLook, ButtonLook, ChipLook, EventLook, Judged, SegmentsLook

Bar = Literal["alarm", "attention", "none"]


class AlertLook(msgspec.Struct, frozen=True):
    """One open alert: how bad, what and where, since when, who, when it goes up, and what can be done.

    `bar` marks the left end of what is loud. `initials` is empty while nobody handles it.
    """

    key: str
    chip: ChipLook
    title: str
    detail: str
    clock: str
    age: str
    who: str
    who_note: str
    left: str
    left_note: str
    button: ButtonLook
    initials: str = ""
    own: bool = False
    urgent: bool = False
    """Nobody handles it and it is critical: the time left is written in the alarm's colour."""
    bar: Bar = "none"
    chosen: bool = False


class ResolvedLook(msgspec.Struct, frozen=True):
    """One alert that is over: when it began, what, where, and who took how long."""

    key: str
    clock: str
    title: str
    detail: str
    who: str


class ValueLook(msgspec.Struct, frozen=True):
    """The big number of an alert about a temperature."""

    text: str
    unit: str
    verdict: str
    limit: str
    judged: Judged
    band: BandLook


class AlertDetailLook(msgspec.Struct, frozen=True):
    """All about one alert."""

    key: str
    chip: ChipLook
    number: str
    title: str
    where: str
    do_title: str
    do: str
    history_title: str
    rule: str
    value: ValueLook | None = None
    history: tuple[EventLook, ...] = ()
    buttons: tuple[ButtonLook, ...] = ()


class AlertsLook(msgspec.Struct, frozen=True):
    """The whole page."""

    title: str
    filters: SegmentsLook
    mute: ButtonLook
    muted: str
    """Which kiosks are silent and who made them so; empty when all are heard."""
    rows: tuple[AlertLook, ...]
    none: str
    resolved_title: str
    resolved: tuple[ResolvedLook, ...]
    resolved_none: str
    more: ButtonLook | None
