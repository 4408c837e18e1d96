"""Who may not try a PIN at this kiosk now, and until when, also after a restart; it compares no PIN itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

import msgspec

from dapur.ids import StaffId
from dapur.pin import Locked, weightiest
from kiosk.clock import KioskTime
from kiosk.link.link import Link
from kiosk.local.errors import DiskRefused
from kiosk.local.store import Store
from kiosk.people import People
from kiosk.pins import PinCheck, SignIn, SignInResult
from kiosk.vault.verifiers import Verifiers

KEPT_MOST = 100
"""More people than a kitchen has."""
_KEY = "locks"

_log = logging.getLogger(__name__)


class _Told(msgspec.Struct, frozen=True):
    """The server said no until then (UTC ms), to a person with this PIN."""

    until_ms: int
    pin_version: int


class Locks:
    """A `PinCheck` that remembers whom the server locked out; without a line this kiosk's own counter counts too.

    Only what ends by itself is remembered of the server's: a lock for good may be lifted there while
    this kiosk is off, and must then not stand here for ever.
    """

    def __init__(
        self,
        pins: PinCheck,
        verifiers: Verifiers,
        store: Store,
        time: KioskTime,
        link: Link,
        people: People,
    ) -> None:
        self._pins = pins
        self._verifiers = verifiers
        self._store = store
        self._time = time
        self._link = link
        self._people = people
        self._told = _stored(store)

    async def check(self, staff: StaffId, pin: str, *, signing_in: bool) -> SignInResult:
        """Check one PIN; what the server says of a lock-out is kept, or forgotten."""
        result = await self._pins.check(staff, pin, signing_in=signing_in)
        if result.online and result.state is SignIn.LOCKED and result.until_ms is not None:
            version = self._people.pin_versions.get(staff, 0)
            self._keep({**self._told, staff: _Told(result.until_ms, version)})
        elif result.online and result.state in (SignIn.OK, SignIn.WRONG):
            self._drop(staff)
        return result

    def of(self, staff: StaffId) -> Locked | None:
        """Whether this person may not try now; `until_ms` of None: until the server or a chief helps."""
        locks: list[Locked] = []
        if (told := self._server_says(staff)) is not None:
            locks.append(told)
        if not self._link.online:
            own = self._verifiers.locked(staff, self._time.expiry_ms())
            locks += [own] if own is not None else []
        return weightiest(locks)

    async def lift(self, staff: StaffId) -> None:
        """A chief lets this person try again here. Raises OSError when it could not be stored."""
        # Waits for the disk, and for a check that may be going on: not in the thread that paints.
        await asyncio.to_thread(self._verifiers.forgive, staff)
        self._drop(staff)

    # ---- inside -----------------------------------------------------------------------------

    def _server_says(self, staff: StaffId) -> Locked | None:
        told = self._told.get(staff)
        if told is None or told.until_ms <= self._time.server_now_ms():
            return None
        # A new PIN ended the lock-out.
        same = told.pin_version == self._people.pin_versions.get(staff, 0)
        return Locked(told.until_ms) if same else None

    def _drop(self, staff: StaffId) -> None:
        if staff in self._told:
            self._keep({who: told for who, told in self._told.items() if who != staff})

    def _keep(self, told: Mapping[StaffId, _Told]) -> None:
        now_ms = self._time.server_now_ms()
        running = [(who, each) for who, each in told.items() if each.until_ms > now_ms]
        self._told = dict(running[-KEPT_MOST:])
        try:
            self._store.note(**{_KEY: msgspec.json.encode(self._told).decode()})
        except DiskRefused as error:
            # The server still says no; only the countdown will be missing after a restart.
            _log.info("the lock-outs are not kept: %s", error)


def _stored(store: Store) -> dict[StaffId, _Told]:
    try:
        return msgspec.json.decode(store.noted(_KEY) or "{}", type=dict[StaffId, _Told])
    except msgspec.MsgspecError:
        # Written by another release: the server tells it again.
        return {}
