"""Who is believed to be the server: by authority, name and time, with a clock that works and one that does not."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import cast

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from dapur.wire.messages import SUBPROTOCOL
from kiosk.clock import KioskTime
from kiosk.link.dial import dial
from kiosk.link.errors import EnrolRefused
from kiosk.link.link import Link
from kiosk.link.trust import ASK_MS, Trust, TrustWatch, fetched, is_foreign, verified
from kiosk.local import trust as file
from server.tls import authority

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
OWN = authority.new_authority(NOW - 800 * DAY)


class Told:
    """What a kiosk knows of the server's time."""

    def __init__(self, now: dt.datetime, *, synced: bool) -> None:
        self.synced = synced
        self._now = now

    def server_now_ms(self) -> int:
        return int(self._now.timestamp() * 1000)


@asynccontextmanager
async def listening(
    folder: Path,
    since: dt.datetime = NOW,
    *,
    hosts: tuple[str, ...] = ("127.0.0.1",),
    root: authority.Pair = OWN,
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
) -> AsyncIterator[str]:
    """A server with a certificate that begins on the day before `since`."""
    shown = authority.issue(root, hosts, since)
    path = folder / "server.pem"
    path.write_bytes(shown.certificate + shown.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = newest
    context.load_cert_chain(path)

    async def talk(line: ServerConnection) -> None:
        await line.wait_closed()

    subprotocols = [Subprotocol(SUBPROTOCOL)]
    async with serve(talk, "127.0.0.1", 0, ssl=context, subprotocols=subprotocols) as server:
        yield f"wss://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/"


async def believed(url: str, told: Told, trusted: bytes = OWN.certificate) -> bool:
    """Whether a kiosk says a word to this server; what refuses must be seen as foreign."""
    trust = Trust(trusted.decode())
    try:
        line = await verified(partial(dial, url), trust, cast(KioskTime, told))
    except OSError as error:
        if not is_foreign(error):
            raise
        return False
    await line.close()
    return True


async def test_kiosk_believes_a_server_of_its_authority(tmp_path: Path) -> None:
    async with listening(tmp_path) as url:
        assert await believed(url, Told(NOW, synced=True))
        both = authority.new_authority(NOW).certificate + OWN.certificate
        assert await believed(url, Told(NOW, synced=True), both)


async def test_kiosk_believes_no_other_authority_and_no_other_name(tmp_path: Path) -> None:
    told = Told(NOW, synced=True)
    async with listening(tmp_path, root=authority.new_authority(NOW)) as url:
        assert not await believed(url, told)
    async with listening(tmp_path, hosts=("dapur.id",)) as url:
        assert not await believed(url, told)


async def test_kiosk_speaks_no_older_tls(tmp_path: Path) -> None:
    async with listening(tmp_path, newest=ssl.TLSVersion.TLSv1_2) as url:
        with pytest.raises(OSError):  # noqa: PT011 - a reset or an alert, as the server likes
            await dial(url, Trust(OWN.certificate.decode()).context)


@pytest.mark.expected_log("this machine's clock is wrong")
async def test_kiosk_whose_clock_went_back_knows_its_server_by_the_time_it_was_told_last(
    tmp_path: Path,
) -> None:
    """To OpenSSL a certificate of next month is on this machine what one of today is in 1970."""
    month = NOW + 30 * DAY
    async with listening(tmp_path, month) as url:
        assert await believed(url, Told(month + DAY, synced=False))
        assert not await believed(url, Told(NOW, synced=True)), "it really is not valid yet"
        assert not await believed(url, Told(month + 400 * DAY, synced=True))
        other = authority.new_authority(NOW).certificate
        assert not await believed(url, Told(month + DAY, synced=False), other)
    async with listening(tmp_path, month, hosts=("dapur.id",)) as url:
        assert not await believed(url, Told(month + DAY, synced=False))


@pytest.mark.expected_log("this machine's clock is wrong")
async def test_kiosk_believes_an_expired_certificate_only_by_a_time_told_in_this_boot(
    tmp_path: Path,
) -> None:
    begun = NOW - 500 * DAY
    async with listening(tmp_path, begun) as url:
        assert await believed(url, Told(begun + DAY, synced=True))
        assert not await believed(url, Told(begun + DAY, synced=False))
        assert not await believed(url, Told(NOW, synced=True))


async def test_kiosk_takes_the_authority_that_its_code_names_and_no_other(tmp_path: Path) -> None:
    """The server here answers no such request: nothing may be taken for an authority."""
    async with listening(tmp_path) as url:
        with pytest.raises(EnrolRefused, match="foreign"):
            await fetched(url, authority.pin(OWN.certificate))


class Asked:
    """A link that is online and answers the one question."""

    def __init__(self, url: str, told: tuple[str, ...]) -> None:
        self.url = url
        self.online = True
        self.trusted: list[Trust] = []
        self.asked = 0
        self._told = told

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.changed = listener
        return lambda: None

    async def query(self, name: str, _args: msgspec.Struct) -> msgspec.Raw:
        assert name == "authorities"
        self.asked += 1
        return msgspec.Raw(msgspec.json.encode({"authorities": self._told}))

    def trust(self, tls: Trust) -> None:
        self.trusted.append(tls)


class Ticking(Told):
    """With a steady clock."""

    now_ms = 0

    def mono_ms(self) -> int:
        return self.now_ms


async def watched(link: Asked, path: Path | None, clock: Ticking) -> TrustWatch:
    """A watch that has looked once and heard the answer."""
    watch = TrustWatch(cast(Link, link), path, cast(KioskTime, clock))
    watch.look()
    if watch._task is not None:
        await watch._task
    return watch


async def test_kiosk_takes_over_what_the_server_names_and_asks_again_each_hour_and_arrival(
    tmp_path: Path,
) -> None:
    path, coming = tmp_path / "authorities.pem", authority.new_authority(NOW)
    told = (OWN.certificate.decode(), coming.certificate.decode())
    clock = Ticking(NOW, synced=True)
    async with listening(tmp_path) as url:
        link = Asked(url, told)
        watch = await watched(link, path, clock)
        assert file.load(path) == "".join(told)
        assert [each.certificates for each in link.trusted] == ["".join(told)]
        for passed_ms, asked in ((1_000, 1), (ASK_MS, 2)):
            clock.now_ms = passed_ms
            watch.look()
            await asyncio.sleep(0)
            assert link.asked == asked
        link.online = False
        link.changed()
        watch.look()
        link.online = True
        watch.look()
        await asyncio.sleep(0)
        assert link.asked == 3
        await watch.close()
    assert len(link.trusted) == 1, "what is known already is not taken over again"


@pytest.mark.parametrize("wrong", ["another's", "nonsense", "none"])
async def test_kiosk_keeps_what_it_trusts_when_the_server_names_what_would_lock_it_out(
    tmp_path: Path, wrong: str
) -> None:
    path = tmp_path / "authorities.pem"
    file.save(path, OWN.certificate.decode())
    other = authority.new_authority(NOW).certificate.decode()
    told = {"another's": (other,), "nonsense": ("nonsense",), "none": ()}[wrong]
    async with listening(tmp_path) as url:
        link = Asked(url, told)
        await (await watched(link, path, Ticking(NOW, synced=True))).close()
    assert (link.asked, link.trusted) == (1, [])
    assert file.load(path) == OWN.certificate.decode()


async def test_kiosk_whose_trust_was_chosen_by_hand_asks_nobody(tmp_path: Path) -> None:
    link = Asked("wss://127.0.0.1:9/", (OWN.certificate.decode(),))
    await (await watched(link, None, Ticking(NOW, synced=True))).close()
    assert link.asked == 0


def test_what_is_trusted_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "data" / "authorities.pem"
    assert file.load(path) == ""
    file.save(path, OWN.certificate.decode())
    file.save(path, OWN.certificate.decode() * 2)
    assert file.load(path) == OWN.certificate.decode() * 2
    assert [each.name for each in path.parent.iterdir()] == [path.name]
