"""The figures of a run of the province: totals of its windows divided into units; it measures nothing itself."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from bench.figure import Figure, percentile
from bench.meters import Used
from bench.night import night
from bench.tapper import Seen

SERVERS = ("server_1", "server_2")
ANSWERED_MS, SEEN_MS = 50.0, 50.0
"""The design's p99 from a tap to another kiosk's glass; here the wire alone, on a machine that all share."""
KIB = 1024.0


class Window(msgspec.Struct, frozen=True):
    """What a part of the run took."""

    seconds: float
    used: Used
    seen: Seen

    def cpu_s(self, *parts: str) -> float:
        """CPU seconds a second of these parts together."""
        return sum(self.used.cpu_s[part] for part in parts) / self.seconds

    @property
    def taps_per_s(self) -> float:
        """Taps given in a second."""
        return self.seen.taps / self.seconds

    @property
    def shares(self) -> str:
        """Who had how much of a core."""
        return ", ".join(f"{name} {self.cpu_s(name):.2f}" for name in self.used.cpu_s)


class Run(msgspec.Struct, frozen=True):
    """All that was measured."""

    kitchens: int
    devices: int
    come_in_s: list[float]
    all_in_s: float
    followed_s: float
    bare_mb: float
    known_mb: float
    full_mb: list[float]
    end_mb: list[float]
    empty: Window
    """No kiosk is there."""
    rest: Window
    """All are there, nobody taps."""
    night: Window
    rush: Window
    behind: int
    """Events that history or the bridge had not followed when the rush ended."""
    settled_s: float
    """From the end of the rush until every tap was answered and everywhere."""
    caught_up_s: float
    stored_bytes: float
    """Of one tap, with its receipt, its events, its rows of the past and all indexes."""
    lost: int
    wrong: list[str]


class _Unit(msgspec.Struct, frozen=True):
    """A figure before it is divided."""

    name: str
    value: float
    unit: str
    note: str


def figures(run: Run) -> Iterator[Figure]:
    """All lines of a run; those with a gate first."""
    yield from _gated(run)
    for each in (*_connections(run), *_standing(run), *_taps(run)):
        yield Figure(each.name, each.value, each.unit, note=each.note)


# ---- what people wait for, and what must never be ------------------------------------------------


def _gated(run: Run) -> Iterator[Figure]:
    yield Figure(
        "province_lost",
        float(run.lost + len(run.wrong)),
        "taps",
        0.0,
        gate=run.lost == 0 and not run.wrong,
        note=f"gate 0: taps without a receipt, twice in the log, not applied, kitchens whose kiosks "
        f"and log differ, broken chains; {run.night.seen.taps + run.rush.seen.taps:,} taps and "
        f"{run.devices:,} sign-ins in {run.kitchens:,} kitchens{_first(run.wrong)}",
    )
    for name, window, times in (
        ("", run.night, "the busiest hour's rate"),
        ("_rush", run.rush, "the rush"),
    ):
        seen = window.seen
        where = "far_ms" if seen.far_ms else "near_ms"
        answered, far = seen.p("answered_ms", 0.99), seen.p(where, 0.99)
        how = (
            f"{times}: {window.taps_per_s:.0f} taps/s; cores used: {window.shares}; "
            f"load late p99 {seen.p('late_ms', 0.99):.1f} ms; {seen.pulls} pulls, "
            f"{len(seen.ends)} goodbyes{_first(seen.ends)}"
        )
        yield Figure(
            f"province_answered{name}", answered, "ms", ANSWERED_MS, answered / ANSWERED_MS,
            answered < ANSWERED_MS if not name else None,
            f"p99 from tap to receipt, p50 {seen.p('answered_ms', 0.5):.1f} ms; {how}",
        )  # fmt: skip
        yield Figure(
            f"province_seen{name}", far, "ms", SEEN_MS, far / SEEN_MS,
            far < SEEN_MS if not name else None,
            f"p99 from tap to a kiosk at {'another' if seen.far_ms else 'the same'} process, "
            f"p50 {seen.p(where, 0.5):.1f} ms; at the "
            f"same process p50 {seen.p('near_ms', 0.5):.1f}, p99 {seen.p('near_ms', 0.99):.1f} ms; "
            f"{times}{f'; all answered {run.settled_s:.0f} s after it' if name else ''}",
        )  # fmt: skip


def _first(wrong: list[str]) -> str:
    return f"; first: {wrong[0]}" if wrong else ""


# ---- connections and memory ------------------------------------------------------------------------


def _connections(run: Run) -> Iterator[_Unit]:
    yield _Unit(
        "province_all_in",
        run.all_in_s,
        "s",
        f"{run.devices:,} kiosks dial, prove their keys, catch up and sign in, 256 at a time; each "
        f"p50 {percentile(run.come_in_s, 0.5):.2f} s, p99 {percentile(run.come_in_s, 0.99):.2f} s; "
        f"history and bridge had it {run.followed_s:.0f} s later",
    )
    yield _Unit(
        "province_bare_process", run.bare_mb, "MB", "a server process without a kitchen, resident"
    )
    yield _Unit(
        "province_kitchen_memory",
        (run.known_mb - run.bare_mb * len(SERVERS)) * KIB / run.kitchens,
        "KiB",
        f"of each kitchen at the process that minds it, without kiosks: {run.known_mb:.0f} MB in "
        f"{len(SERVERS)} processes (the watch keeps the state of its kitchens)",
    )
    yield _Unit("province_kiosks", float(run.devices), "kiosks", f"in {run.kitchens:,} kitchens")
    here = run.devices / len(SERVERS)
    yield _Unit(
        "province_kiosk_memory",
        (sum(run.full_mb) - run.known_mb) * KIB / run.devices,
        "KiB",
        f"of each kiosk at its process, with its kitchen's stream and state: "
        f"{', '.join(f'{each:.0f}' for each in run.full_mb)} MB with {here:,.0f} kiosks each, "
        f"{', '.join(f'{each:.0f}' for each in run.end_mb)} MB at the end of the run",
    )


# ---- what costs although nobody taps -----------------------------------------------------------------


def _standing(run: Run) -> Iterator[_Unit]:
    empty, rest = run.empty, run.rest
    yield _Unit(
        "province_kitchen_cpu",
        1e6 * empty.cpu_s(*SERVERS) / run.kitchens,
        "µs/s",
        f"CPU of each kitchen at the process that minds it, without kiosks: {empty.shares}",
    )
    yield _Unit(
        "province_kitchen_cpu_postgresql",
        1e6 * empty.cpu_s("postgresql") / len(SERVERS) / run.kitchens,
        "µs/s",
        "CPU of PostgreSQL for each kitchen and process, without kiosks",
    )
    yield _Unit(
        "province_kiosk_cpu",
        1e6 * (rest.cpu_s(*SERVERS) - empty.cpu_s(*SERVERS)) / run.devices,
        "µs/s",
        f"CPU of its process for each kiosk that nobody taps (tops, pings, polls): {rest.shares}",
    )
    yield _Unit(
        "province_kiosk_cpu_postgresql",
        1e6 * (rest.cpu_s("postgresql") - empty.cpu_s("postgresql")) / run.devices,
        "µs/s",
        "CPU of PostgreSQL for each kiosk that nobody taps (presence, heads)",
    )
    yield _Unit(
        "province_kiosk_network",
        (rest.seen.bytes_in + rest.seen.bytes_out) / rest.seconds / run.devices,
        "bytes/s",
        f"on the sockets, both ways, of each kiosk that nobody taps; "
        f"{rest.seen.frames / rest.seconds / run.devices:.3f} frames/s come to it",
    )
    yield _Unit(
        "province_rest_redis",
        rest.used.redis_commands / rest.seconds,
        "commands/s",
        f"that nobody's tap asks for, all processes; CPU {100 * rest.cpu_s('redis'):.1f} % of a core",
    )
    yield _Unit(
        "province_rest_wal",
        rest.used.wal_bytes / rest.seconds,
        "bytes/s",
        f"that nobody's tap asks for; {rest.used.commits / rest.seconds:.0f} transactions/s",
    )


# ---- what a tap costs ------------------------------------------------------------------------------


def _taps(run: Run) -> Iterator[_Unit]:
    """Of a tap: the busiest hour's rate less the rest before it, so that what stands anyway falls out."""
    busy, rest = run.night, run.rest

    def of_cpu(*parts: str) -> float:
        return 1e6 * (busy.cpu_s(*parts) - rest.cpu_s(*parts)) / busy.taps_per_s

    def of(name: str) -> float:
        before = float(getattr(rest.used, name)) / rest.seconds
        return (float(getattr(busy.used, name)) / busy.seconds - before) / busy.taps_per_s

    def network(window: Window) -> float:
        return (window.seen.bytes_in + window.seen.bytes_out) / window.seconds

    def frames(window: Window) -> float:
        return window.seen.frames / window.seconds

    each = ", ".join(f"{name} {of_cpu(name):.0f}" for name in SERVERS)
    late = (
        f"history and bridge were {run.behind:,} events behind at the end of the rush and done "
        f"{run.caught_up_s:.0f} s later"
    )
    deliveries = run.devices / run.kitchens
    yield _Unit(
        "province_tap_cpu",
        of_cpu(*SERVERS),
        "µs",
        f"CPU of the server processes for one tap and its {deliveries:g} deliveries "
        f"({of_cpu(*SERVERS) / deliveries:.0f} a delivery), history and bridge in it; "
        f"{each}; {late}",
    )
    yield _Unit(
        "province_tap_cpu_postgresql", of_cpu("postgresql"), "µs", "CPU of PostgreSQL for one tap"
    )
    yield _Unit("province_tap_cpu_redis", of_cpu("redis"), "µs", "CPU of Redis for one tap")
    yield _Unit(
        "province_tap_redis",
        of("redis_commands"),
        "commands",
        f"of Redis for one tap: hints, the bridge's messages; {of('redis_bytes'):.0f} bytes in and out",
    )
    yield _Unit("province_tap_wal", of("wal_bytes"), "bytes", "of write-ahead log for one tap")
    yield _Unit(
        "province_tap_commits",
        of("commits"),
        "transactions",
        "of PostgreSQL for one tap, reads too",
    )
    yield _Unit(
        "province_tap_stored",
        run.stored_bytes,
        "bytes",
        "on PostgreSQL's disk for one tap: event, receipt, rows of the past, indexes",
    )
    yield _Unit(
        "province_tap_network",
        (network(busy) - network(rest)) / busy.taps_per_s,
        "bytes",
        f"on the sockets, both ways, for one tap and its deliveries; "
        f"{(frames(busy) - frames(rest)) / busy.taps_per_s:.1f} frames go out",
    )
    told = night()
    yield _Unit(
        "night_taps",
        float(told.taps),
        "taps",
        f"of the demo kitchen's night in {told.hours:.1f} h, worked by its demo crew: "
        f"{told.events} events of {told.event_bytes:.0f} bytes after {told.plan_events} of its plan; "
        f"a tap is {told.row_bytes:.0f} bytes",
    )
    yield _Unit(
        "night_peak_hour",
        float(told.peak_hour_taps),
        "taps",
        "of the demo kitchen in the busiest hour of that night",
    )
