"""Commands through the whole server: real socket, rules, receipts, hash chain, real commit."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.figure import Figure
from bench.floors import syncs_per_s
from bench.kiosk.machine import cpu_s, real_disk
from bench.kitchens import Device, batch_name, furnish
from bench.load import Done, press
from bench.wire import Kiosk
from dapur.crew import OpenSessionArgs, session_subject
from tests.support import servers
from tests.support.server_process import ServerProcess

SERIAL = 380
"""A device may send 400 frames before it is asked to slow down."""
SERIAL_SHARE = 0.25
RUNS = 3
SQLITE_PER_S, POSTGRES_PER_S = 15_000.0, 8_000.0
P99_MS = 50.0


class Load(msgspec.Struct, frozen=True):
    """How hard a server is pressed."""

    kitchens: int
    devices: int
    """In each kitchen."""
    batches: int
    """So many that none gets more readings than a long night gives it: a batch is copied with each."""
    each: int
    """Commands of each device in one run."""
    a_frame: int
    flying: int
    """Frames of a device that are not answered yet."""


ALONE = Load(1, 1, 200, SERIAL, 1, 1)
ONE_KITCHEN = Load(1, 8, 200, 2_400, 32, 2)
CROWD = Load(200, 1, 8, 320, 4, 1)


def commands_serial() -> Iterator[Figure]:
    """One kitchen, one command at a time, each acknowledged after its commit."""
    floors: list[float] = []
    runs: list[Done] = []
    with real_disk() as folder, _open(folder, ALONE) as (server, devices):
        for turn in range(RUNS):
            # Before each run: a disk has its moods.
            floors.append(syncs_per_s(folder))
            runs.append(_run(server, devices[turn], ALONE))
    floor = statistics.median(floors)
    per_s = statistics.median(run.per_s for run in runs)
    ratio = statistics.median(run.per_s / floor for run, floor in zip(runs, floors, strict=True))
    note = (
        f"gate ≥ {SERIAL_SHARE} × the sync floor (moonshot 0.5); "
        f"p50 {statistics.median(run.p50_ms for run in runs):.2f} ms, "
        f"p99 {statistics.median(run.p99_ms for run in runs):.2f} ms; "
        "waits for the disk and for hops between loop and writer"
    )
    yield Figure("commands_serial", per_s, "1/s", floor, ratio, ratio >= SERIAL_SHARE, note)


def commands_batched() -> Iterator[Figure]:
    """Eight kiosks of one kitchen with full outboxes."""
    yield from _pressed("commands_batched", ONE_KITCHEN)


def commands_200_kitchens() -> Iterator[Figure]:
    """The same spread over 200 kitchens, one kiosk each."""
    yield from _pressed("commands_200_kitchens", CROWD)


def _pressed(name: str, load: Load) -> Iterator[Figure]:
    with real_disk() as folder:
        yield _figure(f"{name}_sqlite", folder, None, load, SQLITE_PER_S)
    with real_disk() as folder, servers.postgres(durable_in=folder) as url:
        yield _figure(f"{name}_postgresql", folder, url, load, POSTGRES_PER_S)


def _figure(name: str, folder: Path, database: str | None, load: Load, gate_per_s: float) -> Figure:
    floor = syncs_per_s(folder)
    runs: list[Done] = []
    cpu_us: list[float] = []
    with _open(folder, load, database) as (server, devices):
        for turn in range(RUNS):
            before = cpu_s(server.pid)
            runs.append(_run(server, devices[turn], load))
            cpu_us.append(1e6 * (cpu_s(server.pid) - before) / runs[-1].commands)
    per_s = statistics.median(run.per_s for run in runs)
    p99_ms = statistics.median(run.p99_ms for run in runs)
    lost = sum(run.not_applied for run in runs)
    note = (
        f"gate ≥ {gate_per_s:,.0f}/s with p99 < {P99_MS:.0f} ms; p50 "
        f"{statistics.median(run.p50_ms for run in runs):.1f} ms, p99 {p99_ms:.1f} ms; "
        f"{statistics.median(cpu_us):.0f} µs of server CPU a command (saturated: Python in the "
        f"server); not applied: {lost}; floor: syncs a second, so ratio = commands a sync"
    )
    met = per_s >= gate_per_s and p99_ms < P99_MS and not lost
    return Figure(name, per_s, "1/s", floor, per_s / floor, met, note)


def _run(server: ServerProcess, devices: Sequence[Device], load: Load) -> Done:
    """Connect these devices, sign their cooks in, press the server."""
    kiosks = [Kiosk(server.port, device) for device in devices]
    try:
        for kiosk in kiosks:
            kiosk.connect()
            subject = session_subject(kiosk.session)
            kiosk.tap([kiosk.row("open_session", subject, OpenSessionArgs())])
        names = [batch_name(number) for number in range(load.batches)]
        return press(kiosks, names, each=load.each, a_frame=load.a_frame, flying=load.flying)
    finally:
        for kiosk in kiosks:
            kiosk.close()


@contextmanager
def _open(
    folder: Path, load: Load, database: str | None = None
) -> Iterator[tuple[ServerProcess, list[list[Device]]]]:
    """A real server process, and for every run the devices of fresh kitchens."""
    made = furnish(
        folder / "server",
        kitchens=load.kitchens * RUNS,
        devices=load.devices,
        batches=load.batches,
        database=database,
    )
    share = load.kitchens * load.devices
    environment = {"DAPUR_LOG_LEVEL": "WARNING"}
    if database is not None:
        environment["DAPUR_DATABASE"] = database
    server = ServerProcess(folder / "server", environment=environment)
    server.start()
    try:
        yield server, [made[turn * share : (turn + 1) * share] for turn in range(RUNS)]
    finally:
        server.stop()
