"""Rows 25 and 26: PostgreSQL crashes, or freezes, under two servers that write to it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import psycopg
import pytest

from dev import POSTGRES_ENV
from server.desk.ports import Unavailable
from server.log.schema import upgrade
from tests.failures.kitchen import scaled
from tests.failures.province import County, Province, Roamer, open_province, tap
from tests.support import servers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(int(scaled(300, 120)))]

CRASHES = int(scaled(5, 1))
FROZEN_S = scaled(60, 3)
PACE_S = 0.1
WITHIN_S = 40.0


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """On a PostgreSQL of its own, for others shall not feel its deaths."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(POSTGRES_ENV, raising=False)
        with servers.postgres() as url:
            upgrade(url)
            with open_province(tmp_path_factory.mktemp("province"), database_url=url) as opened:
                yield opened


@asynccontextmanager
async def tapped(county: County) -> AsyncIterator[None]:
    """All kiosks tap, online or not, at whichever server takes them; at the end all is compared."""
    roamers = [Roamer(kiosk, county.province.servers) for kiosk in county.kiosks]
    over = asyncio.Event()

    async def work() -> None:
        while not over.is_set():
            for kiosk in county.kiosks:
                kiosk.keep(tap())
                await kiosk.push()
            await asyncio.sleep(PACE_S)

    working = asyncio.create_task(work())
    try:
        await grown(county)
        yield
        await grown(county)
        over.set()
        await working
        await county.converged()
    finally:
        working.cancel()
        for roamer in roamers:
            await roamer.end()


async def grown(county: County) -> None:
    """Wait until the log answers and has grown."""
    seq, give_up_s = -1, time.monotonic() + WITHIN_S
    while True:
        with suppress(Unavailable):
            head = await asyncio.to_thread(lambda: county.head)
            if head > seq >= 0:
                return
            seq = head if seq < 0 else seq
        assert time.monotonic() < give_up_s, [s.log()[-1500:] for s in county.province.servers]
        await asyncio.sleep(0.1)


def backends(province: Province) -> list[int]:
    """Processes of the database that serve somebody else than this question."""
    with psycopg.connect(province.database_url, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ).fetchall()
    return [int(pid) for (pid,) in rows]


async def crashed(province: Province, before: list[int]) -> None:
    """Wait until the database is there again, with none of its processes of before."""
    give_up_s = time.monotonic() + WITHIN_S
    while True:
        with suppress(psycopg.OperationalError):
            if not set(before) & set(await asyncio.to_thread(backends, province)):
                return
        assert time.monotonic() < give_up_s, "the database did not come back"
        await asyncio.sleep(0.05)


async def test_row_25_nothing_is_lost_or_doubled_when_the_database_crashes_under_load(
    province: Province,
) -> None:
    """SIGKILL of one backend: PostgreSQL ends all the others in the middle of theirs, and recovers."""
    async with province.opened(4) as county, tapped(county):
        for _ in range(CRASHES):
            before = await asyncio.to_thread(backends, province)
            os.kill(before[0], signal.SIGKILL)
            await crashed(province, before)
            await grown(county)


async def test_row_26_frozen_database_answers_nothing_and_all_is_taken_once_afterwards(
    province: Province,
) -> None:
    async with province.opened(4) as county, tapped(county):
        frozen = await asyncio.to_thread(backends, province)
        try:
            for pid in frozen:
                os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(0.5)
            answered = [len(kiosk.results) for kiosk in county.kiosks]
            await asyncio.sleep(FROZEN_S)
            assert [len(kiosk.results) for kiosk in county.kiosks] == answered
        finally:
            for pid in frozen:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
