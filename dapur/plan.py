"""What a plan file of one night says, as typed data; it reads text and checks it, and applies
nothing.

All clock times are local ``HH:MM``. The night of a serving date runs from 15:00 the day before to
15:00, so ``22:30`` means the evening before and ``04:30`` the morning of the date: a plan moves to
another day by changing ``serving_date`` alone (:func:`on_date`).

Example (every field without a default is needed)::

    {
      "format": 1,
      "kitchen": "sppg-tanah-baru-01",
      "name": "SPPG Tanah Baru 01",
      "serving_date": "2026-11-22",
      "zone": "WIB",
      "policy": {"consume_within_min": {"value": 240, "source": "SOP dapur 2026",
                                        "valid_from": "2026-01-28"}},
      "staff": [
        {"id": "s-siti", "name": "Siti Aminah", "roles": ["STAFF_DAPUR"], "team": "TIM_PENGOLAHAN",
         "lead": true, "shift_start": "23:00", "shift_end": "07:00"}
      ],
      "waves": [
        {"id": "G1", "name": "Gelombang 1", "departure": "06:30", "stops": [
          {"id": "sd-01", "name": "SDN Tanah Baru 1", "kind": "school", "pk": 120, "pb": 90,
           "special": 4, "meal": "07:45", "travel_min": 15}]}
      ],
      "batches": [
        {"code": "G1-02", "dish": "ayam-kecap", "name": "Ayam kecap", "wave": "G1",
         "pk": 120, "pb": 90, "special": 4,
         "prepare": "00:30", "cook": "02:00", "ready": "04:30",
         "limits": {"core_c": 75.0},
         "steps": [{"text": "Tumis bumbu", "duration_min": 15},
                   {"text": "Masak sampai matang", "duration_min": 60, "core_c": 75.0}],
         "ingredients": [{"name": "Ayam potong", "amount": 42.5, "unit": "kg"}],
         "crew": ["s-siti"]}
      ]
    }

``limits``: a value left out is the policy's; ``null`` means this dish has no such limit (fruit has
no core temperature). ``no_cook`` dishes go from preparing to the quality check.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dapur.access import NOBODYS, Role
from dapur.batch import MINUTE_MS, Ingredient, Post, Step
from dapur.crew import AssignCrewArgs, RosterStaffArgs, staff_subject
from dapur.night import (
    DAY_TURNS_MIN,
    OpenNightArgs,
    Stop,
    Wave,
    midnight_ms,
    serving_date_of,
)
from dapur.night import SUBJECT as NIGHT_SUBJECT
from dapur.planning import DishLimits, PlanBatchArgs
from dapur.policy import SUBJECT as POLICY_SUBJECT
from dapur.policy import Limit, SetPolicyArgs, problem
from dapur.refusal import PolicyBounds, PolicyUnknown
from dapur.rule import Wish
from dapur.words import Clock, Date, Id, Name, Note, Portions, TempC, Unit

PLAN_FORMAT = 1
DAY_MIN = 24 * 60
MAX_OFFSET_MIN = 14 * 60
"""No place on earth is further ahead of UTC."""


class Zone(StrEnum):
    """The three time zones of Indonesia."""

    WIB = "WIB"
    WITA = "WITA"
    WIT = "WIT"


OFFSET_MIN: dict[Zone, int] = {Zone.WIB: 420, Zone.WITA: 480, Zone.WIT: 540}
"""Minutes east of UTC; Indonesia has no summer time."""


class _Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base: a misspelt field is an error, never ignored."""


class StaffPlan(_Plan, frozen=True):
    """One person. The name stays in the identity store: commands carry the id only."""

    id: Id
    name: Name
    roles: Annotated[tuple[Role, ...], Meta(min_length=1, max_length=10)]
    team: Name
    shift_start: Clock
    shift_end: Clock
    lead: bool = False


class StopPlan(_Plan, frozen=True):
    """A school or posyandu of a wave: portions small (PK), large (PB), special diet."""

    id: Id
    name: Name
    kind: Literal["school", "posyandu"]
    meal: Clock
    travel_min: Annotated[int, Meta(ge=0, le=240)]
    pk: Portions = 0
    pb: Portions = 0
    special: Portions = 0


class WavePlan(_Plan, frozen=True):
    """One departure and where it goes."""

    id: Id
    name: Name
    departure: Clock
    stops: Annotated[tuple[StopPlan, ...], Meta(min_length=1, max_length=100)]


class StepPlan(_Plan, frozen=True):
    """One step of the recipe; with `core_c` it cannot be ticked before that was measured."""

    text: Note
    duration_min: Annotated[int, Meta(ge=1, le=720)]
    core_c: TempC | None = None


class IngredientPlan(_Plan, frozen=True):
    """An amount for this batch's portions, not per portion."""

    name: Name
    amount: Annotated[float, Meta(gt=0, le=100_000)]
    unit: Unit


class LimitsPlan(_Plan, frozen=True):
    """Temperatures of this dish in °C: left out = the policy's, null = none."""

    core_c: TempC | UnsetType | None = UNSET
    hot_hold_c: TempC | UnsetType | None = UNSET
    cold_hold_c: TempC | UnsetType | None = UNSET


class BatchPlan(_Plan, frozen=True):
    """One dish cooked for one wave. Its id becomes ``<serving_date>-<code>``."""

    code: Annotated[str, Meta(pattern="^[A-Za-z0-9._-]{1,24}\\Z")]
    dish: Id
    name: Name
    wave: Id
    prepare: Clock
    cook: Clock
    ready: Clock
    pk: Portions = 0
    pb: Portions = 0
    special: Portions = 0
    limits: LimitsPlan = LimitsPlan()
    no_cook: bool = False
    steps: Annotated[tuple[StepPlan, ...], Meta(max_length=30)] = ()
    ingredients: Annotated[tuple[IngredientPlan, ...], Meta(max_length=40)] = ()
    crew: Annotated[tuple[Id, ...], Meta(max_length=30)] = ()


class Plan(_Plan, frozen=True):
    """One night of one kitchen."""

    format: Annotated[int, Meta(ge=1, le=PLAN_FORMAT)]
    kitchen: Id
    name: Name
    serving_date: Date
    zone: Zone
    waves: Annotated[tuple[WavePlan, ...], Meta(min_length=1, max_length=10)]
    batches: Annotated[tuple[BatchPlan, ...], Meta(min_length=1, max_length=100)]
    staff: Annotated[tuple[StaffPlan, ...], Meta(max_length=100)] = ()
    policy: dict[Id, Limit] = {}


# ---- reading and checking ------------------------------------------------------------------------


class PlanErrors(ValueError):
    """A plan that cannot be used: every problem names its place and field; nothing was applied."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


_decoder = msgspec.json.Decoder(Plan)


def read_plan(text: str | bytes) -> Plan:
    """The plan of a file's text; PlanErrors names every contradiction, or the first unreadable
    field.
    """
    try:
        plan = _decoder.decode(text)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `")
        field = place.rstrip("`").removeprefix("$").lstrip(".")
        raise PlanErrors((f"{field or 'plan'}: {what}",)) from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise PlanErrors((f"plan: {error}",)) from error
    found = problems(plan)
    if found:
        raise PlanErrors(found)
    return plan


def on_date(plan: Plan, serving_date: str) -> Plan:
    """The same night on another date: clocks are local and relative to it, so only the date
    moves.
    """
    return msgspec.structs.replace(plan, serving_date=serving_date)


def problems(plan: Plan) -> tuple[str, ...]:
    """Everything in which a plan contradicts itself, each with its place; empty when it is
    sound.
    """
    found = [*_calendar_problems(plan), *_policy_problems(plan)]
    found += _twice("waves", "id", [wave.id for wave in plan.waves])
    found += _twice("batches", "code", [batch.code for batch in plan.batches])
    found += _twice("staff", "id", [staff.id for staff in plan.staff])
    for place, staff in enumerate(plan.staff):
        for role in sorted(NOBODYS & frozenset(staff.roles)):
            found.append(f"staff[{place}].roles: {role} is no person's role")
    for place, wave in enumerate(plan.waves):
        found += _twice(f"waves[{place}].stops", "id", [stop.id for stop in wave.stops])
    for place, batch in enumerate(plan.batches):
        found += _batch_problems(plan, batch, f"batches[{place}]")
    return tuple(found)


def _calendar_problems(plan: Plan) -> list[str]:
    exists = midnight_ms(plan.serving_date, OFFSET_MIN[plan.zone]) != 0
    return [] if exists else [f"serving_date: {plan.serving_date} is no date"]


def _policy_problems(plan: Plan) -> list[str]:
    found = []
    for name, limit in plan.policy.items():
        match problem({name: limit}):
            case PolicyUnknown():
                found.append(f"policy.{name}: no such value")
            case PolicyBounds(_, low, high):
                found.append(f"policy.{name}.value: {limit.value:g}, allowed {low:g} to {high:g}")
            case None:
                pass
    return found


def _twice(where: str, field: str, values: list[str]) -> list[str]:
    return [
        f"{where}[{place}].{field}: {value!r} is there already"
        for place, value in enumerate(values)
        if value in values[:place]
    ]


def _batch_problems(plan: Plan, batch: BatchPlan, where: str) -> list[str]:
    found = []
    known = {staff.id for staff in plan.staff}
    wave = next((each for each in plan.waves if each.id == batch.wave), None)
    if wave is None:
        found.append(f"{where}.wave: no wave {batch.wave!r}")
    elif night_minute(batch.ready) > night_minute(wave.departure):
        found.append(f"{where}.ready: {batch.ready} is after the departure at {wave.departure}")
    if night_minute(batch.prepare) > night_minute(batch.cook):
        found.append(f"{where}.cook: {batch.cook} is before prepare {batch.prepare}")
    if night_minute(batch.cook) > night_minute(batch.ready):
        found.append(f"{where}.ready: {batch.ready} is before cook {batch.cook}")
    if batch.pk + batch.pb + batch.special == 0:
        found.append(f"{where}.pk: no portions at all (pk, pb, special)")
    for place, member in enumerate(batch.crew):
        if member not in known:
            found.append(f"{where}.crew[{place}]: no staff {member!r}")
    return found


# ---- to commands ---------------------------------------------------------------------------------


def night_minute(clock: str) -> int:
    """Minutes after midnight of the serving date; from 15:00 on a clock means the day before."""
    hours, minutes = clock.split(":")
    minute = int(hours) * 60 + int(minutes)
    return minute - 24 * 60 if minute >= DAY_TURNS_MIN else minute


def batch_id(plan: Plan, batch: BatchPlan) -> str:
    """The id under which a batch of this plan is known."""
    return f"{plan.serving_date}-{batch.code}"


def at_local_time(plan: Plan, clock: str, now_ms: int) -> tuple[Plan, int]:
    """The same night in a kitchen whose clock says `clock` (HH:MM) now: the plan with its date, and
    the minutes east of UTC that make it so. For demonstrations at any hour of the day.
    """
    utc_minute = now_ms // MINUTE_MS % DAY_MIN
    hours, minutes = clock.split(":")
    offset_min = (int(hours) * 60 + int(minutes) - utc_minute) % DAY_MIN
    if offset_min > MAX_OFFSET_MIN:
        offset_min -= DAY_MIN
    return on_date(plan, serving_date_of(now_ms, offset_min)), offset_min


def wishes(plan: Plan, offset_min: int | None = None) -> tuple[Wish, ...]:
    """The commands that bring this plan into a kitchen, in order; names of people are not in
    them. `offset_min` replaces the zone's minutes east of UTC.
    """
    offset_min = OFFSET_MIN[plan.zone] if offset_min is None else offset_min
    midnight = midnight_ms(plan.serving_date, offset_min)
    found = [_roster(staff, midnight) for staff in plan.staff]
    if plan.policy:
        found.append(Wish("set_policy", POLICY_SUBJECT, SetPolicyArgs(dict(plan.policy))))
    found.append(_open(plan, midnight, offset_min))
    for batch in plan.batches:
        found.append(Wish("plan_batch", batch_id(plan, batch), _plan_args(plan, batch, midnight)))
        for place, member in enumerate(batch.crew):
            post = Post.LEAD if place == 0 else Post.HELPER
            found.append(Wish("assign_crew", batch_id(plan, batch), AssignCrewArgs(member, post)))
    return tuple(found)


def _ms(midnight: int, clock: str) -> int:
    return midnight + night_minute(clock) * MINUTE_MS


def _roster(staff: StaffPlan, midnight: int) -> Wish:
    start = night_minute(staff.shift_start)
    end = night_minute(staff.shift_end)
    end += 24 * 60 if end <= start else 0
    roles = (*staff.roles, Role.TEAM_LEAD) if staff.lead else staff.roles
    args = RosterStaffArgs(
        staff.id,
        tuple(dict.fromkeys(roles)),
        staff.team,
        midnight + start * MINUTE_MS,
        midnight + end * MINUTE_MS,
    )
    return Wish("roster_staff", staff_subject(staff.id), args)


def _open(plan: Plan, midnight: int, offset_min: int) -> Wish:
    waves = tuple(
        Wave(
            wave.id,
            wave.name,
            _ms(midnight, wave.departure),
            tuple(_stop(stop, midnight) for stop in wave.stops),
        )
        for wave in plan.waves
    )
    args = OpenNightArgs(plan.serving_date, plan.zone.value, offset_min, waves)
    return Wish("open_night", NIGHT_SUBJECT, args)


def _stop(stop: StopPlan, midnight: int) -> Stop:
    return Stop(
        stop.id,
        stop.name,
        stop.kind,
        _ms(midnight, stop.meal),
        stop.travel_min,
        stop.pk,
        stop.pb,
        stop.special,
    )


def _plan_args(plan: Plan, batch: BatchPlan, midnight: int) -> PlanBatchArgs:
    limits = batch.limits
    return PlanBatchArgs(
        plan.serving_date,
        batch.dish,
        batch.name,
        batch.wave,
        batch.code,
        _ms(midnight, batch.prepare),
        _ms(midnight, batch.cook),
        _ms(midnight, batch.ready),
        DishLimits(limits.core_c, limits.hot_hold_c, limits.cold_hold_c),
        batch.pk,
        batch.pb,
        batch.special,
        batch.no_cook,
        tuple(Step(step.text, step.duration_min, step.core_c) for step in batch.steps),
        tuple(Ingredient(each.name, each.amount, each.unit) for each in batch.ingredients),
    )
