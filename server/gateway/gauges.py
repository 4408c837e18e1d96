"""Figures that are looked up when somebody collects them, and cost nothing until then; they change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dapur import kitchen as rules
from dapur.ids import KitchenId

if TYPE_CHECKING:
    from server.gateway.services import Services


def watch(services: Services) -> None:
    """Have the gauges of this process ask its services; they are collected on the loop."""
    metrics, reviews = services.metrics, OpenReviews(services)
    metrics.oldest_s.set_function(lambda: services.writer.oldest_s)
    metrics.guests.set_function(lambda: len(services.guests))
    metrics.database_up.set_function(lambda: float(services.fanout.reachable))
    metrics.reviews_open.set_function(reviews.count)
    metrics.behind.set_function(
        lambda: max((each.behind for each in services.devices.values()), default=0)
    )
    metrics.unsent.set_function(lambda: sum(each.unsent for each in services.devices.values()))


class OpenReviews:
    """Counts what waits for a person in the kitchens that are live here."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._counted: dict[KitchenId, tuple[int, int]] = {}
        """Seq at which a kitchen was counted, and what was found: most have not moved since."""

    def count(self) -> int:
        """In all of them."""
        counted: dict[KitchenId, tuple[int, int]] = {}
        for kitchen in self._services.fanout.kitchens():
            fold = self._services.desk.fold(kitchen)
            if fold is None:
                continue
            before = self._counted.get(kitchen)
            if before is None or before[0] != fold.seq:
                before = (fold.seq, rules.open_items(fold.kitchen))
            counted[kitchen] = before
        self._counted = counted
        return sum(waiting for _, waiting in counted.values())
