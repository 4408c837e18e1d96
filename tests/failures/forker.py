"""Kiosk programs by fork: their imports are done once, so that a start costs milliseconds; it kills nothing."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from typing_extensions import override

from dev import die_with_parent

ROOT = Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG = 1
WORD_BYTES = 1024
STREAMS = 3


class Forked:
    """A process that was forked for us; has what is used of `asyncio.subprocess.Process`."""

    def __init__(self, pid: int, stdin: asyncio.WriteTransport, limit: int) -> None:
        self.pid = pid
        self.stdin = stdin
        self.stdout = asyncio.StreamReader(limit=limit)
        self.over = asyncio.Event()
        self._code: int | None = None

    @property
    def returncode(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        if self._code is None and self.over.is_set():
            self._code = _forker().ask({"wait": self.pid})
        return self._code

    def send_signal(self, number: int) -> None:
        """Signal it; nobody else gets its number before its exit code was asked for."""
        if self.returncode is None:
            os.kill(self.pid, number)

    async def wait(self) -> int:
        """Wait for its end; its exit code."""
        await self.over.wait()
        code = self.returncode
        assert code is not None
        return code


class _Reading(asyncio.StreamReaderProtocol):
    """The end of its output is the end of the process: nobody else holds the pipe."""

    def __init__(self, forked: Forked) -> None:
        super().__init__(forked.stdout)
        self._forked = forked

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._forked.over.set()


async def fork(log: Path, *, limit: int) -> Forked:
    """A kiosk program that logs to `log` and waits for requests; lines may have `limit` bytes."""
    loop = asyncio.get_running_loop()
    theirs_in, ours_in = os.pipe()
    ours_out, theirs_out = os.pipe()
    errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    pid = _forker().ask({"fork": True}, (theirs_in, theirs_out, errors))
    for descriptor in (theirs_in, theirs_out, errors):
        os.close(descriptor)
    writing, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(ours_in, "wb", 0))
    forked = Forked(pid, writing, limit)
    await loop.connect_read_pipe(lambda: _Reading(forked), os.fdopen(ours_out, "rb", 0))
    return forked


class _Forker:
    """The process that forks; it ends with us."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.failures.forker", str(theirs.fileno())],
            cwd=ROOT,
            pass_fds=(theirs.fileno(),),
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - called in the main thread
        )
        theirs.close()
        atexit.register(self.close)

    def ask(self, what: dict[str, object], streams: tuple[int, ...] = ()) -> int:
        """Have it done; takes milliseconds."""
        socket.send_fds(self._socket, [json.dumps(what).encode()], list(streams))
        return int(self._socket.recv(WORD_BYTES))

    def close(self) -> None:
        """End it, and with it what it forked."""
        self._socket.close()
        self._process.kill()
        self._process.wait(10)


@cache
def _forker() -> _Forker:
    return _Forker()


# ---- in the process that forks -------------------------------------------------------------------


def _serve(line: socket.socket, be_a_kiosk: Callable[[], int]) -> None:
    while True:
        words, streams, _, _ = socket.recv_fds(line, WORD_BYTES, STREAMS)
        if not words:
            return
        asked = json.loads(words)
        if "wait" in asked:
            _, status = os.waitpid(asked["wait"], 0)
            line.send(str(os.waitstatus_to_exitcode(status)).encode())
            continue
        pid = os.fork()
        if not pid:
            line.close()
            _become(streams, be_a_kiosk)
        for descriptor in streams:
            os.close(descriptor)
        line.send(str(pid).encode())


def _become(streams: list[int], be_a_kiosk: Callable[[], int]) -> None:
    """In the child: be the kiosk, never come back."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    code = 1
    with contextlib.suppress(KeyboardInterrupt):
        code = be_a_kiosk()
    os._exit(code)


def main() -> None:
    """Fork kiosks until the parent is gone."""
    from tests.failures import kiosk_program

    with socket.socket(fileno=int(sys.argv[1])) as line:
        _serve(line, kiosk_program.run)


if __name__ == "__main__":
    main()
