"""A plan for 30,000 kitchens, computed from the figures of one run; it measures nothing.

`python -m bench.scale docs/scale.jsonl --write docs/scale.md`. What is not measured stands below as
an assumption, each with its reason.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from math import ceil
from pathlib import Path

import msgspec

from bench.figure import Figure

KITCHENS, KIOSKS = 30_000, 4
BURST = 2.0
"""Assumed: the busiest minute over the busiest hour, and all three time zones of the country as one."""
FULL = 0.5
"""Of a core that a process may use in that minute: a server process is one Python interpreter, and
above this its answers wait for each other (the run's own rush shows it)."""
DATABASE_CORES, DATABASE_FULL = 16, 0.6
"""Assumed: the largest PostgreSQL machine that an operator rents without asking anybody."""
PROCESS_GB = 8.0
"""Assumed: memory of one server process that is still easy to place."""
WRITES_A_TAP = 3
"""Transactions that write, read off the code: the desk's, history's, the bridge's position."""
SYNCS_PER_S = 2_000.0
"""Of the run's disk (docs/performance.md has 1,500 to 3,300); PostgreSQL joins syncs that come together."""
WIRE_BYTES = 29 + 52 + 66
"""Of each frame beside its payload: TLS record, TCP/IP header with time stamps, and an acknowledgement on Ethernet."""
REST_FRAMES_PER_S = 0.12
"""To a kiosk that nobody taps, and as many back; the note of `province_kiosk_network` says it."""
NIGHTS = 400
CELLS = (250, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 30_000)
CORE_RUPIAH, GB_RUPIAH = 300_000, 2_500
"""Assumed prices a month: a rented core with 4 GiB, a gigabyte of replicated disk. Put your own here."""
HOURS_A_MONTH = 730
BEGIN, END = "<!-- plan: written by bench.scale -->", "<!-- end of the plan -->"


class Units:
    """The figures of a run by name; a cost below zero is noise and counts as none."""

    def __init__(self, figures: Mapping[str, Figure]) -> None:
        self._figures = figures

    def __call__(self, name: str) -> float:
        """Raises KeyError for a figure that the file has not."""
        return max(0.0, self._figures[name].value)

    @property
    def taps_per_s(self) -> float:
        """Of one kitchen in the busiest minute."""
        return self("night_peak_hour") / 3600 * BURST

    @property
    def cores(self) -> float:
        """Of the processes together that one kitchen takes: taps, sockets, its clock, history and bridge."""
        taps_us = self.taps_per_s * self("province_tap_cpu")
        kiosks_us = KIOSKS * self("province_kiosk_cpu")
        return (taps_us + kiosks_us + self("province_kitchen_cpu")) / 1e6

    @property
    def memory_kib(self) -> float:
        """Of the processes together that one kitchen takes."""
        return self("province_kitchen_memory") + KIOSKS * self("province_kiosk_memory")

    def processes(self, kitchens: float) -> int:
        """That carry so many kitchens; two at least, so that one may go."""
        free_kib = PROCESS_GB * 1e6 - self("province_bare_process") * 1e3
        return max(
            2, ceil(self.cores * kitchens / FULL), ceil(self.memory_kib * kitchens / free_kib)
        )

    def database(self, processes: int) -> float:
        """Cores of PostgreSQL that one kitchen takes; every process asks for all heads that moved."""
        standing = processes * self("province_kitchen_cpu_postgresql")
        standing += KIOSKS * self("province_kiosk_cpu_postgresql")
        return (standing + self.taps_per_s * self("province_tap_cpu_postgresql")) / 1e6


class Cell(msgspec.Struct, frozen=True):
    """One installation: a PostgreSQL, a Redis, some processes, so many kitchens."""

    kitchens: int
    processes: int
    """That carry the load; one more stands by."""
    busiest: float
    """Cores of each process."""
    memory_gb: float
    """Of each process."""
    database: float
    """Cores."""
    redis: float
    fits: bool

    @property
    def cells(self) -> int:
        """How many of them the plan needs."""
        return ceil(KITCHENS / self.kitchens)

    @property
    def cores(self) -> float:
        """Of the whole plan: every process has one, PostgreSQL what keeps it at DATABASE_FULL, Redis one."""
        return self.cells * (self.processes + 1 + ceil(self.database / DATABASE_FULL) + 1)


def cell(units: Units, kitchens: int) -> Cell:
    """What so many kitchens need. It does not fit when PostgreSQL or Redis would be full."""
    processes = units.processes(kitchens)
    busiest = units.cores * kitchens / processes
    database = units.database(processes + 1) * kitchens
    memory_gb = units("province_bare_process") / 1e3 + units.memory_kib * kitchens / processes / 1e6
    redis = kitchens * units.taps_per_s * units("province_tap_cpu_redis") / 1e6
    fits = database <= DATABASE_CORES * DATABASE_FULL and redis <= FULL
    return Cell(kitchens, processes, busiest, memory_gb, database, redis, fits)


def database_full(units: Units) -> float:
    """Kitchens with which PostgreSQL's processors are full: more kitchens are more processes that ask it."""
    few, many = 1.0, 1e7
    while many - few > 1:
        middle = (few + many) / 2
        used = units.database(units.processes(middle) + 1) * middle
        few, many = (middle, many) if used <= DATABASE_CORES * DATABASE_FULL else (few, middle)
    return few


def limits(units: Units) -> list[tuple[float, str]]:
    """Kitchens of one installation at which each part is full, the first bottleneck first."""
    taps = units.taps_per_s
    found = (
        (
            database_full(units),
            f"PostgreSQL's processors ({DATABASE_CORES} cores, {DATABASE_FULL:.0%} used)",
        ),
        (
            SYNCS_PER_S / (taps * WRITES_A_TAP),
            f"PostgreSQL's disk, were no two commits synced together ({SYNCS_PER_S:,.0f} a second)",
        ),
        (
            FULL * 1e6 / (taps * units("province_tap_cpu_redis") or 1e-12),
            "Redis, which has one thread",
        ),
    )
    return sorted(found)


# ---- what is printed -------------------------------------------------------------------------------


def plan(figures: Mapping[str, Figure]) -> str:
    """The tables of docs/scale.md."""
    units = Units(figures)
    sizes = [cell(units, kitchens) for kitchens in CELLS]
    fitting = [each for each in sizes if each.fits]
    chosen = min(fitting, key=lambda each: (each.cores, each.cells)) if fitting else sizes[0]
    parts = (
        _units(figures),
        _bottlenecks(units),
        _cells(sizes, chosen),
        _chosen(units, chosen),
        _kitchen(units, chosen),
    )
    return "\n\n".join("\n".join(part) for part in parts)


def _units(figures: Mapping[str, Figure]) -> Iterator[str]:
    yield "### What one unit takes (measured)"
    yield ""
    yield "| figure | value | what it is, and what had the machine meanwhile |"
    yield "| --- | --- | --- |"
    for name, each in figures.items():
        if name.startswith(("province_", "night_")):
            yield f"| `{name}` | {each.value:,.4g} {each.unit} | {each.note.replace('|', '/')} |"


def _bottlenecks(units: Units) -> Iterator[str]:
    yield "### What is full first"
    yield ""
    yield (
        f"One installation, all kiosks awake, {units.taps_per_s:.3f} taps a second and kitchen (the "
        f"demo night's busiest hour × {BURST:g}):"
    )
    yield ""
    yield "| kitchens | what is full then |"
    yield "| --- | --- |"
    one = FULL / units.cores
    yield f"| each {_round(one)} | a server process at {FULL:g} of a core: start one more |"
    for kitchens, what in limits(units):
        yield f"| {_round(kitchens)} | {what} |"


def _cells(sizes: list[Cell], chosen: Cell) -> Iterator[str]:
    yield "### How large an installation should be"
    yield ""
    yield (
        "| kitchens in one | installations | processes (+1) | each process, cores | its memory, GB "
        "| PostgreSQL, cores | fits | cores in all |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for each in sizes:
        mark = "**" if each is chosen else ""
        if not each.fits:
            yield f"| {each.kitchens:,} | {each.cells} | more do not help | – | – | {each.database:.1f} | no | – |"
            continue
        yield (
            f"| {mark}{each.kitchens:,}{mark} | {each.cells} | {each.processes} (+1) | {each.busiest:.2f} "
            f"| {each.memory_gb:.2f} | {each.database:.2f} | yes | {each.cores:,.0f} |"
        )


def _chosen(units: Units, each: Cell) -> Iterator[str]:
    taps = each.kitchens * units.taps_per_s
    yield f"### The plan: {each.cells} installations of {each.kitchens:,} kitchens"
    yield ""
    yield "| of each, in the busiest minute | |"
    yield "| --- | --- |"
    yield f"| kiosks | {each.kitchens * KIOSKS:,} |"
    yield f"| taps, deliveries | {taps:,.0f} and {taps * KIOSKS:,.0f} a second |"
    yield f"| server processes | {each.processes} and one more, {each.memory_gb:.1f} GB each |"
    yield (
        f"| PostgreSQL | {each.database:.1f} cores busy; {taps * units('province_tap_commits'):,.0f} "
        f"transactions a second, {taps * WRITES_A_TAP:,.0f} of them write; "
        f"{taps * units('province_tap_wal') / 1e6:.2f} MB/s of WAL |"
    )
    yield (
        f"| Redis | {taps * units('province_tap_redis'):,.0f} commands a second, "
        f"{each.redis:.2f} of its one thread |"
    )
    network = _network(units) * each.kitchens
    yield f"| network to the kiosks | {network * 8 / 1e6:.1f} Mbit/s, both ways, TLS and headers in it |"
    yield (
        f"| all come back at once | {each.kitchens * KIOSKS / _comes_in(units):,.0f} s at the pace of "
        "`province_all_in`, were this the same two cores; the kiosks' own jitter is 30 s |"
    )


def _kitchen(units: Units, each: Cell) -> Iterator[str]:
    stored = units("province_tap_stored")
    night_mb = (units("night_taps") + _PLAN_EVENTS) * stored / 1e6
    kept_gb = night_mb * NIGHTS / 1e3
    month_gb = _network(units) / BURST * 8 * 3600 * 30 / 1e9
    cores = each.cores / KITCHENS
    rupiah = cores * CORE_RUPIAH + kept_gb * GB_RUPIAH
    yield "### What one kitchen costs"
    yield ""
    yield "| a kitchen | |"
    yield "| --- | --- |"
    yield f"| processors, rented all month | {cores:.4f} cores = {cores * HOURS_A_MONTH:.2f} core-hours |"
    yield f"| stored of one night | {night_mb:.2f} MB ({units('night_taps'):.0f} taps and the plan) |"
    yield f"| stored after {NIGHTS} nights | {kept_gb:.2f} GB; all kitchens {kept_gb * KITCHENS / 1e3:.1f} TB |"
    yield f"| network in the busiest minute | {_network(units) * 8 / 1e3:.2f} kbit/s |"
    yield f"| network a month, at most (8 such hours a night) | {month_gb:.2f} GB |"
    yield (
        f"| money a month, at assumed Rp {CORE_RUPIAH:,} a core and Rp {GB_RUPIAH:,} a GB "
        f"| Rp {rupiah:,.0f} |"
    )


_PLAN_EVENTS = 91
"""Of the demo night's plan; the note of `night_taps` says it."""


def _network(units: Units) -> float:
    """Bytes a second of one kitchen: its kiosks at rest, its taps, and what each frame needs beside."""
    rest_frames = 2 * KIOSKS * REST_FRAMES_PER_S
    tap_frames = 1 + 1 + KIOSKS
    payload = KIOSKS * units("province_kiosk_network")
    payload += units.taps_per_s * units("province_tap_network")
    return payload + WIRE_BYTES * (rest_frames + units.taps_per_s * tap_frames)


def _comes_in(units: Units) -> float:
    """Kiosks a second."""
    return units("province_kiosks") / units("province_all_in")


def _round(kitchens: float) -> str:
    digits = f"{kitchens:.2g}"
    return f"{float(digits):,.0f}" if kitchens < 1e7 else "more than there are"


def read(path: Path, *, together: bool = False) -> dict[str, Figure]:
    """The figures of a file that `bench.run` wrote; of a name that comes twice the last.

    With `together` those of the run whose kitchens stayed at one process each.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [msgspec.json.decode(line, type=Figure) for line in lines if line.startswith("{")]
    named = {each.figure: each for each in found}
    if not together:
        return {name: each for name, each in named.items() if _TOGETHER not in name}
    return {
        name.replace(_TOGETHER, "province_"): each
        for name, each in named.items()
        if _TOGETHER in name or not name.startswith("province_")
    }


_TOGETHER = "province_together_"


def main(argv: list[str] | None = None) -> int:
    """Print the plan, or write it between the marks of a file."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("figures", type=Path, help="lines that `make bench` printed")
    parser.add_argument("--write", type=Path, metavar="FILE", help="replace the plan in this file")
    parser.add_argument(
        "--together", action="store_true", help="plan with `province_together` instead"
    )
    options = parser.parse_args(argv)
    text = plan(read(options.figures, together=options.together))
    if options.write is None:
        sys.stdout.write(text + "\n")
    else:
        page = options.write.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        after = rest.partition(END)[2]
        options.write.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
