"""A real server process on a SQLite file, put together without the command line: `python -m` it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dapur.ids import KitchenId
from server import logs
from server.app import Doorway, compose, run_loop, serve
from server.log.schema import upgrade
from tests.support.fake_identity import FakeIdentity


def main(data: Path, port: int) -> None:
    """Serve the devices of `devices.json` (name → kitchen and private key) until told to end."""
    logs.set_up()
    url = f"sqlite:///{data / 'server.db'}"
    upgrade(url)
    parts = compose(url)
    identity = FakeIdentity()
    for name, (kitchen, key) in json.loads((data / "devices.json").read_text()).items():
        parts.log.create_kitchen(KitchenId(kitchen), epoch="e-1")
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key))
        identity.add(name, KitchenId(kitchen), private)
    parts = msgspec.structs.replace(parts, identity=identity)
    run_loop(serve(parts, Doorway(port=port, drain_s=0.2, ready_file=data / "ready.json")))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
