"""The far ends of the bench count what came, and nothing twice."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from bench.crowd import Crowd, stamp
from bench.kitchens import furnish, heads_of
from bench.tappers import Tappers
from server.cli.context import Rooms
from server.log.verify import verify
from server.settings import Settings
from tests.support.server_process import ServerProcess


def _frame(payload: bytes) -> bytes:
    return bytes([0x81, 126]) + len(payload).to_bytes(2, "big") + payload


def test_crowd_times_a_stamped_frame_that_comes_in_two_pieces() -> None:
    crowd = Crowd(200)
    ours, theirs = socket.socketpair()
    crowd.add(ours)
    waits_ms = crowd.waits_ms = []
    frame = _frame(stamp(time.monotonic_ns()).encode().ljust(300, b"x"))
    theirs.sendall(_frame(b"short".ljust(150, b" ")) + frame[:100])
    crowd.read(1.0)
    assert crowd.live == 0
    theirs.sendall(frame[100:])
    crowd.read(1.0)
    crowd.close()
    theirs.close()
    assert crowd.live == 1
    assert len(waits_ms) == 1
    assert 0 < waits_ms[0] < 60_000


@pytest.fixture
def served(tmp_path: Path) -> ServerProcess:
    """A server on SQLite, not yet started."""
    return ServerProcess(tmp_path / "server", environment={"DAPUR_LOG_LEVEL": "WARNING"})


def test_tappers_come_back_after_a_restart_and_lose_no_tap(served: ServerProcess) -> None:
    devices = furnish(served.data, kitchens=2, devices=2, batches=16)
    served.start()
    tappers = Tappers([served.port], devices, heads_of(served.data))
    try:
        assert len(tappers.come_in()) == 4
        tappers.fresh()
        tappers.tap(1.0, 20.0)
        served.kill()
        served.start()
        tappers.tap(0.5, 20.0)
        tappers.settle()
        seen = tappers.fresh()
    finally:
        tappers.close()
        served.stop()
    assert seen.wrong == []
    assert len(seen.ends) == 4
    assert len(seen.answered_ms) == seen.taps == 30
    assert len(seen.near_ms) == seen.taps
    rooms = Rooms(Settings(data=served.data).database_url)
    try:
        found = list(verify(rooms.engine))
    finally:
        rooms.engine.dispose()
    assert [each.wrong for each in found] == ["", ""]
    # Besides the taps: twenty commands of the plan in each kitchen, and four people who signed in.
    assert sum(each.receipts for each in found) >= 30 + 40 + 4
