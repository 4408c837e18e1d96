"""Verification names the first wrong row of a log that was damaged by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine, text

from dapur.envelope import GENESIS, Event, Occurred, encode_event
from dapur.ids import CommandId, DeviceId, KitchenId, OutboxId, SessionId, StaffId
from server.desk.ports import StoredSnapshot
from server.log.care import LogCare
from server.log.engine import writing
from server.log.schema import upgrade
from server.log.sql_log import SqlLog
from server.log.verify import Finding, verify
from tests.support.databases import clean_postgres, opened, sqlite_url
from tests.support.groups import KITCHEN, OTHER, OUTBOX, group

SECOND = OutboxId("outbox-2")


def body(number: int) -> bytes:
    moment = Occurred(number, number)
    return encode_event(
        Event(
            kind="batch_noted",
            subject="b-1",
            data=msgspec.Raw(b'{"preset":"note"}'),
            command=CommandId(f"c{number}"),
            actor=StaffId("s"),
            session=SessionId("x"),
            device=DeviceId("d"),
            at=moment,
            recorded_ms=number,
        )
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = _migrated(tmp_path) if request.param == "sqlite" else clean_postgres()
    with _two_kitchens(url) as opened_engine:
        yield opened_engine


def _migrated(folder: Path) -> str:
    upgrade(sqlite_url(folder))
    return sqlite_url(folder)


@contextmanager
def _two_kitchens(url: str) -> Iterator[Engine]:
    """The first has 12 events, two outboxes with 6 receipts each and a snapshot."""
    with opened(url) as opened_engine:
        log = SqlLog(opened_engine)
        for kitchen in (KITCHEN, OTHER):
            log.create_kitchen(kitchen, epoch="e")
        for turn in range(6):
            for outbox in (OUTBOX, SECOND):
                log.append([group(log, bodies=[body(turn)], outbox=outbox, raws=[b"%d" % turn])])
        log.append([group(log, OTHER, [body(1)], raws=[b"x"])])
        entry = log.read(KITCHEN, 7, limit=1)[0]
        log.save_snapshot(KITCHEN, StoredSnapshot(8, entry.hash, 1, "{}"))
        yield opened_engine


def spoil(engine: Engine, statement: str) -> None:
    with writing(engine) as connection:
        changed = connection.execute(text(statement)).rowcount
    assert changed > 0


def only(engine: Engine, kitchen: KitchenId = KITCHEN) -> Finding:
    [finding] = verify(engine, [kitchen])
    return finding


def test_verify_counts_what_holds(engine: Engine) -> None:
    assert list(verify(engine)) == [Finding(KITCHEN, 12, 12), Finding(OTHER, 1, 1)]


def test_verify_walks_in_many_reads(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.log.verify.ROWS_PER_READ", 3)
    assert only(engine) == Finding(KITCHEN, 12, 12)


def test_verify_goes_on_from_the_floor(engine: Engine) -> None:
    LogCare(engine).raise_floor(KITCHEN, 5)
    assert only(engine) == Finding(KITCHEN, 7, 12)
    spoil(engine, "UPDATE tenant_head SET floor_hash = hash WHERE kitchen = 'kitchen-a'")
    assert "event 6" in only(engine).wrong


WHERE = "WHERE kitchen = 'kitchen-a'"
DAMAGE = {
    f"DELETE FROM event {WHERE} AND seq = 4": "event 4 is missing, 5 follows 3",
    f"DELETE FROM event {WHERE} AND seq = 12": "head says 12, the last event is 11",
    f"UPDATE event SET body = hash {WHERE} AND seq = 7": "event 7: body or hash was changed",
    f"UPDATE event SET hash = (SELECT hash FROM event {WHERE} AND seq = 1) {WHERE} AND seq = 3": (
        "event 3: body or hash was changed"
    ),
    f"UPDATE tenant_head SET hash = floor_hash {WHERE}": "head: hash differs",
    f"UPDATE tenant_head SET floor_hash = hash {WHERE}": "head: floor 0",
    f"DELETE FROM receipt {WHERE} AND outbox = 'outbox-1' AND dseq = 3": "dseq 3 is missing",
    f"DELETE FROM receipt {WHERE} AND outbox = 'outbox-2' AND dseq = 6": (
        "outbox outbox-2: head says 6, the last receipt is 5"
    ),
    f"DELETE FROM outbox_head {WHERE} AND outbox = 'outbox-1'": "receipts without a head",
    f"UPDATE outbox_head SET last_hash = (SELECT hash FROM tenant_head {WHERE}) {WHERE}": (
        "outbox outbox-1: head says 6, the last receipt is 6"
    ),
    f"UPDATE receipt SET raw = row_hash {WHERE} AND dseq = 2": "outbox-1: dseq 2 was changed",
    f"UPDATE receipt SET seq = 13 {WHERE} AND dseq = 6": "dseq 6 names event 13",
    f"UPDATE receipt SET seq = 1 {WHERE} AND dseq = 6": "dseq 6 names event 1",
    f"UPDATE snapshot SET seq = 20 {WHERE}": "ahead of the log",
    f"UPDATE snapshot SET seq = 9 {WHERE}": "another hash than the event's",
}


@pytest.mark.parametrize("statement", DAMAGE)
def test_verify_names_the_first_wrong_row(engine: Engine, statement: str) -> None:
    spoil(engine, statement)
    ours, theirs = verify(engine)
    assert DAMAGE[statement] in ours.wrong
    assert theirs == Finding(OTHER, 1, 1)


OF_ANOTHER_TYPE = {
    f"UPDATE event SET body = CAST(body AS TEXT) {WHERE} AND seq = 5": (
        "event 5: stored as str, not as bytes"
    ),
    f"UPDATE event SET hash = hex(hash) {WHERE} AND seq = 5": "event 5: stored as str",
    f"UPDATE event SET body = 7 {WHERE} AND seq = 5": "event 5: stored as int",
    f"UPDATE receipt SET raw = CAST(raw AS TEXT) {WHERE} AND outbox = 'outbox-1' AND dseq = 2": (
        "outbox outbox-1: dseq 2: stored as str"
    ),
    f"UPDATE receipt SET outbox = CAST(outbox AS BLOB) {WHERE} AND dseq = 2": "outbox",
    f"UPDATE outbox_head SET outbox = CAST(outbox AS BLOB) {WHERE} AND last_dseq = 6": "outbox",
    f"UPDATE tenant_head SET floor_hash = hex(floor_hash) {WHERE}": "head: floor 0",
    f"UPDATE outbox_head SET last_hash = hex(last_hash) {WHERE}": "head says 6",
    f"UPDATE snapshot SET hash = hex(hash) {WHERE}": "another hash than the event's",
}


@pytest.mark.parametrize("statement", OF_ANOTHER_TYPE)
def test_verify_names_what_is_stored_as_another_type(statement: str, tmp_path: Path) -> None:
    """PostgreSQL cannot be told to store such a thing."""
    with _two_kitchens(_migrated(tmp_path)) as engine:
        with writing(engine) as connection:
            connection.execute(text("PRAGMA ignore_check_constraints = ON"))
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
            assert connection.execute(text(statement)).rowcount > 0
        ours, theirs = verify(engine)
        assert OF_ANOTHER_TYPE[statement] in ours.wrong
        assert theirs == Finding(OTHER, 1, 1)


def test_verify_takes_receipts_whose_beginning_was_trimmed(engine: Engine) -> None:
    spoil(engine, f"DELETE FROM receipt {WHERE} AND outbox = 'outbox-1' AND dseq <= 2")
    assert only(engine) == Finding(KITCHEN, 12, 10)


def test_verify_names_an_unreadable_event(engine: Engine) -> None:
    log = SqlLog(engine)
    log.append([group(log, bodies=[b"not json"])])
    assert "event 13: unreadable" in only(engine).wrong


def test_verify_names_an_unknown_kitchen(engine: Engine) -> None:
    assert only(engine, KitchenId("nowhere")).wrong == "there is no log of this kitchen"


def test_genesis_is_the_hash_of_an_empty_log(engine: Engine) -> None:
    log = SqlLog(engine)
    log.create_kitchen(KitchenId("new"), epoch="e")
    assert only(engine, KitchenId("new")) == Finding(KitchenId("new"), 0, 0)
    head = log.head(KitchenId("new"))
    assert head is not None
    assert head.hash == GENESIS
