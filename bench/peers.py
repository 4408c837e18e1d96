"""Other people's servers beside ours: the same fan-out, one after the other on the same core, in one run.

500 kitchens of eight kiosks; one message of 300 bytes to a kitchen's eight. The peers hear it from
Redis and do nothing else: no log, no roles, no limits. Ours is the real server process of `fan_out`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import msgspec

from bench.crowd import Crowd, stamp
from bench.figure import Figure, percentile
from bench.kiosk.machine import real_disk, tree
from bench.meters import rss_kib
from bench.peer_env import Missing, node_room, python_room
from bench.peer_line import Peer, dialled, publisher, running, said
from bench.server_fanout import GATE, GROUP, KITCHENS, SUBSCRIBERS, Publish, bare, measured, ours
from tests.support import servers

FRAME_BYTES_MIN = 250
"""What is shorter is no message: greetings and pings."""
RATE_PER_S, RATE_S = 125.0, 4.0
"""Messages a second at which waits are measured: 1,000 deliveries."""


class Cost(msgspec.Struct, frozen=True):
    """What was measured of one."""

    cpu_us: float
    per_s: float
    p50_ms: float
    p99_ms: float
    kib: float
    """Memory of one connection."""


def peers() -> Iterator[Figure]:
    """The floor, ours, and everybody who can be had here."""
    with real_disk() as folder, servers.redis() as redis:
        with bare(folder) as (pid, publish, crowd, kib):
            floor = _measured(pid, publish, crowd, kib)
        yield _figure("c_floor", "a C program that only sends", floor, floor, None)
        with ours(folder) as (pid, publish, crowd, kib):
            mine = _measured(pid, publish, crowd, kib)
        yield _figure("dapur", "told over a pipe, its log and limits on", mine, floor, mine)
        for peer in PEERS:
            try:
                cost = _cost(peer, urlsplit(redis).port or 0)
            except (Missing, OSError, TimeoutError) as error:
                note = f"{peer.about}: not measured: {type(error).__name__}: {error}"
                yield Figure(f"peer_{peer.name}", 0.0, "µs CPU/delivery", note=note[:300])
                continue
            yield _figure(peer.name, peer.about, cost, floor, mine)


def _figure(name: str, about: str, cost: Cost, floor: Cost, mine: Cost | None) -> Figure:
    beside = "" if mine in (None, cost) else f"{cost.cpu_us / mine.cpu_us:.2f} × ours; "
    share = cost.cpu_us * cost.per_s / 1e6
    note = (
        f"{about}; {beside}{cost.per_s:,.0f} deliveries/s with {GROUP} messages in flight, its core "
        f"{share:.0%} busy (what is not, waits for the one reader); at "
        f"{RATE_PER_S * SUBSCRIBERS:,.0f} deliveries/s p50 {cost.p50_ms:.2f} ms, p99 "
        f"{cost.p99_ms:.2f} ms; {cost.kib:.1f} KiB a connection; {KITCHENS} kitchens × {SUBSCRIBERS}"
    )
    ratio = cost.cpu_us / floor.cpu_us
    gate = ratio <= GATE if cost is mine else None
    return Figure(f"peer_{name}", cost.cpu_us, "µs CPU/delivery", floor.cpu_us, ratio, gate, note)


# ---- measuring -----------------------------------------------------------------------------------


def _measured(pid: int, publish: Publish, crowd: Crowd, kib: float) -> Cost:
    """Medians of the windows with GROUP messages in flight, then waits at a fixed rate."""
    cpu_us, per_s = measured(pid, publish, crowd)
    waits_ms = _waits_ms(publish, crowd)
    return Cost(cpu_us, per_s, percentile(waits_ms, 0.5), percentile(waits_ms, 0.99), kib)


def _waits_ms(publish: Publish, crowd: Crowd) -> list[float]:
    """From when each message was due until each frame came, RATE_PER_S messages a second."""
    found = crowd.waits_ms = []
    began_ns, before = time.monotonic_ns(), crowd.live
    messages = int(RATE_PER_S * RATE_S)
    for number in range(messages):
        due_ns = began_ns + int(number * 1e9 / RATE_PER_S)
        while time.monotonic_ns() < due_ns:
            crowd.read(0.0)
        publish(1, stamp(due_ns))
    crowd.hear(before + messages * SUBSCRIBERS - crowd.live)
    crowd.waits_ms = None
    return found


# ---- one of them ---------------------------------------------------------------------------------


def _cost(peer: Peer, redis_port: int) -> Cost:
    words, environment = peer.words()
    port = servers.free_port()
    environment |= {"PORT": str(port), "REDIS_PORT": str(redis_port)}
    words = [word.replace("{PORT}", str(port)) for word in words]
    publish = publisher(redis_port, *said(peer, {**os.environ, **environment}))
    with running(words, environment, port) as pid:
        crowd = Crowd(FRAME_BYTES_MIN)
        try:
            before_kib = _rss_kib(pid)
            for number in range(KITCHENS * SUBSCRIBERS):
                kitchen = f"t{number // SUBSCRIBERS:05}"
                crowd.add(dialled(port, peer.path.format(kitchen=kitchen), greets=peer.greets))
            crowd.settle()
            kib = (_rss_kib(pid) - before_kib) / (KITCHENS * SUBSCRIBERS)
            return _measured(pid, publish, crowd, kib)
        finally:
            crowd.close()


def _rss_kib(pid: int) -> int:
    return sum(rss_kib(each) for each in tree(pid))


# ---- who they are --------------------------------------------------------------------------------


def _node(program: str) -> Callable[[], tuple[list[str], dict[str, str]]]:
    return lambda: (["node", program], {"PEERS": str(node_room().folder)})


def _uvicorn(application: str, *options: str) -> Callable[[], tuple[list[str], dict[str, str]]]:
    words = [
        *("-m", "uvicorn", application, "--host", "127.0.0.1", "--port", "{PORT}"),
        *("--backlog", "4096", "--log-level", "error", "--no-access-log", "--loop", "uvloop"),
        *("--http", "httptools", "--ws", "websockets-sansio", "--ws-per-message-deflate", "false"),
        *options,
    ]
    return lambda: ([python_room().python, *words], {})


PEERS = (
    Peer(
        "websockets_broadcast",
        "websockets' own broadcast() on uvloop, redis-py",
        lambda: ([sys.executable, "broadcast.py"], {}),
    ),
    Peer("node_ws", "ws and ioredis on Node", _node("ws_server.mjs")),
    Peer(
        "socketio_redis",
        "Socket.IO with its Redis adapter",
        _node("socketio_server.mjs"),
        path="/socket.io/?EIO=4&transport=websocket&tenant={kitchen}",
        template=lambda: ["node", "socketio_server.mjs", "template"],
        greets=True,
    ),
    Peer("fastapi", "FastAPI on uvicorn and uvloop, redis-py", _uvicorn("fastapi_app:app")),
    Peer(
        "channels",
        "Django Channels on uvicorn, its Redis pub/sub layer",
        _uvicorn("channels_app:application", "--lifespan", "off"),
        template=lambda: [python_room().python, "channels_app.py"],
    ),
)
