"""A whole kiosk on a real socket: enrolled, named, signed in, cut off, started again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from typing_extensions import override

from dapur.batch import Point
from dapur.review import Reason
from dapur.temperature import RecordTemperatureArgs
from kiosk.clock import SystemClock
from kiosk.desk import Tapped
from kiosk.headless import (
    EXIT_DAMAGED,
    EXIT_OK,
    Headless,
    NotEnrolled,
    identify,
    open_vault,
)
from kiosk.link.errors import EnrolRefused
from kiosk.local.errors import FileDamaged
from kiosk.local.salvage import FILE_NAME
from kiosk.pins import SignIn
from kiosk.settings import BadSettings, Settings
from tests.support.demo_people import PIN, answers
from tests.support.mini_server import KITCHEN, MiniServer
from tests.support.night import BUDI, CHICKEN, RINA, open_night
from tests.support.waiting import until


@asynccontextmanager
async def a_server() -> AsyncIterator[MiniServer]:
    server = MiniServer()
    await server.start()
    open_night(server)
    server.answer = answers(server)
    server.code = "1234-5678"
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Headless]:
    vault = open_vault(settings)
    kiosk = Headless(settings, await identify(settings, vault), vault)
    stop = asyncio.Event()
    task = asyncio.get_running_loop().create_task(kiosk.run(stop))
    try:
        yield kiosk
    finally:
        stop.set()
        assert await task == EXIT_OK


def settings_for(server: MiniServer, folder: Path) -> Settings:
    return Settings(folder, server.url, enrol="1234-5678")


async def test_fresh_kiosk_enrols_learns_the_names_and_lets_people_in(tmp_path: Path) -> None:
    async with a_server() as server, running(settings_for(server, tmp_path)) as kiosk:
        heard: list[int] = []
        kiosk.subscribe(lambda: heard.append(1))
        await until(lambda: kiosk.replica.filled and kiosk.roster)
        assert kiosk.identity.kitchen == KITCHEN
        assert (kiosk.name, kiosk.kitchen_name) == ("Kiosk 1", "Dapur Uji")
        assert kiosk.roster[RINA].name == "Rina"
        assert heard
        wrong = await kiosk.session.sign_in(RINA, "111222")
        assert (wrong.state, wrong.tries, wrong.limit) == (SignIn.WRONG, 2, 5)
        right = await kiosk.session.sign_in(RINA, PIN)
        assert (right.state, right.online) == (SignIn.OK, True)
        await until(lambda: kiosk.store.unsent() == 0)
        assert kiosk.session.session_of(RINA) in server.kitchen.sessions


async def test_kiosk_is_itself_again_when_it_starts_without_a_server(tmp_path: Path) -> None:
    async with a_server() as server:
        settings = settings_for(server, tmp_path)
        async with running(settings) as kiosk:
            await until(lambda: kiosk.replica.filled and kiosk.roster)
            await kiosk.session.sign_in(RINA, PIN)
            await until(lambda: kiosk.store.unsent() == 0)
            device = kiosk.device
            shown = kiosk.replica.shown
    async with running(settings) as again:
        assert (again.device, again.name) == (device, "Kiosk 1")
        assert again.replica.shown == shown
        known = await again.session.sign_in(RINA, PIN)
        assert (known.state, known.online) == (SignIn.OK, False)
        assert (await again.session.sign_in(BUDI, PIN)).state is SignIn.NOT_HERE
        assert (await again.session.sign_in(RINA, "999111")).state is SignIn.WRONG
        session = again.session.session_of(RINA)
        assert session is not None
        answer = again.desk.tap(
            "record_temperature",
            CHICKEN,
            RecordTemperatureArgs(71.0, Point.CORE),
            actor=RINA,
            session=session,
        )
        assert isinstance(answer, Tapped)
        assert again.link.status.unsent == 1


def measured(kiosk: Headless, *values_c: float) -> list[str]:
    """Readings by who is signed in; their ids."""
    session = kiosk.session.session_of(RINA)
    assert session is not None
    made: list[str] = []
    for value_c in values_c:
        args = RecordTemperatureArgs(value_c, Point.CORE)
        answer = kiosk.desk.tap("record_temperature", CHICKEN, args, actor=RINA, session=session)
        assert isinstance(answer, Tapped)
        made.append(answer.command)
    return made


def saved(kiosk: Headless) -> set[str]:
    """What this kiosk shows of taps that were saved."""
    items = kiosk.replica.shown.reviews.values()
    return {item.id for item in items if item.reason is Reason.SALVAGED}


@pytest.mark.expected_log("damaged", "salvaged")
async def test_other_kiosk_shows_the_taps_of_a_damaged_file_when_the_kiosk_starts_again(
    tmp_path: Path,
) -> None:
    async with a_server() as server:
        one, two = settings_for(server, tmp_path / "one"), settings_for(server, tmp_path / "two")
        async with running(one) as kiosk:
            await until(lambda: kiosk.replica.filled and kiosk.roster)
            await kiosk.session.sign_in(RINA, PIN)
            await until(lambda: kiosk.store.unsent() == 0)
            server.refuse_status = (503, "1")
            server.cut()
            await until(lambda: not kiosk.link.online)
            made = measured(kiosk, 71.0, 72.5, 73.0)
        file = one.store / FILE_NAME
        # The first page: nothing can be asked of the file any more, its text is all there is.
        file.write_bytes(b"\xff" * 4096 + file.read_bytes()[4096:])
        server.refuse_status, server.code = None, "1234-5678"
        async with running(two) as other, running(one) as again:
            await until(lambda: saved(other) == set(made))
            await until(lambda: again.store.unsent() == 0 and saved(again) == set(made))
            assert again.session.signed_in == ()
            assert again.store.salvaged() == ()
            item = other.replica.shown.reviews[made[0]]
            assert (item.actor, item.about, item.device) == (RINA, CHICKEN, again.device)
        async with running(one) as third:
            await until(lambda: third.link.online and third.store.unsent() == 0)
            assert third.store.salvaged() == ()
        assert sum('"kind":"tap_salvaged"' in body for body, _ in server.log) == len(made)


@pytest.mark.expected_log("set aside")
async def test_fork_takes_the_same_path_when_the_server_says_goodbye(tmp_path: Path) -> None:
    async with a_server() as server, running(settings_for(server, tmp_path)) as kiosk:
        await until(lambda: kiosk.replica.filled and kiosk.roster)
        await kiosk.session.sign_in(RINA, PIN)
        await until(lambda: kiosk.store.unsent() == 0)
        server.refuse_status = (503, "1")
        server.cut()
        await until(lambda: not kiosk.link.online)
        (made,) = measured(kiosk, 71.0)
        old = kiosk.store.outbox_position.outbox
        # A copy of this disk was here first.
        server.outbox(old).hash = b"x" * 32
        server.refuse_status = None
        await until(lambda: saved(kiosk) == {made} and kiosk.store.unsent() == 0, within_s=20)
        assert kiosk.store.outbox_position.outbox != old
        assert server.kitchen.batches[CHICKEN].readings == ()


@pytest.mark.expected_log("the local file broke")
async def test_kiosk_stops_to_be_salvaged_when_its_timer_meets_the_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise FileDamaged(tmp_path, "a page")

    async with a_server() as server:
        settings = settings_for(server, tmp_path)
        vault = open_vault(settings)
        kiosk = Headless(settings, await identify(settings, vault), vault)
        monkeypatch.setattr(kiosk.store, "salvaged", broken)
        assert await kiosk.run(asyncio.Event()) == EXIT_DAMAGED


async def test_clock_that_is_set_while_the_kiosk_runs_is_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.headless.TICK_S", 0.01)

    class Set(SystemClock):
        by_ms = 0

        @override
        def wall_ms(self) -> int:
            return super().wall_ms() + self.by_ms

    async with a_server() as server:
        settings, clock = settings_for(server, tmp_path), Set()
        vault = open_vault(settings)
        kiosk = Headless(settings, await identify(settings, vault), vault, clock=clock)
        stop = asyncio.Event()
        life = asyncio.get_running_loop().create_task(kiosk.run(stop))
        await until(lambda: kiosk.replica.filled)
        clock.by_ms = -3_600_000
        await until(lambda: any('"clock_jumped"' in body for body, _ in server.log))
        await until(lambda: kiosk.store.unsent() == 0)
        stop.set()
        assert await life == EXIT_OK


async def test_kiosk_asks_for_a_code_when_it_never_was_enrolled(tmp_path: Path) -> None:
    settings = Settings(tmp_path, "")
    with pytest.raises(NotEnrolled):
        await identify(settings, open_vault(settings))


async def test_kiosk_stays_a_stranger_when_the_code_is_wrong(tmp_path: Path) -> None:
    async with a_server() as server:
        settings = Settings(tmp_path, server.url, enrol="0000-0000")
        with pytest.raises(EnrolRefused):
            await identify(settings, open_vault(settings))
        assert not settings.identity.exists()


async def test_kiosk_never_calls_another_machine_in_the_clear(tmp_path: Path) -> None:
    async with a_server() as server:
        settings = settings_for(server, tmp_path)
        vault = open_vault(settings)
        identity = await identify(settings, vault)
        with pytest.raises(BadSettings):
            Headless(Settings(tmp_path, "ws://192.0.2.7:8000"), identity, vault)
