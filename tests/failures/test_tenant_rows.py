"""Row 53: a device, or a statement, of one kitchen that names another in every field; it gets nothing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from dapur.envelope import decode_event
from dapur.ids import KitchenId
from server.history.follower import NAME as HISTORY
from server.history.projector import VERSION
from server.log.engine import open_engine, reading
from server.log.scope import NOBODY, of_kitchens
from server.log.sql_log import SqlLog
from tests.failures.checking import common_check
from tests.failures.kitchen import KITCHEN, OTHER_KITCHEN, OTHER_STAFF, Place, open_place
from tests.failures.province import Province, open_province, tap
from tests.strangers.client import QueryFailed, Stranger
from tests.strangers.wire import b64
from tests.support.databases import positions_of
from tests.support.server_process import server_cli
from tests.support.waiting import until

PIN = "135790"
NO_HASH = b64(bytes(32))
READING = {"value_c": 80.5, "point": "core", "source": "hand"}


async def intruder_of(place: Place) -> tuple[Stranger, str]:
    """A lawful device of the other kitchen, and one of its people."""
    person = f"{OTHER_STAFF}nur"
    words = ("staff", "set-pin", person, "--kitchen", OTHER_KITCHEN, "--data", str(place.data))
    await asyncio.to_thread(server_cli, *words, stdin=f"{PIN}\n")
    intruder = Stranger(place.server.url, place.folder / "intruder")
    await intruder.enrol(await asyncio.to_thread(place.server.code, OTHER_KITCHEN, "intruder"))
    await intruder.connect()
    await intruder.catch_up()
    return intruder, person


def bodies(place: Place, kitchen: str) -> list[bytes]:
    """The whole log of a kitchen."""
    engine = open_engine(place.database_url)
    try:
        return [each.body for each in SqlLog(engine).read(KitchenId(kitchen), 0, limit=100_000)]
    finally:
        engine.dispose()


def marks_of(place: Place) -> set[str]:
    """Words that only the first kitchen has: its people, batches, devices and commands."""
    events = [decode_event(body) for body in bodies(place, KITCHEN)]
    found = {str(event.subject) for event in events if event.subject.startswith("batch")}
    found |= {str(event.device) for event in events} | {str(event.command) for event in events}
    theirs = [decode_event(body) for body in bodies(place, OTHER_KITCHEN)]
    both = {str(event.device) for event in theirs} | {str(event.subject) for event in theirs}
    both |= {str(event.command) for event in theirs}
    return {mark for mark in found - both if len(mark) > 8} | {KITCHEN}


@pytest.mark.slow
@pytest.mark.timeout(90)
async def test_row_53_device_gets_no_byte_of_another_kitchen_and_moves_nothing_there(
    tmp_path: Path,
) -> None:
    async with open_place(tmp_path) as place:
        victim = place.kiosks[0]
        batch = await victim.any_batch()
        await victim.measure(batch, "s-nur")
        await victim.sent()
        status = await victim.status()
        marks, before = marks_of(place), bodies(place, KITCHEN)
        assert len(marks) > 5
        device = decode_event(before[-1]).device
        intruder, person = await intruder_of(place)
        session = await intruder.sign_in(person, PIN)
        for kind, subject, actor, with_session in (
            ("record_temperature", batch, person, session),
            ("record_temperature", batch, "s-nur", session),
            ("record_temperature", batch, "s-nur", f"s-nur@{device}"),
            ("record_temperature", f"{KITCHEN}/{batch}", person, session),
            ("report_clock_jump", f"kiosk:{device}", "kiosk:self", ""),
            ("post_notice", "notice:kitchen", "system", ""),
        ):
            args: dict[str, Any] = READING if kind == "record_temperature" else {}
            dseq = intruder.tap(kind, subject, args, actor=actor, session=with_session)
            await intruder.settle(dseq)
        for name, words in (
            ("sign_in", {"staff": "s-nur", "pin": PIN}),
            ("set_pin", {"by_staff": "s-hendra", "by_pin": PIN, "staff": "s-nur", "pin": "846201"}),
            ("revoke_device", {"by_staff": "s-hendra", "by_pin": PIN, "device": device}),
            ("revoke_device", {"by_staff": person, "by_pin": PIN, "device": device}),
            ("enrolment_code", {"by_staff": "s-hendra", "by_pin": PIN, "name": KITCHEN}),
        ):
            with pytest.raises(QueryFailed):
                await intruder.ask(name, words)
        told = [await intruder.ask(name, {"kitchen": KITCHEN}) for name in ("roster", "devices")]
        heard = json.dumps([*intruder.heard, *told, intruder.copy.events()])
        for mark in marks - {KITCHEN, batch, str(device)}:
            assert mark not in heard, f"heard of {mark}"
        await intruder.close()
        for claims in (
            {"device": device},
            {"device": device, "outbox": status["outbox"], "since": status["seq"]},
        ):
            socket, answer = await intruder.hello(**claims)
            assert answer["code"] == "unknown_device", answer
            await socket.close()
        socket, answer = await intruder.hello(outbox=status["outbox"], dseq=0, hash=NO_HASH)
        assert answer["kitchen"] == OTHER_KITCHEN
        assert answer["acked"] == 0, "it was told how far an outbox of the other kitchen is"
        await socket.close()
        assert bodies(place, KITCHEN) == before
        assert "no such device or wrong signature" in place.server.log()
        await victim.sign_in("s-nur")
        await victim.measure(batch, "s-nur")
        await place.heal()
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == 2


@pytest.mark.slow
@pytest.mark.timeout(90)
async def test_row_53_statement_without_a_condition_finds_nothing_under_the_role_of_servers(
    tmp_path: Path,
) -> None:
    """Two servers serve two kitchens under that role, and a device brings the outbox of the other one."""
    with open_province(tmp_path) as province:
        async with province.opened(2) as ours, province.opened(2) as theirs:
            for kiosk in (*ours.kiosks, *theirs.kiosks):
                await kiosk.tap(*(tap() for _ in range(5)))
            await ours.converged()
            await theirs.converged()
            victim, intruder = theirs.kiosks[0], ours.kiosks[0]
            await intruder.hang_up()
            intruder.outbox, intruder.outbox_rows = victim.outbox, victim.outbox_rows[:0]
            intruder.results = {}
            await intruder.connect()
            assert intruder.greeting.acked == 0, "it was told of an outbox of the other kitchen"
            await intruder.tap(tap())
            assert (ours.head, theirs.head) == (11, 10)
            await victim.tap(tap())
            await theirs.converged()
            assert await _followed(province, ours.kitchen, 11)
            assert await _followed(province, theirs.kitchen, 11)
            for of, kitchens in (
                (NOBODY, set()),
                (of_kitchens(ours.kitchen), {ours.kitchen}),
                (of_kitchens(theirs.kitchen), {theirs.kitchen}),
            ):
                with reading(province.engine, of) as connection:
                    for table in ("event", "receipt", "outbox_head", "device", "audit"):
                        query = f"SELECT DISTINCT kitchen FROM {table}"
                        found = connection.exec_driver_sql(query).scalars()
                        assert set(found) == kitchens, table


async def _followed(province: Province, kitchen: KitchenId, seq: int) -> bool:
    """Wait until the tables of the past hold the event."""

    def position() -> int:
        return positions_of(province.engine, HISTORY, VERSION).get(kitchen, 0)

    await until(lambda: position() >= seq, within_s=20)
    return True
