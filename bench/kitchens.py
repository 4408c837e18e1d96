"""Databases with many furnished kitchens and enrolled devices, made by the server's own rooms in one go."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from dapur.access import Role
from dapur.batch import Step
from dapur.crew import RosterStaffArgs, staff_subject
from dapur.envelope import Command, Occurred
from dapur.ids import (
    SYSTEM,
    BatchId,
    CommandId,
    DeviceId,
    KitchenId,
    OutboxId,
    SessionId,
    StaffId,
)
from dapur.night import SUBJECT, OpenNightArgs, Stop, Wave, serving_date_of
from dapur.planning import DishLimits, PlanBatchArgs
from dapur.wire.messages import Outcome
from server.cli.context import Rooms
from server.desk.ports import Head
from server.identity.tables import device as device_table
from server.identity.tables import kitchen_info
from server.identity.tables import staff as staff_table
from server.log.engine import writing
from server.log.schema import upgrade
from server.log.tables import event, outbox_head, receipt, tenant_head
from server.settings import Settings

MINUTE_MS, HOUR_MS, DAY_MIN = 60_000, 3_600_000, 24 * 60
LOCAL_MIN = 3 * 60 + 30
"""What the kitchens' clocks say, whenever the bench runs: rules about the hour must not stop it."""
EAST_MOST_MIN = 14 * 60
STOPS = 10
COOK = StaffId("cook-1")
NUTRITIONIST = StaffId("gizi-1")
HEAD = StaffId("head-1")
PIN = "135790"
_PEOPLE = {COOK: Role.STAFF_DAPUR, NUTRITIONIST: Role.AHLI_GIZI, HEAD: Role.KEPALA}


class Device(msgspec.Struct, frozen=True):
    """A kiosk that may connect."""

    id: DeviceId
    kitchen: KitchenId
    key: Ed25519PrivateKey


def kitchen_name(number: int) -> KitchenId:
    """The id of the kitchen of this number."""
    return KitchenId(f"sppg-{number:04}")


def batch_name(number: int) -> BatchId:
    """The id of a kitchen's batch of this number."""
    return BatchId(f"B-{number:03}")


def furnish(
    data: Path,
    *,
    kitchens: int,
    devices: int,
    batches: int = 8,
    database: str | None = None,
    pins: bool = False,
) -> list[Device]:
    """Make the database and fill it; the devices of all kitchens, `devices` for each.

    `database` is a URL (default: SQLite in `data`); with `pins` everybody has the PIN `PIN`.
    """
    data.mkdir(parents=True, exist_ok=True)
    settings = Settings(data=data) if database is None else Settings(data=data, database=database)
    upgrade(settings.database_url)
    rooms = Rooms(settings.database_url)
    made: list[Device] = []
    try:
        first = kitchen_name(0)
        rooms.log.create_kitchen(first, epoch="epoch-0")
        rooms.identity.add_kitchen(first, "Dapur", utc_offset_min=offset_min(_now_ms()))
        _open(rooms, first, batches)
        for staff in _PEOPLE:
            rooms.identity.add_staff(first, staff, staff)
            if pins:
                rooms.identity.set_pin(first, staff, PIN)
        made += [_enrol(rooms, first, index) for index in range(devices)]
        for number in range(1, kitchens):
            made += _copy(rooms, kitchen_name(number), made[:devices], epoch=f"epoch-{number}")
    finally:
        rooms.engine.dispose()
    return made


def offset_min(now_ms: int) -> int:
    """Minutes east of UTC at which it is LOCAL_MIN after midnight at `now_ms`."""
    east_min = (LOCAL_MIN - now_ms // MINUTE_MS) % DAY_MIN
    return east_min if east_min <= EAST_MOST_MIN else east_min - DAY_MIN


def heads_of(data: Path, database: str = "") -> dict[KitchenId, Head]:
    """Where the log of each kitchen stands; `database` is a URL (default: SQLite in `data`)."""
    rooms = Rooms(Settings(data=data, database=database).database_url)
    try:
        found = {kitchen: rooms.log.head(kitchen) for kitchen in rooms.log.kitchens()}
        return {kitchen: head for kitchen, head in found.items() if head is not None}
    finally:
        rooms.engine.dispose()


def _enrol(rooms: Rooms, kitchen: KitchenId, index: int) -> Device:
    now_ms = _now_ms()
    key = Ed25519PrivateKey.generate()
    code = rooms.identity.new_code(kitchen, f"K{index}", now_ms)
    enrolled = rooms.identity.enrol(code, key.public_key().public_bytes_raw(), now_ms)
    return Device(enrolled.device, kitchen, key)


def _open(rooms: Rooms, kitchen: KitchenId, batches: int) -> None:
    """A night with its people and dishes, as a plan import gives them; nothing is late yet."""
    now_ms = _now_ms()
    east_min = offset_min(now_ms)
    date = serving_date_of(now_ms, east_min)
    begin_ms = now_ms + HOUR_MS
    stops = tuple(
        Stop(f"sd-{n}", f"SDN {n}", "school", begin_ms + 8 * HOUR_MS, 15, pk=100, pb=60)
        for n in range(STOPS)
    )
    waves = (Wave("G1", "Gelombang 1", begin_ms + 6 * HOUR_MS, stops),)
    commands = [_own("open_night", SUBJECT, OpenNightArgs(date, "WIB", east_min, waves))]
    for staff, role in _PEOPLE.items():
        args = RosterStaffArgs(staff, (role,), "TIM", now_ms - HOUR_MS, now_ms + 8 * HOUR_MS)
        commands.append(_own("roster_staff", staff_subject(staff), args))
    plan = partial(
        PlanBatchArgs,
        night=date,
        wave="G1",
        prepare_ms=begin_ms,
        cook_ms=begin_ms + HOUR_MS,
        ready_ms=begin_ms + 3 * HOUR_MS,
        pk=1000,
        pb=600,
        limits=DishLimits(core_c=75.0),
        steps=(Step("Masak sampai matang", 30, 75.0),),
    )
    for number in range(batches):
        batch = plan(dish=f"dish-{number}", name=f"Hidangan {number}", code=f"G1-{number:02}")
        commands.append(_own("plan_batch", batch_name(number), batch))
    results = rooms.desk.take_now(kitchen, OutboxId("bench"), commands)
    refused = [result for result in results if result.outcome is not Outcome.APPLIED]
    if refused:
        raise RuntimeError(f"the kitchen was not furnished: {refused}")


_COPIED = (kitchen_info, tenant_head, event, outbox_head, receipt, staff_table)


def _copy(
    rooms: Rooms, kitchen: KitchenId, models: Sequence[Device], *, epoch: str
) -> list[Device]:
    """One more kitchen with the night of the first, row by row: no event names its kitchen, so the chain
    holds. Its kiosks have keys of their own.
    """
    fresh = [
        Device(DeviceId(f"{kitchen}-{index}"), kitchen, Ed25519PrivateKey.generate())
        for index in range(len(models))
    ]
    names = {"source": kitchen_name(0), "kitchen": kitchen, "epoch": epoch}
    with writing(rooms.engine) as connection:
        for table in _COPIED:
            columns = [column.name for column in table.columns if column.name != "kitchen"]
            values = ", ".join(":epoch" if name == "epoch" else name for name in columns)
            connection.execute(
                text(
                    f"INSERT INTO {table.name} (kitchen, {', '.join(columns)})"
                    f" SELECT :kitchen, {values} FROM {table.name} WHERE kitchen = :source"
                ),
                names,
            )
        rows = [
            {
                "device": one.id,
                "kitchen": kitchen,
                "name": f"K{index}",
                "public_key": one.key.public_key().public_bytes_raw(),
                "enrolled_ms": _now_ms(),
                "got_seq": 0,
            }
            for index, one in enumerate(fresh)
        ]
        if rows:
            connection.execute(device_table.insert(), rows)
    return fresh


def _own(kind: str, subject: str, args: msgspec.Struct) -> Command:
    now_ms = _now_ms()
    return Command(
        CommandId(f"bench-{kind}-{subject}"[:60]),
        kind,
        subject,
        msgspec.Raw(msgspec.json.encode(args)),
        StaffId(SYSTEM),
        SessionId(""),
        0,
        Occurred(now_ms, now_ms),
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
