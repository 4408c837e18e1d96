"""What an enrolment code looks like: twelve characters that people read out; stores nothing."""

from __future__ import annotations

import hashlib
import secrets

from dapur.enrolment import ALPHABET, CODE_CHARS, PIN_CHARS, bare, grouped
from server.identity.tables import LOCATOR_CHARS

CHARS = CODE_CHARS
"""Four find the code, eight (40 bits) are the secret: five tries are nothing against them."""


def fresh() -> str:
    """A code without its dashes."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CHARS))


def shown(code: str) -> str:
    """As people see it: `7QK2-M0ZD-H4TN`."""
    return grouped(code)


def read(text: str) -> str | None:
    """What somebody typed, whatever case and dashes; None when it cannot be a code.

    A device that leaves the authority's pin behind its code is understood too.
    """
    code = bare(text)
    return code[:CHARS] if code is not None and len(code) in (CHARS, CHARS + PIN_CHARS) else None


def locator(code: str) -> str:
    """The part by which the server finds the code, to count tries against it."""
    return code[:LOCATOR_CHARS]


def digest(code: str) -> bytes:
    """What the server keeps of a code."""
    return hashlib.sha256(b"dapur enrolment code\n" + code.encode()).digest()
