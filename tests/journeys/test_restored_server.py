"""A server is restored from a backup: what was tapped and acknowledged afterwards comes back from the kiosk."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from dapur.temperature import RecordTemperatureArgs
from tests.support.journey import Kiosk, place
from tests.support.server_process import server_cli

COOK, CODE = "s-sari", "G1-02"


def measured(kiosk: Kiosk) -> list[float]:
    """What the cook measured, as this kiosk shows it."""
    return [each.value_c for each in kiosk.batch(CODE).readings]


def came_back(kiosk: Kiosk) -> bool:
    return measured(kiosk) == [81.5, 82.5, 83.5]


def epoch_of(kiosk: Kiosk) -> str:
    return kiosk.app.kiosk.store.position.epoch


async def measure(kiosk: Kiosk, *values_c: float) -> None:
    for value_c in values_c:
        kiosk.app.floor.tap("record_temperature", kiosk.id_of(CODE), RecordTemperatureArgs(value_c))
    await kiosk.has_sent_all()


@pytest.mark.timeout(180)
async def test_taps_after_the_backup_come_back_from_the_kiosk(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Masak 1", "Kantor") as here:
        cook, office = here.kiosks
        data = ("--data", str(here.server.data))
        await cook.sign_in(COOK)
        before = epoch_of(cook)
        await measure(cook, 81.5)
        await asyncio.to_thread(server_cli, "backup", str(tmp_path / "kept.db"), *data)
        await measure(cook, 82.5, 83.5)
        await office.see(partial(came_back, office), "the office never heard")

        here.server.kill()
        words = (
            "restore",
            str(tmp_path / "kept.db"),
            "--replace",
            "--stopped",
            "--devices-checked",
        )
        told = await asyncio.to_thread(server_cli, *words, *data)
        assert "sound" in told
        assert "later ones come from the kiosk" in told
        for kiosk in here.kiosks:
            await kiosk.is_offline()
        here.server.start()
        for kiosk in here.kiosks:
            await kiosk.tap("top.connection")  # "try now": the wait between two tries has grown
            await kiosk.is_online()
        await cook.has_sent_all()
        for kiosk in here.kiosks:
            await kiosk.see(partial(came_back, kiosk), f"{kiosk.name}: taps are lost")
        await office.see(
            lambda: epoch_of(office) == epoch_of(cook) != before,
            "the kiosks follow two logs",
        )
        assert "broken" not in await asyncio.to_thread(server_cli, "verify", *data)
