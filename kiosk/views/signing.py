"""Signing a weighty decision: who may, the PIN, and what the check said; shared by check, release and discard."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from dapur.access import Role
from dapur.ids import StaffId
from kiosk.pins import SignIn, SignInResult
from kiosk.views.floor import Floor
from kiosk.views.looks import Actor, KeyPadLook
from kiosk.views.naming import role_text

PROBLEMS: dict[SignIn, str] = {
    SignIn.NOT_HERE: "signin.not_here",
    SignIn.NO_PIN: "signin.no_pin",
    SignIn.EXPIRED: "signin.expired",
    SignIn.UNAVAILABLE: "signin.unavailable",
    SignIn.REFUSED: "signin.refused",
}
"""What a PIN check says that was neither right, wrong nor locked."""


class Signing(QObject):
    """One signature being made. `signed` carries who and the fresh PIN check."""

    changed = Signal()
    signed = Signal(str, object)

    def __init__(
        self,
        floor: Floor,
        roles: frozenset[Role],
        parent: QObject | None = None,
        *,
        only: StaffId | None = None,
    ) -> None:
        """`only`: nobody else can sign it, since the act is this person's own."""
        super().__init__(parent)
        self.floor = floor
        self._roles = roles
        self._only = only
        self._signer: StaffId | None = None
        self._problem = ""
        self.checking = False
        self.filled = 0
        self.choose_default()

    def choose_default(self) -> None:
        """The actor if entitled, else the first signed-in person who is, else any entitled person."""
        people = self.candidates()
        self._signer = people[0] if people else None

    def candidates(self) -> tuple[StaffId, ...]:
        """Entitled people: the actor first, then who is signed in here, then the rest of the roster."""
        if self._only is not None:
            return tuple(self._entitled((self._only,)))
        session = self.floor.people.session
        here: list[StaffId] = [
            who for who in (session.actor, *session.signed_in) if who is not None
        ]
        staff = self.floor.kitchen.staff
        # The nutritionist signs by custom (kitchen.md 1.3); the others after, by name.
        rest = sorted(
            staff,
            key=lambda who: (Role.AHLI_GIZI not in staff[who].roles, self.floor.name_of(who)),
        )
        return tuple(dict.fromkeys(who for who in self._entitled((*here, *rest))))

    def _entitled(self, people: Iterable[StaffId]) -> Iterable[StaffId]:
        return (who for who in people if self.floor.kitchen.roles_of(who) & self._roles)

    @property
    def signer(self) -> StaffId | None:
        """Who signs."""
        return self._signer

    def next_signer(self) -> None:
        """Another entitled person."""
        people = self.candidates()
        if people:
            at = people.index(self._signer) if self._signer in people else -1
            self._signer = people[(at + 1) % len(people)]
            self._problem = ""
            self.changed.emit()

    def typed(self, count: int) -> None:
        """So many digits stand."""
        self.filled = count
        self._problem = "" if count else self._problem
        self.changed.emit()

    def check(self, pin: str) -> None:
        """Six digits are there: check them; `signed` follows when they are right."""
        if self._signer is None or self.checking:
            return
        self.checking = True
        self.changed.emit()
        self.floor.check_pin(self._signer, pin, self._checked)

    def _checked(self, result: SignInResult) -> None:
        self.checking = False
        self.filled = 0
        signer = self._signer
        if result.state is SignIn.OK and signer is not None and result.step_up is not None:
            self._problem = ""
            self.changed.emit()
            self.signed.emit(signer, result.step_up)
            return
        self._problem = problem_text(self.floor, result)
        self.changed.emit()

    # ---- looks ------------------------------------------------------------------------------

    def person(self) -> Actor | None:
        """Who signs, for the panel."""
        if self._signer is None:
            return None
        floor = self.floor
        return Actor(self._signer, floor.initials_of(self._signer), floor.name_of(self._signer))

    def role(self) -> str:
        """The signer's role in words."""
        return role_text(self.floor, self._signer) if self._signer else ""

    def prompt(self) -> str:
        """What to do, or what went wrong."""
        if self._signer is None:
            return self.floor.words("qc.need_signer")
        if self.checking:
            return self.floor.words("signin.checking")
        return self._problem or self.floor.words("qc.signer")

    @property
    def wrong(self) -> bool:
        """Whether the prompt tells a problem."""
        return bool(self._problem)

    def pad(self) -> KeyPadLook:
        """The keys."""
        words = self.floor.words
        return KeyPadLook(
            words("act.clear"),
            words("act.delete"),
            enabled=not self.checking and bool(self._signer),
        )


def problem_text(floor: Floor, result: SignInResult) -> str:
    """What a failed PIN check says."""
    words = floor.words
    if result.state is SignIn.WRONG:
        return words("signin.wrong", n=result.tries, limit=result.limit)
    if result.state is SignIn.LOCKED:
        if result.until_ms is None:
            return words("signin.locked_long")
        return words("signin.locked", left=floor.span(max(0, result.until_ms - floor.now_ms)))
    return words(PROBLEMS.get(result.state, "signin.failed"))
