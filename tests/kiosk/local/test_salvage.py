"""A damaged file: moved aside, read as far as it goes, replaced."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dapur.wire.messages import Outcome, Result
from kiosk.local.salvage import FILE_NAME, open_store
from kiosk.local.store import Store
from tests.support import loose_taps as taps

PAGE = 4096
DAMAGED = pytest.mark.expected_log("damaged", "salvaged")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


def filled(folder: Path, count: int, *, answered: int = 0) -> tuple[str, dict[str, bytes]]:
    """A closed file with `count` taps; the outbox's name and its unanswered commands."""
    store = open_store(folder)
    bodies: dict[str, bytes] = {}
    for number in range(1, count + 1):
        command, body = taps.body(number, padding=300)
        store.tap(command, body, tapped_ms=number)
        if number > answered:
            bodies[command] = body
    store.settle([Result(n, Outcome.APPLIED, n) for n in range(1, answered + 1)], durable=0)
    outbox = store.outbox_position.outbox
    store.close()
    return outbox, bodies


def overwrite(path: Path, page: int, seed: int = 1) -> None:
    with path.open("r+b") as file:
        file.seek(page * PAGE)
        file.write(random.Random(seed).randbytes(PAGE))


def damaged_folders(folder: Path) -> list[Path]:
    return sorted(folder.parent.glob("store.damaged-*"))


def table_pages(path: Path) -> list[int]:
    """Pages with rows of the outbox: leaves of a table (first byte 13) that hold our commands."""
    content = path.read_bytes()
    return [
        number
        for number in range(1, len(content) // PAGE)
        if content[number * PAGE] == 13 and b'"kind":"note"' in content[number * PAGE :][:PAGE]
    ]


def test_store_opens_as_it_was_when_nothing_is_damaged(folder: Path) -> None:
    outbox, bodies = filled(folder, 5)
    store = open_store(folder)
    assert store.outbox_position.outbox == outbox
    assert len(store.pending()) == len(bodies)
    assert damaged_folders(folder) == []
    store.close()


@DAMAGED
def test_store_saves_all_other_rows_when_a_page_of_the_outbox_is_overwritten(folder: Path) -> None:
    outbox, bodies = filled(folder, 100)
    pages = table_pages(folder / FILE_NAME)
    assert len(pages) > 5
    overwrite(folder / FILE_NAME, pages[3])
    store = open_store(folder)
    assert store.outbox_position.outbox != outbox
    assert store.outbox_position.dseq == 0
    saved = {row.id: row.bytes for row in store.salvaged()}
    assert saved.items() <= bodies.items()
    assert len(bodies) - 12 <= len(saved) < len(bodies)
    first = [row for row in store.salvaged() if row.dseq == 1]
    assert first[0].verified
    assert (damaged_folders(folder)[0] / FILE_NAME).exists()
    store.close()


@DAMAGED
def test_store_saves_rows_by_their_text_when_the_first_page_is_lost(folder: Path) -> None:
    _, bodies = filled(folder, 30)
    overwrite(folder / FILE_NAME, 0)
    store = open_store(folder)
    assert {row.id: row.bytes for row in store.salvaged()} == bodies
    assert not any(row.verified for row in store.salvaged())
    store.close()


@DAMAGED
def test_store_lists_only_unanswered_rows_when_salvaged(folder: Path) -> None:
    _, bodies = filled(folder, 40, answered=25)
    pages = table_pages(folder / FILE_NAME)
    overwrite(folder / FILE_NAME, pages[-1])
    store = open_store(folder)
    listed = {row.id for row in store.salvaged()}
    assert listed
    assert listed <= set(bodies)
    store.close()


@DAMAGED
@pytest.mark.parametrize("broken", ["row", "page", "header"])
def test_store_saves_what_was_set_aside_before_and_not_yet_reported(
    folder: Path, broken: str
) -> None:
    outbox, bodies = filled(folder, 30)
    store = open_store(folder)
    store.quarantine("fork")
    first, *rest = store.salvaged()
    store.reported(first)
    for number in range(100, 130):
        store.tap(*taps.body(number, padding=300), tapped_ms=number)
    store.close()
    path = folder / FILE_NAME
    if broken == "row":
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE outbox SET hash = x'00' WHERE dseq = 7")
    else:
        overwrite(path, 0 if broken == "header" else table_pages(path)[-1])
    store = open_store(folder)
    saved = {row.id: row for row in store.salvaged()}
    assert {row.id: saved[row.id].bytes for row in rest} == {row.id: bodies[row.id] for row in rest}
    if broken != "header":
        assert [saved[row.id] for row in rest] == rest
        assert {row.outbox for row in rest} == {outbox}
    # Of a file that can be read row by row: else its report may be what was lost.
    assert (first.id in saved) == (broken != "row")
    store.close()


@DAMAGED
def test_store_salvages_again_when_the_first_salvage_was_cut_short(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, bodies = filled(folder, 20)
    overwrite(folder / FILE_NAME, 0)

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Store, "take_in", cut)
        with pytest.raises(KeyboardInterrupt):
            open_store(folder)
    store = open_store(folder)
    assert len(store.salvaged()) == len(bodies)
    store.close()
    again = open_store(folder)
    assert len(again.salvaged()) == len(bodies)
    assert len(damaged_folders(folder)) == 1
    again.close()


@DAMAGED
def test_store_never_crashes_or_alters_a_command_when_any_page_is_overwritten(folder: Path) -> None:
    _, bodies = filled(folder, 40)
    path = folder / FILE_NAME
    whole = path.read_bytes()
    for page in range(len(whole) // PAGE):
        path.write_bytes(whole)
        overwrite(path, page, seed=page)
        store = open_store(folder)
        kept = {row.bytes for row in store.pending()} | {row.bytes for row in store.salvaged()}
        readable = {row for row in kept if row in bodies.values()}
        assert len(readable) >= len(bodies) - 12, page
        assert store.outbox_position.dseq in (0, len(bodies))
        store.close()
        for used in (*damaged_folders(folder), folder):
            for file in used.iterdir():
                file.unlink()
            used.rmdir()
        folder.mkdir()


@DAMAGED
def test_store_replaces_a_file_that_is_no_database(folder: Path) -> None:
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(b"no database at all, but long enough to be read" * 100)
    store = open_store(folder)
    assert store.salvaged() == ()
    store.close()


def alter(path: Path, statement: str) -> None:
    """Change a cell or a table's name in a way that leaves every page well-formed."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA writable_schema=ON")
        db.execute(statement)
        db.commit()


@DAMAGED
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sqlite_master SET sql = replace(sql, 'told', 'tolk') WHERE name = 'outbox'",
        "UPDATE outbox SET bytes = CAST(replace(bytes, 'note', 'nota') AS BLOB) WHERE dseq = 2",
        "UPDATE outbox SET id = CAST(x'ff' AS TEXT) WHERE dseq = 2",
        "INSERT INTO event VALUES (1, CAST(x'7bff7d' AS TEXT))",
        "DROP TABLE position",
        "PRAGMA user_version=-7",
    ],
)
def test_store_salvages_when_well_formed_pages_hold_nonsense(folder: Path, statement: str) -> None:
    _, bodies = filled(folder, 5)
    alter(folder / FILE_NAME, statement)
    store = open_store(folder)
    assert damaged_folders(folder)
    saved = {row.bytes for row in store.salvaged()}
    assert len(saved & set(bodies.values())) >= len(bodies) - 1
    store.close()


@DAMAGED
def test_store_salvages_when_a_byte_of_the_header_changed(folder: Path) -> None:
    _, bodies = filled(folder, 5)
    path = folder / FILE_NAME
    content = bytearray(path.read_bytes())
    content[47] = 0x7F  # the schema format, of which SQLite knows four
    path.write_bytes(content)
    store = open_store(folder)
    assert {row.id: row.bytes for row in store.salvaged()} == bodies
    store.close()
