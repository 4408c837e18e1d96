"""The conflict table, played: every pair of taps on every kind of state, in both orders."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from itertools import product

import pytest

from dapur.conflicts import CLASHES, Clash, declared
from dapur.envelope import Taken
from dapur.kitchen import COMMANDS, Kitchen, Taking, take
from dapur.wire.messages import Outcome
from tests.support.clash import clash
from tests.support.situations import (
    BATCH,
    KIOSK,
    KIOSK_2,
    NAMES,
    SITUATIONS,
    kind_of,
    made,
)

FACTS = ("hot", "low", "note")


def _give(kitchen: Kitchen, taken: Taken) -> Taking:
    return take(kitchen, taken, taken.received_ms)


Played = tuple[str, str, str, tuple[Taking, Taking], tuple[Taking, Taking], Clash]


@cache
def _played() -> tuple[Played, ...]:
    found: list[Played] = []
    for situation, build in SITUATIONS.items():
        night = build()
        before, minute = night.kitchen, night.minute
        first = {name: made(night, name, KIOSK, f"a-{name}", minute + 1) for name in NAMES}
        second = {name: made(night, name, KIOSK_2, f"b-{name}", minute + 2) for name in NAMES}
        opened = {name: _give(before, taken) for name, taken in first.items()}
        followed = {name: _give(before, taken) for name, taken in second.items()}
        for a, b in product(NAMES, NAMES):
            one = (opened[a], _give(opened[a].kitchen, second[b]))
            other = (_give(followed[b].kitchen, first[a]), followed[b])
            found.append((situation, a, b, one, other, clash(before, one, other, BATCH)))
    return tuple(found)


def test_two_kiosks_clash_only_as_the_table_says_on_every_state() -> None:
    wrong = [
        (situation, a, b, clash.value)
        for situation, a, b, _, _, clash in _played()
        if clash is not Clash.COMMUTES and clash not in declared(kind_of(a), kind_of(b))
    ]
    assert wrong == []


def test_the_table_declares_no_clash_that_never_happens() -> None:
    seen: dict[tuple[str, str], set[Clash]] = defaultdict(set)
    for _, a, b, _, _, found in _played():
        one, other = kind_of(a), kind_of(b)
        seen[min(one, other), max(one, other)].add(found)
    idle = {pair: clashes - seen[pair] for pair, clashes in CLASHES.items()}
    assert {pair: left for pair, left in idle.items() if left} == {}


def test_every_command_kind_is_played() -> None:
    assert {kind_of(name) for name in NAMES} == set(COMMANDS)


def test_every_refused_tap_waits_in_the_inbox() -> None:
    for situation, a, b, one, other, _ in _played():
        for takings, last in ((one, one[1].kitchen), (other, other[0].kitchen)):
            for taking in takings:
                if taking.outcome is Outcome.REFUSED:
                    refused = taking.events[0].subject.removeprefix("review:")
                    if b != "night_end" and a != "night_end":
                        assert last.reviews[refused].settled is None, (situation, a, b)


@pytest.mark.parametrize("fact", FACTS)
def test_a_fact_is_taken_whatever_came_before_it(fact: str) -> None:
    answers = {
        (situation, a, one[1].outcome)
        for situation, a, b, one, _, _ in _played()
        if b == fact and one[1].outcome is not Outcome.APPLIED
    }
    assert answers == set()


def test_a_batch_is_never_completed_and_free_when_another_kiosk_held_it() -> None:
    for situation, a, b, one, other, _ in _played():
        if situation == "passed" and {a, b} & {"hold", "fail"} and {a, b} & {"complete"}:
            for last in (one[1].kitchen, other[0].kitchen):
                assert last.batches[BATCH].held, (a, b)


def test_the_clock_starts_at_the_earlier_of_two_taps_in_both_orders() -> None:
    (played,) = [
        each for each in _played() if each[:3] == ("cooking_ready", "to_check", "to_check")
    ]
    starts = [
        taking.kitchen.batches[BATCH].consumption_started_ms
        for taking in (played[3][1], played[4][0])
    ]
    assert starts[0] == starts[1]


def test_readings_lie_in_the_same_order_whoever_is_first() -> None:
    for situation, a, b, one, other, _ in _played():
        if a in ("hot", "low") and b in ("hot", "low") and situation != "unknown":
            mine, yours = one[1].kitchen.batches[BATCH], other[0].kitchen.batches[BATCH]
            assert mine.readings == yours.readings
