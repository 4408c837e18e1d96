"""Numbers, clocks and spans as the kitchen writes them; pure text, no state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from kiosk.views.words import Language

MINUTE_MS = 60_000
HOUR_MS = 3_600_000


def clock(at_ms: int, *, offset_min: int, language: Language) -> str:
    """Time of day in the kitchen's zone: 04.42 in Indonesian, 04:42 in English."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(
        timezone(timedelta(minutes=offset_min))
    )
    return f"{at.hour:02d}{'.' if language == 'id' else ':'}{at.minute:02d}"


def span(ms: int, *, language: Language) -> str:
    """A span: mm:ss below one hour, 3j 41m above; an overdue one carries a plus (screens.md 0)."""
    sign, rest = ("+", -ms) if ms < 0 else ("", ms)
    if rest < HOUR_MS:
        return f"{sign}{rest // MINUTE_MS:02d}:{rest % MINUTE_MS // 1000:02d}"
    hours, minutes = rest // HOUR_MS, rest % HOUR_MS // MINUTE_MS
    return f"{sign}{hours}{'j' if language == 'id' else 'h'} {minutes:02d}m"


def ago(ms: int, *, language: Language) -> str:
    """An age in the shortest words: 12 dtk, 4 mnt, 3 jam."""
    units = ("dtk", "mnt", "jam") if language == "id" else ("s", "min", "h")
    if ms < MINUTE_MS:
        return f"{max(0, ms) // 1000} {units[0]}"
    if ms < HOUR_MS:
        return f"{ms // MINUTE_MS} {units[1]}"
    return f"{ms // HOUR_MS} {units[2]}"


def whole(number: int, *, language: Language) -> str:
    """1.742 in Indonesian, 1,742 in English."""
    text = f"{number:,}"
    return text.replace(",", ".") if language == "id" else text


def decimal(number: float, *, language: Language, digits: int = 1) -> str:
    """61,8 in Indonesian, 61.8 in English; a typographic minus."""
    text = f"{number:.{digits}f}".replace("-", "\N{MINUS SIGN}")
    return text.replace(".", ",") if language == "id" else text
