"""The text that lets a new kiosk in: a one-time code, and by what to know the server; it makes no code.

Twelve characters are the code. Where the server has an authority of its own, twenty more follow: the
first 100 bits of SHA-256 over the authority's public key. Whoever stands between a new kiosk and its
server would need another key with the same hundred bits.
"""

from __future__ import annotations

import hashlib

import msgspec

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no letter that looks like a digit, no U."""
GROUP = 4
CODE_CHARS = 3 * GROUP
PIN_CHARS = 5 * GROUP
_CODE_SHOWN = CODE_CHARS + CODE_CHARS // GROUP - 1
_CHAR_BITS = 5
_HASH_BITS = 256
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


class Ticket(msgspec.Struct, frozen=True):
    """What somebody typed at a new kiosk, taken apart."""

    code: str
    """For the server; as typed when it is no ticket of ours."""
    pin: str = ""
    """Of the server's authority; empty: the kiosk must know the server otherwise."""


def bare(text: str) -> str | None:
    """The characters of a typed text, whatever case and dashes; None when one is none of ours."""
    found = text.upper().translate(_READ_AS)
    return found if set(found) <= set(ALPHABET) else None


def grouped(text: str) -> str:
    """As people see it: `7QK2-M0ZD-H4TN`."""
    return "-".join(text[at : at + GROUP] for at in range(0, len(text), GROUP))


def pin_of(public_key: bytes) -> str:
    """The pin of a public key, given as its DER SubjectPublicKeyInfo."""
    number = int.from_bytes(hashlib.sha256(public_key).digest(), "big")
    shifts = range(_HASH_BITS - _CHAR_BITS, _HASH_BITS - _CHAR_BITS * (PIN_CHARS + 1), -_CHAR_BITS)
    return "".join(ALPHABET[number >> shift & 31] for shift in shifts)


def ticket_text(code: str, pin: str) -> str:
    """A code (as shown) with the pin behind it, as shown."""
    return f"{code}-{grouped(pin)}" if pin else code


def in_lines(text: str) -> str:
    """A ticket for a screen: the pin stands under the code, and a dash says that it goes on."""
    code, pin = text[:_CODE_SHOWN], text[_CODE_SHOWN + 1 :]
    return f"{code}-\n{pin}" if pin else text


def read_ticket(text: str) -> Ticket:
    """What was typed; a text of another length is a code without a pin."""
    found = bare(text)
    if found is None or len(found) != CODE_CHARS + PIN_CHARS:
        return Ticket(text)
    return Ticket(grouped(found[:CODE_CHARS]), found[CODE_CHARS:])
