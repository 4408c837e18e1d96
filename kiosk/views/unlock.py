"""A chief's PIN that lets a locked person try again: who may, and what came of it; it lifts nothing itself."""

from __future__ import annotations

from collections.abc import Callable

from typing_extensions import override

from dapur.access import CHIEFS
from dapur.ids import StaffId
from kiosk.pins import SignIn
from kiosk.unlock import Unlocked
from kiosk.views.ask_pin import Ask, AskView
from kiosk.views.floor import Floor
from kiosk.views.signing import Signing, problem_text


class UnlockSigning(Signing):
    """A chief's signature under letting `locked` try again; `done` hears that it is done."""

    def __init__(self, floor: Floor, locked: StaffId, done: Callable[[Unlocked], None]) -> None:
        self._locked = locked
        self._done = done
        super().__init__(floor, CHIEFS)

    @override
    def candidates(self) -> tuple[StaffId, ...]:
        """Chiefs, the present ones first; nobody unlocks the own PIN."""
        return tuple(who for who in super().candidates() if who != self._locked)

    @override
    def check(self, pin: str) -> None:
        """Six digits are there: they go with the act."""
        chief = self.signer
        if chief is None or self.checking:
            return
        self.checking = True
        self.changed.emit()
        self.floor.people.unlocking.ask(chief, pin, self._locked, self._on_unlocked)

    def _on_unlocked(self, unlocked: Unlocked) -> None:
        self.checking = False
        self.filled = 0
        self._problem = self._why_not(unlocked)
        self.changed.emit()
        if unlocked.done:
            self._done(unlocked)

    def _why_not(self, unlocked: Unlocked) -> str:
        if unlocked.check.state is not SignIn.OK:
            return problem_text(self.floor, unlocked.check)
        if unlocked.refusal is not None:
            return self.floor.refusal(unlocked.refusal).sentence
        return self.floor.words("toast.disk") if unlocked.disk else ""


def chiefs(floor: Floor, locked: StaffId) -> bool:
    """Whether somebody on the roster may unlock this person."""
    return any(who != locked and floor.kitchen.may(who, CHIEFS) for who in floor.kitchen.staff)


def ask_unlock(floor: Floor, locked: StaffId, done: Callable[[], None]) -> AskView:
    """The sheet for one locked person; `done` once the person may try again."""
    words, name = floor.words, floor.name_of(locked)

    def on_unlocked(unlocked: Unlocked) -> None:
        key = "signin.unlocked_all" if unlocked.at_server else "signin.unlocked_here"
        floor.tell("unlocked", words("signin.unlocked", name=name), words(key), tone="ok")
        done()
        view.finish()

    ask = Ask(
        words("signin.unlock_title", name=name),
        "",
        "key-round",
        (words("signin.unlock_what", name=name.split()[0]), words("signin.unlock_told")),
    )
    view = AskView(floor, ask, UnlockSigning(floor, locked, on_unlocked))
    return view
