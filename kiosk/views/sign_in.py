"""Signing in and out: who, six digits, what the check said, who is locked out; texts and taps, it checks no PIN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from dapur.ids import StaffId
from dapur.pin import Locked
from kiosk.pins import SignIn, SignInResult
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import Actor, ButtonLook, KeyPadLook, LockoutLook, PersonLook, StripLook
from kiosk.views.naming import role_text
from kiosk.views.signing import problem_text
from kiosk.views.unlock import ask_unlock, chiefs

if TYPE_CHECKING:
    from kiosk.views.ask_pin import AskView

ALL = ""
UNLOCK, OTHER = "unlock", "other"


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

    def sign_out_all(self) -> None:
        """End every session of this kiosk; taps stay."""
        self._problem, self._person = None, None
        self.floor.sign_out_all()
        self.changed.emit()

    def unlock(self) -> AskView | None:
        """The sheet on which a chief lets the locked person try again; None when nobody is locked."""
        if self._person is None or self._lock() is None:
            return None
        return ask_unlock(self.floor, self._person, self.unlocked)

    def unlocked(self) -> None:
        """The chosen person may try again."""
        self._problem = None
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
        if self._problem is not None and self.wrong:
            return problem_text(self.floor, self._problem)
        return self.words("signin.pin" if self._person else "signin.choose")

    @property
    def wrong(self) -> bool:
        """Whether the prompt tells a problem; a lock-out that is over is none."""
        problem = self._problem
        if problem is not None and problem.state is SignIn.LOCKED:
            return self._lock() is not None
        return problem is not None

    def lockout(self) -> LockoutLook | None:
        """Why the chosen person may not try, and for how long; also right after a restart."""
        lock = self._lock()
        if lock is None or self._person is None:
            return None
        words, name = self.words, self.floor.name_of(self._person)
        for_good = lock.until_ms is None
        buttons = [ButtonLook(OTHER, words("signin.other"), "users", "outlined")]
        if chiefs(self.floor, self._person):
            buttons.insert(0, ButtonLook(UNLOCK, words("signin.unlock"), "key-round", "tonal"))
        return LockoutLook(
            title=words("signin.locked_person", name=name),
            clock="" if for_good else self.floor.span(self._left_ms(lock)),
            detail=words("signin.locked_ask" if for_good else "signin.locked_why"),
            note=words("signin.locked_safe", name=name.split()[0]),
            buttons=tuple(buttons),
        )

    def _lock(self) -> Locked | None:
        """Of the chosen person: as kept, or for good as the last check said."""
        if self._person is None:
            return None
        said = self._problem
        if said is not None and said.state is SignIn.LOCKED and said.until_ms is None:
            return Locked(None)
        return self.floor.people.locks.of(self._person)

    def _left_ms(self, lock: Locked) -> int:
        return max(0, (lock.until_ms or 0) - self.floor.now_ms)

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
        lock = self.floor.people.locks.of(staff)
        if lock is not None and not here:
            return self._locked_look(staff, lock)
        return PersonLook(
            key=staff,
            initials=self.floor.initials_of(staff),
            name=self.floor.name_of(staff),
            detail=role_text(self.floor, staff),
            state="signed_in" if here else "normal",
            chosen=staff == self._person,
            state_name=self.words("signin.here") if here else "",
        )

    def _locked_look(self, staff: StaffId, lock: Locked) -> PersonLook:
        words, floor = self.words, self.floor
        said = words("signin.locked_now")
        if lock.until_ms is not None:
            said = words("signin.locked", left=floor.span(self._left_ms(lock)))
        return PersonLook(
            key=staff,
            initials=floor.initials_of(staff),
            name=floor.name_of(staff),
            detail=said,
            state="locked",
            chosen=staff == self._person,
        )

    def here(self) -> tuple[Actor, ...]:
        """Who is signed in on this kiosk, who taps now first: a narrow window has no room for all."""
        floor = self.floor
        people = sorted(floor.people.session.signed_in, key=lambda staff: staff != floor.actor)
        return tuple(
            Actor(staff, floor.initials_of(staff), floor.name_of(staff)) for staff in people
        )

    def out_button(self, actor: Actor) -> ButtonLook:
        """Signs one person out."""
        text = self.words("signin.out_one", name=self.floor.short_name(StaffId(actor.key)))
        return ButtonLook(actor.key, text, "log-out", "neutral")

    def all_out_button(self) -> ButtonLook:
        """Signs everybody out."""
        return ButtonLook("all", self.words("signin.all_out_now"), "door-open", "outlined")

    def offline(self) -> StripLook | None:
        """That the PIN is checked by this kiosk alone, and from when people and rights are."""
        floor, words = self.floor, self.words
        if floor.status.state == "online":
            return None
        # Whatever the server last said, it said of the whole list: changes come with the log.
        heard_ms = max(floor.status.last_heard_ms or 0, floor.people.people.heard_ms)
        detail = words("signin.list_never")
        if heard_ms:
            age = floor.ago(max(0, floor.now_ms - heard_ms))
            detail = words("signin.list_from", at=floor.clock(heard_ms), age=age)
        return StripLook(words("signin.offline"), detail)
