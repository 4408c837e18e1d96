"""What the line needs of the device's key; it holds none."""

from __future__ import annotations

from typing import Protocol


class Key(Protocol):
    """The device's identity: Ed25519."""

    @property
    def public_key(self) -> bytes:
        """32 bytes."""
        ...

    def sign(self, text: bytes) -> bytes:
        """64 bytes over `text`."""
        ...
