"""Files of a record: read back as another program would, whole or not there, and no text becomes a formula."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest

from kiosk.record.files import csv_bytes, file_name, write_whole, write_xlsx
from kiosk.record.tables import Table

FORMULA = '=HYPERLINK("http://x","y")'
TABLE = Table(
    "suhu",
    "Suhu",
    ("Kode", "Suhu (°C)", "Catatan"),
    (("G1-01", 71.5, FORMULA), ("G1-02", -3, None), ("a;b,c", None, "-1+1\nbaris dua")),
)
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def read_csv(raw: bytes, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_csv_is_read_back_with_indonesian_commas() -> None:
    raw = csv_bytes(TABLE, decimal_comma=True)
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = read_csv(raw, ";")
    assert rows[0] == ["Kode", "Suhu (°C)", "Catatan"]
    assert rows[1][:2] == ["G1-01", "71,5"]
    assert rows[2] == ["G1-02", "-3", ""]
    assert rows[3][0] == "a;b,c"


def test_csv_is_read_back_with_english_points() -> None:
    assert read_csv(csv_bytes(TABLE, decimal_comma=False), ",")[1][1] == "71.5"


@pytest.mark.parametrize("begin", ["=1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_csv_makes_no_formula_of_a_text(begin: str) -> None:
    table = Table("x", "X", ("Catatan",), ((begin,),))
    assert read_csv(csv_bytes(table, decimal_comma=True), ";")[1] == [f"'{begin}"]


def test_xlsx_is_read_back_with_numbers_and_without_formulas(tmp_path: Path) -> None:
    path = tmp_path / "buku.xlsx"
    write_xlsx(path, (TABLE, Table("uji", "Uji mutu", ("Kode",), ())))
    with zipfile.ZipFile(path) as book:
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
        strings = ET.fromstring(book.read("xl/sharedStrings.xml"))
        names = ET.fromstring(book.read("xl/workbook.xml")).iter(f"{SHEET}sheet")
        assert [each.get("name") for each in names] == ["Suhu", "Uji mutu"]
    assert list(sheet.iter(f"{SHEET}f")) == []
    cells = {each.get("r"): each for each in sheet.iter(f"{SHEET}c")}
    assert [cells[at].findtext(f"{SHEET}v") for at in ("B2", "B3")] == ["71.5", "-3"]
    texts = ["".join(each.itertext()) for each in strings.iter(f"{SHEET}si")]
    number = int(cells["C2"].findtext(f"{SHEET}v") or -1)
    assert (cells["C2"].get("t"), texts[number]) == ("s", FORMULA)


def test_file_keeps_its_old_contents_when_the_disk_is_full(tmp_path: Path) -> None:
    path = tmp_path / "catatan.pdf"
    path.write_bytes(b"old")

    def full(beside: Path) -> None:
        beside.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_whole(path, full)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_file_has_a_clear_name_and_no_way_out_of_its_folder() -> None:
    assert file_name("cendana-02", "2026-11-22", "", "pdf") == "dapur-cendana-02-2026-11-22.pdf"
    assert file_name("../x", "2026-11-22", "uji", "csv") == "dapur----x-2026-11-22-uji.csv"
