"""The text behind which a new kiosk comes in: typed by people, taken apart without a doubt."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dapur.enrolment import (
    ALPHABET,
    CODE_CHARS,
    PIN_CHARS,
    Ticket,
    grouped,
    in_lines,
    pin_of,
    read_ticket,
    ticket_text,
)
from server.identity import codes

CODE = "7QK2-M0ZD-H4TN"


def characters(count: int) -> st.SearchStrategy[str]:
    return st.text(ALPHABET, min_size=count, max_size=count)


@given(characters(CODE_CHARS), st.binary())
def test_ticket_gives_back_its_code_and_its_pin(code: str, key: bytes) -> None:
    pin = pin_of(key)
    text = ticket_text(grouped(code), pin)
    assert read_ticket(text) == Ticket(grouped(code), pin)
    sloppy = text.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert read_ticket(sloppy) == Ticket(grouped(code), pin)


@given(st.binary())
def test_pin_is_the_first_hundred_bits_of_the_keys_hash(key: bytes) -> None:
    pin = pin_of(key)
    assert len(pin) == PIN_CHARS
    bits = "".join(f"{ALPHABET.index(char):05b}" for char in pin)
    whole = int.from_bytes(hashlib.sha256(key).digest(), "big")
    assert bits == f"{whole:0256b}"[:100]


@pytest.mark.parametrize("text", ["", CODE, "1234-5678", f"{CODE}-{CODE}", "Ü" * 32])
def test_text_without_a_pin_is_left_as_it_was_typed(text: str) -> None:
    assert read_ticket(text) == Ticket(text)
    assert ticket_text(CODE, "") == CODE


def test_screen_shows_the_pin_under_the_code_and_that_the_code_goes_on() -> None:
    shown = in_lines(ticket_text(CODE, pin_of(b"key")))
    first, second = shown.split("\n")
    assert first == f"{CODE}-"
    assert first + second == ticket_text(CODE, pin_of(b"key"))
    assert (in_lines(CODE), in_lines("7KQ2-M9XD")) == (CODE, "7KQ2-M9XD")
    assert read_ticket(shown.replace("\n", " ")) == Ticket(CODE, pin_of(b"key"))


def test_server_understands_a_device_that_leaves_the_pin_behind_the_code() -> None:
    assert codes.read(ticket_text(CODE, pin_of(b"key"))) == codes.read(CODE) == "7QK2M0ZDH4TN"
    assert codes.read(f"{CODE}-{CODE}") is None
