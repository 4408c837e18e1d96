"""The reader of frames against strangers: every text is a frame or a BadFrame, nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dapur.wire.codec import (
    BadFrame,
    decode_claims,
    decode_client,
    decode_server,
    encode,
    encode_bytes,
)
from dapur.wire.messages import (
    COUNT_MAX,
    FRAME_MAX_BYTES,
    Got,
    Hello,
    Pull,
    Row,
    Submit,
    Top,
)

HASH = "A" * 43 + "="

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)
frames = st.builds(
    lambda kind, fields: json.dumps({"type": kind, **fields}),
    st.sampled_from(["hello", "enrol", "pull", "submit", "got", "query", "page", ""]),
    st.dictionaries(
        st.sampled_from(["since", "pages", "part", "rows", "seq", "sent_ms", "id", "name", "args"]),
        json_values,
    ),
)


@given(frames | st.text() | st.binary(max_size=200) | st.builds(json.dumps, json_values))
def test_any_text_is_a_frame_or_a_bad_frame(text: str | bytes) -> None:
    for decode in (decode_client, decode_server):
        try:
            frame = decode(text)
        except BadFrame:
            continue
        else:
            assert decode(encode(frame)) is not None


@given(st.text())
def test_any_text_is_claims_or_a_bad_frame(text: str) -> None:
    with pytest.raises(BadFrame):
        decode_claims(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"got","seq":-1,"sent_ms":0}',
        '{"type":"got","seq":9007199254740992,"sent_ms":0}',
        '{"type":"got","seq":1e400,"sent_ms":0}',
        '{"type":"got","seq":NaN,"sent_ms":0}',
        '{"type":"got","seq":1.5,"sent_ms":0}',
        '{"type":"got","seq":"1","sent_ms":0}',
        '{"type":"got","seq":1}',
        '{"type":"top","head":1}',
        '{"type":"submit","rows":[{"dseq":0,"hash":"' + HASH + '","bytes":""}]}',
        '{"type":"submit","rows":[{"dseq":1,"hash":"AAAA","bytes":""}]}',
        '{"type":"submit","rows":[{"dseq":1,"hash":"' + HASH + '","bytes":"%%"}]}',
        '{"type":"query","id":1,"name":"' + "x" * 65 + '","args":{}}',
        '{"type":"query","id":1,"name":"a","args":' + "[" * 9999 + "]" * 9999 + "}",
        '{"type":"query","id":1,"name":"\\ud800","args":{}}',
        '{"type":"enrol","code":"c","public_key":"AAAA","signature":""}',
        "[" * 60_000,
        "x" * (FRAME_MAX_BYTES + 1),
        "\x00",
        "null",
        "",
    ],
)
def test_text_that_is_out_of_bounds_is_a_bad_frame(text: str) -> None:
    with pytest.raises(BadFrame):
        decode_client(text)


def test_bytes_that_are_no_utf8_are_a_bad_frame() -> None:
    with pytest.raises(BadFrame):
        decode_client(b'{"type":"query","id":1,"name":"\xff","args":{}}')


def test_unknown_fields_of_a_newer_release_are_passed_over() -> None:
    assert decode_client('{"type":"got","seq":1,"sent_ms":2,"later":{}}') == Got(1, 2)


def test_frames_come_back_as_they_went() -> None:
    row = Row(COUNT_MAX, bytes(range(32)), b"\x00\xff" * 10)
    for frame in (Hello("{}", b"s" * 64), Pull(3), Submit((row, row)), Got(COUNT_MAX, 0)):
        assert decode_client(encode(frame)) == frame
        assert encode_bytes(frame).decode() == encode(frame)
    top = Top(1, bytes(32), 5, b"sig")
    assert decode_server(encode(top)) == top
