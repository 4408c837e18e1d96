"""`python -m tests.simulation.run --seeds N [--from SEED]`: plays nights, counts faults, shrinks a failure."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from tests.simulation.engine import Outcome, simulate
from tests.simulation.shrink import shrink
from tests.simulation.swarm import COUNTED

FAILED_SEEDS = Path(__file__).parent / "failed_seeds.txt"
SEEDS_FOR_ALL = 500
"""So many nights must have seen every kind of fault."""
SHOWN_LINES = 60
FAILURES_MOST = 5
"""More failures of one run say nothing new."""


class Tally(msgspec.Struct):
    """What a number of nights came to."""

    seeds: int = 0
    steps: int = 0
    taps: int = 0
    virtual_ms: int = 0
    cpu_s: float = 0.0
    counts: dict[str, int] = {}
    failed: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        """One more night."""
        self.seeds += 1
        self.steps += outcome.steps
        self.taps += outcome.taps
        self.virtual_ms += outcome.virtual_ms
        for fault, number in outcome.counts.items():
            self.counts[fault] = self.counts.get(fault, 0) + number
        if outcome.violation:
            self.failed.append(outcome)

    @property
    def missing(self) -> tuple[str, ...]:
        """Kinds of fault that never happened."""
        return tuple(fault for fault in COUNTED if not self.counts.get(fault))


def play(seeds: Iterable[int], *, failures_most: int = FAILURES_MOST) -> Tally:
    """Play these nights, one after another; stops early after some failures."""
    tally = Tally()
    began_s = time.process_time()
    for seed in seeds:
        tally.add(simulate(seed))
        if len(tally.failed) >= failures_most:
            break
    tally.cpu_s = time.process_time() - began_s
    return tally


def commit() -> str:
    """The commit that is played; empty outside a clone."""
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return found.stdout.strip()


def seeds_that_failed(path: Path = FAILED_SEEDS) -> tuple[int, ...]:
    """Every seed that ever failed, one a line, with what it showed behind it."""
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return tuple(int(line.split()[0]) for line in lines if line)


def main(argv: list[str] | None = None) -> int:
    """Play, tell, and return the exit code."""
    parser = argparse.ArgumentParser("simulate", description=__doc__, allow_abbrev=False)
    parser.add_argument("--seeds", type=int, default=SEEDS_FOR_ALL, help="how many (default: 500)")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first (default: 0)")
    parser.add_argument("--shrink", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args(argv)
    tally = play(range(options.first, options.first + options.seeds))
    _tell(tally)
    if tally.failed:
        _tell_failures(tally.failed, shrinking=options.shrink)
        return 1
    if tally.seeds >= SEEDS_FOR_ALL and tally.missing:
        _say(f"these faults never happened: {', '.join(tally.missing)}")
        return 1
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _tell(tally: Tally) -> None:
    per_min = 60 * tally.seeds / max(tally.cpu_s, 0.001)
    _say(
        f"{tally.seeds} seeds, {tally.steps} steps, {tally.taps} taps,"
        f" {tally.virtual_ms / 3_600_000:.1f} virtual hours,"
        f" {tally.cpu_s:.1f} s of one core: {per_min:.0f} seeds a minute"
    )
    for fault in COUNTED:
        _say(f"  {fault:<22}{tally.counts.get(fault, 0):>9}")


def _tell_failures(failed: list[Outcome], *, shrinking: bool) -> None:
    for outcome in failed:
        _say(f"FAILED seed {outcome.seed} at commit {commit() or 'unknown'}: {outcome.violation}")
    first = failed[0]
    if shrinking:
        short = shrink(first)
        _say(
            f"seed {first.seed} shrunk to {len(short.agenda)} items in {short.tries} tries"
            f"{'' if short.bus else ', a perfect bus'}:"
        )
        for item in short.agenda:
            _say(f"  {item.at_ms:>7} ms  {item.kind}")
        _say("what happened:")
        _say("\n".join(f"  {line}" for line in short.outcome.trace[-SHOWN_LINES:]))
    _say(f"when it is mended, add it to {FAILED_SEEDS.name}: SEED  # what it showed")


if __name__ == "__main__":
    sys.exit(main())
