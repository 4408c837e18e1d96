"""Why a command was refused: one tree, each class with a stable code; text for people is looked up
from the code.
"""

from __future__ import annotations

import msgspec


class Refusal(msgspec.Struct, frozen=True, tag_field="code"):
    """Base of every refusal. Fields carry what the sentence needs; `code` is the tag and never
    changes.
    """


# ---- the envelope --------------------------------------------------------------------------------


class UnknownKind(Refusal, frozen=True, tag="unknown_kind"):
    """This release has no such command."""

    kind: str


class BadArgs(Refusal, frozen=True, tag="bad_args"):
    """The args do not decode; `problem` names the field."""

    problem: str


class UpdateNeeded(Refusal, frozen=True, tag="update_needed"):
    """The subject carries an event of a newer release: this side does not know its state."""

    subject: str


class NoSession(Refusal, frozen=True, tag="no_session"):
    """The session is unknown, closed, or another person's or device's."""

    session: str


class NotAllowed(Refusal, frozen=True, tag="not_allowed"):
    """None of the person's roles may do this."""

    kind: str
    roles: tuple[str, ...]
    """Roles that may."""


class StepUpNeeded(Refusal, frozen=True, tag="step_up_needed"):
    """A weighty decision needs the PIN again, at most a minute before."""

    kind: str


# ---- night and plan ------------------------------------------------------------------------------


class NoNight(Refusal, frozen=True, tag="no_night"):
    """No night is open for this date."""

    date: str


class NightOpen(Refusal, frozen=True, tag="night_open"):
    """Another night is still open: close it first."""

    date: str


class NightClosed(Refusal, frozen=True, tag="night_closed"):
    """That date, or a later one, was closed already."""

    date: str


class NightBusy(Refusal, frozen=True, tag="night_busy"):
    """Batches are still going on and were not named as left open."""

    batches: tuple[str, ...]


class BadPlan(Refusal, frozen=True, tag="bad_plan"):
    """The plan contradicts itself; `problem` names the place."""

    problem: str


class UnknownWave(Refusal, frozen=True, tag="unknown_wave"):
    """The night has no such wave."""

    wave: str


class WaveInUse(Refusal, frozen=True, tag="wave_in_use"):
    """The changed night leaves out a wave that batches are cooked for."""

    wave: str


class CookTooEarly(Refusal, frozen=True, tag="cook_too_early"):
    """Planned to cook before the policy's earliest hour."""

    not_before_ms: int


class PolicyUnknown(Refusal, frozen=True, tag="policy_unknown"):
    """The policy record has no such value."""

    name: str


class PolicyBounds(Refusal, frozen=True, tag="policy_bounds"):
    """The value lies outside what any kitchen may choose."""

    name: str
    low: float
    high: float


class PolicyLonger(Refusal, frozen=True, tag="policy_longer"):
    """Only the Kepala SPPG may lengthen the consumption window beyond the common four hours."""

    minutes: float


# ---- batch ---------------------------------------------------------------------------------------


class UnknownBatch(Refusal, frozen=True, tag="unknown_batch"):
    """No such batch in the working window."""

    batch: str


class BatchExists(Refusal, frozen=True, tag="batch_exists"):
    """A batch of this id is there with another plan: change that plan."""

    batch: str


class WrongStage(Refusal, frozen=True, tag="wrong_stage"):
    """The batch is not in a stage from which this can be done."""

    stage: str
    wanted: str


class Cancelled(Refusal, frozen=True, tag="cancelled"):
    """The batch was cancelled."""

    batch: str


class Discarded(Refusal, frozen=True, tag="discarded"):
    """The batch was thrown away."""

    batch: str


class Held(Refusal, frozen=True, tag="held"):
    """A hold stops the batch; it wins whatever arrived first."""

    hold: str
    number: int


class WrongRound(Refusal, frozen=True, tag="wrong_round"):
    """Tapped for another round of cooking and checking than the present one."""

    round: int
    now: int


class CoreLow(Refusal, frozen=True, tag="core_low"):
    """The newest core reading is below the limit."""

    limit_c: float
    value_c: float


class CoreUnmeasured(Refusal, frozen=True, tag="core_unmeasured"):
    """No core reading of this round."""

    limit_c: float


class StepOpen(Refusal, frozen=True, tag="step_open"):
    """A step bound to a temperature is not ticked yet; counted from 1."""

    step: int


class StepWaits(Refusal, frozen=True, tag="step_waits"):
    """The step waits for its temperature."""

    step: int
    limit_c: float


class UnknownStep(Refusal, frozen=True, tag="unknown_step"):
    """The recipe has no such step."""

    step: int


class ReasonShort(Refusal, frozen=True, tag="reason_short"):
    """A reason of a few more words is needed."""

    min_chars: int


class NothingToUndo(Refusal, frozen=True, tag="nothing_to_undo"):
    """The tap is not the last of this batch any more, or never was one that can be taken back."""

    tap: str


class UndoNotYours(Refusal, frozen=True, tag="undo_not_yours"):
    """Only who tapped may take it back."""

    actor: str


# ---- quality and holds ---------------------------------------------------------------------------


class CorrectiveNeeded(Refusal, frozen=True, tag="corrective_needed"):
    """A failed item cannot be saved without a corrective action."""

    item: str


class ScoreContradicts(Refusal, frozen=True, tag="score_contradicts"):
    """The score or value is outside the limit, but the item was passed."""

    item: str


class ChecksMissing(Refusal, frozen=True, tag="checks_missing"):
    """Items that are required before a pass and have no check in this round."""

    items: tuple[str, ...]


class ChecksFailed(Refusal, frozen=True, tag="checks_failed"):
    """Items whose newest check in this round failed."""

    items: tuple[str, ...]


class SampleMissing(Refusal, frozen=True, tag="sample_missing"):
    """The retained sample is not recorded."""

    batch: str


class VerdictMissing(Refusal, frozen=True, tag="verdict_missing"):
    """No passing verdict in this round."""

    round: int


class VerdictFailed(Refusal, frozen=True, tag="verdict_failed"):
    """This round was judged not fit; a pass cannot override it."""

    round: int


class UnknownHold(Refusal, frozen=True, tag="unknown_hold"):
    """The batch has no such hold."""

    hold: str


class HoldDecided(Refusal, frozen=True, tag="hold_decided"):
    """Somebody released this hold with another decision."""

    number: int
    decision: str


class HoldCritical(Refusal, frozen=True, tag="hold_critical"):
    """Only the Ahli Gizi or the Kepala SPPG may decide on this hold."""

    number: int


class EvidenceNeeded(Refusal, frozen=True, tag="evidence_needed"):
    """Going on after a critical hold must cite the reading or check that caused it."""

    number: int


class OwnCooking(Refusal, frozen=True, tag="own_cooking"):
    """By the kitchen's policy the one who cooked does not release."""

    actor: str


class PortionsNeeded(Refusal, frozen=True, tag="portions_needed"):
    """Throwing away needs the count of portions."""

    batch: str


# ---- people --------------------------------------------------------------------------------------


class UnknownStaff(Refusal, frozen=True, tag="unknown_staff"):
    """Not on the roster of this kitchen."""

    staff: str


class RoleReserved(Refusal, frozen=True, tag="role_reserved"):
    """This role cannot be given by this person, or to anyone."""

    role: str


class SessionTaken(Refusal, frozen=True, tag="session_taken"):
    """A session of this id exists for another person or device."""

    session: str


# ---- alerts and reviews --------------------------------------------------------------------------


class UnknownAlert(Refusal, frozen=True, tag="unknown_alert"):
    """No such alert in the working window."""

    alert: str


class NotAddressed(Refusal, frozen=True, tag="not_addressed"):
    """The alert is addressed to other roles."""

    alert: str
    roles: tuple[str, ...]


class UnknownReview(Refusal, frozen=True, tag="unknown_review"):
    """No such item in the review inbox."""

    review: str


class ReviewEscalated(Refusal, frozen=True, tag="review_escalated"):
    """The item was handed to the Kepala SPPG, who must answer it."""

    review: str


# ---- hand-over -----------------------------------------------------------------------------------


class ReceiverNoChief(Refusal, frozen=True, tag="receiver_no_chief"):
    """The floor can be given to another chief only; `to` is the person or role that was named."""

    to: str


class UnknownHandOver(Refusal, frozen=True, tag="unknown_hand_over"):
    """No such hand-over tonight."""

    hand_over: str


class HandOverTaken(Refusal, frozen=True, tag="hand_over_taken"):
    """Another chief took it before."""

    by: str


class HandOverReplaced(Refusal, frozen=True, tag="hand_over_replaced"):
    """A newer hand-over stands in its place."""

    giver: str


class HandOverElsewhere(Refusal, frozen=True, tag="hand_over_elsewhere"):
    """It was given to another person or role."""

    to: str


AnyRefusal = (
    UnknownKind
    | BadArgs
    | UpdateNeeded
    | NoSession
    | NotAllowed
    | StepUpNeeded
    | NoNight
    | NightOpen
    | NightClosed
    | NightBusy
    | BadPlan
    | UnknownWave
    | WaveInUse
    | CookTooEarly
    | PolicyUnknown
    | PolicyBounds
    | PolicyLonger
    | UnknownBatch
    | BatchExists
    | WrongStage
    | Cancelled
    | Discarded
    | Held
    | WrongRound
    | CoreLow
    | CoreUnmeasured
    | StepOpen
    | StepWaits
    | UnknownStep
    | ReasonShort
    | NothingToUndo
    | UndoNotYours
    | CorrectiveNeeded
    | ScoreContradicts
    | ChecksMissing
    | ChecksFailed
    | SampleMissing
    | VerdictMissing
    | VerdictFailed
    | UnknownHold
    | HoldDecided
    | HoldCritical
    | EvidenceNeeded
    | OwnCooking
    | PortionsNeeded
    | UnknownStaff
    | RoleReserved
    | SessionTaken
    | UnknownAlert
    | NotAddressed
    | UnknownReview
    | ReviewEscalated
    | ReceiverNoChief
    | UnknownHandOver
    | HandOverTaken
    | HandOverReplaced
    | HandOverElsewhere
)
"""The closed union: what a refusal event carries."""


def code_of(refusal: Refusal) -> str:
    """The stable code: what the receipt carries and the sentence is looked up by."""
    return str(refusal.__struct_config__.tag)
