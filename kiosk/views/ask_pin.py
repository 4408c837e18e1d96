"""A weighty act that a chief signs with a PIN: what it is, who signs, what came back; the PIN is never kept."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QObject
from typing_extensions import override

from dapur.access import CHIEFS, Role
from dapur.envelope import StepUp
from dapur.ids import StaffId
from dapur.wire.queries import QueryCode, tries_of, until_of
from kiosk.link.errors import NotOnline, QueryFailed, Refused
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import ButtonLook, OptionLook, SheetLook
from kiosk.views.signing import Signing

Request = Callable[[StaffId, str], tuple[str, msgspec.Struct]]
"""From who signs and the six digits to the query's name and arguments."""
Answered = Callable[[msgspec.Raw], None]
Tapped = Callable[[StaffId, StepUp], bool]
"""Does the act; False when it was refused, and the person was told why."""
_CODES = frozenset(QueryCode)


class QuerySigning(Signing):
    """A signature that the server checks together with the act it is for."""

    def __init__(
        self,
        floor: Floor,
        request: Request,
        answered: Answered,
        *,
        roles: frozenset[Role] = CHIEFS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(floor, roles, parent)
        self._request: Request | None = request
        self._answered = answered
        self._asked = 0

    @override
    def check(self, pin: str) -> None:
        """Send the act with the PIN; nothing of it is kept here."""
        who = self.signer
        if who is None or self.checking or self._request is None:
            return
        self.checking = True
        self._asked += 1
        asked = self._asked
        self.changed.emit()

        def done(answer: msgspec.Raw | QueryFailed) -> None:
            if asked == self._asked:
                self._on_answer(answer)

        name, args = self._request(who, pin)
        self.floor.people.link.ask(name, args, done)

    def give_up(self) -> None:
        """Nobody waits for the answer any more; what the request holds (a new PIN) goes."""
        self._asked += 1
        self._request = None
        self.checking = False
        self.filled = 0

    def _on_answer(self, answer: msgspec.Raw | QueryFailed) -> None:
        self.checking = False
        self.filled = 0
        if isinstance(answer, QueryFailed):
            self._problem = failure_text(self.floor, answer)
            self.changed.emit()
            return
        self._problem = ""
        self._request = None
        self._answered(answer)
        self.changed.emit()


def failure_text(floor: Floor, failed: QueryFailed) -> str:
    """Why the server did not do it, in words."""
    words = floor.words
    if not isinstance(failed, Refused):
        return words("ask.offline" if isinstance(failed, NotOnline) else "ask.no_answer")
    if failed.code == QueryCode.PIN_WRONG:
        tries, limit = tries_of(failed.detail)
        return words("signin.wrong", n=tries, limit=limit)
    until_ms = until_of(failed.detail)
    if failed.code == QueryCode.PIN_LOCKED and until_ms is not None:
        return words("signin.locked", left=floor.span(max(0, until_ms - floor.now_ms)))
    return words(f"ask.{failed.code}" if failed.code in _CODES else "ask.no_answer")


class Ask(msgspec.Struct, frozen=True):
    """What will be done. `consent` names the act; it must be tapped before the PIN counts."""

    title: str
    subtitle: str = ""
    icon: str = "key-round"
    lines: tuple[str, ...] = ()
    consent: str = ""


class AskView(ViewModel):
    """One asking; `done` once the act is done."""

    def __init__(self, floor: Floor, ask: Ask, signing: Signing) -> None:
        super().__init__(floor)
        self.ask, self.signing = ask, signing
        signing.setParent(self)
        signing.changed.connect(self.changed)
        self.done = False
        self._consented = not ask.consent

    def consent(self, _key: str = "") -> None:
        """The named act was tapped."""
        self._consented = not self._consented
        self.changed.emit()

    @property
    def may_sign(self) -> bool:
        """Whether a PIN counts yet."""
        return self._consented

    def finish(self) -> None:
        """The act is done; the sheet may go."""
        self.done = True
        self.changed.emit()

    def leave(self) -> None:
        """The sheet was closed before the end."""
        if isinstance(self.signing, QuerySigning):
            self.signing.give_up()

    def sheet(self) -> SheetLook:
        """Head and the way out."""
        words, ask = self.words, self.ask
        return SheetLook(
            ask.title,
            ask.subtitle,
            ask.icon,
            words("act.close"),
            ButtonLook("cancel", words("act.cancel"), "", "outlined"),
        )

    def options(self) -> tuple[OptionLook, ...]:
        """The tile that names a destructive act."""
        if not self.ask.consent:
            return ()
        return (
            OptionLook("consent", self.ask.consent, "triangle-alert", self._consented, kind="many"),
        )


def ask_query(
    floor: Floor, ask: Ask, request: Request, answered: Answered, *, roles: frozenset[Role] = CHIEFS
) -> AskView:
    """An act that the server does with the PIN; `answered` gets its reply."""

    def on_answer(raw: msgspec.Raw) -> None:
        answered(raw)
        view.finish()

    view = AskView(floor, ask, QuerySigning(floor, request, on_answer, roles=roles))
    return view


def ask_tap(
    floor: Floor,
    ask: Ask,
    act: Tapped,
    *,
    roles: frozenset[Role] = CHIEFS,
    only: StaffId | None = None,
) -> AskView:
    """An act that is a tap with a fresh PIN, of `only` this person if given; it works offline too."""
    view = AskView(floor, ask, Signing(floor, roles, only=only))

    def on_signed(who: str, step_up: object) -> None:
        if isinstance(step_up, StepUp) and act(StaffId(who), step_up):
            view.finish()

    view.signing.signed.connect(on_signed)
    return view
