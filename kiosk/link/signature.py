"""Whether the server signed something; the key is that of this kiosk's enrolment."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def signed_by(public_key: bytes, signature: bytes, text: bytes) -> bool:
    """Whether the holder of this Ed25519 key signed the text."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True
