"""One dish cooked for one wave: its state and the helpers every noun about a batch uses; no rule
lives here.
"""

from __future__ import annotations

from bisect import insort
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from dapur.envelope import Event, Occurred, Taken
from dapur.ids import BatchId, CommandId, DeviceId, StaffId
from dapur.policy import PolicyRecord
from dapur.refusal import AnyRefusal, Cancelled, Discarded, Held, UnknownBatch
from dapur.stage import OVER, Stage
from dapur.words import LIST_MAX, Id, MassKg, Ms, Name, Note, Portions, TempC, Unit

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen

READINGS_KEPT = 400
"""Newest readings of a batch in the window: one every 30 s for over three hours; the log keeps
all.
"""
JOURNAL_KEPT = 80
MINUTE_MS = 60_000


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step of the recipe; with `core_c` it cannot be ticked before that was measured."""

    text: Note
    duration_min: Annotated[int, Meta(ge=1, le=720)]
    core_c: TempC | None = None


class Ingredient(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount for this batch's portions."""

    name: Name
    amount: Annotated[float, Meta(gt=0, le=100_000)]
    unit: Unit


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Temperatures of this dish in °C, None where it has none, and where they come from."""

    core_c: TempC | None
    hot_hold_c: TempC | None
    cold_hold_c: TempC | None
    source: Note = ""


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is planned: dish, wave, portions, times (UTC ms), limits, steps and amounts."""

    dish: Id
    name: Name
    wave: Id
    code: Id
    prepare_ms: Ms
    cook_ms: Ms
    ready_ms: Ms
    limits: Limits
    pk: Portions = 0
    pb: Portions = 0
    special: Portions = 0
    no_cook: bool = False
    steps: Annotated[tuple[Step, ...], Meta(max_length=30)] = ()
    ingredients: Annotated[tuple[Ingredient, ...], Meta(max_length=40)] = ()

    @property
    def portions(self) -> int:
        """All classes together."""
        return self.pk + self.pb + self.special


class Passage(msgspec.Struct, frozen=True):
    """The batch entered a stage: when (an interval), by whom, in which round."""

    stage: Stage
    round: int
    at: Occurred
    actor: StaffId
    device: DeviceId
    command: CommandId


class StepDone(msgspec.Struct, frozen=True):
    """A ticked step, counted from 1."""

    step: int
    at: Occurred
    actor: StaffId
    command: CommandId


class Point(StrEnum):
    """Where a temperature was taken; each has its own limit of the dish."""

    CORE = "core"
    HOT_HOLD = "hot_hold"
    COLD_HOLD = "cold_hold"
    TRAY = "tray"
    OTHER = "other"


class Source(StrEnum):
    """How a value came into the kiosk."""

    HAND = "hand"
    PROBE = "probe"
    SENSOR = "sensor"


class Reading(msgspec.Struct, frozen=True):
    """One measured temperature in °C."""

    id: CommandId
    value_c: float
    point: Point
    source: Source
    at: Occurred
    actor: StaffId
    device: DeviceId
    place: str = ""
    probe: str = ""


class Item(StrEnum):
    """What a quality check looks at."""

    TASTE = "TASTE"
    APPEARANCE = "APPEARANCE"
    AROMA = "AROMA"
    TEXTURE = "TEXTURE"
    TEMPERATURE = "TEMPERATURE"
    HYGIENE = "HYGIENE"
    SAFETY = "SAFETY"
    SAMPLE = "SAMPLE"


class Check(msgspec.Struct, frozen=True):
    """One item checked in one round; a later check of the same item replaces its judgement."""

    id: CommandId
    item: Item
    round: int
    passed: bool
    at: Occurred
    actor: StaffId
    score: int | None = None
    value: float | None = None
    corrective_action: str = ""
    note: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """Fit or not fit, for one round."""

    id: CommandId
    passed: bool
    round: int
    at: Occurred
    actor: StaffId
    note: str = ""


class HoldReason(StrEnum):
    """The six reasons of the hold sheet, and two that the rules give."""

    TEMPERATURE = "temperature"
    QUALITY = "quality"
    INGREDIENT = "ingredient"
    FOREIGN_OBJECT = "foreign_object"
    ALLERGEN = "allergen"
    EQUIPMENT = "equipment"
    VERDICT = "verdict"
    LATE_READING = "late_reading"


class ReleaseDecision(StrEnum):
    """What happens to a batch after a hold."""

    CONTINUE = "continue"
    REWORK = "rework"
    DISCARD = "discard"


class Release(msgspec.Struct, frozen=True):
    """The end of a hold."""

    decision: ReleaseDecision
    actor: StaffId
    device: DeviceId
    at: Occurred
    command: CommandId
    evidence: str = ""
    note: str = ""


class Hold(msgspec.Struct, frozen=True):
    """Why a batch may not go on. `id` is the command that made it; `number` is what people say
    (H-0031).
    """

    id: CommandId
    number: int
    reason: HoldReason
    critical: bool
    """Only the Ahli Gizi or the Kepala SPPG may release it."""
    round: int
    actor: StaffId
    device: DeviceId
    at: Occurred
    evidence: tuple[str, ...] = ()
    """Ids of the readings or checks that explain it."""
    note: str = ""
    release: Release | None = None


class Post(StrEnum):
    """The place of a person at a batch: one leads, the others help."""

    LEAD = "lead"
    HELPER = "helper"


class Assignment(msgspec.Struct, frozen=True):
    """A person at a batch from `since_ms` until `until_ms` (None: still)."""

    staff: StaffId
    post: Post
    by: StaffId
    since_ms: int
    until_ms: int | None = None


class Completion(msgspec.Struct, frozen=True):
    """What came out of the pot."""

    portions: int
    waste_kg: MassKg
    at: Occurred
    actor: StaffId
    command: CommandId


class Ending(msgspec.Struct, frozen=True):
    """Why a batch was cancelled or thrown away."""

    reason: str
    portions: int
    at: Occurred
    actor: StaffId
    command: CommandId


class LastTap(msgspec.Struct, frozen=True):
    """The last tap that can be taken back, and what it changed."""

    command: CommandId
    kind: str
    actor: StaffId
    at: Occurred
    stage: Stage
    consumption_started_ms: int | None


class Line(msgspec.Struct, frozen=True):
    """One line of what happened to a batch, for people: the event's kind and one detail."""

    at_ms: int
    command: CommandId
    kind: str
    actor: StaffId
    device: DeviceId
    recorded_ms: int
    detail: str = ""


class Batch(msgspec.Struct, frozen=True):
    """All that the window knows of one batch. Times are UTC ms."""

    id: BatchId
    night: str
    """Serving date."""
    plan: Recipe
    stage: Stage = Stage.PLANNED
    round: int = 1
    """Of cooking and checking: a rework or retest starts the next."""
    history: tuple[Passage, ...] = ()
    steps_done: tuple[StepDone, ...] = ()
    consumption_started_ms: int | None = None
    """Earliest minute the first pot may have left the heat; rework never resets it (toxins
    survive).
    """
    readings: tuple[Reading, ...] = ()
    """Oldest first, at most READINGS_KEPT."""
    checks: tuple[Check, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    holds: tuple[Hold, ...] = ()
    crew: tuple[Assignment, ...] = ()
    completion: Completion | None = None
    ended: Ending | None = None
    last: LastTap | None = None
    undone: CommandId | None = None
    """The tap that was taken back last: taking it back again changes nothing."""
    journal: tuple[Line, ...] = ()

    @property
    def open_holds(self) -> tuple[Hold, ...]:
        """Holds that nobody released, oldest first."""
        return tuple(hold for hold in self.holds if hold.release is None)

    @property
    def held(self) -> bool:
        """Whether anything stops this batch."""
        return any(hold.release is None for hold in self.holds)

    @property
    def over(self) -> bool:
        """Cancelled or discarded: terminal."""
        return self.stage in OVER

    @property
    def cooks(self) -> frozenset[StaffId]:
        """Who started the cooking or ended it."""
        return frozenset(
            entry.actor
            for before, entry in zip((None, *self.history), self.history, strict=False)
            if entry.stage is Stage.COOKING
            or (before is not None and before.stage is Stage.COOKING)
        )

    def entered(self, stage: Stage) -> Passage | None:
        """The newest entry into a stage."""
        return next((entry for entry in reversed(self.history) if entry.stage is stage), None)


def consume_by_ms(batch: Batch, policy: PolicyRecord) -> int | None:
    """Until when the food must be eaten; None while the clock does not run."""
    if batch.consumption_started_ms is None:
        return None
    return batch.consumption_started_ms + int(policy.consume_within_min.value * MINUTE_MS)


def round_started_ms(batch: Batch) -> int:
    """Earliest time that counts as this round: the entry of cooking (or of the retest)."""
    starts = [
        entry.at.earliest_ms
        for entry in batch.history
        if entry.round == batch.round and entry.stage not in (Stage.PLANNED, Stage.PREPARING)
    ]
    return min(starts) if starts else 0


def newest_core(batch: Batch) -> Reading | None:
    """The newest core reading of this round: the only one that is judged (earlier ones are heating
    up).
    """
    since_ms = round_started_ms(batch)
    for reading in reversed(batch.readings):
        if reading.point is Point.CORE and reading.at.latest_ms >= since_ms:
            return reading
    return None


def limit_of(limits: Limits, point: Point) -> tuple[float | None, float | None]:
    """Lowest and highest allowed value at a point; trays have none, their clock decides."""
    if point is Point.CORE:
        return limits.core_c, None
    if point is Point.HOT_HOLD:
        return limits.hot_hold_c, None
    if point is Point.COLD_HOLD:
        return None, limits.cold_hold_c
    return None, None


def within(limits: Limits, point: Point, value_c: float) -> bool | None:
    """Whether a value is inside the dish's limit; None when the point has no limit."""
    low, high = limit_of(limits, point)
    if low is None and high is None:
        return None
    return (low is None or value_c >= low) and (high is None or value_c <= high)


# ---- what the nouns about a batch share ----------------------------------------------------------


def find(kitchen: Kitchen, subject: str) -> Batch | UnknownBatch:
    """The batch a command is about, or the refusal."""
    return kitchen.batches.get(BatchId(subject)) or UnknownBatch(subject[:LIST_MAX])


def over_block(batch: Batch) -> tuple[AnyRefusal, ...]:
    """Nothing but readings follows the end of a batch."""
    if batch.stage is Stage.CANCELLED:
        return (Cancelled(batch.id),)
    if batch.stage is Stage.DISCARDED:
        return (Discarded(batch.id),)
    return ()


def held_block(batch: Batch) -> tuple[AnyRefusal, ...]:
    """A held batch can be measured and checked, not advanced."""
    return tuple(Held(hold.id, hold.number) for hold in batch.open_holds)


def tapped_before_end(batch: Batch, taken: Taken) -> bool:
    """Whether a tap on a cancelled batch surely happened before the cancelling."""
    ended = batch.ended
    return (
        batch.stage is Stage.CANCELLED
        and ended is not None
        and taken.at.latest_ms < ended.at.earliest_ms
    )


def put(kitchen: Kitchen, batch: Batch) -> Kitchen:
    """The kitchen with this batch as it is now."""
    return msgspec.structs.replace(kitchen, batches={**kitchen.batches, batch.id: batch})


def _line_key(line: Line) -> tuple[int, str, str]:
    return (line.at_ms, line.command, line.kind)


def journal(batch: Batch, event: Event, detail: str = "") -> tuple[Line, ...]:
    """The batch's lines with this event, by time, so that the order of arrival does not show."""
    line = Line(
        event.at.earliest_ms, event.command, event.kind, event.actor, event.device,
        event.recorded_ms, detail,
    )  # fmt: skip
    if not batch.journal or _line_key(batch.journal[-1]) <= _line_key(line):
        return (batch.journal + (line,))[-JOURNAL_KEPT:]  # noqa: RUF005 - one copy, not two
    lines = list(batch.journal)
    insort(lines, line, key=_line_key)
    return tuple(lines[-JOURNAL_KEPT:])


def passage(event: Event, stage: Stage, round_: int) -> Passage:
    """The entry into a stage that an event makes."""
    return Passage(stage, round_, event.at, event.actor, event.device, event.command)
