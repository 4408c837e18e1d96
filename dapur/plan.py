"""What a plan file of one night says, as typed data; it reads text and checks it, and applies nothing.

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
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dapur.access import Role
from dapur.policy import Limit
from dapur.words import Clock, Date, Id, Name, Note, Portions, TempC, Unit

PLAN_FORMAT = 1


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
    kind: Annotated[str, Meta(pattern="^(school|posyandu)\\Z")]
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
