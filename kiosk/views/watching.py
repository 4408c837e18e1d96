"""The alerts of the board, looked for again only where something changed; which hold, the rules decide."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from operator import is_

from dapur.alert import AlertRecord, Severity
from dapur.batch import Batch
from dapur.ids import BatchId
from dapur.kitchen import Kitchen
from dapur.watch import Alert, by_severity, watch_batch, watch_kitchen


class Watching:
    """Remembers what `watch` found. All is looked for again at each beat, for that is what a clock adds."""

    def __init__(self) -> None:
        self._ground: tuple[object, ...] = ()
        self._beat = -1
        self._records: Mapping[str, AlertRecord] = {}
        self._seen: dict[BatchId, tuple[Batch, tuple[Alert, ...]]] = {}
        self._wide: tuple[Alert, ...] = ()
        self._batches: Mapping[BatchId, Batch] | None = None
        self.alerts: tuple[Alert, ...] = ()
        """All that hold, the most severe first; the same object until one changes."""
        self.about: Mapping[str, tuple[Alert, ...]] = {}
        """The same by batch, wave and team; low ones are no reason to raise a card."""

    def look(self, kitchen: Kitchen, now_ms: int, beat: int) -> None:
        """Bring `alerts` and `about` up to this state and beat (`Floor.beat`)."""
        # What the rules about one batch read beside it; those about many may be a beat late.
        ground = (kitchen.policy, kitchen.night, kitchen.staff)
        same = len(self._ground) == len(ground) and all(map(is_, ground, self._ground))
        same = same and beat == self._beat
        noted = kitchen.alerts is self._records
        if same and noted and kitchen.batches is self._batches:
            return
        told = () if noted else _told_of(self._records, kitchen.alerts)
        for about in told:
            self._seen.pop(BatchId(about), None)
        if not same:
            self._ground, self._beat, self._seen = ground, beat, {}
        if not same or any(about not in kitchen.batches for about in told):
            self._wide = watch_kitchen(kitchen, now_ms)
        self._records = kitchen.alerts
        self._refresh(kitchen, now_ms)

    def _refresh(self, kitchen: Kitchen, now_ms: int) -> None:
        before, self._seen, self._batches = self._seen, {}, kitchen.batches
        found = list(self._wide)
        for batch_id, batch in kitchen.batches.items():
            kept = before.get(batch_id)
            if kept is None or kept[0] is not batch:
                kept = (batch, watch_batch(kitchen, batch, now_ms))
            self._seen[batch_id] = kept
            found.extend(kept[1])
        alerts = by_severity(found)
        if alerts != self.alerts:
            self.alerts = alerts
            self.about = _by_subject(alerts)


def _told_of(
    before: Mapping[str, AlertRecord], after: Mapping[str, AlertRecord]
) -> Collection[str]:
    """What the records are about that came, changed or went; the rules read no others."""
    told = {each.about for key, each in after.items() if before.get(key) is not each}
    return told | {each.about for key, each in before.items() if key not in after}


def _by_subject(alerts: tuple[Alert, ...]) -> dict[str, tuple[Alert, ...]]:
    found: dict[str, tuple[Alert, ...]] = {}
    for each in alerts:
        if each.severity is not Severity.LOW:
            found[each.about] = (*found.get(each.about, ()), each)
    return found
