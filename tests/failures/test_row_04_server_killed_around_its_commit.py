"""Rows 4 to 6: the server ends before its commit, after it, or after the answer; a tap counts once for all."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from server.desk.failpoint import EXIT_CODE
from server.log.engine import open_engine
from tests.failures.checking import common_check, receipts_of
from tests.failures.kitchen import Place, open_place
from tests.support.server_process import ServerProcess
from tests.support.waiting import until

HEAD_POLL_S = 3.0


async def ended(server: ServerProcess) -> int:
    """Wait until a server has ended by itself; its exit code."""
    process = server._process
    assert process is not None
    await until(lambda: process.poll() is not None, within_s=20)
    return int(process.returncode)


def stored(place: Place) -> set[str]:
    """Commands with a receipt."""
    engine = open_engine(place.database_url)
    try:
        return {each.command for each in receipts_of(engine)}
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    ("moment", "applied"),
    [("before_commit", False), ("after_commit", True)],
    ids=["row_04", "row_05"],
)
async def test_row_04_and_row_05_tap_is_applied_once_when_the_server_died_around_its_commit(
    tmp_path: Path, moment: str, applied: bool
) -> None:
    async with open_place(tmp_path) as place:
        kiosk = place.kiosks[0]
        batch = await kiosk.any_batch()
        place.restart_server({"DAPUR_FAIL": moment})
        await kiosk.online()
        tap = await kiosk.measure(batch, "s-nur")
        assert await ended(place.server) == EXIT_CODE
        assert (tap in stored(place)) == applied
        assert (await kiosk.status())["unsent"] == 1, "nobody answered it"
        place.restart_server()
        await place.heal()
        counted = await common_check(place)
        assert counted.applied == counted.confirmed


async def test_row_06_other_kiosks_hear_of_a_tap_whose_server_died_before_it_told_them(
    tmp_path: Path,
) -> None:
    """The other kiosk is with a second server, which learns of it by its poll of the heads, within 3 s."""
    async with open_place(tmp_path) as place:
        mine, other = place.kiosks
        place.restart_server({"DAPUR_FAIL": "before_publish"})
        await mine.online()
        place.cable_of(other).target = place.second_server().port
        await place.redial(other)
        batch = await mine.any_batch()
        before = (await other.status())["seq"]
        tap = await mine.measure(batch, "s-nur")
        assert await ended(place.server) == EXIT_CODE
        died_s = time.monotonic()
        assert tap in stored(place)
        while (await other.status())["seq"] == before:
            assert time.monotonic() - died_s < HEAD_POLL_S + 1.0, "the poll of the heads is late"
        readings = (await other.ask("batch", subject=batch))["batch"]["readings"]
        assert len(readings) == 1
        place.restart_server()
        await place.heal()
        await common_check(place)
