"""A chief lets a person try the PIN again after a lock-out; it counts no tries and knows no PIN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dapur import access
from dapur.crew import staff_subject
from dapur.decision import Accepted, Decision, Fact, Refused
from dapur.envelope import Event, Taken
from dapur.ids import StaffId
from dapur.notice import add_notice
from dapur.refusal import UnknownStaff
from dapur.rule import Args, Body, CommandRule, EventRule, command, event
from dapur.words import Id

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen


class UnlockStaffArgs(Args, frozen=True):
    """Who may try again."""

    staff: Id


class StaffUnlocked(Body, frozen=True):
    """A chief ended a lock-out of this person on the kiosk of the tap."""

    staff: StaffId


def decide_unlock(kitchen: Kitchen, taken: Taken, args: UnlockStaffArgs) -> Decision:  # noqa: ARG001 - one shape
    """Told of anybody on the roster: the counters lie beside the log, so the log cannot know better."""
    if StaffId(args.staff) not in kitchen.staff:
        return Refused(UnknownStaff(args.staff))
    body = StaffUnlocked(StaffId(args.staff))
    return Accepted((Fact("staff_unlocked", staff_subject(args.staff), body),))


def evolve_unlocked(kitchen: Kitchen, event: Event, data: StaffUnlocked) -> Kitchen:
    """The person hears of it: who did not ask for it was the aim of somebody's guessing."""
    return add_notice(kitchen, event, data.staff, "staff_unlocked")


COMMANDS: dict[str, CommandRule] = {
    "unlock_staff": command(UnlockStaffArgs, decide_unlock, access.CHIEFS, needs_step_up=True),
}
EVENTS: dict[str, EventRule] = {"staff_unlocked": event(StaffUnlocked, evolve_unlocked)}
