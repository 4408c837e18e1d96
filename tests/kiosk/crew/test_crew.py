"""The demo crew on the real headless kiosk: the night gets done, with all that a demo must show."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from dapur import plan, resources
from dapur.batch import Batch, HoldReason, ReleaseDecision
from dapur.ids import BatchId, StaffId
from dapur.night import midnight_ms
from dapur.pin import well_formed
from dapur.planning import DishLimits, PlanBatchArgs
from dapur.stage import Stage
from kiosk.crew.__main__ import read_pins
from kiosk.crew.crew import Crew, NobodyCame
from kiosk.crew.script import next_move
from kiosk.crew.story import Plot, stories
from kiosk.headless import Headless, identify, open_vault
from kiosk.settings import BadSettings, Settings
from tests.support.demo_people import PIN, answers
from tests.support.mini_server import MiniServer
from tests.support.night import HOUR_MS, OFFSET_MIN, open_night

DISHES = ("sayur", "tempe", "ikan", "telur")


def a_night(server: MiniServer) -> None:
    """Six dishes, five of them cooked: one for each plot."""
    date = open_night(server)
    midnight = midnight_ms(date, OFFSET_MIN)
    for place, dish in enumerate(DISHES):
        args = PlanBatchArgs(
            date,
            dish,
            dish.title(),
            "G1",
            f"G1-1{place}",
            midnight + place * HOUR_MS // 4,
            midnight + HOUR_MS + place * HOUR_MS // 4,
            midnight + 4 * HOUR_MS,
            limits=DishLimits(core_c=70.0),
            pk=100,
            pb=80,
        )
        server.system("plan_batch", f"B-1{place}", args)


def the_demo_night(server: MiniServer) -> None:
    """The night that `dapur-server plan import` brings into the demo kitchen."""
    for wish in plan.wishes(plan.read_plan(resources.read_bytes("demo/night.json"))):
        server.system(wish.kind, wish.subject, wish.args)


@asynccontextmanager
async def a_crew(
    folder: Path, night: Callable[[MiniServer], None], seed: int, pins: Mapping[StaffId, str] | None
) -> AsyncIterator[tuple[MiniServer, Headless, Crew]]:
    """A crew, fast as lightning, on a kiosk that is online. `pins` None: everybody's."""
    server = MiniServer()
    await server.start()
    night(server)
    server.answer = answers(server)
    server.code = "c"
    try:
        settings = Settings(folder, server.url, enrol="c")
        vault = open_vault(settings)
        kiosk = Headless(settings, await identify(settings, vault), vault)
        stop = asyncio.Event()
        running = asyncio.get_running_loop().create_task(kiosk.run(stop))
        known = dict.fromkeys(server.kitchen.staff, PIN) if pins is None else pins
        try:
            yield server, kiosk, Crew(kiosk, known, speed=100_000.0, seed=seed)
        finally:
            stop.set()
            await running
    finally:
        await server.stop()


async def worked_night(
    folder: Path, seed: int, night: Callable[[MiniServer], None] = a_night
) -> MiniServer:
    """A server after the crew went home."""
    async with a_crew(folder, night, seed, None) as (server, kiosk, crew):
        await crew.work()
        assert kiosk.store.unsent() == 0
        assert kiosk.session.signed_in == ()
        assert kiosk.replica.shown.reviews == {}
    return server


async def test_crew_finishes_the_demo_night_without_a_refusal(tmp_path: Path) -> None:
    server = await worked_night(tmp_path, 1, the_demo_night)
    stages = Counter(batch.stage for batch in server.kitchen.batches.values())
    assert stages == {Stage.COMPLETED: 16}
    assert {plot for batch in server.kitchen.batches.values() for plot in plots_seen(batch)} == {
        Plot.COLD_POT,
        Plot.FAILED_CHECK,
        Plot.HOLD,
    }


def plots_seen(batch: Batch) -> set[Plot]:
    """What the state of a batch tells of its night."""
    seen = set()
    if any(hold.reason is HoldReason.EQUIPMENT for hold in batch.holds):
        seen.add(Plot.HOLD)
    if batch.round == 2:
        seen.add(Plot.FAILED_CHECK)
    limit_c = batch.plan.limits.core_c or 0
    values = [reading.value_c for reading in batch.readings]
    if any(later < earlier < limit_c for earlier, later in pairwise(values)):
        seen.add(Plot.COLD_POT)
    return seen


async def test_crew_brings_every_dish_to_its_end_with_all_that_a_demo_shows(
    tmp_path: Path,
) -> None:
    server = await worked_night(tmp_path, seed=3)
    batches = list(server.kitchen.batches.values())
    assert {batch.stage for batch in batches} == {Stage.COMPLETED}
    assert not any(batch.held for batch in batches)
    told = stories(batches, 3)
    by_plot = {told[batch.id].plot: batch for batch in batches}
    assert set(by_plot) == set(Plot)

    cold = by_plot[Plot.COLD_POT]
    limit_c = cold.plan.limits.core_c
    assert limit_c is not None
    below = [reading.value_c for reading in cold.readings if reading.value_c < limit_c]
    assert len(below) >= 4
    assert cold.readings[-1].value_c >= limit_c

    failed = by_plot[Plot.FAILED_CHECK]
    assert failed.round == 2
    assert [verdict.passed for verdict in failed.verdicts] == [False, True]
    assert any(not check.passed and check.corrective_action for check in failed.checks)
    assert failed.holds[0].release is not None
    assert failed.holds[0].release.decision is ReleaseDecision.REWORK

    held = by_plot[Plot.HOLD]
    assert held.holds[0].reason is HoldReason.EQUIPMENT
    assert held.holds[0].release is not None
    assert held.holds[0].release.actor not in held.cooks


async def test_crew_leaves_alone_what_somebody_stopped_at_another_kiosk(tmp_path: Path) -> None:
    server = await worked_night(tmp_path, seed=1)
    batch = next(
        batch for batch in server.kitchen.batches.values() if batch.holds and batch.round == 1
    )
    (hold,) = batch.holds
    reopened = msgspec.structs.replace(
        batch, stage=Stage.COOKING, holds=(msgspec.structs.replace(hold, release=None),)
    )
    story = stories([batch], 1)[batch.id]
    other = msgspec.structs.replace(hold, device="K-other", release=None)
    elsewhere = msgspec.structs.replace(reopened, holds=(other,))
    assert next_move(server.kitchen, reopened, story, hold.device) is not None
    assert next_move(server.kitchen, elsewhere, story, hold.device) is None


def test_stories_are_the_same_night_when_the_seed_is_the_same() -> None:
    server = MiniServer()
    a_night(server)
    batches = list(server.kitchen.batches.values())
    assert stories(batches, 5) == stories(reversed(batches), 5)
    assert any(stories(batches, 5) != stories(batches, seed) for seed in range(6, 12))
    assert stories(batches, 5)[BatchId("B-2")].plot is Plot.SMOOTH


async def test_crew_says_so_when_nobody_has_a_pin(tmp_path: Path) -> None:
    async with a_crew(tmp_path, a_night, 1, {}) as (_, _, crew):
        with pytest.raises(NobodyCame):
            await crew.work()


def test_crew_takes_the_demo_pins_from_the_resources() -> None:
    pins = read_pins(None)
    staff = {member.id for member in plan.read_plan(resources.read_bytes("demo/night.json")).staff}
    assert set(pins) == staff
    assert all(well_formed(pin) for pin in pins.values())


def test_crew_says_what_is_wrong_with_a_file_of_pins(tmp_path: Path) -> None:
    path = tmp_path / "pins.json"
    path.write_text('["135790"]')
    with pytest.raises(BadSettings, match="pins"):
        read_pins(path)
