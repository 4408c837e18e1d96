"""People: roster and roles, who is signed in where, who works at which batch; it knows no names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from dapur import access
from dapur.access import Role
from dapur.batch import Assignment, Post, find, journal, over_block, put
from dapur.decision import Accepted, Already, Decision, Fact, Refused, refuse_all
from dapur.envelope import Event, Taken
from dapur.ids import SYSTEM, DeviceId, SessionId, StaffId
from dapur.notice import add_notice
from dapur.refusal import (
    AnyRefusal,
    BadArgs,
    NoSession,
    RoleReserved,
    SessionTaken,
    UnknownBatch,
    UnknownStaff,
)
from dapur.rule import Args, Body, CommandRule, EventRule, NoArgs, command, event
from dapur.words import Id, Ms, Name

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen

SIGNING = frozenset({"open_session", "close_session"})
"""Signing in and out needs no role: what one may then do is asked of every tap."""
FORMER_KEPT = 8
"""Earlier sets of roles of a person: enough for taps of an offline night."""

Roles = Annotated[tuple[Role, ...], Meta(min_length=1, max_length=10)]


class Former(msgspec.Struct, frozen=True):
    """Roles that a person had until then."""

    roles: tuple[Role, ...]
    until_ms: int


class Staff(msgspec.Struct, frozen=True):
    """A person of the roster; shift in UTC ms."""

    id: StaffId
    roles: tuple[Role, ...]
    team: str
    shift_start_ms: int
    shift_end_ms: int
    former: tuple[Former, ...] = ()

    def is_on_shift(self, now_ms: int) -> bool:
        """Whether the person's shift runs at a moment (UTC ms)."""
        return self.shift_start_ms <= now_ms < self.shift_end_ms


class Session(msgspec.Struct, frozen=True):
    """One sign-in: who, on which kiosk, since when, checked by the server or by the kiosk alone."""

    id: SessionId
    staff: StaffId
    device: DeviceId
    since_ms: int
    offline: bool
    closed_ms: int | None = None


class RosterStaffArgs(Args, frozen=True):
    """Who works tonight: all roles, team and shift (UTC ms)."""

    staff: Id
    roles: Roles
    team: Name
    shift_start_ms: Ms
    shift_end_ms: Ms


class StaffRostered(Body, frozen=True):
    """A person is on the roster."""

    staff: StaffId
    roles: tuple[Role, ...]
    team: str
    shift_start_ms: int
    shift_end_ms: int


class ChangeRolesArgs(Args, frozen=True):
    """All roles of a person from now on; an empty list takes every right away."""

    staff: Id
    roles: Annotated[tuple[Role, ...], Meta(max_length=10)]


class RolesChanged(Body, frozen=True):
    """A person's roles are these now."""

    staff: StaffId
    roles: tuple[Role, ...]


class AssignCrewArgs(Args, frozen=True):
    """A person and the place at the batch."""

    staff: Id
    post: Post = Post.HELPER


class CrewAssigned(Body, frozen=True):
    """A person works at the batch."""

    staff: StaffId
    post: Post


class ReleaseCrewArgs(Args, frozen=True):
    """Who leaves the batch."""

    staff: Id


class CrewReleased(Body, frozen=True):
    """A person left the batch."""

    staff: StaffId


class OpenSessionArgs(Args, frozen=True):
    """`offline`: the kiosk checked the PIN by itself."""

    offline: bool = False


class SessionOpened(Body, frozen=True):
    """Somebody signed in."""

    staff: StaffId
    offline: bool


class SessionClosed(Body, frozen=True):
    """Somebody signed out."""


def staff_subject(staff: str) -> str:
    """Subject of the events about a person."""
    return f"staff:{staff}"


def session_subject(session: str) -> str:
    """Subject of the events about a sign-in."""
    return f"session:{session}"


# ---- decide --------------------------------------------------------------------------------------


def _reserved(kitchen: Kitchen, taken: Taken, roles: tuple[Role, ...]) -> Refused | None:
    """Nobody is made SYSTEM or KIOSK, and only a Kepala SPPG or the server makes a Kepala SPPG."""
    for role in sorted(access.NOBODYS & frozenset(roles)):
        return Refused(RoleReserved(role))
    giver = kitchen.roles_of(taken.command.actor)
    if Role.KEPALA in roles and not giver & {Role.KEPALA, Role.SYSTEM}:
        return Refused(RoleReserved(Role.KEPALA))
    return None


def decide_roster(kitchen: Kitchen, taken: Taken, args: RosterStaffArgs) -> Decision:
    """Put a person on the roster, or change team, shift and roles."""
    if args.shift_end_ms < args.shift_start_ms:
        return Refused(BadArgs("shift_end_ms"))
    if args.staff == SYSTEM:
        return Refused(RoleReserved(Role.SYSTEM))
    known = kitchen.staff.get(StaffId(args.staff))
    before = known.roles if known is not None else ()
    if reserved := _reserved(kitchen, taken, (*args.roles, *before)):
        return reserved
    facts: tuple[Fact, ...] = ()
    body = StaffRostered(
        StaffId(args.staff), args.roles, args.team, args.shift_start_ms, args.shift_end_ms
    )
    if known is not None:
        here = (known.team, known.shift_start_ms, known.shift_end_ms)
        same = set(known.roles) == set(args.roles)
        if same and here == (args.team, args.shift_start_ms, args.shift_end_ms):
            return Already()
        if not same:
            changed = RolesChanged(known.id, args.roles)
            facts = (Fact("roles_changed", staff_subject(known.id), changed),)
    return Accepted((*facts, Fact("staff_rostered", staff_subject(args.staff), body)))


def decide_roles(kitchen: Kitchen, taken: Taken, args: ChangeRolesArgs) -> Decision:
    """Give a person other roles; a Kepala SPPG is changed only by one, or by the server."""
    known = kitchen.staff.get(StaffId(args.staff))
    if known is None:
        return Refused(UnknownStaff(args.staff))
    if reserved := _reserved(kitchen, taken, (*args.roles, *known.roles)):
        return reserved
    if set(known.roles) == set(args.roles):
        return Already()
    body = RolesChanged(StaffId(args.staff), args.roles)
    return Accepted((Fact("roles_changed", staff_subject(args.staff), body),))


def decide_assign(kitchen: Kitchen, taken: Taken, args: AssignCrewArgs) -> Decision:
    """Put a person at a batch; the later of two leads stays, the other gets a notice."""
    batch = find(kitchen, taken.command.subject)
    if isinstance(batch, UnknownBatch):
        return Refused(batch)
    blocks: list[AnyRefusal] = list(over_block(batch))
    if StaffId(args.staff) not in kitchen.staff:
        blocks.append(UnknownStaff(args.staff))
    if blocks:
        return refuse_all(tuple(blocks))
    if any((each.staff, each.post) == (args.staff, args.post) for each in present(batch.crew)):
        return Already()
    body = CrewAssigned(StaffId(args.staff), args.post)
    return Accepted((Fact("crew_assigned", batch.id, body),))


def decide_release(kitchen: Kitchen, taken: Taken, args: ReleaseCrewArgs) -> Decision:
    """Take a person from a batch; not being there is "already"."""
    batch = find(kitchen, taken.command.subject)
    if isinstance(batch, UnknownBatch):
        return Refused(batch)
    if all(each.staff != args.staff for each in present(batch.crew)):
        return Already()
    return Accepted((Fact("crew_released", batch.id, CrewReleased(StaffId(args.staff))),))


def decide_open(kitchen: Kitchen, taken: Taken, args: OpenSessionArgs) -> Decision:
    """Somebody of the roster signed in; the session's id is the command's session and subject."""
    tap = taken.command
    if tap.subject != session_subject(tap.session) or not tap.session:
        return Refused(BadArgs("subject"))
    if tap.actor not in kitchen.staff:
        return Refused(UnknownStaff(tap.actor[:64]))
    known = kitchen.sessions.get(tap.session)
    if known is not None:
        if (known.staff, known.device) != (tap.actor, taken.device):
            return Refused(SessionTaken(tap.session[:64]))
        # Not "already": whoever heard that would tap on, and every tap would be refused.
        return Already() if known.closed_ms is None else Refused(NoSession(tap.session[:64]))
    body = SessionOpened(tap.actor, args.offline)
    return Accepted((Fact("session_opened", tap.subject, body),))


def decide_close(kitchen: Kitchen, taken: Taken, args: NoArgs) -> Decision:  # noqa: ARG001 - the subject says it all
    """End the session of this command, or of one's own on the same kiosk; ended already is
    "already".
    """
    tap = taken.command
    session = kitchen.sessions.get(SessionId(tap.subject.partition(":")[2]))
    if session is None or tap.subject != session_subject(session.id):
        return Refused(BadArgs("subject"))
    if session.device != taken.device and not kitchen.roles_of(tap.actor) & access.KEEPERS:
        return Refused(SessionTaken(session.id))
    if session.closed_ms is not None:
        return Already()
    return Accepted((Fact("session_closed", tap.subject, SessionClosed()),))


# ---- evolve --------------------------------------------------------------------------------------


def _put_staff(kitchen: Kitchen, staff: Staff) -> Kitchen:
    return msgspec.structs.replace(kitchen, staff={**kitchen.staff, staff.id: staff})


def evolve_rostered(kitchen: Kitchen, event: Event, data: StaffRostered) -> Kitchen:  # noqa: ARG001 - one shape
    """The person is on the roster."""
    known = kitchen.staff.get(data.staff)
    former = known.former if known is not None else ()
    return _put_staff(
        kitchen,
        Staff(data.staff, data.roles, data.team, data.shift_start_ms, data.shift_end_ms, former),
    )


def evolve_roles(kitchen: Kitchen, event: Event, data: RolesChanged) -> Kitchen:
    """New roles; the old ones are kept for taps made before (conflict table, last row)."""
    known = kitchen.staff.get(data.staff)
    if known is None:
        return kitchen
    former = (*known.former, Former(known.roles, event.at.earliest_ms))[-FORMER_KEPT:]
    return _put_staff(kitchen, msgspec.structs.replace(known, roles=data.roles, former=former))


def evolve_assigned(kitchen: Kitchen, event: Event, data: CrewAssigned) -> Kitchen:
    """The person stands at the batch; a displaced lead gets a notice."""
    batch = find(kitchen, event.subject)
    if isinstance(batch, UnknownBatch):
        return kitchen
    now_ms = event.at.earliest_ms
    displaced: StaffId | None = None
    crew: list[Assignment] = []
    for each in batch.crew:
        leads = each.post is Post.LEAD and data.post is Post.LEAD
        if each.until_ms is None and (each.staff == data.staff or leads):
            displaced = each.staff if each.staff != data.staff else displaced
            each = msgspec.structs.replace(each, until_ms=max(now_ms, each.since_ms))  # noqa: PLW2901
        crew.append(each)
    crew.append(Assignment(data.staff, data.post, event.actor, now_ms))
    batch = msgspec.structs.replace(
        batch, crew=tuple(crew), journal=journal(batch, event, f"{data.post} {data.staff}")
    )
    kitchen = put(kitchen, batch)
    return kitchen if displaced is None else add_notice(kitchen, event, displaced, "crew_displaced")


def evolve_released(kitchen: Kitchen, event: Event, data: CrewReleased) -> Kitchen:
    """The person left; the time stays for the figures."""
    batch = find(kitchen, event.subject)
    if isinstance(batch, UnknownBatch):
        return kitchen
    crew = tuple(
        msgspec.structs.replace(each, until_ms=max(event.at.earliest_ms, each.since_ms))
        if each.staff == data.staff and each.until_ms is None
        else each
        for each in batch.crew
    )
    return put(
        kitchen,
        msgspec.structs.replace(batch, crew=crew, journal=journal(batch, event, data.staff)),
    )


def _put_session(kitchen: Kitchen, session: Session) -> Kitchen:
    return msgspec.structs.replace(kitchen, sessions={**kitchen.sessions, session.id: session})


def evolve_opened(kitchen: Kitchen, event: Event, data: SessionOpened) -> Kitchen:
    """Signed in."""
    return _put_session(
        kitchen,
        Session(event.session, data.staff, event.device, event.at.earliest_ms, data.offline),
    )


def evolve_closed(kitchen: Kitchen, event: Event, data: SessionClosed) -> Kitchen:  # noqa: ARG001 - an empty body
    """Signed out."""
    session = kitchen.sessions.get(SessionId(event.subject.partition(":")[2]))
    if session is None:
        return kitchen
    closed = msgspec.structs.replace(session, closed_ms=event.at.latest_ms)
    return _put_session(kitchen, closed)


def present(crew: tuple[Assignment, ...]) -> tuple[Assignment, ...]:
    """Who stands at a batch now."""
    return tuple(each for each in crew if each.until_ms is None)


COMMANDS: dict[str, CommandRule] = {
    "roster_staff": command(RosterStaffArgs, decide_roster, access.KEEPERS, needs_step_up=True),
    "change_roles": command(ChangeRolesArgs, decide_roles, access.KEEPERS, needs_step_up=True),
    "assign_crew": command(AssignCrewArgs, decide_assign, access.ROSTERERS),
    "release_crew": command(ReleaseCrewArgs, decide_release, access.ROSTERERS),
    "open_session": command(OpenSessionArgs, decide_open, frozenset(Role)),
    "close_session": command(NoArgs, decide_close, frozenset(Role)),
}
EVENTS: dict[str, EventRule] = {
    "staff_rostered": event(StaffRostered, evolve_rostered),
    "roles_changed": event(RolesChanged, evolve_roles),
    "crew_assigned": event(CrewAssigned, evolve_assigned),
    "crew_released": event(CrewReleased, evolve_released),
    "session_opened": event(SessionOpened, evolve_opened),
    "session_closed": event(SessionClosed, evolve_closed),
}
