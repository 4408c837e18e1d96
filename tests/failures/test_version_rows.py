"""Rows 41 to 44: events and fields of the future, positions that the log does not have, snapshots cut or overtaken."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine

from dapur.envelope import SCHEMA, Event, Occurred, encode_event
from dapur.ids import CommandId, DeviceId, KitchenId, SessionId, StaffId
from server.desk.ports import Append
from server.log.care import LogCare
from server.log.engine import open_engine
from server.log.sql_log import SqlLog
from server.upkeep.snapshots import store
from tests.failures.cable import Cable
from tests.failures.checking import common_check
from tests.failures.frames import RawFrame
from tests.failures.kiosk_process import KioskProcess
from tests.failures.kitchen import KITCHEN, OTHER_KITCHEN, Place, open_place
from tests.failures.odd_server import FAULT
from tests.strangers.client import Stranger
from tests.support.groups import after
from tests.support.server_process import PROGRAM
from tests.support.waiting import until

FAR = SCHEMA + 7
ODD = "tests.failures.odd_server"


def future_events(batch: str, now_ms: int) -> list[Event]:
    """A kind that nobody knows, a known kind of a later schema, a known one with more in it."""
    at = Occurred(now_ms, now_ms)
    who = (
        CommandId("c-future"),
        StaffId("s-nur"),
        SessionId("s"),
        DeviceId("d-future"),
        at,
        now_ms,
    )
    more = {"value_c": 80.0, "invented_later": {"deep": [1, 2, 3]}}
    raw = [msgspec.Raw(msgspec.json.encode(data)) for data in ({"x": 1}, more, more)]
    return [
        Event("batch_levitated", "batch-of-the-future", raw[0], *who, FAR, FAR),
        Event("temperature_recorded", batch, raw[1], *who, FAR, SCHEMA),
        Event("temperature_recorded", "batch-of-tomorrow", raw[2], *who, FAR, FAR),
    ]


def changed_log(
    place: Place,
    change: Callable[[SqlLog, LogCare], None],
    environment: Mapping[str, str] | None = None,
) -> None:
    """Change the stored log as another release would have left it; no server runs meanwhile."""
    place.server.kill()
    engine = open_engine(place.database_url)
    try:
        change(SqlLog(engine), LogCare(engine))
    finally:
        engine.dispose()
    place.restart_server(environment)


def another_epoch(_log: SqlLog, care: LogCare) -> None:
    """What a restore does to a log, here with nothing lost."""
    care.rotate_epoch(KitchenId(KITCHEN), "e-after")


@pytest.mark.slow
@pytest.mark.timeout(90)
async def test_row_41_event_of_a_later_release_blocks_its_subject_and_nothing_else(
    tmp_path: Path,
) -> None:
    async with open_place(tmp_path) as place:
        kiosk = place.kiosks[0]
        found = await kiosk.batches()
        batch = found[min(found)]

        def add(log: SqlLog, _care: LogCare) -> None:
            name = KitchenId(KITCHEN)
            head = log.head(name)
            assert head is not None
            events = future_events(batch, time.time_ns() // 1_000_000)
            made = after(head, [encode_event(event) for event in events])
            log.append([Append(name, head.seq, made, (), ())])

        changed_log(place, add)
        await place.heal()
        await kiosk.online()
        await _reached(kiosk, _last(place))
        # It does not pretend to know the subject, but a reading of the world is never refused here.
        future = "batch-of-the-future"
        decision = await kiosk.tap("undo", future, actor="s-nur", tap="c-1")
        assert decision == decision | {"refused": "UpdateNeeded"}
        await kiosk.measure(future, "s-nur")
        other = found[max(found)]
        await kiosk.measure(other, "s-nur")
        for each in place.kiosks:
            await each.kill()
            await place.reopen(each)
        await place.heal()
        counted = await common_check(place)
        assert (counted.applied, counted.refused) == (1, 1)


async def _reached(kiosk: KioskProcess, seq: int) -> None:
    give_up_s = time.monotonic() + 20
    while (said := await kiosk.status())["seq"] < seq:
        assert time.monotonic() < give_up_s, said
        await kiosk.ask("nudge")
        await asyncio.sleep(0.05)


@pytest.mark.slow
@pytest.mark.timeout(90)
async def test_row_41_frames_with_fields_of_a_later_release_are_read(tmp_path: Path) -> None:
    seen: list[bytes] = []

    def invent(frame: RawFrame) -> Sequence[bytes]:
        if frame.opcode != 1 or not frame.payload.startswith(b"{"):
            return [frame.raw]
        fields = json.loads(frame.payload) | {"invented": {"later": [None, 1.5, "x"]}}
        payload = json.dumps(fields).encode()
        seen.append(payload)
        size = len(payload)
        head = bytes((0x81, size)) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")
        return [head + payload]

    async with open_place(tmp_path) as place:
        kiosk, other = place.kiosks
        cable = place.cable_of(kiosk)
        cable.down.edit = invent
        cable.cut()
        await until(lambda: cable.connections > 1)
        await kiosk.online()
        batch = await kiosk.any_batch()
        await kiosk.measure(batch, "s-nur")
        await other.measure(batch, "s-nur")
        await kiosk.sent()
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == 2
        assert len(seen) > 5


@pytest.mark.slow
@pytest.mark.timeout(90)
async def test_row_42_positions_that_the_log_does_not_have_lead_to_a_whole_state(
    tmp_path: Path,
) -> None:
    """Behind the archive, beyond the head, of another epoch; and kiosks after a change of the epoch."""
    async with open_place(tmp_path) as place:
        kiosk = place.kiosks[0]
        batch = await kiosk.any_batch()
        await kiosk.measure(batch, "s-nur")
        await kiosk.sent()
        stranger = Stranger(place.server.url, tmp_path / "stranger")
        await stranger.enrol(await asyncio.to_thread(place.server.code, OTHER_KITCHEN, "x"))
        await stranger.connect()
        await stranger.catch_up()
        await stranger.close()
        head = stranger.copy.seq
        for claims in ({"since": head + 1000}, {"epoch": "e-of-nowhere"}, {"since": head - 1}):
            socket, answer = await stranger.hello(**claims)
            assert (answer["type"], answer["mode"]) == ("welcome", "snapshot"), claims
            await socket.close()
        assert "beyond" in place.server.log()

        def compact(log: SqlLog, care: LogCare) -> None:
            name = KitchenId(OTHER_KITCHEN)
            care.raise_floor(name, store(log, name).seq)
            care.rotate_epoch(KitchenId(KITCHEN), "e-after")

        changed_log(place, compact)
        fresh = Stranger(place.server.url, tmp_path / "fresh")
        await fresh.enrol(await asyncio.to_thread(place.server.code, OTHER_KITCHEN, "y"))
        welcome = await fresh.connect()
        assert (welcome["mode"], welcome["floor"]) == ("snapshot", head)
        await fresh.catch_up()
        assert fresh.copy.seq == head
        await fresh.close()
        await place.heal()
        await kiosk.online()
        await kiosk.measure(batch, "s-nur")
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == 2


def cut_at_part(cable: Cable, part: int) -> list[int]:
    """Cut the line instead of carrying that part of a snapshot; the parts that were seen."""
    parts: list[int] = []

    def look(frame: RawFrame) -> Sequence[bytes]:
        if not frame.says("snapshot"):
            return [frame.raw]
        number = int(json.loads(frame.payload)["part"])
        parts.append(number)
        if number >= part:
            cable.cut()
            return []
        return [frame.raw]

    cable.down.edit = look
    return parts


@pytest.mark.slow
@pytest.mark.timeout(90)
@pytest.mark.parametrize("part", [1, 3])
async def test_row_43_old_state_stays_whole_when_a_snapshot_is_cut_at_part(
    tmp_path: Path, part: int
) -> None:
    async with open_place(tmp_path) as place:
        kiosk, other = place.kiosks
        batch = await kiosk.any_batch()
        await kiosk.measure(batch, "s-nur")
        await kiosk.sent()
        cable = place.cable_of(kiosk)
        cable.pull()
        await other.measure(batch, "s-nur")
        await other.sent()
        old = (await kiosk.ask("digest"))["base"]
        parts = cut_at_part(cable, part)
        changed_log(place, another_epoch)
        cable.plug()
        await _cut(kiosk, parts, part)
        assert (await kiosk.ask("digest"))["base"] == old, "half a state took the old one's place"
        await kiosk.kill()
        cable.pull()
        await place.reopen(kiosk)
        assert (await kiosk.ask("digest"))["base"] == old
        await place.heal()
        await kiosk.sign_in("s-nur")
        await kiosk.measure(batch, "s-nur")
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == 3


async def _cut(kiosk: KioskProcess, parts: list[int], part: int) -> None:
    give_up_s = time.monotonic() + 20
    while parts.count(part) < 2:
        assert time.monotonic() < give_up_s, f"no snapshot with a part {part}: {parts}"
        await kiosk.ask("nudge")
        await asyncio.sleep(0.05)


@pytest.mark.slow
@pytest.mark.timeout(90)
async def test_row_44_event_between_the_snapshots_reading_and_its_coming_is_not_missed(
    tmp_path: Path,
) -> None:
    odd = {PROGRAM: ODD, FAULT: "late_snapshot"}
    async with open_place(tmp_path, environment=odd) as place:
        kiosk, other = place.kiosks
        batch = await other.any_batch()
        seen: list[int] = []

        def look(frame: RawFrame) -> Sequence[bytes]:
            if frame.says("snapshot"):
                seen.append(int(json.loads(frame.payload)["seq"]))
            return [frame.raw]

        cable = place.cable_of(kiosk)
        cable.down.edit = look
        changed_log(place, another_epoch, odd)
        os.kill(place.server.pid, signal.SIGUSR1)
        await other.online()
        asked = asyncio.create_task(kiosk.online())
        give_up_s = time.monotonic() + 20
        while not seen:
            assert time.monotonic() < give_up_s, "no snapshot was sent"
            await other.measure(batch, "s-nur")
            await asyncio.sleep(0.1)
        await asked
        await place.heal()
        counted = await common_check(place)
        assert counted.confirmed > 3
        assert min(seen) < _last(place), "nothing happened meanwhile"


def _last(place: Place) -> int:
    engine: Engine = open_engine(place.database_url)
    try:
        head = SqlLog(engine).head(KitchenId(KITCHEN))
    finally:
        engine.dispose()
    assert head is not None
    return head.seq
