"""What a PIN check can answer, and the port through which this kiosk checks one."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec

from dapur.envelope import StepUp
from dapur.ids import StaffId
from dapur.pin import TRIES


class SignIn(StrEnum):
    """What a PIN check said."""

    OK = "ok"
    WRONG = "wrong"
    LOCKED = "locked"
    NO_PIN = "no_pin"
    """Nobody gave this person a PIN yet."""
    NOT_HERE = "not_here"
    """Offline, and this person never signed in on this kiosk."""
    EXPIRED = "expired"
    """Offline, and the last online check is too long ago."""
    UNAVAILABLE = "unavailable"
    """The check could not be made now: try again."""
    REFUSED = "refused"
    """The PIN is right, but the rules do not let this person in."""


class SignInResult(msgspec.Struct, frozen=True):
    """The answer to a PIN."""

    state: SignIn
    tries: int = 0
    """Wrong ones so far, of `limit`."""
    limit: int = TRIES
    until_ms: int | None = None
    """Locked until then, UTC ms as the server counts."""
    step_up: StepUp | None = None
    """What a weighty decision carries within the next minute; present when the PIN was right."""
    online: bool = True
    """Checked by the server, not by this kiosk alone."""
    detail: str = ""


class PinCheck(Protocol):
    """Checks PINs. A wrong one is an answer, not an error."""

    async def check(self, staff: StaffId, pin: str, *, signing_in: bool) -> SignInResult:
        """Check one PIN; `signing_in` is false when only a decision is to be signed."""
        ...
