"""What changed between two states of a kitchen: a numeral that may wait, or something to be seen at once."""

from __future__ import annotations

from collections.abc import Collection

from dapur.batch import Batch, Point, newest_core, within
from dapur.kitchen import Kitchen

_COUNTED = frozenset({"batches", "versions"})


def only_numbers(before: Kitchen, after: Kitchen, alarmed: Collection[str]) -> bool:
    """Whether nothing but measured values changed, none across its limit, none of a dish in `alarmed`.

    Unchanged parts of a state are the same objects, so this costs one look at each.
    """
    for name in after.__struct_fields__:
        if name not in _COUNTED and getattr(before, name) is not getattr(after, name):
            return False
    if len(before.batches) != len(after.batches):
        return False
    for batch_id, batch in after.batches.items():
        old = before.batches.get(batch_id)
        if old is batch:
            continue
        if old is None or batch_id in alarmed or not _only_measured(old, batch):
            return False
    return True


def _only_measured(before: Batch, after: Batch) -> bool:
    for name in after.__struct_fields__:
        if name != "readings" and getattr(before, name) is not getattr(after, name):
            return False
    old, new = newest_core(before), newest_core(after)
    # Another point than the core (a hot hold) can raise an alarm of its own.
    if old is None or new is None or old is new:
        return False
    limits = after.plan.limits
    was, now = (within(limits, Point.CORE, each.value_c) for each in (old, new))
    return was == now
