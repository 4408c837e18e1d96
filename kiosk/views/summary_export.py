"""Saves the batches that the table shows, in its order, for other programs; it makes the words, the record writes."""

from __future__ import annotations

import logging
from pathlib import Path

from dapur.recorded import batch_row
from kiosk.views.floor import Floor
from kiosk.views.looks import ButtonLook

PART = "batch"
CSV, XLSX = "csv", "xlsx"
_log = logging.getLogger(__name__)


def buttons(floor: Floor, shown: int) -> tuple[ButtonLook, ...]:
    """One a kind of file; closed while the table is empty."""
    reason = "" if shown else floor.words("summary.table.empty")
    return tuple(
        ButtonLook(
            kind,
            kind.upper(),
            "arrow-down-to-line",
            "outlined" if shown else "blocked",
            enabled=bool(shown),
            reason=reason,
        )
        for kind in (CSV, XLSX)
    )


def save(floor: Floor, shown: tuple[str, ...], kind: str) -> Path | None:
    """Write them into the person's folder and say where, or why not; None when nothing was written."""
    # The writers are read when somebody saves, not when the kiosk starts.
    from kiosk.record import files, tables

    words = floor.words
    batches = [found for each in shown if (found := floor.batch(each)) is not None]
    night = floor.kitchen.night
    if not batches or night is None:
        return None
    header = tuple(words(f"summary.export.{name}") for name in tables.BATCH_COLUMNS)
    made = [batch_row(each, floor.kitchen.policy, 0) for each in batches]
    rows = tables.batch_rows(made, night.offset_min)
    table = tables.Table(PART, words("summary.tab.batches"), header, rows)
    path = files.folder() / files.file_name(floor.kitchen.id, night.serving_date, PART, kind)

    def fill(beside: Path) -> None:
        if kind == XLSX:
            files.write_xlsx(beside, (table,))
        else:
            comma = words.language == "id"
            beside.write_bytes(files.csv_bytes(table, decimal_comma=comma))

    try:
        files.write_whole(path, fill)
    except OSError as error:
        _log.info("the table was not saved to %s: %s", path, error)
        floor.tell("export", words("summary.export_failed"), str(path), tone="alarm", stays=True)
        return None
    said = words("summary.exported", count=len(batches))
    floor.tell("export", said, str(path), tone="ok")
    return path
