"""A chief reads tonight's record and the last night's, and saves them; with the cable in and out."""

from __future__ import annotations

import re
import zipfile
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from PySide6.QtWidgets import QApplication

from dapur.access import Role
from dapur.batch import HoldReason
from dapur.envelope import StepUp
from dapur.handover import SUBJECT as HANDOVER
from dapur.handover import HandOverArgs
from dapur.hold import HoldBatchArgs
from dapur.night import SUBJECT, CloseNightArgs, Night, OpenNightArgs
from dapur.progress import NoteBatchArgs
from dapur.temperature import RecordTemperatureArgs
from kiosk.record.document import Document
from kiosk.widgets.record_paper import RecordPaper
from kiosk.widgets.text_block import TextBlock
from tests.support.journey import Kiosk, place

CHIEF = "s-hendra"
CODE = "G1-02"


def paper(kiosk: Kiosk) -> Document | None:
    found = kiosk.find("record.paper")
    return found.document() if isinstance(found, RecordPaper) else None


def says(kiosk: Kiosk, text: str) -> bool:
    shown = paper(kiosk)
    return shown is not None and text in msgspec.json.encode(shown).decode()


def said(kiosk: Kiosk) -> str:
    found = kiosk.find("record.said")
    return found.text() if isinstance(found, TextBlock) else ""


async def end_the_night(kiosk: Kiosk) -> Night:
    """The chief ends the night with everything left open, and opens the next."""
    floor = kiosk.app.floor
    night = floor.kitchen.night
    assert night is not None
    left = tuple(floor.kitchen.batches)
    floor.tap("close_night", SUBJECT, CloseNightArgs(night.serving_date, left))
    await kiosk.has_sent_all()
    following = date.fromisoformat(night.serving_date) + timedelta(days=1)
    plan = {
        "serving_date": following.isoformat(),
        "zone": night.zone,
        "offset_min": night.offset_min,
        "waves": msgspec.to_builtins(night.waves),
    }
    floor.tap("open_night", SUBJECT, msgspec.convert(plan, OpenNightArgs))
    await kiosk.has_sent_all()
    await kiosk.see(lambda: floor.kitchen.night is not None, "no next night")
    return night


def files(folder: Path, pattern: str) -> list[Path]:
    return list(folder.glob(pattern))


async def save(kiosk: Kiosk, folder: Path, name: str) -> None:
    """The paper and the tables of the night on the page."""
    await kiosk.tap("record.pdf")
    pdf = folder / f"{name}.pdf"
    await kiosk.see(pdf.exists, "no PDF")
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes())) >= 5
    await kiosk.tap("record.xlsx")
    book = folder / f"{name}.xlsx"
    await kiosk.see(book.exists, "no Excel file")
    with zipfile.ZipFile(book) as parts:
        assert b"71.5" in parts.read("xl/worksheets/sheet2.xml")
    await kiosk.tap("record.csv")
    await kiosk.see(lambda: len(files(folder, "*.csv")) == 7, "no CSV files")
    assert "71,5" in (folder / f"{name}-suhu.csv").read_text("utf-8-sig")
    assert not files(folder, ".*")


@pytest.mark.timeout(180)
async def test_chief_reads_and_saves_the_record_of_two_nights(
    tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "Dokumen"
    monkeypatch.setenv("XDG_DOCUMENTS_DIR", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    async with place(tmp_path, qapp, "Kantor") as here:
        (kiosk,) = here.kiosks
        floor = kiosk.app.floor
        await kiosk.sign_in(CHIEF)
        batch = kiosk.id_of(CODE)
        floor.tap("record_temperature", batch, RecordTemperatureArgs(71.5))
        floor.tap("note_batch", batch, NoteBatchArgs(text="api kecil"))
        held = HoldBatchArgs(HoldReason.FOREIGN_OBJECT, note="serpihan plastik")
        floor.tap("hold_batch", batch, held)
        given = HandOverArgs(role=Role.AHLI_GIZI, note="gelombang 2 belum mulai")
        floor.tap("hand_over", HANDOVER, given, step_up=StepUp(floor.now_ms, online=True))
        await kiosk.has_sent_all()
        await kiosk.tap("nav.menu")
        await kiosk.tap("menu.record")
        await kiosk.see(lambda: says(kiosk, "71,5 °C"), "tonight's reading is not on the paper")
        assert says(kiosk, "di luar batas")
        details = ("serpihan plastik", "H-0001", "api kecil", "gelombang 2 belum mulai")
        assert [each for each in details if not says(kiosk, each)] == []

        last = await end_the_night(kiosk)
        kiosk.app.window.show_page("board", "")
        kiosk.app.window.show_page("record", "")
        await kiosk.see(lambda: not says(kiosk, "71,5 °C"), "the new night has the old reading")
        await kiosk.tap("record.older")
        await kiosk.see(lambda: says(kiosk, "71,5 °C"), "the last night's reading never came")
        assert says(kiosk, "Hendra")
        assert [each for each in details if not says(kiosk, each)] == []
        assert "rilis server yang lama" not in said(kiosk)
        await save(kiosk, folder, f"dapur-cendana-02-{last.serving_date}")

        kiosk.cable.pull()
        await kiosk.is_offline()
        kiosk.app.window.show_page("board", "")
        kiosk.app.window.show_page("record", "")
        await kiosk.see(lambda: "Perlu sambungan" in said(kiosk), "not said that it needs the line")
        assert paper(kiosk) is not None
        await kiosk.tap("record.pdf")
        tonight = floor.kitchen.night
        assert tonight is not None
        tonights = folder / f"dapur-cendana-02-{tonight.serving_date}.pdf"
        await kiosk.see(tonights.exists, "tonight's record needs no line")
