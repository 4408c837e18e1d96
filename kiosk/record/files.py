"""Writes tables and finished bytes to the person's folder, whole or not at all; it makes no contents."""

from __future__ import annotations

import csv
import importlib
import io
import os
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import platformdirs

from kiosk.record.tables import Cell, Table

RISKY = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet reads a text with such a beginning as a formula (OWASP, CSV injection)."""
BOM = "\ufeff"
"""Without it Excel takes UTF-8 for the machine's old code page."""


def folder() -> Path:
    """Where people look for their documents."""
    return platformdirs.user_documents_path()


def file_name(kitchen: str, night: str, part: str, ending: str) -> str:
    """A clear name; `night` is a serving date."""
    plain = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in kitchen)
    day = date.fromisoformat(night).isoformat()
    return "-".join(each for each in ("dapur", plain, day, part) if each) + f".{ending}"


def write_whole(path: Path, fill: Callable[[Path], None]) -> Path:
    """Let `fill` write a file beside `path`, then put it in its place. OSError when the disk does not take it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(prefix=".", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    try:
        fill(Path(beside))
        with Path(beside).open("rb+") as written:
            os.fsync(written.fileno())
        Path(beside).replace(path)
    finally:
        Path(beside).unlink(missing_ok=True)
    return path


def csv_bytes(table: Table, *, decimal_comma: bool) -> bytes:
    """One table. With a decimal comma the fields part by `;`: what Excel reads with Indonesian settings."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";" if decimal_comma else ",", lineterminator="\r\n")
    writer.writerow([_safe(each) for each in table.header])
    for row in table.rows:
        writer.writerow([_plain(cell, decimal_comma=decimal_comma) for cell in row])
    return (BOM + out.getvalue()).encode()


def write_xlsx(path: Path, tables: tuple[Table, ...]) -> None:
    """One sheet a table. Texts are written as texts: a cell that looks like a formula is none."""
    # Read when somebody first wants such a file: no start of a kiosk pays for it.
    xlsxwriter = importlib.import_module("xlsxwriter")
    settings = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(str(path), settings) as book:
        bold = book.add_format({"bold": True})
        for table in tables:
            sheet = book.add_worksheet(table.title[:31])
            sheet.freeze_panes(1, 0)
            for column, title in enumerate(table.header):
                sheet.write_string(0, column, title, bold)
                sheet.set_column(column, column, _wide(table, column))
            for number, row in enumerate(table.rows, start=1):
                for column, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(number, column, cell)
                    elif cell is not None:
                        sheet.write_number(number, column, cell)


def _wide(table: Table, column: int) -> int:
    longest = max((len(str(row[column] or "")) for row in table.rows), default=0)
    return min(max(longest, len(table.header[column])) + 2, 40)


def _plain(cell: Cell, *, decimal_comma: bool) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return _safe(cell)
    return str(cell).replace(".", ",") if decimal_comma else str(cell)


def _safe(text: str) -> str:
    """With an apostrophe before it a spreadsheet shows the text as it is."""
    return f"'{text}" if text.startswith(RISKY) else text
