"""A kiosk on a line of 8 kbit/s behind a proxy: neither side takes slowness for death."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.link import connection as kiosk_connection
from kiosk.link import outgoing
from server.gateway import connection as server_connection
from tests.support.gateway import KITCHEN, open_shop
from tests.support.kiosk_rig import Rig
from tests.support.mini_server import SoftKey
from tests.support.thin_line import ThinLine
from tests.support.waiting import until

TIMES = 10
"""So many times as fast as life."""
NOTICES = 90


async def test_kiosk_catches_up_on_one_connection_when_its_line_is_thin_and_a_proxy_buffers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SUSPECT_S", "PING_S", "SILENT_S"):
        monkeypatch.setattr(server_connection, name, getattr(server_connection, name) / TIMES)
    monkeypatch.setattr("dapur.sync.kiosk_side.SILENT_MS", 15_000 // TIMES)
    for name in ("STUCK_MS", "BEAT_MS"):
        monkeypatch.setattr(outgoing, name, getattr(outgoing, name) // TIMES)
    monkeypatch.setattr(kiosk_connection, "WATCH_S", kiosk_connection.WATCH_S / TIMES)
    key = SoftKey()
    async with open_shop() as shop:
        port = int(shop.url.rstrip("/").rpartition(":")[2])
        for number in range(NOTICES):
            await shop.notice(f"{number} " + "x" * 450)
        async with ThinLine(port, 1_000 * TIMES) as line:
            device = shop.identity.add("thin", KITCHEN, key._key)
            kiosk = Rig(tmp_path, line.url, device=device, key=key)
            began = kiosk.time.mono_ms()
            try:
                kiosk.connect()
                await until(lambda: kiosk.mirror.seq >= NOTICES, within_s=30)
            finally:
                await kiosk.close()
            # Long enough that a whole window was on its way while nothing had to be said.
            assert kiosk.time.mono_ms() - began > 4 * 15_000 // TIMES
            assert line.connections == 1
        assert b'"silent"' not in shop.services.metrics.text()
