"""Keeps the looks of all cards, and makes one again only when what it shows has changed; it decides no look."""

from __future__ import annotations

from collections.abc import Callable
from operator import is_

from dapur.batch import Batch
from dapur.ids import BatchId
from kiosk.views.card import card, tone_of
from kiosk.views.floor import Floor
from kiosk.views.looks import CardLook

SECOND_MS = 1000


def everybody(_: str) -> bool:
    """For who has no screen whose cards may lag behind."""
    return True


class _Kept:
    """One look with what it was made of."""

    __slots__ = ("about", "batch", "look", "second")

    def __init__(self, batch: Batch, about: object, second: int, look: CardLook) -> None:
        self.batch, self.about, self.second, self.look = batch, about, second, look


class CardShelf:
    """One for a board. Call `begin` before a round of `look`s: it reads what all cards share."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._kept: dict[BatchId, _Kept] = {}
        self._common: tuple[object, ...] = ()
        self._tones: dict[BatchId, str] = {}
        self._tones_of: tuple[object, ...] = ()
        self.begin()

    def begin(self) -> None:
        """The kitchen's common ground and the second that clocks show."""
        floor, kitchen = self._floor, self._floor.kitchen
        common = (
            kitchen.policy, kitchen.night, kitchen.staff, floor.people.roster,
            floor.words.language, floor.actor, floor.fresh,
        )  # fmt: skip
        if len(common) != len(self._common) or not all(map(is_, common, self._common)):
            self._common = common
            self._kept.clear()
        self._kitchen, self._waiting = kitchen, floor.waiting_by_subject
        self._alerts, self._items = floor.alerts_by_subject, floor.open_items
        self._second = floor.now_ms // SECOND_MS
        # A round asks for each tone several times: for the counts, for the order, for the card.
        ground = (kitchen, self._alerts, self._items)
        if len(self._tones_of) != len(ground) or not all(map(is_, ground, self._tones_of)):
            self._tones, self._tones_of = {}, ground
        if len(self._kept) > 2 * len(kitchen.batches):
            self._kept = {k: v for k, v in self._kept.items() if k in kitchen.batches}

    def tone(self, batch: Batch) -> str:
        """Of any card, as it is now."""
        kept = self._tones.get(batch.id)
        if kept is None:
            kept = tone_of(self._floor, batch, self._alerts.get(batch.id, ()))
            self._tones[batch.id] = kept
        return kept

    def look(self, batch: Batch, is_seen: Callable[[str], bool] = everybody) -> CardLook:
        """The card of a batch; one that is not seen stays as it was, so that a long board costs no more."""
        kept = self._kept.get(batch.id)
        if kept is not None and not is_seen(batch.id):
            return kept.look
        alerts, about = self._alerts.get(batch.id, ()), self._about(batch)
        if kept is None or kept.batch is not batch or kept.about != about:
            look = card(self._floor, batch, alerts)
            self._kept[batch.id] = _Kept(batch, about, self._second, look)
            return look
        if kept.second != self._second:
            fresh = card(self._floor, batch, alerts)
            # The same object again when nothing moved: who compares looks is done at once.
            kept.look = kept.look if fresh == kept.look else fresh
            kept.second = self._second
        return kept.look

    def _about(self, batch: Batch) -> object:
        """What a card shows beside its batch and the common ground."""
        alerts = self._alerts.get(batch.id, ())
        records = tuple(self._kitchen.alerts.get(each.key) for each in alerts)
        waiting, unreadable = self._waiting[batch.id], batch.id in self._kitchen.opaque
        return alerts, records, self._items.get(batch.id, ()), waiting, unreadable
