"""A batch comes onto the board and its plan changes; what is on the fire keeps its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dapur import access
from dapur.batch import (
    MINUTE_MS,
    Batch,
    Ingredient,
    Limits,
    Recipe,
    Step,
    find,
    journal,
    over_block,
    put,
)
from dapur.decision import Accepted, Already, Decision, Fact, Refused, refuse_all
from dapur.envelope import Event, Taken
from dapur.ids import BatchId
from dapur.policy import PolicyRecord
from dapur.refusal import (
    AnyRefusal,
    BadArgs,
    BadPlan,
    BatchExists,
    CookTooEarly,
    NoNight,
    UnknownBatch,
    UnknownWave,
    WrongStage,
)
from dapur.rule import Args, Body, CommandRule, EventRule, command, event
from dapur.stage import Stage
from dapur.words import Date, Id, Ms, Name, Portions, TempC

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen

CHANGEABLE = frozenset({Stage.PLANNED, Stage.PREPARING})


class DishLimits(Args, frozen=True):
    """Temperatures of the dish in °C: left out = the policy's, null = none."""

    core_c: TempC | UnsetType | None = UNSET
    hot_hold_c: TempC | UnsetType | None = UNSET
    cold_hold_c: TempC | UnsetType | None = UNSET


class PlanBatchArgs(Args, frozen=True):
    """The whole plan of a batch; its id is the subject."""

    night: Date
    """Serving date."""
    dish: Id
    name: Name
    wave: Id
    code: Id
    prepare_ms: Ms
    cook_ms: Ms
    ready_ms: Ms
    limits: DishLimits = DishLimits()
    pk: Portions = 0
    pb: Portions = 0
    special: Portions = 0
    no_cook: bool = False
    steps: Annotated[tuple[Step, ...], Meta(max_length=30)] = ()
    ingredients: Annotated[tuple[Ingredient, ...], Meta(max_length=40)] = ()


class BatchPlanned(Body, frozen=True):
    """A batch is on the board."""

    night: str
    plan: Recipe


class PlanChanged(Body, frozen=True):
    """The plan of a batch is another now."""

    plan: Recipe


def recipe(args: PlanBatchArgs, policy: PolicyRecord, known: Limits | None = None) -> Recipe:
    """The plan with every limit settled: what the dish does not say, the policy says.

    With `known` limits of the same batch those stay: the policy may have changed meanwhile.
    """
    wish = args.limits
    no_heat = args.no_cook
    if known is not None:
        limits = Limits(
            core_c=_settled(wish.core_c, known.core_c),
            hot_hold_c=_settled(wish.hot_hold_c, known.hot_hold_c),
            cold_hold_c=_settled(wish.cold_hold_c, known.cold_hold_c),
            source=known.source,
        )
        return _recipe(args, limits)
    limits = Limits(
        core_c=_settled(wish.core_c, None if no_heat else policy.core_c.value),
        hot_hold_c=_settled(wish.hot_hold_c, None if no_heat else policy.hot_hold_c.value),
        cold_hold_c=_settled(wish.cold_hold_c, policy.cold_hold_c.value if no_heat else None),
        source=policy.core_c.source if wish.core_c is UNSET and not no_heat else "",
    )
    return _recipe(args, limits)


def _recipe(args: PlanBatchArgs, limits: Limits) -> Recipe:
    return Recipe(
        args.dish, args.name, args.wave, args.code, args.prepare_ms, args.cook_ms, args.ready_ms,
        limits, args.pk, args.pb, args.special, args.no_cook, args.steps, args.ingredients,
    )  # fmt: skip


def _settled(wish: float | UnsetType | None, otherwise: float | None) -> float | None:
    return otherwise if isinstance(wish, UnsetType) else wish


def _plan_blocks(kitchen: Kitchen, args: PlanBatchArgs, plan: Recipe) -> tuple[AnyRefusal, ...]:
    night = kitchen.night
    if night is None or night.serving_date != args.night:
        return (NoNight(args.night),)
    blocks: list[AnyRefusal] = []
    if all(wave.id != plan.wave for wave in night.waves):
        blocks.append(UnknownWave(plan.wave))
    if not plan.prepare_ms <= plan.cook_ms <= plan.ready_ms:
        blocks.append(BadPlan("prepare_ms, cook_ms, ready_ms"))
    if plan.portions == 0:
        blocks.append(BadPlan("pk, pb, special"))
    not_before_ms = night.midnight_ms + int(kitchen.policy.cook_not_before_min.value * MINUTE_MS)
    if plan.cook_ms < not_before_ms and not plan.no_cook:
        blocks.append(CookTooEarly(not_before_ms))
    return tuple(blocks)


def decide_plan(kitchen: Kitchen, taken: Taken, args: PlanBatchArgs) -> Decision:
    """Put a batch on the board of the open night; the same plan again is "already"."""
    batch_id = taken.command.subject
    if not _is_id(batch_id):
        return Refused(BadArgs("subject"))
    batch = find(kitchen, batch_id)
    plan = recipe(args, kitchen.policy)
    if isinstance(batch, Batch):
        again = recipe(args, kitchen.policy, batch.plan.limits)
        same = (batch.plan, batch.night) == (again, args.night)
        return Already() if same else Refused(BatchExists(batch.id))
    if blocks := _plan_blocks(kitchen, args, plan):
        return refuse_all(blocks)
    return Accepted((Fact("batch_planned", batch_id, BatchPlanned(args.night, plan)),))


def _is_id(text: str) -> bool:
    try:
        msgspec.convert(text, Id)
    except msgspec.ValidationError:
        return False
    return True


def decide_change(kitchen: Kitchen, taken: Taken, args: PlanBatchArgs) -> Decision:
    """Give a batch another plan until it is on the fire; the last change stands, both are in the
    journal.
    """
    batch = find(kitchen, taken.command.subject)
    if isinstance(batch, UnknownBatch):
        return Refused(batch)
    if ended := over_block(batch):
        return refuse_all(ended)
    plan = recipe(args, kitchen.policy)
    if plan == batch.plan:
        return Already()
    if batch.stage not in CHANGEABLE:
        return Refused(WrongStage(batch.stage, Stage.PREPARING))
    if batch.steps_done and (plan.steps, plan.no_cook) != (batch.plan.steps, batch.plan.no_cook):
        return Refused(WrongStage(batch.stage, Stage.PLANNED))
    if blocks := _plan_blocks(kitchen, args, plan):
        return refuse_all(blocks)
    return Accepted((Fact("plan_changed", batch.id, PlanChanged(plan)),))


def evolve_planned(kitchen: Kitchen, event: Event, data: BatchPlanned) -> Kitchen:
    """A new batch, as planned, with the readings that came before it."""
    waiting = kitchen.strays.get(event.subject, ())
    batch = Batch(BatchId(event.subject), data.night, data.plan, readings=waiting)
    kitchen = put(kitchen, msgspec.structs.replace(batch, journal=journal(batch, event)))
    if not waiting:
        return kitchen
    strays = {key: value for key, value in kitchen.strays.items() if key != event.subject}
    return msgspec.structs.replace(kitchen, strays=strays)


def evolve_changed(kitchen: Kitchen, event: Event, data: PlanChanged) -> Kitchen:
    """The plan is replaced; what was done stays done."""
    batch = find(kitchen, event.subject)
    if isinstance(batch, UnknownBatch):
        return kitchen
    return put(
        kitchen, msgspec.structs.replace(batch, plan=data.plan, journal=journal(batch, event))
    )


COMMANDS: dict[str, CommandRule] = {
    "plan_batch": command(PlanBatchArgs, decide_plan, access.PLANNERS),
    "change_plan": command(PlanBatchArgs, decide_change, access.PLANNERS),
}
EVENTS: dict[str, EventRule] = {
    "batch_planned": event(BatchPlanned, evolve_planned),
    "plan_changed": event(PlanChanged, evolve_changed),
}
