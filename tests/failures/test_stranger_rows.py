"""Rows 46 and 47: sockets that send too much, too little or too slowly; kiosks notice nothing."""

from __future__ import annotations

import asyncio
import zlib
from pathlib import Path

import pytest

from tests.failures.checking import common_check
from tests.failures.kitchen import open_place, scaled
from tests.failures.raw import (
    CONTINUATION,
    Raw,
    answers_s,
    cpu_s,
    flat,
    frame,
    request,
    resident_bytes,
)

BIG_BYTES = 10_000_000
PIECES = 4_097
TINY = int(scaled(100_000, 20_000))
MEMORY_GROWN_BYTES = 32 * 1024 * 1024
CPU_MOST_S = scaled(20, 8)
LORISES = 500
CUT_S = 15.0
LATE_S = 5.0
"""Ticks are a second apart, and this machine has other work."""
TOO_BIG, BAD_PROTOCOL = 1009, 1002


async def one_big_frame(port: int) -> int:
    """Announced as 10 MB and then sent."""
    raw = await Raw.shaken(port)
    whole = frame(b"a" * BIG_BYTES)
    for at in range(0, len(whole), 1 << 16):
        if not await raw.send(whole[at : at + (1 << 16)]):
            break
    return await raw.close_code()


async def many_pieces(port: int) -> int:
    """One message in 4,097 pieces."""
    raw = await Raw.shaken(port)
    await raw.send(frame(b" ", last=False))
    await raw.send(frame(b" ", opcode=CONTINUATION, last=False) * (PIECES - 1))
    return await raw.close_code()


async def tiny_frames(port: int) -> int:
    """Frames of two characters, as many as go."""
    raw = await Raw.shaken(port)
    for _ in range(TINY // 1000):
        if not await raw.send(frame(b"{}") * 1000):
            break
    return await raw.close_code()


async def bomb(port: int) -> int:
    """A compressed frame, though the server agreed on no compression."""
    raw = await Raw.shaken(port, "Sec-WebSocket-Extensions: permessage-deflate")
    assert b"deflate" not in raw.answer
    squeezed = zlib.compress(bytes(BIG_BYTES), 9)[2:-4]
    await raw.send(frame(squeezed, squeezed=True))
    return await raw.close_code()


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_row_46_huge_split_tiny_and_squeezed_frames_are_cut_and_cost_no_memory(
    tmp_path: Path,
) -> None:
    async with open_place(tmp_path) as place:
        port, pid = place.server.port, place.server.pid
        await one_big_frame(port)
        memory, work_s = resident_bytes(pid), cpu_s(pid)
        codes = {
            one_big_frame: {TOO_BIG, 0},
            many_pieces: {TOO_BIG, 4400},
            tiny_frames: {4400, 4429, 0},
            bomb: {BAD_PROTOCOL},
        }
        for attack, expected in codes.items():
            found = await asyncio.gather(*(attack(port) for _ in range(5)))
            assert set(found) <= expected, (attack.__name__, found)
        assert resident_bytes(pid) - memory < MEMORY_GROWN_BYTES
        assert cpu_s(pid) - work_s < CPU_MOST_S
        kiosk = place.kiosks[0]
        await kiosk.measure(await kiosk.any_batch(), "s-nur")
        await place.heal()
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == 1


async def headers_by_the_byte(port: int) -> float:
    """A request that never ends."""
    raw = await Raw.connect(port)
    return await raw.drip(request()[:-2] + b"X-A: b\r\n" * 50, every_s=1.0, within_s=60)


async def frame_by_the_byte(port: int) -> float:
    """A hello that never ends, after a proper handshake."""
    raw = await Raw.shaken(port)
    return await raw.drip(frame(b'{"type":"hello"' + b" " * 2000), every_s=1.0, within_s=60)


async def hello_of_tls(port: int) -> float:
    """The beginning of a TLS handshake, at a port that speaks none, and then silence."""
    raw = await Raw.connect(port)
    await raw.send(bytes.fromhex("16030100f8010000f40303"))
    return await raw.drip(b"", every_s=1.0, within_s=60)


async def silence(port: int) -> float:
    """Nothing at all."""
    raw = await Raw.connect(port)
    return await raw.drip(b"", every_s=1.0, within_s=60)


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_row_47_five_hundred_slow_strangers_are_cut_and_no_kiosk_waits_for_them(
    tmp_path: Path,
) -> None:
    async with open_place(tmp_path) as place:
        kiosk = place.kiosks[0]
        batch = await kiosk.any_batch()
        before_s = await answers_s(kiosk, batch, 10)
        kinds = (headers_by_the_byte, frame_by_the_byte, hello_of_tls, silence)
        strangers = [
            asyncio.create_task(kinds[number % len(kinds)](place.server.port))
            for number in range(LORISES)
        ]
        await asyncio.sleep(1)
        during_s = await answers_s(kiosk, batch, 20)
        assert not all(task.done() for task in strangers), "no stranger was left to wait for"
        lived_s = await asyncio.gather(*strangers)
        assert max(lived_s) < CUT_S + LATE_S, sorted(lived_s)[-5:]
        assert flat(before_s, during_s), (before_s, during_s)
        for each in place.kiosks:
            assert (await each.status())["line"] == "online"
            assert [seen.state for seen in each.seen].count("offline") <= 1
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == 30
