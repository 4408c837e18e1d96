"""The 500 seeds that every commit plays: derived from its name, so that each commit tries others."""

from __future__ import annotations

from functools import cache
from random import Random

from tests.simulation.run import Tally, commit, play

SEEDS = 500
PARTS = 10
"""Each part stays far below the limit of one test, also on a busy machine."""


@cache
def seeds() -> tuple[int, ...]:
    """The seeds of this commit; some fixed ones outside a clone."""
    random = Random(f"commit {commit()}")
    drawn = [random.randrange(10**9) for _ in range(SEEDS)]
    # Whole numbers of SQLITE_EVERY are the nights on a real file: every part has one.
    return tuple(seed - seed % 50 if index % 50 == 0 else seed for index, seed in enumerate(drawn))


@cache
def played(part: int) -> Tally:
    """The nights of one of PARTS parts, played once in a process."""
    many = SEEDS // PARTS
    return play(seeds()[part * many : (part + 1) * many])
