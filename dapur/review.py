"""What a named person must settle: refused taps and doubtful facts; it never changes the batch it
speaks of.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal

import msgspec

from dapur import access
from dapur.access import Role
from dapur.decision import Accepted, Already, Decision, Fact, Refused
from dapur.envelope import Command, Event, Occurred, Quality, Taken
from dapur.ids import CommandId, DeviceId, OutboxId, StaffId
from dapur.refusal import AnyRefusal, ReviewEscalated, UnknownReview
from dapur.rule import Args, Body, CommandRule, EventRule, command, event
from dapur.words import Note

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen

CLIP = 200
"""Characters of a foreign kind or subject that an event repeats: they come from outside
unbounded.
"""
ARGS_CLIP = 4_000


class Reason(StrEnum):
    """Why an item is in the inbox."""

    REFUSED = "refused"
    QUARANTINED = "quarantined"
    MALFORMED = "malformed"
    UNKNOWN_BATCH = "unknown_batch"
    BATCH_OVER = "batch_over"
    LATE_CRITICAL_READING = "late_critical_reading"
    YIELD_MISMATCH = "yield_mismatch"
    HOLD_AFTER_COMPLETION = "hold_after_completion"
    FAIL_AFTER_COMPLETION = "fail_after_completion"
    TAP_BEFORE_CANCEL = "tap_before_cancel"
    ROLE_REVOKED = "role_revoked"
    SALVAGED = "salvaged"
    """Saved from an outbox that was lost; whether it ever reached the log is not known."""


class Answer(StrEnum):
    """What the person answered."""

    REDO = "redo"
    ACCEPT = "accept"
    ESCALATE = "escalate"


class Settled(msgspec.Struct, frozen=True):
    """The end of an item."""

    answer: Answer
    actor: StaffId
    at: Occurred
    note: str = ""
    command: CommandId = CommandId("")


class Review(msgspec.Struct, frozen=True):
    """One item of the inbox: the tap as it came, why it is here, and what became of it."""

    id: str
    reason: Reason
    command: CommandId
    about: str
    """Subject of the tap: usually a batch."""
    kind: str
    args: str
    """JSON text of the tap's args, for a redo."""
    actor: StaffId
    device: DeviceId
    at: Occurred
    raised_ms: int
    refusal: AnyRefusal | None = None
    detail: str = ""
    owner: Role = Role.KEPALA
    escalated_by: StaffId | None = None
    escalated_ms: int | None = None
    settled: Settled | None = None
    base: int = 0


class CommandRefused(Body, frozen=True):
    """A tap that the rules refused; the log keeps it whole."""

    about: str
    kind: str
    args: str
    refusal: AnyRefusal
    base: int
    cites: CommandId | None = None


class CommandQuarantined(Body, frozen=True):
    """A tap on which our own code failed: kept, to be replayed after a repair."""

    about: str
    kind: str
    args: str
    reason: str


class CommandMalformed(Body, frozen=True):
    """Bytes that are no command: only where they came from is known."""

    outbox: OutboxId
    dseq: int
    problem: str


class ReviewRaised(Body, frozen=True):
    """A fact was taken in that somebody must look at."""

    reason: Reason
    about: str
    kind: str
    args: str
    detail: str = ""
    base: int = 0


class ReviewSettled(Body, frozen=True):
    """A person answered an item."""

    answer: Answer
    note: str = ""


class ReviewWasEscalated(Body, frozen=True):
    """The item was handed to the Kepala SPPG; it stays until answered."""

    note: str = ""


def subject(review_id: str) -> str:
    """Subject of the events of one item."""
    return f"review:{review_id}"


def args_text(tap: Command) -> str:
    """The args of a tap as text that any JSON can carry."""
    return bytes(tap.args).decode(errors="replace")[:ARGS_CLIP]


def base_of(tap: Command) -> int:
    """The version on the screen, within what JSON readers agree on."""
    return min(max(tap.base, 0), 2**53)


def raise_review(taken: Taken, reason: Reason, detail: str = "") -> Fact:
    """The fact that makes an item about a tap that was accepted; one per tap and reason."""
    tap = taken.command
    body = ReviewRaised(
        reason, tap.subject[:CLIP], tap.kind[:CLIP], args_text(tap), detail[:CLIP], base_of(tap)
    )
    return Fact("review_raised", subject(f"{tap.id}.{reason}"), body)


def refused(taken: Taken, refusal: AnyRefusal) -> Fact:
    """The fact that makes an item about a refused tap."""
    tap = taken.command
    cites = CommandId(tap.cites[:CLIP]) if tap.cites is not None else None
    body = CommandRefused(
        tap.subject[:CLIP], tap.kind[:CLIP], args_text(tap), refusal, base_of(tap), cites
    )
    return Fact("command_refused", subject(tap.id), body)


def quarantined(tap: Command, reason: str) -> Fact:
    """The fact that makes an item about a tap on which our code failed."""
    body = CommandQuarantined(tap.subject[:CLIP], tap.kind[:CLIP], args_text(tap), reason[:CLIP])
    return Fact("command_quarantined", subject(tap.id), body)


def malformed(outbox: OutboxId, dseq: int, problem: str) -> Fact:
    """The fact that makes an item about unreadable bytes."""
    body = CommandMalformed(outbox, dseq, problem[:CLIP])
    return Fact("command_malformed", subject(f"{outbox}.{dseq}"), body)


def redone(kitchen: Kitchen, taken: Taken) -> Fact | None:
    """The settling of the cited item, if this tap repeats it by a person who may settle."""
    item = _repeated(kitchen, taken)
    if item is None:
        return None
    return Fact("review_settled", subject(item.id), ReviewSettled(Answer.REDO))


def as_first_tapped(kitchen: Kitchen, taken: Taken) -> Taken:
    """A tap that repeats a salvaged one, with the time at which that one may have been made.

    What was salvaged may have happened and may never have been counted: a pot that left the heat
    hours ago must not start its consumption clock, or a reading be fresh, when a chief repeats it.
    """
    item = _repeated(kitchen, taken)
    if item is None or item.reason is not Reason.SALVAGED:
        return taken
    earliest_ms = min(item.at.earliest_ms, taken.at.earliest_ms)
    at = Occurred(earliest_ms, taken.at.latest_ms, Quality.UNKNOWN)
    return msgspec.structs.replace(taken, at=at)


def _repeated(kitchen: Kitchen, taken: Taken) -> Review | None:
    """The open item that this tap repeats, if its person may settle it."""
    tap = taken.command
    item = kitchen.reviews.get(tap.cites) if tap.cites is not None else None
    if item is None or item.settled is not None:
        return None
    if (item.kind, item.about) != (tap.kind, tap.subject):
        return None
    return item if kitchen.roles_of(tap.actor) & settlers(item) else None


def settlers(item: Review) -> frozenset[Role]:
    """Who may answer an item: the chiefs, and only the Kepala SPPG after an escalation."""
    return frozenset({Role.KEPALA}) if item.escalated_ms is not None else access.CHIEFS


class SettleReviewArgs(Args, frozen=True):
    """An answer; `redo` is not given here but by a new command that cites the old."""

    review: Note
    answer: Literal["accept", "escalate"]
    note: Note = ""


def decide_settle(kitchen: Kitchen, taken: Taken, args: SettleReviewArgs) -> Decision:
    """Accept = noted, nothing changes; escalate = the Kepala SPPG decides, it stays in the
    inbox.
    """
    item = kitchen.reviews.get(args.review)
    if item is None:
        return Refused(UnknownReview(args.review[:CLIP]))
    if item.settled is not None:
        return Already()
    if args.answer == "escalate":
        if item.escalated_ms is not None:
            return Already()
        body = ReviewWasEscalated(args.note)
        return Accepted((Fact("review_escalated", subject(item.id), body),))
    if not kitchen.roles_of(taken.command.actor) & settlers(item):
        return Refused(ReviewEscalated(item.id))
    settled = ReviewSettled(Answer(args.answer), args.note)
    return Accepted((Fact("review_settled", subject(item.id), settled),))


def put(kitchen: Kitchen, item: Review) -> Kitchen:
    """The kitchen with this item in its inbox."""
    return msgspec.structs.replace(kitchen, reviews={**kitchen.reviews, item.id: item})


def id_of(event: Event) -> str:
    """The item that an event is about."""
    return event.subject.partition(":")[2]


def evolve_refused(kitchen: Kitchen, event: Event, data: CommandRefused) -> Kitchen:
    """A refused tap waits for a person."""
    item = Review(
        id_of(event), Reason.REFUSED, event.command, data.about, data.kind, data.args,
        event.actor, event.device, event.at, event.recorded_ms, data.refusal, base=data.base,
    )  # fmt: skip
    return put(kitchen, item)


def evolve_quarantined(kitchen: Kitchen, event: Event, data: CommandQuarantined) -> Kitchen:
    """A tap that broke our code waits for a person."""
    item = Review(
        id_of(event), Reason.QUARANTINED, event.command, data.about, data.kind, data.args,
        event.actor, event.device, event.at, event.recorded_ms, detail=data.reason,
    )  # fmt: skip
    return put(kitchen, item)


def evolve_malformed(kitchen: Kitchen, event: Event, data: CommandMalformed) -> Kitchen:
    """Unreadable bytes wait for a person."""
    item = Review(
        id_of(event), Reason.MALFORMED, event.command, "", "", "",
        event.actor, event.device, event.at, event.recorded_ms, detail=data.problem,
    )  # fmt: skip
    return put(kitchen, item)


def evolve_raised(kitchen: Kitchen, event: Event, data: ReviewRaised) -> Kitchen:
    """A doubtful fact waits for a person."""
    item = Review(
        id_of(event), data.reason, event.command, data.about, data.kind, data.args,
        event.actor, event.device, event.at, event.recorded_ms,
        detail=data.detail, base=data.base,
    )  # fmt: skip
    return put(kitchen, item)


def evolve_settled(kitchen: Kitchen, event: Event, data: ReviewSettled) -> Kitchen:
    """The first answer stands."""
    item = kitchen.reviews.get(id_of(event))
    if item is None or item.settled is not None:
        return kitchen
    settled = Settled(data.answer, event.actor, event.at, data.note, event.command)
    return put(kitchen, msgspec.structs.replace(item, settled=settled))


def evolve_escalated(kitchen: Kitchen, event: Event, data: ReviewWasEscalated) -> Kitchen:  # noqa: ARG001 - the note stays in the log
    """The item is the Kepala's now."""
    item = kitchen.reviews.get(id_of(event))
    if item is None:
        return kitchen
    return put(
        kitchen,
        msgspec.structs.replace(
            item, escalated_by=event.actor, escalated_ms=event.at.earliest_ms, owner=Role.KEPALA
        ),
    )


def open_reviews(kitchen: Kitchen) -> tuple[Review, ...]:
    """The inbox, oldest first."""
    waiting = (item for item in kitchen.reviews.values() if item.settled is None)
    return tuple(sorted(waiting, key=lambda item: (item.raised_ms, item.id)))


def attention(kitchen: Kitchen, about: str) -> tuple[Review, ...]:
    """Open items about one batch: what the card's flag shows."""
    return tuple(item for item in open_reviews(kitchen) if item.about == about)


COMMANDS: dict[str, CommandRule] = {
    "settle_review": command(SettleReviewArgs, decide_settle, access.CHIEFS),
}
EVENTS: dict[str, EventRule] = {
    "command_refused": event(CommandRefused, evolve_refused),
    "command_quarantined": event(CommandQuarantined, evolve_quarantined),
    "command_malformed": event(CommandMalformed, evolve_malformed),
    "review_raised": event(ReviewRaised, evolve_raised),
    "review_settled": event(ReviewSettled, evolve_settled),
    "review_escalated": event(ReviewWasEscalated, evolve_escalated),
}
