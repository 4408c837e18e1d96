"""An operator opens the fleet at an allowed kiosk: closed until both permits are there, silent without a line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from PySide6.QtWidgets import QApplication

from kiosk.widgets.record_row import RecordRow
from kiosk.widgets.text_block import TextBlock
from tests.support.journey import Kiosk, place
from tests.support.server_process import PLAN, server_cli

OPERATOR = "s-hendra"


def said(kiosk: Kiosk) -> str:
    found = kiosk.find("fleet.said")
    return found.text() if isinstance(found, TextBlock) else ""


def details(kiosk: Kiosk) -> list[str]:
    rows = kiosk.app.window.findChildren(RecordRow)
    return [row.look().title for row in rows if row.objectName().startswith("fleet.")]


def with_operator(folder: Path) -> Path:
    plan = json.loads(PLAN.read_text("utf-8"))
    person = next(each for each in plan["staff"] if each["id"] == OPERATOR)
    person["roles"].append("OPERATOR")
    path = folder / "plan.json"
    path.write_text(json.dumps(plan), "utf-8")
    shutil.copy(PLAN.parent / "pins.json", folder)
    return path


async def test_operator_sees_every_kiosk_once_the_kiosk_is_allowed(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Kantor", "Masak 1", plan=with_operator(tmp_path)) as here:
        office, _ = here.kiosks
        await office.tap("nav.menu")
        assert office.find("menu.fleet") is None
        await office.sign_in(OPERATOR)
        await office.tap("nav.menu")
        await office.tap("menu.fleet")
        await office.see(lambda: "device fleet" in said(office), "not told what to do")
        device = office.app.floor.people.identity.device
        assert device in said(office)
        server_cli("device", "fleet", "--data", str(here.server.data), device)
        await office.tap("fleet.again")
        await office.see(lambda: len(details(office)) == 2, "the kiosks are not listed")
        assert sorted(details(office)) == ["SPPG Cendana 02 · Kantor", "SPPG Cendana 02 · Masak 1"]
        assert "1 server" in said(office)

        office.cable.pull()
        await office.is_offline()
        await office.see(lambda: "Perlu sambungan" in said(office), "not said that it needs a line")
        assert len(details(office)) == 2, "what was known stays, with its time"
