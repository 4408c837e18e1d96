"""Leads what follows the log (history, bridge, …) from its position to the head; writes no row."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from dapur.ids import KitchenId
from server.desk.ports import Entry, Log, Since, Unavailable
from server.log.positions import LEASE_MS, Lease, Outrun
from server.log.shares import Minds, every_kitchen

EVENTS_PER_FOLLOW = 500
"""One transaction of a follower: some 50 ms, in which taps wait on SQLite."""
EVENTS_PER_STEP = 2_000
"""A step ends after some 0.3 s, also with hundreds of kitchens: who drives it may want it to wait."""
KITCHENS_PER_FOLLOW = 100
"""Taken in together in one transaction: alone, a tap costs seven ways to PostgreSQL and back."""
RENEW_MS = LEASE_MS // 3
"""A lease is written anew after this, not at every step: each renewal is a commit."""

_log = logging.getLogger(__name__)


class Followed(Protocol):
    """What keeps something up to date with the log."""

    def behind(self, minds: Minds) -> dict[KitchenId, tuple[int, int]]:
        """Last event that is in and last one of the log, of minded kitchens where they differ.

        Raises Unavailable.
        """

    def follow(self, kitchen: KitchenId, entries: Sequence[Entry]) -> int:
        """Take entries in, oldest first, together with the position; the new position.

        Entries that are in already change nothing. Raises Outrun, Unavailable.
        """

    def follow_all(self, found: Mapping[KitchenId, Since]) -> None:
        """The same for several kitchens, each of which has entries: all of them, or none and whatever
        one of them raises.
        """


class Follower:
    """Not thread-safe: one thread calls `step` when there may be something new."""

    def __init__(
        self,
        log: Log,
        lease: Lease,
        followed: Followed,
        *,
        name: str,
        minds: Callable[[int], Minds] = every_kitchen,
        behind: Callable[[int], None] = lambda _events: None,
    ) -> None:
        """`minds` says by the clock which kitchens are this process's. `behind` is told at every step how
        many of their events are not in yet; 0 while a release that knows no shares leads.
        """
        self._log = log
        self._lease = lease
        self._followed = followed
        self._name = name
        self._minds = minds
        self._behind = behind
        self._renew_at_ms: int | None = None
        self._failed: frozenset[KitchenId] = frozenset()
        self._last = KitchenId("")
        """Where the last step ended: the next begins behind it, so that every kitchen has its turn."""

    @property
    def failed(self) -> frozenset[KitchenId]:
        """Kitchens that could not be followed when it was their turn; every step tries again."""
        return self._failed

    def step(self, now_ms: int) -> int:
        """Follow some kitchens after some, by at most EVENTS_PER_FOLLOW events in a transaction, until
        EVENTS_PER_STEP are taken in; how many were.

        Call again while it is not 0. A kitchen on which the followed fails is left behind and does
        not stop the others. Raises Unavailable.
        """
        if not self._holds(now_ms):
            self._behind(0)
            return 0
        minds = self._minds(now_ms)
        behind = self._followed.behind(minds)
        self._failed &= frozenset(behind)
        taken = 0
        for some in self._together(behind):
            if taken >= EVENTS_PER_STEP:
                break
            # What another process has by now is not told again here.
            if kitchens := [kitchen for kitchen in some if minds(kitchen)]:
                self._last = kitchens[-1]
                taken += self._follow(kitchens, behind)
        lacking = (head - at for kitchen, (at, head) in behind.items() if minds(kitchen))
        self._behind(max(0, sum(lacking) - taken))
        return taken

    def _together(self, behind: Mapping[KitchenId, tuple[int, int]]) -> Iterator[list[KitchenId]]:
        """The kitchens by turn, as many at once as one transaction takes; one that failed comes alone."""
        some: list[KitchenId] = []
        events = 0
        for kitchen in sorted(behind, key=lambda each: (each <= self._last, each)):
            position, head = behind[kitchen]
            if kitchen in self._failed:
                yield [kitchen]
                continue
            more = min(head - position, EVENTS_PER_FOLLOW)
            if some and (events + more > EVENTS_PER_FOLLOW or len(some) == KITCHENS_PER_FOLLOW):
                yield some
                some, events = [], 0
            some, events = [*some, kitchen], events + more
        if some:
            yield some

    def _follow(
        self, kitchens: Sequence[KitchenId], behind: Mapping[KitchenId, tuple[int, int]]
    ) -> int:
        """Follow these; how many events were taken in. Raises Unavailable."""
        if len(kitchens) > 1:
            try:
                return self._follow_all({kitchen: behind[kitchen] for kitchen in kitchens})
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 - whose it was is found one by one
                _log.info("%s: not together: %s", self._name, error)
        return sum(self._follow_one(kitchen, *behind[kitchen]) for kitchen in kitchens)

    def _follow_all(self, behind: Mapping[KitchenId, tuple[int, int]]) -> int:
        found = self._log.since(behind)
        if lacking := [kitchen for kitchen in behind if not found[kitchen].entries]:
            raise LookupError(f"no events of {lacking[0]} after {behind[lacking[0]][0]}")
        self._followed.follow_all(found)
        return sum(len(each.entries) for each in found.values())

    def _follow_one(self, kitchen: KitchenId, position: int, head: int) -> int:
        """Follow one kitchen; how many events were taken in. Raises Unavailable."""
        self._failed -= {kitchen}
        try:
            entries = self._log.read(kitchen, position, limit=EVENTS_PER_FOLLOW, up_to=head)
            return self._followed.follow(kitchen, entries) - position
        except Outrun:
            _log.info("%s: another process follows %s too", self._name, kitchen)
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 - one kitchen must not stop the others
            _log.exception("%s cannot follow %s after event %d", self._name, kitchen, position)
            self._failed |= {kitchen}
        return 0

    def stop(self) -> None:
        """Give the lease back."""
        if self._renew_at_ms is not None:
            self._lease.give_back()
            self._renew_at_ms = None

    def _holds(self, now_ms: int) -> bool:
        if self._renew_at_ms is not None and now_ms < self._renew_at_ms:
            return True
        holds = self._lease.take(now_ms)
        self._renew_at_ms = now_ms + RENEW_MS if holds else None
        return holds
