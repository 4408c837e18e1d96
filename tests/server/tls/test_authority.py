"""Certificates as OpenSSL judges them: good for their hosts, from their authority, and nothing else."""

from __future__ import annotations

import datetime as dt
import ssl
from pathlib import Path

import pytest

from server.tls import authority
from server.tls.authority import BadCertificate, Pair

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
OWN, OTHER = authority.new_authority(NOW), authority.new_authority(NOW)


def shaken(server: Pair, trusted: bytes, host: str, folder: Path) -> None:
    """A whole TLS 1.3 handshake in memory. Raises ssl.SSLCertVerificationError."""
    path = folder / "server.pem"
    path.write_bytes(server.certificate + server.key)
    there = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    there.load_cert_chain(path)
    here = ssl.create_default_context(cadata=trusted.decode())
    here.minimum_version = ssl.TLSVersion.TLSv1_3
    # What Python 3.13 asks by itself.
    here.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = here.wrap_bio(to_client, to_server, server_hostname=host)
    waiter = there.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (client, waiter):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert client.version() == "TLSv1.3"


@pytest.mark.parametrize("host", ["dapur.example.id", "192.0.2.7", "2001:db8::7"])
def test_certificate_is_good_for_each_of_its_hosts(host: str, tmp_path: Path) -> None:
    hosts = ("Dapur.Example.id", "192.0.2.7", "2001:db8::7")
    shaken(authority.issue(OWN, hosts, NOW), OWN.certificate, host, tmp_path)


@pytest.mark.parametrize(
    ("host", "trusted", "told"),
    [
        ("elsewhere.id", OWN.certificate, "Hostname mismatch"),
        ("dapur.example.id", OTHER.certificate, "self-signed|unable to get"),
    ],
)
def test_certificate_is_good_for_no_other_host_and_no_other_authority(
    host: str, trusted: bytes, told: str, tmp_path: Path
) -> None:
    server = authority.issue(OWN, ("dapur.example.id",), NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match=told):
        shaken(server, trusted, host, tmp_path)


def test_certificate_ends_after_a_year_and_signs_no_other(tmp_path: Path) -> None:
    old = authority.issue(OWN, ("a.id",), NOW - 398 * DAY)
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        shaken(old, OWN.certificate, "a.id", tmp_path)
    server = authority.issue(OWN, ("a.id",), NOW)
    forged = authority.issue(Pair(server.certificate, server.key), ("b.id",), NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"invalid CA|path length"):
        shaken(forged, OWN.certificate, "b.id", tmp_path)


def test_hosts_are_read_back_from_a_certificate() -> None:
    server = authority.issue(OWN, ("a.id", "127.0.0.1"), NOW)
    assert authority.hosts_of(server.certificate) == ("a.id", "127.0.0.1")
    assert authority.hosts_of(OWN.certificate) == ()


@pytest.mark.parametrize("host", ["", "a b", "-a.id", "a..id", "x" * 254])
def test_host_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="no host name"):
        authority.issue(OWN, (host,), NOW)


def test_pin_is_of_the_key_and_not_of_the_certificate() -> None:
    assert authority.pin(OWN.certificate) != authority.pin(OTHER.certificate)
    assert authority.pin(OWN.certificate + OTHER.certificate) == authority.pin(OWN.certificate)


def test_certificate_made_elsewhere_is_looked_at_before_it_is_used() -> None:
    server = authority.issue(OWN, ("a.id",), NOW)
    authority.check(server, OWN.certificate, NOW)
    authority.check(server, OTHER.certificate + OWN.certificate, NOW)
    late = NOW + 400 * DAY
    for pair, roots, now, told in (
        (Pair(server.certificate, OTHER.key), b"", NOW, "another certificate"),
        (OWN, b"", NOW, "names no host"),
        (server, b"", late, "not valid now"),
        (server, OTHER.certificate, NOW, "told of"),
        (Pair(b"", server.key), b"", NOW, "1 to 8 certificates"),
        (Pair(server.certificate, b"-----BEGIN"), b"", NOW, "no private key"),
        (Pair(b"-----BEGIN CERTIFICATE-----\nx", b""), b"", NOW, "can be read"),
    ):
        with pytest.raises(BadCertificate, match=told):
            authority.check(pair, roots, now)


def test_key_stands_in_no_text_about_a_pair() -> None:
    assert "PRIVATE" not in f"{OWN!r} {OWN}"
