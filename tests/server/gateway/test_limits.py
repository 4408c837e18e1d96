"""Limits against one address, one device and one kitchen: who takes too much waits alone."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from dapur.ids import DeviceId, KitchenId
from dapur.sync.server_side import FRAMES_BURST, FRAMES_PER_S
from dapur.wire.codec import encode
from dapur.wire.messages import SUBPROTOCOL, GoodbyeCode, Got, Outcome
from server.gateway.limits import OWN_FILES, Guests, Kitchens, Patience, Room, Tired, room
from server.tls import authority
from tests.support.gateway import KITCHEN, OTHER_KITCHEN, Shop, command, open_shop, until

WAIT_S = 10.0
AWAY = "127.0.0.2"
"""Loopback itself is nobody's address; Linux answers for all of 127.0.0.0/8."""
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs a second address of loopback")


def test_address_has_room_for_its_share_and_others_keep_theirs() -> None:
    guests = Guests(per_address=2, most=5)
    assert [guests.came(number, "a") for number in range(5)] == [True] * 4 + [False]
    assert guests.crowded("a")
    assert guests.came("other", "b")
    assert not guests.crowded("b")
    assert not guests.came("last", "c"), "the hall is full"
    for number in (0, 1, 1, 2, "never came"):
        guests.left(number)
    assert (guests.crowded("a"), len(guests)) == (False, 2)


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limit")
@pytest.mark.parametrize(
    ("files", "found"),
    [
        (-1, Room(8_192, 20_000)),
        (65_536, Room(8_192, 20_000)),
        (1_024, Room(244, 732)),
        (64, Room(4, 12)),
        (32, Room(1, 3)),
    ],
)
def test_server_keeps_files_back_for_its_own_work(
    files: int, found: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _which: (files, files))
    assert room(20_000) == found
    assert found.guests + found.connections + OWN_FILES <= max(files, 52) or files < 0


@pytest.mark.parametrize(("per_address", "address"), [(0, "a"), (1, "127.0.0.1"), (1, "::1")])
def test_addresses_that_say_nothing_have_no_share(per_address: int, address: str) -> None:
    guests = Guests(per_address=per_address, most=100)
    assert all(guests.came(number, address) for number in range(100))
    assert not guests.crowded(address)
    assert not guests.came("last", address)


def test_device_begins_with_what_it_had_left_and_what_it_rested() -> None:
    tired, one, two = Tired(most=1), DeviceId("d-1"), DeviceId("d-2")
    tired.ended(one, Patience(0.0, 1_000))
    assert tired.begins(one, 2_000) == 20.0
    assert tired.begins(one, 2_000) == FRAMES_BURST, "it is asked once for each connection"
    tired.ended(one, Patience(0.0, 1_000))
    assert tired.begins(one, 9_999_000) == FRAMES_BURST
    tired.ended(one, Patience(0.0, 1_000))
    tired.ended(two, Patience(1.0, 1_000))
    assert (tired.begins(one, 1_000), tired.begins(two, 1_000)) == (FRAMES_BURST, 1.0)
    tired.ended(two, Patience(FRAMES_BURST, 1_000))
    assert tired.begins(two, 1_000) == FRAMES_BURST


async def test_kitchen_with_too_much_at_the_desk_waits_and_another_does_not() -> None:
    kitchens, one, two = Kitchens(calm=3), KitchenId("k-1"), KitchenId("k-2")
    kitchens.took(one, 5)
    waiting = [asyncio.ensure_future(kitchens.calm(one)) for _ in range(2)]
    await kitchens.calm(two)
    await asyncio.sleep(0)
    assert not any(each.done() for each in waiting)
    kitchens.took(one, -1)
    await asyncio.sleep(0)
    assert not any(each.done() for each in waiting)
    kitchens.took(one, -1)
    await asyncio.gather(*waiting)
    kitchens.took(one, -3)
    assert (kitchens._waiting, kitchens._room) == ({}, {})


def _port(shop: Shop) -> int:
    return int(shop.url.split(":")[2][:-1])


# ---- on a real socket ----------------------------------------------------------------------------


@asynccontextmanager
async def strangers(shop: Shop, count: int) -> AsyncIterator[list[bytes]]:
    """So many sockets from one address that ask for a WebSocket and say no hello; what each heard first."""
    lines, heard = [], []
    request = (
        "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
    ).encode()
    try:
        for _ in range(count):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", _port(shop), local_addr=(AWAY, 0)
            )
            lines.append(writer)
            with suppress(ConnectionError):
                writer.write(request)
                async with asyncio.timeout(WAIT_S):
                    heard.append(await reader.read(600))
        yield heard
    finally:
        for writer in lines:
            writer.transport.abort()


@linux
async def test_one_address_cannot_fill_the_hall() -> None:
    async with open_shop() as shop:
        shop.services.guests._per_address = 3
        async with strangers(shop, 8) as heard:
            words = [each.split(b" ")[1] if each else b"cut" for each in heard]
            assert words[:3] == [b"101"] * 3
            assert words[3] == b"503"
            assert set(words[3:]) == {b"503", b"cut"}, "far too many are not even answered"
            assert all(b"Retry-After: " in each for each in heard if b"503" in each)
            kiosk = await shop.kiosk().connect()
            assert kiosk.welcome is not None
        await until(lambda: len(shop.services.guests) == 0)


@linux
async def test_kiosks_behind_one_address_are_guests_only_until_they_are_known() -> None:
    async with open_shop() as shop:
        shop.services.guests._per_address = 1
        for number in range(5):
            kiosk = shop.kiosk(f"k-{number}")
            kiosk.dialling = {"local_addr": (AWAY, 0)}
            await kiosk.connect()
            assert kiosk.welcome is not None
        assert (len(shop.services.devices), len(shop.services.guests)) == (5, 0)


async def test_device_that_floods_does_not_begin_anew_with_a_new_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_shop() as shop:
        heard: list[DeviceId] = []
        monkeypatch.setattr(shop.services.presence, "heard", lambda device, _: heard.append(device))
        kiosk = shop.kiosk()
        ended_s = 0.0
        for connections in (1, 2):
            heard.clear()
            await kiosk.connect()
            assert kiosk.welcome is not None
            while kiosk.ended is None:
                with suppress(ConnectionClosed):
                    await kiosk.send(encode(Got(0, 1)))
                    await asyncio.sleep(0)
            assert kiosk.end.code is GoodbyeCode.TOO_FAST
            if connections == 1:
                assert len(heard) > FRAMES_BURST / 2
                ended_s = time.monotonic()
            await until(lambda: not shop.services.devices)
        rested_s = time.monotonic() - ended_s
        assert len(heard) <= FRAMES_PER_S * rested_s + 1


async def test_flood_of_one_kitchen_leaves_the_taps_of_another_alone() -> None:
    async with open_shop() as shop:
        shop.services.waiting_of._calm = 0
        shop.services.waiting_of.took(KITCHEN, 1)
        flooded = await shop.kiosk("k-1").connect()
        other = await shop.kiosk("k-2", OTHER_KITCHEN).connect()
        flooded.keep(command("no_such_kind", "b1", {}))
        await flooded.push()
        assert (await other.tap(command("no_such_kind", "b1", {})))[0].outcome is Outcome.REFUSED
        assert not flooded.results
        shop.services.waiting_of.took(KITCHEN, -1)
        await until(lambda: len(flooded.results) == 1)


# ---- TLS and plain requests ----------------------------------------------------------------------


def _tls(folder: Path) -> ssl.SSLContext:
    now = dt.datetime.now(dt.UTC)
    shown = authority.issue(authority.new_authority(now), ("127.0.0.1",), now)
    (folder / "server.pem").write_bytes(shown.certificate + shown.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


async def test_socket_that_never_ends_its_tls_handshake_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.gateway.listener.OPEN_S", 0.3)
    async with open_shop(tls=_tls(tmp_path)) as shop:
        reader, writer = await asyncio.open_connection("127.0.0.1", _port(shop))
        writer.write(bytes.fromhex("16030100f8010000f40303"))
        async with asyncio.timeout(WAIT_S):
            with suppress(ConnectionError):
                assert await reader.read() in (b"", b"\x15\x03\x01\x00\x02\x02\x50")
        writer.close()


_SHAKE = b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
_KEY = b"\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
ODD = {
    "health": (b"GET /healthz", b"200"),
    "nothing": (b"GET /nothing", b"404"),
    "browser": (b"GET /", b"426"),
    "script": (_SHAKE + _KEY + b"\r\nOrigin: https://rahasia.example", b"403"),
    "key": (_SHAKE + b"\r\nSec-WebSocket-Key: rahasia", b"400"),
}


@pytest.mark.parametrize("what", ODD)
async def test_answer_to_a_plain_request_guards_browsers_and_tells_no_version(what: str) -> None:
    asked, status = ODD[what]
    line = b"" if b" HTTP/1.1" in asked else b" HTTP/1.1"
    async with open_shop() as shop:
        reader, writer = await asyncio.open_connection("127.0.0.1", _port(shop))
        writer.write(asked + line + b"\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(WAIT_S):
            answer = await reader.read()
        writer.close()
    assert answer.split(b" ")[1] == status
    for header in (
        b"X-Content-Type-Options: nosniff",
        b"Content-Security-Policy: default-src 'none'",
        b"Referrer-Policy: no-referrer",
        b"Cache-Control: no-store",
    ):
        assert header in answer
    told = answer.lower()
    assert not any(word in told for word in (b"server:", b"python", b"websockets", b"rahasia"))
    assert b"strict-transport-security" not in told, "this socket is plain"


async def test_answer_over_tls_binds_browsers_to_it_and_tells_the_authority(tmp_path: Path) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    async with open_shop(tls=_tls(tmp_path)) as shop:
        shop.services.authorities = lambda: ("PEM 1\n", "PEM 2\n")
        reader, writer = await asyncio.open_connection("127.0.0.1", _port(shop), ssl=context)
        writer.write(b"GET /authority HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(WAIT_S):
            answer = await reader.read()
        writer.close()
    assert answer.split(b" ")[1] == b"200"
    assert answer.endswith(b"PEM 1\nPEM 2\n")
    assert b"Strict-Transport-Security: max-age=31536000" in answer
