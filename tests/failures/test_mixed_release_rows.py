"""Row 39 with two releases: servers of the last one and of today on one PostgreSQL and one Redis, under load."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.log import schema
from tests.failures.kitchen import FULL, scaled
from tests.failures.province import County, Province, Roamer, open_province, tap
from tests.releases.release import releases
from tests.support.databases import empty_postgres
from tests.support.server_process import ROOT, ServerProcess
from tests.support.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(int(scaled(300, 120)))]

PACE_S = scaled(0.06, 0.1)
"""Slower than a device may send for as long as it likes: the load lasts until the last change."""
ROUNDS = 4
LAST = releases()[-1]


def database(program: Path, url: str) -> subprocess.CompletedProcess[str]:
    """`dapur-server init` of the program in that folder, on that database."""
    return subprocess.run(
        [sys.executable, "-m", "server", "init", "--data", str(program.parent / "operator")],
        cwd=program,
        env={**os.environ, "DAPUR_DATABASE": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def tap_along(county: County, over: asyncio.Event) -> None:
    """All kiosks of the kitchen tap at the same time, online or not, until it is over."""
    while not over.is_set():
        for kiosk in county.kiosks:
            kiosk.keep(tap())
            await kiosk.push()
        await asyncio.sleep(PACE_S)


async def changed(province: Province, server: ServerProcess, root: Path) -> None:
    """The process ends in order, and one of the program in `root` takes its place."""
    await asyncio.to_thread(server.stop)
    server.root = root
    await asyncio.to_thread(server.start)
    await province.says(server, province.well_told)


async def grown(county: County) -> None:
    """Wait until the log has grown by a few taps of each kiosk."""
    seq = county.head + 5 * len(county.kiosks)
    await until(lambda: county.head > seq, within_s=30)


async def test_row_39_two_releases_serve_one_kitchen_and_lose_and_double_nothing(
    tmp_path: Path,
) -> None:
    """Forward one by one, one back again and forward; or, where a migration says so, old ones are shut out."""
    program = LAST.program(tmp_path / "program")
    with empty_postgres() as url:
        assert (done := database(program, url)).returncode == 0, done.stderr
        with open_province(tmp_path, database_url=url, root=program) as province:
            third = province.another(tmp_path / "three", root=program)
            await asyncio.to_thread(third.start)
            if schema.oldest_code("postgresql") > LAST.said().schema:
                await shut_out(province, program)
            else:
                await beside(province, program)


async def beside(province: Province, program: Path) -> None:
    """The last release and today's serve together while kiosks roam and tap."""
    first, second, third = province.servers
    # The third has seen nothing of new tables and goes on; the first comes back as it was.
    steps = [(first, ROOT), (first, program)]
    if FULL:
        forward = [(first, ROOT), (second, ROOT)]
        steps = [*forward, *steps[1:], *forward] * ROUNDS + [(third, ROOT)]
    async with province.opened(6) as county:
        roamers = [Roamer(kiosk, province.servers) for kiosk in county.kiosks]
        over = asyncio.Event()
        tapping = asyncio.create_task(tap_along(county, over))
        try:
            await grown(county)
            done = await asyncio.to_thread(database, ROOT, province.database_url)
            assert done.returncode == 0, done.stderr
            assert schema.current(province.database_url) == schema.SCHEMA
            for server, root in steps:
                await grown(county)
                await changed(province, server, root)
            await grown(county)
            over.set()
            await tapping
            await county.converged()
            assert any(roamer.moves for roamer in roamers)
            assert all(roamer.moves for roamer in roamers) or not FULL, "somebody never moved"
        finally:
            tapping.cancel()
            for roamer in roamers:
                await roamer.end()


async def shut_out(province: Province, program: Path) -> None:
    """Not beside each other: the old ones are stopped, the schema is raised, and none of them comes back."""
    async with province.opened(6) as county:
        for kiosk in county.kiosks:
            await kiosk.tap(tap(), tap())
        for server in province.servers:
            await asyncio.to_thread(server.stop)
        for kiosk in county.kiosks:
            kiosk.keep(tap())
        assert (done := database(ROOT, province.database_url)).returncode == 0, done.stderr
        refused = database(program, province.database_url)
        assert refused.returncode != 0
        assert "needs a program of at least schema" in refused.stdout + refused.stderr
        for server in province.servers:
            server.root = ROOT
            await asyncio.to_thread(server.start)
        for kiosk in county.kiosks:
            await kiosk.connect()
        await county.converged()
