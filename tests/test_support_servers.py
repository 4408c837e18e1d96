"""The servers that other tests lean on are real, answer, and are gone afterwards."""

import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

import dev
from tests.support import servers

ROOT = Path(__file__).parents[1]


def _listens(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1):
            return True
    except OSError:
        return False


@pytest.fixture
def rooms() -> Iterator[Path]:
    """A folder for what a killed process leaves behind; the database's own user may enter it."""
    with tempfile.TemporaryDirectory(dir=servers.ROOMS) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_postgres_answers_and_is_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(dev.POSTGRES_ENV, raising=False)
    with servers.postgres() as url:
        with psycopg.connect(url) as connection:
            row = connection.execute("select current_setting('server_encoding'), 6 * 7").fetchone()
        assert row == ("UTF8", 42)
    assert not _listens(url)


def test_redis_answers_and_is_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(servers.REDIS_ENV, raising=False)
    with servers.redis() as url:
        with redis.Redis.from_url(url) as client:
            version = client.info("server")["redis_version"]
        assert int(version.partition(".")[0]) >= 7
    assert not _listens(url)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")
@pytest.mark.parametrize("kind", ["postgres", "redis"])
def test_server_dies_with_the_test_process_when_that_is_killed(kind: str, rooms: Path) -> None:
    script = (
        "import pathlib, time; from tests.support import servers\n"
        f"servers.ROOMS = pathlib.Path({str(rooms)!r})\n"
        f"with servers.{kind}() as url: print(url, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        url = parent.stdout.readline().strip()
        assert _listens(url)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while _listens(url) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _listens(url)


@pytest.mark.parametrize(
    ("start", "find", "env", "package"),
    [
        (servers.postgres, "find_postgres", dev.POSTGRES_ENV, "postgresql"),
        (servers.redis, "find_redis", servers.REDIS_ENV, "redis-server"),
    ],
)
def test_missing_server_names_the_line_to_run(
    monkeypatch: pytest.MonkeyPatch,
    start: Callable[[], AbstractContextManager[str]],
    find: str,
    env: str,
    package: str,
) -> None:
    monkeypatch.delenv(env, raising=False)
    monkeypatch.setattr(servers, find, lambda: None)
    with pytest.raises(servers.ServerMissing, match=f"apt-get install .*{package}"), start():
        pass
