"""The kiosk's file: what a transaction promises."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from dapur.envelope import GENESIS, chain
from dapur.ids import CommandId
from dapur.sync.effects import ApplyEvents, ApplySnapshot
from dapur.sync.kiosk_side import Position
from dapur.wire.messages import Outcome, Result
from kiosk.local.errors import DiskRefused, DiskTrouble, FileTooNew
from kiosk.local.rows import Snapshot
from kiosk.local.store import Store
from tests.support import loose_taps as taps


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kiosk.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store(path)
    yield opened
    opened.close()


def tap(store: Store, number: int, padding: int = 0) -> CommandId:
    command, body = taps.body(number, padding=padding)
    store.tap(command, body, tapped_ms=taps.NOON_MS + number)
    return command


def tap_many(store: Store, count: int) -> None:
    for number in range(count):
        tap(store, number, padding=2000)


def grown(store: Store, *bodies: str) -> ApplyEvents:
    link = store.position.hash
    for body in bodies:
        link = chain(link, body.encode())
    return ApplyEvents(store.position.seq + 1, bodies, link)


def reopened(store: Store) -> Store:
    store.close()
    return Store(store.path)


def test_outbox_counts_without_gap_and_chains_when_tapped(store: Store) -> None:
    for number in range(1, 4):
        tap(store, number)
    rows = store.rows(0, 10)
    assert [row.dseq for row in rows] == [1, 2, 3]
    link = GENESIS
    for row in rows:
        link = chain(link, row.bytes)
        assert row.hash == link == store.row_hash(row.dseq)
    assert store.outbox_position.hash == link


def test_outbox_goes_on_where_it_was_when_reopened(store: Store) -> None:
    tap(store, 1)
    before = store.outbox_position
    again = reopened(store)
    assert again.outbox_position == before
    assert again.outbox_position.outbox
    tap(again, 2)
    assert [row.dseq for row in again.rows(0, 10)] == [1, 2]
    again.close()


def test_outbox_refuses_the_second_when_a_command_is_written_twice(store: Store) -> None:
    command, body = taps.body(1)
    store.tap(command, body, tapped_ms=0)
    with pytest.raises(sqlite3.IntegrityError):
        store.tap(command, body, tapped_ms=0)
    assert store.outbox_position.dseq == 1


def test_rows_stay_short_when_commands_are_long(store: Store) -> None:
    for number in range(60):
        tap(store, number, padding=7000)
    got = store.rows(0, 200)
    assert 1 < len(got) < 60
    assert sum(len(row.bytes) for row in got) <= 256 * 1024


def test_row_stays_pending_until_the_replica_reaches_its_answer(store: Store) -> None:
    tap(store, 1)
    store.settle([Result(1, Outcome.APPLIED, 2)], durable=0)
    (kept,) = store.pending()
    assert kept.answered == Result(1, Outcome.APPLIED, 2)
    assert store.unsent() == 0
    store.apply(grown(store, taps.event(1)))
    assert len(store.pending()) == 1
    store.apply(grown(store, taps.event(2)))
    assert store.pending() == ()


def test_answered_row_is_kept_until_a_backup_has_it(store: Store) -> None:
    for number in (1, 2, 3):
        tap(store, number)
    store.apply(grown(store, *(taps.event(n) for n in (1, 2, 3))))
    store.settle([Result(n, Outcome.APPLIED, n) for n in (1, 2, 3)], durable=0)
    assert len(store.rows(0, 10)) == 3
    store.settle([], durable=2)
    assert [row.dseq for row in store.rows(0, 10)] == [3]


def test_answer_without_an_event_is_kept_until_a_backup_goes_beyond_it(store: Store) -> None:
    for number in (1, 2, 3):
        tap(store, number)
    store.apply(grown(store, taps.event(1), taps.event(2)))
    # The second said nothing new: its answer may be younger than a backup that ends at event 1.
    answers = [(1, Outcome.APPLIED, 1), (2, Outcome.ALREADY, 1), (3, Outcome.APPLIED, 2)]
    store.settle([Result(dseq, outcome, seq) for dseq, outcome, seq in answers], durable=1)
    assert [row.dseq for row in store.rows(0, 10)] == [2, 3]
    store.settle([], durable=2)
    assert [row.dseq for row in store.rows(0, 10)] == [3]


def test_answers_of_a_lost_log_are_taken_back_and_its_backups_forget_nothing(store: Store) -> None:
    for number in (1, 2, 3):
        tap(store, number)
    store.apply(grown(store, *(taps.event(n) for n in (1, 2, 3))))
    store.settle([Result(n, Outcome.APPLIED, n) for n in (1, 2, 3)], durable=0)
    # The log was put back to its first event; others have made it long, and that was backed up.
    store.unanswer(1, durable=9)
    store.settle([], durable=9)
    assert [row.dseq for row in store.rows(1, 10)] == [2, 3]
    assert [row.dseq for row in store.pending()] == [2, 3]
    assert store.answered() == 1


def test_smaller_durable_of_a_restored_log_counts(store: Store) -> None:
    for number in (1, 2):
        tap(store, number)
    store.settle([], durable=50)
    store.unanswer(0, durable=0)
    store.apply(grown(store, *(taps.event(n) for n in (1, 2))))
    store.settle([Result(n, Outcome.APPLIED, n) for n in (1, 2)], durable=0)
    assert [row.dseq for row in store.rows(0, 10)] == [1, 2]


def test_last_row_stays_for_its_hash_when_all_is_durable(store: Store) -> None:
    tap(store, 1)
    tap(store, 2)
    store.apply(grown(store, taps.event(1), taps.event(2)))
    store.settle([Result(1, Outcome.APPLIED, 1), Result(2, Outcome.APPLIED, 2)], durable=9)
    last = store.outbox_position
    assert last.dseq == 2
    again = reopened(store)
    assert again.outbox_position == last
    again.close()


def test_unanswered_row_is_never_forgotten_when_durable_passes(store: Store) -> None:
    tap(store, 1)
    tap(store, 2)
    store.apply(grown(store, taps.event(1)))
    store.settle([Result(2, Outcome.APPLIED, 1)], durable=1)
    assert [row.dseq for row in store.rows(0, 10)] == [1, 2]


def test_row_leaves_the_view_but_waits_for_its_receipt_when_its_event_came_first(
    store: Store,
) -> None:
    command = tap(store, 1)
    store.apply(grown(store, taps.event(1, cause=command)))
    assert store.pending() == ()
    assert store.unsent() == 0
    assert store.answered() == 0
    store.settle([Result(1, Outcome.REFUSED, 1, "held")], durable=0)
    assert store.pending() == ()
    assert store.answered() == 1


def test_store_says_from_where_to_send_again_when_receipts_were_lost(store: Store) -> None:
    assert store.answered() == 0
    for number in (1, 2, 3):
        tap(store, number)
    assert store.answered() == 0
    store.settle([Result(1, Outcome.APPLIED, 1), Result(3, Outcome.APPLIED, 2)], durable=0)
    assert store.answered() == 1
    store.settle([Result(2, Outcome.APPLIED, 3)], durable=0)
    assert store.answered() == 3


def test_replica_comes_back_with_position_when_reopened(store: Store) -> None:
    store.replace(ApplySnapshot("e1", 10, b"h" * 32, 1, "{}"))
    events = [taps.event(n) for n in (11, 12)]
    store.apply(grown(store, *events))
    position = store.position
    again = reopened(store)
    assert again.position == position
    assert again.snapshot() == Snapshot(10, 1, "{}")
    assert list(again.events(10)) == [(11, events[0]), (12, events[1])]
    again.close()


def test_events_are_not_stored_when_they_leave_a_gap(store: Store) -> None:
    with pytest.raises(ValueError, match="do not follow"):
        store.apply(ApplyEvents(5, (taps.event(5),), b"h" * 32))
    assert store.position == Position()


def test_snapshot_leaves_the_outbox_as_it_is(store: Store) -> None:
    tap(store, 1)
    before = store.outbox_position
    store.apply(grown(store, taps.event(1)))
    store.replace(ApplySnapshot("e2", 4, b"h" * 32, 1, "{}"))
    assert store.outbox_position == before
    assert len(store.pending()) == 1
    assert list(store.events(0)) == []


def test_compaction_keeps_events_that_no_backup_has(store: Store) -> None:
    store.apply(grown(store, *(taps.event(n) for n in range(1, 7))))
    store.settle([], durable=4)
    store.compact(Snapshot(5, 1, '"five"'))
    assert store.snapshot() == Snapshot(5, 1, '"five"')
    assert [seq for seq, _ in store.events(0)] == [5, 6]
    assert store.position.seq == 6


def test_quarantine_begins_a_new_outbox_and_lists_the_unanswered(store: Store) -> None:
    tap(store, 1)
    second = tap(store, 2)
    store.settle([Result(1, Outcome.APPLIED, 1)], durable=0)
    old = store.outbox_position.outbox
    new = store.quarantine("fork")
    assert new.dseq == 0
    assert new.hash == GENESIS
    assert new.outbox != old
    (lost,) = store.salvaged()
    assert (lost.id, lost.outbox, lost.dseq, lost.why) == (second, old, 2, "fork")
    store.reported(lost)
    assert store.salvaged() == ()


def test_quarantine_lists_no_tap_whose_event_came_before_its_receipt(store: Store) -> None:
    told = tap(store, 1)
    lost = tap(store, 2)
    store.apply(grown(store, taps.event(1, cause=told)))
    store.quarantine("fork")
    assert [row.id for row in store.salvaged()] == [lost]


def test_notes_and_drafts_survive_when_reopened(store: Store) -> None:
    store.note(page="board", language="id")
    store.save_draft("qc:B-1", "{}")
    again = reopened(store)
    assert (again.noted("page"), again.noted("language"), again.noted("none")) == (
        "board",
        "id",
        "",
    )
    assert again.draft("qc:B-1") == "{}"
    again.drop_draft("qc:B-1")
    assert again.draft("qc:B-1") == ""
    again.close()


def test_store_refuses_a_file_of_a_newer_release(store: Store) -> None:
    store._db.execute("PRAGMA user_version=99")
    store.close()
    with pytest.raises(FileTooNew):
        Store(store.path)


def test_store_refuses_only_the_tap_that_does_not_fit_when_the_disk_is_full(store: Store) -> None:
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count={pages + 4}")
    with pytest.raises(DiskRefused) as refused:
        tap_many(store, 100)
    kept = len(store.rows(0, 100))
    assert refused.value.trouble is DiskTrouble.FULL
    assert kept > 0
    assert store.outbox_position.dseq == kept
    store._db.execute("PRAGMA max_page_count=100000")
    tap(store, 1, padding=2000)
    again = reopened(store)
    assert [row.dseq for row in again.rows(0, 100)] == list(range(1, kept + 2))
    again.close()


def test_store_says_busy_when_another_program_holds_the_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.local.schema.BUSY_WAIT_S", 0.05)
    store = Store(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(DiskRefused) as refused:
        tap(store, 1)
    assert refused.value.trouble is DiskTrouble.BUSY
    other.execute("ROLLBACK")
    other.close()
    tap(store, 1)
    assert store.outbox_position.dseq == 1
    store.close()
