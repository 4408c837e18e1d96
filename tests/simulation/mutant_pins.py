"""Bugs of the lock-out of a kiosk alone, each planted into the product's own method; they play nothing.

The nights have no PINs: these play a scene of their own with the product's counters.
"""

from __future__ import annotations

import msgspec

from dapur import pin as rules
from dapur.ids import StaffId
from dapur.pin import Locked, Tries
from kiosk.vault import verifiers
from kiosk.vault.verifiers import Expired, NotHere, Outcome, Right, Verifiers
from tests.simulation.mutant_base import Mutant, Patch
from tests.simulation.mutant_scenes import lockout

_load = Verifiers._load


def _load_with_new_tries(self: Verifiers) -> verifiers._Content:
    content = _load(self)
    people = {
        who: msgspec.structs.replace(known, tries=Tries()) for who, known in content.people.items()
    }
    return msgspec.structs.replace(content, people=people)


def _check_then_count(self: Verifiers, staff: StaffId, pin: str, now_ms: int) -> Outcome:
    with self._lock:
        now = max(now_ms, self._content.seen_ms)
        known = self._content.people.get(staff)
        if known is None:
            return NotHere()
        if now >= known.valid_until_ms:
            return Expired(known.valid_until_ms)
        counted = rules.count(known.tries, now)
        if isinstance(counted, Locked):
            return counted
        if verifiers._matches(known.hash, pin):
            return Right(known.pin_version)
        self._put(staff, msgspec.structs.replace(known, tries=counted), now)
        return rules.after_wrong(counted)


MUTANTS = (
    Mutant(
        "lockout_reset_by_restart",
        "A kiosk that is switched off and on has forgotten the wrong PINs.",
        (Patch(Verifiers, "_load", _load_with_new_tries),),
        lockout,
    ),
    Mutant(
        "try_counted_after_the_check",
        "A wrong PIN is counted after it was compared: who pulls the plug in between tries for ever.",
        (Patch(Verifiers, "check", _check_then_count),),
        lockout,
    ),
)
