"""Says in the fields of a plan file what one plan has other than another; it decides and prints nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
from typing_extensions import override

from dapur.batch import MINUTE_MS

SHOWN_CHARS = 40
"""A recipe's text fills a line of the terminal; its beginning says which one it is."""
NONE = "none"


class Change(msgspec.Struct, frozen=True):
    """One field of the file (`cook`, `waves[0].stops[2].pk`) as it was and as it shall be."""

    field: str
    before: str
    after: str

    @override
    def __str__(self) -> str:
        return f"{self.field} {self.before} → {self.after}"


def changes(before: object, after: object, offset_min: int, field: str = "") -> tuple[Change, ...]:
    """All differences of two values of one type, in the order of `after`.

    `offset_min` (minutes east of UTC) makes clock times of fields that end in `_ms`.
    """
    return tuple(_walk(field, before, after, offset_min))


def _walk(field: str, before: object, after: object, offset_min: int) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, msgspec.Struct) and isinstance(after, msgspec.Struct):
        dot = "." if field else ""
        for name in after.__struct_fields__:
            inner = f"{field}{dot}{name}"
            yield from _walk(inner, getattr(before, name), getattr(after, name), offset_min)
    elif isinstance(before, tuple) and isinstance(after, tuple):
        yield from _listed(field, before, after, offset_min)
    else:
        name = field.removesuffix("_ms")
        clocks = offset_min if name != field else None
        yield Change(name, _text(before, clocks), _text(after, clocks))


def _listed(
    field: str, before: tuple[object, ...], after: tuple[object, ...], offset_min: int
) -> Iterator[Change]:
    """Entries with an id are the same entry wherever they stand; others are what their place says."""
    old = {getattr(each, "id", place): each for place, each in enumerate(before)}
    found: list[Change] = []
    for place, each in enumerate(after):
        key = getattr(each, "id", place)
        inner = f"{field}[{place}]"
        if key in old:
            found += _walk(inner, old.pop(key), each, offset_min)
        else:
            found.append(Change(inner, NONE, _entry(each)))
    found += [Change(field, _entry(each), NONE) for each in old.values()]
    yield from found or (Change(field, "one order", "another"),)


def _entry(entry: object) -> str:
    for name in ("id", "text", "name"):
        if isinstance(found := getattr(entry, name, None), str):
            return _text(found, None)
    return _text(entry, None)


def _text(value: object, offset_min: int | None) -> str:
    if value is None:
        return NONE
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and offset_min is not None:
        local = datetime.fromtimestamp(value / 1000 + offset_min * MINUTE_MS / 1000, UTC)
        return local.strftime("%H:%M")
    if isinstance(value, (int, float)):
        return f"{value:g}" if isinstance(value, float) else str(value)
    text = repr(str(value))
    return text if len(text) <= SHOWN_CHARS else f"{text[: SHOWN_CHARS - 1]}…"
