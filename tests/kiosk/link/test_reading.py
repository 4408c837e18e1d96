"""Frames at hand do not hold the loop: after so much work with them the screen and the finger get a turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kiosk.link import connection as connection_module
from kiosk.link.carry import Carrier
from kiosk.link.connection import Connection
from tests.support.kiosk_rig import Rig

FRAMES = 20


class AtHand:
    """A socket that has all its frames already."""

    close_code = None
    heard_bytes = 0

    def __init__(self) -> None:
        self.transport = SimpleNamespace(abort=lambda: None, get_write_buffer_size=lambda: 0)

    async def __aiter__(self) -> AsyncIterator[str]:
        for _ in range(FRAMES):
            yield ""

    async def close(self) -> None:
        """Nothing to close."""


async def turns_seen(folder: Path, monkeypatch: pytest.MonkeyPatch, read_s: float) -> set[int]:
    """At which turns of the loop the frames were taken."""
    turn, seen = 0, set()

    async def count() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    monkeypatch.setattr(connection_module, "READ_S", read_s)
    monkeypatch.setattr(connection_module, "decode_server", lambda message: message)
    monkeypatch.setattr(Carrier, "receive", lambda *_: seen.add(turn))
    rig = Rig(folder / "K-1", "ws://127.0.0.1:9/")
    socket: Any = AtHand()
    connection = Connection(
        socket, rig.mirror, rig.key, rig.time,
        device=rig.device, app="test", on_admitted=lambda: None, server_key=b"",
    )  # fmt: skip
    counting = asyncio.create_task(count())
    await connection.serve()
    counting.cancel()
    await rig.close()
    return seen


async def test_loop_gets_a_turn_after_each_frame_that_took_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(await turns_seen(tmp_path, monkeypatch, -1.0)) == FRAMES


async def test_short_frames_at_hand_are_taken_in_one_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(await turns_seen(tmp_path, monkeypatch, 60.0)) == 1
