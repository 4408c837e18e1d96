"""Words for the screen in the language chosen; the only place where a sentence is looked up. It decides nothing."""

from __future__ import annotations

from functools import cache
from typing import Literal, get_args

import msgspec

from dapur.resources import path, read_bytes

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


class RefusalWords(msgspec.Struct, frozen=True):
    """What a refusal says, and what the person can do next."""

    sentence: str
    next: str


@cache
def catalogue(language: Language) -> dict[str, str]:
    """All words of one language by key, from every file of its folder; a key stands in one file only."""
    words: dict[str, str] = {}
    for file in path(f"words/{language}").iterdir():
        more = msgspec.json.decode(file.read_bytes(), type=dict[str, str])
        if twice := words.keys() & more.keys():
            raise ValueError(f"{file.name}: {min(twice)} stands in another file too")
        words |= more
    return words


@cache
def refusals(language: Language) -> dict[str, RefusalWords]:
    """Sentences of all refusals of one language by code."""
    raw = read_bytes(f"words/refusals.{language}.json")
    return msgspec.json.decode(raw, type=dict[str, RefusalWords])


class _Open(dict[str, object]):
    """Fields of a sentence; one that is missing shows as a dash instead of an error in front of a cook."""

    def __missing__(self, key: str) -> object:
        return "–"


class Words:
    """The words of one language at a time; views ask again for every text when it changes."""

    def __init__(self, language: Language = "id") -> None:
        self.language: Language = language

    def __call__(self, key: str, **fields: object) -> str:
        """The text of `key`, `{field}`s filled in; KeyError for a key that no language has."""
        return catalogue(self.language)[key].format_map(_Open(fields))

    def has(self, key: str) -> bool:
        """Whether there is a text for this key."""
        return key in catalogue(self.language)

    def refusal(self, code: str, fields: dict[str, object]) -> RefusalWords:
        """Sentence and next step of a refusal; an unknown code (a newer server's) shows itself."""
        words = refusals(self.language).get(code)
        if words is None:
            return RefusalWords(self("refusal.unknown", code=code), self("refusal.unknown_next"))
        filled = _Open(fields)
        return RefusalWords(words.sentence.format_map(filled), words.next.format_map(filled))
