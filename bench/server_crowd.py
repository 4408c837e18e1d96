"""Two thousand kiosks at one server: what an idle one weighs, and how soon all are back after a restart."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench.crowd import Crowd
from bench.figure import Figure, percentile
from bench.kiosk.machine import real_disk
from bench.kitchens import Device, furnish, heads_of
from bench.wire import READ_BYTES, Kiosk, TurnedAway, followed
from dapur.ids import KitchenId
from dapur.wire.messages import Challenge, Welcome
from server.desk.ports import Head
from tests.support import servers
from tests.support.server_process import ServerProcess

KITCHENS, DEVICES = 250, 8
IDLE_KIB, STORM_S, STORM_MB = 24.0, 10.0, 500.0
WARM = 200
"""Kiosks that are there before the first is weighed: pools and caches are filled by then."""
SETTLE_S = 3.0
PATIENCE_S = 60.0
LOOK_S = 0.05
AGAIN_S = 1.0
"""After the server cut the line: who said no hello in time makes room for others."""

Served = tuple[ServerProcess, list[Device], dict[KitchenId, Head]]
"""A server, who may connect, and where the logs stand."""
Serving = Callable[[], AbstractContextManager[Served]]


def idle_kiosk() -> Iterator[Figure]:
    """Memory of one idle connection with its session and its empty queue."""
    yield _idle("idle_kiosk", "SQLite", _on_sqlite)
    yield _idle("idle_kiosk_postgresql", "PostgreSQL and Redis", _on_postgresql)


def _idle(name: str, what: str, serving: Serving) -> Figure:
    with serving() as (server, devices, heads):
        crowd = Crowd()
        before_kib = 0
        for number, device in enumerate(devices):
            if number == WARM:
                _settle(crowd)
                before_kib = _rss_kib(server.pid)
            crowd.add(followed(server.port, device, heads[device.kitchen]))
            crowd.read(0.0)
        _settle(crowd)
        value = (_rss_kib(server.pid) - before_kib) / (len(devices) - WARM)
        crowd.close()
    note = f"gate ≤ {IDLE_KIB:.0f} KiB (moonshot 16), without TLS; {len(devices):,} connections; {what}"
    return Figure(name, value, "KiB", IDLE_KIB, value / IDLE_KIB, value <= IDLE_KIB, note)


def storm() -> Iterator[Figure]:
    """The server was killed and is back: all kiosks dial in the same moment, without jitter."""
    yield _back("storm", "SQLite", _on_sqlite)
    yield _back("storm_postgresql", "PostgreSQL and Redis", _on_postgresql)


def _back(name: str, what: str, serving: Serving) -> Figure:
    with serving() as (server, devices, _):
        _storm(server.port, devices)  # the kitchens are known now, as before any restart
        server.kill()
        server.start()
        took_s = _storm(server.port, devices)
        peak_mb = _peak_kib(server.pid) / 1024
    worst_s = max(took_s)
    note = (
        f"gate < {STORM_S:.0f} s (moonshot 3) and no process above {STORM_MB:.0f} MB: the server "
        f"peaked at {peak_mb:.0f} MB; p50 {percentile(took_s, 0.5):.2f} s, p99 "
        f"{percentile(took_s, 0.99):.2f} s; {len(devices):,} kiosks of one process, whose "
        f"signatures and sockets share the two cores; {what}"
    )
    met = worst_s < STORM_S and peak_mb < STORM_MB
    return Figure(name, worst_s, "s", STORM_S, worst_s / STORM_S, met, note)


def _storm(port: int, devices: Sequence[Device]) -> list[float]:
    """Seconds from the first dialling to each kiosk's welcome."""
    kiosks = [Kiosk(port, device) for device in devices]
    began = time.perf_counter()
    for kiosk in kiosks:
        kiosk.dial()
    took_s = [seconds for seconds, _ in _welcomed(kiosks, began)]
    for kiosk in kiosks:
        kiosk.close()
    return took_s


def _welcomed(kiosks: Sequence[Kiosk], began: float) -> Iterator[tuple[float, Kiosk]]:
    """Answer each challenge as it comes, and say when each welcome came. Who is turned away comes again
    when the server said, who is cut after a second, as kiosks do.
    """
    poll = select.epoll()
    waiting: dict[int, Kiosk] = {}
    away: list[tuple[float, Kiosk]] = []

    def watch(kiosk: Kiosk) -> None:
        waiting[kiosk.socket.fileno()] = kiosk
        poll.register(kiosk.socket, select.EPOLLIN)

    for kiosk in kiosks:
        watch(kiosk)
    while waiting or away:
        now = time.perf_counter()
        if now - began > PATIENCE_S:
            raise TimeoutError(f"{len(waiting) + len(away)} kiosks are still out")
        for due in [each for each in away if each[0] <= now]:
            away.remove(due)
            due[1].dial()
            watch(due[1])
        for fd, _ in poll.poll(LOOK_S if away else 1.0):
            kiosk = waiting[fd]
            data = kiosk.socket.recv(READ_BYTES)
            kiosk.received(data)
            retry_s = None if data else AGAIN_S
            try:
                if data and not _is_in(kiosk):
                    continue
            except TurnedAway as error:
                retry_s = error.retry_s
            poll.unregister(fd)
            del waiting[fd]
            if retry_s is None:
                yield time.perf_counter() - began, kiosk
            else:
                kiosk.close()
                kiosk.fresh_line()
                away.append((time.perf_counter() + retry_s, kiosk))
    poll.close()


def _is_in(kiosk: Kiosk) -> bool:
    """Do what a kiosk does with what came; whether it was welcomed. Raises TurnedAway."""
    for frame in kiosk.frames():
        if isinstance(frame, Challenge):
            kiosk.answer(frame)
        elif isinstance(frame, Welcome):
            return True
        else:
            raise ConnectionError(repr(frame))
    return False


@contextmanager
def _on_sqlite() -> Iterator[Served]:
    with real_disk() as folder, _serving(folder, {}) as served:
        yield served


@contextmanager
def _on_postgresql() -> Iterator[Served]:
    with (
        real_disk() as folder,
        servers.postgres(durable_in=folder) as database,
        servers.redis() as bus,
        _serving(folder, {"DAPUR_DATABASE": database, "DAPUR_BUS": bus}) as served,
    ):
        yield served


@contextmanager
def _serving(folder: Path, environment: dict[str, str]) -> Iterator[Served]:
    data, database = folder / "server", environment.get("DAPUR_DATABASE", "")
    devices = furnish(
        data, kitchens=KITCHENS, devices=DEVICES, batches=8, database=database or None
    )
    server = ServerProcess(data, environment={"DAPUR_LOG_LEVEL": "WARNING", **environment})
    server.start()
    try:
        yield server, devices, heads_of(data, database)
    finally:
        server.stop()


def _settle(crowd: Crowd) -> None:
    """Let answers come in and buffers go."""
    until = time.perf_counter() + SETTLE_S
    while time.perf_counter() < until:
        crowd.read(0.1)


def _rss_kib(pid: int) -> int:
    return _status(pid, "VmRSS")


def _peak_kib(pid: int) -> int:
    return _status(pid, "VmHWM")


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
