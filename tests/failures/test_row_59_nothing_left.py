"""Row 59: no file, no memory left, and the kernel's SIGKILL: newcomers are refused, kiosks of before go on."""

from __future__ import annotations

import asyncio
import re
import resource
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from tests.failures.checking import common_check
from tests.failures.kiosk_process import KioskProcess
from tests.failures.kitchen import Place, open_place, scaled
from tests.failures.odd_server import FAULT, FILES
from tests.failures.raw import Raw, request
from tests.support.server_process import PROGRAM
from tests.support.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(int(scaled(300, 120)))]

ODD = "tests.failures.odd_server"
SHORT = re.compile(r"MemoryError|Memory allocation|out of memory|Cannot allocate")
CROWD, TAPS = 400, 60
DEATHS = int(scaled(10, 2))
LOOK_S, QUIET_LOOKS, SHORTAGE_LOOKS = 0.2, 10, 200


async def taken(kiosk: KioskProcess, batch: str, taps: int = 3) -> None:
    """Taps are answered without a new connection."""
    lives = len(kiosk.seen)
    for _ in range(taps):
        await kiosk.measure(batch, "s-nur")
    await kiosk.sent(nudged=False)
    assert len(kiosk.seen) == lives, "the line broke"


async def test_row_59_server_without_files_refuses_newcomers_and_keeps_its_kiosks(
    tmp_path: Path,
) -> None:
    async with open_place(tmp_path, environment={PROGRAM: ODD, FAULT: "few_files"}) as place:
        kiosk, other = place.kiosks
        assert "ulimit -n" in place.server.log()
        batch = await kiosk.any_batch()
        crowd: list[Raw] = []
        try:
            for number in range(2 * FILES):
                crowd.append(await Raw.connect(place.server.port))
                # Half of them say nothing, half ask properly and are known to nobody.
                if number % 2:
                    await crowd[-1].send(request())
                if number % FILES == 0:
                    await taken(kiosk, batch)
            crowd.append(await Raw.connect(place.server.port))
            assert b"101" not in await refused(crowd[-1])
            await taken(kiosk, batch)
            await taken(other, batch)
            assert open_files(place) < FILES
        finally:
            for raw in crowd:
                raw.abort()
        await place.redial(other)
        counted = await common_check(place)
        assert counted.applied == counted.confirmed >= 10


async def refused(newcomer: Raw) -> bytes:
    """What somebody is told who comes now; nothing when the line is cut at once."""
    with suppress(OSError):
        await newcomer.send(request())
        return await newcomer.end(within_s=5)
    return b""


def open_files(place: Place) -> int:
    """Files and sockets of the server process."""
    return len(list(Path(f"/proc/{place.server.pid}/fd").iterdir()))


async def _asking(place: Place) -> Raw | None:
    """A stranger who asks properly; None when nobody takes him."""
    with suppress(OSError):
        raw = await Raw.connect(place.server.port)
        await raw.send(request())
        return raw
    return None


def size_bytes(place: Place) -> int:
    """All address space of the server process."""
    pages = Path(f"/proc/{place.server.pid}/statm").read_text().split()[0]
    return int(pages) * resource.getpagesize()


async def told_in_full(place: Place) -> str:
    """The server's log once it tells of no shortage any more: nothing new of one for two seconds."""
    known, told, quiet = "", place.server.log(), 0
    for _ in range(SHORTAGE_LOOKS):
        shortages = "\n".join(SHORT.findall(told))
        quiet = quiet + 1 if shortages == known else 0
        if quiet == QUIET_LOOKS:
            return told
        known = shortages
        await asyncio.sleep(LOOK_S)
        told = place.server.log()
    raise TimeoutError("the server runs short of memory long after it was given back")


async def test_row_59_server_without_memory_calls_no_tap_poison_and_answers_all_afterwards(
    tmp_path: Path,
) -> None:
    async with open_place(tmp_path) as place:
        kiosk = place.kiosks[0]
        batch = await kiosk.any_batch()
        await kiosk.measure(batch, "s-nur")
        await kiosk.sent()
        limits = resource.prlimit(place.server.pid, resource.RLIMIT_AS)
        # Less than it has: every page more is refused, only what it has freed itself is left.
        most = size_bytes(place) // 2
        resource.prlimit(place.server.pid, resource.RLIMIT_AS, (most, limits[1]))
        crowd = await asyncio.gather(*(_asking(place) for _ in range(CROWD)))
        await asyncio.gather(
            *(
                each.ask("work", seed=59, pin="135790", taps=TAPS, within_s=60)
                for each in place.kiosks
            )
        )
        for raw in filter(None, crowd):
            raw.abort()
        with suppress(ProcessLookupError):
            resource.prlimit(place.server.pid, resource.RLIMIT_AS, limits)
        # A task that ran short a moment ago may still be telling of it.
        told = await told_in_full(place)
        assert "poison" not in told
        assert not place.server.alive or SHORT.search(told), "there was enough"
        lines = [line for line in told.splitlines() if "Traceback" in line]
        assert all(SHORT.search(line) for line in lines), lines
        # What it stumbled over for want of memory is no fault of ours in the common check.
        (place.data / "server.log").write_text("")
        if not place.server.alive:
            place.restart_server()
        await place.heal()
        counted = await common_check(place)
        assert counted.confirmed > 100


def _more(place: Place, taps: int) -> bool:
    return len(place.confirmed()) > taps


async def test_row_59_tap_is_there_once_however_often_the_kernel_kills_the_server(
    tmp_path: Path,
) -> None:
    """What the kernel does when memory is out is a SIGKILL at any moment."""
    async with open_place(tmp_path) as place:
        await asyncio.gather(
            *(each.ask("work", seed=n, pin="135790") for n, each in enumerate(place.kiosks))
        )
        for _ in range(DEATHS):
            await until(partial(_more, place, len(place.confirmed()) + 10))
            place.server.kill()
            place.server.start()
            await place.heal()
        await asyncio.gather(*(each.ask("rest") for each in place.kiosks))
        counted = await common_check(place)
        assert counted.confirmed > 10 * DEATHS
