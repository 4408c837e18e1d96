"""The verb `bench`: runs the figures one after the other, alone, and prints a line for each; it judges nothing."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Iterator
from typing import Protocol, cast

from bench.figure import Figure, emit

FIGURES = {
    "commands_serial": "bench.server_commands",
    "commands_batched": "bench.server_commands",
    "commands_200_kitchens": "bench.server_commands",
    "eight_flows": "bench.eight_flows",
    "fold": "bench.fold",
    "fan_out": "bench.server_fanout",
    "peers": "bench.peers",
    "idle_kiosk": "bench.server_crowd",
    "storm": "bench.server_crowd",
    "province": "bench.province",
    "province_together": "bench.province",
    "tap_to_disk": "bench.kiosk.taps",
    "tap_to_glass": "bench.kiosk.taps",
    "catch_up": "bench.kiosk.catch_up",
    "drain": "bench.kiosk.draining",
    "board_during_drain": "bench.kiosk.draining",
    "kiosk_beside_chromium": "bench.kiosk.beside_chromium",
}
"""Where each is measured, in the order of a run. A name may give several lines."""


class Measuring(Protocol):
    """A function that measures."""

    def __call__(self) -> Iterator[Figure]:
        """The figures, as they are found."""


def main(argv: list[str] | None = None) -> int:
    """Measure the named figures, or all; 1 when one could not be measured."""
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help="which (default: all)")
    parser.add_argument("--list", action="store_true", help="say which figures there are")
    options = parser.parse_args(argv)
    if options.list:
        sys.stdout.write("\n".join(FIGURES) + "\n")
        return 0
    if unknown := [name for name in options.figures if name not in FIGURES]:
        parser.error(f"no figure {', '.join(unknown)}; there are: {', '.join(FIGURES)}")
    failed = [name for name in options.figures or FIGURES if not _measured(name)]
    if failed:
        sys.stderr.write(f"not measured: {', '.join(failed)}\n")
    return 1 if failed else 0


def _measured(name: str) -> bool:
    began = time.monotonic()
    sys.stderr.write(f"{name} …\n")
    try:
        measure = cast(Measuring, getattr(importlib.import_module(FIGURES[name]), name))
        for figure in measure():
            emit(figure)
    except Exception as error:  # noqa: BLE001 - the other figures are worth having
        sys.stderr.write(f"{name}: {type(error).__name__}: {error}\n")
        return False
    sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    return True


if __name__ == "__main__":
    sys.exit(main())
