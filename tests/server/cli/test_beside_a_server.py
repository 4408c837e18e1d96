"""The operator works on the database of a server that runs: neither is in the other's way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dapur.ids import BatchId
from dapur.wire.messages import GoodbyeCode, Outcome
from server.cli.context import now_ms, rooms
from server.settings import load
from tests.support.cli_rig import KITCHEN, batch_plan, made_folder, small_plan
from tests.support.gateway import Kiosk, command
from tests.support.server_process import ServerProcess, server_cli


def far_ahead(plan: dict[str, Any]) -> None:
    """A night in which nothing is due: the server's own watch has nothing to write."""
    plan["serving_date"] = "2099-06-01"


def three_more(plan: dict[str, Any]) -> None:
    far_ahead(plan)
    plan["batches"].extend(batch_plan(f"G1-0{number}") for number in (3, 4, 5))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    made = ServerProcess(made_folder(tmp_path / "server"))
    server_cli("plan", "import", str(small_plan(tmp_path, far_ahead)), "--data", str(made.data))
    made.start()
    yield made
    made.stop()


PACE_S = 0.06


@asynccontextmanager
async def connected(server: ServerProcess) -> AsyncIterator[Kiosk]:
    """A kiosk that used a code of the operator's."""
    key = Ed25519PrivateKey.generate()
    code = server.code(KITCHEN, "Kios 1")
    with rooms(load(server.data, {})) as opened:
        public = key.public_key().public_bytes_raw()
        device = opened.identity.enrol(code, public, now_ms()).device
    kiosk = Kiosk(server.url, device, key)
    try:
        yield await kiosk.connect()
    finally:
        await kiosk.hang_up()


async def test_import_reaches_the_kiosks_of_a_server_that_runs(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with connected(server) as kiosk:
        # The server holds the kitchen as of this tap; after the import its next one meets a log
        # that moved on, and catches up.
        await kiosk.tap(command("no_such_kind", "b-1", {}))
        words = ("plan", "import", str(small_plan(tmp_path, three_more)))
        said = await asyncio.to_thread(server_cli, *words, "--data", str(server.data))
        assert "new: 3 batches, 3 places at batches" in said
        (result,) = await kiosk.tap(command("no_such_kind", "b-1", {}))
        assert result.outcome is Outcome.REFUSED
        assert "another process was first" in server.log()
        await kiosk.reached(result.seq)
        assert len(kiosk.state.batches) == 5


async def test_corrected_plan_reaches_the_kiosks_of_a_server_that_runs(
    server: ServerProcess, tmp_path: Path
) -> None:
    def fewer_portions(plan: dict[str, Any]) -> None:
        far_ahead(plan)
        plan["batches"][0]["pk"] = 90

    async with connected(server) as kiosk:
        words = ("plan", "import", str(small_plan(tmp_path, fewer_portions)))
        said = await asyncio.to_thread(server_cli, *words, "--data", str(server.data))
        assert "G1-01: changed (pk 120 → 90)" in said
        (result,) = await kiosk.tap(command("no_such_kind", "b-1", {}))
        await kiosk.reached(result.seq)
        assert kiosk.state.batches[BatchId("2099-06-01-G1-01")].plan.pk == 90


async def test_import_and_taps_get_in_side_by_side(server: ServerProcess, tmp_path: Path) -> None:
    stop = asyncio.Event()

    async def tap_on(kiosk: Kiosk) -> int:
        taps = 0
        while not stop.is_set():
            await kiosk.tap(command("no_such_kind", "b-1", {}))
            taps += 1
            # Slower than the 20 frames a second that a device may send for long.
            await asyncio.sleep(PACE_S)
        return taps

    async with connected(server) as kiosk:
        tapping = asyncio.create_task(tap_on(kiosk))
        words = ("plan", "import", str(small_plan(tmp_path, three_more)))
        said = await asyncio.to_thread(server_cli, *words, "--data", str(server.data))
        again = await asyncio.to_thread(server_cli, *words, "--data", str(server.data))
        stop.set()
        taps = await tapping
        assert "new: 3 batches, 3 places at batches" in said
        assert "new: nothing" in again
        sound = await asyncio.to_thread(server_cli, "verify", "--data", str(server.data))
        # 3 people, policy, night, 2 batches and 2 places before; 3 batches and 3 places now.
        seq = 9 + 6 + taps
        assert f"{seq} events, {seq} receipts, sound" in sound
        await kiosk.reached(seq)
        assert len(kiosk.state.batches) == 5


async def test_server_that_runs_shuts_out_the_kiosk_that_the_operator_revoked(
    server: ServerProcess,
) -> None:
    async with connected(server) as kiosk:
        words = ("device", "revoke", kiosk.device, "--data", str(server.data))
        await asyncio.to_thread(server_cli, *words)
        await kiosk.until(lambda: kiosk.ended is not None)
        assert kiosk.end.code is GoodbyeCode.REVOKED


def test_second_server_on_the_same_address_says_so(server: ServerProcess) -> None:
    with pytest.raises(AssertionError, match="address already in use"):
        server_cli("run", "--data", str(server.data), "--listen", f"127.0.0.1:{server.port}")
