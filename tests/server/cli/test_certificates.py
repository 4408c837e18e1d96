"""Commands about certificates, typed in the order in which an operator needs them."""

from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path

import pytest

from dapur.enrolment import grouped, read_ticket
from dapur.ids import DeviceId
from server.desk.ports import Sign
from server.settings import load
from server.tls import authority
from server.tls.folder import TlsFolder
from tests.support.cli_rig import Operator, made_folder

HOUR_S = 3600
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def operator(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Operator:
    return Operator(made_folder(tmp_path / "server"), capsys, monkeypatch)


@pytest.fixture
def secure(operator: Operator) -> Operator:
    operator.done("init", "--host", "dapur.id", "--host", "192.0.2.7")
    return operator


def pin(operator: Operator) -> str:
    return authority.pin(TlsFolder(operator.data).announced()[0])


def test_init_makes_a_certificate_for_the_hosts_and_settings_that_name_it(
    operator: Operator,
) -> None:
    (operator.data / "server.toml").write_text("port = 8800\n", encoding="utf-8")
    said = operator.done("init", "--host", "dapur.id", "--host", "192.0.2.7")
    assert "a certificate for dapur.id, 192.0.2.7, good until" in said.out
    settings = load(operator.data, {})
    assert settings.port == 8800
    assert settings.tls_cert == operator.data / "tls" / "server.pem"
    assert settings.tls_authority == operator.data / "tls" / "authorities.pem"
    shown = operator.done("certificate", "show")
    assert f"authority: {grouped(pin(operator))}, until" in shown.out


def test_init_makes_no_second_authority_under_kiosks_that_trust_the_first(secure: Operator) -> None:
    before = pin(secure)
    said = secure("init", "--host", "other.id")
    assert (said.code, said.out) == (1, "")
    assert "already" in said.err
    assert pin(secure) == before
    assert secure.done("init").code == 0


def test_init_says_which_host_is_none(operator: Operator) -> None:
    said = operator("init", "--host", "a b")
    assert said.code == 1
    assert "'a b' is no host name" in said.err
    assert not (operator.data / "server.toml").exists()


def test_code_of_a_new_kiosk_carries_the_pin(secure: Operator) -> None:
    secure.done("kitchen", "add", "sppg-1", "--name", "Uji")
    words = ("device", "code", "--kitchen", "sppg-1", "--name", "Kios 1")
    ticket = read_ticket(secure.done(*words).lines[-1])
    assert ticket.pin == pin(secure)
    with secure.rooms() as opened:
        assert opened.identity.enrol(ticket.code, b"\1" * 32, int(time.time() * 1000)).device
    (secure.data / "tls" / "authorities.pem").unlink()
    assert secure(*words).code == 1, "a code without the pin would be of no use"


def test_renewed_certificate_is_for_the_same_hosts_unless_told_otherwise(secure: Operator) -> None:
    assert "for dapur.id, 192.0.2.7" in secure.done("certificate", "renew").out
    assert "for b.id," in secure.done("certificate", "renew", "--host", "b.id").out


def enrolled(operator: Operator, heard_s: float) -> DeviceId:
    """A kiosk that was last heard at this moment."""
    now_ms = int(time.time() * 1000)
    operator.done("kitchen", "add", "sppg-1", "--name", "Uji")
    with operator.rooms() as opened:
        [kitchen] = [each.id for each in opened.identity.kitchens()]
        code = opened.identity.new_code(kitchen, "Kios 1", now_ms)
        device = opened.identity.enrol(code, os.urandom(32), now_ms).device
        opened.identity.heard({device: Sign(0, "t", 0, None)}, 1, int(heard_s * 1000))
    return device


def test_rollover_waits_for_kiosks_that_have_not_heard_of_it(secure: Operator) -> None:
    first = pin(secure)
    device = enrolled(secure, time.time())
    assert "no next authority" in secure("certificate", "rollover").err
    secure.done("certificate", "announce")
    assert "announced already" in secure("certificate", "announce").err
    assert f"has not heard of the next authority yet: sppg-1\t{device}" in (
        secure.done("certificate", "show").out
    )
    said = secure("certificate", "rollover")
    assert (said.code, pin(secure)) == (1, first)
    with secure.rooms() as opened:
        later_ms = int((time.time() + 3 * HOUR_S) * 1000)
        opened.identity.heard({device: Sign(0, "t", 0, None)}, 1, later_ms)
    secure.done("certificate", "rollover")
    assert pin(secure) != first
    assert "also trusted" in secure.done("certificate", "show").out
    secure.done("certificate", "forget")
    assert "also trusted" not in secure.done("certificate", "show").out


def test_rollover_goes_over_at_once_and_past_revoked_kiosks_when_told_so(secure: Operator) -> None:
    first, device = pin(secure), enrolled(secure, time.time())
    secure.done("certificate", "announce")
    secure.done("certificate", "rollover", "--now")
    second = pin(secure)
    assert second != first
    secure.done("certificate", "announce")
    secure.done("device", "revoke", device)
    secure.done("certificate", "rollover")
    assert pin(secure) != second


def test_operator_brings_a_certificate(operator: Operator, tmp_path: Path) -> None:
    root = authority.new_authority(NOW)
    given = authority.issue(root, ("c.id",), NOW)
    for name, text in (("c", given.certificate), ("k", given.key), ("r", root.certificate)):
        (tmp_path / name).write_bytes(text)
    use = ("certificate", "use", "--cert", tmp_path / "c", "--key", tmp_path / "k")
    assert "for c.id," in operator.done(*use, "--authority", tmp_path / "r").out
    assert load(operator.data, {}).tls_cert == operator.data / "tls" / "server.pem"
    for word in ("renew", "announce", "rollover", "forget"):
        assert operator("certificate", word).code == 1
    said = operator("certificate", "use", "--cert", tmp_path / "c", "--key", tmp_path / "r")
    assert said.code == 1
    assert "no private key" in said.err


@pytest.mark.parametrize("word", ["show", "renew", "announce", "rollover", "forget"])
def test_server_without_a_certificate_has_nothing_to_act_on(operator: Operator, word: str) -> None:
    said = operator("certificate", word)
    assert said.code == 1
    assert "no certificate" in said.err
