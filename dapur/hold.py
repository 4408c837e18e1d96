"""What stops a batch and who lets it go on: a hold wins whatever arrives first; release cites the
hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from dapur import access
from dapur.batch import (
    Batch,
    Ending,
    Hold,
    HoldReason,
    Release,
    ReleaseDecision,
    find,
    journal,
    over_block,
    passage,
    put,
)
from dapur.decision import Accepted, Already, Decision, Fact, Refused, refuse_all
from dapur.envelope import Event, Taken
from dapur.ids import CommandId
from dapur.refusal import (
    AnyRefusal,
    EvidenceNeeded,
    HoldCritical,
    HoldDecided,
    OwnCooking,
    PortionsNeeded,
    UnknownBatch,
    UnknownHold,
    WrongStage,
)
from dapur.review import Reason, raise_review
from dapur.rule import Args, Body, CommandRule, EventRule, command, event
from dapur.stage import Stage, may, rework_stage
from dapur.words import Note, Portions, Reference

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen

GIVEN_BY_RULES = frozenset({HoldReason.VERDICT, HoldReason.LATE_READING})
"""Reasons that no sheet offers."""


class HoldBatchArgs(Args, frozen=True):
    """Why, and the readings that explain it."""

    reason: HoldReason
    evidence: Annotated[tuple[Reference, ...], Meta(max_length=10)] = ()
    note: Note = ""


class BatchHeld(Body, frozen=True):
    """The batch may not go on. The hold's id is the event's command."""

    reason: HoldReason
    critical: bool = False
    evidence: tuple[str, ...] = ()
    note: str = ""


class ReleaseHoldArgs(Args, frozen=True):
    """Which hold, what happens now, the portions if thrown away, and for a critical hold its
    evidence.
    """

    hold: Reference
    decision: ReleaseDecision
    portions: Portions | None = None
    evidence: Reference = ""
    note: Note = ""


class HoldReleased(Body, frozen=True):
    """A hold ended; `stage` is where the batch stands now, `round` the present round."""

    hold: CommandId
    decision: ReleaseDecision
    stage: Stage
    round: int
    portions: int = 0
    evidence: str = ""
    note: str = ""


def held_fact(
    batch: Batch,
    reason: HoldReason,
    *,
    critical: bool,
    evidence: tuple[str, ...] = (),
    note: str = "",
) -> Fact:
    """The fact that stops a batch."""
    return Fact("batch_held", batch.id, BatchHeld(reason, critical, evidence, note))


def decide_hold(kitchen: Kitchen, taken: Taken, args: HoldBatchArgs) -> Decision:
    """Every stage but the ends can be held; on a completed batch it is a recall.

    Two people who hold make two holds: the second may have seen something else.
    """
    batch = find(kitchen, taken.command.subject)
    if isinstance(batch, UnknownBatch):
        return Refused(batch)
    if ended := over_block(batch):
        return refuse_all(ended)
    if any(hold.id == taken.command.id for hold in batch.holds):
        return Already()
    critical = args.reason in GIVEN_BY_RULES
    held = held_fact(batch, args.reason, critical=critical, evidence=args.evidence, note=args.note)
    if _unaware_of_completion(batch, taken):
        return Accepted((held, raise_review(taken, Reason.HOLD_AFTER_COMPLETION)))
    return Accepted((held,))


def _unaware_of_completion(batch: Batch, taken: Taken) -> bool:
    """Whether the hold was tapped before, or without seeing, that the batch was completed."""
    done = batch.completion
    if batch.stage is not Stage.COMPLETED or done is None:
        return False
    return taken.at.earliest_ms <= done.at.latest_ms


def _release_blocks(
    kitchen: Kitchen, batch: Batch, hold: Hold, taken: Taken, args: ReleaseHoldArgs
) -> tuple[AnyRefusal, ...]:
    actor = taken.command.actor
    blocks: list[AnyRefusal] = []
    if hold.critical and not kitchen.roles_at(taken) & access.SUPERVISORS:
        blocks.append(HoldCritical(hold.number))
    if not kitchen.policy.cook_may_release.value and actor in batch.cooks:
        blocks.append(OwnCooking(actor))
    if args.decision is ReleaseDecision.DISCARD:
        if not args.portions:
            blocks.append(PortionsNeeded(batch.id))
        if not may(batch.stage, Stage.DISCARDED, "release_hold"):
            blocks.append(WrongStage(batch.stage, Stage.DISCARDED))
    elif args.decision is ReleaseDecision.REWORK:
        if not may(batch.stage, rework_stage(no_cook=batch.plan.no_cook), "release_hold"):
            blocks.append(WrongStage(batch.stage, Stage.QUALITY_CHECK))
    elif hold.critical and (not args.evidence or args.evidence not in hold.evidence):
        blocks.append(EvidenceNeeded(hold.number))
    return tuple(blocks)


def decide_release(kitchen: Kitchen, taken: Taken, args: ReleaseHoldArgs) -> Decision:
    """End one hold by its id: go on, cook again and retest, or throw away."""
    batch = find(kitchen, taken.command.subject)
    if isinstance(batch, UnknownBatch):
        return Refused(batch)
    hold = next((each for each in batch.holds if each.id == args.hold), None)
    if hold is not None and hold.release is not None:
        return _decided(hold, hold.release.decision, args.decision)
    if ended := over_block(batch):
        return refuse_all(ended)
    if hold is None:
        return Refused(UnknownHold(args.hold))
    if blocks := _release_blocks(kitchen, batch, hold, taken, args):
        return refuse_all(blocks)
    stage, round_ = _after(batch, hold, args.decision)
    body = HoldReleased(
        hold.id, args.decision, stage, round_, args.portions or 0, args.evidence, args.note
    )
    return Accepted((Fact("hold_released", batch.id, body),))


def _decided(hold: Hold, before: ReleaseDecision, now: ReleaseDecision) -> Decision:
    """The same decision again is "already"; another one must not vanish, so it is refused aloud."""
    return Already() if before is now else Refused(HoldDecided(hold.number, before))


def _after(batch: Batch, hold: Hold, decision: ReleaseDecision) -> tuple[Stage, int]:
    """Where the batch stands after a release: a critical hold is never a pass, so a new round of
    checks follows.
    """
    if decision is ReleaseDecision.DISCARD:
        return Stage.DISCARDED, batch.round
    if decision is ReleaseDecision.REWORK:
        return rework_stage(no_cook=batch.plan.no_cook), batch.round + 1
    judged = batch.stage in (Stage.QUALITY_CHECK, Stage.COMPLETED)
    if hold.critical and judged:
        return Stage.QUALITY_CHECK, batch.round + 1
    return batch.stage, batch.round


def evolve_held(kitchen: Kitchen, event: Event, data: BatchHeld) -> Kitchen:
    """The hold stands beside the stage and gets the kitchen's next number."""
    batch = find(kitchen, event.subject)
    if isinstance(batch, UnknownBatch):
        return kitchen
    number = kitchen.holds_made + 1
    hold = Hold(
        event.command, number, data.reason, data.critical, batch.round,
        event.actor, event.device, event.at, data.evidence, data.note,
    )  # fmt: skip
    batch = msgspec.structs.replace(
        batch, holds=(*batch.holds, hold), last=None, journal=journal(batch, event, data.reason)
    )
    return msgspec.structs.replace(put(kitchen, batch), holds_made=number)


def evolve_released(kitchen: Kitchen, event: Event, data: HoldReleased) -> Kitchen:
    """The hold is closed; discarding closes every hold, for nothing is left to hold."""
    batch = find(kitchen, event.subject)
    if isinstance(batch, UnknownBatch):
        return kitchen
    release = Release(
        data.decision, event.actor, event.device, event.at, event.command, data.evidence, data.note
    )
    everything = data.decision is ReleaseDecision.DISCARD
    holds = tuple(
        msgspec.structs.replace(hold, release=release)
        if hold.release is None and (everything or hold.id == data.hold)
        else hold
        for hold in batch.holds
    )
    moved = (data.stage, data.round) != (batch.stage, batch.round)
    history = (*batch.history, passage(event, data.stage, data.round)) if moved else batch.history
    ended = batch.ended
    if everything:
        ended = Ending(data.note, data.portions, event.at, event.actor, event.command)
    batch = msgspec.structs.replace(
        batch,
        holds=holds,
        stage=data.stage,
        round=data.round,
        history=history,
        steps_done=() if data.decision is ReleaseDecision.REWORK else batch.steps_done,
        completion=batch.completion if not moved or everything else None,
        ended=ended,
        last=None,
        journal=journal(batch, event, data.decision),
    )
    return put(kitchen, batch)


COMMANDS: dict[str, CommandRule] = {
    "hold_batch": command(HoldBatchArgs, decide_hold, access.EVERYONE | access.SERVER),
    "release_hold": command(ReleaseHoldArgs, decide_release, access.JUDGES, needs_step_up=True),
}
EVENTS: dict[str, EventRule] = {
    "batch_held": event(BatchHeld, evolve_held),
    "hold_released": event(HoldReleased, evolve_released),
}
