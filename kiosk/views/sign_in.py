"""Signing in: who, six digits, what the check said; online by the server, offline by what this kiosk keeps."""

from __future__ import annotations

from PySide6.QtCore import Signal

from dapur.ids import StaffId
from kiosk.pins import SignIn, SignInResult
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import Actor, ButtonLook, KeyPadLook, LockoutLook, PersonLook, StripLook
from kiosk.views.naming import role_text
from kiosk.views.signing import problem_text

ALL = ""


class SignInView(ViewModel):
    """Teams left, people in the middle, PIN right."""

    signed_in = Signal()

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self._team = ALL
        self._person: StaffId | None = None
        self._checking = False
        self._problem: SignInResult | None = None
        self.filled = 0

    # ---- taps -------------------------------------------------------------------------------

    def choose_team(self, team: str) -> None:
        """Show this team; empty for all."""
        self._team = team
        self.changed.emit()

    def choose_person(self, person: str) -> None:
        """Who signs in; one who is signed in here already becomes the actor at once."""
        staff = StaffId(person)
        self._problem = None
        if staff in self.floor.people.session.signed_in:
            self.floor.people.session.act_as(staff)
            self._person = None
            self.signed_in.emit()
            return
        self._person = staff
        self.changed.emit()

    def typed(self, count: int) -> None:
        """So many digits stand."""
        self.filled = count
        if count:
            self._problem = None
        self.changed.emit()

    def enter(self, pin: str) -> None:
        """The sixth digit came."""
        if self._person is None or self._checking:
            return
        self._checking = True
        self.changed.emit()
        self.floor.sign_in(self._person, pin, self._on_checked)

    def sign_out(self, person: str) -> None:
        """End this person's session; taps stay."""
        self.floor.sign_out(StaffId(person))
        self.changed.emit()

    def _on_checked(self, result: SignInResult) -> None:
        self._checking = False
        self.filled = 0
        if result.state is SignIn.OK:
            self._person, self._problem = None, None
            self.changed.emit()
            self.signed_in.emit()
            return
        self._problem = result
        self.changed.emit()

    # ---- looks ------------------------------------------------------------------------------

    @property
    def person(self) -> Actor | None:
        """Who was chosen."""
        who = self._person
        if who is None:
            return None
        return Actor(who, self.floor.initials_of(who), self.floor.name_of(who))

    def person_role(self) -> str:
        """Role of who was chosen."""
        return role_text(self.floor, self._person) if self._person else ""

    def prompt(self) -> str:
        """What to do, or what went wrong."""
        if self._checking:
            return self.words("signin.checking")
        if self._problem is not None:
            return problem_text(self.floor, self._problem)
        return self.words("signin.pin" if self._person else "signin.choose")

    @property
    def wrong(self) -> bool:
        """Whether the prompt tells a problem."""
        return self._problem is not None

    def lockout(self) -> LockoutLook | None:
        """The countdown of a locked person."""
        if self._problem is None or self._problem.state is not SignIn.LOCKED:
            return None
        left = (self._problem.until_ms or 0) - self.floor.now_ms
        if left <= 0:
            return None
        return LockoutLook(
            title=self.person.name if self.person else "",
            clock=self.floor.span(left),
            detail=self.words("signin.locked_long"),
            buttons=(ButtonLook("other", self.words("act.close"), "x", "outlined"),),
        )

    def leave_lockout(self) -> None:
        """Choose somebody else."""
        self._problem, self._person = None, None
        self.changed.emit()

    def pad(self) -> KeyPadLook:
        """The keys."""
        enabled = self._person is not None and not self._checking
        return KeyPadLook(self.words("act.clear"), self.words("act.delete"), enabled=enabled)

    def teams(self) -> tuple[tuple[str, str, int, bool], ...]:
        """Key, name, size and whether chosen."""
        staff = self.floor.kitchen.staff.values()
        names = sorted({member.team for member in staff})
        rows = [(ALL, self.words("signin.all"), len(self.floor.kitchen.staff), self._team == ALL)]
        for team in names:
            size = sum(1 for member in staff if member.team == team)
            rows.append((team, self.team_name(team), size, team == self._team))
        return tuple(rows)

    def team_name(self, team: str) -> str:
        """A team in words."""
        key = f"team.{team}"
        return self.words(key) if self.words.has(key) else team

    def people(self) -> tuple[PersonLook, ...]:
        """Who is often on this kiosk first, then by name."""
        floor = self.floor
        often = floor.people.session.often()
        members = [
            member
            for member in floor.kitchen.staff.values()
            if member.roles and (self._team in (ALL, member.team))
        ]
        rank = {staff: place for place, staff in enumerate(often)}
        members.sort(key=lambda member: (rank.get(member.id, 999), floor.name_of(member.id)))
        return tuple(self._look(member.id) for member in members)

    def _look(self, staff: StaffId) -> PersonLook:
        here = staff in self.floor.people.session.signed_in
        return PersonLook(
            key=staff,
            initials=self.floor.initials_of(staff),
            name=self.floor.name_of(staff),
            detail=role_text(self.floor, staff),
            state="signed_in" if here else "normal",
            chosen=staff == self._person,
            state_name=self.words("signin.here") if here else "",
        )

    def here(self) -> tuple[Actor, ...]:
        """Who is signed in on this kiosk."""
        floor = self.floor
        return tuple(
            Actor(staff, floor.initials_of(staff), floor.name_of(staff))
            for staff in floor.people.session.signed_in
        )

    def offline(self) -> StripLook | None:
        """That the PIN is checked by this kiosk alone."""
        if self.floor.status.state == "online":
            return None
        return StripLook(self.words("signin.offline"), self.words("signin.keeps"))
