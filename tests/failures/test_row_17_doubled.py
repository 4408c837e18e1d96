"""Rows 17 and 18: commands that come twice, from a second socket, or in the wrong order; each counts once, in order."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dapur.ids import DeviceId, OutboxId
from dapur.wire.codec import decode_server
from dapur.wire.messages import Results, Row
from kiosk.local import identity as identities
from kiosk.vault.device_key import DEVICE_KEY
from server.log.engine import open_engine
from tests.failures.checking import common_check, receipts_of
from tests.failures.frames import RawFrame
from tests.failures.kiosk_process import KioskProcess
from tests.failures.kitchen import Place, open_place
from tests.support.gateway import Kiosk as RawKiosk

TAPS = 30
AGAIN = 5


def outcomes(place: Place) -> dict[str, tuple[int, int]]:
    """dseq and seq of every command in the log."""
    engine = open_engine(place.database_url)
    try:
        return {each.command: (each.dseq, each.seq) for each in receipts_of(engine)}
    finally:
        engine.dispose()


async def test_row_17_taps_count_once_when_the_line_delivers_the_last_frames_again_and_again(
    tmp_path: Path,
) -> None:
    """With every frame of taps the five before it come once more, and itself twice."""
    past: list[bytes] = []

    def again(frame: RawFrame) -> Sequence[bytes]:
        if not frame.says("submit"):
            return [frame.raw]
        past.append(frame.raw)
        return [*past[-AGAIN:], frame.raw]

    async with open_place(tmp_path) as place:
        kiosk = place.kiosks[0]
        place.cable_of(kiosk).up.edit = again
        await place.redial(kiosk)
        batch = await kiosk.any_batch()
        for number in range(TAPS):
            await kiosk.measure(batch, "s-nur", 76.0 + number / 10)
            await asyncio.sleep(0.02)
        await kiosk.sent()
        assert len(past) > TAPS / 2, "the taps went in frames of their own"
        place.cable_of(kiosk).up.edit = None
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == TAPS


async def test_row_17_taps_count_once_when_a_second_socket_sends_the_whole_outbox_again(
    tmp_path: Path,
) -> None:
    """Somebody with the kiosk's key and outbox dials too and sends every row, also those that it never sent."""
    async with open_place(tmp_path) as place:
        kiosk = place.kiosks[0]
        batch = await kiosk.any_batch()
        for number in range(TAPS):
            await kiosk.measure(batch, "s-nur", 76.0 + number / 10)
        await kiosk.sent()
        before = outcomes(place)
        place.cable_of(kiosk).pull()
        for number in range(TAPS):
            await kiosk.measure(batch, "s-nur", 76.0 + number / 10)
        twin = _twin(kiosk, place.server.url)
        await twin.connect()
        await twin.until(lambda: len(twin.results) == len(twin.outbox_rows))
        await twin.hang_up()
        after = outcomes(place)
        assert len(after) == len(before) + TAPS
        for tap in kiosk.confirmed:
            dseq, seq = before.get(tap.command) or after[tap.command]
            assert (dseq, seq) == (tap.dseq, twin.results[dseq].seq)
        await place.heal()
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == 2 * TAPS
        assert outcomes(place) == after


def _twin(kiosk: KioskProcess, url: str) -> RawKiosk:
    known = identities.load(kiosk.folder / "identity.json")
    assert known is not None
    seed = (kiosk.folder / "secrets" / DEVICE_KEY).read_bytes()
    twin = RawKiosk(url, DeviceId(known.device), Ed25519PrivateKey.from_private_bytes(seed))
    with closing(sqlite3.connect(kiosk.folder / "store" / "kiosk.db")) as db:
        rows = db.execute("SELECT dseq, hash, bytes FROM outbox ORDER BY dseq").fetchall()
        ((outbox,),) = db.execute("SELECT value FROM meta WHERE key = 'outbox'").fetchall()
    twin.outbox = OutboxId(outbox)
    twin.outbox_rows = [Row(*row) for row in rows]
    return twin


@pytest.mark.parametrize("swapped", [1, 3])
async def test_row_18_later_taps_are_not_taken_before_earlier_ones(
    tmp_path: Path, swapped: int
) -> None:
    """The first frame of taps, and no other, is held back until `swapped` later ones passed it."""
    held: list[bytes] = []
    seen = 0
    gaps: list[Results] = []

    def reorder(frame: RawFrame) -> Sequence[bytes]:
        nonlocal seen
        if not frame.says("submit"):
            return [frame.raw]
        seen += 1
        if seen == 1:
            held.append(frame.raw)
            return []
        if seen == 1 + swapped:
            return [frame.raw, held.pop()]
        return [frame.raw]

    def listen(frame: RawFrame) -> Sequence[bytes]:
        if frame.says("results"):
            results = decode_server(frame.payload)
            assert isinstance(results, Results)
            if not results.results:
                gaps.append(results)
        return [frame.raw]

    async with open_place(tmp_path) as place:
        kiosk = place.kiosks[0]
        cable = place.cable_of(kiosk)
        cable.up.edit, cable.down.edit = reorder, listen
        await place.redial(kiosk)
        acked = (await kiosk.status())["answered"]
        batch = await kiosk.any_batch()
        taps = [await kiosk.measure(batch, "s-nur", 76.0 + number) for number in range(6)]
        await kiosk.sent()
        assert not held
        assert gaps, "the server was never asked to take a later tap first"
        assert gaps[0].acked == acked, "it says which one it waits for"
        counted = await common_check(place)
        assert counted.applied == counted.confirmed == len(taps)
        found = outcomes(place)
        order = [found[tap] for tap in taps]
        assert order == sorted(order)
        assert [dseq for dseq, _ in order] == list(range(acked + 1, acked + 7))
