"""The bus of a single process: hints go straight to who listens here; it stores nothing."""

from __future__ import annotations

from collections.abc import Callable

from dapur.ids import KitchenId


class MemoryBus:
    """`server.desk.ports.Bus` without a network. All methods are called on the loop's thread."""

    def __init__(self) -> None:
        self._heard: dict[int, Callable[[KitchenId, int], None]] = {}
        self._next = 0

    def publish(self, kitchen: KitchenId, seq: int) -> None:
        """Tell everyone who listens in this process."""
        for heard in tuple(self._heard.values()):
            heard(kitchen, seq)

    def subscribe(self, heard: Callable[[KitchenId, int], None]) -> Callable[[], None]:
        """Call `heard` for every hint; returns what ends the subscription."""
        key = self._next = self._next + 1
        self._heard[key] = heard

        def end() -> None:
            self._heard.pop(key, None)

        return end
