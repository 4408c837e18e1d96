"""The gallery's samples in the other language, as far as the kiosk's own words say them; it changes no widget."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal, TypeVar, get_origin

import msgspec
from msgspec.structs import fields, replace
from PySide6.QtWidgets import QWidget

from kiosk.views.words import catalogue

_PARTS = re.compile(r"( · |: |, )")
_Any = TypeVar("_Any")


@cache
def _english() -> dict[str, str]:
    """What each Indonesian text without a field is in English."""
    other = catalogue("en")
    return {
        text: other[key] for key, text in catalogue("id").items() if "{" not in text + other[key]
    }


def said(text: str) -> str:
    """This text in English, part by part; names and numbers stay."""
    known = _english()
    if text in known:
        return known[text]
    return "".join(known.get(part, part) for part in _PARTS.split(text))


def told(value: _Any) -> _Any:
    """A look with all its texts in English; its keys, icons and tones are no words and stay."""
    if isinstance(value, str):
        return said(value)  # type: ignore[return-value]
    if isinstance(value, tuple):
        return tuple(told(each) for each in value)  # type: ignore[return-value]
    if isinstance(value, msgspec.Struct):
        changed = {
            each.name: told(getattr(value, each.name))
            for each in fields(value)
            if each.name not in _KEYS and get_origin(each.type) is not Literal
        }
        return replace(value, **changed)
    return value


_KEYS = frozenset(
    ("id", "key", "action", "wave", "batch", "icon", "chip_icon", "clock_icon", "temp_icon")
) | {"chosen_icon", "active", "decimal"}


def speak_english(page: QWidget) -> None:
    """Give every part of a page its look in English."""
    for part in page.findChildren(QWidget):
        look, take = getattr(part, "_look", None), getattr(part, "set_look", None)
        if isinstance(look, msgspec.Struct) and take is not None:
            take(told(look))
        text, write = getattr(part, "_text", None), getattr(part, "set_text", None)
        if isinstance(text, str) and text and write is not None:
            write(said(text))
