"""Figures of nights gone by, as a server would tell them: for pictures and tests of the trends."""

from __future__ import annotations

from datetime import date, timedelta

from dapur.figures import Ratio
from dapur.past import NightFigures, TrendsReply

LAST = date(2026, 11, 21)
"""The night before the demo kitchen's."""
MINUTE_MS = 60_000


def past_night(
    night: str,
    *,
    on_time: tuple[int, int] = (14, 16),
    passed: tuple[int, int] = (16, 16),
    cooked: int = 14,
    cooking_min: int | None = 56,
    waste_kg: float = 4.5,
    held: int = 1,
) -> NightFigures:
    """One night of sixteen batches."""
    return NightFigures(
        night=night,
        productions=16,
        by_stage={"completed": 16},
        portions_planned=3127,
        portions_completed=3100,
        waste_kg=waste_kg,
        mean_cooking_ms=None if cooking_min is None else cooking_min * MINUTE_MS,
        cooked=cooked if cooking_min is not None else 0,
        qc_pass=Ratio(*passed),
        on_time=Ratio(*on_time),
        held=held,
        held_took_ms=held * 20 * MINUTE_MS,
    )


def month() -> TrendsReply:
    """Thirty-four nights without Sundays; one on which nothing was judged."""
    days = [LAST - timedelta(days=back) for back in range(40)]
    nights = sorted(day.isoformat() for day in days if day.isoweekday() <= 6)
    made = tuple(
        past_night(
            night,
            on_time=(10 + place * 5 % 7, 16),
            passed=(0, 0) if place == 27 else (13 + place * 3 % 4, 16),
            cooking_min=50 + place * 7 % 13,
            waste_kg=2.0 + place * 11 % 9 * 0.7,
            held=place * 3 % 4,
        )
        for place, night in enumerate(nights)
    )
    return TrendsReply(made, seq=4711)
