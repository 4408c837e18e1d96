"""A province on one machine: 2,000 kitchens of four kiosks, PostgreSQL, Redis, the bridge, two server processes.

Every kiosk is a real connection with a proof of its key and a session; taps come as often as in the
busiest hour of the demo kitchen's night, and then some times as often. What the machine has is
shared by all of it and by the load; the units that are found here are what `bench.scale` plans with.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
import psycopg
from sqlalchemy import make_url

from bench.figure import Figure
from bench.kiosk.machine import real_disk
from bench.kitchens import Device, furnish, heads_of
from bench.meters import Meters, rss_kib
from bench.night import night
from bench.province_figures import SERVERS, Run, Window, figures
from bench.tappers import Tappers
from server.log.engine import open_engine
from server.log.schema import upgrade
from server.log.verify import verify
from tests.support import servers
from tests.support.server_process import ServerProcess

KITCHENS = int(os.environ.get("DAPUR_BENCH_KITCHENS", "2000"))
DEVICES, BATCHES = 4, 16
FOLLOWERS = 2
"""History and the bridge."""
RUSH = 1.5
"""Times the busiest hour of a night: what two cores can still do, with the load on them too."""
EMPTY_S, REST_S, NIGHT_S, RUSH_S = 20.0, 30.0, 60.0, 60.0
FOLLOWED_WITHIN_S = 900.0
FILES = 16_000
LOG_LINES, LINE_MOST = 8, 240
"""Of each server: what it warned of."""
BARE_S = 8.0
"""Until the watch has looked for the first time."""


def province() -> Iterator[Figure]:
    """Every figure of one run; the four kiosks of a kitchen are spread over both processes."""
    yield from figures(_run(together=False))


def province_together() -> Iterator[Figure]:
    """The same with all kiosks of a kitchen at one process, as a balancer by address brings them."""
    for each in figures(_run(together=True)):
        name = each.figure.replace("province_", "province_together_")
        if name != each.figure:
            yield msgspec.structs.replace(each, figure=name)


def _run(*, together: bool) -> Run:
    _need_files()
    with ExitStack() as stack:
        folder = stack.enter_context(real_disk())
        database = stack.enter_context(servers.postgres(durable_in=folder))
        bus = stack.enter_context(servers.redis())
        _say("furnishing")
        with _careless(database):
            devices = furnish(
                folder / "data",
                kitchens=KITCHENS,
                devices=DEVICES,
                batches=BATCHES,
                database=database,
            )
        bare_mb = _bare_mb(folder, database, bus)
        running = stack.enter_context(_serving(folder, database, bus))
        meters = Meters(
            database, bus, {name: one.pid for name, one in zip(SERVERS, running, strict=True)}
        )
        stack.callback(meters.close)
        return _Night(meters, running, devices, database, bare_mb, DEVICES if together else 1).run()


class _Night:
    """The run itself, step by step."""

    def __init__(
        self,
        meters: Meters,
        running: Sequence[ServerProcess],
        devices: list[Device],
        database: str,
        bare_mb: float,
        beside: int,
    ) -> None:
        """`beside`: so many kiosks in a row are at the same process."""
        self._meters, self._running, self._database = meters, running, database
        self._bare_mb = bare_mb
        heads = heads_of(Path(), database)
        self._tappers = Tappers([one.port for one in running], devices, heads, beside=beside)
        self._per_s = KITCHENS * night().peak_hour_taps / 3600

    def run(self) -> Run:
        """From nobody to the last look at the log."""
        tappers, meters = self._tappers, self._meters
        _say("nobody is there yet")
        tappers.until(self._followed, FOLLOWED_WITHIN_S)
        empty = self._window(EMPTY_S, 0.0)
        known_mb = sum(self._mb())
        _say("all come in")
        began_s = time.perf_counter()
        came_s = tappers.come_in()
        all_in_s = time.perf_counter() - began_s
        _say(f"all are in after {all_in_s:.1f} s")
        followed_s = tappers.until(self._followed, FOLLOWED_WITHIN_S)
        _say(f"history and bridge are there {followed_s:.0f} s later")
        full_mb = self._mb()
        wrong = tappers.fresh().wrong
        rest = self._window(REST_S, 0.0)
        before = sum(meters.tables().values())
        busy = self._window(NIGHT_S, self._per_s)
        _say(f"the night's rate: {busy.shares}")
        rush = self._window(RUSH_S, RUSH * self._per_s)
        _say(f"the rush: {rush.shares}")
        behind = meters.behind(FOLLOWERS)
        settled_s = tappers.settle()
        _say(f"all is answered {settled_s:.0f} s later")
        rush.seen.add_late(tappers.fresh())
        caught_up_s = tappers.until(self._followed, FOLLOWED_WITHIN_S)
        for seen in (rest.seen, busy.seen, rush.seen, tappers.fresh()):
            wrong += seen.wrong
        grown = sum(meters.tables().values()) - before
        taps = busy.seen.taps + rush.seen.taps
        end_mb = self._mb()
        lost, odd = self._compared()
        tappers.close()
        return Run(
            kitchens=KITCHENS,
            devices=len(tappers.all),
            come_in_s=came_s,
            all_in_s=all_in_s,
            followed_s=followed_s,
            bare_mb=self._bare_mb,
            known_mb=known_mb,
            full_mb=full_mb,
            end_mb=end_mb,
            empty=empty,
            rest=rest,
            night=busy,
            rush=rush,
            behind=behind,
            settled_s=settled_s,
            caught_up_s=caught_up_s,
            stored_bytes=grown / taps,
            lost=lost,
            wrong=wrong + odd,
        )

    def _window(self, seconds: float, per_s: float) -> Window:
        self._tappers.fresh()
        before, began_s = self._meters.used(), time.perf_counter()
        self._tappers.tap(seconds, per_s)
        took_s, used = time.perf_counter() - began_s, self._meters.used().minus(before)
        return Window(took_s, used, self._tappers.fresh())

    def _followed(self) -> bool:
        return self._meters.behind(FOLLOWERS) == 0

    def _mb(self) -> list[float]:
        return [rss_kib(one.pid) / 1024 for one in self._running]

    def _compared(self) -> tuple[int, list[str]]:
        """Taps that the log has not, and what else in it is not as the kiosks say."""
        stands = {each.kitchen: each.seq for each in self._tappers.all}
        heads = heads_of(Path(), self._database)
        odd = [
            f"{kitchen}: kiosks stand at {seq}, the log at {heads[kitchen].seq}"
            for kitchen, seq in stands.items()
            if heads[kitchen].seq != seq
        ]
        engine = open_engine(self._database)
        try:
            odd += [
                f"{found.kitchen}: {found.wrong}"
                for found in verify(engine, sorted(stands))
                if found.wrong
            ]
        finally:
            engine.dispose()
        lost = 0
        written = self._meters.written()
        for kiosk in self._tappers.all:
            rows, taps = written.get(kiosk.outbox, (0, 0))
            lost += kiosk.dseq - taps
            odd += [f"{kiosk.outbox}: a tap stands twice"] if rows != taps else []
        return lost, odd


@contextmanager
def _serving(folder: Path, database: str, bus: str) -> Iterator[list[ServerProcess]]:
    environment = {
        "DAPUR_LOG_LEVEL": "WARNING",
        "DAPUR_DATABASE": database,
        "DAPUR_BUS": bus,
        "DAPUR_BRIDGE": "bus",
        "DAPUR_DRAIN_S": "1",
    }
    running: list[ServerProcess] = []
    try:
        for name in SERVERS:
            (folder / name).mkdir(exist_ok=True)
            running.append(ServerProcess(folder / name, environment=environment))
            running[-1].start()
        yield running
    finally:
        for one in running:
            one.stop()
            for line in one.log().splitlines()[-LOG_LINES:]:
                _say(line[:LINE_MOST])


@contextmanager
def _careless(database: str) -> Iterator[None]:
    """PostgreSQL does not wait for the disk in this block; afterwards all is on it."""
    with psycopg.connect(database, autocommit=True) as connection:
        for word in ("off", "on"):
            connection.execute(f"ALTER SYSTEM SET fsync = {word}".encode())
            connection.execute("SELECT pg_reload_conf()")
            if word == "off":
                yield
        connection.execute("CHECKPOINT")
        connection.execute("VACUUM ANALYZE")


def _bare_mb(folder: Path, database: str, bus: str) -> float:
    """A server process on a database without a kitchen, when it has settled."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE DATABASE bare")
    empty = make_url(database).set(database="bare").render_as_string(hide_password=False)
    upgrade(empty)
    with _serving(folder, empty, bus) as running:
        time.sleep(BARE_S)
        return rss_kib(running[0].pid) / 1024


def _need_files() -> None:
    """Raise the number of files that this process and its children may open. Raises ValueError."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))


def _say(text: str) -> None:
    sys.stderr.write(f"  province: {time.strftime('%T')} {text}\n")
