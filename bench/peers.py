"""Other people's servers beside ours: the same fan-out, one after the other on the same core, in one run.

500 kitchens of eight kiosks; one message of 300 bytes to a kitchen's eight. The peers hear it from
Redis and do nothing else: no log, no roles, no limits. Ours is the real server process of `fan_out`.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import msgspec

from bench.crowd import Crowd, stamp
from bench.figure import Figure, percentile
from bench.kiosk.machine import real_disk, tree
from bench.meters import rss_kib
from bench.peer_env import SERVERS, Missing, node_room, python_room
from bench.server_fanout import (
    GATE,
    GROUP,
    KITCHENS,
    RUN_S,
    RUNS,
    SUBSCRIBERS,
    bare,
    cpu_ns,
    ours,
)
from bench.wire import masked
from dev import die_with_parent
from tests.support import servers

PAYLOAD_BYTES, FRAME_BYTES_MIN = 300, 250
RATE_PER_S, RATE_S = 125.0, 4.0
"""Messages a second at which waits are measured: 1,000 deliveries."""
READY_S = 30.0
KITCHEN = "t99999"
_CHANNEL = f"realtime:{KITCHEN}:production:status"

Publish = Callable[[int, str], None]
"""Tell so many kitchens something, with this stamp in it."""


class Peer(msgspec.Struct, frozen=True):
    """How one of them is started and reached."""

    name: str
    about: str
    words: Callable[[], tuple[list[str], dict[str, str]]]
    """Its program and what it needs in its environment. Raises Missing."""
    path: str = "/ws/{kitchen}"
    template: Callable[[], list[str]] | None = None
    """A program that prints what is published for KITCHEN; None: the message itself."""
    greets: bool = False
    """Socket.IO's own handshake follows the WebSocket's."""


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
    note = (
        f"{about}; {beside}{cost.per_s:,.0f} deliveries/s with {GROUP} messages in flight, its core "
        f"saturated unless the reader's was; at {RATE_PER_S * SUBSCRIBERS:,.0f} deliveries/s p50 "
        f"{cost.p50_ms:.2f} ms, p99 {cost.p99_ms:.2f} ms; {cost.kib:.1f} KiB a connection; "
        f"{KITCHENS} kitchens × {SUBSCRIBERS}"
    )
    ratio = cost.cpu_us / floor.cpu_us
    gate = ratio <= GATE if cost is mine else None
    return Figure(f"peer_{name}", cost.cpu_us, "µs CPU/delivery", floor.cpu_us, ratio, gate, note)


# ---- measuring -----------------------------------------------------------------------------------


def _measured(pid: int, publish: Publish, crowd: Crowd, kib: float) -> Cost:
    """Medians of the windows with GROUP messages in flight, then waits at a fixed rate."""

    def group() -> None:
        publish(GROUP, stamp(time.monotonic_ns()))
        crowd.hear(GROUP * SUBSCRIBERS)

    group()
    costs_us: list[float] = []
    rates: list[float] = []
    for _ in range(RUNS):
        spent_ns, began, before = cpu_ns(pid), time.perf_counter(), crowd.live
        while time.perf_counter() - began < RUN_S:
            group()
        deliveries = crowd.live - before
        rates.append(deliveries / (time.perf_counter() - began))
        costs_us.append((cpu_ns(pid) - spent_ns) / 1000 / deliveries)
    waits_ms = _waits_ms(publish, crowd)
    return Cost(
        statistics.median(costs_us),
        statistics.median(rates),
        percentile(waits_ms, 0.5),
        percentile(waits_ms, 0.99),
        kib,
    )


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
    publish = _publisher(redis_port, *_said(peer, {**os.environ, **environment}))
    with _running(words, environment, port) as pid:
        crowd = Crowd(FRAME_BYTES_MIN)
        try:
            before_kib = _rss_kib(pid)
            for number in range(KITCHENS * SUBSCRIBERS):
                kitchen = f"t{number // SUBSCRIBERS:05}"
                crowd.add(_dialled(port, peer.path.format(kitchen=kitchen), greets=peer.greets))
            crowd.settle()
            kib = (_rss_kib(pid) - before_kib) / (KITCHENS * SUBSCRIBERS)
            return _measured(pid, publish, crowd, kib)
        finally:
            crowd.close()


def _rss_kib(pid: int) -> int:
    return sum(rss_kib(each) for each in tree(pid))


def _payload() -> str:
    """The message of the platform that all are given, of PAYLOAD_BYTES."""
    told = {
        "type": "production.status",
        "tenant": KITCHEN,
        "batch": "B-2026-11-22-0042",
        "menu": "Nasi ayam kecap, tumis buncis",
        "stage": "COOKING",
        "temp_c": 78.5,
        "sent": stamp(0),
        "note": "",
    }
    told["note"] = "x" * (PAYLOAD_BYTES - len(json.dumps(told, separators=(",", ":"))))
    return json.dumps(told, separators=(",", ":"))


def _said(peer: Peer, environment: dict[str, str]) -> tuple[str, bytes]:
    """Channel and message as another process would publish them for KITCHEN."""
    if peer.template is None:
        return _CHANNEL, _payload().encode()
    done = subprocess.run(
        [*peer.template(), _payload()],
        cwd=SERVERS,
        env=environment,
        capture_output=True,
        text=True,
        timeout=READY_S,
        check=False,
    )
    if done.returncode:
        raise Missing(done.stderr.strip()[-200:])
    said = json.loads(done.stdout)
    return said["channel"], base64.b64decode(said["message"])


def _publisher(redis_port: int, channel: str, message: bytes) -> Publish:
    """Writes PUBLISH commands to Redis for one kitchen after the other."""
    line = socket.create_connection(("127.0.0.1", redis_port))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    name = channel.encode()
    command = b"*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n" % (
        *(len(name), name),
        *(len(message), message),
    )
    unstamped, unnamed = stamp(0).encode(), KITCHEN.encode()
    turn = itertools.cycle(range(KITCHENS))

    def publish(count: int, stamped: str) -> None:
        ready = command.replace(unstamped, stamped.encode())
        kitchens = (b"t%05d" % next(turn) for _ in range(count))
        line.sendall(b"".join(ready.replace(unnamed, kitchen) for kitchen in kitchens))
        with suppress(BlockingIOError):
            while line.recv(65536, socket.MSG_DONTWAIT):
                pass

    return publish


@contextmanager
def _running(words: list[str], environment: dict[str, str], port: int) -> Iterator[int]:
    """A peer on the first core, until the block ends; this process goes to the second."""
    cores = sorted(os.sched_getaffinity(0))
    process = subprocess.Popen(
        ["taskset", "-c", str(cores[0]), *words],
        cwd=SERVERS,
        env={**os.environ, **environment, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - called in the main thread
    )
    try:
        os.sched_setaffinity(0, {cores[-1]})
        _listens(process, port)
        yield process.pid
    finally:
        os.sched_setaffinity(0, set(cores))
        process.kill()
        process.wait()


def _listens(process: subprocess.Popen[bytes], port: int) -> None:
    give_up = time.monotonic() + READY_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            time.sleep(0.5)  # its Redis subscription may come a moment after its socket
            return
        except OSError:
            if process.poll() is not None:
                raise Missing(f"it ended with {process.returncode}") from None
            if time.monotonic() > give_up:
                raise TimeoutError("it never listened") from None
            time.sleep(0.05)


def _dialled(port: int, path: str, *, greets: bool) -> socket.socket:
    """A WebSocket that is open, and in its kitchen's room."""
    line = socket.create_connection(("127.0.0.1", port), timeout=READY_S)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    )
    line.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _some(line)
    if b" 101 " not in answer[:20]:
        raise ConnectionError(answer[:80].decode(errors="replace"))
    if greets:
        while b'0{"sid"' not in answer:
            answer += _some(line)
        line.sendall(masked(b"40"))
        while b'40{"sid"' not in answer:
            answer += _some(line)
    return line


def _some(line: socket.socket) -> bytes:
    data = line.recv(4096)
    if not data:
        raise ConnectionError("it hung up")
    return data


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
