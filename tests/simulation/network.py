"""A line between a kiosk and a server: ordered, late, cut, clogged, deaf on one side; it reads no frame."""

from __future__ import annotations

from random import Random
from typing import Protocol

from tests.simulation.world import Action, World

LATENCY_MS = (1, 40)


class End(Protocol):
    """One side of a line."""

    def heard(self, text: str) -> None:
        """A frame came; an empty one is a heartbeat."""

    def hung_up(self) -> None:
        """The other side, or the network, closed the line."""


class Way:
    """One direction: frames arrive in order."""

    def __init__(self, line: Line, to: End) -> None:
        self.line = line
        self.to = to
        self.arrives_ms = 0
        self.deaf = False
        """What is sent is lost, and nobody is told."""
        self.waiting: list[str] | None = None
        """Clogged: frames wait here."""

    def send(self, text: str) -> None:
        """Put a frame on its way."""
        if self.deaf or self.line.cut_off:
            return
        if self.waiting is not None:
            self.waiting.append(text)
            return
        self._later(lambda: self._arrive(text))

    def clog(self) -> None:
        """Hold what is sent from now on."""
        if self.waiting is None:
            self.waiting = []

    def unclog(self) -> None:
        """Let go what waited."""
        waiting, self.waiting = self.waiting or [], None
        for text in waiting:
            self.send(text)

    def hang_up(self) -> None:
        """The sender closes: the other side learns of it after what is on its way."""
        if not self.deaf:
            self._later(self._end)

    def _later(self, action: Action) -> None:
        world = self.line.world
        self.arrives_ms = max(self.arrives_ms, world.now_ms + self.line.delay_ms())
        world.after(self.arrives_ms - world.now_ms, action)

    def _arrive(self, text: str) -> None:
        if not self.deaf and not self.line.cut_off:
            self.to.heard(text)

    def _end(self) -> None:
        if not self.deaf:
            self.to.hung_up()


class Line:
    """Both directions of one connection."""

    def __init__(self, world: World, random: Random, slow_ms: int) -> None:
        self.world = world
        self._random = random
        self._slow_ms = slow_ms
        self.cut_off = False
        self.up: Way
        self.down: Way

    def join(self, kiosk: End, server: End) -> None:
        """Tie the two ends to it."""
        self.up = Way(self, server)
        self.down = Way(self, kiosk)

    def delay_ms(self) -> int:
        """How long the next frame takes."""
        low, high = LATENCY_MS
        return int(self._random.random() * (high - low)) + low + self._slow_ms

    def slow_down(self, by_ms: int) -> None:
        """A thin line from now on; 0: a good one."""
        self._slow_ms = by_ms

    def cut(self) -> None:
        """A reset: what is on its way is lost, and both sides are told."""
        if self.cut_off:
            return
        for way in (self.up, self.down):
            way.hang_up()
        self.cut_off = True

    def go_deaf(self, *, up: bool, down: bool) -> None:
        """Half-open: what is sent this way is lost and nobody is told."""
        self.up.deaf = self.up.deaf or up
        self.down.deaf = self.down.deaf or down
