"""The document: every text escaped, and a fingerprint of all that it says; gaps where nobody measured."""

from __future__ import annotations

import msgspec
import pytest

from dapur import past
from kiosk.record.document import Document, Section, html
from kiosk.record.gaps import entered_late, silent

MINUTE_MS = 60_000
PAPER = Document("Catatan", (("Dapur", "A & B"),), (Section("G1", ("x",), ("h",), (("<b>",),)),))


def test_paper_shows_texts_of_people_as_they_are() -> None:
    shown = html(PAPER)
    assert "A &amp; B" in shown
    assert "&lt;b&gt;" in shown


def test_paper_carries_its_fingerprint() -> None:
    assert PAPER.digest in html(PAPER).replace(" ", "")


def test_fingerprint_changes_with_a_cell_and_not_with_the_looks() -> None:
    other = Section("G1", ("x",), ("h",), (("<i>",),))
    marked = msgspec.structs.replace(PAPER.sections[0], marked=frozenset({0}))
    assert msgspec.structs.replace(PAPER, sections=(other,)).digest != PAPER.digest
    assert msgspec.structs.replace(PAPER, sections=(marked,)).digest == PAPER.digest


def batch(**known: object) -> past.BatchRow:
    fields: dict[str, object] = {}
    for field in msgspec.structs.fields(past.BatchRow):
        fields[field.name] = {str: "", int: 0, bool: False}.get(field.type)
    return past.BatchRow(**{**fields, "batch": "b1", **known})  # type: ignore[arg-type]


def reading(minute: int, of: str = "b1") -> past.ReadingRow:
    at_ms = minute * MINUTE_MS
    return past.ReadingRow(
        *(0, of, "r", 70.0, "core", "hand", "", "", None, None, None, "s", "d"),
        *(at_ms, at_ms, "synced", at_ms),
    )


@pytest.mark.parametrize(
    ("minutes", "gaps"),
    [
        ((), [(100, 160)]),
        ((110, 125, 140, 155), []),
        ((110, 150), [(110, 150)]),
        ((50, 110, 125, 140, 159), []),
    ],
)
def test_gap_is_where_nobody_measured_for_too_long(
    minutes: tuple[int, ...], gaps: list[tuple[int, int]]
) -> None:
    row = batch(cooking_ms=100 * MINUTE_MS, completed_ms=160 * MINUTE_MS)
    rows = [*(reading(each) for each in minutes), reading(130, "b2")]
    found = silent(row, rows, 20 * MINUTE_MS, 999 * MINUTE_MS)
    assert [(begin // MINUTE_MS, end // MINUTE_MS) for begin, end in found] == gaps


def test_gap_lasts_until_now_while_the_batch_is_not_over() -> None:
    row = batch(cooking_ms=100 * MINUTE_MS)
    assert silent(row, [], 20 * MINUTE_MS, 130 * MINUTE_MS) == ((6_000_000, 7_800_000),)
    assert silent(batch(), [], 20 * MINUTE_MS, 130 * MINUTE_MS) == ()


def test_entry_is_late_when_the_server_heard_of_it_later() -> None:
    assert entered_late(1_000, 1_000 + 61_000)
    assert not entered_late(1_000, 30_000)
    assert not entered_late(1_000, 0)
