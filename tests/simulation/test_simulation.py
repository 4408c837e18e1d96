"""The simulator itself: the same seed is the same night, a planted bug is found, a failure is made short."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from dapur.ids import KitchenId
from dapur.sync.effects import Effect, NeedRows
from dapur.sync.kiosk_side import KioskSide
from dapur.sync.replica import Replica
from dapur.wire.messages import Result
from server.desk.desk import Desk
from server.desk.folding import Fold
from server.desk.groups import Submission
from server.desk.ports import OutboxHead
from tests.simulation import run
from tests.simulation.engine import Outcome, simulate
from tests.simulation.shrink import shrink
from tests.simulation.swarm import COUNTED, SHAPES, TIMED, drawn
from tests.simulation.troubles import TROUBLES

TRIES = 150
"""A planted bug shows within some tens of nights."""


def first_failure(seeds: Sequence[int] = range(TRIES)) -> Outcome:
    for seed in seeds:
        outcome = simulate(seed)
        if outcome.violation:
            return outcome
    raise AssertionError("the bug was not found")


# ---- the same seed -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [3, 50, 77_777])
def test_same_seed_gives_the_same_trace(seed: int) -> None:
    one, other = simulate(seed, keep_trace=True), simulate(seed, keep_trace=True)
    assert one.trace == other.trace
    assert (one.digest, one.steps, one.counts) == (other.digest, other.steps, other.counts)
    assert simulate(seed).digest == one.digest


def test_other_seeds_are_other_nights() -> None:
    assert len({simulate(seed).digest for seed in range(1, 6)}) == 5


def test_every_seed_that_ever_failed_holds() -> None:
    for seed in run.seeds_that_failed():
        assert simulate(seed).violation == "", seed


def test_every_kind_of_fault_has_a_trouble_and_a_name_of_its_own() -> None:
    assert set(TIMED) == TROUBLES.keys()
    assert len(set(COUNTED)) == len(COUNTED)
    assert {shape for seed in range(60) for shape in drawn(seed).shapes} == set(SHAPES)


# ---- planted bugs --------------------------------------------------------------------------------


def test_simulator_finds_a_kiosk_that_forgets_a_tap_when_it_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def settled(self: Replica, results: Sequence[Result]) -> None:
        for result in results:
            self._pending.pop(result.dseq, None)
            self._answered.discard(result.dseq)
        self._rows = None
        self._moved()

    monkeypatch.setattr(Replica, "settled", settled)
    assert first_failure().invariant == "I9"


def test_simulator_finds_a_kiosk_that_never_sends_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def unwelcome(self: KioskSide) -> list[Effect]:
        late = self._sent < self._outbox.dseq - 1
        return [] if late or not self.admitted else [NeedRows(self._sent, 1)]

    monkeypatch.setattr(KioskSide, "_want_rows", unwelcome)
    assert first_failure().invariant == "liveness"


def test_simulator_finds_a_desk_that_trusts_its_memory_of_an_outbox(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unchecked(_desk: Desk, _submission: Submission, _head: OutboxHead | None) -> None:
        """As it was before it was mended."""

    monkeypatch.setattr(Desk, "_check_gap", unchecked)
    assert first_failure(range(1_000)).invariant == "liveness"


def test_simulator_finds_a_server_that_mixes_kitchens(monkeypatch: pytest.MonkeyPatch) -> None:
    def any_fold(self: Desk, _kitchen: KitchenId) -> Fold | None:
        return next((cached.fold for cached in self._cache.values()), None)

    monkeypatch.setattr(Desk, "fold", any_fold)
    # A foreign state goes out, is folded on, or the watchman raises what he sees in it.
    assert first_failure(range(1_000)).invariant in {"I7", "I5", "I2"}


def test_simulator_finds_a_kiosk_that_moves_on_without_what_it_was_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def drops(self: Replica, events: Sequence[object], seq: int) -> None:
        del events
        self._seq = seq
        self._moved()

    monkeypatch.setattr(Replica, "grown", drops)
    assert first_failure().invariant == "I5"


# ---- telling -------------------------------------------------------------------------------------


def test_failure_is_made_short_and_told_with_seed_and_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def settled(self: Replica, results: Sequence[Result]) -> None:
        for result in results:
            self._pending.pop(result.dseq, None)
            self._answered.discard(result.dseq)
        self._rows = None
        self._moved()

    monkeypatch.setattr(Replica, "settled", settled)
    failed = first_failure()
    short = shrink(failed, budget_s=8)
    assert short.outcome.invariant == failed.invariant
    assert len(short.agenda) <= len(drawn(failed.seed).agenda) // 2
    assert run.main(["--seeds", "1", "--from", str(failed.seed), "--no-shrink"]) == 1
    told = capsys.readouterr().out
    assert re.search(rf"FAILED seed {failed.seed} at commit [0-9a-f]{{40}}|unknown", told)


def test_good_nights_are_told_with_their_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--seeds", "3", "--from", "1"]) == 0
    told = capsys.readouterr().out
    assert "3 seeds" in told
    assert all(fault in told for fault in COUNTED)


def test_list_of_failed_seeds_is_read_without_its_remarks(tmp_path: Path) -> None:
    listed = tmp_path / "failed.txt"
    listed.write_text("# a remark\n12 # this\n\n7\n")
    assert run.seeds_that_failed(listed) == (12, 7)
