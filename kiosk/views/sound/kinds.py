"""The sounds of a kiosk, the worst last; names and files only, nothing is played here."""

from __future__ import annotations

from enum import StrEnum

from dapur.resources import path


class Kind(StrEnum):
    """What one hears; each has a rhythm of its own (resources/sounds/make.py)."""

    REFUSED = "refused"
    """A tap of this kiosk was refused."""
    CHANGED = "changed"
    """A batch was cancelled, thrown away or planned anew."""
    HOLD = "hold"
    """A batch was held."""
    ALERT = "alert"
    """A new alert, high or medium."""
    LATE = "late"
    """A new alert about time: late to start, late to end, the departure at risk."""
    CRITICAL = "critical"
    """A new alert that is critical; it goes on until somebody handles or mutes it."""


ORDER: dict[Kind, int] = {kind: place for place, kind in enumerate(Kind)}
"""The worst wins when two want to be heard."""


def file_of(kind: Kind) -> str:
    """Where the WAV file of a sound lies."""
    return str(path(f"sounds/{kind.value}.wav"))
