"""A kiosk that knows only docs/protocol.md meets a real server: what the text promises, it gets."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import time
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.strangers.client import SCHEMA, QueryFailed, Stranger
from tests.strangers.log_copy import ZERO, ChainBroken, LogCopy
from tests.strangers.outbox import Outbox, Row
from tests.strangers.wire import Frame, Goodbye, b64, enrol_frame, goodbye, hello_frame, open_socket
from tests.support.server_process import PLAN, ServerProcess, server_cli

KITCHEN, OTHER_KITCHEN = "cendana-02", "melati-07"
PIN = "135790"
READING = {"value_c": 80.5, "point": "core", "source": "hand"}


@dataclass
class Floor:
    """A running server with two kitchens, and strangers of them."""

    server: ServerProcess
    folder: Path
    names: Iterator[int] = field(default_factory=count)
    batch: str = ""

    def code(self, kitchen: str = KITCHEN) -> str:
        """A fresh enrolment code."""
        return self.server.code(kitchen, f"stranger {next(self.names)}")

    async def stranger(self, kitchen: str = KITCHEN) -> Stranger:
        """One more device, enrolled."""
        stranger = Stranger(self.server.url, self.folder / f"device-{next(self.names)}")
        await stranger.enrol(self.code(kitchen))
        return stranger

    async def whole_log(self, kitchen: str = KITCHEN) -> LogCopy:
        """Every event of a kitchen from the first on, as one more device reads it."""
        reader = await self.stranger(kitchen)
        reader.copy.begin((await reader.connect())["epoch"])
        await reader.close()
        await reader.connect()  # It says now that it holds the log up to 0: no snapshot is due.
        await reader.catch_up()
        await reader.close()
        return reader.copy

    async def cook(self, stranger: Stranger, kitchen: str = KITCHEN) -> Cook:
        """Sign the first person with a PIN in on a device, for the first batch of the night."""
        if not self.batch:
            events = (await self.whole_log(kitchen)).events()
            self.batch = next(e["subject"] for e in events if e["kind"] == "batch_planned")
        people = (await stranger.ask("roster", {}))["people"]
        staff = next(person["id"] for person in people if person["has_pin"])
        return Cook(stranger, staff, await stranger.sign_in(staff, PIN), self.batch)

    @contextlib.asynccontextmanager
    async def connected(self, kitchen: str = KITCHEN) -> AsyncIterator[Stranger]:
        """One more device, up to date and listening."""
        stranger = await self.stranger(kitchen)
        await stranger.connect()
        await stranger.catch_up()
        try:
            yield stranger
        finally:
            await stranger.close()


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    folder = tmp_path_factory.mktemp("strangers")
    server = ServerProcess(folder / "server")
    server.prepare()
    _second_kitchen(server, folder)
    server.start()
    try:
        yield Floor(server, folder)
    finally:
        server.kill()


def _second_kitchen(server: ServerProcess, folder: Path) -> None:
    where = ("--data", str(server.data))
    server_cli("kitchen", "add", OTHER_KITCHEN, "--name", "SPPG Melati 07", *where)
    plan = json.loads(PLAN.read_text()) | {"kitchen": OTHER_KITCHEN, "name": "SPPG Melati 07"}
    (folder / "night.json").write_text(json.dumps(plan))
    (folder / "pins.json").write_text(PLAN.with_name("pins.json").read_text())
    words = ("plan", "import", str(folder / "night.json"), "--demo-pins", "--local-time", "00:20")
    server_cli(*words, *where)


@dataclass
class Cook:
    """A person signed in on a stranger's device, at a batch."""

    stranger: Stranger
    staff: str
    session: str
    batch: str

    def measures(self, **more: Any) -> Frame:
        """A temperature, as a command."""
        who = {"actor": self.staff, "session": self.session}
        return self.stranger.command("record_temperature", self.batch, READING, **who) | more

    def stores(self, command: Frame) -> int:
        """Put a command into the outbox."""
        return self.stranger.outbox.add(json.dumps(command).encode())

    def stored_temperature(self) -> int:
        """Put a temperature into the outbox; its `dseq`."""
        return self.stores(self.measures())


async def say(socket: ClientConnection, frame: Frame | str | bytes) -> None:
    """Send a frame, or what is none."""
    with contextlib.suppress(ConnectionClosed):
        await socket.send(json.dumps(frame) if isinstance(frame, dict) else frame)


async def hear(socket: ClientConnection, kind: str) -> Frame:
    """The next frame of this type."""
    async with asyncio.timeout(20):
        while True:
            frame: Frame = json.loads(await socket.recv())
            if frame["type"] == kind:
                return frame


async def end_of(socket: ClientConnection) -> tuple[str, int]:
    """The goodbye and the close code with which a connection ends."""
    try:
        end = await goodbye(socket, await hear(socket, "goodbye"))
    except ConnectionClosed:
        return "", socket.close_code or 0
    return end.code, end.close


def submit(*rows: Row) -> Frame:
    """A `submit` of these rows, right or wrong."""
    return {"type": "submit", "rows": [row.frame() for row in rows]}


def events_of(stranger: Stranger, command: str) -> list[str]:
    """Kinds of the events that a command has brought."""
    return [event["kind"] for event in stranger.copy.events() if event["command"] == command]


def fits(value: Frame, rule: Frame, schema: Frame) -> None:
    """Raise unless a value is as the schema's rule says."""
    jsonschema.Draft202012Validator({**rule, "$defs": schema["$defs"]}).validate(value)


async def over_connections(stranger: Stranger, done: Callable[[], bool]) -> None:
    """Wait for a stranger that serves, whatever becomes of one connection."""
    async with asyncio.timeout(20):
        while not done():
            await stranger.news()


# ---- 1. reading


async def test_stranger_reads_everything_when_it_has_enrolled(floor: Floor) -> None:
    async with floor.connected() as stranger:
        await stranger.got()
        await stranger.until(lambda: stranger.heard[-1]["type"] == "top")
    top = stranger.heard[-1]
    assert (top["head"], b64decode(top["hash"])) == (stranger.copy.seq, stranger.copy.hash)
    read = await floor.whole_log()
    assert (read.base, read.seq) == (0, top["head"])
    assert read.hash == b64decode(top["hash"])
    kinds = {event["kind"] for event in read.events()}
    assert {"staff_rostered", "night_opened", "batch_planned"} <= kinds


async def test_stranger_believes_no_head_when_its_signature_is_not_the_servers(
    floor: Floor,
) -> None:
    async with floor.connected() as stranger:
        await stranger.got()
        await stranger.until(lambda: stranger.heard[-1]["type"] == "top")
        stranger.check_top(stranger.heard[-1])
        with pytest.raises(InvalidSignature):
            stranger.check_top(stranger.heard[-1] | {"head": stranger.heard[-1]["head"] + 1})


async def test_stranger_takes_no_event_when_the_chain_is_broken(
    floor: Floor, tmp_path: Path
) -> None:
    body = (await floor.whole_log()).bodies[0]
    chain = hashlib.sha256(ZERO + body.encode()).digest()
    copy = LogCopy(tmp_path / "log.jsonl")
    copy.begin("an epoch")
    with pytest.raises(ChainBroken):
        copy.take(1, [body.replace("s-", "x-", 1)], chain)
    assert copy.take(1, [body], chain) == 1


async def test_strangers_every_frame_is_the_schemas(floor: Floor) -> None:
    schema = json.loads(SCHEMA.read_text())
    async with floor.connected() as stranger:
        cook = await floor.cook(stranger)
        await stranger.settle(cook.stored_temperature())
        await stranger.settle(cook.stores(cook.measures(args={"value_c": "hot"})))
        await stranger.got()
        await stranger.until(lambda: stranger.heard[-1]["type"] == "top")
    for frame in stranger.heard:
        fits(frame, schema["server_frames"][frame["type"]], schema)
    types = {frame["type"] for frame in stranger.heard}
    assert types == {"welcome", "snapshot", "page", "reply", "results", "live", "top"}
    for event in (await floor.whole_log()).events():
        fits(event, schema["event"], schema)
        fits(event["data"], schema["events"][event["kind"]], schema)


# ---- 2. writing


async def test_stranger_hears_its_own_temperature_live_when_it_is_logged(floor: Floor) -> None:
    async with floor.connected() as stranger:
        cook = await floor.cook(stranger)
        command = cook.measures()
        result = await stranger.settle(cook.stores(command))
        await stranger.until(lambda: stranger.copy.seq >= result.seq)
        live = [json.loads(b) for f in stranger.heard if f["type"] == "live" for b in f["bodies"]]
    (event,) = [event for event in live if event["command"] == command["id"]]
    assert result.outcome == "applied"
    assert (event["kind"], event["subject"]) == ("temperature_recorded", cook.batch)
    assert event["data"]["value_c"] == READING["value_c"]
    assert (event["actor"], event["session"]) == (cook.staff, cook.session)
    assert event["device"] == stranger.identity["device"]


async def test_stranger_is_told_pin_wrong_when_it_is(floor: Floor) -> None:
    async with floor.connected() as stranger:
        people = (await stranger.ask("roster", {}))["people"]
        with pytest.raises(QueryFailed, match="pin_wrong"):
            await stranger.sign_in(people[-1]["id"], "000000")
        with pytest.raises(QueryFailed, match="unknown_query"):
            await stranger.ask("dance", {})
        with pytest.raises(QueryFailed, match="bad_args"):
            await stranger.ask("sign_in", {"staff": people[-1]["id"], "pin": "12"})


# ---- 3. the cable


@pytest.mark.parametrize("arrived", [True, False])
async def test_stranger_gets_its_stored_answer_when_it_was_cut_before_the_result(
    floor: Floor, arrived: bool
) -> None:
    async with floor.connected() as witness, floor.connected() as stranger:
        cook = await floor.cook(stranger)
        await stranger.close()
        command = cook.measures()
        row = stranger.outbox.rows[cook.stores(command) - 1]
        socket, _ = await stranger.hello()
        await say(socket, submit(row))
        if arrived:
            await witness.until(lambda: bool(events_of(witness, command["id"])))
        socket.transport.abort()  # The result, if there is one, is never read.

        welcome = await stranger.connect()
        assert welcome["acked"] in ({row.dseq} if arrived else {row.dseq, row.dseq - 1})
        result = await stranger.settle(row.dseq)
        await witness.until(lambda: witness.copy.seq >= result.seq)
        again, _ = await stranger.hello()
        await say(again, submit(row))
        (stored,) = (await hear(again, "results"))["results"]
        await again.close()
        await witness.ask("roster", {})  # Whatever was to come live came before this answer.
    assert (result.outcome, events_of(witness, command["id"])) == (
        "applied",
        ["temperature_recorded"],
    )
    assert stored == {"dseq": row.dseq, "outcome": "applied", "seq": result.seq}


async def test_stranger_comes_back_by_itself_when_the_server_was_killed(floor: Floor) -> None:
    stranger = await floor.stranger()
    serving = asyncio.create_task(stranger.serve(first_wait_s=0.05))
    try:
        await over_connections(stranger, lambda: stranger.up_to_date)
        cook = await floor.cook(stranger)
        first = await stranger.settle(cook.stored_temperature())
        floor.server.kill()
        await over_connections(stranger, lambda: stranger.ended is not None)
        waiting = cook.stored_temperature()
        floor.server.start()
        await over_connections(stranger, lambda: waiting in stranger.outbox.results)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    again, _ = await stranger.hello()
    await say(again, submit(stranger.outbox.rows[first.dseq - 1]))
    (stored,) = (await hear(again, "results"))["results"]
    await again.close()
    assert stranger.outbox.results[waiting].outcome == "applied"
    assert stored == {"dseq": first.dseq, "outcome": "applied", "seq": first.seq}


async def test_strangers_receipts_outlive_its_own_program(floor: Floor) -> None:
    async with floor.connected() as stranger:
        cook = await floor.cook(stranger)
        result = await stranger.settle(cook.stored_temperature())
        waiting = cook.stored_temperature()
    with (stranger.home / "outbox.jsonl").open("ab") as file:
        file.write(b'{"dseq": 99, "ha')  # A power cut in the middle of a line.
    reborn = Stranger(stranger.url, stranger.home)
    assert reborn.outbox.results[result.dseq] == result
    await reborn.connect()
    try:
        assert reborn.welcome["mode"] == "events"
        await reborn.catch_up()
        assert (await reborn.settle(waiting)).outcome == "applied"
    finally:
        await reborn.close()


# ---- 4. what is no command


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


# ---- 5. forks


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
    with pytest.raises(Goodbye) as end:
        await stranger.connect()
    assert (end.value.code, end.value.close) == ("fork", 4410)

    serving = asyncio.create_task(stranger.serve(first_wait_s=0.05))
    try:
        await over_connections(stranger, lambda: stranger.up_to_date)
        result = await stranger.settle(cook.stored_temperature())
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    assert (result.dseq, result.outcome) == (1, "applied")
    assert len(list(stranger.home.glob("outbox.*.aside"))) == 1


# ---- 6. goodbyes

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
    stranger = Stranger(floor.server.url, floor.folder / f"device-{next(floor.names)}")
    stranger.identity = {"device": "nobody"}
    with pytest.raises(Goodbye) as end:
        await stranger.connect()
    assert (end.value.code, end.value.close) == ("unknown_device", 4401)


async def test_stranger_cannot_enrol_when_the_code_is_wrong_or_used(floor: Floor) -> None:
    code = floor.code()
    stranger = Stranger(floor.server.url, floor.folder / f"device-{next(floor.names)}")
    with pytest.raises(Goodbye) as end:
        await stranger.enrol("0000-0000-0000")
    assert (end.value.code, end.value.close, end.value.detail) == ("bad_code", 4402, "code_wrong")
    await stranger.enrol(code.lower().replace("-", " "))
    other = Stranger(floor.server.url, floor.folder / f"device-{next(floor.names)}")
    with pytest.raises(Goodbye) as end:
        await other.enrol(code)
    assert (end.value.code, end.value.detail) == ("bad_code", "code_used_up")


async def test_stranger_is_the_same_device_when_it_asks_again_with_its_code(floor: Floor) -> None:
    stranger = await floor.stranger()
    first = dict(stranger.identity)
    code = floor.code()
    await stranger.enrol(code)
    second = dict(stranger.identity)
    await stranger.enrol(code)  # As if the answer had been lost.
    assert stranger.identity == second
    assert first["device"] != second["device"]


async def test_stranger_cannot_enrol_when_it_does_not_hold_the_key(floor: Floor) -> None:
    code = floor.code()
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


# ---- 7. two kitchens


async def test_strangers_of_two_kitchens_never_hear_each_other(floor: Floor) -> None:
    async with floor.connected() as here, floor.connected(OTHER_KITCHEN) as there:
        cooks = [await floor.cook(here), await floor.cook(there)]
        assert cooks[0].staff == cooks[1].staff
        said = [cook.measures() for cook in cooks]
        for cook, command in zip(cooks, said, strict=True):
            assert (await cook.stranger.settle(cook.stores(command))).outcome == "applied"
        # A session of one kitchen is none in the other, nor is its device.
        stolen = cooks[1].measures(session=cooks[0].session)
        refused = await there.settle(cooks[1].stores(stolen))
        await there.until(lambda: there.copy.seq >= refused.seq)
        await here.until(lambda: bool(events_of(here, said[0]["id"])))
        devices = (await there.ask("devices", {}))["devices"]
    assert refused.code == "no_session"
    assert (here.welcome["kitchen"], there.welcome["kitchen"]) == (KITCHEN, OTHER_KITCHEN)
    assert here.welcome["epoch"] != there.welcome["epoch"]
    assert here.identity["device"] not in {device["device"] for device in devices}
    ours, theirs = await floor.whole_log(KITCHEN), await floor.whole_log(OTHER_KITCHEN)
    ids = [{event["command"] for event in log.events()} for log in (ours, theirs)]
    assert [said[0]["id"] in ids[0], said[1]["id"] in ids[0]] == [True, False]
    assert [said[0]["id"] in ids[1], said[1]["id"] in ids[1]] == [False, True]
    heard = {each["device"] for each in here.copy.events()}
    assert there.identity["device"] not in heard


# ---- 8. snapshots


async def test_stranger_takes_a_snapshot_in_parts_and_then_events(floor: Floor) -> None:
    async with floor.connected() as stranger:
        parts = [frame for frame in stranger.heard if frame["type"] == "snapshot"]
        text = "".join(part["text"] for part in parts)
        cook = await floor.cook(stranger)
        result = await stranger.settle(cook.stored_temperature())
        await stranger.until(lambda: stranger.copy.seq >= result.seq)
    assert [part["part"] for part in parts] == list(range(1, parts[0]["parts"] + 1))
    assert len(parts) > stranger.welcome["limits"]["window_pages"]
    assert hashlib.sha256(text.encode()).digest() == b64decode(parts[0]["checksum"])
    assert json.loads(text)["id"] == KITCHEN
    assert stranger.copy.text == text
    assert stranger.copy.base == parts[0]["seq"] < stranger.copy.seq
    whole = await floor.whole_log()
    assert whole.bodies[stranger.copy.base : stranger.copy.seq] == stranger.copy.bodies


async def test_stranger_is_sent_a_snapshot_when_its_copy_is_of_another_log(floor: Floor) -> None:
    async with floor.connected() as stranger:
        pass
    for claims in ({"epoch": "another"}, {"since_hash": b64(bytes(32))}, {"since": 10**9}):
        socket, welcome = await stranger.hello(**claims)
        assert welcome["mode"] == "snapshot"
        await socket.close()
    socket, welcome = await stranger.hello()
    assert welcome["mode"] == "events"
    await socket.close()
