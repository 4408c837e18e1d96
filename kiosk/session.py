"""Who is signed in on this kiosk and who taps now; sessions go through the desk like any tap."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from uuid import uuid4

import msgspec

from dapur.crew import OpenSessionArgs, session_subject
from dapur.envelope import StepUp
from dapur.ids import SessionId, StaffId
from dapur.rule import NoArgs
from kiosk.clock import KioskTime
from kiosk.desk import Answer, Desk, DiskRefused, WouldBeRefused
from kiosk.local.mirror import Mirror
from kiosk.pins import PinCheck, SignIn, SignInResult

__all__ = ["Sessions", "SignIn", "SignInResult"]

IDLE_MS = 10 * 60_000
"""Nobody touched the kiosk for so long: its actors are locked (screens.md 7)."""
MARGIN_MS = 5_000
"""A better clock sample may pull our time back a little; a step-up must not lie in its future."""
OFTEN_KEPT = 12
_OFTEN = "often"

_log = logging.getLogger(__name__)

Done = Callable[[SignInResult], None]


class Sessions:
    """One for a kiosk. Several people are signed in, one of them is the actor.

    A lock or a restart keeps sessions open in the kitchen but asks for the PIN again; the session
    then goes on. Taps that wait are never touched by a sign-out.
    """

    def __init__(self, desk: Desk, mirror: Mirror, time: KioskTime, pins: PinCheck) -> None:
        self._desk = desk
        self._mirror = mirror
        self._time = time
        self._pins = pins
        self._present: dict[StaffId, SessionId] = {}
        self._actor: StaffId | None = None
        self._touched_ms = time.mono_ms()
        self._listeners: list[Callable[[], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    # ---- who --------------------------------------------------------------------------------

    @property
    def actor(self) -> StaffId | None:
        """Who taps now; None when nobody is signed in or the kiosk is locked."""
        return self._actor

    @property
    def signed_in(self) -> tuple[StaffId, ...]:
        """Who may become the actor with one tap, longest here first."""
        return tuple(self._present)

    def session_of(self, staff: StaffId) -> SessionId | None:
        """The session that this person's taps carry."""
        return self._present.get(staff)

    def often(self) -> tuple[StaffId, ...]:
        """Who signed in on this kiosk lately, last first."""
        names = self._mirror.store.noted(_OFTEN)
        return tuple(StaffId(name) for name in names.split("\n") if name)

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Hear when people or actor change; call what comes back to hear no more."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # ---- what people do -----------------------------------------------------------------------

    async def sign_in(self, staff: StaffId, pin: str) -> SignInResult:
        """Check the PIN and, when it is right, make this person the actor."""
        result = await self._pins.check(staff, pin, signing_in=True)
        if result.state is not SignIn.OK:
            return result
        try:
            refused = self._enter(staff, online=result.online)
        except DiskRefused as error:
            return SignInResult(SignIn.UNAVAILABLE, detail=str(error))
        if refused is not None:
            code = type(refused.refusal).__name__
            return SignInResult(SignIn.REFUSED, online=result.online, detail=code)
        return self._signed(result)

    async def step_up(self, staff: StaffId, pin: str) -> SignInResult:
        """Check the PIN again for a weighty decision: `step_up` of the result goes into the tap.

        Somebody who only signs (and does not take over the kiosk) gets a session too, since every
        tap carries one; the actor stays who it was.
        """
        result = await self._pins.check(staff, pin, signing_in=staff not in self._present)
        if result.state is not SignIn.OK:
            return result
        before = self._actor
        if staff not in self._present:
            try:
                refused = self._enter(staff, online=result.online)
            except DiskRefused as error:
                return SignInResult(SignIn.UNAVAILABLE, detail=str(error))
            if refused is not None:
                code = type(refused.refusal).__name__
                return SignInResult(SignIn.REFUSED, online=result.online, detail=code)
            self._actor = before or staff
        self.touched()
        return self._signed(result)

    def ask_sign_in(self, staff: StaffId, pin: str, done: Done) -> None:
        """`sign_in` for callers that cannot wait; `done` is called once, later."""
        self._spawn(self.sign_in(staff, pin), done)

    def ask_step_up(self, staff: StaffId, pin: str, done: Done) -> None:
        """`step_up` for callers that cannot wait; `done` is called once, later."""
        self._spawn(self.step_up(staff, pin), done)

    def act_as(self, staff: StaffId) -> bool:
        """Make a signed-in person the actor; False when the PIN is needed first."""
        if staff not in self._present:
            return False
        self._actor = staff
        self.touched()
        self._tell()
        return True

    def sign_out(self, staff: StaffId) -> Answer | None:
        """End this person's session; what they tapped stays and is sent. Raises DiskRefused."""
        session = self._present.get(staff)
        if session is None:
            return None
        try:
            return self._desk.tap(
                "close_session", session_subject(session), NoArgs(), actor=staff, session=session
            )
        finally:
            # Also with a full disk: nobody else may tap in this person's name.
            self._leave(staff)
            self._tell()

    def sign_out_all(self) -> int:
        """End every session of this kiosk; what they tapped stays and is sent. How many people were here.

        Also those that a lock or a restart left open in the kitchen: nobody could end them here else.
        Raises DiskRefused; everybody is out all the same.
        """
        ours = [
            session
            for session in self._mirror.shown.sessions.values()
            if session.device == self._mirror.device and session.closed_ms is None
        ]
        here = len(self._present)
        try:
            for session in ours:
                self._desk.tap(
                    *("close_session", session_subject(session.id), NoArgs()),
                    actor=session.staff,
                    session=session.id,
                )
        finally:
            self.lock()
        return here

    def lock(self) -> None:
        """Ask everybody for the PIN again."""
        self._present.clear()
        self._actor = None
        self._tell()

    def touched(self) -> None:
        """Somebody is at the kiosk."""
        self._touched_ms = self._time.mono_ms()

    def tick(self) -> None:
        """Lock when nobody was here for ten minutes; call about once a second.

        What the server ended is noticed here too: asking for `shown` at every change would fold a
        long outbox anew for each of its receipts.
        """
        self._prune()
        if self._present and self._time.mono_ms() - self._touched_ms >= IDLE_MS:
            self.lock()

    async def close(self) -> None:
        """End of the kiosk: no check goes on."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ---- inside -----------------------------------------------------------------------------

    def _enter(self, staff: StaffId, *, online: bool) -> WouldBeRefused | None:
        session = self._open_session(staff)
        if session is None:
            session = SessionId(uuid4().hex)
            answer = self._desk.tap(
                "open_session",
                session_subject(session),
                OpenSessionArgs(offline=not online),
                actor=staff,
                session=session,
            )
            if isinstance(answer, WouldBeRefused):
                return answer
        self._present[staff] = session
        self._actor = staff
        self._remember(staff)
        self.touched()
        self._tell()
        return None

    def _open_session(self, staff: StaffId) -> SessionId | None:
        """A session of this person here that nobody ended: from before a lock or a restart."""
        for session in self._mirror.shown.sessions.values():
            ours = session.device == self._mirror.device and session.staff == staff
            if ours and session.closed_ms is None:
                return session.id
        return None

    def _signed(self, result: SignInResult) -> SignInResult:
        at_ms = self._time.occurred().latest_ms - MARGIN_MS
        return msgspec.structs.replace(result, step_up=StepUp(at_ms, online=result.online))

    def _prune(self) -> None:
        """Sessions that were ended elsewhere, or that the server refused, end here."""
        shown = self._mirror.shown.sessions
        gone = [
            staff
            for staff, session in self._present.items()
            if session not in shown or shown[session].closed_ms is not None
        ]
        for staff in gone:
            _log.info("the session of %s was ended", staff)
            self._leave(staff)
        if gone:
            self._tell()

    def _leave(self, staff: StaffId) -> None:
        self._present.pop(staff, None)
        if self._actor == staff:
            self._actor = None

    def _remember(self, staff: StaffId) -> None:
        names = [staff, *(name for name in self.often() if name != staff)][:OFTEN_KEPT]
        try:
            self._mirror.store.note(**{_OFTEN: "\n".join(names)})
        except DiskRefused as error:
            _log.info("who was here is not kept: %s", error)

    def _spawn(self, work: Coroutine[None, None, SignInResult], done: Done) -> None:
        async def run() -> None:
            done(await work)

        task = asyncio.get_running_loop().create_task(run(), name="PIN check")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()
