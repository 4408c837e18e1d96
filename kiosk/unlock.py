"""A chief lets a locked person try again, on the spot: a tap for the log, then the counters; it knows no counter."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import msgspec

from dapur.crew import staff_subject
from dapur.envelope import StepUp
from dapur.ids import StaffId
from dapur.refusal import NoSession, Refusal
from dapur.unlock import UnlockStaffArgs
from dapur.wire.queries import UNLOCK, UnlockArgs
from kiosk.desk import Desk, DiskRefused, Tapped
from kiosk.link.errors import QueryFailed
from kiosk.link.link import Link
from kiosk.locks import Locks
from kiosk.pins import SignIn, SignInResult
from kiosk.session import Sessions

ASK_S = 5.0
"""As long as a PIN check may take; after this only this kiosk is unlocked."""

_log = logging.getLogger(__name__)


class Unlocked(msgspec.Struct, frozen=True):
    """What came of it: done here when `check` is right and nothing is refused."""

    check: SignInResult
    """What the chief's own PIN was found."""
    refusal: Refusal | None = None
    """The rules do not let this person unlock anybody."""
    disk: bool = False
    """The disk took nothing: nobody is unlocked."""
    at_server: bool = False
    """The server lifted its lock-out too, at every kiosk."""

    @property
    def done(self) -> bool:
        """Whether the person may try again."""
        return self.check.state is SignIn.OK and self.refusal is None and not self.disk


Done = Callable[[Unlocked], None]


class Unlocking:
    """One for a kiosk. The chief's PIN goes to the server as in every act of a chief, and is not kept."""

    def __init__(self, session: Sessions, desk: Desk, locks: Locks, link: Link) -> None:
        self._session = session
        self._desk = desk
        self._locks = locks
        self._link = link
        self._tasks: set[asyncio.Task[None]] = set()

    async def unlock(self, chief: StaffId, pin: str, locked: StaffId) -> Unlocked:
        """Check the chief's PIN, write the tap, then lift the lock-out of `locked` here and at the server.

        The chief goes again, unless signed in before: only a PIN was lent to this kiosk.
        """
        was_here = self._session.session_of(chief) is not None
        result = await self._session.step_up(chief, pin)
        if result.state is not SignIn.OK or result.step_up is None:
            return Unlocked(result)
        try:
            refusal = self._tap(chief, locked, result.step_up)
            if refusal is not None:
                return Unlocked(result, refusal)
            at_server = result.online and await self._ask_server(chief, pin, locked)
            await self._locks.lift(locked)
        except OSError as error:
            _log.warning("nobody is unlocked: %s", error)
            return Unlocked(result, disk=True)
        finally:
            if not was_here:
                self._go(chief)
        return Unlocked(result, at_server=at_server)

    def ask(self, chief: StaffId, pin: str, locked: StaffId, done: Done) -> None:
        """`unlock` for callers that cannot wait; `done` is called once, later."""

        async def run() -> None:
            done(await self.unlock(chief, pin, locked))

        task = asyncio.get_running_loop().create_task(run(), name="unlock")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End of the kiosk."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ---- inside -----------------------------------------------------------------------------

    def _tap(self, chief: StaffId, locked: StaffId, step_up: StepUp) -> Refusal | None:
        session = self._session.session_of(chief)
        if session is None:
            return NoSession("")
        args = UnlockStaffArgs(staff=locked)
        answer = self._desk.tap(
            *("unlock_staff", staff_subject(locked), args),
            actor=chief,
            session=session,
            step_up=step_up,
        )
        return None if isinstance(answer, Tapped) else answer.refusal

    async def _ask_server(self, chief: StaffId, pin: str, locked: StaffId) -> bool:
        try:
            await self._link.query(UNLOCK, UnlockArgs(chief, pin, locked), timeout_s=ASK_S)
        except QueryFailed as error:
            _log.info("the server keeps its lock-out: %s", error)
            return False
        return True

    def _go(self, chief: StaffId) -> None:
        try:
            self._session.sign_out(chief)
        except DiskRefused as error:
            _log.info("the chief's session stays open in the log: %s", error)
