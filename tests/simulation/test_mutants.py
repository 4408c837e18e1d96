"""The hunt for planted bugs: cheap ones are caught, a sound product is not, and no patch stays behind."""

from __future__ import annotations

import pytest

from dapur.sync.kiosk_side import KioskSide
from tests.simulation import mutants
from tests.simulation.mutant_base import Mutant, Patch, Play, is_invariant, night
from tests.simulation.mutant_scenes import (
    archived,
    comes_back,
    crowd,
    cut_before_answers,
    flood,
    forgetful,
    lockout,
    prompt,
    restored,
    steady,
)
from tests.simulation.mutants import BY_NAME, CATALOGUE, hunt

SEEDS = 30
ISSUE_ASKS = 28


@pytest.mark.parametrize(
    ("name", "invariant"),
    [
        ("pending_dropped_at_answer", "I9"),
        ("tenants_mixed", "I7"),
        ("dedup_in_another_transaction", "I2"),
        ("expected_seq_unchecked", "I3"),
        ("stage_table_unasked", "I4"),
        ("refused_in_silence", "I6"),
        ("role_unchecked", "I12"),
        ("clock_trusted", "time"),
        ("rows_above_ack_skipped", "liveness"),
        ("queue_unbounded", "I11"),
        ("lockout_reset_by_restart", "lockout"),
        ("tail_chain_unchecked", "I3"),
        ("decided_while_recovering", "I10"),
        ("brought_events_without_answers", "I2"),
    ],
)
def test_planted_bug_is_caught_by_the_invariant_it_breaks(name: str, invariant: str) -> None:
    verdict = hunt(BY_NAME[name], seeds_most=SEEDS)
    assert verdict.violation.split(":")[0] == invariant
    assert verdict.line.startswith("caught")


@pytest.mark.parametrize(
    "play",
    [
        night,
        prompt,
        comes_back,
        steady,
        cut_before_answers,
        forgetful,
        archived,
        restored,
        flood,
        crowd,
        lockout,
    ],
)
def test_sound_product_is_not_caught(play: Play) -> None:
    sound = Mutant("sound", "Nothing.", (), play)
    verdict = hunt(sound, seeds_most=10)
    assert (verdict.violation, verdict.crash, verdict.seed) == ("", "", 10)
    assert verdict.line.startswith("SURVIVED")


def test_patch_that_only_crashes_catches_nothing() -> None:
    clumsy = Mutant("clumsy", "A typing error.", (Patch(KioskSide, "_welcomed", None),))
    verdict = hunt(clumsy, seeds_most=3)
    assert verdict.violation == ""
    assert "TypeError" in verdict.crash
    assert "TypeError" in verdict.line


def test_time_that_is_up_ends_the_hunt() -> None:
    sound = Mutant("sound", "Nothing.", ())
    assert hunt(sound, limit_s=0.0).seed == 0


@pytest.mark.parametrize("mutant", CATALOGUE, ids=lambda one: one.name)
def test_bug_is_in_the_product_while_it_is_planted_and_gone_afterwards(mutant: Mutant) -> None:
    before = [patch.present() for patch in mutant.patches]
    assert before
    with mutant.planted():
        planted = [patch.present() for patch in mutant.patches]
    assert planted == [patch.broken for patch in mutant.patches]
    assert all(now is not was for now, was in zip(planted, before, strict=True))
    after = [patch.present() for patch in mutant.patches]
    assert all(now is was for now, was in zip(after, before, strict=True))


def test_catalogue_has_enough_bugs_with_a_sentence_each() -> None:
    assert len(BY_NAME) == len(CATALOGUE) >= ISSUE_ASKS
    assert all(mutant.breaks.endswith(".") for mutant in CATALOGUE)


def test_only_an_invariant_counts() -> None:
    assert is_invariant("I11: full")
    assert is_invariant("liveness: kiosk-1 is offline")
    assert not is_invariant("TypeError: no")
    assert not is_invariant("")


def test_bugs_are_hunted_in_processes_of_their_own_and_told_a_line_each(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = BY_NAME["queue_unbounded"].patches[0].present()
    assert mutants.main(["queue_unbounded", "--jobs", "1"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("caught   queue_unbounded")
    assert "1 of 1 planted bugs were caught" in told
    assert BY_NAME["queue_unbounded"].patches[0].present() is before


def test_survivor_makes_the_run_fail(capsys: pytest.CaptureFixture[str]) -> None:
    assert mutants.main(["queue_unbounded", "--limit-s", "0"]) == 1
    assert capsys.readouterr().out.startswith("SURVIVED queue_unbounded")


def test_process_that_hangs_or_says_nothing_is_a_survivor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutants, "HANG_FACTOR", 0.001)
    assert mutants._hunt_apart("queue_unbounded", 1.0).crash == "it hangs"
    monkeypatch.setattr(mutants, "HANG_FACTOR", 60)
    assert "no such bug" in mutants._hunt_apart("unheard_of", 1.0).crash


def test_list_says_what_each_bug_breaks(capsys: pytest.CaptureFixture[str]) -> None:
    assert mutants.main(["--list", "fact_refused"]) == 0
    assert BY_NAME["fact_refused"].breaks in capsys.readouterr().out
