"""A stranger that does what docs/protocol.md forbids is answered as the text says."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.strangers.floor import (
    READING,
    Floor,
    end_of,
    hear,
    over_connections,
    say,
    submit,
)
from tests.strangers.outbox import Outbox, Row
from tests.strangers.wire import Frame, Goodbye, b64, enrol_frame, goodbye, hello_frame, open_socket
from tests.support.server_process import server_cli

# ---- 1. what is no command


async def test_strangers_outbox_goes_on_when_rows_are_refused(floor: Floor) -> None:
    async with floor.connected() as stranger:
        cook = await floor.cook(stranger)
        good = cook.measures()
        rows: list[tuple[Frame | bytes, tuple[str, str]]] = [
            (good, ("applied", "")),
            (b"\x00\xff no json", ("malformed", "malformed")),
            (b"", ("malformed", "malformed")),
            (b"[]", ("malformed", "malformed")),
            (cook.measures() | {"more": 1}, ("malformed", "malformed")),
            (json.dumps(cook.measures()).encode().ljust(8193), ("malformed", "malformed")),
            (cook.measures(kind="dance"), ("refused", "unknown_kind")),
            (cook.measures(args={"value_c": "hot"}), ("refused", "bad_args")),
            (cook.measures(args={**READING, "more": 1}), ("refused", "bad_args")),
            (cook.measures(session="never-opened"), ("refused", "no_session")),
            (cook.measures(kind="post_notice", args={"text": "x"}), ("refused", "not_allowed")),
            (good, ("already", "")),
            (cook.measures(), ("applied", "")),
        ]
        first = stranger.outbox.dseq + 1
        for row, _ in rows:
            stranger.outbox.add(row if isinstance(row, bytes) else json.dumps(row).encode())
        last = await stranger.settle(stranger.outbox.dseq)
        await stranger.until(lambda: stranger.copy.seq >= last.seq)
    results = [stranger.outbox.results[first + n] for n in range(len(rows))]
    assert [(each.outcome, each.code) for each in results] == [outcome for _, outcome in rows]
    malformed = [e for e in stranger.copy.events() if e["kind"] == "command_malformed"]
    ours = [e["data"] for e in malformed if e["data"]["outbox"] == stranger.outbox.id]
    assert [data["dseq"] for data in ours] == [first + n for n in range(1, 6)]


async def test_stranger_is_told_where_to_go_on_when_a_row_is_missing(floor: Floor) -> None:
    async with floor.connected() as stranger:
        cook = await floor.cook(stranger)
    for _ in range(3):
        cook.stored_temperature()
    one, two, three = stranger.outbox.rows[-3:]
    socket, welcome = await stranger.hello()
    assert welcome["acked"] == one.dseq - 1
    answers = []
    for frame in (submit(two), submit(three, one), submit(one, three), submit(two, three)):
        await say(socket, frame)
        answers.append(await hear(socket, "results"))
        if frame == submit(one, three):
            answers.append(await hear(socket, "results"))
    await socket.close()
    told = [([r["dseq"] for r in answer["results"]], answer["acked"]) for answer in answers]
    before = one.dseq - 1
    assert told == [
        ([], before),
        ([], before),
        ([], before),
        ([one.dseq], one.dseq),
        ([two.dseq, three.dseq], three.dseq),
    ]


# ---- 2. forks


def _changed(rows: list[Row], raw: bytes) -> Frame:
    """An old dseq with other bytes, chained as it should be."""
    return submit(Row(rows[1].dseq, hashlib.sha256(rows[0].hash + raw).digest(), raw))


def _unchained(rows: list[Row], raw: bytes) -> Frame:
    """A new row that does not follow from the last one."""
    return submit(Row(rows[-1].dseq + 1, bytes(32), raw))


@pytest.mark.parametrize("forge", [_changed, _unchained])
async def test_stranger_is_sent_away_when_its_outbox_forks(
    floor: Floor, forge: Callable[[list[Row], bytes], Frame]
) -> None:
    async with floor.connected() as stranger:
        cook = await floor.cook(stranger)
        await stranger.settle(cook.stored_temperature())
        command = cook.measures()
    socket, _ = await stranger.hello()
    await say(socket, forge(stranger.outbox.rows, json.dumps(command).encode()))
    assert await end_of(socket) == ("fork", 4410)
    whole = await floor.whole_log()
    assert command["id"] not in {event["command"] for event in whole.events()}


@pytest.mark.parametrize("kept", [0, 1])
async def test_stranger_puts_its_outbox_aside_when_the_disk_is_an_old_image(
    floor: Floor, kept: int
) -> None:
    async with floor.connected() as stranger:
        cook = await floor.cook(stranger)
        await stranger.settle(cook.stored_temperature())
    path = stranger.outbox.path
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[: kept + 1]))
    stranger.outbox = Outbox(path)
    assert stranger.outbox.dseq == kept
    cook.stored_temperature()
    lost = stranger.outbox.id
    with pytest.raises(Goodbye) as end:
        await stranger.connect()
    assert (end.value.code, end.value.close) == ("fork", 4410)

    serving = asyncio.create_task(stranger.serve(first_wait_s=0.05))
    try:
        await over_connections(stranger, lambda: stranger.up_to_date)
        last = cook.stored_temperature()
        result = await stranger.settle(last)
        await stranger.until(lambda: stranger.copy.seq >= result.seq)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    outcomes = {dseq: each.outcome for dseq, each in stranger.outbox.results.items()}
    assert set(outcomes.values()) == {"applied"}
    salvaged = [e["data"] for e in stranger.copy.events() if e["kind"] == "tap_salvaged"]
    ours = [(each["kind"], each["about"]) for each in salvaged if each["outbox"] == lost]
    assert ours[-1] == ("record_temperature", cook.batch)
    assert len(ours) == kept + 1
    assert len(list(stranger.home.glob("outbox.*.aside"))) == 1


# ---- 3. goodbyes

_NOTHING_SAID = [
    "hello",
    "[1]",
    "{}",
    '{"type":"dance"}',
    '{"type":"pull","since":0}',
    '{"type":"hello","claims":"no json","signature":"AAAA"}',
    '{"type":"enrol","code":"7F2K-9QXM-41TD"}',
]


@pytest.mark.parametrize("text", _NOTHING_SAID)
async def test_stranger_is_sent_away_when_its_first_frame_is_no_hello(
    floor: Floor, text: str
) -> None:
    socket, _ = await open_socket(floor.server.url)
    await say(socket, text)
    assert await end_of(socket) == ("bad_frame", 4400)


async def test_stranger_is_unknown_when_another_key_signs(floor: Floor) -> None:
    stranger = await floor.stranger()
    socket, nonce = await open_socket(stranger.url)
    await say(socket, hello_frame(Ed25519PrivateKey.generate(), nonce, stranger.claims()))
    assert await end_of(socket) == ("unknown_device", 4401)


async def test_stranger_is_unknown_when_it_signed_another_nonce(floor: Floor) -> None:
    stranger = await floor.stranger()
    socket, nonce = await open_socket(stranger.url)
    await say(socket, hello_frame(stranger.key, bytes(len(nonce)), stranger.claims()))
    assert await end_of(socket) == ("unknown_device", 4401)


async def test_stranger_is_unknown_when_it_never_enrolled(floor: Floor) -> None:
    stranger = floor.device()
    stranger.identity = {"device": "nobody"}
    with pytest.raises(Goodbye) as end:
        await stranger.connect()
    assert (end.value.code, end.value.close) == ("unknown_device", 4401)


async def test_stranger_cannot_enrol_when_the_code_is_wrong_or_used(floor: Floor) -> None:
    code = await floor.code()
    stranger = floor.device()
    with pytest.raises(Goodbye) as end:
        await stranger.enrol("0000-0000-0000")
    assert (end.value.code, end.value.close, end.value.detail) == ("bad_code", 4402, "code_wrong")
    await stranger.enrol(code.lower().replace("-", " "))
    other = floor.device()
    with pytest.raises(Goodbye) as end:
        await other.enrol(code)
    assert (end.value.code, end.value.detail) == ("bad_code", "code_used_up")


async def test_stranger_is_the_same_device_when_it_asks_again_with_its_code(floor: Floor) -> None:
    stranger = await floor.stranger()
    first = dict(stranger.identity)
    code = await floor.code()
    await stranger.enrol(code)
    second = dict(stranger.identity)
    await stranger.enrol(code)  # As if the answer had been lost.
    assert stranger.identity == second
    assert first["device"] != second["device"]


async def test_stranger_cannot_enrol_when_it_does_not_hold_the_key(floor: Floor) -> None:
    code = await floor.code()
    socket, nonce = await open_socket(floor.server.url)
    frame = enrol_frame(Ed25519PrivateKey.generate(), nonce, code)
    await say(socket, frame | {"public_key": b64(bytes(31) + b"\x01")})
    assert await end_of(socket) == ("bad_code", 4402)


async def test_stranger_must_update_when_it_reads_another_state(floor: Floor) -> None:
    stranger = await floor.stranger()
    socket, answer = await stranger.hello(states=[999])
    end = await goodbye(socket, answer)
    assert (end.code, end.close) == ("upgrade", 4426)


async def test_stranger_is_replaced_when_it_connects_twice(floor: Floor) -> None:
    stranger = await floor.stranger()
    first, _ = await stranger.hello()
    second, _ = await stranger.hello()
    assert await end_of(first) == ("replaced", 4409)
    await second.close()


async def test_stranger_is_shut_out_when_it_is_revoked(floor: Floor) -> None:
    stranger = await floor.stranger()
    socket, _ = await stranger.hello()
    server_cli("device", "revoke", stranger.identity["device"], "--data", str(floor.server.data))
    assert await end_of(socket) == ("revoked", 4403)
    with pytest.raises(Goodbye) as end:
        await stranger.connect()
    assert (end.value.code, end.value.close) == ("revoked", 4403)


async def test_stranger_is_told_to_come_back_when_the_server_stops(floor: Floor) -> None:
    stranger = await floor.stranger()
    socket, _ = await stranger.hello()
    stopping = asyncio.create_task(asyncio.to_thread(floor.server.stop))
    try:
        end = await goodbye(socket, await hear(socket, "goodbye"))
        await stopping
    finally:
        floor.server.start()
    assert (end.code, end.close) == ("restart", 1012)
    assert end.retry_after_s > 0
    socket, answer = await stranger.hello()
    assert answer["type"] == "welcome"
    await socket.close()


async def test_stranger_is_told_to_wait_when_it_is_too_fast(floor: Floor) -> None:
    stranger = await floor.stranger()
    socket, _ = await stranger.hello()
    for number in range(500):
        await say(socket, {"type": "query", "id": number, "name": "dance", "args": {}})
    assert await end_of(socket) == ("too_fast", 4429)


_GOT = '{"type":"got","seq":0,"sent_ms":5}'


@pytest.mark.parametrize("text", ["tea", "[]", '{"type":"dance"}', '{"type":"got","seq":-1}'])
async def test_stranger_is_sent_away_when_a_later_frame_is_none(floor: Floor, text: str) -> None:
    stranger = await floor.stranger()
    socket, _ = await stranger.hello()
    await say(socket, text)
    assert await end_of(socket) == ("bad_frame", 4400)


async def test_stranger_is_cut_when_a_frame_is_a_byte_too_big(floor: Floor) -> None:
    stranger = await floor.stranger()
    socket, welcome = await stranger.hello()
    limit = welcome["limits"]["frame_bytes"]
    await say(socket, _GOT.ljust(limit))
    assert (await hear(socket, "top"))["echo_ms"] == 5
    await say(socket, _GOT.ljust(limit + 1))
    assert await end_of(socket) == ("", 1009)


@pytest.mark.slow
async def test_stranger_meets_the_timings_of_the_text_when_it_is_silent(floor: Floor) -> None:
    mute, _ = await open_socket(floor.server.url)
    began = time.monotonic()
    stranger = await floor.stranger()
    idle, _ = await stranger.hello()
    welcomed = time.monotonic()
    await hear(idle, "top")
    assert 7.5 < time.monotonic() - welcomed < 13
    assert await end_of(mute) == ("too_slow", 4408)
    assert 14 < time.monotonic() - began < 18
    await idle.close()
