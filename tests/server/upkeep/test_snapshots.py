"""Upkeep stores snapshots that a start can use, where there is none yet."""

from __future__ import annotations

import pytest

from dapur import kitchen as rules
from dapur.ids import KitchenId
from server.desk.folding import load
from server.upkeep import snapshots
from tests.support.fake_log import FakeLog
from tests.support.groups import KITCHEN, OTHER, group
from tests.support.taps import batch_at


@pytest.fixture
def log() -> FakeLog:
    made = FakeLog()
    for kitchen in (KITCHEN, OTHER):
        made.create_kitchen(kitchen, epoch="e")
    made.append([group(made, bodies=batch_at("completed").events)])
    return made


def test_upkeep_says_how_far_a_kitchen_is_behind(log: FakeLog) -> None:
    events = len(batch_at("completed").events)
    assert (snapshots.behind(log, KITCHEN), snapshots.behind(log, OTHER)) == (events, 0)
    snapshots.store(log, KITCHEN)
    assert snapshots.behind(log, KITCHEN) == 0
    with pytest.raises(LookupError):
        snapshots.behind(log, KitchenId("nowhere"))


def test_upkeep_stores_only_where_enough_has_come(log: FakeLog) -> None:
    events = snapshots.behind(log, KITCHEN)
    assert snapshots.store_where_due(log, log.kitchens(), events=events + 1) == ()
    assert snapshots.store_where_due(log, log.kitchens(), events=events) == (KITCHEN,)
    assert snapshots.store_where_due(log, log.kitchens(), events=events) == ()


def test_start_folds_nothing_after_upkeep_stored_the_state(log: FakeLog) -> None:
    before = load(log, KITCHEN)
    stored = snapshots.store(log, KITCHEN)
    assert (stored.seq, stored.hash) == (before.seq, before.hash)
    assert rules.decode_snapshot(stored.text, stored.state_version) == before.kitchen
    log.raise_floor(KITCHEN, stored.seq)
    assert load(log, KITCHEN) == before
