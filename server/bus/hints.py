"""How a hint stands on Redis: its channel and its few bytes; it trusts nothing that it reads."""

from __future__ import annotations

import re

import msgspec

from dapur.ids import KitchenId

SEQ_MAX = 2**63 - 1
"""What the database's column holds."""
_HINT = re.compile(rb"(\d{1,19}) ([0-9a-f]{8,32})\Z")


class Hint(msgspec.Struct, frozen=True):
    """The log of a kitchen is said to reach `seq`."""

    seq: int
    origin: str
    """The process that says so: it need not hear itself."""


def channel(kitchen: KitchenId) -> bytes:
    """Where the hints of one kitchen are heard."""
    return f"dapur:{kitchen}:head".encode()


def encode(hint: Hint) -> bytes:
    """`seq origin`, in decimal and in hexadecimal digits."""
    return b"%d %s" % (hint.seq, hint.origin.encode())


def decode(payload: object) -> Hint | None:
    """A hint, or None for anything else: whoever can reach Redis may publish."""
    found = _HINT.match(payload) if isinstance(payload, bytes) else None
    if found is None or int(found[1]) > SEQ_MAX:
        return None
    return Hint(int(found[1]), found[2].decode())
