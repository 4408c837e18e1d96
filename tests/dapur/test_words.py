"""Every refusal has a sentence and a way on, in both languages, with fields that exist."""

from __future__ import annotations

import json
from string import Formatter
from typing import get_args

import pytest

from dapur.refusal import AnyRefusal, Refusal
from dapur.resources import read_bytes

CODES: dict[str, type[Refusal]] = {
    str(each.__struct_config__.tag): each for each in get_args(AnyRefusal)
}


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_code_has_a_sentence_and_a_way_on(language: str) -> None:
    words = json.loads(read_bytes(f"words/refusals.{language}.json"))
    assert set(words) == set(CODES)
    for code, text in words.items():
        assert set(text) == {"sentence", "next"}
        assert text["sentence"].strip()
        assert text["next"].strip()
        for part in text.values():
            named = {name for _, name, _, _ in Formatter().parse(part) if name}
            assert named <= set(CODES[code].__struct_fields__), code


def test_both_languages_show_the_same_fields() -> None:
    one, other = (json.loads(read_bytes(f"words/refusals.{x}.json")) for x in ("id", "en"))

    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    for code in CODES:
        assert fields(one[code]["sentence"]) == fields(other[code]["sentence"]), code


def test_every_refusal_class_is_in_the_union() -> None:
    assert set(Refusal.__subclasses__()) == set(CODES.values())
