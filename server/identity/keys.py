"""The key with which the server signs its heads; made once for a database, shared by its servers."""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from server.identity.tables import KEY_BYTES, server_key
from server.log.engine import reading, writing


def load_or_make(engine: Engine) -> Ed25519PrivateKey:
    """The server's Ed25519 key. Raises Unavailable.

    It lies in the database (see `tables.server_key`), so who can read a backup can sign heads: keep
    backups as private as the data folder.
    """
    seed = _stored(engine)
    if seed is None:
        try:
            with writing(engine) as connection:
                row = {"id": 1, "seed": secrets.token_bytes(KEY_BYTES)}
                connection.execute(insert(server_key).values(row))
        except IntegrityError:
            pass  # another server was first; its key counts
        seed = _stored(engine)
    if seed is None:
        raise RuntimeError("the server's key was stored and is not there")
    return Ed25519PrivateKey.from_private_bytes(seed)


def _stored(engine: Engine) -> bytes | None:
    with reading(engine) as connection:
        seed: bytes | None = connection.scalars(select(server_key.c.seed)).one_or_none()
    return seed
