"""What an operator may type, and who a kiosk is."""

from __future__ import annotations

from pathlib import Path

import pytest

from dapur.ids import DeviceId, KitchenId
from kiosk.local.identity import BadIdentity, Identity, load, save
from kiosk.settings import BadSettings, parse


def test_kiosk_takes_its_options_from_the_line_before_the_environment(tmp_path: Path) -> None:
    environment = {"DAPUR_SERVER": "wss://a.example:8443", "DAPUR_KIOSK_DATA": "/elsewhere"}
    settings = parse(["--data", str(tmp_path), "--enrol", "1234"], environment)
    assert settings.data == tmp_path
    assert settings.server == "wss://a.example:8443"
    assert settings.enrol == "1234"
    assert {settings.store, settings.identity, settings.secrets} == {
        tmp_path / "store",
        tmp_path / "identity.json",
        tmp_path / "secrets",
    }
    assert str(parse([], environment).data) == "/elsewhere"


@pytest.mark.parametrize(
    "address",
    ["http://a.example", "ws://a.example:80", "ws://192.168.1.7:8000", "wss://", "nonsense"],
)
def test_kiosk_refuses_an_address_that_is_none_or_in_the_clear(address: str) -> None:
    with pytest.raises(BadSettings):
        parse(["--server", address], {})


@pytest.mark.parametrize("address", ["ws://127.0.0.1:8000/", "ws://[::1]:8000", "ws://localhost:1"])
def test_kiosk_calls_its_own_machine_in_the_clear(address: str) -> None:
    assert parse(["--server", address], {}).server == address


def test_identity_is_what_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "data" / "identity.json"
    assert load(path) is None
    identity = Identity(DeviceId("K-1"), KitchenId("k"), b"\1" * 32, "ws://127.0.0.1:1/")
    save(path, identity)
    save(path, identity)
    assert load(path) == identity


def test_spoilt_identity_is_said_and_not_taken_for_a_fresh_kiosk(tmp_path: Path) -> None:
    path = tmp_path / "identity.json"
    path.write_bytes(b'{"device": "K-1"')
    with pytest.raises(BadIdentity, match="identity"):
        load(path)
