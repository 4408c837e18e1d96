"""Who this kiosk is, in a file of its own: it outlives a damaged database and carries no secret."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from dapur.ids import DeviceId, KitchenId
from dapur.wire.messages import Enrolled


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the server said when this kiosk was enrolled, and where that server is."""

    device: DeviceId
    kitchen: KitchenId
    server_key: bytes
    """Ed25519 key that signs the server's `top`."""
    url: str


class BadIdentity(ValueError):
    """The file cannot be read: an operator must put it back or enrol the kiosk anew."""


def identity_of(enrolled: Enrolled, url: str) -> Identity:
    """The identity that a server at `url` gave."""
    return Identity(enrolled.device, enrolled.kitchen, enrolled.server_key, url)


def load(path: Path) -> Identity | None:
    """Who this kiosk is, None when it was never enrolled. Raises BadIdentity."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Identity)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise BadIdentity(f"{path}: {error}") from error


def save(path: Path, identity: Identity) -> None:
    """Write it whole or not at all, also at a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as file:
        file.write(msgspec.json.encode(identity))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
