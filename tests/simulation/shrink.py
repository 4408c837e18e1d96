"""Makes a failing night short: takes out taps, faults and the bus's whims as long as it still fails alike."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from tests.simulation.engine import Outcome, simulate
from tests.simulation.swarm import Item, drawn

BUDGET_S = 30.0
"""A person waits for it; what is left after that is short enough to read."""


class Shrunk(msgspec.Struct):
    """A short night that fails as the whole one did."""

    outcome: Outcome
    agenda: tuple[Item, ...]
    bus: bool
    tries: int


def shrink(
    failed: Outcome,
    *,
    budget_s: float = BUDGET_S,
    play: Callable[..., Outcome] = simulate,
    clock_s: Callable[[], float] = time.monotonic,
) -> Shrunk:
    """The shortest night found within the budget that breaks the same invariant as `failed`."""
    until_s = clock_s() + budget_s
    agenda, bus, tries = drawn(failed.seed).agenda, True, 0

    def fails(shorter: tuple[Item, ...], with_bus: bool) -> bool:
        nonlocal tries
        tries += 1
        outcome = play(failed.seed, agenda=shorter, bus=with_bus)
        return outcome.invariant == failed.invariant

    if fails(agenda, False):
        bus = False
    size = max(1, len(agenda) // 2)
    while size and clock_s() < until_s:
        before = len(agenda)
        start = 0
        while start < len(agenda) and clock_s() < until_s:
            shorter = agenda[:start] + agenda[start + size :]
            if fails(shorter, bus):
                agenda = shorter
            else:
                start += size
        if len(agenda) == before or size > 1:
            size //= 2
    outcome = play(failed.seed, agenda=agenda, bus=bus, keep_trace=True)
    return Shrunk(outcome, agenda, bus, tries)
