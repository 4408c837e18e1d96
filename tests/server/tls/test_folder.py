"""The folder of certificates and a running server's view of it: renewed, succeeded, broken."""

from __future__ import annotations

import datetime as dt
import os
import ssl
import stat
from pathlib import Path

import pytest

from server.tls import authority
from server.tls.authority import BadCertificate, Pair
from server.tls.folder import ANNOUNCED, SERVER, TlsFolder
from server.tls.live import Certificates

NOW = dt.datetime.now(dt.UTC)
HOSTS = ("a.id", "127.0.0.1")


@pytest.fixture
def folder(tmp_path: Path) -> TlsFolder:
    made = TlsFolder(tmp_path)
    made.make(HOSTS, NOW)
    return made


def live(folder: TlsFolder) -> Certificates:
    return Certificates(folder.path / SERVER, None, folder.path / ANNOUNCED)


def from_present(folder: TlsFolder) -> bool:
    """Whether the server's certificate comes from the authority that is told first."""
    chain = authority.split(folder.chain())
    return chain[1] == folder.announced()[0]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_nobody_else_reads_the_keys(folder: TlsFolder) -> None:
    folder.announce(NOW)
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.path.iterdir()} == {0o600}


def test_no_key_stands_in_what_kiosks_are_told(folder: TlsFolder) -> None:
    folder.announce(NOW)
    assert b"PRIVATE" not in (folder.path / ANNOUNCED).read_bytes()
    assert b"PRIVATE" not in "".join(live(folder).authorities).encode()


def test_renewed_certificate_has_the_same_hosts_and_authority_and_another_key(
    folder: TlsFolder,
) -> None:
    told, before = folder.announced(), folder.chain()
    folder.renew(NOW)
    assert folder.hosts() == HOSTS
    assert folder.announced() == told
    assert from_present(folder)
    assert folder.chain() != before
    folder.renew(NOW, ("b.id",))
    assert folder.hosts() == ("b.id",)


def test_next_authority_is_told_before_it_signs_and_the_old_one_until_it_is_forgotten(
    folder: TlsFolder,
) -> None:
    [first] = folder.announced()
    folder.announce(NOW)
    assert folder.announced()[0] == first
    second = folder.announced()[1]
    assert from_present(folder)
    folder.rollover(NOW)
    assert folder.announced() == (second, first)
    assert from_present(folder)
    assert folder.hosts() == HOSTS
    assert not folder.has_next
    folder.forget()
    assert folder.announced() == (second,)


def test_rollover_that_was_cut_short_is_ended_by_doing_it_again(
    folder: TlsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.announce(NOW)
    told = set(folder.announced())
    for cut_after in (1, 2):
        writes: list[str] = []

        def cut(name: str, text: bytes, most: int = cut_after, done: list[str] = writes) -> None:
            if len(done) == most:
                raise OSError("power cut")
            done.append(name)
            TlsFolder._write(folder, name, text)

        with monkeypatch.context() as patch:
            patch.setattr(folder, "_write", cut)
            patch.setattr(Path, "replace", _unless_last(Path.replace))
            with pytest.raises(OSError, match="power cut"):
                folder.rollover(NOW)
        assert authority.split(folder.chain())[1] in folder.announced(), "kiosks would be lost"
    folder.rollover(NOW)
    assert from_present(folder)
    assert set(folder.announced()) == told


def _unless_last(real: object) -> object:
    def replace(path: Path, target: Path) -> Path:
        if path.suffix != ".new":
            raise OSError("power cut")
        assert callable(real)
        return Path(real(path, target))

    return replace


def test_operator_brings_a_certificate_and_the_own_authority_is_gone(folder: TlsFolder) -> None:
    other = authority.new_authority(NOW)
    given = authority.issue(other, ("c.id",), NOW)
    folder.take(given, other.certificate, NOW)
    assert (folder.hosts(), folder.announced()) == (("c.id",), (other.certificate,))
    assert not folder.has_authority
    with pytest.raises(BadCertificate, match="missing"):
        folder.renew(NOW)
    folder.take(given, b"", NOW)
    assert folder.announced() == ()
    with pytest.raises(BadCertificate):
        folder.take(Pair(given.certificate, other.key), b"", NOW)


# ---- a running server ----------------------------------------------------------------------------


def test_server_takes_a_renewed_certificate_without_a_restart(folder: TlsFolder) -> None:
    server = live(folder)
    context, ends_s, pin = server.context, server.expires_s, server.pin
    assert server.look() is False
    folder.renew(NOW + dt.timedelta(days=1))
    folder.announce(NOW)
    assert server.look() is True
    assert server.context is context, "the listener holds this one"
    assert server.expires_s > ends_s
    assert (server.pin, len(server.authorities)) == (pin, 2)


@pytest.mark.expected_log("the certificate cannot be loaded anew")
@pytest.mark.parametrize("broken", [b"", b"nonsense", "key"])
def test_server_keeps_what_it_has_when_the_files_are_broken(
    folder: TlsFolder, broken: bytes | str
) -> None:
    server = live(folder)
    ends_s, path = server.expires_s, folder.path / SERVER
    good = path.read_bytes()
    foreign = authority.new_authority(NOW)
    certificate = good.partition(b"-----BEGIN PRIVATE")[0]
    path.write_bytes(certificate + foreign.key if isinstance(broken, str) else broken)
    assert server.look() is False
    assert server.expires_s == ends_s
    path.unlink()
    assert server.look() is False
    path.write_bytes(good)
    assert server.look() is True


def test_server_without_a_certificate_has_no_tls_and_tells_nothing() -> None:
    server = Certificates(None)
    assert (server.context, server.authorities, server.pin) == (None, (), "")
    assert server.look() is False


def test_server_does_not_start_with_an_authority_that_would_lock_its_kiosks_out(
    folder: TlsFolder,
) -> None:
    (folder.path / ANNOUNCED).write_bytes(authority.new_authority(NOW).certificate)
    with pytest.raises(BadCertificate, match="told of"):
        live(folder)


def test_server_speaks_no_older_tls(folder: TlsFolder) -> None:
    there = live(folder).context
    assert there is not None
    here = ssl.create_default_context(cadata=folder.announced()[0].decode())
    here.maximum_version = ssl.TLSVersion.TLSv1_2
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = here.wrap_bio(to_client, to_server, server_hostname="a.id")
    waiter = there.wrap_bio(to_server, to_client, server_side=True)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    with pytest.raises(ssl.SSLError, match="UNSUPPORTED_PROTOCOL"):
        waiter.do_handshake()
