"""A batch on its way: start, cook, hand to the check, tick steps, take a tap back, leave a note."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from dapur import access
from dapur.batch import (
    Batch,
    LastTap,
    StepDone,
    find,
    held_block,
    journal,
    newest_core,
    over_block,
    passage,
    put,
    tapped_before_end,
)
from dapur.decision import Accepted, Already, Decision, Fact, Refused, refuse_all
from dapur.envelope import Event, Taken
from dapur.ids import CommandId
from dapur.refusal import (
    AnyRefusal,
    CoreLow,
    CoreUnmeasured,
    NothingToUndo,
    StepOpen,
    StepWaits,
    UndoNotYours,
    UnknownBatch,
    UnknownStep,
    WrongRound,
    WrongStage,
)
from dapur.review import Reason, raise_review
from dapur.rule import Args, Body, CommandRule, EventRule, command, event
from dapur.stage import ORDER, Stage, may
from dapur.words import Note, Reference, Round

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen


class Preset(StrEnum):
    """Notes that need no typing."""

    NOTE = "note"
    WATER_ADDED = "water_added"
    SEASONING_ADDED = "seasoning_added"
    POT_CHANGED = "pot_changed"
    INGREDIENT_SHORT = "ingredient_short"
    EQUIPMENT_SLOW = "equipment_slow"


class AdvanceBatchArgs(Args, frozen=True):
    """The stage to go to, by name, in the round that was on the screen."""

    to: Literal["preparing", "cooking", "quality_check"]
    round: Round = 1


class StageEntered(Body, frozen=True):
    """The batch is in this stage now; `consumption_started_ms` once the food left the heat."""

    stage: Stage
    round: int
    consumption_started_ms: int | None = None


class ClockMovedBack(Body, frozen=True):
    """The food may have left the heat earlier than was known."""

    consumption_started_ms: int


class FinishStepArgs(Args, frozen=True):
    """A step of the recipe, counted from 1."""

    step: Annotated[int, Meta(ge=1, le=100)]
    round: Round = 1


class StepFinished(Body, frozen=True):
    """A step is done."""

    step: int


class UndoArgs(Args, frozen=True):
    """The tap to take back: the id of its command."""

    tap: Reference


class TapUndone(Body, frozen=True):
    """A tap was taken back; what the batch is again."""

    tap: CommandId
    kind: str
    stage: Stage
    consumption_started_ms: int | None


class NoteBatchArgs(Args, frozen=True):
    """A note for everyone at this batch."""

    preset: Preset = Preset.NOTE
    text: Note = ""


class BatchNoted(Body, frozen=True):
    """Somebody left a note."""

    preset: Preset
    text: str = ""


class TapNoted(Body, frozen=True):
    """A tap on a batch that was cancelled after it: kept, changes nothing."""

    kind: str


# ---- decide --------------------------------------------------------------------------------------


def late_tap(batch: Batch, taken: Taken) -> Decision | None:
    """A tap that happened before the batch was cancelled is noted for a person; None if it is no
    such tap.
    """
    if not tapped_before_end(batch, taken):
        return None
    noted = Fact("tap_noted", batch.id, TapNoted(taken.command.kind))
    return Accepted((noted, raise_review(taken, Reason.TAP_BEFORE_CANCEL)))


def core_block(batch: Batch) -> tuple[AnyRefusal, ...]:
    """The newest core reading of this round must be within the dish's limit, if it has one."""
    limit_c = batch.plan.limits.core_c
    if limit_c is None:
        return ()
    reading = newest_core(batch)
    if reading is None:
        return (CoreUnmeasured(limit_c),)
    if reading.value_c < limit_c:
        return (CoreLow(limit_c, reading.value_c),)
    return ()


def _step_blocks(batch: Batch) -> tuple[AnyRefusal, ...]:
    done = {each.step for each in batch.steps_done}
    return tuple(
        StepOpen(place)
        for place, step in enumerate(batch.plan.steps, 1)
        if step.core_c is not None and place not in done
    )


def _advance_blocks(batch: Batch, to: Stage) -> tuple[AnyRefusal, ...]:
    """All that stands in the way, the weightiest first."""
    way = may(batch.stage, to, "advance_batch")
    skips_cooking = (batch.stage, to) == (Stage.PREPARING, Stage.QUALITY_CHECK)
    cooks = to is Stage.COOKING
    if not way or (skips_cooking and not batch.plan.no_cook) or (cooks and batch.plan.no_cook):
        return (*held_block(batch), WrongStage(batch.stage, to))
    if to is not Stage.QUALITY_CHECK:
        return held_block(batch)
    return (*held_block(batch), *core_block(batch), *_step_blocks(batch))


def decide_advance(kitchen: Kitchen, taken: Taken, args: AdvanceBatchArgs) -> Decision:
    """Go to the named stage; being there or further, in this round or an earlier one, is
    "already".
    """
    batch = find(kitchen, taken.command.subject)
    if isinstance(batch, UnknownBatch):
        return Refused(batch)
    if batch.over:
        return late_tap(batch, taken) or refuse_all(over_block(batch))
    to = Stage(args.to)
    if args.round > batch.round:
        return Refused(WrongRound(args.round, batch.round))
    if args.round < batch.round or ORDER[batch.stage] >= ORDER[to]:
        return _already_there(batch, taken, to)
    if blocks := _advance_blocks(batch, to):
        return refuse_all(blocks)
    started_ms = batch.consumption_started_ms
    if to is Stage.QUALITY_CHECK and started_ms is None:
        started_ms = taken.at.earliest_ms
    return Accepted((Fact("stage_entered", batch.id, StageEntered(to, batch.round, started_ms)),))


def _already_there(batch: Batch, taken: Taken, to: Stage) -> Decision:
    """Two people saw the same pot leave the heat: the earlier minute starts the clock, but not
    before cooking.
    """
    started_ms = batch.consumption_started_ms
    if to is not Stage.QUALITY_CHECK or started_ms is None:
        return Already()
    heated = batch.history[0].at.earliest_ms if batch.history else 0
    for entry in batch.history:
        if entry.stage is Stage.COOKING:
            heated = entry.at.earliest_ms
            break
    earliest_ms = max(taken.at.earliest_ms, heated)
    if earliest_ms >= started_ms:
        return Already()
    return Accepted((Fact("clock_moved_back", batch.id, ClockMovedBack(earliest_ms)),))


def decide_step(kitchen: Kitchen, taken: Taken, args: FinishStepArgs) -> Decision:
    """Tick a step while preparing or cooking; one bound to a temperature waits for that reading."""
    batch = find(kitchen, taken.command.subject)
    if isinstance(batch, UnknownBatch):
        return Refused(batch)
    if batch.over:
        return late_tap(batch, taken) or refuse_all(over_block(batch))
    if args.step > len(batch.plan.steps):
        return Refused(UnknownStep(args.step))
    if args.round > batch.round:
        return Refused(WrongRound(args.round, batch.round))
    if args.round < batch.round or any(done.step == args.step for done in batch.steps_done):
        return Already()
    if blocks := _tick_blocks(batch, args.step):
        return refuse_all(blocks)
    return Accepted((Fact("step_finished", batch.id, StepFinished(args.step)),))


def _tick_blocks(batch: Batch, step: int) -> tuple[AnyRefusal, ...]:
    blocks: list[AnyRefusal] = list(held_block(batch))
    if batch.stage not in (Stage.PREPARING, Stage.COOKING):
        blocks.append(WrongStage(batch.stage, Stage.COOKING))
    limit_c = batch.plan.steps[step - 1].core_c
    reading = newest_core(batch)
    if limit_c is not None and (reading is None or reading.value_c < limit_c):
        blocks.append(StepWaits(step, limit_c))
    return tuple(blocks)


def decide_undo(kitchen: Kitchen, taken: Taken, args: UndoArgs) -> Decision:
    """The person who tapped takes back the last tap, while no stage, hold, check or verdict
    followed.
    """
    batch = find(kitchen, taken.command.subject)
    if isinstance(batch, UnknownBatch):
        return Refused(batch)
    if batch.undone is not None and batch.undone == args.tap:
        return Already()
    if ended := over_block(batch):
        return refuse_all(ended)
    last = batch.last
    if last is None or last.command != args.tap:
        return Refused(NothingToUndo(args.tap))
    if last.actor != taken.command.actor:
        return Refused(UndoNotYours(last.actor))
    clock_ms = last.consumption_started_ms
    late_ms = taken.at.latest_ms - last.at.earliest_ms
    if clock_ms is None and late_ms > kitchen.policy.undo_clock_s.value * 1000:
        clock_ms = batch.consumption_started_ms
    body = TapUndone(last.command, last.kind, last.stage, clock_ms)
    return Accepted((Fact("tap_undone", batch.id, body),))


def decide_note(kitchen: Kitchen, taken: Taken, args: NoteBatchArgs) -> Decision:
    """A note is a fact: taken in at any stage of a known batch."""
    tap = taken.command
    noted = Fact("batch_noted", tap.subject, BatchNoted(args.preset, args.text))
    if isinstance(find(kitchen, tap.subject), UnknownBatch):
        return Accepted((noted, raise_review(taken, Reason.UNKNOWN_BATCH)))
    return Accepted((noted,))


# ---- evolve --------------------------------------------------------------------------------------


def last_tap(batch: Batch, event: Event, kind: str) -> LastTap:
    """What a person could take back after this event."""
    return LastTap(
        event.command, kind, event.actor, event.at, batch.stage, batch.consumption_started_ms
    )


def evolve_entered(kitchen: Kitchen, event: Event, data: StageEntered) -> Kitchen:
    """The stage changes and the tap can be taken back."""
    batch = find(kitchen, event.subject)
    if isinstance(batch, UnknownBatch):
        return kitchen
    return put(
        kitchen,
        msgspec.structs.replace(
            batch,
            stage=data.stage,
            round=data.round,
            history=(*batch.history, passage(event, data.stage, data.round)),
            consumption_started_ms=data.consumption_started_ms,
            last=last_tap(batch, event, "advance_batch"),
            journal=journal(batch, event, data.stage),
        ),
    )


def evolve_clock(kitchen: Kitchen, event: Event, data: ClockMovedBack) -> Kitchen:
    """The clock only ever moves to the safe side."""
    batch = find(kitchen, event.subject)
    if isinstance(batch, UnknownBatch) or batch.consumption_started_ms is None:
        return kitchen
    started_ms = min(batch.consumption_started_ms, data.consumption_started_ms)
    return put(
        kitchen,
        msgspec.structs.replace(
            batch, consumption_started_ms=started_ms, last=None, journal=journal(batch, event)
        ),
    )


def evolve_step(kitchen: Kitchen, event: Event, data: StepFinished) -> Kitchen:
    """The step is ticked and the tap can be taken back."""
    batch = find(kitchen, event.subject)
    if isinstance(batch, UnknownBatch):
        return kitchen
    done = (*batch.steps_done, StepDone(data.step, event.at, event.actor, event.command))
    return put(
        kitchen,
        msgspec.structs.replace(
            batch,
            steps_done=tuple(sorted(done, key=lambda each: each.step)),
            last=last_tap(batch, event, "finish_step"),
            journal=journal(batch, event, str(data.step)),
        ),
    )


def evolve_undone(kitchen: Kitchen, event: Event, data: TapUndone) -> Kitchen:
    """The batch is as before the tap: the log keeps both, the state keeps neither."""
    batch = find(kitchen, event.subject)
    if isinstance(batch, UnknownBatch):
        return kitchen
    steps = batch.steps_done
    if data.kind == "finish_step":
        steps = tuple(step for step in steps if step.command != data.tap)
    return put(
        kitchen,
        msgspec.structs.replace(
            batch,
            stage=data.stage,
            history=tuple(entry for entry in batch.history if entry.command != data.tap),
            steps_done=steps,
            consumption_started_ms=data.consumption_started_ms,
            completion=None if data.kind == "complete_batch" else batch.completion,
            last=None,
            undone=data.tap,
            journal=journal(batch, event, data.kind),
        ),
    )


def evolve_noted(kitchen: Kitchen, event: Event, data: BatchNoted) -> Kitchen:
    """A line in the batch's journal."""
    batch = find(kitchen, event.subject)
    if isinstance(batch, UnknownBatch):
        return kitchen
    line = data.text if data.preset is Preset.NOTE else f"{data.preset} {data.text}".strip()
    return put(kitchen, msgspec.structs.replace(batch, journal=journal(batch, event, line)))


def evolve_tap_noted(kitchen: Kitchen, event: Event, data: TapNoted) -> Kitchen:
    """A line in the batch's journal."""
    batch = find(kitchen, event.subject)
    if isinstance(batch, UnknownBatch):
        return kitchen
    return put(kitchen, msgspec.structs.replace(batch, journal=journal(batch, event, data.kind)))


COMMANDS: dict[str, CommandRule] = {
    "advance_batch": command(AdvanceBatchArgs, decide_advance, access.COOKS),
    "finish_step": command(FinishStepArgs, decide_step, access.COOKS),
    "undo": command(UndoArgs, decide_undo, access.COOKS),
    "note_batch": command(NoteBatchArgs, decide_note, access.EVERYONE, fact=True),
}
EVENTS: dict[str, EventRule] = {
    "stage_entered": event(StageEntered, evolve_entered),
    "clock_moved_back": event(ClockMovedBack, evolve_clock),
    "step_finished": event(StepFinished, evolve_step),
    "tap_undone": event(TapUndone, evolve_undone),
    "batch_noted": event(BatchNoted, evolve_noted),
    "tap_noted": event(TapNoted, evolve_tap_noted),
}
