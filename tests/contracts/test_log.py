"""What every event log promises: in memory, on a SQLite file, on a real PostgreSQL under the servers' role."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import msgspec
import pytest

from dapur.envelope import GENESIS, chain
from dapur.ids import KitchenId, OutboxId
from dapur.wire.messages import Outcome
from server.desk.ports import Append, Conflict, Entry, Head, Log, OutboxHead, StoredSnapshot
from server.log.care import LogCare
from server.log.schema import upgrade
from server.log.sql_log import SqlLog
from tests.support.databases import as_servers, clean_postgres, opened, sqlite_url
from tests.support.fake_log import FakeLog
from tests.support.groups import DEVICE, KITCHEN, OTHER, OUTBOX, entries, group

EPOCH = "epoch-1"


class Care(Protocol):
    """What upkeep may change in a log."""

    def mark_durable(self, kitchen: KitchenId, seq: int) -> None: ...
    def rotate_epoch(self, kitchen: KitchenId, epoch: str) -> None: ...
    def raise_floor(self, kitchen: KitchenId, floor: int) -> None: ...


class Store(msgspec.Struct):
    """One storage under test: `reopen` gives a log as another process would open it."""

    log: Log
    care: Care
    reopen: Callable[[], Log]


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        log = FakeLog()
        yield Store(log, log, lambda: log)
        return
    if request.param == "sqlite":
        url = servers = sqlite_url(tmp_path)
        upgrade(url)
    else:
        # Servers may not delete events, who lets them go owns the tables.
        url = clean_postgres()
        servers = as_servers(url)
    with opened(servers) as engine, opened(servers) as other, opened(url) as owner:
        yield Store(SqlLog(engine), LogCare(owner), lambda: SqlLog(other))


@pytest.fixture
def log(store: Store) -> Log:
    store.log.create_kitchen(KITCHEN, epoch=EPOCH)
    store.log.create_kitchen(OTHER, epoch=EPOCH)
    return store.log


def bodies_of(log: Log, kitchen: KitchenId = KITCHEN) -> list[bytes]:
    return [entry.body for entry in log.read(kitchen, 0, limit=10_000)]


class TestKitchens:
    def test_log_begins_empty_when_a_kitchen_is_made(self, log: Log) -> None:
        assert log.head(KITCHEN) == Head(epoch=EPOCH, seq=0, hash=GENESIS, floor=0, durable=0)
        assert log.read(KITCHEN, 0, limit=10) == ()

    def test_log_changes_nothing_when_a_kitchen_is_made_again(self, log: Log) -> None:
        log.append([group(log, bodies=[b"one"])])
        before = log.head(KITCHEN)
        log.create_kitchen(KITCHEN, epoch="another")
        assert log.head(KITCHEN) == before

    def test_log_names_its_kitchens(self, log: Log) -> None:
        assert log.kitchens() == (KITCHEN, OTHER)

    def test_log_gives_heads_of_known_kitchens_only(self, log: Log) -> None:
        log.append([group(log, bodies=[b"one", b"two"])])
        assert log.heads([OTHER, KITCHEN, KitchenId("nowhere")]) == {KITCHEN: 2, OTHER: 0}
        assert log.heads([]) == {}

    def test_log_gives_heads_of_more_kitchens_than_one_query_takes(self, store: Store) -> None:
        some = [KitchenId(f"kitchen-{number:04}") for number in range(12)]
        for kitchen in some:
            store.log.create_kitchen(kitchen, epoch=EPOCH)
        strangers = [KitchenId(f"stranger-{number}") for number in range(2_500)]
        assert store.log.heads([*strangers, *some]) == dict.fromkeys(some, 0)

    def test_log_says_so_when_a_kitchen_is_unknown(self, log: Log) -> None:
        nowhere = KitchenId("nowhere")
        assert log.head(nowhere) is None
        assert log.outbox_head(nowhere, OUTBOX) is None
        assert log.receipts(nowhere, OUTBOX, 1, 10) == ()
        assert log.snapshot(nowhere, state_version=1) is None
        with pytest.raises(LookupError):
            log.read(nowhere, 0, limit=1)
        with pytest.raises(LookupError):
            log.append([Append(nowhere, 0, (Entry(1, chain(GENESIS, b"x"), b"x"),), (), ())])
        with pytest.raises(LookupError):
            log.save_snapshot(nowhere, StoredSnapshot(0, GENESIS, 1, "{}"))


class TestReading:
    def test_log_gives_back_events_in_order_when_read_in_pieces(self, log: Log) -> None:
        bodies = [b"event %d" % number for number in range(7)]
        log.append([group(log, bodies=bodies[:3])])
        log.append([group(log, bodies=bodies[3:])])
        first = log.read(KITCHEN, 0, limit=4)
        rest = log.read(KITCHEN, 4, limit=100)
        assert [entry.seq for entry in first + rest] == [1, 2, 3, 4, 5, 6, 7]
        assert [entry.body for entry in first + rest] == bodies
        assert log.read(KITCHEN, 2, limit=100, up_to=4) == (first + rest)[2:4]
        assert log.read(KITCHEN, 7, limit=100) == ()
        assert log.read(KITCHEN, 99, limit=100) == ()

    def test_log_keeps_the_chain(self, log: Log) -> None:
        log.append([group(log, bodies=[b"one"])])
        log.append([group(log, bodies=[b"two", b"three"])])
        last = GENESIS
        for entry in log.read(KITCHEN, 0, limit=10):
            last = chain(last, entry.body)
            assert entry.hash == last
        head = log.head(KITCHEN)
        assert head is not None
        assert head.hash == last

    def test_log_keeps_bytes_as_they_are(self, log: Log) -> None:
        bodies = [bytes(range(256)), "selesai – ½ porsi 🍚".encode(), b"", b"x" * 64 * 1024]
        log.append([group(log, bodies=bodies, raws=[b"\x00\xff", b"y" * 8192])])
        assert bodies_of(log) == bodies
        stored = log.receipts(KITCHEN, OUTBOX, 1, 2)
        assert [receipt.raw for receipt in stored] == [b"\x00\xff", b"y" * 8192]

    def test_log_keeps_kitchens_apart(self, log: Log) -> None:
        log.append([group(log, bodies=[b"ours"], raws=[b"tap"])])
        log.append([group(log, OTHER, [b"theirs"], raws=[b"their tap", b"and one more"])])
        assert bodies_of(log) == [b"ours"]
        assert bodies_of(log, OTHER) == [b"theirs"]
        assert [receipt.raw for receipt in log.receipts(KITCHEN, OUTBOX, 1, 9)] == [b"tap"]
        ours, theirs = log.outbox_head(KITCHEN, OUTBOX), log.outbox_head(OTHER, OUTBOX)
        assert ours is not None
        assert theirs is not None
        assert (ours.last_dseq, theirs.last_dseq) == (1, 2)

    def test_log_tells_of_many_kitchens_at_once_what_each_has_after_some_event(
        self, log: Log
    ) -> None:
        log.append([group(log, bodies=[b"1", b"2", b"3", b"4"]), group(log, OTHER, [b"a"])])
        spans = {OTHER: (1, 9), KITCHEN: (1, 3), KitchenId("nowhere"): (0, 9)}
        found = log.since(spans)
        assert found.keys() == {KITCHEN, OTHER}
        assert {kitchen: each.head for kitchen, each in found.items()} == {
            kitchen: log.head(kitchen) for kitchen in (KITCHEN, OTHER)
        }
        assert found[KITCHEN].entries == log.read(KITCHEN, 1, limit=2)
        assert found[OTHER].entries == ()
        assert log.since({OTHER: (0, 1)})[OTHER].entries == log.read(OTHER, 0, limit=9)
        assert log.since({}) == {}

    def test_log_tells_where_kitchens_and_outboxes_stand_at_once(self, log: Log) -> None:
        log.append([group(log, bodies=[b"1", b"2"], raws=[b"tap"])])
        nowhere, unseen = KitchenId("nowhere"), OutboxId("unseen")
        asked = [(KITCHEN, OUTBOX), (KITCHEN, unseen), (OTHER, OUTBOX), (nowhere, OUTBOX)]
        found = log.both_heads(asked)
        assert found.keys() == set(asked[:3])
        for kitchen, outbox in asked[:3]:
            assert found[kitchen, outbox].log == log.head(kitchen)
            assert found[kitchen, outbox].outbox == log.outbox_head(kitchen, outbox)
        assert found[KITCHEN, OUTBOX].outbox is not None
        assert found[OTHER, OUTBOX].outbox is None
        # Two kiosks that say they have one outbox get one answer.
        assert log.both_heads([asked[0]] * 2) == {asked[0]: found[asked[0]]}
        assert log.both_heads([]) == {}

    def test_log_tells_of_more_kitchens_than_one_query_takes(self, store: Store) -> None:
        crowd = [KitchenId(f"k-{number:04}") for number in range(1_100)]
        some = [*crowd[:3], crowd[-1]]
        for kitchen in some:
            store.log.create_kitchen(kitchen, epoch=EPOCH)
        store.log.append([group(store.log, kitchen, [b"x", b"y"]) for kitchen in some])
        found = store.log.since(dict.fromkeys(crowd, (0, 9)))
        assert {kitchen: len(each.entries) for kitchen, each in found.items()} == dict.fromkeys(
            some, 2
        )

    def test_log_tells_no_events_where_some_are_archived(self, store: Store, log: Log) -> None:
        log.append([group(log, bodies=[b"1", b"2", b"3"])])
        log.save_snapshot(KITCHEN, StoredSnapshot(2, b"h" * 32, 1, "{}"))
        store.care.raise_floor(KITCHEN, 2)
        found = log.since({KITCHEN: (1, 3)})[KITCHEN]
        assert (found.entries, found.head.floor) == ((), 2)
        assert [each.body for each in log.since({KITCHEN: (2, 3)})[KITCHEN].entries] == [b"3"]

    def test_log_reads_below_the_floor_with_an_error(self, store: Store, log: Log) -> None:
        log.append([group(log, bodies=[b"%d" % number for number in range(1, 8)])])
        head = log.head(KITCHEN)
        assert head is not None
        with pytest.raises(ValueError, match="snapshot"):
            store.care.raise_floor(KITCHEN, 4)
        log.save_snapshot(KITCHEN, StoredSnapshot(7, head.hash, 1, "{}"))
        store.care.raise_floor(KITCHEN, 4)
        store.care.raise_floor(KITCHEN, 2)
        assert [entry.body for entry in log.read(KITCHEN, 4, limit=10)] == [b"5", b"6", b"7"]
        with pytest.raises(LookupError):
            log.read(KITCHEN, 3, limit=10)
        with pytest.raises(LookupError):
            log.read(KITCHEN, 0, limit=10, up_to=2)
        assert log.head(KITCHEN) == msgspec.structs.replace(head, floor=4)
        log.append([group(log, bodies=[b"8"])])
        assert [entry.body for entry in log.read(KITCHEN, 6, limit=10)] == [b"7", b"8"]


class TestReceipts:
    def test_log_gives_the_same_receipt_every_time(self, log: Log) -> None:
        log.append(
            [group(log, bodies=[b"refused"], raws=[b"tap"], outcome=Outcome.REFUSED, code="held")]
        )
        first = log.receipts(KITCHEN, OUTBOX, 1, 1)
        assert first == log.receipts(KITCHEN, OUTBOX, 1, 1)
        [receipt] = first
        assert (receipt.outcome, receipt.code, receipt.seq) == (Outcome.REFUSED, "held", 1)
        assert receipt.row_hash == chain(GENESIS, b"tap")
        assert receipt.command == f"{OUTBOX}/1"

    def test_log_gives_the_receipts_asked_for(self, log: Log) -> None:
        log.append([group(log, bodies=[b"a"], raws=[b"1", b"2", b"3"])])
        log.append([group(log, bodies=[b"b"], raws=[b"4", b"5"])])
        found = log.receipts(KITCHEN, OUTBOX, 2, 4)
        assert [(receipt.dseq, receipt.raw, receipt.seq) for receipt in found] == [
            (2, b"2", 1),
            (3, b"3", 1),
            (4, b"4", 2),
        ]
        assert len(log.receipts(KITCHEN, OUTBOX, 0, 99)) == 5
        assert log.receipts(KITCHEN, OUTBOX, 6, 9) == ()
        assert log.receipts(KITCHEN, OutboxId("other"), 1, 9) == ()

    def test_log_keeps_the_outbox_head(self, log: Log) -> None:
        log.append([group(log, bodies=[b"a"], raws=[b"1", b"2"], earliest_ms=77)])
        last = chain(chain(GENESIS, b"1"), b"2")
        assert log.outbox_head(KITCHEN, OUTBOX) == OutboxHead(OUTBOX, DEVICE, 2, last, 77)
        assert log.outbox_head(KITCHEN, OutboxId("other")) is None

    def test_log_takes_a_receipt_without_an_event(self, log: Log) -> None:
        log.append([group(log, bodies=[b"a"])])
        log.append([group(log, raws=[b"again"], outcome=Outcome.ALREADY)])
        assert bodies_of(log) == [b"a"]
        assert log.receipts(KITCHEN, OUTBOX, 1, 1)[0].seq == 1

    def test_log_takes_first_commands_of_an_outbox_that_is_known_by_name_only(
        self, log: Log
    ) -> None:
        known = OutboxHead(OUTBOX, DEVICE, 0, GENESIS, 0)
        log.append([Append(KITCHEN, 0, (), (), (known,))])
        assert log.outbox_head(KITCHEN, OUTBOX) == known
        log.append([group(log, bodies=[b"a"], raws=[b"1"])])
        assert len(log.receipts(KITCHEN, OUTBOX, 1, 9)) == 1


class TestConflicts:
    def test_log_refuses_a_group_whose_head_has_moved(self, log: Log) -> None:
        late = group(log, bodies=[b"late"], raws=[b"tap"])
        log.append([group(log, bodies=[b"first"], outbox=OutboxId("faster"), raws=[b"tap"])])
        with pytest.raises(Conflict) as caught:
            log.append([late])
        assert caught.value.kitchen == KITCHEN
        assert bodies_of(log) == [b"first"]
        assert log.receipts(KITCHEN, OUTBOX, 1, 1) == ()
        assert log.outbox_head(KITCHEN, OUTBOX) is None

    def test_log_refuses_a_group_that_expects_more_than_there_is(self, log: Log) -> None:
        ahead = Append(KITCHEN, 3, (Entry(4, bytes(32), b"x"),), (), ())
        with pytest.raises(Conflict):
            log.append([ahead])
        assert bodies_of(log) == []

    @pytest.mark.parametrize("beaten", [KITCHEN, OTHER])
    def test_log_writes_nothing_of_a_group_when_one_of_two_kitchens_has_moved(
        self, log: Log, beaten: KitchenId
    ) -> None:
        both = [group(log, KITCHEN, [b"a"], raws=[b"1"]), group(log, OTHER, [b"b"], raws=[b"2"])]
        log.append([group(log, beaten, [b"first"])])
        with pytest.raises(Conflict) as caught:
            log.append(both)
        assert caught.value.kitchen == beaten
        unbeaten = OTHER if beaten == KITCHEN else KITCHEN
        assert bodies_of(log, beaten) == [b"first"]
        assert bodies_of(log, unbeaten) == []
        assert log.outbox_head(unbeaten, OUTBOX) is None

    def test_log_writes_two_kitchens_in_one_group(self, log: Log) -> None:
        log.append(
            [group(log, OTHER, [b"b"], raws=[b"2"]), group(log, KITCHEN, [b"a"], raws=[b"1"])]
        )
        log.append([group(log, OTHER, raws=[b"3"]), group(log, KITCHEN, [b"c"], raws=[b"4"])])
        assert (bodies_of(log), bodies_of(log, OTHER)) == ([b"a", b"c"], [b"b"])
        assert len(log.receipts(OTHER, OUTBOX, 1, 9)) == 2

    def test_log_sees_a_conflict_when_another_process_wrote_only_a_receipt(self, log: Log) -> None:
        log.append([group(log, bodies=[b"a"], raws=[b"1"])])
        twice = group(log, raws=[b"again"], outcome=Outcome.ALREADY)
        log.append([twice])
        with pytest.raises(Conflict):
            log.append([twice])
        assert len(log.receipts(KITCHEN, OUTBOX, 1, 9)) == 2

    def test_log_sees_a_conflict_when_another_process_took_the_first_tap(self, log: Log) -> None:
        twice = group(log, raws=[b"tap"], outcome=Outcome.ALREADY)
        log.append([twice])
        with pytest.raises(Conflict):
            log.append([twice])

    def test_log_never_takes_an_outbox_back_to_its_beginning(self, log: Log) -> None:
        log.append([group(log, bodies=[b"a"], raws=[b"1"])])
        unknown = OutboxHead(OUTBOX, DEVICE, 0, GENESIS, 0)
        with pytest.raises(Conflict):
            log.append([Append(KITCHEN, 1, (), (), (unknown,))])
        head = log.outbox_head(KITCHEN, OUTBOX)
        assert head is not None
        assert head.last_dseq == 1

    @pytest.mark.parametrize("before", [1, 5])
    def test_log_refuses_a_gap_in_an_outbox(self, log: Log, before: int) -> None:
        log.append([group(log, bodies=[b"a"], raws=[b"1"])])
        good = group(log, bodies=[b"b"], raws=[b"2"])
        moved = msgspec.structs.replace(
            good,
            receipts=tuple(
                msgspec.structs.replace(receipt, dseq=receipt.dseq + before)
                for receipt in good.receipts
            ),
            outboxes=tuple(
                msgspec.structs.replace(head, last_dseq=head.last_dseq + before)
                for head in good.outboxes
            ),
        )
        with pytest.raises(ValueError, match="outbox"):
            log.append([moved])
        assert bodies_of(log) == [b"a"]

    def test_log_refuses_what_a_desk_must_never_build(self, log: Log) -> None:
        good = group(log, bodies=[b"a", b"b"], raws=[b"1", b"2"])
        wrong: dict[str, dict[str, object]] = {
            "a gap in seq": {
                "entries": (good.entries[0], msgspec.structs.replace(good.entries[1], seq=3))
            },
            "a gap in dseq": {
                "receipts": (good.receipts[0], msgspec.structs.replace(good.receipts[1], dseq=3))
            },
            "no head": {"outboxes": ()},
            "too long": {"entries": entries(log, KITCHEN, [b"x" * (64 * 1024 + 1)])},
            "no hash": {"entries": (Entry(1, b"short", b"a"),)},
        }
        for name, change in wrong.items():
            with pytest.raises(ValueError, match=r".") as caught:
                log.append([msgspec.structs.replace(good, **change)])
            assert not isinstance(caught.value, LookupError), name
        with pytest.raises(ValueError, match="two appends"):
            log.append([good, good])
        assert bodies_of(log) == []

    def test_log_does_nothing_when_a_group_is_empty(self, log: Log) -> None:
        log.append([])
        assert bodies_of(log) == []


class TestProcesses:
    def test_log_holds_everything_when_opened_again(self, store: Store, log: Log) -> None:
        log.append([group(log, bodies=[b"a", b"b"], raws=[b"1"])])
        again = store.reopen()
        assert again.head(KITCHEN) == log.head(KITCHEN)
        assert bodies_of(again) == [b"a", b"b"]
        assert again.receipts(KITCHEN, OUTBOX, 1, 1) == log.receipts(KITCHEN, OUTBOX, 1, 1)
        assert again.outbox_head(KITCHEN, OUTBOX) == log.outbox_head(KITCHEN, OUTBOX)

    def test_log_loses_nothing_when_four_write_at_once_from_two_processes(
        self, store: Store, log: Log
    ) -> None:
        other = store.reopen()

        def write(number: int) -> None:
            mine, outbox = (log if number % 2 else other), OutboxId(f"outbox-{number}")
            turn = 0
            while turn < 50:
                body = b"%d/%d" % (number, turn)
                with suppress(Conflict):
                    mine.append([group(mine, bodies=[body], outbox=outbox, raws=[b"x"])])
                    turn += 1

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, range(4)))
        found = log.read(KITCHEN, 0, limit=1000)
        assert [entry.seq for entry in found] == list(range(1, 201))
        assert {entry.body for entry in found} == {
            b"%d/%d" % (number, turn) for number in range(4) for turn in range(50)
        }
        last = GENESIS
        for entry in found:
            last = chain(last, entry.body)
            assert entry.hash == last
        for number in range(4):
            assert len(log.receipts(KITCHEN, OutboxId(f"outbox-{number}"), 1, 99)) == 50

    def test_log_gives_a_turn_to_one_that_reads_slower_than_another_writes(
        self, store: Store, log: Log
    ) -> None:
        other, ended = store.reopen(), threading.Event()

        def hurry() -> int:
            written = 0
            while not ended.is_set() and written < 5_000:
                with suppress(Conflict):
                    other.append([group(other, OTHER, [b"x"]), group(other, KITCHEN, [b"x"])])
                    written += 1
            return written

        with ThreadPoolExecutor(1) as pool:
            hurrying = pool.submit(hurry)
            try:
                for _ in range(10):
                    with log.held([KITCHEN, OTHER]):
                        mine = [group(log, KITCHEN, [b"y"]), group(log, OTHER, [b"y"])]
                        time.sleep(0.01)
                        log.append(mine)
            finally:
                ended.set()
            written = hurrying.result()
        assert log.heads([KITCHEN, OTHER]) == dict.fromkeys([KITCHEN, OTHER], written + 10)

    def test_log_writes_nothing_in_a_turn_that_met_a_conflict(self, log: Log) -> None:
        ahead = Append(KITCHEN, 3, (Entry(4, bytes(32), b"x"),), (), ())
        with pytest.raises(Conflict), log.held([KITCHEN]):
            log.append([ahead])
        assert bodies_of(log) == []
        log.append([group(log, bodies=[b"a"], raws=[b"1"])])
        assert bodies_of(log) == [b"a"]

    def test_log_never_deadlocks_when_two_processes_write_the_same_kitchens_in_other_orders(
        self, store: Store, log: Log
    ) -> None:
        other = store.reopen()

        def write(mine: Log, *order: KitchenId) -> None:
            turn = 0
            while turn < 40:
                with suppress(Conflict):
                    mine.append([group(mine, kitchen, [b"x"]) for kitchen in order])
                    turn += 1

        with ThreadPoolExecutor(2) as pool:
            one, two = (
                pool.submit(write, log, KITCHEN, OTHER),
                pool.submit(write, other, OTHER, KITCHEN),
            )
            one.result()
            two.result()
        assert log.heads([KITCHEN, OTHER]) == {KITCHEN: 80, OTHER: 80}

    def test_log_never_deadlocks_when_two_processes_hold_what_the_other_moves(
        self, store: Store, log: Log
    ) -> None:
        """A group without an event (only receipts) holds the head of its kitchen."""
        other = store.reopen()

        def write(mine: Log, outbox: str, moved: KitchenId, held: KitchenId) -> None:
            turn = 0
            while turn < 40:
                with suppress(Conflict):
                    raws = [str(turn).encode()]
                    mine.append(
                        [
                            group(mine, moved, [b"x"], outbox=OutboxId(outbox), raws=raws),
                            group(mine, held, outbox=OutboxId(outbox), raws=raws),
                        ]
                    )
                    turn += 1

        with ThreadPoolExecutor(2) as pool:
            one = pool.submit(write, log, "o-1", KITCHEN, OTHER)
            two = pool.submit(write, other, "o-2", OTHER, KITCHEN)
            one.result()
            two.result()
        assert log.heads([KITCHEN, OTHER]) == {KITCHEN: 40, OTHER: 40}

    def test_log_writes_many_kitchens_and_their_next_rows_in_one_group(self, log: Log) -> None:
        crowd = [KitchenId(f"crowd-{number}") for number in range(5)]
        for kitchen in crowd:
            log.create_kitchen(kitchen, epoch="e")
        for turn in range(3):
            log.append(
                [group(log, kitchen, [b"x"], raws=[str(turn).encode()]) for kitchen in crowd]
            )
        assert log.heads(crowd) == dict.fromkeys(crowd, 3)
        for kitchen in crowd:
            head = log.outbox_head(kitchen, OUTBOX)
            assert head is not None
            assert head.last_dseq == 3
            assert head.last_hash == log.receipts(kitchen, OUTBOX, 3, 3)[0].row_hash

    def test_log_writes_no_kitchen_when_one_of_many_has_moved_on(self, log: Log) -> None:
        mine = [group(log, KITCHEN, [b"x"]), group(log, OTHER, [b"x"])]
        log.append([group(log, OTHER, [b"first"])])
        with pytest.raises(Conflict) as conflict:
            log.append(mine)
        assert conflict.value.kitchen == OTHER
        assert log.heads([KITCHEN, OTHER]) == {KITCHEN: 0, OTHER: 1}


class TestSnapshots:
    def test_log_gives_the_newest_snapshot_of_a_version(self, log: Log) -> None:
        for seq, version, text in ((1, 1, "old"), (5, 1, "new"), (3, 2, "other version")):
            log.save_snapshot(KITCHEN, StoredSnapshot(seq, bytes([seq]) * 32, version, text))
        assert log.snapshot(KITCHEN, state_version=1) == StoredSnapshot(5, b"\x05" * 32, 1, "new")
        found = log.snapshot(KITCHEN, state_version=2)
        assert found is not None
        assert found.text == "other version"
        assert log.snapshot(KITCHEN, state_version=3) is None
        assert log.snapshot(OTHER, state_version=1) is None

    def test_log_keeps_the_newest_snapshot_when_an_older_one_comes_late(self, log: Log) -> None:
        log.save_snapshot(KITCHEN, StoredSnapshot(5, b"\x05" * 32, 1, "new"))
        log.save_snapshot(KITCHEN, StoredSnapshot(2, b"\x02" * 32, 1, "late"))
        log.save_snapshot(KITCHEN, StoredSnapshot(5, b"\x05" * 32, 1, "new again"))
        found = log.snapshot(KITCHEN, state_version=1)
        assert found is not None
        assert (found.seq, found.text) == (5, "new again")

    def test_log_keeps_a_snapshot_of_a_whole_kitchen(self, log: Log) -> None:
        text = "nasi – " * 300_000
        log.save_snapshot(KITCHEN, StoredSnapshot(1, bytes(32), 1, text))
        found = log.snapshot(KITCHEN, state_version=1)
        assert found is not None
        assert found.text == text


class TestCare:
    def test_durable_mark_goes_forward_only_and_never_beyond_the_head(
        self, store: Store, log: Log
    ) -> None:
        log.append([group(log, bodies=[b"a", b"b", b"c"])])
        marks = []
        for seq in (2, 1, 9, 3):
            store.care.mark_durable(KITCHEN, seq)
            head = log.head(KITCHEN)
            assert head is not None
            marks.append(head.durable)
        assert marks == [2, 2, 2, 3]

    def test_epoch_changes_for_one_kitchen_when_it_is_rotated(self, store: Store, log: Log) -> None:
        store.care.rotate_epoch(KITCHEN, "epoch-2")
        ours, theirs = log.head(KITCHEN), log.head(OTHER)
        assert ours is not None
        assert theirs is not None
        assert (ours.epoch, theirs.epoch) == ("epoch-2", EPOCH)
