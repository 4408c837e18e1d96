"""Row 16: one bit changes on the way; the connection ends, the kiosk sends again, nothing wrong is applied."""

from __future__ import annotations

import datetime as dt
import ipaddress
import random
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.log.engine import open_engine
from tests.failures.cable import Cable
from tests.failures.checking import common_check, receipts_of
from tests.failures.frames import RawFrame
from tests.failures.kiosk_process import KioskProcess
from tests.failures.kitchen import Place, open_place, scaled

FLIPS = int(scaled(400, 12))
PLAIN_FLIPS = int(scaled(800, 12))
BY_HASHES = ("submit", "live", "page", "snapshot")
"""Frames whose content is chained or summed; on a plain socket the others are as safe as TCP is."""


def certify(folder: Path) -> Path:
    """Make the server speak TLS: its certificate, key and settings in `folder`; the authority's file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dapur test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    (folder / "server.toml").write_text('tls_cert = "server.pem"\ntls_key = "server.key"\n')
    return pem


@pytest.mark.slow
@pytest.mark.timeout(int(scaled(1800, 120)))
async def test_row_16_bit_that_flips_in_a_tls_record_ends_the_connection_and_changes_nothing(
    tmp_path: Path,
) -> None:
    """At 400 bytes of an exchange in each direction in the full run, at 12 in the default one."""
    dice = random.Random(16)
    async with open_place(tmp_path, kiosks=0) as place:
        authority = certify(place.data)
        place.restart_server()
        kiosk = await place.prepare_kiosk("k1")
        cable = place.cable_of(kiosk)
        url = cable.url.replace("ws://", "wss://")
        await kiosk.open(url, authority=str(authority))
        await kiosk.online()
        await kiosk.sign_in("s-nur")
        await kiosk.sent()
        batch = await kiosk.any_batch()
        met = 0
        for number in range(2 * FLIPS):
            cable.pull()
            await kiosk.measure(batch, "s-nur", 76.0 + number % 100 / 10)
            way = cable.up if number % 2 else cable.down
            before, way.flip_at = cable.connections, dice.randrange(way.carried or 1500)
            cable.plug()
            await _until_met(cable, kiosk, before)
            met += way.flip_at is None
            way.flip_at = None
            await kiosk.online()
            await kiosk.sent()
        assert met >= FLIPS, "most of the bits never flipped"
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == 2 * FLIPS


async def _until_met(cable: Cable, kiosk: KioskProcess, before: int) -> None:
    """The connection with the flip was left for another one, or nothing in it minded."""
    give_up_s = time.monotonic() + 40
    while cable.connections < before + 2:
        said = await kiosk.status()
        if said["line"] == "online" and not said["pending"]:
            return
        assert time.monotonic() < give_up_s, f"{said}\n{kiosk.log()[-2000:]}"
        await kiosk.ask("nudge")


@pytest.mark.slow
@pytest.mark.timeout(int(scaled(1800, 120)))
async def test_row_16_bit_that_flips_in_a_plain_frame_is_found_by_its_hash_and_not_applied(
    tmp_path: Path,
) -> None:
    """A tap that changed on the way does not follow the chain: the server takes it for another outbox.

    The kiosk then sets its outbox aside and reports each tap of it, which a person sees: nothing wrong
    is applied and nothing is dropped. Outside this machine there is TLS, where a flip ends the line.
    """
    flipping = _Flipping(random.Random(61))
    async with open_place(tmp_path) as place:
        kiosk = place.kiosks[0]
        cable = place.cable_of(kiosk)
        cable.up.edit = cable.down.edit = flipping.spoil
        await place.redial(kiosk)
        batch = await kiosk.any_batch()
        for number in range(PLAIN_FLIPS):
            flipping.armed = BY_HASHES[number % 2]
            actor = await kiosk.somebody()
            await kiosk.measure(batch, actor, 76.0 + number % 100 / 10)
            await kiosk.sent()
            flipping.armed = ""
        assert flipping.done >= PLAIN_FLIPS / 2
        await place.heal()
        counted = await common_check(place, set_aside=True)
        assert counted.applied + counted.set_aside == counted.confirmed == PLAIN_FLIPS
        assert counted.applied >= PLAIN_FLIPS / 2 - 1
        assert counted.set_aside >= 1
        _check_raw(place, kiosk)


class _Flipping:
    """Flips one bit of the next frame of the armed kind, anywhere in it but in its two first bytes."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.armed = ""
        self.done = 0

    def spoil(self, frame: RawFrame) -> Sequence[bytes]:
        """The frame as it goes on."""
        if not self.armed or not frame.says(self.armed):
            return [frame.raw]
        self.armed = ""
        self.done += 1
        spoiled = bytearray(frame.raw)
        first = len(frame.raw) - len(frame.payload)
        spoiled[self._dice.randrange(first, len(spoiled))] ^= 1 << self._dice.randrange(8)
        return [bytes(spoiled)]


def _check_raw(place: Place, kiosk: KioskProcess) -> None:
    """What the log took is byte for byte what the kiosk wrote."""
    engine = open_engine(place.database_url)
    try:
        stored = {each.command: each.raw for each in receipts_of(engine)}
    finally:
        engine.dispose()
    with closing(sqlite3.connect(kiosk.folder / "store" / "kiosk.db")) as db:
        written = dict(db.execute("SELECT id, bytes FROM outbox").fetchall())
        written |= dict(db.execute("SELECT id, bytes FROM salvaged").fetchall())
    shared = stored.keys() & written.keys()
    assert len(shared) >= PLAIN_FLIPS / 2 - 1
    assert all(stored[command] == written[command] for command in shared)
