"""Bugs of the kitchen's rules, each planted into the product's own function or table; they play nothing."""

from __future__ import annotations

import msgspec

from dapur import ending, kitchen, progress, quality, watch
from dapur.alert import RaiseAlertArgs, _raised
from dapur.batch import Batch, Hold, find, over_block, put
from dapur.decision import Accepted, Decision, Refused, refuse_all
from dapur.ending import BatchCompleted
from dapur.envelope import Event, Taken
from dapur.kitchen import COMMANDS, EVENTS, Kitchen, Taking
from dapur.progress import StageEntered
from dapur.refusal import AnyRefusal, UnknownBatch, code_of
from dapur.rule import CommandRule, EventRule
from dapur.stage import Stage
from dapur.temperature import RecordTemperatureArgs, decide_record
from dapur.wire.messages import Outcome
from tests.simulation.mutant_base import Mutant, Patch

# ---- what becomes of a command -------------------------------------------------------------------

_take = kitchen.take


def _take_in_silence(state: Kitchen, taken: Taken, recorded_ms: int) -> Taking:
    decision = kitchen.decide(state, taken)
    if isinstance(decision, Refused):
        return Taking(Outcome.REFUSED, code_of(decision.refusal), (), state)
    return _take(state, taken, recorded_ms)


def _take_the_newest(state: Kitchen, taken: Taken, recorded_ms: int) -> Taking:
    """A tap that says it is older than the batch's newest stage comes too late."""
    batch = find(state, taken.command.subject)
    known = () if isinstance(batch, UnknownBatch) else batch.history
    if known and taken.at.latest_ms < known[-1].at.latest_ms:
        return Taking(Outcome.ALREADY, "", (), state)
    return _take(state, taken, recorded_ms)


def _take_on_the_first_state(state: Kitchen, taken: Taken, recorded_ms: int) -> Taking:
    """The events are written; the state that decides the next command is the one before them."""
    return msgspec.structs.replace(_take(state, taken, recorded_ms), kitchen=state)


def _welcome_everybody(_state: Kitchen, _taken: Taken, _rule: CommandRule) -> Refused | None:
    return None


def _signed_in_somewhere(state: Kitchen, taken: Taken) -> bool:
    """A session is a session, whoever's and wherever it was opened, and also when it is over."""
    del state, taken
    return True


# ---- rules ---------------------------------------------------------------------------------------


def _advance_freely(batch: Batch, to: Stage) -> tuple[AnyRefusal, ...]:
    del batch, to
    return ()


def _rule(kind: str, decide: object) -> CommandRule:
    return msgspec.structs.replace(COMMANDS[kind], decide=decide)


def _effect(kind: str, evolve: object) -> EventRule:
    return msgspec.structs.replace(EVENTS[kind], evolve=evolve)


def _without_open_holds(state: Kitchen, subject: str) -> Kitchen:
    batch = find(state, subject)
    if isinstance(batch, UnknownBatch):
        return state
    closed: tuple[Hold, ...] = tuple(hold for hold in batch.holds if hold.release is not None)
    return put(state, msgspec.structs.replace(batch, holds=closed))


def _no_hold(_batch: Batch) -> tuple[AnyRefusal, ...]:
    return ()


def _no_blocks(_state: Kitchen, _batch: Batch) -> tuple[AnyRefusal, ...]:
    return ()


def _evolve_entered_free(state: Kitchen, event: Event, data: StageEntered) -> Kitchen:
    return _without_open_holds(progress.evolve_entered(state, event, data), event.subject)


def _evolve_completed_free(state: Kitchen, event: Event, data: BatchCompleted) -> Kitchen:
    return _without_open_holds(ending.evolve_completed(state, event, data), event.subject)


def _complete_at_once(state: Kitchen, batch: Batch) -> tuple[AnyRefusal, ...]:
    del state, batch
    return ()


def _record_what_is_open(state: Kitchen, taken: Taken, args: RecordTemperatureArgs) -> Decision:
    """A reading of a batch that has ended is refused, since nobody needs it."""
    batch = find(state, taken.command.subject)
    if isinstance(batch, Batch) and batch.over:
        return refuse_all(over_block(batch))
    return decide_record(state, taken, args)


def _raise_always(state: Kitchen, taken: Taken, args: RaiseAlertArgs) -> Decision:
    del state
    return Accepted((_raised(taken, args),))


def _key_of_this_look(state: Kitchen, base: str) -> str:
    return f"{base}:{len(state.alerts)}"


MUTANTS = (
    Mutant(
        "refused_in_silence",
        "A refusal is told to the kiosk that tapped and to nobody else.",
        (Patch(kitchen, "take", _take_in_silence),),
    ),
    Mutant(
        "wall_clock_decides",
        "A tap with an older time than what is known is dropped as already done.",
        (Patch(kitchen, "take", _take_the_newest),),
    ),
    Mutant(
        "next_decided_on_the_state_before",
        "The second command of a group does not see what the first has done.",
        (Patch(kitchen, "take", _take_on_the_first_state),),
    ),
    Mutant(
        "role_unchecked",
        "Anybody who is signed in may do anything, at the kiosk and on replay.",
        (Patch(kitchen, "_unwelcome", _welcome_everybody),),
    ),
    Mutant(
        "session_unchecked",
        "A tap counts whatever became of the session that it was made in.",
        (Patch(kitchen, "_signed_in", _signed_in_somewhere),),
    ),
    Mutant(
        "stage_table_unasked",
        "A batch goes to whatever stage a tap names.",
        (Patch(progress, "_advance_blocks", _advance_freely),),
    ),
    Mutant(
        "completed_without_a_check",
        "A batch can be completed from any stage.",
        (Patch(ending, "_complete_blocks", _complete_at_once),),
    ),
    Mutant(
        "hold_lost_against_advance",
        "A batch goes on although it is held, and the hold ends with that.",
        (
            Patch(progress, "held_block", _no_hold),
            Patch(EVENTS, "stage_entered", _effect("stage_entered", _evolve_entered_free)),
        ),
    ),
    Mutant(
        "hold_lost_against_complete",
        "Verdict and completion look at neither checks nor holds, and holds end with the completion.",
        (
            Patch(quality, "pass_blocks", _no_blocks),
            Patch(ending, "pass_blocks", _no_blocks),
            Patch(EVENTS, "batch_completed", _effect("batch_completed", _evolve_completed_free)),
        ),
    ),
    Mutant(
        "fact_refused",
        "A reading of a batch that has ended is refused.",
        (Patch(COMMANDS, "record_temperature", _rule("record_temperature", _record_what_is_open)),),
    ),
    Mutant(
        "alert_dedup_lost",
        "Two servers that see the same thing raise two alerts.",
        (Patch(COMMANDS, "raise_alert", _rule("raise_alert", _raise_always)),),
    ),
    Mutant(
        "watch_raises_again",
        "The watchman gives what it sees a new key at every look.",
        (Patch(watch, "_key", _key_of_this_look),),
    ),
)
