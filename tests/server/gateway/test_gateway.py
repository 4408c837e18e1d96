"""The gateway over real sockets: strangers, floods, slow readers, cuts, tenants."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from contextlib import suppress
from functools import partial

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from dapur.envelope import GENESIS, Command
from dapur.ids import DeviceId, OutboxId
from dapur.kitchen import STATE_VERSION
from dapur.wire.codec import decode_server, encode, encode_claims
from dapur.wire.messages import (
    SUBPROTOCOL,
    Challenge,
    Claims,
    Enrol,
    Enrolled,
    Goodbye,
    GoodbyeCode,
    Got,
    Hello,
    Limits,
    Mode,
    Outcome,
    Page,
    Pull,
    Reply,
    Top,
    Welcome,
    enrol_text,
    hello_text,
    top_text,
)
from server.desk.ports import Sign, Unavailable
from server.gateway import connection as connection_module
from server.gateway.drain import drain
from server.gateway.line import QUEUE_BYTES
from server.gateway.listener import RETRIES_S
from tests.support.fake_log import FakeLog
from tests.support.gateway import KITCHEN, OTHER_KITCHEN, Kiosk, Shop, command, open_shop, until

WAIT_S = 10.0


def tap() -> Command:
    return command("no_such_kind", "b1", {})


class Raw:
    """A socket that says whatever it likes."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    async def __aenter__(self) -> Raw:
        self.socket = await connect(
            self.shop.url, subprotocols=[Subprotocol(SUBPROTOCOL)], proxy=None, ping_interval=None
        )
        challenge = await self.next()
        assert isinstance(challenge, Challenge)
        self.nonce = challenge.nonce
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.socket.close_code is None:
            self.socket.transport.abort()

    async def next(self) -> object:
        async with asyncio.timeout(WAIT_S):
            return decode_server(await self.socket.recv())

    async def end(self) -> tuple[GoodbyeCode | None, int | None]:
        """Read to the end: the goodbye's code and the close code."""
        code = None
        try:
            while True:
                frame = await self.next()
                if isinstance(frame, Goodbye):
                    code = frame.code
        except ConnectionClosed:
            return code, self.socket.close_code

    async def hello(self, device: str, key: Ed25519PrivateKey, **changes: object) -> None:
        text = encode_claims(
            msgspec.structs.replace(
                Claims(
                    DeviceId(device),
                    OutboxId("o"),
                    0,
                    GENESIS,
                    "",
                    0,
                    GENESIS,
                    "t",
                    (STATE_VERSION,),
                    1,
                ),
                **changes,
            )
        )
        await self.socket.send(encode(Hello(text, key.sign(hello_text(self.nonce, text)))))


# ---- health -------------------------------------------------------------------------------------


async def http(shop: Shop, request: bytes) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(shop.url.split(":")[2][:-1]))
    writer.write(request)
    async with asyncio.timeout(WAIT_S):
        answer = await reader.read()
    writer.close()
    return int(answer.split(b" ")[1]), answer


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()


async def test_listener_tells_health_readiness_and_figures() -> None:
    async with open_shop(with_metrics=True) as shop:
        kiosk = await shop.kiosk().connect()
        await kiosk.tap(tap())
        assert (await http(shop, get("/healthz")))[0] == 200
        assert (await http(shop, get("/readyz")))[0] == 200
        assert (await http(shop, get("/nowhere")))[0] == 404
        status, text = await http(shop, get("/metrics"))
        assert status == 200
        assert b'dapur_commands_total{outcome="refused"} 1.0' in text
        assert b"dapur_connections 1.0" in text
        assert b"dapur_reviews_opened_total 1.0" in text
        assert b"Server:" not in text
        shop.listener.ready = False
        assert (await http(shop, get("/readyz")))[0] == 503
        assert (await http(shop, get("/healthz")))[0] == 200


async def test_listener_keeps_its_figures_to_itself_unless_told_otherwise() -> None:
    async with open_shop() as shop:
        assert (await http(shop, get("/metrics")))[0] == 404
        assert (await http(shop, get("/healthz")))[0] == 200


async def test_listener_wants_the_subprotocol_and_no_origin() -> None:
    async with open_shop() as shop:
        with pytest.raises(InvalidStatus) as caught:
            await connect(shop.url, proxy=None)
        assert caught.value.response.status_code == 400
        with pytest.raises(InvalidStatus) as caught:
            await connect(
                shop.url,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                origin=Origin("https://evil.example"),
                proxy=None,
            )
        assert caught.value.response.status_code == 403


# ---- strangers ----------------------------------------------------------------------------------


@pytest.mark.expected_log("no such device or wrong signature")
async def test_stranger_with_a_foreign_key_or_an_unknown_name_is_turned_away_alike() -> None:
    async with open_shop() as shop:
        key = Ed25519PrivateKey.generate()
        shop.identity.add("k-1", KITCHEN, key)
        ends = []
        for device, used in (("k-1", Ed25519PrivateKey.generate()), ("k-7", key), ("server", key)):
            async with Raw(shop) as raw:
                await raw.hello(device, used)
                ends.append(await raw.end())
        assert ends == [(GoodbyeCode.UNKNOWN_DEVICE, 4401)] * 3


@pytest.mark.expected_log("no such device or wrong signature")
async def test_recorded_hello_is_worth_nothing_on_another_connection() -> None:
    async with open_shop() as shop:
        key = Ed25519PrivateKey.generate()
        shop.identity.add("k-1", KITCHEN, key)
        async with Raw(shop) as first, Raw(shop) as second:
            await first.hello("k-1", key)
            assert isinstance(await first.next(), Welcome)
            second.nonce = first.nonce
            await second.hello("k-1", key)
            assert (await second.end())[0] is GoodbyeCode.UNKNOWN_DEVICE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[" * 60_000,
        '{"type":"hello"}',
        '{"type":"welcome"}',
        '{"type":"hello","claims":"{}","signature":""}',
        encode(Pull(0)),
        encode(Got(1, 1)),
        b"\x00\xff\xfe",
        '{"type":"got","seq":1e999,"sent_ms":1}',
    ],
)
async def test_stranger_that_says_nonsense_is_ended_with_4400(text: str | bytes) -> None:
    async with open_shop() as shop:
        async with Raw(shop) as raw:
            await raw.socket.send(text)
            assert await raw.end() == (GoodbyeCode.BAD_FRAME, 4400)
        await until(lambda: not shop.services.connections)


async def test_frame_of_ten_megabytes_is_refused_before_it_is_read() -> None:
    async with open_shop() as shop, Raw(shop) as raw:
        with suppress(ConnectionClosed):
            await raw.socket.send("x" * 10_000_000)
        await until(lambda: raw.socket.close_code == 1009)


async def test_stranger_enrols_with_a_code_once_and_can_come_back_as_a_kiosk() -> None:
    async with open_shop() as shop:
        shop.identity.codes["7F2K"] = KITCHEN
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes_raw()

        async def enrol(code: str, signed: str) -> tuple[object, tuple[object, object]]:
            async with Raw(shop) as raw:
                signature = key.sign(enrol_text(raw.nonce, signed, public))
                await raw.socket.send(encode(Enrol(code, public, signature)))
                return await raw.next(), await raw.end()

        wrong, _ = await enrol("7F2K", "other")
        assert isinstance(wrong, Goodbye)
        assert wrong.code is GoodbyeCode.BAD_CODE
        enrolled, end = await enrol("7F2K", "7F2K")
        assert isinstance(enrolled, Enrolled)
        assert enrolled.server_key == shop.services.public_key
        assert end[1] == 1012
        async with Raw(shop) as raw:
            await raw.hello(enrolled.device, key)
            welcome = await raw.next()
            assert isinstance(welcome, Welcome)
            assert welcome.kitchen == KITCHEN


@pytest.mark.expected_log("an enrolment failed")
async def test_guessing_codes_is_slowed_down_for_everybody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_shop() as shop:
        shop.services._enrolments = 2.0
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes_raw()
        codes = []
        for _ in range(3):
            async with Raw(shop) as raw:
                signature = key.sign(enrol_text(raw.nonce, "guess", public))
                await raw.socket.send(encode(Enrol("guess", public, signature)))
                codes.append((await raw.end())[0])
        assert codes == [GoodbyeCode.BAD_CODE, GoodbyeCode.BAD_CODE, GoodbyeCode.TOO_FAST]


async def test_full_hall_says_come_back_and_idle_strangers_make_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_shop(strangers_max=2) as shop, Raw(shop), Raw(shop):
        told_s = []
        for _ in range(2 * RETRIES_S):
            with pytest.raises(InvalidStatus) as caught:
                async with Raw(shop):
                    pass
            assert caught.value.response.status_code == 503
            told_s.append(int(caught.value.response.headers["Retry-After"]))
        # They come back spread, not all in one moment again.
        assert sorted(told_s) == sorted([*range(1, RETRIES_S + 1)] * 2)
        monkeypatch.setattr("server.gateway.listener.STRANGER_S", 0.0)
        kiosk = await shop.kiosk().connect()
        assert kiosk.welcome is not None


async def test_slow_loris_is_cut_and_does_not_hold_up_a_kiosk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("server.gateway.listener.OPEN_S", 0.3)
    async with open_shop() as shop:
        port = int(shop.url.split(":")[2][:-1])
        lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
        for _, writer in lines:
            writer.write(b"GET / HTTP/1.1\r\nHost")
        kiosk = await shop.kiosk().connect()
        assert (await kiosk.tap(tap()))[0].outcome is Outcome.REFUSED
        async with asyncio.timeout(WAIT_S):
            for reader, writer in lines:
                # The library answers or cuts; what counts is that the line ends.
                with suppress(ConnectionError):
                    await reader.read()
                writer.close()


# ---- kiosks -------------------------------------------------------------------------------------


async def test_kiosk_takes_a_snapshot_first_and_events_after_that() -> None:
    async with open_shop() as shop:
        for number in range(5):
            await shop.notice(f"before {number}")
        kiosk = await shop.kiosk().connect()
        assert kiosk.greeting.mode is Mode.SNAPSHOT
        await kiosk.reached(5)
        assert (kiosk.snapshots, kiosk.bodies) == (1, {})
        await shop.notice("after")
        await kiosk.reached(6)
        assert list(kiosk.bodies) == [6]
        assert kiosk.state == shop.state()


async def test_kiosk_pulls_many_pages_after_a_night_offline() -> None:
    async with open_shop() as shop:
        kiosk = await shop.kiosk().connect()
        # Else the first event may already be in the snapshot.
        await kiosk.until(lambda: kiosk.snapshots == 1)
        await shop.notice("first")
        await kiosk.reached(1)
        await kiosk.hang_up()
        for number in range(60):
            await shop.notice(f"{number} " + "y" * 400)
        for _ in range(10):
            kiosk.keep(tap())
        await kiosk.connect()
        assert kiosk.greeting.mode is Mode.EVENTS
        await kiosk.until(lambda: len(kiosk.results) == 10)
        await kiosk.reached(71)
        assert kiosk.snapshots == 1
        assert sorted(kiosk.bodies) == list(range(1, 72))
        assert kiosk.state == shop.state()


async def test_kiosk_hears_the_stored_result_when_the_answer_was_lost() -> None:
    async with open_shop() as shop:
        kiosk = await shop.kiosk().connect()
        [first] = await kiosk.tap(tap())
        await kiosk.hang_up()
        kiosk.results.clear()
        await kiosk.connect()
        await kiosk.until(lambda: 1 in kiosk.results)
        assert kiosk.results[1] == first
        assert shop.head().seq == 1


async def test_kiosk_is_welcomed_after_the_floor_passed_it_with_a_snapshot() -> None:
    log = FakeLog()
    async with open_shop(log) as shop:
        kiosk = await shop.kiosk().connect()
        await shop.notice("first")
        await kiosk.reached(1)
        await kiosk.hang_up()
        await shop.notice("second")
        await shop.notice("third")
        stored = log._kitchens[KITCHEN]
        stored.head = msgspec.structs.replace(stored.head, floor=2)
        stored.entries[:] = stored.entries[2:]
        await kiosk.connect()
        await kiosk.reached(3)
        assert kiosk.snapshots == 2


@pytest.mark.expected_log("fork of device")
async def test_copied_disk_is_told_fork() -> None:
    async with open_shop() as shop:
        kiosk = await shop.kiosk().connect()
        await kiosk.tap(tap())
        copy_of_rows = list(kiosk.outbox_rows)
        await kiosk.tap(tap())
        await kiosk.hang_up()
        kiosk.outbox_rows[:] = copy_of_rows
        kiosk.results.clear()
        kiosk.keep(tap(), tap())
        await kiosk.connect()
        await kiosk.until(lambda: kiosk.forked is not None or kiosk.ended is not None)
        assert kiosk.forked is not None or kiosk.end.code is GoodbyeCode.FORK
        assert shop.head().seq == 2


async def test_newer_connection_of_a_device_replaces_the_older() -> None:
    async with open_shop() as shop:
        kiosk = await shop.kiosk().connect()
        twin = shop.twin(kiosk)
        await twin.connect()
        await kiosk.until(lambda: kiosk.ended is not None)
        assert kiosk.end.code is GoodbyeCode.REPLACED
        assert twin.ended is None
        await until(lambda: len(shop.services.connections) == 1)


@pytest.mark.expected_log("cloned key")
async def test_three_replacements_in_a_minute_raise_an_alarm() -> None:
    async with open_shop() as shop:
        kiosk = shop.kiosk()
        for _ in range(4):
            await shop.twin(kiosk).connect()
        assert shop.services.metrics.cloned._value.get() == 1


async def test_revoked_device_is_closed_within_seconds_and_not_let_in_again() -> None:
    async with open_shop() as shop:
        kiosk = await shop.kiosk().connect()
        other = await shop.kiosk("k-2").connect()
        shop.identity.revoke(kiosk.device)
        async with asyncio.timeout(5):
            await kiosk.until(lambda: kiosk.ended is not None)
        assert kiosk.end.code is GoodbyeCode.REVOKED
        assert other.ended is None
        await kiosk.connect()
        assert kiosk.end.code is GoodbyeCode.REVOKED


async def test_no_byte_of_a_kitchen_reaches_a_kiosk_of_another() -> None:
    async with open_shop() as shop:
        ours = await shop.kiosk("k-1").connect()
        theirs = await shop.kiosk("k-2", OTHER_KITCHEN).connect()
        await ours.tap(command("secret_of_ours", "b1", {}))
        await theirs.tap(command("their_own", "b1", {}))
        # Same outbox name, same command ids: nothing of ours may answer for them.
        thief = shop.kiosk("k-3", OTHER_KITCHEN)
        thief.outbox = ours.outbox
        await thief.connect()
        assert (thief.greeting.kitchen, thief.greeting.acked) == (OTHER_KITCHEN, 0)
        await thief.tap(*[row.bytes for row in ours.outbox_rows])
        await theirs.reached(2)
        assert all("secret_of_ours" not in body for body in ours.bodies.values()) is False
        assert "secret_of_ours" not in theirs.bodies[1]
        assert shop.head().seq == 1
        assert shop.head(OTHER_KITCHEN).seq == 2


async def test_top_is_signed_by_the_server_and_echoes_the_kiosks_clock() -> None:
    async with open_shop() as shop, Raw(shop) as raw:
        key = Ed25519PrivateKey.generate()
        shop.identity.add("k-1", KITCHEN, key)
        await shop.notice("one")
        await raw.hello("k-1", key)
        assert isinstance(await raw.next(), Welcome)
        await raw.socket.send(encode(Got(0, 4711)))
        top = await raw.next()
        assert isinstance(top, Top)
        assert (top.head, top.echo_ms) == (1, 4711)
        text = top_text(KITCHEN, "e-1", 1, shop.head().hash)
        Ed25519PublicKey.from_public_bytes(shop.services.public_key).verify(top.signature, text)
        assert shop.services.presence._heard == {"k-1": Sign(0, "t")}


async def test_idle_kiosk_hears_where_the_log_stands() -> None:
    async with open_shop(limits=Limits(top_every_s=1)) as shop, Raw(shop) as raw:
        key = Ed25519PrivateKey.generate()
        shop.identity.add("k-1", KITCHEN, key)
        await raw.hello("k-1", key)
        assert isinstance(await raw.next(), Welcome)
        assert isinstance(await raw.next(), Top)


# ---- queries ------------------------------------------------------------------------------------


class Echo(msgspec.Struct):
    text: str


@pytest.mark.expected_log("query 'crash' failed")
async def test_kiosk_gets_a_value_or_an_error_code_for_each_query() -> None:
    async with open_shop() as shop:
        kiosk = await shop.kiosk().connect()
        assert bytes((await kiosk.ask("echo", Echo("é"))).value) == '{"text":"é"}'.encode()
        assert (await kiosk.ask("nonsense", Echo(""))).error == "unknown_query"
        assert (await kiosk.ask("crash", Echo(""))).error == "fault"
        assert (await kiosk.tap(tap()))[0].outcome is Outcome.REFUSED


async def test_slow_query_holds_up_no_tap_and_a_fifth_is_busy() -> None:
    async with open_shop() as shop:
        kiosk = await shop.kiosk().connect()
        questions = [asyncio.create_task(kiosk.ask("slow", Echo(str(n)))) for n in range(5)]
        await asyncio.sleep(0)
        await kiosk.tap(tap())
        assert sum(question.done() for question in questions) <= 1
        replies: list[Reply] = await asyncio.gather(*questions)
        assert [reply.error for reply in replies].count("busy") == 1


# ---- trouble below ------------------------------------------------------------------------------


@pytest.mark.expected_log("is not available", "cannot be read", "cannot be served")
async def test_kiosk_keeps_its_taps_and_is_told_to_come_back_when_the_database_is_away() -> None:
    log = FakeLog()
    async with open_shop(log) as shop:

        def away() -> None:
            raise Unavailable("disk full")

        kiosk = await shop.kiosk().connect()
        log.before_commit = away
        kiosk.keep(tap())
        await kiosk.push()
        await kiosk.until(lambda: kiosk.ended is not None)
        assert kiosk.end.code is GoodbyeCode.UNAVAILABLE
        assert kiosk.end.retry_after_s >= 2
        assert kiosk.results == {}
        log.before_commit = lambda: None
        await kiosk.connect()
        await kiosk.until(lambda: 1 in kiosk.results)


async def test_event_of_another_process_reaches_kiosks_by_the_poll_when_no_hint_comes() -> None:
    log = FakeLog()
    async with open_shop(log) as shop, open_shop(log, identity=shop.identity) as other:
        kiosk = await shop.kiosk().connect()
        await other.notice("from the other process")
        async with asyncio.timeout(4):
            await kiosk.reached(1)
        # Its own taps go on from there.
        assert (await kiosk.tap(tap()))[0].seq == 2


async def test_lying_hints_change_nothing() -> None:
    async with open_shop() as shop:
        kiosk = await shop.kiosk().connect()
        for seq in (10**12, -1, 0):
            shop.services.fanout.heard(KITCHEN, seq)
        await shop.notice("real")
        await kiosk.reached(1)
        shop.services.fanout.heard(KITCHEN, 10**12)
        await shop.notice("real too")
        await kiosk.reached(2)
        assert sorted(kiosk.bodies) == [1, 2]


# ---- slow, frozen, hostile ----------------------------------------------------------------------


async def test_kiosk_that_does_not_read_costs_its_queue_and_nothing_else() -> None:
    async with open_shop() as shop:
        healthy = await shop.kiosk("k-1").connect()
        frozen = await shop.kiosk("k-2").connect()
        await frozen.until(lambda: frozen.position.epoch != "")
        frozen.transport.pause_reading()
        sock = frozen.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line = shop.services.devices[frozen.device].line
        line.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, 8192
        )
        held: list[int] = []
        for number in range(900):
            await shop.notice(f"{number} " + "z" * 480)
            held.append(line.queued_bytes + line.transport.get_write_buffer_size())
        await healthy.reached(900)
        assert shop.services.metrics.dropped._value.get() >= 1
        assert max(held) < QUEUE_BYTES + 128 * 1024
        # It wakes up, hears where the log stands and pulls what it missed.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        frozen.transport.resume_reading()
        await frozen.reached(900)
        assert sorted(frozen.bodies) == sorted(healthy.bodies)


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "with a full buffer"])
async def test_frozen_kiosk_is_cut_when_no_byte_moves(
    monkeypatch: pytest.MonkeyPatch, busy: bool
) -> None:
    for name, value in (("SUSPECT_S", 0.1), ("PING_S", 0.1), ("SILENT_S", 2.5)):
        monkeypatch.setattr(connection_module, name, value)
    async with open_shop() as shop:
        healthy = await shop.kiosk("k-1").connect()
        frozen = await shop.kiosk("k-2").connect()
        frozen.transport.pause_reading()
        if busy:
            for number in range(100):
                await shop.notice(f"{number} " + "z" * 480)
        await until(lambda: frozen.device not in shop.services.devices)
        # The healthy one is as silent but answers pings.
        assert healthy.ended is None
        assert healthy.device in shop.services.devices
        await frozen.hang_up()


async def test_frozen_kiosk_is_cut_while_its_system_still_takes_the_news_of_a_busy_kitchen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("SUSPECT_S", 0.1), ("PING_S", 0.1), ("SILENT_S", 2.5)):
        monkeypatch.setattr(connection_module, name, value)
    async with open_shop() as shop:
        frozen = await shop.kiosk().connect()
        sock = frozen.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        frozen.transport.pause_reading()
        line = shop.services.devices[frozen.device].line
        told = 0
        # The system's word for the last notice is always late, that for the one before is there.
        monkeypatch.setattr(line, "backlog_bytes", lambda: line.written_bytes - told)
        async with asyncio.timeout(WAIT_S):
            while frozen.device in shop.services.devices:
                told = line.written_bytes
                await shop.notice("busy")
                await asyncio.sleep(0.02)
        await frozen.hang_up()


async def test_kiosk_that_pulls_without_reading_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.gateway.line.QUEUE_FRAMES", 40)
    async with open_shop() as shop, Raw(shop) as raw:
        key = Ed25519PrivateKey.generate()
        shop.identity.add("k-1", KITCHEN, key)
        for number in range(200):
            await shop.notice(f"{number} " + "z" * 480)
        await raw.hello("k-1", key)
        assert isinstance(await raw.next(), Welcome)
        line = shop.services.devices[DeviceId("k-1")].line
        line.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, 4096
        )
        raw.socket.transport.pause_reading()
        await raw.socket.send(encode(Pull(0, part=1)))
        with suppress(ConnectionClosed):
            for _ in range(300):
                await raw.socket.send(encode(Pull(0)))
                await asyncio.sleep(0.002)
        await until(lambda: not shop.services.devices)


async def test_flood_of_frames_is_ended_with_4429_and_hurts_nobody_else() -> None:
    async with open_shop() as shop, Raw(shop) as raw:
        kiosk = await shop.kiosk("k-2").connect()
        key = Ed25519PrivateKey.generate()
        shop.identity.add("k-1", KITCHEN, key)
        await raw.hello("k-1", key)
        for _ in range(500):
            await raw.socket.send(encode(Got(0, 1)))
        code, number = await raw.end()
        assert (code, number) == (GoodbyeCode.TOO_FAST, 4429)
        assert (await kiosk.tap(tap()))[0].outcome is Outcome.REFUSED


async def test_flood_of_pings_by_a_socket_that_does_not_read_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("server.gateway.line.BUFFER_MAX_BYTES", 64 * 1024)
    async with open_shop() as shop, Raw(shop) as raw:
        raw.socket.transport.pause_reading()
        [connection] = shop.services.connections.values()
        connection.line.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, 4096
        )
        ping = b"\x89\xfd\x00\x00\x00\x00" + b"p" * 125
        async with asyncio.timeout(WAIT_S):
            while shop.services.connections:
                raw.socket.transport.write(ping * 1000)
                await asyncio.sleep(0)


# ---- drain --------------------------------------------------------------------------------------


def _closed(kiosk: Kiosk) -> bool:
    return kiosk.close_code is not None


async def test_drain_answers_what_it_has_says_goodbye_spread_out_and_closes_with_1012() -> None:
    log = FakeLog()
    async with open_shop(log) as shop:
        kiosks = [await shop.kiosk(f"k-{n}").connect() for n in range(4)]
        log.before_commit = lambda: time.sleep(0.05)
        for kiosk in kiosks:
            kiosk.keep(tap(), tap())
            await kiosk.push()
        await until(lambda: all(c.unanswered for c in shop.services.connections.values()))
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        await drain(shop.services, shop.listener, spread_s=0.4)
        assert 0.3 <= loop.time() - began_s < 3
        for kiosk in kiosks:
            await until(partial(_closed, kiosk))
            assert kiosk.close_code == 1012
            assert kiosk.end.code is GoodbyeCode.RESTART
            assert 0 < kiosk.end.retry_after_s <= 2
            assert sorted(kiosk.results) == [1, 2]


@pytest.mark.expected_log("1 connections did not close")
async def test_drain_gives_up_on_a_kiosk_that_does_not_close(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_shop() as shop:
        frozen = await shop.kiosk().connect()
        frozen.transport.pause_reading()
        async with asyncio.timeout(5):
            await drain(shop.services, shop.listener, spread_s=0.0, give_up_s=0.5)
        assert shop.services.connections == {}
        await frozen.hang_up()


def test_page_frames_are_json_that_a_third_party_can_read() -> None:
    page = Page(1, ('{"kind":"x"}',), GENESIS, 1, last=True)
    read = json.loads(encode(page))
    assert read["type"] == "page"
    assert json.loads(read["bodies"][0]) == {"kind": "x"}
