"""A real Redis of a test's own, to kill, freeze and starve; the shared one is `servers.real_redis`."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis

from dev import die_with_parent
from tests.support import servers

USERS = ("one", "two")
"""A server process each, so that one can be shut out alone."""
WORD = "rahasia"


class RedisProcess:
    """One server on one port through all its lives; `default` is the test's own user."""

    def __init__(self, room: Path, *options: str) -> None:
        """Raises ServerMissing."""
        program = servers.find_redis()
        if program is None:
            raise servers.ServerMissing(servers.REDIS_MISSING)
        self._program = program
        self._room = room
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.port = servers.free_port()

    def address(self, user: str = "") -> str:
        """For the settings of a server process."""
        person = f"{user}:{WORD}@" if user else ""
        return f"redis://{person}127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it empty and wait until it answers."""
        people = ["user default on nopass ~* &* +@all"]
        people += [f"user {name} on >{WORD} ~* &* +@all" for name in USERS]
        (self._room / "users.acl").write_text("\n".join(people) + "\n")
        options = ("--bind", "127.0.0.1", "--dir", str(self._room), "--save", "")
        with (self._room / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(str(self._program), "--port", str(self.port), *options),
                    *("--appendonly", "no", "--aclfile", str(self._room / "users.acl")),
                    *self._options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - called in the main thread
            )
        give_up_s = time.monotonic() + servers.READY_WITHIN_S
        while not servers.answers_ping(self.port):
            assert self._process.poll() is None, (self._room / "log").read_text()
            assert time.monotonic() < give_up_s, "Redis did not get ready"
            time.sleep(servers.LOOK_EVERY_S)

    @property
    def version(self) -> str:
        """Which program this is."""
        said = self.ask("INFO", "server")
        name = said.get("server_name", "redis")
        return f"{name} {said.get(f'{name}_version', said['redis_version'])}"

    def ask(self, *words: str | bytes) -> Any:
        """One command as the test's own user."""
        with redis.Redis(port=self.port, socket_timeout=10) as client:
            return client.execute_command(*words)

    def freeze(self) -> None:
        """Stop it without closing a socket."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._send(signal.SIGCONT)

    def kill(self) -> None:
        """End it like a power cut."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(10)

    def _send(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(how)


@contextlib.contextmanager
def own_redis(*options: str) -> Iterator[RedisProcess]:
    """A Redis for one block."""
    room = Path(tempfile.mkdtemp(prefix="dapur-redis-", dir="/tmp" if os.name != "nt" else None))
    server = RedisProcess(room, *options)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(room, ignore_errors=True)
