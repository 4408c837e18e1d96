"""Starts other people's servers, publishes to them over Redis, dials them; it measures nothing."""

from __future__ import annotations

import base64
import itertools
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import msgspec

from bench.crowd import stamp
from bench.peer_env import SERVERS, Missing
from bench.server_fanout import KITCHENS, Publish
from bench.wire import masked
from dev import die_with_parent

PAYLOAD_BYTES = 300
READY_S = 30.0
KITCHEN = "t99999"
_CHANNEL = f"realtime:{KITCHEN}:production:status"


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


def said(peer: Peer, environment: dict[str, str]) -> tuple[str, bytes]:
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
    told = json.loads(done.stdout)
    return told["channel"], base64.b64decode(told["message"])


def publisher(redis_port: int, channel: str, message: bytes) -> Publish:
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
        ready = command.replace(unstamped, stamped.encode()) if stamped else command
        kitchens = (b"t%05d" % next(turn) for _ in range(count))
        line.sendall(b"".join(ready.replace(unnamed, kitchen) for kitchen in kitchens))
        with suppress(BlockingIOError):
            while line.recv(65536, socket.MSG_DONTWAIT):
                pass

    return publish


@contextmanager
def running(words: list[str], environment: dict[str, str], port: int) -> Iterator[int]:
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


def dialled(port: int, path: str, *, greets: bool) -> socket.socket:
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
