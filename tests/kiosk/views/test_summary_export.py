"""The table leaves the desk as it is filtered: read back from CSV and XLSX, and a closed folder is told."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from kiosk.record import files
from kiosk.views.floor import Message
from kiosk.views.summary_export import buttons, save
from tests.kiosk.views.test_summary import CHICKEN, RICE, desk, night


async def test_csv_and_xlsx_hold_what_the_table_shows_in_its_order(
    tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "folder", lambda: tmp_path / "documents")
    story = night()
    shown = (story.batch(CHICKEN), story.batch(RICE))
    with desk(tmp_path / "kiosk", qapp, story) as (app, _):
        told: list[Message] = []
        app.floor.told.connect(told.append)
        path = save(app.floor, shown, "csv")
        assert path == tmp_path / "documents" / "dapur-cendana-02-2026-11-22-batch.csv"
        assert (told[-1].title, told[-1].detail) == ("2 batch disimpan", str(path))
        rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig")), delimiter=";"))
        assert rows[0][:3] == ["Tanggal saji", "Kode", "Hidangan"]
        assert [row[1] for row in rows[1:]] == [CHICKEN, RICE]
        assert rows[1][rows[0].index("Mulai masak")] == "2026-11-22 03:25:00"
        assert rows[2][rows[0].index("Porsi rencana")] == "1742"
        book = save(app.floor, shown, "xlsx")
    assert book is not None
    with zipfile.ZipFile(book) as opened:
        texts = opened.read("xl/sharedStrings.xml").decode()
        sheet = opened.read("xl/worksheets/sheet1.xml").decode()
    assert "Ayam Teriyaki" in texts
    assert "<v>1742</v>" in sheet


async def test_a_folder_that_takes_no_file_is_told_and_nothing_is_left_behind(
    tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "documents"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setattr(files, "folder", lambda: blocked)
    story = night()
    with desk(tmp_path / "kiosk", qapp, story) as (app, _):
        told: list[Message] = []
        app.floor.told.connect(told.append)
        assert save(app.floor, (story.batch(RICE),), "csv") is None
    assert [(each.tone, each.stays) for each in told] == [("alarm", True)]
    assert blocked.is_file()


async def test_an_empty_table_cannot_be_saved_and_says_why(
    tmp_path: Path, qapp: QApplication
) -> None:
    with desk(tmp_path, qapp, night()) as (app, _):
        assert all(each.enabled for each in buttons(app.floor, 3))
        closed = buttons(app.floor, 0)
        assert all(not each.enabled and each.reason for each in closed)
        assert save(app.floor, (), "csv") is None
