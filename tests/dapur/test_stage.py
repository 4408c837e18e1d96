"""The table of transitions: what it has, what it must never have, and that the rules use all of
it.
"""

from __future__ import annotations

import pytest

from dapur.stage import OVER, STATUS, TRANSITIONS, Stage
from dapur.wire.messages import Outcome
from tests.support.situations import BATCH, KIOSK, SITUATIONS, TAPS, made
from tests.support.taps import WAY, batch_at


def test_nothing_leaves_a_terminal_stage() -> None:
    assert not [row for row in TRANSITIONS if row.source in OVER]


def test_cooked_food_is_never_cancelled() -> None:
    assert not [
        row
        for row in TRANSITIONS
        if row.target is Stage.CANCELLED and row.source in (Stage.QUALITY_CHECK, Stage.COMPLETED)
    ]


def test_only_a_completion_completes() -> None:
    assert {row.by for row in TRANSITIONS if row.target is Stage.COMPLETED} == {"complete_batch"}


def test_every_stage_has_one_of_the_six_published_names() -> None:
    assert set(STATUS) == set(Stage)
    assert len(set(STATUS.values())) == 6


def test_the_rules_move_a_batch_exactly_as_the_table_says_from_every_situation() -> None:
    seen = set()
    for build in SITUATIONS.values():
        night = build()
        before = night.kitchen.batches.get(BATCH)
        if before is None:
            continue
        for name in TAPS:
            trial = build()
            taking = trial.give(made(trial, name, KIOSK, "tap", trial.minute + 1))
            after = trial.kitchen.batches[BATCH]
            if taking.outcome is Outcome.APPLIED and after.stage is not before.stage:
                seen.add((before.stage, after.stage, TAPS[name][0]))
    table = {(row.source, row.target, row.by) for row in TRANSITIONS}
    assert seen <= table
    only_without_heat = {
        (Stage.PREPARING, Stage.QUALITY_CHECK, "advance_batch"),
        (Stage.QUALITY_CHECK, Stage.PREPARING, "start_rework"),
        (Stage.QUALITY_CHECK, Stage.PREPARING, "release_hold"),
        (Stage.COMPLETED, Stage.PREPARING, "release_hold"),
        (Stage.QUALITY_CHECK, Stage.PREPARING, "undo"),
    }
    needs_more = {
        (Stage.PREPARING, Stage.DISCARDED, "release_hold"),
        (Stage.COMPLETED, Stage.QUALITY_CHECK, "release_hold"),
        (Stage.COMPLETED, Stage.COOKING, "release_hold"),
    }
    assert table - seen - only_without_heat <= needs_more


@pytest.mark.parametrize("stage", WAY[1:])
def test_a_dish_goes_the_good_way_when_everything_is_in_limit(stage: str) -> None:
    night = batch_at(stage)
    assert night.kitchen.reviews == {}


def test_a_dish_without_heat_skips_cooking_and_starts_its_clock_when_cutting_ends() -> None:
    night = batch_at("planned", no_cook=True, steps=[], limits={})
    night.tap("advance_batch", BATCH, {"to": "preparing"}, minute=31)
    assert night.tap("advance_batch", BATCH, {"to": "cooking"}).code == "wrong_stage"
    taken = night.taken("advance_batch", BATCH, {"to": "quality_check"}, minute=90, span_ms=60_000)
    night.give(taken)
    batch = night.kitchen.batches[BATCH]
    assert batch.stage is Stage.QUALITY_CHECK
    assert batch.consumption_started_ms == taken.at.earliest_ms
