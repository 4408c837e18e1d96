"""Kiosks and server killed again and again in a busy night: no confirmed tap is lost, none counts twice."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.failures.rounds import run

ROUNDS = int(os.environ.get("DAPUR_ROUNDS", "50"))


@pytest.mark.slow
@pytest.mark.timeout(120 + 8 * ROUNDS)
async def test_no_tap_is_lost_or_doubled_when_kiosks_and_server_are_killed_at_random_moments(
    tmp_path: Path,
) -> None:
    """50 rounds, or as many as DAPUR_ROUNDS says; the seed is the number of rounds, so that CI repeats itself."""
    tally = await run(tmp_path, ROUNDS, seed=ROUNDS)
    sys.stdout.write(f"{tally.told()}\n")
    assert tally.rounds == ROUNDS
    assert (tally.lost, tally.double) == (0, 0)
    assert tally.confirmed > 5 * ROUNDS
    assert tally.kiosk_kills + tally.server_kills >= ROUNDS
