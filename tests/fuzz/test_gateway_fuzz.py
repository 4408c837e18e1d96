"""Strange bytes at a living gateway: the stranger is sent away by name, everybody else notices nothing."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from dapur.envelope import GENESIS, chain, encode_command
from dapur.kitchen import encode_snapshot
from dapur.wire.codec import decode_server, encode
from dapur.wire.messages import SUBPROTOCOL, Goodbye, GoodbyeCode, Outcome, Row, Submit
from server.log.engine import open_engine
from server.log.schema import upgrade
from server.log.sql_log import SqlLog
from server.logs import JsonFormatter
from tests.fuzz import seeds
from tests.fuzz.targets import ALARMS, no_complaint
from tests.support.gateway import Shop, command, open_shop

WAIT_S = 10.0
PIECES = 4_097
MEMORY_GROWN_BYTES = 4 * 1024 * 1024
STRANGERS = 150
STRANGER_LINES = ("no such device", "enrolment failed", *ALARMS)

frames = st.sampled_from([encode(frame) for frame in seeds.client_frames()])
values = st.sampled_from([value for value in seeds.STRANGE_VALUES if len(value) < 20_000])


@st.composite
def spoiled_frames(draw: st.DrawFn) -> str | bytes:
    """A frame of a kiosk in which one value is another, or any text or bytes."""
    if draw(st.booleans()):
        return draw(st.text(max_size=200) | st.binary(max_size=200) | values).strip()
    frame = draw(frames)
    marks = [at for at, char in enumerate(frame) if char in ":,"]
    at = draw(st.sampled_from(marks))
    return frame[: at + 1] + draw(values) + frame[at + 1 :][: draw(st.integers(0, 400))]


@contextmanager
def whole_lines() -> Iterator[None]:
    """Fail when a text of a stranger gets a line of its own into the log."""
    paper = io.StringIO()
    handler = logging.StreamHandler(paper)
    handler.setFormatter(JsonFormatter())
    logging.getLogger("server").addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger("server").removeHandler(handler)
    for line in paper.getvalue().splitlines():
        assert line.startswith('{"time"'), line
        assert "Traceback" not in line


def sendable(text: str | bytes) -> str | bytes:
    """Half letters cannot be sent as text: their bytes can."""
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


async def end_of(socket: ClientConnection) -> GoodbyeCode | None:
    """Read to the end; the code of the goodbye."""
    code = None
    with suppress(ConnectionClosed):
        async with asyncio.timeout(WAIT_S):
            while True:
                frame = decode_server(await socket.recv())
                code = frame.code if isinstance(frame, Goodbye) else code
    return code


async def as_stranger(shop: Shop, data: str | bytes) -> None:
    """Say something instead of a hello."""
    socket = await connect(
        shop.url, subprotocols=[Subprotocol(SUBPROTOCOL)], proxy=None, ping_interval=None
    )
    await socket.recv()
    await socket.send(sendable(data), text=True)
    # What is a frame by chance is answered as one: an unknown device, a wrong code.
    assert await end_of(socket) in (
        *(GoodbyeCode.BAD_FRAME, GoodbyeCode.UNKNOWN_DEVICE, GoodbyeCode.BAD_CODE),
        *(GoodbyeCode.TOO_FAST, None),
    )
    assert socket.close_code in (4400, 4401, 4402, 4429, 1007), socket.close_code


async def as_kiosk(shop: Shop, data: str | bytes) -> None:
    """Say something after the welcome: what is no frame ends the line by name, else a tap goes through."""
    kiosk = await shop.kiosk(f"k-{len(shop.kiosks)}").connect()
    await kiosk.send_raw(sendable(data))
    kiosk.keep(command("no_such_kind", "b1", {}))
    await kiosk.push()
    await kiosk.until(lambda: kiosk.ended is not None or 1 in kiosk.results)
    if kiosk.ended is not None:
        ours = kiosk.ended.code in (GoodbyeCode.BAD_FRAME, GoodbyeCode.FORK)
        assert ours or kiosk.close_code == 1007, kiosk.ended
    await kiosk.hang_up()


@contextmanager
def open_gateway() -> Iterator[tuple[asyncio.Runner, Shop]]:
    """A server on a loop that hypothesis can call into; at the end it must still take a tap."""
    with asyncio.Runner() as runner, no_complaint(), whole_lines():
        opened = open_shop()
        shop = runner.run(opened.__aenter__())
        try:
            yield runner, shop
            runner.run(_still_serves(shop))
        finally:
            runner.run(opened.__aexit__(None, None, None))


async def _still_serves(shop: Shop) -> None:
    kiosk = await shop.kiosk("k-witness").connect()
    (result,) = await kiosk.tap(command("no_such_kind", "b1", {}))
    assert result.outcome is Outcome.REFUSED
    assert shop.services.writer.waiting == 0


@pytest.mark.slow
@pytest.mark.expected_log(*STRANGER_LINES)
def test_row_56_stranger_is_sent_away_by_name_whatever_it_says() -> None:
    with open_gateway() as (runner, shop):

        @settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(spoiled_frames())
        def feed(data: str | bytes) -> None:
            runner.run(as_stranger(shop, data))

        feed()


@pytest.mark.slow
@pytest.mark.expected_log(*STRANGER_LINES)
def test_row_56_kiosk_is_sent_away_by_name_or_served_whatever_it_says() -> None:
    with open_gateway() as (runner, shop):

        @settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(spoiled_frames())
        def feed(data: str | bytes) -> None:
            runner.run(as_kiosk(shop, data))

        feed()


@pytest.mark.slow
@pytest.mark.expected_log(*STRANGER_LINES)
@pytest.mark.parametrize("value", seeds.STRANGE_VALUES, ids=lambda value: ascii(value)[:30])
def test_row_56_kiosk_gets_a_stored_answer_when_its_command_holds_a_strange_value(
    value: str, tmp_path: Path
) -> None:
    """Through to the tables of a real database: every field of a command, one command a field."""
    with asyncio.Runner() as runner, no_complaint(), whole_lines():
        runner.run(_strange_commands(value, tmp_path))


async def _strange_commands(value: str, folder: Path) -> None:
    url = f"sqlite:///{folder / 'server.db'}"
    upgrade(url)
    engine = open_engine(url)
    raw = value.encode("utf-8", "surrogatepass")[:7000]
    async with open_shop(SqlLog(engine)) as shop:
        kiosk = await shop.kiosk().connect()
        results = await kiosk.tap(*(body for body in _with_each_field(raw)))
        assert all(result.outcome in Outcome for result in results)
        await kiosk.reached(shop.head().seq)
        assert encode_snapshot(kiosk.state) == encode_snapshot(shop.state())
    engine.dispose()


def _with_each_field(raw: bytes) -> list[bytes]:
    plain = encode_command(command("record_temperature", "b1", {"value_c": 80.0}))
    fields = json.loads(plain)
    made: list[bytes] = []
    for name in fields:
        rest = {key: fields[key] for key in fields if key != name}
        made.append(json.dumps(rest).encode()[:-1] + f', "{name}": '.encode() + raw + b"}")
    return made


async def test_row_46_frame_in_100_pieces_is_read_and_one_in_4097_is_refused() -> None:
    async with open_shop() as shop:
        kiosk = await shop.kiosk().connect()
        text = encode(Submit((row_of(b"x" * 2_900),)))
        await kiosk.send_raw([text, *([" "] * 99)])
        await kiosk.until(lambda: 1 in kiosk.results)
        assert kiosk.results[1].outcome is Outcome.MALFORMED
        await kiosk.send_raw([" "] * PIECES)
        await kiosk.until(lambda: kiosk.ended is not None)
        assert kiosk.close_code == 1009
        assert (await shop.kiosk("k-2").connect()).welcome is not None


def row_of(raw: bytes) -> Row:
    """The first row of an outbox."""
    return Row(1, chain(GENESIS, raw), raw)


@pytest.mark.slow
@pytest.mark.expected_log(*STRANGER_LINES)
def test_row_56_memory_stays_flat_when_strangers_come_and_go() -> None:
    nonsense = [value for value in seeds.STRANGE_VALUES if len(value) < 20_000]
    with open_gateway() as (runner, shop):
        for value in nonsense:
            runner.run(as_stranger(shop, value))
        gc.collect()
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            for number in range(STRANGERS):
                runner.run(as_stranger(shop, nonsense[number % len(nonsense)]))
            gc.collect()
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert shop.services.connections == {}
    assert after - before < MEMORY_GROWN_BYTES
