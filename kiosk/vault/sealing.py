"""Hashes PINs and seals a file's content; knows nobody and keeps nothing. Slow to load: load it when it is needed."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP's least for argon2id; about 40 ms, so call from a thread."""
_NONCE_BYTES = 12
_BOUND_TO = b"dapur verifiers 1"
"""Authenticated with the content: no other file under the same key is taken for this one."""


def hashed(pin: str) -> str:
    """An argon2id hash with its own salt."""
    return HASHER.hash(pin)


def matches(made: str, pin: str) -> bool:
    """Whether this PIN made that hash; what is no hash matches nothing."""
    try:
        return HASHER.verify(made, pin)
    except (VerificationError, InvalidHashError):
        return False


def sealed(plain: bytes, key: bytes) -> bytes:
    """`plain` under AES-256-GCM with a fresh nonce before it; `key` is 32 bytes."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, _BOUND_TO)


def opened(content: bytes, key: bytes) -> bytes:
    """What was sealed. Raises ValueError when this key did not seal it."""
    nonce, rest = content[:_NONCE_BYTES], content[_NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, rest, _BOUND_TO)
    except InvalidTag as error:
        raise ValueError("not sealed by this key") from error
