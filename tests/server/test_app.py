"""The real process: killed, ended in order, cut at every moment of a commit; no tap is lost or doubled."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dapur.envelope import Command, decode_event
from dapur.ids import DeviceId
from dapur.wire.messages import GoodbyeCode, Outcome
from server import app
from server.app import PlainSocket, compose, open_certificates, run
from server.desk.failpoint import EXIT_CODE
from server.desk.ports import Unavailable
from server.log.engine import open_engine
from server.log.schema import OlderSchema
from server.log.shares import Minds
from server.log.sql_log import SqlLog
from server.settings import BadSettings, Settings
from tests.support.gateway import KITCHEN, Kiosk, command
from tests.support.server_process import ServerProcess, server_cli
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
READY_S = 20.0


class Process:
    """A server process that can be ended in every way."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._keys = {name: Ed25519PrivateKey.generate() for name in ("k-1", "k-2")}
        devices = {n: (KITCHEN, key.private_bytes_raw().hex()) for n, key in self._keys.items()}
        (data / "devices.json").write_text(json.dumps(devices))

    def start(self, fail: str = "") -> None:
        """Start on the same port as before and wait until it listens."""
        ready = self.data / "ready.json"
        ready.unlink(missing_ok=True)
        with (self.data / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.bare_server", str(self.data), str(self.port)],
                cwd=ROOT,
                env={**os.environ, "DAPUR_FAIL": fail},
                stdout=log,
                stderr=log,
            )
        give_up = time.monotonic() + READY_S
        while not ready.exists():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < give_up, self.log()
            time.sleep(0.02)
        said = json.loads(ready.read_text())
        assert said["pid"] == self._process.pid
        self.url: str = said["url"]
        self.port = int(self.url.rsplit(":", 1)[1].strip("/"))

    def send(self, number: signal.Signals) -> None:
        """Signal it."""
        assert self._process is not None
        self._process.send_signal(number)

    async def ended(self) -> int:
        """Wait for its exit code."""
        assert self._process is not None
        return await asyncio.to_thread(self._process.wait, 20)

    def log(self) -> str:
        """What it wrote."""
        return (self.data / "log").read_text()

    def kiosk(self, name: str) -> Kiosk:
        """One of its kiosks."""
        return Kiosk(self.url, DeviceId(name), self._keys[name])

    def stored(self) -> list[str]:
        """Command ids in the log, in order."""
        engine = open_engine(f"sqlite:///{self.data / 'server.db'}")
        try:
            entries = SqlLog(engine).read(KITCHEN, 0, limit=10_000)
        finally:
            engine.dispose()
        return [decode_event(entry.body).command for entry in entries]

    def stop(self) -> None:
        """For the end of a test."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    made = Process(tmp_path)
    yield made
    made.stop()


def tap() -> Command:
    return command("no_such_kind", "b1", {})


def ids(kiosk: Kiosk) -> list[str]:
    return [json.loads(row.bytes)["id"] for row in kiosk.outbox_rows]


async def test_server_ends_in_order_on_sigterm_and_its_kiosks_hear_it(process: Process) -> None:
    process.start()
    kiosk = await process.kiosk("k-1").connect()
    await kiosk.tap(tap())
    process.send(signal.SIGTERM)
    assert await process.ended() == 0
    await kiosk.until(lambda: kiosk.close_code is not None)
    assert (kiosk.end.code, kiosk.close_code) == (GoodbyeCode.RESTART, 1012)
    assert "ended in order" in process.log()
    assert not (process.data / "ready.json").exists()
    assert all(json.loads(line) for line in process.log().splitlines())


async def test_kiosk_goes_on_where_it_was_after_the_server_was_killed(process: Process) -> None:
    process.start()
    kiosk = await process.kiosk("k-1").connect()
    other = await process.kiosk("k-2").connect()
    for _ in range(20):
        kiosk.keep(tap())
    await kiosk.push()
    await kiosk.until(lambda: len(kiosk.results) >= 1)
    process.send(signal.SIGKILL)
    assert await process.ended() == -signal.SIGKILL
    kiosk.keep(tap())
    process.start()
    await kiosk.connect()
    await other.connect()
    await kiosk.until(lambda: len(kiosk.results) == 21)
    await other.reached(21)
    assert process.stored() == ids(kiosk)
    await kiosk.hang_up()
    await other.hang_up()


@pytest.mark.parametrize(
    ("moment", "stored"), [("before_commit", 0), ("after_commit", 1), ("before_publish", 1)]
)
async def test_tap_is_applied_once_when_the_server_dies_around_its_commit(
    process: Process, moment: str, stored: int
) -> None:
    process.start(fail=moment)
    kiosk = await process.kiosk("k-1").connect()
    kiosk.keep(tap())
    await kiosk.push()
    assert await process.ended() == EXIT_CODE
    assert len(process.stored()) == stored
    await kiosk.until(lambda: kiosk.ended is not None)
    assert (1 in kiosk.results) == (moment == "before_publish")
    process.start()
    other = await process.kiosk("k-2").connect()
    await kiosk.connect()
    await kiosk.until(lambda: 1 in kiosk.results)
    assert kiosk.results[1].outcome is Outcome.REFUSED
    await other.reached(1)
    assert process.stored() == ids(kiosk)
    await kiosk.hang_up()
    await other.hang_up()


async def test_server_that_was_stopped_for_a_while_wakes_up_and_goes_on(process: Process) -> None:
    process.start()
    kiosk = await process.kiosk("k-1").connect()
    process.send(signal.SIGSTOP)
    kiosk.keep(tap())
    await kiosk.push()
    await asyncio.sleep(0.3)
    assert kiosk.results == {}
    process.send(signal.SIGCONT)
    await kiosk.until(lambda: 1 in kiosk.results)
    await kiosk.hang_up()
    assert process.stored() == ids(kiosk)


@pytest.mark.expected_log("the shares stumbled")
async def test_shares_are_looked_after_whatever_went_wrong_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app, "MINDING_S", 0.0)
    wrong, asked = [Unavailable("away"), RuntimeError("bug")], list[int]()

    def minds(now_ms: int) -> Minds:
        asked.append(now_ms)
        if wrong:
            raise wrong.pop(0)
        return lambda _kitchen: True

    minding = asyncio.create_task(app.keep_minding(minds, lambda: 7))
    await until(lambda: len(asked) > 3)
    assert not minding.done()
    minding.cancel()
    await asyncio.gather(minding, return_exceptions=True)
    assert set(asked) == {7}


async def test_second_signal_cuts_the_drain_short(process: Process) -> None:
    process.start()
    assert await asyncio.to_thread(_status, process.port, "readyz") == 200
    process.send(signal.SIGINT)
    process.send(signal.SIGTERM)
    assert await process.ended() == 0


def _status(port: int, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.fixture
def at_home(tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Starts `dapur-server run` on loopback with more settings in the environment."""
    server_cli("init", "--data", str(tmp_path))
    made: list[ServerProcess] = []

    def start(**environment: str) -> ServerProcess:
        made.append(ServerProcess(tmp_path, environment=environment))
        made[-1].start()
        return made[-1]

    yield start
    for each in made:
        each.kill()


def test_server_on_loopback_tells_its_figures_beside_the_kiosks(
    at_home: Callable[..., ServerProcess],
) -> None:
    assert _status(at_home().port, "metrics") == 200


def test_server_behind_a_proxy_tells_its_figures_to_nobody(
    at_home: Callable[..., ServerProcess],
) -> None:
    server = at_home(DAPUR_BEHIND_TLS_PROXY="true")
    assert _status(server.port, "metrics") == 404
    assert _status(server.port, "healthz") == 200


def test_server_tells_its_figures_at_their_own_address_alone(
    at_home: Callable[..., ServerProcess],
) -> None:
    server = at_home(DAPUR_METRICS="127.0.0.1:0")
    found = re.search(r"figures at http://127\.0\.0\.1:(\d+)/metrics", server.log())
    assert found is not None
    figures = int(found[1])
    assert _status(server.port, "metrics") == 404
    assert [_status(figures, path) for path in ("metrics", "", "healthz")] == [200, 404, 404]


def plain(data: Path = Path("nowhere"), **changes: object) -> Settings:
    """Settings of a test."""
    return msgspec.structs.replace(Settings(data), **changes)


def test_server_opens_no_plain_socket_to_the_network() -> None:
    assert open_certificates(plain()).context is None
    assert open_certificates(plain(host="0.0.0.0", behind_tls_proxy=True)).context is None
    with pytest.raises(PlainSocket):
        open_certificates(plain(host="0.0.0.0"))


def test_server_refuses_a_bus_whose_address_cannot_be_read_and_keeps_its_password() -> None:
    with pytest.raises(BadSettings, match=r"^bus: redis://bus:x: cannot be read") as caught:
        compose("sqlite:///nowhere.db", "redis://dapur:rahasia@bus:x")
    assert "rahasia" not in str(caught.value)


def test_server_refuses_a_database_without_a_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.logs.set_up", lambda _level: None)
    with pytest.raises(OlderSchema):
        run(plain(tmp_path))
