"""The first half of this commit's nights: nothing is lost, doubled, mixed or left hanging."""

from __future__ import annotations

import pytest

from tests.simulation.commit_seeds import played
from tests.simulation.swarm import COUNTED

PARTS = range(5)


@pytest.mark.parametrize("part", PARTS)
def test_nights_of_this_commit_keep_every_invariant(part: int) -> None:
    assert [(night.seed, night.violation) for night in played(part).failed] == []


def test_nights_of_this_commit_see_every_fault() -> None:
    tallies = [played(part) for part in PARTS]
    seen = {fault for tally in tallies for fault in tally.counts}
    assert set(COUNTED) - seen == set()
