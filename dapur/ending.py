"""How a batch ends: released with its yield, cancelled before it is food, or thrown away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from dapur import access
from dapur.batch import (
    Batch,
    Completion,
    Ending,
    Release,
    ReleaseDecision,
    find,
    held_block,
    journal,
    over_block,
    passage,
    put,
)
from dapur.decision import Accepted, Already, Decision, Fact, Refused, refuse_all
from dapur.envelope import Event, Taken
from dapur.progress import last_tap, late_tap
from dapur.quality import pass_blocks, verdict_of
from dapur.refusal import (
    AnyRefusal,
    HoldCritical,
    PortionsNeeded,
    ReasonShort,
    UnknownBatch,
    VerdictMissing,
    WrongRound,
    WrongStage,
)
from dapur.review import Reason, raise_review
from dapur.rule import Args, Body, CommandRule, EventRule, command, event
from dapur.stage import Stage, may
from dapur.words import MassKg, Note, Portions, Round

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen

REASON_MIN_CHARS = 10
"""Bergizi-ID takes no shorter reason (its API; kitchen.md life cycle)."""


class CompleteBatchArgs(Args, frozen=True):
    """The yield in portions and the waste in kg, in the round that was on the screen."""

    portions: Portions
    waste_kg: MassKg = 0.0
    round: Round = 1


class BatchCompleted(Body, frozen=True):
    """Released for portioning."""

    portions: int
    waste_kg: float


class CancelBatchArgs(Args, frozen=True):
    """Why it will not be cooked: at least ten characters."""

    reason: Note


class BatchCancelled(Body, frozen=True):
    """It will not be cooked."""

    reason: str


class DiscardBatchArgs(Args, frozen=True):
    """How much was thrown away and why."""

    portions: Portions
    reason: Note


class BatchDiscarded(Body, frozen=True):
    """It was thrown away."""

    portions: int
    reason: str


def _complete_blocks(kitchen: Kitchen, batch: Batch) -> tuple[AnyRefusal, ...]:
    """A pass that still stands: an item that failed or a core that fell since then stops it
    again.
    """
    if not may(batch.stage, Stage.COMPLETED, "complete_batch"):
        return (*held_block(batch), WrongStage(batch.stage, Stage.QUALITY_CHECK))
    blocks = pass_blocks(kitchen, batch)
    verdict = verdict_of(batch)
    if verdict is None or not verdict.passed:
        blocks = (*blocks, VerdictMissing(batch.round))
    return blocks


def decide_complete(kitchen: Kitchen, taken: Taken, args: CompleteBatchArgs) -> Decision:
    """Release after a pass; a second completion is "already", and a review if the yields differ."""
    batch = find(kitchen, taken.command.subject)
    if isinstance(batch, UnknownBatch):
        return Refused(batch)
    if batch.over:
        return late_tap(batch, taken) or refuse_all(over_block(batch))
    if args.round != batch.round:
        return Refused(WrongRound(args.round, batch.round))
    if batch.completion is not None and not batch.held:
        return _again(kitchen, batch.completion, taken, args)
    if blocks := _complete_blocks(kitchen, batch):
        return refuse_all(blocks)
    body = BatchCompleted(args.portions, round(args.waste_kg, 1))
    return Accepted((Fact("batch_completed", batch.id, body),))


def _again(kitchen: Kitchen, first: Completion, taken: Taken, args: CompleteBatchArgs) -> Decision:
    allowed = first.portions * kitchen.policy.yield_tolerance_pct.value / 100
    if abs(args.portions - first.portions) <= allowed:
        return Already()
    detail = f"{first.portions} / {args.portions}"
    return Accepted((raise_review(taken, Reason.YIELD_MISMATCH, detail),))


def decide_cancel(kitchen: Kitchen, taken: Taken, args: CancelBatchArgs) -> Decision:
    """Only before the check: cooked food is discarded, never silently cancelled."""
    batch = find(kitchen, taken.command.subject)
    if isinstance(batch, UnknownBatch):
        return Refused(batch)
    if batch.stage is Stage.CANCELLED:
        return Already()
    if ended := over_block(batch):
        return refuse_all(ended)
    blocks: list[AnyRefusal] = list(held_block(batch))
    if not may(batch.stage, Stage.CANCELLED, "cancel_batch"):
        blocks.append(WrongStage(batch.stage, Stage.CANCELLED))
    if len(args.reason.strip()) < REASON_MIN_CHARS:
        blocks.append(ReasonShort(REASON_MIN_CHARS))
    if blocks:
        return refuse_all(tuple(blocks))
    return Accepted((Fact("batch_cancelled", batch.id, BatchCancelled(args.reason.strip())),))


def decide_discard(kitchen: Kitchen, taken: Taken, args: DiscardBatchArgs) -> Decision:
    """Throw away at any stage after the start; under a critical hold only the Ahli Gizi or the
    Kepala SPPG.
    """
    batch = find(kitchen, taken.command.subject)
    if isinstance(batch, UnknownBatch):
        return Refused(batch)
    if batch.stage is Stage.DISCARDED:
        return Already()
    if ended := over_block(batch):
        return refuse_all(ended)
    blocks: list[AnyRefusal] = []
    critical = [hold for hold in batch.open_holds if hold.critical]
    if critical and not kitchen.roles_at(taken) & access.SUPERVISORS:
        blocks.append(HoldCritical(critical[0].number))
    if not may(batch.stage, Stage.DISCARDED, "discard_batch"):
        blocks.append(WrongStage(batch.stage, Stage.DISCARDED))
    if not args.portions:
        blocks.append(PortionsNeeded(batch.id))
    if len(args.reason.strip()) < REASON_MIN_CHARS:
        blocks.append(ReasonShort(REASON_MIN_CHARS))
    if blocks:
        return refuse_all(tuple(blocks))
    body = BatchDiscarded(args.portions, args.reason.strip())
    return Accepted((Fact("batch_discarded", batch.id, body),))


def evolve_completed(kitchen: Kitchen, event: Event, data: BatchCompleted) -> Kitchen:
    """Completed, with its yield."""
    batch = find(kitchen, event.subject)
    if isinstance(batch, UnknownBatch):
        return kitchen
    done = Completion(data.portions, data.waste_kg, event.at, event.actor, event.command)
    return put(
        kitchen,
        msgspec.structs.replace(
            batch,
            stage=Stage.COMPLETED,
            history=(*batch.history, passage(event, Stage.COMPLETED, batch.round)),
            completion=done,
            last=last_tap(batch, event, "complete_batch"),
            journal=journal(batch, event, str(data.portions)),
        ),
    )


def _end(batch: Batch, event: Event, stage: Stage, ending: Ending) -> Batch:
    """Terminal: every hold ends with it, nothing can be taken back."""
    release = Release(
        ReleaseDecision.DISCARD, event.actor, event.device, event.at, event.command,
        note=ending.reason,
    )  # fmt: skip
    holds = tuple(
        hold if hold.release is not None else msgspec.structs.replace(hold, release=release)
        for hold in batch.holds
    )
    return msgspec.structs.replace(
        batch,
        stage=stage,
        history=(*batch.history, passage(event, stage, batch.round)),
        holds=holds,
        ended=ending,
        last=None,
        journal=journal(batch, event, ending.reason),
    )


def evolve_cancelled(kitchen: Kitchen, event: Event, data: BatchCancelled) -> Kitchen:
    """Terminal."""
    batch = find(kitchen, event.subject)
    if isinstance(batch, UnknownBatch):
        return kitchen
    ending = Ending(data.reason, 0, event.at, event.actor, event.command)
    return put(kitchen, _end(batch, event, Stage.CANCELLED, ending))


def evolve_discarded(kitchen: Kitchen, event: Event, data: BatchDiscarded) -> Kitchen:
    """Terminal."""
    batch = find(kitchen, event.subject)
    if isinstance(batch, UnknownBatch):
        return kitchen
    ending = Ending(data.reason, data.portions, event.at, event.actor, event.command)
    return put(kitchen, _end(batch, event, Stage.DISCARDED, ending))


COMMANDS: dict[str, CommandRule] = {
    "complete_batch": command(CompleteBatchArgs, decide_complete, access.COOKS),
    "cancel_batch": command(CancelBatchArgs, decide_cancel, access.PLANNERS, needs_step_up=True),
    "discard_batch": command(DiscardBatchArgs, decide_discard, access.JUDGES, needs_step_up=True),
}
EVENTS: dict[str, EventRule] = {
    "batch_completed": event(BatchCompleted, evolve_completed),
    "batch_cancelled": event(BatchCancelled, evolve_cancelled),
    "batch_discarded": event(BatchDiscarded, evolve_discarded),
}
