"""What the bridge needs of the platform's Redis; it is made in the room of the bus, the only door to Redis."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Protocol

Heard = Callable[[str, bytes], None]
"""A channel and what was said on it; called on the loop, must not wait."""


class Platform(Protocol):
    """One connection that is made again for as long as it takes."""

    @property
    def trouble(self) -> str:
        """Why nothing flows now, in a few words for everybody; empty when it does."""

    def publish(self, said: Sequence[tuple[str, bytes]]) -> None:
        """Say these in order, from any thread but the loop's. Raises Away: some of them may have been said."""

    async def ask(self, commands: Sequence[tuple[str | bytes, ...]]) -> list[object]:
        """The answers in order; an answer may be an error. Raises Away."""

    def listen(self, patterns: Sequence[str], heard: Heard) -> None:
        """Hear these patterns of channels from now on; called once, before `run`."""

    def run(self) -> Coroutine[None, None, None]:
        """Stay connected until cancelled; it never raises."""
