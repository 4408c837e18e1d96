"""The hand-over between chiefs: what was open when one gave the floor and another took it; it
settles nothing of what is open.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from dapur import access
from dapur.access import Role
from dapur.batch import consume_by_ms
from dapur.decision import Accepted, Already, Decision, Fact, Refused
from dapur.envelope import Event, Occurred, Taken
from dapur.ids import BatchId, CommandId, StaffId
from dapur.quality import verdict_of
from dapur.refusal import (
    BadArgs,
    HandOverElsewhere,
    HandOverReplaced,
    HandOverTaken,
    ReceiverNoChief,
    UnknownHandOver,
    UnknownStaff,
)
from dapur.review import CLIP, open_reviews
from dapur.rule import Args, Body, CommandRule, EventRule, command, event
from dapur.stage import Stage
from dapur.watch import Alert, watch
from dapur.words import Note, Reference

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen

SUBJECT = "handover:kitchen"
KEPT = 20
"""Hand-overs of a night that are kept; three are usual (kitchen.md 1.3)."""
KEYS_KEPT = 50
"""Keys of one sort that the record names; the count beside them is always whole."""


class Sort(msgspec.Struct, frozen=True):
    """How many of one sort are open, and which (the first KEYS_KEPT in order of their key)."""

    count: int = 0
    keys: tuple[str, ...] = ()


class Open(msgspec.Struct, frozen=True):
    """What is open at one moment: alert keys, batches, holds by command, reviews, batches."""

    alerts: Sort = Sort()
    checks: Sort = Sort()
    holds: Sort = Sort()
    reviews: Sort = Sort()
    clocks: Sort = Sort()


class Taker(msgspec.Struct, frozen=True):
    """Who took the floor, when, and what was open then."""

    actor: StaffId
    at: Occurred
    command: CommandId
    open: Open


class HandOver(msgspec.Struct, frozen=True):
    """One hand-over: from whom, to a person or to whoever has a role (the other is empty)."""

    id: CommandId
    giver: StaffId
    at: Occurred
    to: StaffId
    role: Role | None
    open: Open
    note: str = ""
    taken: Taker | None = None
    replaced_by: CommandId = CommandId("")

    @property
    def waits(self) -> bool:
        """Whether somebody may still take it."""
        return self.taken is None and not self.replaced_by


class HandOverArgs(Args, frozen=True):
    """To whom: a person, or a role of chiefs; exactly one of them."""

    to: Reference = ""
    role: Role | None = None
    note: Note = ""


class HandedOver(Body, frozen=True):
    """A chief gave the floor. The hand-over's id is the event's command."""

    to: StaffId
    role: Role | None
    open: Open
    note: str = ""


class TakeOverArgs(Args, frozen=True):
    """Which hand-over, by the id of its command."""

    hand_over: Reference


class TakenOver(Body, frozen=True):
    """A chief took the floor; what was open at that moment."""

    hand_over: CommandId
    open: Open


# ---- what is open --------------------------------------------------------------------------------


def _sort(keys: list[str]) -> Sort:
    return Sort(len(keys), tuple(sorted(keys)[:KEYS_KEPT]))


def open_now(kitchen: Kitchen, now_ms: int, alerts: Iterable[Alert] | None = None) -> Open:
    """What waits for a chief at a moment (UTC ms). `alerts`: what `watch` finds then, where the
    caller has it already. Not the log's alerts: a kiosk without a line would miss those that
    began since, and a page would call a difference of two counts a change.
    """
    batches = kitchen.batches.values()
    holding = watch(kitchen, now_ms) if alerts is None else alerts
    return Open(
        alerts=_sort([alert.key for alert in holding]),
        checks=_sort(
            [
                batch.id
                for batch in batches
                if batch.stage is Stage.QUALITY_CHECK and verdict_of(batch) is None
            ]
        ),
        holds=_sort([hold.id for batch in batches for hold in batch.holds if hold.release is None]),
        reviews=_sort([item.id for item in open_reviews(kitchen)]),
        clocks=_sort(list(clocks_now(kitchen, now_ms))),
    )


def clocks_now(kitchen: Kitchen, now_ms: int) -> dict[BatchId, int]:
    """Eating windows that run, and when each ends (UTC ms); one that ran out is an alert."""
    ends = {
        batch.id: consume_by_ms(batch, kitchen.policy)
        for batch in kitchen.batches.values()
        if not batch.over
    }
    return {key: end for key, end in ends.items() if end is not None and now_ms < end}


def addressed(kitchen: Kitchen, item: HandOver, staff: StaffId) -> bool:
    """Whether a person may take this hand-over: named, or of the named role; never the giver."""
    if staff == item.giver:
        return False
    return item.to == staff or (item.role is not None and item.role in kitchen.roles_of(staff))


def waiting(kitchen: Kitchen) -> HandOver | None:
    """The hand-over that nobody took yet; a newer one replaces an older, so there is one."""
    return next((item for item in reversed(kitchen.handovers) if item.waits), None)


# ---- decide --------------------------------------------------------------------------------------


def decide_hand_over(kitchen: Kitchen, taken: Taken, args: HandOverArgs) -> Decision:
    """Give the floor to a person or a role; one that still waits is replaced."""
    if any(item.id == taken.command.id for item in kitchen.handovers):
        return Already()
    if bool(args.to) == (args.role is not None):
        return Refused(BadArgs("to"))
    if wrong := _no_chief(kitchen, taken, args):
        return wrong
    body = HandedOver(
        StaffId(args.to), args.role, open_now(kitchen, taken.at.earliest_ms), args.note
    )
    return Accepted((Fact("handed_over", SUBJECT, body),))


def _no_chief(kitchen: Kitchen, taken: Taken, args: HandOverArgs) -> Refused | None:
    """Whoever is to take the floor must be a chief, and another than the giver."""
    if args.role is not None:
        return None if args.role in access.HANDERS else Refused(ReceiverNoChief(args.role))
    receiver = kitchen.staff.get(StaffId(args.to))
    if receiver is None:
        return Refused(UnknownStaff(args.to[:CLIP]))
    if receiver.id == taken.command.actor or access.HANDERS.isdisjoint(receiver.roles):
        return Refused(ReceiverNoChief(receiver.id))
    return None


def decide_take_over(kitchen: Kitchen, taken: Taken, args: TakeOverArgs) -> Decision:
    """Take the floor: once, by whom it was given to, and only the newest."""
    item = next((each for each in kitchen.handovers if each.id == args.hand_over), None)
    if item is None:
        return Refused(UnknownHandOver(args.hand_over[:CLIP]))
    actor = taken.command.actor
    if item.taken is not None:
        # A second chief who believes to have the floor must be told; a second tap is one intent.
        return Already() if item.taken.actor == actor else Refused(HandOverTaken(item.taken.actor))
    if item.replaced_by:
        return Refused(HandOverReplaced(item.giver))
    if not addressed(kitchen, item, actor):
        return Refused(HandOverElsewhere(item.to or str(item.role)))
    body = TakenOver(item.id, open_now(kitchen, taken.at.earliest_ms))
    return Accepted((Fact("taken_over", SUBJECT, body),))


# ---- evolve --------------------------------------------------------------------------------------


def evolve_handed(kitchen: Kitchen, event: Event, data: HandedOver) -> Kitchen:
    """The hand-over waits; whichever waited before it is replaced. The newest KEPT stay."""
    before = tuple(
        msgspec.structs.replace(item, replaced_by=event.command) if item.waits else item
        for item in kitchen.handovers
    )
    item = HandOver(event.command, event.actor, event.at, data.to, data.role, data.open, data.note)
    return msgspec.structs.replace(kitchen, handovers=(*before, item)[-KEPT:])


def evolve_taken(kitchen: Kitchen, event: Event, data: TakenOver) -> Kitchen:
    """The first who took it stands."""
    taker = Taker(event.actor, event.at, event.command, data.open)
    items = tuple(
        msgspec.structs.replace(item, taken=taker)
        if item.id == data.hand_over and item.taken is None
        else item
        for item in kitchen.handovers
    )
    return msgspec.structs.replace(kitchen, handovers=items)


COMMANDS: dict[str, CommandRule] = {
    "hand_over": command(HandOverArgs, decide_hand_over, access.HANDERS, needs_step_up=True),
    "take_over": command(TakeOverArgs, decide_take_over, access.HANDERS, needs_step_up=True),
}
EVENTS: dict[str, EventRule] = {
    "handed_over": event(HandedOver, evolve_handed),
    "taken_over": event(TakenOver, evolve_taken),
}
