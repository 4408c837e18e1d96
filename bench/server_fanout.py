"""What a delivery costs: 500 kitchens of eight kiosks each, beside a bare C program that only sends."""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bench.crowd import Crowd
from bench.figure import Figure
from bench.kiosk.machine import real_disk, tree
from bench.kitchens import Device, furnish, heads_of
from bench.meters import rss_kib
from bench.wire import followed
from dapur.ids import KitchenId
from server.desk.ports import Head
from tests.support import servers

ROOT = Path(__file__).resolve().parents[1]
FLOOR_SOURCE = ROOT / "bench" / "c" / "fanout_floor.c"
KITCHENS, SUBSCRIBERS = 500, 8
GROUP = 256
"""Messages in flight, as with the peers."""
FRAME_BYTES = 410
"""A live frame with one event of 300 bytes."""
RUNS, RUN_S = 3, 2.5
GATE, MOONSHOT = 1.8, 1.3

Publish = Callable[[int, str], None]
"""Have so many kitchens told something, with this text in it."""
Told = tuple[int, Publish, Crowd, float]
"""A process, how it is told, who listens, and KiB of memory that each of these takes."""


def fan_out() -> Iterator[Figure]:
    """CPU of one delivery, committed event to kernel, over the same in bare C."""
    with real_disk() as folder:
        with bare(folder) as (pid, publish, crowd, _):
            floor_us = measured(pid, publish, crowd)[0]
        with ours(folder) as (pid, publish, crowd, _):
            yield _figure("fan_out", "SQLite", floor_us, *measured(pid, publish, crowd))
    with (
        real_disk() as folder,
        servers.postgres(durable_in=folder) as database,
        servers.redis() as bus,
        ours(folder, database, bus) as (pid, publish, crowd, _),
    ):
        told = "PostgreSQL and Redis, which is told of every event"
        yield _figure("fan_out_postgresql", told, floor_us, *measured(pid, publish, crowd))


def _figure(name: str, what: str, floor_us: float, ours_us: float, per_s: float) -> Figure:
    ratio = ours_us / floor_us
    note = (
        f"gate ≤ {GATE} × the C floor (moonshot {MOONSHOT}); {per_s:,.0f} deliveries/s with "
        f"{GROUP} events in flight; {KITCHENS} kitchens × {SUBSCRIBERS} on {what}; one core of the "
        "server is saturated"
    )
    return Figure(name, ours_us, "µs CPU/delivery", floor_us, ratio, ratio <= GATE, note)


def measured(pid: int, publish: Publish, crowd: Crowd) -> tuple[float, float]:
    """CPU µs of a delivery and deliveries a second: medians of the runs."""
    costs_us: list[float] = []
    rates: list[float] = []

    def group() -> None:
        publish(GROUP, "")
        crowd.hear(GROUP * SUBSCRIBERS)

    group()  # warm
    for _ in range(RUNS):
        spent_ns, began, before = cpu_ns(pid), time.perf_counter(), crowd.live
        while time.perf_counter() - began < RUN_S:
            group()
        deliveries = crowd.live - before
        rates.append(deliveries / (time.perf_counter() - began))
        costs_us.append((cpu_ns(pid) - spent_ns) / 1000 / deliveries)
    return statistics.median(costs_us), statistics.median(rates)


# ---- the floor -------------------------------------------------------------------------------


@contextmanager
def bare(folder: Path) -> Iterator[Told]:
    """The C program with all its connections."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise RuntimeError("the floor is a C program: install gcc")
    program = folder / "floor"
    subprocess.run([compiler, "-O2", "-o", str(program), str(FLOOR_SOURCE)], check=True)
    words = [str(program), str(KITCHENS), str(SUBSCRIBERS), str(FRAME_BYTES)]
    with _started(words) as process:
        port = int(_pipe(process.stdout).readline())
        crowd = Crowd()
        before_kib = rss_kib(process.pid)
        for _ in range(KITCHENS * SUBSCRIBERS):
            crowd.add(socket.create_connection(("127.0.0.1", port)))
        assert _pipe(process.stdout).readline().strip() == "ready"
        try:
            yield process.pid, _teller(process), crowd, _each_kib(process.pid, before_kib)
        finally:
            crowd.close()


# ---- ours ------------------------------------------------------------------------------------


@contextmanager
def ours(folder: Path, database: str = "", bus: str = "memory") -> Iterator[Told]:
    """The server with all its kiosks."""
    data = folder / "server"
    devices = furnish(
        data,
        kitchens=KITCHENS,
        devices=SUBSCRIBERS,
        batches=1,
        database=database or None,
    )
    program = [sys.executable, "-m", "bench.fanout_program", str(data), database, bus]
    with _started(program) as process:
        port = int(_pipe(process.stdout).readline())
        crowd = Crowd()
        before_kib = rss_kib(process.pid)
        try:
            _follow(crowd, port, heads_of(data, database), devices)
            yield process.pid, _teller(process), crowd, _each_kib(process.pid, before_kib)
        finally:
            crowd.close()


def _follow(
    crowd: Crowd, port: int, heads: Mapping[KitchenId, Head], devices: Sequence[Device]
) -> None:
    """Connect kiosks that know the whole log and follow it."""
    for number, device in enumerate(devices):
        crowd.add(followed(port, device, heads[device.kitchen]))
        if number % 50 == 0:
            crowd.read(0.0)
    crowd.settle()


# ---- processes -------------------------------------------------------------------------------


@contextmanager
def _started(words: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """A program on the first core; this one goes to the second."""
    cores = sorted(os.sched_getaffinity(0))
    process = subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        os.sched_setaffinity(process.pid, {cores[0]})
        os.sched_setaffinity(0, {cores[-1]})
        yield process
    finally:
        os.sched_setaffinity(0, set(cores))
        _pipe(process.stdin).close()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def _teller(process: subprocess.Popen[str]) -> Publish:
    def publish(count: int, stamped: str) -> None:
        _pipe(process.stdin).write(f"{count} {stamped}\n" if stamped else f"{count}\n")
        _pipe(process.stdin).flush()

    return publish


def _each_kib(pid: int, before_kib: int) -> float:
    return (rss_kib(pid) - before_kib) / (KITCHENS * SUBSCRIBERS)


def cpu_ns(pid: int) -> int:
    """Nanoseconds on a core of all threads of a process and of its children."""
    tasks = (task for each in tree(pid) for task in Path(f"/proc/{each}/task").iterdir())
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
