"""Keeps the looks of all cards, and makes one again only when what it shows has changed; it decides no look."""

from __future__ import annotations

from collections.abc import Callable
from operator import is_

from dapur.batch import Batch
from dapur.ids import BatchId
from dapur.kitchen import Kitchen
from kiosk.views.card import card
from kiosk.views.floor import Floor
from kiosk.views.looks import CardLook

SECOND_MS = 1000


def nobody_looks(_: str) -> bool:
    """For a look of which only what no clock moves is wanted."""
    return False


class _Kept:
    """One look with what it was made of."""

    __slots__ = ("about", "batch", "look", "round", "second")

    def __init__(self, batch: Batch, about: object, look: CardLook) -> None:
        self.batch, self.about, self.look = batch, about, look
        self.round = self.second = 0


class CardShelf:
    """One for a board. Call `begin` before a round of `look`s: it reads what all cards share."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._kept: dict[BatchId, _Kept] = {}
        self._common: tuple[object, ...] = ()
        self._shared: tuple[object, ...] = ()
        self._second = self._round = 0
        self._kitchen: Kitchen = floor.kitchen
        self._alerts = floor.alerts_by_subject
        self._items = floor.open_items
        self._waiting = floor.waiting_by_subject

    def begin(self) -> None:
        """The kitchen's common ground and the second that clocks show."""
        floor, kitchen = self._floor, self._floor.kitchen
        common = (
            kitchen.policy, kitchen.night, kitchen.staff, floor.people.roster,
            floor.words.language, floor.actor, floor.fresh,
        )  # fmt: skip
        if not _same(common, self._common):
            self._common = common
            self._kept.clear()
        self._kitchen, self._waiting = kitchen, floor.waiting_by_subject
        self._alerts, self._items = floor.alerts_by_subject, floor.open_items
        second = floor.now_ms // SECOND_MS
        shared = (kitchen, self._waiting, self._alerts, self._items, self._common)
        if second == self._second and _same(shared, self._shared):
            return
        self._second, self._shared = second, shared
        self._round += 1
        if len(self._kept) > 2 * len(kitchen.batches):
            self._kept = {k: v for k, v in self._kept.items() if k in kitchen.batches}

    def look(self, batch: Batch, is_seen: Callable[[str], bool] = nobody_looks) -> CardLook:
        """The card of a batch. What only a clock moves is brought up to the second for one that is seen."""
        kept = self._kept.get(batch.id)
        if kept is None or kept.round != self._round:
            kept = self._looked_at(batch, kept)
        if kept.second != self._second and is_seen(batch.id):
            fresh = card(self._floor, batch, self._alerts.get(batch.id, ()))
            # The same object again when nothing moved: who compares looks is done at once.
            kept.look = kept.look if fresh == kept.look else fresh
            kept.second = self._second
        return kept.look

    def _looked_at(self, batch: Batch, kept: _Kept | None) -> _Kept:
        """What is kept of it if that is still right, else made again."""
        about = self._about(batch)
        if kept is None or kept.batch is not batch or kept.about != about:
            alerts = self._alerts.get(batch.id, ())
            kept = self._kept[batch.id] = _Kept(batch, about, card(self._floor, batch, alerts))
            kept.second = self._second
        kept.round = self._round
        return kept

    def _about(self, batch: Batch) -> object:
        """What a card shows beside its batch and the common ground."""
        alerts = self._alerts.get(batch.id, ())
        records = tuple(self._kitchen.alerts.get(each.key) for each in alerts) if alerts else ()
        waiting, unreadable = self._waiting[batch.id], batch.id in self._kitchen.opaque
        return alerts, records, self._items.get(batch.id, ()), waiting, unreadable


def _same(some: tuple[object, ...], others: tuple[object, ...]) -> bool:
    """Whether both hold the same objects."""
    return len(some) == len(others) and all(map(is_, some, others))
