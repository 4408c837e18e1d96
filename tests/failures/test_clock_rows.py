"""Rows 35, 36 and 52: clocks that are wrong or are set, other time zones, and PINs guessed with their help."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from dapur.envelope import decode_event
from dapur.ids import KitchenId
from dapur.pin import TRIES
from server.log.engine import open_engine
from server.log.sql_log import SqlLog
from tests.failures.checking import common_check
from tests.failures.clocks import Clock
from tests.failures.disks import head_of
from tests.failures.kiosk_process import KioskProcess
from tests.failures.kitchen import KITCHEN, PEOPLE, Place, open_place

CLOCKS = ("+1d", "-365d", "@1970-01-02 00:00:00")
SLACK_MS = 5_000
SET_S = 30.0
WRONG = "000001"


async def with_clock(place: Place, clock: Clock, name: str = "k2") -> KioskProcess:
    """The kiosk of this name on that clock, online, with its people."""
    kiosk = await place.prepare_kiosk(name, environment=clock.environment)
    await place.reopen(kiosk)
    await kiosk.online()
    await kiosk.sign_in(*PEOPLE)
    return kiosk


def times_since(place: Place, seq: int) -> list[tuple[int, int, int]]:
    """Earliest, latest and recorded of all events after `seq`."""
    engine = open_engine(place.database_url)
    try:
        entries = SqlLog(engine).read(KitchenId(KITCHEN), seq, limit=10_000)
    finally:
        engine.dispose()
    events = [decode_event(entry.body) for entry in entries]
    return [(each.at.earliest_ms, each.at.latest_ms, each.recorded_ms) for each in events]


def assert_true_times(place: Place, seq: int, began_ms: int) -> None:
    """Order and intervals are of the server's clock, whatever the kiosks' clocks said."""
    found = times_since(place, seq)
    assert found
    now_ms = time.time_ns() // 1_000_000
    for earliest_ms, latest_ms, recorded_ms in found:
        assert earliest_ms <= latest_ms <= recorded_ms <= now_ms
        assert recorded_ms >= began_ms
        assert latest_ms >= began_ms - SLACK_MS
    recorded = [each[2] for each in found]
    assert recorded == sorted(recorded)


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("wrong", CLOCKS)
async def test_row_35_taps_keep_their_order_and_true_times_when_the_kiosks_clock_is_wrong(
    tmp_path: Path, wrong: str
) -> None:
    clock = Clock(tmp_path)
    clock.set(wrong)
    async with open_place(tmp_path, kiosks=1) as place:
        right = place.kiosks[0]
        kiosk = await with_clock(place, clock)
        assert time.strftime("%Y-%m-%d") not in kiosk.log(), "its clock is not wrong at all"
        seq, began_ms = head_of(place), time.time_ns() // 1_000_000
        batch = await right.any_batch()
        for _ in range(3):
            await kiosk.measure(batch, "s-nur")
            await right.measure(batch, "s-nur")
        place.cable_of(kiosk).pull()
        for _ in range(3):
            await kiosk.measure(batch, "s-nur")
        await place.heal()
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == 9
        assert_true_times(place, seq, began_ms)


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_row_35_clock_set_in_the_middle_of_a_shift_moves_no_tap_and_is_flagged(
    tmp_path: Path,
) -> None:
    clock = Clock(tmp_path)
    async with open_place(tmp_path, kiosks=1) as place:
        kiosk = await with_clock(place, clock)
        seq, began_ms = head_of(place), time.time_ns() // 1_000_000
        batch = await kiosk.any_batch()
        await kiosk.measure(batch, "s-nur")
        for number, words in enumerate(("-2d", "+1d"), start=1):
            clock.set(words)
            await _jumps(place, number)
            await kiosk.measure(batch, "s-nur")
        assert set((await kiosk.status())["signed_in"]) == set(PEOPLE)
        await place.heal()
        counted = await common_check(place)
        assert counted.applied == 3
        assert_true_times(place, seq, began_ms)


async def _jumps(place: Place, count: int) -> None:
    """Wait until so many jumps are in the log."""
    engine = open_engine(place.database_url)
    give_up_s = time.monotonic() + SET_S
    try:
        while True:
            entries = SqlLog(engine).read(KitchenId(KITCHEN), 0, limit=10_000)
            kinds = [decode_event(entry.body).kind for entry in entries]
            if kinds.count("clock_jumped") >= count:
                return
            assert time.monotonic() < give_up_s, "nobody was told that the clock was set"
            await asyncio.sleep(0.1)
    finally:
        engine.dispose()


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_row_36_kitchen_is_the_same_for_machines_of_all_time_zones(tmp_path: Path) -> None:
    """Around the date line, and one of half an hour; the production date stays the kitchen's own."""
    async with open_place(tmp_path, kiosks=1, environment={"TZ": "Pacific/Kiritimati"}) as place:
        seq, began_ms = head_of(place), time.time_ns() // 1_000_000
        for name, zone in (("k2", "America/Adak"), ("k3", "Asia/Kathmandu")):
            kiosk = await place.prepare_kiosk(name, environment={"TZ": zone})
            await place.reopen(kiosk)
            await kiosk.online()
            await kiosk.sign_in("s-nur")
        batch = await place.kiosks[0].any_batch()
        for kiosk in place.kiosks:
            await kiosk.measure(batch, "s-nur")
        await place.heal()
        counted = await common_check(place)
        assert counted.applied == 3
        assert_true_times(place, seq, began_ms)
        days = [(await each.ask("batch", subject=batch))["batch"]["plan"] for each in place.kiosks]
        assert days[0] == days[1] == days[2]


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_row_52_guesser_stays_locked_out_through_restarts_and_a_clock_set_ahead_or_back(
    tmp_path: Path,
) -> None:
    clock = Clock(tmp_path)
    async with open_place(tmp_path, kiosks=1) as place:
        kiosk = await with_clock(place, clock)
        place.cable_of(kiosk).pull()
        states = [await _guess(kiosk) for _ in range(TRIES)]
        assert "ok" not in states
        assert await _guess(kiosk, "135790") == "locked"
        for words in ("-1d", "+10m", "@1970-01-02 00:00:00"):
            clock.set(words)
            await kiosk.kill()
            await place.reopen(kiosk)
            assert await _guess(kiosk, "135790") == "locked", words
        await place.heal()
        await kiosk.online()
        for _ in range(TRIES):
            await _guess(kiosk)
        assert await _guess(kiosk, "135790") == "locked"
        place.restart_server()
        await kiosk.online()
        assert await _guess(kiosk, "135790") == "locked"
        await common_check(place)


async def _guess(kiosk: KioskProcess, pin: str = WRONG) -> str:
    return str((await kiosk.ask("sign_in", staff="s-hendra", pin=pin))["state"])
