"""Words of the screen: both languages have the same keys and fields, each key is used, each used key is there."""

from __future__ import annotations

import ast
import re
from enum import StrEnum
from pathlib import Path
from string import Formatter

import pytest

from dapur.access import Role
from dapur.alert import Rule, Severity
from dapur.batch import HoldReason, Item
from dapur.kitchen import COMMANDS, EVENTS
from dapur.resources import path as resource
from dapur.review import Reason
from dapur.stage import Stage
from kiosk.pins import SignIn
from kiosk.views.words import LANGUAGES, Words, catalogue

VIEWS = sorted(Path(__file__).resolve().parents[3].glob("kiosk/views/*.py"))
SCREENS = sorted(Path(__file__).resolve().parents[3].glob("kiosk/screens/*.py"))


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _used() -> tuple[set[str], set[str]]:
    """Keys that stand whole in the code, and beginnings of keys that are put together."""
    whole: set[str] = set()
    begun: set[str] = set()
    for path in (*VIEWS, *SCREENS):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                begun.add(str(node.values[0].value))
    begun |= {each for each in whole if each.endswith(".")}
    return whole, {each for each in begun if re.fullmatch(r"[a-z_]+\.([a-z_.]+\.?)?", each)}


def test_languages_have_the_same_keys_and_fields() -> None:
    first, second = (catalogue(language) for language in LANGUAGES)
    assert set(first) == set(second)
    for key in first:
        assert _fields(first[key]) == _fields(second[key]), key
        assert first[key].strip(), key
        assert second[key].strip(), key


def test_every_file_of_words_is_there_in_both_languages() -> None:
    names = [{file.name for file in resource(f"words/{each}").iterdir()} for each in LANGUAGES]
    assert names[0] == names[1]


def test_every_word_is_used_somewhere() -> None:
    whole, begun = _used()
    dead = [
        key
        for key in catalogue("id")
        if key not in whole and not any(key.startswith(start) for start in begun)
    ]
    assert not dead


def test_every_key_that_a_view_asks_for_has_words() -> None:
    known = catalogue("id")
    for path in (*VIEWS, *SCREENS):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            if ast.unparse(node.func).split(".")[-1] != "words":
                continue
            key = node.args[0]
            asked = (key.body, key.orelse) if isinstance(key, ast.IfExp) else (key,)
            for each in asked:
                if isinstance(each, ast.Constant):
                    assert each.value in known, f"{path.name}:{node.lineno}"


@pytest.mark.parametrize(
    ("prefix", "names", "suffixes"),
    [
        ("stage", Stage, ("",)),
        ("rule", Rule, ("", ".do")),
        ("reason", Reason, ("", ".next")),
        ("hold", HoldReason, ("",)),
        ("qc.item", Item, ("",)),
        ("role", Role, ("",)),
        ("alert", Severity, ("",)),
    ],
)
def test_every_name_of_the_kitchen_has_words(
    prefix: str, names: type[StrEnum], suffixes: tuple[str, ...]
) -> None:
    for language in LANGUAGES:
        for name in names:
            for suffix in suffixes:
                assert f"{prefix}.{name.value}{suffix}" in catalogue(language)


def test_every_command_and_every_line_of_a_batch_has_words() -> None:
    known = catalogue("id")
    own = {"raise_alert", "resolve_alert", "escalate_alert", "post_notice", "track_delivery"}
    assert not {f"tap.{kind}" for kind in set(COMMANDS) - own} - set(known)
    batch_events = {key.removeprefix("line.") for key in known if key.startswith("line.")}
    assert batch_events - {"reading", "reading_in", "reading_out"} <= set(EVENTS)


def test_words_show_a_dash_when_a_field_is_missing() -> None:
    assert "–" in Words("id")("toast.reading")


def test_every_pin_answer_has_words() -> None:
    from kiosk.views.signing import PROBLEMS

    assert set(PROBLEMS) == set(SignIn) - {SignIn.OK, SignIn.WRONG, SignIn.LOCKED}
    for key in PROBLEMS.values():
        assert key in catalogue("id")
