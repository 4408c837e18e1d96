"""A kiosk that knows only docs/protocol.md meets a real server: what the text promises, it gets."""

from __future__ import annotations

import ast
import asyncio
import hashlib
import json
import sys
import time
from base64 import b64decode
from pathlib import Path

import jsonschema
import pytest
from cryptography.exceptions import InvalidSignature

from tests.strangers.client import SCHEMA, QueryFailed, Stranger
from tests.strangers.floor import (
    KITCHEN,
    OTHER_KITCHEN,
    READING,
    Floor,
    events_of,
    hear,
    over_connections,
    say,
    submit,
)
from tests.strangers.log_copy import ZERO, ChainBroken, LogCopy
from tests.strangers.wire import Frame, b64


def test_strangers_program_imports_nothing_of_ours() -> None:
    known = {"tests.strangers.log_copy", "tests.strangers.outbox", "tests.strangers.wire"}
    for name in ("client", "log_copy", "outbox", "wire"):
        tree = ast.parse((Path(__file__).parent / f"{name}.py").read_text())
        nodes = list(ast.walk(tree))
        imported = {
            alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names
        }
        imported |= {node.module or "." for node in nodes if isinstance(node, ast.ImportFrom)}
        tops = {module.split(".")[0] for module in imported - known}
        others = tops - sys.stdlib_module_names
        assert others <= {"websockets", "cryptography", "typing_extensions"}, name


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


def fits(value: Frame, rule: Frame, schema: Frame) -> None:
    """Raise unless a value is as the schema's rule says."""
    jsonschema.Draft202012Validator({**rule, "$defs": schema["$defs"]}).validate(value)


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


async def test_stranger_reads_in_the_past_what_it_measured(floor: Floor) -> None:
    async with floor.connected() as stranger:
        cook = await floor.cook(stranger)
        result = await stranger.settle(cook.stores(cook.measures()))
        nights = await stranger.ask("nights", {})
        give_up_s = time.monotonic() + 30
        while nights["seq"] < result.seq and time.monotonic() < give_up_s:
            # The tables of the past follow the log.
            await asyncio.sleep(0.05)
            nights = await stranger.ask("nights", {})
        (night,) = nights["nights"]
        readings = await stranger.ask("night_readings", {"night": night})
        (event,) = (await stranger.ask("audit", {"wanted": {"subject": cook.batch}}))["rows"][:1]
        with pytest.raises(QueryFailed, match="bad_args"):
            await stranger.ask("night_readings", {"night": "tonight"})
    mine = [row for row in readings["rows"] if row["device"] == stranger.identity["device"]]
    assert [row["batch"] for row in mine][-1] == cook.batch
    assert (event["kind"], event["actor"]) == ("temperature_recorded", cook.staff)


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


# ---- 4. two kitchens


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


# ---- 5. snapshots


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
