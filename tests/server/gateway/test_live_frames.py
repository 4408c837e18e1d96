"""How a live frame reaches kiosks that are level, and what becomes of those whose line is not clear."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from websockets.frames import Frame, Opcode

from dapur.wire.codec import encode
from dapur.wire.messages import GoodbyeCode, Got
from server.desk.groups import Grown
from server.gateway.connection import Connection
from server.gateway.cursor import Stream
from server.gateway.line import framed
from tests.support.gateway import KITCHEN, Kiosk, Shop, open_shop, until


def connection_of(shop: Shop, kiosk: Kiosk) -> Connection:
    return shop.services.devices[kiosk.device]


def stream_of(shop: Shop) -> Stream:
    return shop.services.fanout._cursors._streams[KITCHEN]


async def levelled(shop: Shop, *names: str) -> list[Kiosk]:
    """Kiosks that follow and took the last event."""
    kiosks = [await shop.kiosk(name).connect() for name in names]
    await until(lambda: all(kiosk.snapshots == 1 for kiosk in kiosks))
    seq = 0
    # The first event may come to a kiosk inside its pull; after that it follows.
    while len(stream_of(shop).level) < len(names):
        seq += 1
        await shop.notice(f"to be level {seq}")
        for kiosk in kiosks:
            await kiosk.reached(seq)
    return kiosks


def before_the_next_event(
    monkeypatch: pytest.MonkeyPatch, shop: Shop, act: Callable[[], None]
) -> None:
    """Act in the same turn of the loop in which the next event is forwarded, before that."""
    fanout, acts = shop.services.fanout, [act]
    forward = fanout.grown

    def grown(new: Grown) -> None:
        if acts:
            acts.pop()()
        forward(new)

    monkeypatch.setattr(fanout, "grown", grown)


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_framed_is_what_the_library_would_write(size: int) -> None:
    payload = b"x" * size
    assert framed(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False, extensions=[])


async def test_kiosk_with_a_full_buffer_gets_all_in_order_from_its_queue() -> None:
    async with open_shop() as shop:
        quick, slow = await levelled(shop, "k-1", "k-2")
        line = connection_of(shop, slow).line
        slow.transport.pause_reading()
        ours, theirs = (each.get_extra_info("socket") for each in (line.transport, slow.transport))
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
        first = shop.head().seq + 1
        while line.queued_bytes < 20_000:
            await shop.notice("z" * 480)
        last = shop.head().seq
        await quick.reached(last)
        slow.transport.resume_reading()
        await slow.reached(last)
        await until(lambda: line.queued_bytes == 0)
        await shop.notice("straight again")
        await slow.reached(last + 1)
        assert list(slow.bodies)[-(last + 2 - first) :] == list(range(first, last + 2))
        assert shop.services.metrics.dropped._value.get() == 0


async def test_line_that_is_cut_in_the_turn_of_an_event_does_not_hurt_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_shop() as shop:
        first, cut, last = await levelled(shop, "k-1", "k-2", "k-3")
        line = connection_of(shop, cut).line
        written = line.written_bytes
        before_the_next_event(monkeypatch, shop, line.abort)
        await shop.notice("news")
        seq = shop.head().seq
        await first.reached(seq)
        await last.reached(seq)
        await until(lambda: cut.device not in shop.services.devices)
        assert (cut.position.seq, line.written_bytes) == (seq - 1, written)
        assert len(stream_of(shop).level) == 2


async def test_nothing_follows_a_goodbye_in_the_turn_of_an_event(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_shop() as shop:
        stays, goes = await levelled(shop, "k-1", "k-2")
        leaver = connection_of(shop, goes)
        written: list[int] = []

        def end() -> None:
            leaver.end(GoodbyeCode.REVOKED)
            written.append(leaver.line.written_bytes)

        before_the_next_event(monkeypatch, shop, end)
        await shop.notice("not for a revoked one")
        seq = shop.head().seq
        await stays.reached(seq)
        await goes.until(lambda: goes.close_code is not None)
        assert goes.end.code is GoodbyeCode.REVOKED
        assert (goes.position.seq, [leaver.line.written_bytes]) == (seq - 1, written)


async def test_nothing_follows_a_close_frame_of_the_library() -> None:
    async with open_shop() as shop:
        [kiosk] = await levelled(shop, "k-1")
        line = connection_of(shop, kiosk).line
        line.protocol.send_close(1000)
        line.send_data()
        written = line.written_bytes
        assert line.put(framed(b"{}"), live=True)
        assert (line.written_bytes, line.queued_bytes) == (written, 0)


async def test_kiosk_that_was_heard_goes_on_where_its_line_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_shop() as shop:
        [kiosk] = await levelled(shop, "k-1")
        for number in range(3):
            await shop.notice(f"past the session {number}")
        name = connection_of(shop, kiosk).id
        await kiosk.reached(shop.head().seq)
        await kiosk.send(encode(Got(kiosk.position.seq, 1)))
        await until(lambda: name not in stream_of(shop).level)
        # Whatever is missed now would have to be read from the log.
        monkeypatch.setattr(shop.services.shelf, "entries", None)
        await shop.notice("straight on")
        await kiosk.reached(shop.head().seq)
        assert name in stream_of(shop).level


async def test_every_open_connection_is_in_one_ward_until_it_is_gone() -> None:
    async with open_shop() as shop:
        kiosks = [await shop.kiosk(f"k-{number}").connect() for number in range(5)]
        services = shop.services
        found = [each for ward in services.wards for each in ward]
        assert sorted(each.id for each in found) == sorted(services.connections)
        for kiosk in kiosks:
            await kiosk.hang_up()
        await until(lambda: not services.connections)
        assert not any(services.wards)
