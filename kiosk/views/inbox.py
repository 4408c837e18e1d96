"""The open items by what they are about, found once for each state of the inbox; it settles none."""

from __future__ import annotations

from collections.abc import Mapping

from dapur.kitchen import Kitchen
from dapur.review import Review, open_reviews


class Inbox:
    """Open items by what they are about, found once for each state of the inbox."""

    def __init__(self) -> None:
        self._reviews: Mapping[str, Review] | None = None
        self._by: dict[str, tuple[Review, ...]] = {}

    def of(self, kitchen: Kitchen) -> Mapping[str, tuple[Review, ...]]:
        """The open items of this kitchen, oldest first, by subject."""
        if kitchen.reviews is not self._reviews:
            self._reviews, self._by = kitchen.reviews, {}
            for item in open_reviews(kitchen):
                self._by[item.about] = (*self._by.get(item.about, ()), item)
        return self._by
