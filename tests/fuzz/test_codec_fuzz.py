"""Strange bytes at every reader: each is a frame, a command, a state or a named error, and costs nothing."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dapur.envelope import Malformed, decode_event
from tests.fuzz import guided, seeds
from tests.fuzz.targets import ALARMS, TARGETS

MEMORY_GROWN_BYTES = 2 * 1024 * 1024
ROUNDS = 400
BUSY_MACHINE = [HealthCheck.too_slow, HealthCheck.data_too_large]

strange = st.sampled_from(seeds.STRANGE_VALUES)
words = st.sampled_from(["since", "rows", "claims", "dseq", "bytes", "kind", "args", "occurred"])


@st.composite
def spoiled(draw: st.DrawFn, target: str) -> bytes:
    """A valid input of a target with some bytes changed, cut, doubled, or a value replaced."""
    data = bytearray(draw(st.sampled_from(seeds.corpus(target))))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.sampled_from(["flip", "cut", "double", "strange", "word"])):
            case "flip" if data:
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del data[at : at + draw(st.integers(1, 64))]
            case "double":
                data[at:at] = data[at : at + 64]
            case "strange":
                data[at:at] = draw(strange)[:9000].encode("utf-8", "surrogatepass")
            case _:
                data[at:at] = f'"{draw(words)}":{draw(strange)[:9000]},'.encode("utf-8", "replace")
    return bytes(data)


@pytest.mark.slow
@pytest.mark.expected_log("damaged", "salvaged", "no such device", *ALARMS)
@pytest.mark.parametrize("target", TARGETS)
def test_row_56_strange_bytes_are_refused_by_name_when_a_target_reads_them(target: str) -> None:
    examples = 60 if target == "salvage" else 300

    @settings(max_examples=examples, deadline=None, suppress_health_check=BUSY_MACHINE)
    @given(spoiled(target) | st.binary(max_size=300))
    def feed(data: bytes) -> None:
        TARGETS[target](data)

    feed()


@pytest.mark.expected_log("no such device", *ALARMS)
@pytest.mark.parametrize("value", seeds.STRANGE_VALUES, ids=lambda value: ascii(value)[:30])
def test_row_56_strange_value_is_refused_by_name_when_it_stands_in_any_field(value: str) -> None:
    """Each field of each frame and of each command in turn."""
    raw = value.encode("utf-8", "surrogatepass")
    for target in ("codec", "hello", "submit", "snapshot"):
        for data in seeds.corpus(target)[:12]:
            try:
                fields = json.loads(data)
            except ValueError:
                continue
            for name in fields if isinstance(fields, dict) else ():
                mark = json.dumps({name: fields[name]})[1:-1].encode()
                spoiled_one = (
                    json.dumps(fields)
                    .encode()
                    .replace(mark, json.dumps(name).encode() + b": " + raw)
                )
                TARGETS[target](spoiled_one)


def test_row_56_text_with_half_a_letter_is_malformed_when_read_as_an_event() -> None:
    with pytest.raises(Malformed):
        decode_event('{"kind":"\udcff"}')


@pytest.mark.expected_log("no such device", *ALARMS)
@pytest.mark.parametrize("target", ["codec", "hello", "snapshot"])
def test_row_56_memory_stays_flat_when_the_same_nonsense_comes_again(target: str) -> None:
    inputs = [data[:20_000] for data in seeds.corpus(target)]
    for data in inputs:
        TARGETS[target](data)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(ROUNDS):
            TARGETS[target](inputs[number % len(inputs)])
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < MEMORY_GROWN_BYTES


def test_guided_fuzzer_gives_a_saved_input_to_its_target_when_replayed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "found-crash-1"
    saved.write_bytes(b'{"type":"pull","since":1e400}')
    assert guided.main(["--target", "codec", "--replay", str(saved)]) == 0
    assert "nothing found" in capsys.readouterr().out
    assert set(guided.NAMES) == set(TARGETS)
