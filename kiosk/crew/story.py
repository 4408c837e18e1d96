"""What happens to each dish in the demo night: which stories there are, and who gets them."""

from __future__ import annotations

import random
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from dapur.batch import MINUTE_MS, Batch


class Plot(StrEnum):
    """What a demo should show, one for a dish."""

    SMOOTH = "smooth"
    LATE = "late"
    """Starts behind its plan."""
    COLD_POT = "cold_pot"
    """Measured too cold, heated on, measured again."""
    FAILED_CHECK = "failed_check"
    """Fails its taste, is held, cooked again, passes."""
    HOLD = "hold"
    """Stopped for its equipment, released by somebody else."""


class Story(msgspec.Struct, frozen=True):
    """One dish's night: its plot and the small differences that make it believable."""

    plot: Plot
    late_ms: int
    seed: int

    def dice(self, *what: object) -> random.Random:
        """Chance that is the same whenever this moment of this dish is asked for."""
        return random.Random(f"{self.seed}:{what}")  # noqa: S311 - a story, no secret


_TOLD_FIRST = (Plot.COLD_POT, Plot.FAILED_CHECK, Plot.HOLD, Plot.LATE)
_LATE_MIN = (12, 25)


def stories(batches: Iterable[Batch], seed: int) -> dict[str, Story]:
    """A story for every dish: each plot once among the cooked ones, in a seeded order."""
    dice = random.Random(seed)  # noqa: S311 - a story, no secret
    ordered = sorted(batches, key=lambda batch: (batch.plan.prepare_ms, batch.id))
    cooked = [batch for batch in ordered if not batch.plan.no_cook and batch.plan.limits.core_c]
    dice.shuffle(cooked)
    plots = {batch.id: plot for batch, plot in zip(cooked, _TOLD_FIRST, strict=False)}
    told: dict[str, Story] = {}
    for batch in ordered:
        plot = plots.get(batch.id, Plot.SMOOTH)
        minutes = dice.randint(*_LATE_MIN) if plot is Plot.LATE else dice.randint(0, 3)
        told[batch.id] = Story(plot, minutes * MINUTE_MS, dice.getrandbits(32))
    return told
