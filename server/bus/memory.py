"""The bus of a single process: hints go straight to who listens here; it stores nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from dapur.ids import KitchenId
from server.desk.ports import Heard, Missed


class MemoryBus:
    """`server.desk.ports.Bus` without a network. All methods are called on the loop's thread."""

    trouble = ""

    def __init__(self) -> None:
        self._heard: dict[int, Heard] = {}
        self._next = 0

    def publish(self, kitchen: KitchenId, seq: int) -> None:
        """Tell everyone who listens in this process."""
        for heard in tuple(self._heard.values()):
            heard(kitchen, seq)

    def subscribe(self, heard: Heard, missed: Missed) -> Callable[[], None]:  # noqa: ARG002 - nothing is missed here
        """Call `heard` for every hint; returns what ends the subscription."""
        key = self._next = self._next + 1
        self._heard[key] = heard

        def end() -> None:
            self._heard.pop(key, None)

        return end

    def attend(self, kitchen: KitchenId) -> None:
        """Every kitchen is heard anyway."""

    def leave(self, kitchen: KitchenId) -> None:
        """Every kitchen is heard anyway."""

    async def run(self) -> None:
        """There is nothing to carry."""
        await asyncio.Event().wait()
