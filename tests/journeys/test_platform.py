"""The platform hears a cook's tap and the cook reads the platform's word, over a real Redis; the cable may be out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from kiosk.widgets.record_row import RecordRow
from tests.failures.platform import Ear, word
from tests.support.journey import KITCHEN, Kiosk, place
from tests.support.redis_process import own_redis
from tests.support.waiting import until

COOK, CODE = "s-joko", "G1-02"
WITHIN_S = 30.0


def shown(kiosk: Kiosk) -> list[str]:
    """What the rows of the page say aloud, the newest first."""
    rows = kiosk.app.window.findChildren(RecordRow)
    return [row.look().title for row in rows if row.isVisible()]


@pytest.mark.timeout(180)
async def test_platform_hears_a_tap_and_its_word_is_read_on_the_glass(
    tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_redis() as redis:
        monkeypatch.setenv("DAPUR_BRIDGE", redis.address())
        ear = Ear(redis.port, KITCHEN)
        try:
            await until(ear.ready.is_set)
            async with place(tmp_path, qapp, "Masak") as here:
                (kiosk,) = here.kiosks
                await kiosk.sign_in(COOK)
                await kiosk.tap(f"card.{kiosk.id_of(CODE)}.advance")
                await until(lambda: began(ear), within_s=WITHIN_S)

                await kiosk.tap("nav.menu")
                await kiosk.tap("menu.notices")
                assert shown(kiosk) == []
                low = word(KITCHEN, "Stok telur tinggal 40 butir", own="m-1")
                said = json.dumps(low | {"severity": "HIGH"})
                redis.ask("PUBLISH", f"realtime:{KITCHEN}:inventory:alerts", said)
                await kiosk.see(lambda: len(shown(kiosk)) == 1, "the word is not there")
                assert shown(kiosk) == ["Stok telur tinggal 40 butir"]

                kiosk.cable.pull()
                await kiosk.is_offline()
                assert len(shown(kiosk)) == 1
                track = word(KITCHEN, "", own="m-2")
                track["data"] = {"id": "D-1", "status": "FAILED", "waveId": "G1"}
                channel = f"realtime:{KITCHEN}:distribution:tracking"
                redis.ask("PUBLISH", channel, json.dumps(track))
                kiosk.cable.plug()
                await kiosk.see(lambda: len(shown(kiosk)) == 2, "the delivery is not there")
                assert shown(kiosk)[0] == "Makanan tidak sampai: G1"
        finally:
            ear.end()


def began(ear: Ear) -> bool:
    """Whether the platform heard that the batch is being prepared, and by whom."""
    heard = ear.ours("production:status")
    return any(
        (said["data"]["batchNumber"], said["data"]["status"], said.get("actor", {}).get("id"))
        == (CODE, "PREPARING", COOK)
        for said in heard
    )
