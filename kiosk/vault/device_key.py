"""The kiosk's two secrets: the key that proves who it is, and the key of its verifiers. Sends none."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.vault import private_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from keyring.backend import KeyringBackend

KEYRING_ENV = "DAPUR_KEYRING"
"""`1` puts new secrets into the system's key store. Off by default: a kiosk that starts without a
person logged in meets a locked store."""
SECRET_BYTES = 32
"""An Ed25519 seed; an AES-256 key."""
SERVICE = "dapur-kiosk"
DEVICE_KEY = "device.key"
VERIFIER_KEY = "verifiers.key"
_IN_KEYRING = b"keyring\n"
"""Content of the file when the secret itself is in the key store, so that a kiosk started later
without the variable does not make itself a new key and lose its enrolment."""


class KeyLost(Exception):
    """The secret is there and cannot be read: put it back from a backup, or enrol the kiosk anew."""


class DeviceKey:
    """Ed25519; the `Key` of `kiosk.link`. Thread-safe."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        # Loaded with the first signature, which is asked for when the board stands.
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self._seed)

    @classmethod
    def load_or_make(cls, folder: Path, environment: Mapping[str, str] = os.environ) -> DeviceKey:
        """The key of this kiosk, made and stored at the first call.

        `folder` is private to this kiosk. Raises KeyLost, OSError.
        """
        return cls(_load_or_make(folder, DEVICE_KEY, environment))

    @property
    def public_key(self) -> bytes:
        """32 bytes."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, text: bytes) -> bytes:
        """64 bytes over `text`."""
        return self._key.sign(text)


def verifier_key(folder: Path, environment: Mapping[str, str] = os.environ) -> bytes:
    """32 bytes that encrypt the offline verifiers; made at the first call, kept beside the device key.

    Never fails for a lost key: a new one costs each person one sign-in online. Raises OSError.
    """
    try:
        return _load_or_make(folder, VERIFIER_KEY, environment)
    except KeyLost:
        return _make(folder, VERIFIER_KEY, environment)


def _load_or_make(folder: Path, name: str, environment: Mapping[str, str]) -> bytes:
    path = folder / name
    content = private_file.read(path)
    if content is None:
        return _make(folder, name, environment)
    if content == _IN_KEYRING:
        return _from_keyring(path)
    if len(content) != SECRET_BYTES:
        raise KeyLost(f"{path} is damaged: {len(content)} bytes instead of {SECRET_BYTES}")
    return content


def _make(folder: Path, name: str, environment: Mapping[str, str]) -> bytes:
    secret = secrets.token_bytes(SECRET_BYTES)
    path = folder / name
    store = _keyring() if environment.get(KEYRING_ENV) == "1" else None
    if store is None:
        private_file.write(path, secret)
        return secret
    store.set_password(SERVICE, _entry(path), secret.hex())
    # Second: a marker without its secret would lock the kiosk out.
    private_file.write(path, _IN_KEYRING)
    return secret


def _from_keyring(path: Path) -> bytes:
    store = _keyring()
    found = None if store is None else store.get_password(SERVICE, _entry(path))
    try:
        secret = bytes.fromhex(found or "")
    except ValueError:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise KeyLost(f"{path}: the key store does not have the secret")
    return secret


def _entry(path: Path) -> str:
    """Several kiosks of one machine have several folders."""
    return str(path.absolute())


def _keyring() -> KeyringBackend | None:
    """The system's key store; None where there is only a stand-in that keeps nothing."""
    import keyring
    from keyring.backends import fail, null

    store = keyring.get_keyring()
    return None if isinstance(store, fail.Keyring | null.Keyring) else store
