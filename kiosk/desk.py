"""THE write door: asks the rules about what is shown, then writes the outbox; none else does."""

from __future__ import annotations

import logging
from collections.abc import Callable

import msgspec
import uuid_utils

from dapur import kitchen as rules
from dapur.decision import Refused
from dapur.envelope import COMMAND_MAX_BYTES, Command, StepUp, encode_command
from dapur.ids import CommandId, SessionId, StaffId
from dapur.refusal import BadArgs, NoSession, NotAllowed, Refusal, StepUpNeeded
from dapur.sync.replica import Pending
from kiosk.clock import KioskTime
from kiosk.local.errors import DiskRefused
from kiosk.local.mirror import Mirror

__all__ = ["Answer", "Desk", "DiskRefused", "Tapped", "WouldBeRefused"]

_WHO_NOT_WHAT = (BadArgs, NoSession, NotAllowed, StepUpNeeded)
"""Refusals that do not come from the state of the kitchen: they also stop a fact, since they ask
for something that the person at the screen can give at once."""

_log = logging.getLogger(__name__)


class Tapped(msgspec.Struct, frozen=True):
    """The tap is on the disk and shown; the screen may say so."""

    command: CommandId
    dseq: int


class WouldBeRefused(msgspec.Struct, frozen=True):
    """The rules say no to what is shown: nothing was written, and the screen says why."""

    refusal: Refusal
    also: tuple[Refusal, ...] = ()
    """What else stands in the way."""


Answer = Tapped | WouldBeRefused


def _uuid7() -> str:
    return str(uuid_utils.uuid7())


class Desk:
    """One for a kiosk. Called from the loop's thread only."""

    def __init__(
        self, mirror: Mirror, time: KioskTime, *, new_id: Callable[[], str] = _uuid7
    ) -> None:
        """`new_id` names a tap, never twice in the world."""
        self._mirror = mirror
        self._time = time
        self._new_id = new_id
        self._listeners: list[Callable[[], None]] = []

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Hear that the outbox grew; call what comes back to hear no more."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tap(
        self,
        kind: str,
        subject: str,
        args: msgspec.Struct,
        *,
        actor: StaffId,
        session: SessionId,
        step_up: StepUp | None = None,
        base: int | None = None,
        cites: CommandId | None = None,
    ) -> Answer:
        """Write one tap of `actor`, durable when this returns Tapped.

        A decision that the rules refuse on what is shown is not written. A fact about the world is
        written whatever the state says. `base` is the subject's version on the screen (default: the
        one shown now); `cites` names the refused tap that this one repeats. Raises DiskRefused when
        the disk did not take it: nothing was written.
        """
        if base is None:
            base = rules.subject_version(self._mirror.shown, subject)
        command = Command(
            id=CommandId(self._new_id()),
            kind=kind,
            subject=subject,
            args=msgspec.Raw(msgspec.json.encode(args)),
            actor=actor,
            session=session,
            base=base,
            occurred=self._time.occurred(),
            step_up=step_up,
            cites=cites,
        )
        if len(encode_command(command)) > COMMAND_MAX_BYTES:
            return WouldBeRefused(BadArgs("too long"))
        tapped_ms = self._time.server_now_ms()
        if (refused := self._foresee(command, tapped_ms)) is not None:
            return refused
        row = self._mirror.tap(command, tapped_ms=tapped_ms)
        for listener in tuple(self._listeners):
            listener()
        return Tapped(command.id, row.dseq)

    def why_not(
        self,
        kind: str,
        subject: str,
        args: msgspec.Struct,
        *,
        actor: StaffId,
        session: SessionId,
        step_up: StepUp | None = None,
    ) -> WouldBeRefused | None:
        """What `tap` would answer now, without writing: for buttons that say why they are shut."""
        command = Command(
            id=CommandId("foreseen"),
            kind=kind,
            subject=subject,
            args=msgspec.Raw(msgspec.json.encode(args)),
            actor=actor,
            session=session,
            base=rules.subject_version(self._mirror.shown, subject),
            occurred=self._time.occurred(),
            step_up=step_up,
        )
        return self._foresee(command, self._time.server_now_ms())

    def pending_of(self, command: CommandId) -> Pending | None:
        """An own tap that still waits for the server."""
        return next((row for row in self._mirror.pending if row.taken.command.id == command), None)

    def _foresee(self, command: Command, tapped_ms: int) -> WouldBeRefused | None:
        decision = rules.decide(self._mirror.shown, self._mirror.taken(command, tapped_ms))
        if not isinstance(decision, Refused):
            return None
        rule = rules.COMMANDS.get(command.kind)
        state_says_no = not isinstance(decision.refusal, _WHO_NOT_WHAT)
        if rule is not None and rule.fact and state_says_no:
            _log.info("fact %s goes out although: %s", command.kind, decision.refusal)
            return None
        return WouldBeRefused(decision.refusal, decision.also)
