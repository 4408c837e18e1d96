"""One measured figure as one line of JSON; it measures nothing itself."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """What a line of `make bench` says."""

    figure: str
    value: float
    unit: str
    floor: float | None = None
    """What the machine can do at all (measured in the same run), or the bound that the gate names."""
    ratio: float | None = None
    """`value` / `floor`."""
    gate: bool | None = None
    """Whether the gate of the design is met; None: there is none, or it could not be measured."""
    note: str = ""
    """The gate in words, what saturated, spread, p99."""


def emit(figure: Figure) -> None:
    """Print the figure on a line of its own."""
    rounded = msgspec.structs.replace(
        figure,
        value=_short(figure.value),
        floor=None if figure.floor is None else _short(figure.floor),
        ratio=None if figure.ratio is None else _short(figure.ratio),
    )
    sys.stdout.write(msgspec.json.encode(rounded).decode() + "\n")
    sys.stdout.flush()


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0…1) of all lie; the median for 0.5."""
    if share == 0.5:
        return statistics.median(values)
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _short(value: float) -> float:
    """Four digits: more would be noise."""
    return float(f"{value:.4g}")
