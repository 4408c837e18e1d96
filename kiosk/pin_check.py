"""Checks a PIN by the server, or by what this kiosk keeps when the server is away; it opens no session."""

from __future__ import annotations

import asyncio
import logging
from typing import assert_never

import msgspec

from dapur.ids import StaffId
from dapur.pin import TRIES, Locked, Wrong, well_formed
from dapur.wire.queries import (
    SIGN_IN,
    STEP_UP,
    QueryCode,
    SignInArgs,
    SignInReply,
    tries_of,
    until_of,
)
from kiosk.clock import KioskTime
from kiosk.link.errors import QueryFailed, Refused
from kiosk.link.link import Link
from kiosk.pins import SignIn, SignInResult
from kiosk.vault.verifiers import Expired, NotHere, Outcome, Right, Verifiers

ASK_S = 5.0
"""A PIN check takes the server a tenth of a second; after this the kiosk checks by itself."""

_log = logging.getLogger(__name__)


class OnlineFirst:
    """The product's PinCheck: a server that answers decides, also when it says no."""

    def __init__(self, link: Link, verifiers: Verifiers, time: KioskTime) -> None:
        self._link = link
        self._verifiers = verifiers
        self._time = time

    async def check(self, staff: StaffId, pin: str, *, signing_in: bool) -> SignInResult:
        """Check one PIN; `signing_in` is false when only a decision is to be signed."""
        if not well_formed(pin):
            return SignInResult(SignIn.WRONG, detail="not six digits")
        query = SIGN_IN if signing_in else STEP_UP
        try:
            raw = await self._link.query(query, SignInArgs(staff, pin), timeout_s=ASK_S)
            reply = msgspec.json.decode(raw, type=SignInReply)
        except Refused as error:
            return refused(error)
        except (QueryFailed, msgspec.MsgspecError) as error:
            _log.info("the PIN is checked here: %s", error)
            return await self._alone(staff, pin)
        await self._learn(staff, pin, reply.pin_version)
        return SignInResult(SignIn.OK)

    async def _alone(self, staff: StaffId, pin: str) -> SignInResult:
        try:
            # argon2 takes 40 ms and more: not in the thread that paints.
            outcome = await asyncio.to_thread(
                self._verifiers.check, staff, pin, self._time.expiry_ms()
            )
        except OSError as error:
            # The try could not be counted, so nothing was checked.
            return SignInResult(SignIn.UNAVAILABLE, online=False, detail=str(error))
        return alone(outcome)

    async def _learn(self, staff: StaffId, pin: str, pin_version: int) -> None:
        now_ms = self._time.server_now_ms()
        try:
            await asyncio.to_thread(self._verifiers.remember, staff, pin, now_ms, pin_version)
        except OSError as error:
            _log.info("the PIN cannot be checked offline: %s", error)


def alone(outcome: Outcome) -> SignInResult:
    """What this kiosk found by itself, in the words of the screen."""
    match outcome:
        case Right():
            return SignInResult(SignIn.OK, online=False)
        case Wrong(tries, limit):
            return SignInResult(SignIn.WRONG, tries=tries, limit=limit, online=False)
        case Locked(until_ms):
            return SignInResult(SignIn.LOCKED, until_ms=until_ms, online=False)
        case NotHere():
            return SignInResult(SignIn.NOT_HERE, online=False)
        case Expired():
            return SignInResult(SignIn.EXPIRED, online=False)
        case _:
            assert_never(outcome)


def refused(error: Refused) -> SignInResult:
    """The server's no, in the words of the kiosk."""
    match error.code:
        case QueryCode.PIN_WRONG:
            tries, limit = tries_of(error.detail)
            return SignInResult(SignIn.WRONG, tries=tries, limit=limit or TRIES)
        case QueryCode.PIN_LOCKED:
            return SignInResult(SignIn.LOCKED, until_ms=until_of(error.detail))
        case QueryCode.NO_PIN:
            return SignInResult(SignIn.NO_PIN)
        case QueryCode.STAFF_UNKNOWN | QueryCode.NOT_ALLOWED:
            return SignInResult(SignIn.REFUSED, detail=error.code)
        case _:
            return SignInResult(SignIn.UNAVAILABLE, detail=str(error))
