"""The quality check: items, the signed verdict, rework and retest; a pass can never override a
fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from dapur import access
from dapur.batch import (
    Batch,
    Check,
    HoldReason,
    Item,
    Verdict,
    find,
    held_block,
    journal,
    newest_core,
    over_block,
    passage,
    put,
)
from dapur.decision import Accepted, Already, Decision, Fact, Refused, refuse_all
from dapur.envelope import Event, Taken
from dapur.hold import held_fact
from dapur.policy import PolicyRecord
from dapur.progress import core_block, late_tap
from dapur.refusal import (
    AnyRefusal,
    ChecksFailed,
    ChecksMissing,
    CorrectiveNeeded,
    SampleMissing,
    ScoreContradicts,
    UnknownBatch,
    VerdictFailed,
    WrongRound,
    WrongStage,
)
from dapur.review import Reason, raise_review
from dapur.rule import Args, Body, CommandRule, EventRule, command, event
from dapur.stage import Stage, may, rework_stage
from dapur.words import Note, Round

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen


class RecordCheckArgs(Args, frozen=True):
    """One item in one round; a failed one with what was done about it."""

    item: Item
    passed: bool
    round: Round = 1
    score: Annotated[int, Meta(ge=1, le=5)] | None = None
    value: Annotated[float, Meta(ge=-1000, le=1_000_000)] | None = None
    corrective_action: Note = ""
    note: Note = ""


class CheckRecorded(Body, frozen=True):
    """An item was checked."""

    item: Item
    passed: bool
    round: int
    score: int | None = None
    value: float | None = None
    corrective_action: str = ""
    note: str = ""


class GiveVerdictArgs(Args, frozen=True):
    """Fit (`passed`) or not, in the round that was on the screen."""

    passed: bool
    round: Round = 1
    note: Note = ""


class VerdictGiven(Body, frozen=True):
    """The batch was judged."""

    passed: bool
    round: int
    note: str = ""


class StartReworkArgs(Args, frozen=True):
    """What is done to make it fit, in the round that was on the screen."""

    corrective_action: Annotated[str, Meta(min_length=1, max_length=500)]
    round: Round = 1


class ReworkStarted(Body, frozen=True):
    """Back to the fire: a new round begins."""

    stage: Stage
    round: int
    corrective_action: str


def required_items(policy: PolicyRecord) -> tuple[Item, ...]:
    """Items that must pass before the batch may: by the policy, and always the sample if it asks
    for one.
    """
    wanted = {
        Item.TASTE: policy.qc_taste,
        Item.APPEARANCE: policy.qc_appearance,
        Item.AROMA: policy.qc_aroma,
        Item.TEXTURE: policy.qc_texture,
        Item.TEMPERATURE: policy.qc_temperature,
        Item.HYGIENE: policy.qc_hygiene,
        Item.SAFETY: policy.qc_safety,
        Item.SAMPLE: policy.sample_min_per_dish,
    }
    return tuple(item for item, limit in wanted.items() if limit.value >= 1)


def judged(batch: Batch) -> dict[Item, Check]:
    """The standing judgement of each item in this round: the newest by time, a fail before a
    pass.
    """
    standing: dict[Item, Check] = {}
    for check in batch.checks:
        if check.round != batch.round:
            continue
        before = standing.get(check.item)
        if before is None or _rank(check) >= _rank(before):
            standing[check.item] = check
    return standing


def _rank(check: Check) -> tuple[int, bool, str]:
    return (check.at.earliest_ms, not check.passed, check.id)


def verdict_of(batch: Batch) -> Verdict | None:
    """The verdict of this round; a fail stands above a pass."""
    ours = [verdict for verdict in batch.verdicts if verdict.round == batch.round]
    return next((verdict for verdict in ours if not verdict.passed), ours[-1] if ours else None)


def pass_blocks(kitchen: Kitchen, batch: Batch) -> tuple[AnyRefusal, ...]:
    """All that stands between this batch and a pass."""
    standing = judged(batch)
    wanted = required_items(kitchen.policy)
    missing = tuple(item for item in wanted if item not in standing and item is not Item.SAMPLE)
    failed = tuple(item for item, check in standing.items() if not check.passed)
    blocks: list[AnyRefusal] = list(held_block(batch))
    if failed:
        blocks.append(ChecksFailed(tuple(sorted(failed))))
    blocks.extend(core_block(batch))
    if missing:
        blocks.append(ChecksMissing(missing))
    if Item.SAMPLE in wanted and Item.SAMPLE not in standing:
        blocks.append(SampleMissing(batch.id))
    return tuple(blocks)


def decide_check(kitchen: Kitchen, taken: Taken, args: RecordCheckArgs) -> Decision:
    """Record an item; a failed one needs a corrective action, and a low score cannot pass."""
    batch = find(kitchen, taken.command.subject)
    if isinstance(batch, UnknownBatch):
        return Refused(batch)
    if batch.over:
        return late_tap(batch, taken) or refuse_all(over_block(batch))
    if any(check.id == taken.command.id for check in batch.checks):
        return Already()
    blocks = _check_blocks(kitchen, batch, args)
    if blocks:
        return refuse_all(blocks)
    body = CheckRecorded(
        args.item, args.passed, args.round, args.score, args.value,
        args.corrective_action.strip(), args.note,
    )  # fmt: skip
    return Accepted((Fact("check_recorded", batch.id, body),))


def _check_blocks(kitchen: Kitchen, batch: Batch, args: RecordCheckArgs) -> tuple[AnyRefusal, ...]:
    blocks: list[AnyRefusal] = []
    if args.round != batch.round:
        blocks.append(WrongRound(args.round, batch.round))
    if batch.stage not in (Stage.COOKING, Stage.QUALITY_CHECK):
        blocks.append(WrongStage(batch.stage, Stage.QUALITY_CHECK))
    if not args.passed and not args.corrective_action.strip():
        blocks.append(CorrectiveNeeded(args.item))
    if args.passed and args.score is not None and args.score < kitchen.policy.score_min.value:
        blocks.append(ScoreContradicts(args.item))
    limit_c = batch.plan.limits.core_c
    measured = args.value if args.item is Item.TEMPERATURE else None
    if args.passed and measured is not None and limit_c is not None and measured < limit_c:
        blocks.append(ScoreContradicts(args.item))
    return tuple(blocks)


def decide_verdict(kitchen: Kitchen, taken: Taken, args: GiveVerdictArgs) -> Decision:
    """Judge the batch. Fail wins over pass in either order; it holds the batch for rework or
    discarding.
    """
    batch = find(kitchen, taken.command.subject)
    if isinstance(batch, UnknownBatch):
        return Refused(batch)
    if ended := over_block(batch):
        return refuse_all(ended)
    if args.round != batch.round:
        return Refused(WrongRound(args.round, batch.round))
    before = verdict_of(batch)
    if before is not None and before.passed == args.passed:
        return Already()
    return (_pass if args.passed else _fail)(kitchen, batch, taken, args)


def _pass(kitchen: Kitchen, batch: Batch, taken: Taken, args: GiveVerdictArgs) -> Decision:
    blocks: list[AnyRefusal] = []
    if verdict_of(batch) is not None:
        blocks.append(VerdictFailed(batch.round))
    if batch.stage is not Stage.QUALITY_CHECK:
        blocks.append(WrongStage(batch.stage, Stage.QUALITY_CHECK))
    blocks.extend(pass_blocks(kitchen, batch))
    if blocks:
        return refuse_all(tuple(blocks))
    given = VerdictGiven(passed=True, round=batch.round, note=args.note)
    return Accepted((Fact("verdict_given", taken.command.subject, given),))


def _fail(kitchen: Kitchen, batch: Batch, taken: Taken, args: GiveVerdictArgs) -> Decision:  # noqa: ARG001 - same shape as _pass
    if batch.stage not in (Stage.QUALITY_CHECK, Stage.COMPLETED):
        return Refused(WrongStage(batch.stage, Stage.QUALITY_CHECK))
    given = VerdictGiven(passed=False, round=batch.round, note=args.note)
    facts: tuple[Fact, ...] = (
        Fact("verdict_given", batch.id, given),
        held_fact(batch, HoldReason.VERDICT, critical=True, evidence=evidence(batch, taken)),
    )
    if batch.stage is Stage.COMPLETED:
        facts = (*facts, raise_review(taken, Reason.FAIL_AFTER_COMPLETION))
    return Accepted(facts)


def evidence(batch: Batch, taken: Taken) -> tuple[str, ...]:
    """What a release of a failed verdict may cite: the failed items, the newest reading, or the
    verdict itself.
    """
    failed = tuple(check.id for check in judged(batch).values() if not check.passed)
    reading = newest_core(batch)
    return (*failed, *((reading.id,) if reading else ()), taken.command.id)


def decide_rework(kitchen: Kitchen, taken: Taken, args: StartReworkArgs) -> Decision:
    """Cook again before any verdict; a held batch goes back by releasing its hold."""
    batch = find(kitchen, taken.command.subject)
    if isinstance(batch, UnknownBatch):
        return Refused(batch)
    if ended := over_block(batch):
        return refuse_all(ended)
    if args.round < batch.round:
        return Already()
    target = rework_stage(no_cook=batch.plan.no_cook)
    blocks: list[AnyRefusal] = list(held_block(batch))
    if args.round != batch.round:
        blocks.append(WrongRound(args.round, batch.round))
    if not may(batch.stage, target, "start_rework"):
        blocks.append(WrongStage(batch.stage, Stage.QUALITY_CHECK))
    if blocks:
        return refuse_all(tuple(blocks))
    body = ReworkStarted(target, batch.round + 1, args.corrective_action)
    return Accepted((Fact("rework_started", batch.id, body),))


def evolve_check(kitchen: Kitchen, event: Event, data: CheckRecorded) -> Kitchen:
    """The check stands beside the others; nothing before it can be taken back."""
    batch = find(kitchen, event.subject)
    if isinstance(batch, UnknownBatch):
        return kitchen
    check = Check(
        event.command, data.item, data.round, data.passed, event.at, event.actor,
        data.score, data.value, data.corrective_action, data.note,
    )  # fmt: skip
    checks = sorted((*batch.checks, check), key=lambda each: (each.at.earliest_ms, each.id))
    return put(
        kitchen,
        msgspec.structs.replace(
            batch,
            checks=tuple(checks),
            last=None,
            journal=journal(batch, event, f"{data.item} {'+' if data.passed else '-'}"),
        ),
    )


def evolve_verdict(kitchen: Kitchen, event: Event, data: VerdictGiven) -> Kitchen:
    """The verdict stands."""
    batch = find(kitchen, event.subject)
    if isinstance(batch, UnknownBatch):
        return kitchen
    verdict = Verdict(event.command, data.passed, data.round, event.at, event.actor, data.note)
    return put(
        kitchen,
        msgspec.structs.replace(
            batch,
            verdicts=(*batch.verdicts, verdict),
            last=None,
            journal=journal(batch, event, "+" if data.passed else "-"),
        ),
    )


def evolve_rework(kitchen: Kitchen, event: Event, data: ReworkStarted) -> Kitchen:
    """Back to the fire; the steps are open again, the consumption clock runs on."""
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
            steps_done=(),
            last=None,
            journal=journal(batch, event, data.corrective_action),
        ),
    )


COMMANDS: dict[str, CommandRule] = {
    "record_check": command(RecordCheckArgs, decide_check, access.CHECKERS),
    "give_verdict": command(GiveVerdictArgs, decide_verdict, access.JUDGES, needs_step_up=True),
    "start_rework": command(StartReworkArgs, decide_rework, access.CHECKERS),
}
EVENTS: dict[str, EventRule] = {
    "check_recorded": event(CheckRecorded, evolve_check),
    "verdict_given": event(VerdictGiven, evolve_verdict),
    "rework_started": event(ReworkStarted, evolve_rework),
}
