"""Row 40: kiosks, servers and full outboxes of old releases beside those of today, as real processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from operator import attrgetter
from pathlib import Path

import pytest

from dapur.kitchen import STATE_VERSION
from tests.failures.checking import common_check
from tests.failures.kiosk_process import ROOT, KioskProcess
from tests.failures.kitchen import FULL, Place
from tests.releases.release import Release, releases
from tests.support.server_process import ServerProcess, server_cli

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(120),
]
EVERY = releases()
name = attrgetter("name")


@asynccontextmanager
async def old_place(release: Release, folder: Path, root: Path) -> AsyncIterator[Place]:
    """What the release left, its server run by the program in `root`; no kiosk runs yet."""
    record = release.record(folder)
    if root == ROOT:
        server_cli("init", "--data", str(record / "server"))
    place = Place(record, ServerProcess(record / "server", root=root))
    try:
        place.server.start()
        for name in release.said().unsent:
            kiosk = await place.prepare_kiosk(name)
            kiosk.confirmed += [t for t in release.confirmed(record) if t.kiosk == name]
        yield place
    finally:
        await place.close()


async def changed(place: Place, kiosk: KioskProcess, root: Path) -> None:
    """The kiosk runs the program in `root` from now on, on the same file."""
    await kiosk.dismiss()
    kiosk.root = root
    await place.reopen(kiosk)


def upgraded(place: Place) -> None:
    """Today's program takes the server's place."""
    place.server.stop()
    place.server.root = ROOT
    server_cli("init", "--data", str(place.data))
    place.server.start()


async def told(kiosk: KioskProcess, state: str) -> None:
    """Wait for the badge."""
    async with asyncio.timeout(20):
        while (await kiosk.status())["line"] != state:
            await kiosk.ask("nudge")
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("release", EVERY, ids=name)
async def test_row_40_full_outbox_of_an_old_kiosk_is_taken_whole_after_its_upgrade(
    tmp_path: Path, release: Release
) -> None:
    """Old files under today's programs: the kiosk's with unsent taps, the server's with its log."""
    async with old_place(release, tmp_path, ROOT) as place:
        idle, full = place.kiosks
        await place.reopen(full)
        unsent = release.said().unsent[full.name]
        assert (await full.status())["unsent"] == unsent > 200
        await place.reopen(idle)
        await place.heal()
        await full.sent()
        await idle.sign_in("s-nur")
        await idle.measure(await idle.any_batch(), "s-nur")
        await idle.sent()
        counted = await common_check(place)
        assert counted.confirmed == len(release.confirmed(tmp_path)) + 1
        assert counted.applied + counted.refused == counted.confirmed


@pytest.mark.parametrize("release", EVERY if FULL else EVERY[-1:], ids=name)
async def test_row_40_old_and_new_kiosks_and_servers_meet_and_lose_nothing(
    tmp_path: Path, release: Release
) -> None:
    """A new kiosk speaks with an old server; an old one works on, and knows when it needs an upgrade."""
    reads = release.said().state_version == STATE_VERSION
    program = release.program(tmp_path / "program")
    async with old_place(release, tmp_path / "record", program) as place:
        old, new = place.kiosks
        await changed(place, old, program)
        await place.reopen(new)
        await told(new, "online")
        await told(old, "online")
        batch = await new.any_batch()
        for kiosk in (new, old):
            await kiosk.sign_in("s-nur")
            await kiosk.measure(batch, "s-nur")
        await old.sent()
        await new.sent()
        assert (await new.status())["dseq"] > release.said().unsent[new.name]
        upgraded(place)
        await told(new, "online")
        await told(old, "online" if reads else "upgrade")
        await old.measure(batch, "s-nur")
        if not reads:
            assert (await old.status())["unsent"] == 1
            await changed(place, old, ROOT)
        await place.heal()
        await old.sent()
        await new.sent()
        for kiosk in (old, new):
            # What lies on the old one's disk is judged by today's program too.
            await changed(place, kiosk, ROOT)
        await place.heal()
        counted = await common_check(place)
        assert counted.confirmed == len(release.confirmed(place.folder)) + 3
