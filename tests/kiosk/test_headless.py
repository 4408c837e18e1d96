"""A whole kiosk on a real socket: enrolled, named, signed in, cut off, started again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dapur.batch import Point
from dapur.temperature import RecordTemperatureArgs
from kiosk.desk import Tapped
from kiosk.headless import EXIT_OK, Headless, NotEnrolled, identify, open_vault
from kiosk.link.errors import EnrolRefused
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
