"""What a PIN may be and how often it may be tried, on the server and on a kiosk; stores nothing."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import msgspec

PIN_DIGITS = 6
"""A million, of which a stranger gets ten at one kiosk and twenty at all of them together."""
TRIES = 5
"""Wrong PINs before the first lock-out."""
TRIES_MOST = 10
"""Wrong PINs in a row after which only a chief with the own PIN helps (a kiosk alone: also the server)."""
MINUTE_MS = 60_000
LOCKS_MS = (1 * MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS)
"""Lock-out after the 5th, the 6th, and each further wrong PIN."""
OFFLINE_MS = 72 * 3_600_000
"""How long after the last check by the server a kiosk may check a PIN alone."""


class Patience(msgspec.Struct, frozen=True):
    """How many wrong PINs in a row one counter bears."""

    tries: int
    """The lock-outs begin with this wrong PIN."""
    most: int | None
    """After so many only an administrator helps; None: there is always another try, later."""
    locks_ms: tuple[int, ...]
    """Lock-out after each wrong PIN from `tries` on; the last one repeats."""


OF_PERSON_HERE = Patience(TRIES, TRIES_MOST, LOCKS_MS)
"""One person at one kiosk: who types them all locks the person out there, not elsewhere."""
OF_PERSON = Patience(TRIES_MOST + 1, 2 * TRIES_MOST, LOCKS_MS)
"""One person at all kiosks together. One kiosk alone cannot bring it to its first lock-out; who goes
from kiosk to kiosk meets it at the second.
"""
OF_KIOSK = Patience(20, None, LOCKS_MS[:2])
"""One kiosk and whoever is tried there: twenty wrong PINs with no right one between are no typing
errors. Never for good: the kiosk is needed.
"""


class Tries(msgspec.Struct, frozen=True):
    """One counter; times in UTC ms."""

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


def count(tries: Tries, now_ms: int, patience: Patience = OF_PERSON_HERE) -> Tries | Locked:
    """The counter with one more try, to be stored BEFORE the PIN is checked; or why none may be.

    A try that dies half-way has thus been counted as a wrong one.
    """
    stopped = locked(tries, now_ms, patience)
    if stopped is not None:
        return stopped
    now = max(now_ms, tries.seen_ms)
    failed = tries.failed + 1
    step = failed - patience.tries
    locks_ms = patience.locks_ms
    lock_ms = 0 if step < 0 else locks_ms[min(step, len(locks_ms) - 1)]
    return Tries(failed, now, now + lock_ms)


def locked(tries: Tries, now_ms: int, patience: Patience = OF_PERSON_HERE) -> Locked | None:
    """Whether no try is allowed now."""
    if patience.most is not None and tries.failed >= patience.most:
        return Locked(None)
    if max(now_ms, tries.seen_ms) < tries.until_ms:
        return Locked(tries.until_ms)
    return None


def after_wrong(tries: Tries, patience: Patience = OF_PERSON_HERE) -> Wrong | Locked:
    """What to tell somebody whose counted try was wrong."""
    if tries.failed < patience.tries:
        return Wrong(tries.failed, patience.tries)
    for_good = patience.most is not None and tries.failed >= patience.most
    return Locked(None if for_good else tries.until_ms)


def weightiest(locks: Iterable[Locked]) -> Locked | None:
    """The one that lasts longest; None when there is none."""
    return max(locks, key=_weight, default=None)


def _weight(lock: Locked) -> tuple[bool, int]:
    return (lock.until_ms is None, lock.until_ms or 0)


def well_formed(pin: str) -> bool:
    """Six ASCII digits."""
    return len(pin) == PIN_DIGITS and pin.isascii() and pin.isdigit()


def trivial(pin: str) -> bool:
    """All digits the same, or a run up or down (also through 9 and 0): what is tried first."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return len(steps) == 1 and steps <= {0, 1, 9}
