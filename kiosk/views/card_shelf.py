"""Keeps the looks of all cards, and makes one again only when what it shows has changed; it decides no look."""

from __future__ import annotations

from collections.abc import Callable
from operator import is_

from dapur.alert import AlertRecord
from dapur.batch import Batch
from dapur.ids import BatchId
from dapur.review import Review
from dapur.watch import Alert
from kiosk.views.card import card, tone_of
from kiosk.views.floor import Floor
from kiosk.views.looks import CardLook

LATE_AT_ONCE = 4
"""Of the cards that were put off so many are made at a time: less than half of a frame."""


def everybody(_: str) -> bool:
    """For who has no screen whose cards may lag behind."""
    return True


_About = tuple[
    tuple[Alert, ...], tuple[AlertRecord | None, ...], tuple[Review, ...], int, bool
]  # fmt: skip
"""Alerts, their records, open items, waiting taps, and whether this release cannot read it."""


class _Kept:
    """One look with what it was made of."""

    __slots__ = ("about", "batch", "beat", "common", "look")

    def __init__(
        self, batch: Batch, about: _About, common: object, beat: int, look: CardLook
    ) -> None:
        self.batch, self.about, self.common, self.beat, self.look = batch, about, common, beat, look


_Tone = tuple[Batch, tuple[Alert, ...], tuple[Review, ...], str]
"""What a tone was made of, and the tone."""


class CardShelf:
    """One for a board. Call `begin` before a round of `look`s: it reads what all cards share.

    In a round that is not to last long clocks and, when many dishes changed, the last numerals stay as
    they were: `late` makes them, a few at a time. A stage, a hold, an alarm is never put off.
    """

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._kept: dict[BatchId, _Kept] = {}
        self._common: tuple[object, ...] = ()
        self._tones: dict[BatchId, _Tone] = {}
        self._late: dict[BatchId, bool] = {}
        """Cards that were put off, and whether more than their clock is old."""
        self._left: int | None = None
        """How many cards that changed may still be made in this round; None: whatever is asked for."""
        self.begin()

    def begin(self, at_once: int | None = None) -> None:
        """Before a round of all cards: what was put off in the last one is found again."""
        self.look_around()
        self._late.clear()
        self._left = at_once

    def look_around(self) -> None:
        """The kitchen's common ground and the beat of its clocks; before `tone`s alone this is enough."""
        floor, kitchen = self._floor, self._floor.kitchen
        common = (
            kitchen.policy, kitchen.night, kitchen.staff, floor.people.roster,
            floor.words.language, floor.actor, floor.fresh,
        )  # fmt: skip
        if len(common) != len(self._common) or not all(map(is_, common, self._common)):
            self._common = common
        self._kitchen, self._waiting = kitchen, floor.waiting_by_subject
        self._alerts, self._items = floor.alerts_by_subject, floor.open_items
        self._beat = floor.beat
        if len(self._kept) > 2 * len(kitchen.batches):
            self._kept = {k: v for k, v in self._kept.items() if k in kitchen.batches}
            self._tones = {k: v for k, v in self._tones.items() if k in kitchen.batches}

    @property
    def is_behind(self) -> bool:
        """Whether the last round put cards off."""
        return bool(self._late)

    def late(self) -> tuple[CardLook, ...]:
        """Some of the cards that were put off, as they are now: those that changed before mere clocks."""
        first = sorted(self._late, key=lambda each: not self._late[each])[:LATE_AT_ONCE]
        for each in first:
            del self._late[each]
        self.look_around()
        self._left = None
        batches = self._kitchen.batches
        return tuple(self.look(batches[each]) for each in first if each in batches)

    def tone(self, batch: Batch) -> str:
        """Of any card, as it is now."""
        about = batch.id
        alerts, items = self._alerts.get(about, ()), self._items.get(about, ())
        kept = self._tones.get(about)
        if kept is None or kept[0] is not batch or kept[1] is not alerts or kept[2] is not items:
            tone = tone_of(self._floor, batch, alerts)
            kept = self._tones[about] = (batch, alerts, items, tone)
        return kept[3]

    def look(self, batch: Batch, is_seen: Callable[[str], bool] = everybody) -> CardLook:
        """The card of a batch; one that is not seen stays as it was, so that a long board costs no more."""
        kept = self._kept.get(batch.id)
        if kept is not None and not is_seen(batch.id):
            return kept.look
        about = self._about(batch)
        if kept is not None:
            changed = kept.batch is not batch or kept.common is not self._common
            changed = changed or kept.about != about
            if not changed and kept.beat == self._beat:
                return kept.look
            if not _is_state(kept, batch, about) and self._is_put_off(changed=changed):
                self._late[batch.id] = changed
                return kept.look
        look = card(self._floor, batch, self._alerts.get(batch.id, ()))
        if kept is not None and look == kept.look:
            # The same object again when nothing moved: who compares looks is done at once.
            look = kept.look
        self._kept[batch.id] = _Kept(batch, about, self._common, self._beat, look)
        return look

    def _is_put_off(self, *, changed: bool) -> bool:
        if self._left is None:
            return False
        if changed and self._left:
            self._left -= 1
            return False
        return True

    def _about(self, batch: Batch) -> _About:
        """What a card shows beside its batch and the common ground."""
        alerts = self._alerts.get(batch.id, ())
        records = tuple(self._kitchen.alerts.get(each.key) for each in alerts)
        waiting, unreadable = self._waiting[batch.id], batch.id in self._kitchen.opaque
        return alerts, records, self._items.get(batch.id, ()), waiting, unreadable


def _is_state(kept: _Kept, batch: Batch, about: _About) -> bool:
    """Whether more than numerals changed since."""
    before = kept.batch
    if before is not batch and (before.stage is not batch.stage or before.held != batch.held):
        return True
    return kept.about[0] != about[0]
