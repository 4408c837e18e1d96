"""The night of one serving date: its waves and stops, its opening and its closing (never by a
clock).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from dapur import access
from dapur.batch import MINUTE_MS
from dapur.decision import Accepted, Already, Decision, Fact, Refused
from dapur.envelope import Event, Taken
from dapur.refusal import BadPlan, NightBusy, NightClosed, NightOpen, NoNight, WaveInUse
from dapur.rule import Args, Body, CommandRule, EventRule, command, event
from dapur.stage import FINISHED
from dapur.words import Date, Id, Ms, Name, Portions, Reference

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen

SUBJECT = "night:kitchen"
DAY_TURNS_MIN = 15 * 60
"""The night of a date runs from 15:00 the day before to 15:00 (kitchen.md, life cycle)."""


class Stop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where trays go: PK, PB and special portions, when they eat (UTC ms), how far it is."""

    id: Id
    name: Name
    kind: Literal["school", "posyandu"]
    meal_ms: Ms
    travel_min: Annotated[int, Meta(ge=0, le=240)]
    pk: Portions = 0
    pb: Portions = 0
    special: Portions = 0

    @property
    def portions(self) -> int:
        """All classes together."""
        return self.pk + self.pb + self.special


class Wave(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One departure (UTC ms) and its stops."""

    id: Id
    name: Name
    departure_ms: Ms
    stops: Annotated[tuple[Stop, ...], Meta(max_length=100)] = ()

    @property
    def portions(self) -> int:
        """Of all stops."""
        return sum(stop.portions for stop in self.stops)


class Night(msgspec.Struct, frozen=True):
    """The open night."""

    serving_date: str
    zone: str
    offset_min: int
    """Minutes east of UTC."""
    waves: tuple[Wave, ...]
    opened_ms: int

    @property
    def midnight_ms(self) -> int:
        """Local 00:00 of the serving date."""
        return midnight_ms(self.serving_date, self.offset_min)

    @property
    def start_ms(self) -> int:
        """15:00 the day before."""
        return self.midnight_ms - (24 * 60 - DAY_TURNS_MIN) * MINUTE_MS

    @property
    def end_ms(self) -> int:
        """15:00 of the serving date."""
        return self.midnight_ms + DAY_TURNS_MIN * MINUTE_MS

    def wave(self, wave_id: str) -> Wave | None:
        """The wave of this id."""
        return next((wave for wave in self.waves if wave.id == wave_id), None)


class OpenNightArgs(Args, frozen=True):
    """The date, the kitchen's zone and the waves; again with other waves changes them."""

    serving_date: Date
    zone: Literal["WIB", "WITA", "WIT"]
    offset_min: Annotated[int, Meta(ge=-720, le=840)]
    waves: Annotated[tuple[Wave, ...], Meta(min_length=1, max_length=10)]


class NightOpened(Body, frozen=True):
    """A night began, or its waves changed."""

    serving_date: str
    zone: str
    offset_min: int
    waves: tuple[Wave, ...]


class CloseNightArgs(Args, frozen=True):
    """Which night, and the unfinished batches that are knowingly left open."""

    serving_date: Date
    leave_open: Annotated[tuple[Reference, ...], Meta(max_length=100)] = ()


class NightWasClosed(Body, frozen=True):
    """Hand-over is done; finished batches leave the window."""

    serving_date: str


def midnight_ms(serving_date: str, offset_min: int) -> int:
    """Local 00:00 of a date in UTC ms; 0 for a date that does not exist."""
    try:
        day = datetime.fromisoformat(serving_date).replace(tzinfo=UTC)
    except ValueError:
        return 0
    return int(day.timestamp()) * 1000 - offset_min * MINUTE_MS


def serving_date_of(now_ms: int, offset_min: int) -> str:
    """The serving date that a moment belongs to: from 15:00 on it is the next day's."""
    local = datetime.fromtimestamp(now_ms / 1000, UTC) + timedelta(minutes=offset_min)
    return (local + timedelta(minutes=24 * 60 - DAY_TURNS_MIN)).date().isoformat()


def decide_open(kitchen: Kitchen, taken: Taken, args: OpenNightArgs) -> Decision:  # noqa: ARG001 - one shape
    """Open the night of a date later than any closed one; the same again is "already"."""
    if midnight_ms(args.serving_date, args.offset_min) == 0:
        return Refused(BadPlan("serving_date"))
    if len({wave.id for wave in args.waves}) != len(args.waves):
        return Refused(BadPlan("waves"))
    if args.serving_date <= kitchen.last_closed:
        return Refused(NightClosed(kitchen.last_closed))
    night = kitchen.night
    if night is not None:
        if night.serving_date != args.serving_date:
            return Refused(NightOpen(night.serving_date))
        if (night.zone, night.offset_min, night.waves) == (args.zone, args.offset_min, args.waves):
            return Already()
        kept = {wave.id for wave in args.waves}
        for batch in kitchen.batches.values():
            if batch.night == night.serving_date and batch.plan.wave not in kept:
                return Refused(WaveInUse(batch.plan.wave))
    body = NightOpened(args.serving_date, args.zone, args.offset_min, args.waves)
    return Accepted((Fact("night_opened", SUBJECT, body),))


def decide_close(kitchen: Kitchen, taken: Taken, args: CloseNightArgs) -> Decision:  # noqa: ARG001 - one shape
    """End the night after hand-over; every unfinished or held batch must be named."""
    if args.serving_date <= kitchen.last_closed:
        return Already()
    night = kitchen.night
    if night is None or night.serving_date != args.serving_date:
        return Refused(NoNight(args.serving_date))
    busy = tuple(
        batch.id
        for batch in kitchen.batches.values()
        if batch.id not in args.leave_open and (batch.stage not in FINISHED or batch.held)
    )
    if busy:
        return Refused(NightBusy(tuple(sorted(busy))))
    return Accepted((Fact("night_closed", SUBJECT, NightWasClosed(args.serving_date)),))


def evolve_opened(kitchen: Kitchen, event: Event, data: NightOpened) -> Kitchen:
    """The night stands, or its waves are others now."""
    before = kitchen.night
    opened_ms = before.opened_ms if before is not None else event.at.earliest_ms
    night = Night(data.serving_date, data.zone, data.offset_min, data.waves, opened_ms)
    return msgspec.structs.replace(kitchen, night=night)


def evolve_closed(kitchen: Kitchen, event: Event, data: NightWasClosed) -> Kitchen:  # noqa: ARG001 - one shape
    """What is finished, resolved, settled or signed out leaves the window, with its versions.

    A batch that stays keeps its resolved alerts: they number its occasions (`watch`), and a
    forgotten one would be raised a second time beside the one that stands.
    """
    batches = {k: v for k, v in kitchen.batches.items() if v.stage not in FINISHED or v.held}
    closed = msgspec.structs.replace(
        kitchen,
        night=None,
        last_closed=max(data.serving_date, kitchen.last_closed),
        batches=batches,
        sessions={k: v for k, v in kitchen.sessions.items() if v.closed_ms is None},
        alerts={
            k: v for k, v in kitchen.alerts.items() if v.resolved_ms is None or v.about in batches
        },
        reviews={k: v for k, v in kitchen.reviews.items() if v.settled is None},
        notices=(),
        deliveries={},
        strays={},
        handovers=(),
    )
    return msgspec.structs.replace(
        closed,
        versions={k: v for k, v in kitchen.versions.items() if _stays(closed, k)},
        opaque={k: v for k, v in kitchen.opaque.items() if _stays(closed, k)},
    )


def _stays(kitchen: Kitchen, subject: str) -> bool:
    kind, colon, key = subject.partition(":")
    if not colon:
        return subject in kitchen.batches
    known: dict[str, object] = {
        "staff": kitchen.staff,
        "session": kitchen.sessions,
        "alert": kitchen.alerts,
        "review": kitchen.reviews,
    }
    table = known.get(kind)
    return kind in ("night", "policy") or (isinstance(table, dict) and key in table)


COMMANDS: dict[str, CommandRule] = {
    "open_night": command(OpenNightArgs, decide_open, access.PLANNERS),
    "close_night": command(CloseNightArgs, decide_close, access.CHIEFS | access.SERVER),
}
EVENTS: dict[str, EventRule] = {
    "night_opened": event(NightOpened, evolve_opened),
    "night_closed": event(NightWasClosed, evolve_closed),
}
