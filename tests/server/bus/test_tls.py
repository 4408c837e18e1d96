"""A Redis behind TLS: its certificate is checked, and one that is not trusted gets no password."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dapur.ids import KitchenId
from server.bus.redis import RedisBus
from server.metrics import Metrics
from tests.support.gateway import until
from tests.support.servers import real_redis

DAY = dt.timedelta(days=1)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for loopback that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "redis")])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    paths = folder / "redis.pem", folder / "redis.key"
    paths[0].write_bytes(built.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


class Front:
    """Ends TLS in front of the real Redis."""

    def __init__(self) -> None:
        self.port = 0
        self.carried_bytes = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def carry(self, near: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        """One connection."""
        far, back = await asyncio.open_connection("127.0.0.1", urlsplit(real_redis()).port)
        for source, sink in ((near, back), (far, out)):
            task = asyncio.ensure_future(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                while data := await source.read(4096):
                    self.carried_bytes += len(data)
                    sink.write(data)
        finally:
            sink.transport.abort()

    async def close(self) -> None:
        """Cut what is left."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def front(folder: Path) -> AsyncIterator[Front]:
    """TLS on a free port, with the folder's certificate."""
    made, context = Front(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(folder))
    server = await asyncio.start_server(made.carry, "127.0.0.1", 0, ssl=context)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await made.close()


@asynccontextmanager
async def running(bus: RedisBus) -> AsyncIterator[None]:
    """A bus that tries to carry until the block ends."""
    task = asyncio.create_task(bus.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_bus_carries_hints_over_tls_to_a_redis_that_it_trusts(tmp_path: Path) -> None:
    async with front(tmp_path) as tls:
        url = f"rediss://127.0.0.1:{tls.port}/0?ssl_ca_certs={tmp_path / 'redis.pem'}"
        here, there = RedisBus(url, Metrics()), RedisBus(url, Metrics())
        heard: list[int] = []
        there.subscribe(lambda _kitchen, seq: heard.append(seq), lambda _kitchens: None)
        there.attend(KitchenId("sppg-1"))
        async with running(here), running(there):
            await until(lambda: not here.trouble and not there.trouble)
            here.publish(KitchenId("sppg-1"), 7)
            await until(lambda: heard == [7])


@pytest.mark.expected_log("is away: the poll goes on alone")
async def test_bus_says_nothing_to_a_redis_whose_certificate_it_does_not_trust(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with front(tmp_path) as tls:
        bus = RedisBus(f"rediss://dapur:rahasia@127.0.0.1:{tls.port}/0", Metrics())
        async with running(bus):
            await until(lambda: bus.trouble == "away")
        assert tls.carried_bytes == 0
    assert "certificate" in caplog.text
    assert "rahasia" not in caplog.text
