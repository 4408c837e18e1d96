"""Keeps the looks of all cards, and makes one again only when what it shows has changed; it decides no look."""

from __future__ import annotations

from dapur.alert import AlertRecord
from dapur.batch import Batch
from dapur.ids import BatchId
from dapur.review import Review
from dapur.watch import Alert
from kiosk.views.card import card
from kiosk.views.floor import Floor
from kiosk.views.looks import CardLook

SECOND_MS = 1000
_NOBODY: tuple[AlertRecord | None, ...] = ()


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
        self._ground: tuple[object, ...] = ()
        self._second = self._round = 0

    def begin(self) -> None:
        """The kitchen's common ground and the second that clocks show."""
        floor, kitchen = self._floor, self._floor.kitchen
        self._second = floor.now_ms // SECOND_MS
        self._round += 1
        ground: tuple[object, ...] = (
            kitchen.policy, kitchen.night, kitchen.staff, floor.people.roster,
            floor.words.language, floor.actor, floor.fresh,
        )  # fmt: skip
        same = len(ground) == len(self._ground) and all(
            new is old for new, old in zip(ground, self._ground, strict=True)
        )
        if not same:
            self._ground = ground
            self._kept.clear()
        if len(self._kept) > 2 * len(kitchen.batches):
            self._kept = {k: v for k, v in self._kept.items() if k in kitchen.batches}

    def look(self, batch: Batch, *, seen: bool = True) -> CardLook:
        """The card of a batch. What only a clock moves is brought up to the second for one that is `seen`."""
        kept = self._kept.get(batch.id)
        if kept is None or not self._is_right(kept, batch, seen=seen):
            alerts, about = self._about(batch)
            if kept is None or kept.batch is not batch or kept.about != about:
                kept = self._kept[batch.id] = _Kept(batch, about, card(self._floor, batch, alerts))
                kept.second = self._second
            elif seen and kept.second != self._second:
                fresh = card(self._floor, batch, alerts)
                # The same object again when nothing moved: who compares looks is done at once.
                kept.look = kept.look if fresh == kept.look else fresh
                kept.second = self._second
            kept.round = self._round
        return kept.look

    def _is_right(self, kept: _Kept, batch: Batch, *, seen: bool) -> bool:
        """Whether it was looked at in this round already."""
        same = kept.round == self._round and kept.batch is batch
        return same and (kept.second == self._second or not seen)

    def _about(self, batch: Batch) -> tuple[tuple[Alert, ...], object]:
        """What a card shows beside its batch and the common ground."""
        floor, kitchen = self._floor, self._floor.kitchen
        alerts = floor.alerts_about(batch.id)
        records = tuple(kitchen.alerts.get(each.key) for each in alerts) if alerts else _NOBODY
        reviews: tuple[Review, ...] = floor.attention(batch.id)
        waiting, unreadable = floor.waiting(batch.id), batch.id in kitchen.opaque
        return alerts, (alerts, records, reviews, waiting, unreadable)
