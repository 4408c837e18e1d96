"""Runs the fuzz targets guided by coverage (`make fuzz`); what a fault is, only the targets say."""

from __future__ import annotations

import argparse
import hashlib
import importlib
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".dapur" / "fuzz"
NAMES = ("codec", "hello", "submit", "snapshot", "salvage")
MEMORY_MB = 700
"""The process with all its imports takes a third of this; a leak in the target does not stay below."""
ONE_INPUT_S = 10
"""No input may hold up the server for so long."""
LONGEST_BYTES = {"salvage": 64 * 1024}
LONGEST_OTHER_BYTES = 16 * 1024
MISSING = "atheris is missing: run `make fuzz`, which installs tests/fuzz/requirements.txt"


def say(line: str) -> None:
    """To the person or the script that runs this."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Fuzz one target or all of them, each in a process of its own; 0 when nothing was found."""
    parser = argparse.ArgumentParser("tests.fuzz.guided", allow_abbrev=False)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--target", choices=(*NAMES, "all"), default="all")
    parser.add_argument("--replay", type=Path, help="give a saved input to the target once")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.replay is not None:
        if options.target == "all":
            parser.error("--replay wants the --target that the input was found with")
        return replay(options.target, options.replay)
    if options.inside:
        return fuzz(options.target, options.seconds)
    targets = NAMES if options.target == "all" else (options.target,)
    return max([apart(target, options.seconds) for target in targets])


def apart(target: str, seconds: int) -> int:
    """Fuzz a target in a process of its own: the fuzzer ends the process it runs in."""
    command = [sys.executable, "-m", "tests.fuzz.guided", "--inside", "--target", target]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [*command, "--seconds", str(seconds)], cwd=ROOT, env=environment, check=False
    )
    found = sorted((WORK / target).glob("found-*"))
    verdict = "nothing found" if done.returncode == 0 else f"FOUND, see {found[-1:]}"
    say(f"{target}: {seconds} s, {verdict}")
    return int(done.returncode != 0)


def replay(target: str, file: Path) -> int:
    """Give one input to a target; the traceback is the answer."""
    from tests.fuzz.targets import TARGETS

    TARGETS[target](file.read_bytes())
    say(f"{target}: nothing found with {file.name}")
    return 0


def fuzz(target: str, seconds: int) -> int:
    """Fuzz in this process, until the time is over or something is found."""
    try:
        atheris = importlib.import_module("atheris")
    except ModuleNotFoundError:
        say(MISSING)
        return 2
    # The targets listen to what is logged; nobody else shall.
    logging.getLogger().addHandler(logging.NullHandler())
    with atheris.instrument_imports(include=["dapur", "kiosk", "server"]):
        targets = importlib.import_module("tests.fuzz.targets")
        seeds = importlib.import_module("tests.fuzz.seeds")
    corpus = WORK / target / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for data in seeds.corpus(target):
        (corpus / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    longest = LONGEST_BYTES.get(target, LONGEST_OTHER_BYTES)
    limits = [f"-max_total_time={seconds}", f"-rss_limit_mb={MEMORY_MB}", f"-timeout={ONE_INPUT_S}"]
    places = [f"-artifact_prefix={WORK / target}/found-", f"-max_len={longest}", str(corpus)]
    atheris.Setup([sys.argv[0], *limits, "-print_final_stats=1", *places], targets.TARGETS[target])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
