"""The link's laws over any line: nothing lost, nothing twice, everyone at the head in the end."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dapur.wire.messages import Outcome
from tests.support.joined import Joined

seeds = st.integers(0, 2**32)


def live_through(joined: Joined, steps: int, *, cuts: bool) -> None:
    """Let chance run the line for a while."""
    chance = joined.chance
    for _ in range(steps):
        joined.now_ms += chance.randint(0, 300)
        dice = chance.random()
        if dice < 0.08:
            joined.tap()
        elif dice < 0.14:
            joined.grow()
        elif dice < 0.16:
            joined.overflow()
        elif dice < 0.20:
            joined.now_ms += 1_000
            joined.serve(joined.server, joined.server.tick(joined.now_ms))
            joined.tap_at(joined.kiosk.tick(joined.now_ms))
        elif (cuts and dice < 0.23) or (not joined.step() and joined.over):
            joined.dial()


def check(joined: Joined) -> None:
    """All taps are in the log once and in order, all are answered, the replica is the log."""
    truth, disk = joined.truth, joined.disk
    assert truth.rows == disk.rows
    assert disk.results == truth.results
    assert all(result.outcome is Outcome.APPLIED for result in disk.results.values())
    assert disk.position.seq == truth.head
    assert disk.position.hash == (truth.hash_at(truth.head) or b"")
    assert disk.forks == []


@settings(max_examples=150, deadline=None)
@given(seeds)
def test_both_sides_agree_without_a_new_connection_whatever_the_order(seed: int) -> None:
    joined = Joined(random.Random(seed))
    live_through(joined, 250, cuts=False)
    joined.settle()
    assert joined.connections == 1
    assert joined.snapshots <= 1, "on a good line one state is enough"
    check(joined)


@settings(max_examples=150, deadline=None)
@given(seeds)
def test_both_sides_agree_after_cuts_and_late_commits(seed: int) -> None:
    joined = Joined(random.Random(seed))
    live_through(joined, 300, cuts=True)
    joined.settle()
    check(joined)


@settings(max_examples=100, deadline=None)
@given(seeds)
def test_both_sides_agree_after_frames_came_twice_or_in_another_order(seed: int) -> None:
    joined = Joined(random.Random(seed), chaos=True)
    live_through(joined, 200, cuts=True)
    joined.chaos = False
    joined.dial()
    joined.settle()
    check(joined)


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(1, 4))
def test_a_kiosk_below_the_floor_or_of_another_epoch_takes_a_snapshot(
    seed: int, window: int
) -> None:
    joined = Joined(random.Random(seed), window_pages=window)
    live_through(joined, 120, cuts=False)
    joined.settle()
    if joined.chance.random() < 0.5:
        joined.truth.epoch = "e-2"
    else:
        joined.grow()
        joined.truth.floor = joined.truth.head
    before = joined.snapshots
    joined.grow()
    joined.dial()
    live_through(joined, 120, cuts=True)
    joined.settle()
    assert joined.snapshots > before or joined.disk.position.seq == joined.truth.head
    check(joined)


@pytest.mark.parametrize("seed", range(5))
def test_the_chance_of_these_tests_is_real(seed: int) -> None:
    joined = Joined(random.Random(seed))
    live_through(joined, 300, cuts=True)
    assert joined.connections > 2
    assert joined.truth.head > 10
    assert joined.snapshots > 0
