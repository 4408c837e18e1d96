"""What an enrolment code looks like: twelve characters that people read out; stores nothing."""

from __future__ import annotations

import hashlib
import secrets

from server.identity.tables import LOCATOR_CHARS

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no letter that looks like a digit, no U."""
GROUP = 4
CHARS = 3 * GROUP
"""Four find the code, eight (40 bits) are the secret: five tries are nothing against them."""
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def fresh() -> str:
    """A code without its dashes."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CHARS))


def shown(code: str) -> str:
    """As people see it: `7QK2-M0ZD-H4TN`."""
    return "-".join(code[at : at + GROUP] for at in range(0, CHARS, GROUP))


def read(text: str) -> str | None:
    """What somebody typed, whatever case and dashes; None when it cannot be a code."""
    code = text.upper().translate(_READ_AS)
    return code if len(code) == CHARS and set(code) <= set(ALPHABET) else None


def locator(code: str) -> str:
    """The part by which the server finds the code, to count tries against it."""
    return code[:LOCATOR_CHARS]


def digest(code: str) -> bytes:
    """What the server keeps of a code."""
    return hashlib.sha256(b"dapur enrolment code\n" + code.encode()).digest()
