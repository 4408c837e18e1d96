"""The kiosk's secrets stay the same, private, and are never silently replaced."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import keyring
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from keyring.core import load_keyring

from kiosk.vault.device_key import (
    DEVICE_KEY,
    KEYRING_ENV,
    VERIFIER_KEY,
    DeviceKey,
    KeyLost,
    verifier_key,
)

IN_KEYRING = {KEYRING_ENV: "1"}


class DictKeyring:
    """A key store in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture
def system_store(monkeypatch: pytest.MonkeyPatch) -> DictKeyring:
    store = DictKeyring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: store)
    return store


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_kiosk_keeps_its_key_over_restarts(tmp_path: Path) -> None:
    first = DeviceKey.load_or_make(tmp_path / "secrets", {})
    again = DeviceKey.load_or_make(tmp_path / "secrets", {})
    assert first.public_key == again.public_key
    assert len(first.public_key) == 32
    Ed25519PublicKey.from_public_bytes(again.public_key).verify(first.sign(b"text"), b"text")


def test_two_kiosks_have_two_keys_and_one_does_not_sign_for_the_other(tmp_path: Path) -> None:
    one = DeviceKey.load_or_make(tmp_path / "1", {})
    other = DeviceKey.load_or_make(tmp_path / "2", {})
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(one.public_key).verify(other.sign(b"text"), b"text")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_secrets_are_readable_by_this_user_only(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    DeviceKey.load_or_make(folder, {})
    verifier_key(folder, {})
    assert mode(folder) == 0o700
    assert [mode(folder / name) for name in (DEVICE_KEY, VERIFIER_KEY)] == [0o600, 0o600]
    (folder / DEVICE_KEY).chmod(0o644)
    DeviceKey.load_or_make(folder, {})
    assert mode(folder / DEVICE_KEY) == 0o600


def test_kiosk_makes_no_new_key_when_its_key_is_damaged(tmp_path: Path) -> None:
    DeviceKey.load_or_make(tmp_path, {})
    (tmp_path / DEVICE_KEY).write_bytes(b"half a key")
    with pytest.raises(KeyLost, match="10 bytes"):
        DeviceKey.load_or_make(tmp_path, {})
    assert (tmp_path / DEVICE_KEY).read_bytes() == b"half a key"


def test_kiosk_makes_a_new_verifier_key_when_that_one_is_damaged(tmp_path: Path) -> None:
    first = verifier_key(tmp_path, {})
    assert verifier_key(tmp_path, {}) == first
    (tmp_path / VERIFIER_KEY).write_bytes(b"")
    fresh = verifier_key(tmp_path, {})
    assert len(fresh) == 32
    assert fresh != first


def test_kiosk_starts_when_a_power_cut_left_half_a_key(tmp_path: Path) -> None:
    (tmp_path / f"{DEVICE_KEY}.new").write_bytes(b"ha")
    key = DeviceKey.load_or_make(tmp_path, {})
    assert DeviceKey.load_or_make(tmp_path, {}).public_key == key.public_key
    assert not (tmp_path / f"{DEVICE_KEY}.new").exists()


def test_kiosk_uses_the_systems_store_when_told_so(
    tmp_path: Path, system_store: DictKeyring
) -> None:
    key = DeviceKey.load_or_make(tmp_path, IN_KEYRING)
    assert len(system_store.kept) == 1
    (secret,) = system_store.kept.values()
    assert bytes.fromhex(secret) not in (tmp_path / DEVICE_KEY).read_bytes()
    # Started without the variable, it still is the same kiosk.
    assert DeviceKey.load_or_make(tmp_path, {}).public_key == key.public_key


def test_kiosk_makes_no_new_key_when_the_systems_store_forgot_it(
    tmp_path: Path, system_store: DictKeyring
) -> None:
    DeviceKey.load_or_make(tmp_path, IN_KEYRING)
    system_store.kept.clear()
    with pytest.raises(KeyLost, match="key store"):
        DeviceKey.load_or_make(tmp_path, IN_KEYRING)


def test_kiosk_uses_a_file_where_the_system_has_no_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = load_keyring("keyring.backends.fail.Keyring")
    monkeypatch.setattr(keyring, "get_keyring", lambda: stand_in)
    key = DeviceKey.load_or_make(tmp_path, IN_KEYRING)
    assert len((tmp_path / DEVICE_KEY).read_bytes()) == 32
    assert DeviceKey.load_or_make(tmp_path, IN_KEYRING).public_key == key.public_key


def test_file_of_a_kiosk_stays_in_use_when_the_store_is_switched_on_later(
    tmp_path: Path, system_store: DictKeyring
) -> None:
    key = DeviceKey.load_or_make(tmp_path, {})
    assert DeviceKey.load_or_make(tmp_path, IN_KEYRING).public_key == key.public_key
    assert not system_store.kept
