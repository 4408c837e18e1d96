"""What a delivery costs: 500 kitchens of eight kiosks each, beside a bare C program that only sends."""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bench.crowd import Crowd
from bench.figure import Figure
from bench.kiosk.machine import real_disk
from bench.kitchens import Device, furnish, heads_of
from bench.wire import followed

ROOT = Path(__file__).resolve().parents[1]
FLOOR_SOURCE = ROOT / "bench" / "c" / "fanout_floor.c"
KITCHENS, SUBSCRIBERS = 500, 8
GROUP = 256
"""Messages in flight, as with the peers."""
FRAME_BYTES = 410
"""A live frame with one event of 300 bytes."""
RUNS, RUN_S = 3, 2.5
GATE, MOONSHOT = 1.8, 1.3
SETTLE_TURNS, SETTLE_TURN_S = 20, 0.05
"""Until the answers to the last pulls are read."""


def fan_out() -> Iterator[Figure]:
    """CPU of one delivery, committed event to kernel, over the same in bare C."""
    with real_disk() as folder:
        floor_us = _floor(folder)
        with _serving(folder) as (server, crowd):
            ours_us, per_s = _measured(server, crowd)
    ratio = ours_us / floor_us
    note = (
        f"gate ≤ {GATE} × the C floor (moonshot {MOONSHOT}); {per_s:,.0f} deliveries/s with "
        f"{GROUP} events in flight; {KITCHENS} kitchens × {SUBSCRIBERS}; one core of the server is "
        "saturated"
    )
    yield Figure("fan_out", ours_us, "µs CPU/delivery", floor_us, ratio, ratio <= GATE, note)


def _measured(server: subprocess.Popen[str], crowd: Crowd) -> tuple[float, float]:
    """CPU µs of a delivery and deliveries a second: medians of the runs."""
    costs_us: list[float] = []
    rates: list[float] = []
    _publish(server, crowd)  # warm
    for _ in range(RUNS):
        cpu_ns, began, before = _cpu_ns(server.pid), time.perf_counter(), crowd.live
        while time.perf_counter() - began < RUN_S:
            _publish(server, crowd)
        deliveries = crowd.live - before
        rates.append(deliveries / (time.perf_counter() - began))
        costs_us.append((_cpu_ns(server.pid) - cpu_ns) / 1000 / deliveries)
    return statistics.median(costs_us), statistics.median(rates)


def _publish(server: subprocess.Popen[str], crowd: Crowd) -> None:
    _pipe(server.stdin).write(f"{GROUP}\n")
    _pipe(server.stdin).flush()
    crowd.hear(GROUP * SUBSCRIBERS)


# ---- the floor -------------------------------------------------------------------------------


def _floor(folder: Path) -> float:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise RuntimeError("the floor is a C program: install gcc")
    program = folder / "floor"
    subprocess.run([compiler, "-O2", "-o", str(program), str(FLOOR_SOURCE)], check=True)
    words = [str(program), str(KITCHENS), str(SUBSCRIBERS), str(FRAME_BYTES)]
    with _started(words) as process:
        port = int(_pipe(process.stdout).readline())
        crowd = Crowd()
        for _ in range(KITCHENS * SUBSCRIBERS):
            crowd.add(socket.create_connection(("127.0.0.1", port)))
        assert _pipe(process.stdout).readline().strip() == "ready"
        try:
            return _measured(process, crowd)[0]
        finally:
            crowd.close()


# ---- ours ------------------------------------------------------------------------------------


@contextmanager
def _serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Crowd]]:
    data = folder / "server"
    devices = furnish(data, kitchens=KITCHENS, devices=SUBSCRIBERS, batches=1)
    with _started([sys.executable, "-m", "bench.fanout_program", str(data)]) as process:
        port = int(_pipe(process.stdout).readline())
        crowd = Crowd()
        try:
            _follow(crowd, port, data, devices)
            yield process, crowd
        finally:
            crowd.close()


def _follow(crowd: Crowd, port: int, data: Path, devices: Sequence[Device]) -> None:
    """Connect kiosks that know the whole log and follow it."""
    heads = heads_of(data)
    for number, device in enumerate(devices):
        crowd.add(followed(port, device, heads[device.kitchen]))
        if number % 50 == 0:
            crowd.read(0.0)
    for _ in range(SETTLE_TURNS):
        crowd.read(SETTLE_TURN_S)


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


def _cpu_ns(pid: int) -> int:
    """Nanoseconds on a core of all threads of a process."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
