"""Makes a kitchen's state out of its log (snapshot plus events); it never writes and checks every link."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import msgspec

from dapur import kitchen as rules
from dapur.envelope import GENESIS, chain, decode_event
from dapur.ids import KitchenId
from dapur.kitchen import Kitchen
from server.desk.ports import Entry, Head, Log, Since, Unavailable

_log = logging.getLogger(__name__)

READ_EVENTS = 1000
"""Events of one read: about half a megabyte."""


class Fold(msgspec.Struct, frozen=True):
    """A kitchen's state after event `seq`; immutable, so any thread may read it."""

    epoch: str
    seq: int
    hash: bytes
    durable: int
    kitchen: Kitchen


class BrokenLog(Unavailable):
    """The stored log does not hold together: this kitchen is not served until it is restored."""


def load(log: Log, kitchen: KitchenId) -> Fold:
    """The newest state of a kitchen.

    Raises LookupError for an unknown kitchen, BrokenLog, Unavailable.
    """
    head = log.head(kitchen)
    if head is None:
        raise LookupError(f"no log of kitchen {kitchen}")
    return catch_up(log, kitchen, base_of(log, kitchen, head), head)


def base_of(log: Log, kitchen: KitchenId, head: Head) -> Fold:
    """The stored snapshot from which `load` starts; the empty kitchen without one. Raises Unavailable."""
    stored = log.snapshot(kitchen, state_version=rules.STATE_VERSION)
    if stored is not None and stored.seq <= head.seq:
        try:
            state = rules.decode_snapshot(stored.text, stored.state_version)
            return Fold(head.epoch, stored.seq, stored.hash, head.durable, state)
        except rules.UnreadableSnapshot as error:
            # Only a short cut is lost: the log itself is read from its beginning.
            _log.error("%s: %s", kitchen, error)
    return Fold(head.epoch, 0, GENESIS, head.durable, rules.empty(kitchen))


def catch_up(log: Log, kitchen: KitchenId, base: Fold, head: Head) -> Fold:
    """`base` with the events up to `head` folded in. Raises BrokenLog, Unavailable."""
    fold = base
    while fold.seq < head.seq:
        try:
            entries = log.read(kitchen, fold.seq, limit=READ_EVENTS, up_to=head.seq)
        except LookupError as error:
            raise BrokenLog(f"{kitchen}: no snapshot reaches the archive ({error})") from error
        if not entries:
            raise BrokenLog(f"{kitchen}: event {fold.seq + 1} is missing")
        fold = _grown(kitchen, fold, entries)
    if fold.hash != head.hash:
        raise BrokenLog(f"{kitchen}: the chain ends in another hash than its head")
    return Fold(head.epoch, fold.seq, fold.hash, head.durable, fold.kitchen)


def go_on(log: Log, kitchen: KitchenId, base: Fold, since: Since) -> Fold | None:
    """`base` up to the head that was read with what follows it; None when that is another log's.

    Raises BrokenLog, Unavailable.
    """
    head = since.head
    if head.epoch != base.epoch or head.seq < base.seq:
        return None
    return catch_up(log, kitchen, _grown(kitchen, base, since.entries), head)


def _grown(kitchen: KitchenId, base: Fold, entries: Sequence[Entry]) -> Fold:
    state, seq, link = base.kitchen, base.seq, base.hash
    for entry in entries:
        link = chain(link, entry.body)
        if entry.seq != seq + 1 or entry.hash != link:
            raise BrokenLog(f"{kitchen}: event {entry.seq} does not follow {seq}")
        state = rules.evolve(state, decode_event(entry.body))
        seq = entry.seq
    return Fold(base.epoch, seq, link, base.durable, state)
