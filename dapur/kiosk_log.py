"""What a kiosk tells of itself, whoever is signed in: taps saved from a lost outbox, a clock that was
set. It applies no saved tap: a named person does.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from dapur import access, review
from dapur.crew import SIGNING
from dapur.decision import Accepted, Already, Decision, Fact
from dapur.envelope import (
    COMMAND_MAX_BYTES,
    Command,
    Event,
    Malformed,
    Occurred,
    Taken,
    decode_command,
)
from dapur.ids import CommandId, DeviceId, OutboxId, StaffId
from dapur.review import Reason, Review
from dapur.rule import Args, Body, CommandRule, EventRule, command, event
from dapur.words import Id, Reference

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen

WALL_MAX_MS = 2**53
"""A wall clock may stand anywhere; a number that every JSON reader holds is all that is asked."""
UNPROVEN = "-unproven"
"""Ends the detail of an item whose tap is not proven by its outbox's chain."""

Dseq = Annotated[int, Meta(ge=0, le=2**53)]
WallMs = Annotated[int, Meta(ge=-WALL_MAX_MS, le=WALL_MAX_MS)]
_own_id = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")


class Why(StrEnum):
    """How the outbox was lost."""

    DAMAGED_FILE = "damaged_file"
    FORK = "fork"
    """The server knows another outbox of this name: a copied disk or an old image."""


class ReportSalvagedArgs(Args, frozen=True):
    """One tap of a lost outbox, in the words in which it was written."""

    outbox: Id
    dseq: Dseq
    """0 when its place is not known."""
    tap: Id
    """Its id, or a name made from its bytes when they cannot be read."""
    text: Annotated[str, Meta(max_length=COMMAND_MAX_BYTES)]
    """Its bytes; where they are no UTF-8 or too long, what can be carried of them."""
    verified: bool
    """Its hash follows from the row before it."""
    answered: bool
    why: Why


class ReportClockJumpArgs(Args, frozen=True):
    """The wall clock of a kiosk was set from one UTC ms to another during one boot of its machine."""

    from_ms: WallMs
    to_ms: WallMs
    boot: Reference


class TapSalvaged(Body, frozen=True):
    """A saved tap, opened as far as it can be read."""

    outbox: OutboxId
    dseq: int
    why: Why
    verified: bool
    kind: str = ""
    about: str = ""
    args: str = ""
    actor: StaffId = StaffId("")
    at: Occurred | None = None
    """When it was tapped, as its kiosk then said; None when it cannot be read."""
    base: int = 0
    text: str = ""
    """What is left of one that cannot be read."""


class ClockJumped(Body, frozen=True):
    """A kiosk's wall clock was set; it moves no time of the kitchen."""

    from_ms: int
    to_ms: int
    boot: str


def kiosk_subject(device: DeviceId) -> str:
    """What the events of one kiosk are about."""
    return f"kiosk:{device}"


# ---- decide --------------------------------------------------------------------------------------


def decide_salvaged(kitchen: Kitchen, taken: Taken, args: ReportSalvagedArgs) -> Decision:
    """Keep a saved tap once; what was answered, or waits in the inbox, is known already."""
    tap = _read(args.text)
    item = tap.id if tap is not None else f"{args.outbox}.{args.tap}"
    if args.answered or item in kitchen.reviews:
        return Already()
    body = TapSalvaged(OutboxId(args.outbox), args.dseq, args.why, args.verified)
    if tap is None:
        body = msgspec.structs.replace(body, text=args.text[: review.ARGS_CLIP])
    else:
        body = _opened(body, tap, taken.received_ms)
    return Accepted((Fact("tap_salvaged", review.subject(item), body),))


def _read(text: str) -> Command | None:
    """The saved tap; None when its text is broken or its id is none."""
    try:
        tap = decode_command(text.encode(errors="replace"))
    except Malformed:
        return None
    return tap if _own_id.match(tap.id) else None


def _opened(body: TapSalvaged, tap: Command, received_ms: int) -> TapSalvaged:
    return msgspec.structs.replace(
        body,
        kind=tap.kind[: review.CLIP],
        about=tap.subject[: review.CLIP],
        args=review.args_text(tap),
        actor=StaffId(tap.actor[: review.CLIP]),
        at=tap.occurred.within(not_before_ms=0, received_ms=received_ms),
        base=review.base_of(tap),
    )


def decide_jump(kitchen: Kitchen, taken: Taken, args: ReportClockJumpArgs) -> Decision:  # noqa: ARG001 - one shape
    """Always taken: the log has to show it, nobody has to settle it."""
    body = ClockJumped(args.from_ms, args.to_ms, args.boot)
    return Accepted((Fact("clock_jumped", kiosk_subject(taken.device), body),))


# ---- evolve --------------------------------------------------------------------------------------


def evolve_salvaged(kitchen: Kitchen, event: Event, data: TapSalvaged) -> Kitchen:
    """A saved tap waits for a person; a saved sign-in is only in the log, it cannot be repeated."""
    if data.kind in SIGNING:
        return kitchen
    read = data.at is not None
    item = Review(
        review.id_of(event),
        Reason.SALVAGED,
        CommandId(review.id_of(event)),
        data.about,
        data.kind,
        data.args,
        data.actor if read else event.actor,
        event.device,
        data.at or event.at,
        event.recorded_ms,
        detail=f"{data.why}{'' if data.verified else UNPROVEN}",
        base=data.base,
    )
    return review.put(kitchen, item)


def evolve_jumped(kitchen: Kitchen, event: Event, data: ClockJumped) -> Kitchen:  # noqa: ARG001 - it stays in the log
    """Nothing that a kitchen shows depends on a kiosk's wall clock."""
    return kitchen


COMMANDS: dict[str, CommandRule] = {
    "report_salvaged": command(ReportSalvagedArgs, decide_salvaged, access.KIOSKS, fact=True),
    "report_clock_jump": command(ReportClockJumpArgs, decide_jump, access.KIOSKS, fact=True),
}
EVENTS: dict[str, EventRule] = {
    "tap_salvaged": event(TapSalvaged, evolve_salvaged),
    "clock_jumped": event(ClockJumped, evolve_jumped),
}
