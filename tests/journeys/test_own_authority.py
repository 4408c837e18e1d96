"""A kiosk and its server over TLS: enrolled by a code with a pin, a change of the authority, a foreigner."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import json
import signal
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec
import pytest
from typing_extensions import override

from kiosk.headless import EXIT_OK, Headless, identify, open_vault
from kiosk.link.errors import EnrolRefused
from kiosk.link.status import LinkState
from kiosk.local import trust as file
from kiosk.pins import SignIn
from kiosk.settings import Settings
from kiosk.vault.device_key import DeviceKey
from server.tls import authority
from tests.failures.province import signalled
from tests.support.server_process import PLAN, ServerProcess, server_cli
from tests.support.waiting import until as waited

KITCHEN = "cendana-02"
ENVIRONMENT = {"DAPUR_DRAIN_S": "0", "DAPUR_LOG_LEVEL": "DEBUG"}
PINS = PLAN.with_name("pins.json")
WRONG_PIN, WRONG_CODE = "502817", "7QK2-M0ZD-H4TN"
until = partial(waited, within_s=30)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


class SecureServer(ServerProcess):
    """With a certificate for loopback."""

    loaded = 0

    @property
    @override
    def url(self) -> str:
        return f"wss://127.0.0.1:{self.port}/"

    def certificate(self, *words: str) -> None:
        """An operator's command, and a reload."""
        server_cli("certificate", *words, "--data", str(self.data))

        signalled(self, signal.SIGHUP)
        self.loaded += 1

    def has_loaded(self) -> bool:
        """Whether what was done by the last command is in use."""
        return self.log().count("loaded anew") == self.loaded


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureServer]:
    made = SecureServer(tmp_path_factory.mktemp("server"), environment=ENVIRONMENT)
    server_cli("init", "--host", "127.0.0.1", "--data", str(made.data))
    made.prepare()
    made.start()
    yield made
    made.kill()


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


def fresh(server: SecureServer, folder: Path) -> Settings:
    return Settings(folder, server.url, enrol=server.code(KITCHEN, "Kios TLS"))


def kept(settings: Settings) -> int:
    """How many authorities the kiosk keeps."""
    return settings.trust.read_text().count("BEGIN CERTIFICATE")


def kept_is(settings: Settings, authorities: int) -> bool:
    return kept(settings) == authorities


async def test_kiosk_goes_through_a_change_of_the_authority_without_a_visit(
    server: SecureServer, tmp_path: Path
) -> None:
    settings = fresh(server, tmp_path)
    async with running(settings) as kiosk:
        await until(lambda: kiosk.link.online and kiosk.replica.filled)
        await until(lambda: kept(settings) == 1)
    first = settings.trust.read_text()
    for act, authorities in ((("announce",), 2), (("rollover", "--now"), 2), (("forget",), 1)):
        server.certificate(*act)
        await until(server.has_loaded)
        async with running(settings) as kiosk:
            await until(lambda: kiosk.link.online)
            await until(partial(kept_is, settings, authorities))
    assert first not in settings.trust.read_text()


async def test_kiosk_tells_its_code_to_nobody_but_the_server_that_gave_it(
    server: SecureServer, tmp_path: Path
) -> None:
    settings = fresh(server, tmp_path / "kiosk")
    async with impostor(tmp_path) as (port, heard):
        away = Settings(settings.data, f"wss://127.0.0.1:{port}/", enrol=settings.enrol)
        with pytest.raises(EnrolRefused, match="foreign"):
            await identify(away, open_vault(away))
        assert not any(b"enrol" in each or settings.enrol.encode() in each for each in heard)
    assert not settings.trust.exists()
    async with running(settings) as kiosk:
        await until(lambda: kiosk.link.online)


async def test_kiosk_shows_that_a_foreign_server_answers_and_keeps_its_taps(
    server: SecureServer, tmp_path: Path
) -> None:
    settings = fresh(server, tmp_path / "kiosk")
    async with running(settings) as kiosk:
        await until(lambda: kiosk.link.online and kiosk.replica.filled)
    async with impostor(tmp_path) as (port, heard):
        away = Settings(settings.data, f"wss://127.0.0.1:{port}/")
        async with running(away) as kiosk:
            await until(lambda: kiosk.link.status.state is LinkState.UNTRUSTED)
            assert "not trusted" in kiosk.link.status.detail
            assert kiosk.replica.filled, "the board is there as before"
        assert heard == [], "not a byte was said to it"


async def test_no_secret_stands_in_the_lines_of_the_server(
    server: SecureServer, tmp_path: Path
) -> None:
    """PINs right and wrong, codes used and guessed, keys: at the level that tells most."""
    settings = fresh(server, tmp_path / "kiosk")
    guess = msgspec.structs.replace(settings, data=tmp_path / "guess", enrol=WRONG_CODE)
    file.save(guess.trust, (server.data / "tls" / "authorities.pem").read_text())
    with pytest.raises(EnrolRefused, match="code_wrong"):
        await identify(guess, open_vault(guess))
    async with running(settings) as kiosk:
        await until(lambda: kiosk.link.online and kiosk.roster and kiosk.replica.filled)
        staff = next(each for each in kiosk.roster if each in kiosk.replica.base.staff)
        pin = json.loads(PINS.read_text())[staff]
        assert (await kiosk.session.sign_in(staff, WRONG_PIN)).state is SignIn.WRONG
        assert (await kiosk.session.sign_in(staff, pin)).online
        await until(lambda: kiosk.store.unsent() == 0)
        device = kiosk.device
    lines = server.log().splitlines()
    told = [json.loads(line) for line in lines]
    assert all({"time", "level", "room", "message"} <= each.keys() for each in told)
    assert any(device in line for line in lines), "ids are what the lines are for"
    text = "\n".join(lines)
    key = DeviceKey.load_or_make(settings.secrets).public_key
    secrets = [pin, WRONG_PIN, WRONG_CODE, settings.enrol, settings.enrol[:14], "PRIVATE KEY"]
    secrets += [base64.b64encode(key).decode(), key.hex(), kiosk.roster[staff].name]
    assert not [each for each in secrets if each in text]


@asynccontextmanager
async def impostor(folder: Path) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Somebody with another authority on the server's address; what was said to it in the clear."""
    now = dt.datetime.now(dt.UTC)
    shown = authority.issue(authority.new_authority(now), ("127.0.0.1",), now)
    path = folder / "impostor.pem"
    path.write_bytes(shown.certificate + shown.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if said := await reader.read(4096):
            heard.append(said)
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + shown.certificate)
        writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    try:
        yield listening.sockets[0].getsockname()[1], heard
    finally:
        listening.close()
        await listening.wait_closed()
