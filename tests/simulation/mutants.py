"""`python -m tests.simulation.mutants [NAME …]`: plants bugs one by one; the simulation must catch each.

A fresh process for each bug, so that none leaks into another. It mends nothing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import msgspec

from tests.simulation import (
    mutant_desk,
    mutant_gateway,
    mutant_kiosk,
    mutant_link,
    mutant_pins,
    mutant_restore,
    mutant_rules,
)
from tests.simulation.mutant_base import Mutant, is_invariant, warm_up

CATALOGUE: tuple[Mutant, ...] = (
    *mutant_kiosk.MUTANTS,
    *mutant_link.MUTANTS,
    *mutant_desk.MUTANTS,
    *mutant_gateway.MUTANTS,
    *mutant_rules.MUTANTS,
    *mutant_pins.MUTANTS,
    *mutant_restore.MUTANTS,
)
BY_NAME = {mutant.name: mutant for mutant in CATALOGUE}
LIMIT_S = 60.0
"""CPU seconds in which each bug must show."""
HANG_FACTOR = 10
"""A busy machine gives a process a part of its time; a bug that hangs is ended after so many limits."""


class Verdict(msgspec.Struct, frozen=True):
    """What the simulation said to one bug."""

    name: str
    seed: int
    """The one that caught it; of a survivor the first that was not played any more."""
    violation: str
    """Empty: it survived."""
    cpu_s: float
    crash: str = ""
    """The first failure that was no invariant's: a patch that does not fit, or a check that is missing."""

    @property
    def line(self) -> str:
        """For people."""
        if self.violation:
            return f"caught   {self.name:<34} seed {self.seed:<5} {self.cpu_s:5.1f} s  {self.violation[:90]}"
        told = f"; failed otherwise: {self.crash[:100]}" if self.crash else ""
        return f"SURVIVED {self.name:<34} {self.seed} seeds {self.cpu_s:5.1f} s{told}"


def hunt(mutant: Mutant, *, limit_s: float = LIMIT_S, seeds_most: int | None = None) -> Verdict:
    """Play seeds 0, 1, 2 … with the bug in place until an invariant fails or the time is up."""
    warm_up()
    began_s = time.process_time()
    crash = ""
    with mutant.planted():
        for seed in count():
            passed_s = time.process_time() - began_s
            if passed_s >= limit_s or seed == seeds_most:
                break
            if not mutant.may_show_in(seed):
                continue
            violation = mutant.play(seed)
            if is_invariant(violation):
                return Verdict(mutant.name, seed, violation, time.process_time() - began_s, crash)
            crash = crash or violation
    return Verdict(mutant.name, seed, "", time.process_time() - began_s, crash)


def _hunt_apart(name: str, limit_s: float) -> Verdict:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "tests.simulation.mutants", "--here", name]
    wall_s = limit_s * HANG_FACTOR
    try:
        done = subprocess.run(
            [*command, "--limit-s", str(limit_s)],
            capture_output=True,
            check=False,
            timeout=wall_s,
        )
    except subprocess.TimeoutExpired:
        return Verdict(name, 0, "", wall_s, "it hangs")
    try:
        return msgspec.json.decode(done.stdout, type=Verdict)
    except msgspec.MsgspecError:
        last = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        return Verdict(name, 0, "", 0.0, last[-1])


def hunt_all(names: Sequence[str], *, limit_s: float, jobs: int) -> bool:
    """Hunt these, some at a time, a line for each as it is known; whether all were caught."""
    survivors = 0
    with ThreadPoolExecutor(jobs) as pool:
        for verdict in pool.map(lambda name: _hunt_apart(name, limit_s), names):
            survivors += not verdict.violation
            _say(verdict.line)
    _say(f"{len(names) - survivors} of {len(names)} planted bugs were caught")
    return survivors == 0


def main(argv: list[str] | None = None) -> int:
    """Hunt, tell, and return the exit code: 1 when a bug survived."""
    parser = argparse.ArgumentParser("mutants", description=__doc__, allow_abbrev=False)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which bugs (default: all)")
    parser.add_argument("--limit-s", type=float, default=LIMIT_S, help="CPU seconds for each")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (default: 2)")
    parser.add_argument("--list", action="store_true", help="say what there is and end")
    parser.add_argument("--here", metavar="NAME", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    wanted: list[str] = [options.here] if options.here else options.names or list(BY_NAME)
    if unknown := [name for name in wanted if name not in BY_NAME]:
        parser.error(f"no such bug: {', '.join(unknown)}")
    if options.list:
        for name in wanted:
            _say(f"{name:<34} {BY_NAME[name].breaks}")
        return 0
    if options.here:
        verdict = hunt(BY_NAME[options.here], limit_s=options.limit_s)
        _say(msgspec.json.encode(verdict).decode())
        return 0 if verdict.violation else 1
    return 0 if hunt_all(wanted, limit_s=options.limit_s, jobs=options.jobs) else 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
