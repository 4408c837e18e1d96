"""Stores snapshots where the desk has not: after an upgrade, and before events are archived."""

from __future__ import annotations

from collections.abc import Iterable

from dapur import kitchen as rules
from dapur.ids import KitchenId
from server.desk.desk import SNAPSHOT_EVENTS
from server.desk.folding import load
from server.desk.ports import Log, StoredSnapshot


def behind(log: Log, kitchen: KitchenId) -> int:
    """Events that a start would have to fold. Raises LookupError for an unknown kitchen."""
    head = log.head(kitchen)
    if head is None:
        raise LookupError(f"no log of kitchen {kitchen}")
    stored = log.snapshot(kitchen, state_version=rules.STATE_VERSION)
    return head.seq - (0 if stored is None else stored.seq)


def store(log: Log, kitchen: KitchenId) -> StoredSnapshot:
    """Fold a kitchen and keep its state. Raises LookupError, BrokenLog, Unavailable."""
    fold = load(log, kitchen)
    text = rules.encode_snapshot(fold.kitchen)
    snapshot = StoredSnapshot(fold.seq, fold.hash, rules.STATE_VERSION, text)
    log.save_snapshot(kitchen, snapshot)
    return snapshot


def store_where_due(
    log: Log, kitchens: Iterable[KitchenId], *, events: int = SNAPSHOT_EVENTS
) -> tuple[KitchenId, ...]:
    """Keep the state of every kitchen that grew by `events` since its last snapshot.

    The desk does so by itself for kitchens at work. A new release whose state has another version
    finds no snapshot at all: this folds all kitchens before the kiosks come back.
    """
    due = tuple(kitchen for kitchen in kitchens if behind(log, kitchen) >= events)
    for kitchen in due:
        store(log, kitchen)
    return due
