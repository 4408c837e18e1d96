"""Row 54: what a kiosk once said is said again by a stranger, here and at another server; it opens nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from dapur.wire.messages import SUBPROTOCOL
from tests.failures.checking import common_check
from tests.failures.frames import RawFrame
from tests.failures.kitchen import open_place
from tests.support.waiting import until


async def replayed(url: str, said: Sequence[str]) -> list[dict[str, object]]:
    """Say all of it on a new line; what the server answers until it closes."""
    heard: list[dict[str, object]] = []
    async with (
        asyncio.timeout(20),
        connect(url, subprotocols=[Subprotocol(SUBPROTOCOL)], compression=None, proxy=None) as line,
    ):
        try:
            heard.append(json.loads(await line.recv()))
            for text in said:
                await line.send(text)
            while True:
                heard.append(json.loads(await line.recv()))
        except ConnectionClosed:
            pass
    return heard


@pytest.mark.slow
@pytest.mark.timeout(90)
async def test_row_54_recorded_session_opens_no_line_at_its_server_nor_at_another(
    tmp_path: Path,
) -> None:
    async with open_place(tmp_path) as place:
        kiosk = place.kiosks[0]
        batch = await kiosk.any_batch()
        said: list[str] = []

        def record(frame: RawFrame) -> Sequence[bytes]:
            if frame.opcode == 1:
                said.append(frame.payload.decode())
            return [frame.raw]

        cable = place.cable_of(kiosk)
        cable.up.edit = record
        await place.redial(kiosk)
        await kiosk.measure(batch, "s-nur")
        await kiosk.sent()
        cable.up.edit = None
        kinds = [json.loads(text)["type"] for text in said]
        assert kinds[0] == "hello"
        assert "submit" in kinds
        other = place.second_server()
        for url in (place.server.url, other.url):
            heard = await replayed(url, said)
            assert [each["type"] for each in heard] == ["challenge", "goodbye"], heard
            assert heard[1]["code"] == "unknown_device", heard
        await until(lambda: bool(kiosk.seen))
        assert (await kiosk.status())["line"] == "online", "the replay threw the kiosk out"
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == 1
