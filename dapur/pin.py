"""What a PIN may be and how often it may be tried, on the server and on a kiosk; stores nothing."""

from __future__ import annotations

from itertools import pairwise

import msgspec

PIN_DIGITS = 6
"""A million, of which a stranger gets ten (sync.md, identity)."""
TRIES = 5
"""Wrong PINs before the first lock-out."""
TRIES_MOST = 10
"""Wrong PINs in a row after which only an administrator (for a kiosk alone: the server) helps."""
MINUTE_MS = 60_000
LOCKS_MS = (1 * MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS)
"""Lock-out after the 5th, the 6th, and each further wrong PIN."""
OFFLINE_MS = 72 * 3_600_000
"""How long after the last check by the server a kiosk may check a PIN alone."""


class Tries(msgspec.Struct, frozen=True):
    """The counter of one person; times in UTC ms."""

    failed: int = 0
    """Tries since the last right PIN, counting one that is being checked."""
    seen_ms: int = 0
    """Latest time at which a try was made: the clock of a lock-out never goes back behind it."""
    until_ms: int = 0
    """Locked until then."""


class Locked(msgspec.Struct, frozen=True):
    """No PIN is checked now."""

    until_ms: int | None
    """UTC ms; None: until somebody with the right to do so lifts it."""


class Wrong(msgspec.Struct, frozen=True):
    """A wrong PIN, not locked yet."""

    tries: int
    limit: int = TRIES


def count(tries: Tries, now_ms: int) -> Tries | Locked:
    """The counter with one more try, to be stored BEFORE the PIN is checked; or why none may be.

    A try that dies half-way has thus been counted as a wrong one.
    """
    stopped = locked(tries, now_ms)
    if stopped is not None:
        return stopped
    now = max(now_ms, tries.seen_ms)
    failed = tries.failed + 1
    step = failed - TRIES
    lock_ms = 0 if step < 0 else LOCKS_MS[min(step, len(LOCKS_MS) - 1)]
    return Tries(failed, now, now + lock_ms)


def locked(tries: Tries, now_ms: int) -> Locked | None:
    """Whether no try is allowed now."""
    if tries.failed >= TRIES_MOST:
        return Locked(None)
    if max(now_ms, tries.seen_ms) < tries.until_ms:
        return Locked(tries.until_ms)
    return None


def after_wrong(tries: Tries) -> Wrong | Locked:
    """What to tell somebody whose counted try was wrong."""
    if tries.failed < TRIES:
        return Wrong(tries.failed)
    return Locked(None if tries.failed >= TRIES_MOST else tries.until_ms)


def well_formed(pin: str) -> bool:
    """Six ASCII digits."""
    return len(pin) == PIN_DIGITS and pin.isascii() and pin.isdigit()


def trivial(pin: str) -> bool:
    """All digits the same, or a run up or down (also through 9 and 0): what is tried first."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return len(steps) == 1 and steps <= {0, 1, 9}
