"""A hint's few bytes: what is written is read again, and anything else is no hint."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dapur.ids import KitchenId
from server.bus.hints import SEQ_MAX, Hint, channel, decode, encode


@given(seq=st.integers(0, SEQ_MAX), origin=st.from_regex(r"[0-9a-f]{8,32}", fullmatch=True))
def test_hint_is_read_as_it_was_written(seq: int, origin: str) -> None:
    assert decode(encode(Hint(seq, origin))) == Hint(seq, origin)


@given(st.binary(max_size=64))
def test_bytes_of_a_stranger_never_raise(payload: bytes) -> None:
    found = decode(payload)
    assert found is None or 0 <= found.seq <= SEQ_MAX


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"7",
        b"7 ",
        b"-7 0123456789abcdef",
        b"7 0123456789ABCDEF",
        b"7  0123456789abcdef",
        b"7 0123456789abcdef\n",
        b"9223372036854775808 0123456789abcdef",
        b"99999999999999999999 0123456789abcdef",
        "\u0667 0123456789abcdef".encode(),
        b'{"seq": 7}',
        None,
        7,
        "7 0123456789abcdef",
    ],
)
def test_anything_else_is_no_hint(payload: object) -> None:
    assert decode(payload) is None


def test_each_kitchen_has_a_channel_of_its_own() -> None:
    assert channel(KitchenId("cendana-02")) == b"dapur:cendana-02:head"
