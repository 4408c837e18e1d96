"""What may be done next with a batch, and why not: asked of `decide` itself, so no button can
contradict it.
"""

from __future__ import annotations

import msgspec

from dapur import access
from dapur.batch import (
    Batch,
    Hold,
    HoldReason,
    Item,
    Point,
    ReleaseDecision,
)
from dapur.decision import Already, Refused
from dapur.ending import CancelBatchArgs, CompleteBatchArgs, DiscardBatchArgs
from dapur.envelope import Command, Occurred, StepUp, Taken
from dapur.hold import HoldBatchArgs, ReleaseHoldArgs
from dapur.ids import SYSTEM, CommandId, DeviceId, SessionId, StaffId
from dapur.kitchen import COMMANDS, Kitchen, decide_signed_in, subject_version
from dapur.progress import AdvanceBatchArgs, FinishStepArgs, NoteBatchArgs, UndoArgs
from dapur.quality import GiveVerdictArgs, RecordCheckArgs, StartReworkArgs
from dapur.refusal import AnyRefusal
from dapur.stage import Stage
from dapur.temperature import RecordTemperatureArgs

_LONG_ENOUGH = "(alasan diisi di lembar ini)"
"""Stands for the reason that the sheet asks for."""
_encoder = msgspec.json.Encoder()


class Offer(msgspec.Struct, frozen=True):
    """One thing to do with a batch. `args` can be sent as they are, or are completed by a sheet."""

    kind: str
    args: msgspec.Struct
    name: str
    """Which of several of a kind: the target stage, the decision, the step."""
    blocks: tuple[AnyRefusal, ...]
    """All that stands in the way; empty: it would be accepted now."""
    needs_step_up: bool
    already: bool = False
    """It is so already: nothing to offer, and no reason against it."""

    @property
    def open(self) -> bool:
        """Whether the rules would take it now."""
        return not self.blocks and not self.already


def would(
    kitchen: Kitchen,
    kind: str,
    subject: str,
    args: msgspec.Struct,
    actor: StaffId,
    now_ms: int,
) -> Offer:
    """What the rules would say to a command by this person now, the PIN taken for granted."""
    moment = Occurred(now_ms, now_ms)
    command = Command(
        CommandId("offer"),
        kind,
        subject,
        msgspec.Raw(_encoder.encode(args)),
        actor,
        SessionId(""),
        subject_version(kitchen, subject),
        moment,
        step_up=StepUp(now_ms, online=True),
    )
    decision = decide_signed_in(kitchen, Taken(command, DeviceId(""), moment, now_ms))
    blocks = (decision.refusal, *decision.also) if isinstance(decision, Refused) else ()
    rule = COMMANDS.get(kind)
    needs_step_up = rule is not None and rule.needs_step_up and actor != SYSTEM
    return Offer(kind, args, "", blocks, needs_step_up, isinstance(decision, Already))


def offers(kitchen: Kitchen, batch: Batch, actor: StaffId, now_ms: int) -> tuple[Offer, ...]:
    """Everything that can be done with a batch in its stage, open or blocked, the way forward
    first.
    """
    wished = [*_forward(batch), *_hold(batch), *_aside(batch)]
    return tuple(
        msgspec.structs.replace(would(kitchen, kind, batch.id, args, actor, now_ms), name=name)
        for kind, name, args in wished
    )


def forward(kitchen: Kitchen, batch: Batch, actor: StaffId, now_ms: int) -> Offer | None:
    """The one primary button of a card; None when the batch is at its end."""
    for kind, name, args in _forward(batch):
        offer = would(kitchen, kind, batch.id, args, actor, now_ms)
        return msgspec.structs.replace(offer, name=name)
    return None


_Wished = tuple[str, str, msgspec.Struct]


def _forward(batch: Batch) -> list[_Wished]:
    if batch.stage is Stage.PLANNED:
        return [("advance_batch", "preparing", AdvanceBatchArgs("preparing", batch.round))]
    if batch.stage is Stage.PREPARING and not batch.plan.no_cook:
        return [("advance_batch", "cooking", AdvanceBatchArgs("cooking", batch.round))]
    if batch.stage in (Stage.PREPARING, Stage.COOKING):
        return [("advance_batch", "quality_check", AdvanceBatchArgs("quality_check", batch.round))]
    if batch.stage is Stage.QUALITY_CHECK:
        return _check(batch)
    return []


def _check(batch: Batch) -> list[_Wished]:
    complete = CompleteBatchArgs(batch.plan.portions, round=batch.round)
    verdicts: list[_Wished] = [
        ("give_verdict", "pass", GiveVerdictArgs(passed=True, round=batch.round)),
        ("give_verdict", "fail", GiveVerdictArgs(passed=False, round=batch.round)),
    ]
    done: _Wished = ("complete_batch", "completed", complete)
    passed = any(each.passed and each.round == batch.round for each in batch.verdicts)
    ordered = [done, *verdicts] if passed else [*verdicts, done]
    check = RecordCheckArgs(Item.TASTE, passed=True, round=batch.round)
    rework = StartReworkArgs(_LONG_ENOUGH, batch.round)
    return [*ordered, ("record_check", "check", check), ("start_rework", "rework", rework)]


def _hold(batch: Batch) -> list[_Wished]:
    if batch.over:
        return []
    found: list[_Wished] = [("hold_batch", "hold", HoldBatchArgs(HoldReason.TEMPERATURE))]
    for hold in batch.open_holds:
        found += [
            ("release_hold", f"{decision}:{hold.id}", release_args(batch, hold, decision))
            for decision in ReleaseDecision
        ]
    return found


def release_args(batch: Batch, hold: Hold, decision: ReleaseDecision) -> ReleaseHoldArgs:
    """A release that cites its hold, with the evidence and portions that the sheet starts from."""
    discard = decision is ReleaseDecision.DISCARD
    evidence = hold.evidence[0] if hold.evidence else ""
    return ReleaseHoldArgs(
        hold.id, decision, (batch.plan.portions or 1) if discard else None, evidence
    )


def _aside(batch: Batch) -> list[_Wished]:
    found: list[_Wished] = [
        ("record_temperature", "measure", RecordTemperatureArgs(0.0, Point.CORE))
    ]
    if batch.over:
        return found
    ticked = {done.step for done in batch.steps_done}
    found += [
        ("finish_step", str(place), FinishStepArgs(place, batch.round))
        for place, _ in enumerate(batch.plan.steps, 1)
        if place not in ticked and batch.stage in (Stage.PREPARING, Stage.COOKING)
    ]
    if batch.last is not None:
        found.append(("undo", batch.last.kind, UndoArgs(batch.last.command)))
    if batch.stage in (Stage.PLANNED, Stage.PREPARING, Stage.COOKING):
        found.append(("cancel_batch", "cancel", CancelBatchArgs(_LONG_ENOUGH)))
    if batch.stage is not Stage.PLANNED:
        portions = batch.plan.portions or 1
        found.append(("discard_batch", "discard", DiscardBatchArgs(portions, _LONG_ENOUGH)))
    found.append(("note_batch", "note", NoteBatchArgs(text=_LONG_ENOUGH)))
    return found


def who_may(kind: str) -> frozenset[access.Role]:
    """Roles that may give a kind of command: "Ahli Gizi atau Kepala SPPG" on a sheet."""
    rule = COMMANDS.get(kind)
    return rule.roles - {access.Role.SYSTEM} if rule is not None else frozenset()
