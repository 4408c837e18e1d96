"""The desk on a log in memory: once, in order, never from memory, whatever the log does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dapur import kitchen as rules
from dapur.envelope import (
    COMMAND_MAX_BYTES,
    GENESIS,
    Command,
    Taken,
    chain,
    decode_event,
    encode_command,
)
from dapur.ids import DeviceId, KitchenId, OutboxId
from dapur.wire.messages import FRAME_MAX_BYTES, GoodbyeCode, Outcome, Row
from server.desk.desk import ATTEMPTS, LOOKS_MS, PATIENT, Desk
from server.desk.folding import BrokenLog, load
from server.desk.groups import Answer, Group, Submission
from server.desk.ports import Append, DeviceRecord, Unavailable, UnknownCommit
from tests.support.fake_log import FakeLog
from tests.support.gateway import KITCHEN, OTHER_KITCHEN, command, notice

DEVICE = DeviceId("k-1")
FOREIGN = DeviceId("k-9")
NEIGHBOUR = DeviceId("k-2")
OUTBOX = OutboxId("o-1")
OWN = OutboxId("server-1")
START_MS = 1_800_000_000_000


class Bench:
    """A desk, its log, its clock and one kiosk's outbox."""

    def __init__(self) -> None:
        self.log = FakeLog()
        for kitchen in (KITCHEN, OTHER_KITCHEN):
            self.log.create_kitchen(kitchen, epoch="e-1")
        self.now_ms = START_MS
        self.records = {
            DEVICE: DeviceRecord(DEVICE, KITCHEN, "Kompor", bytes(32), START_MS - 1000, None),
            FOREIGN: DeviceRecord(FOREIGN, OTHER_KITCHEN, "Lain", bytes(32), 0, None),
        }
        self.lookups = 0
        self.desk = self.new_desk()
        self.rows: list[Row] = []

    def new_desk(self) -> Desk:
        """Another process on the same log."""
        return Desk(self.log, devices=self.known, now_ms=lambda: self.now_ms)

    def known(self, devices: Sequence[DeviceId]) -> dict[DeviceId, DeviceRecord]:
        self.lookups += 1
        return {each: self.records[each] for each in devices if each in self.records}

    def revoke(self, device: DeviceId) -> None:
        record = self.records[device]
        self.records[device] = msgspec.structs.replace(record, revoked_ms=self.now_ms)

    def row(self, tap: Command | bytes) -> Row:
        """Write one tap into the outbox."""
        raw = tap if isinstance(tap, bytes) else encode_command(tap)
        last = self.rows[-1].hash if self.rows else GENESIS
        self.rows.append(Row(len(self.rows) + 1, chain(last, raw), raw))
        return self.rows[-1]

    def give(self, *rows: Row, desk: Desk | None = None, device: DeviceId = DEVICE) -> Answer:
        return self.group(*rows, desk=desk, device=device).answers[0]

    def group(self, *rows: Row, desk: Desk | None = None, device: DeviceId = DEVICE) -> Group:
        submission = Submission(KITCHEN, device, OUTBOX, rows)
        return (desk or self.desk).take_group([submission])

    def kinds(self, kitchen: KitchenId = KITCHEN) -> list[str]:
        return [decode_event(entry.body).kind for entry in self.log.read(kitchen, 0, limit=9999)]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def refused_tap() -> Command:
    """A tap that always makes exactly one event: a refusal."""
    return command("no_such_kind", "b1", {})


def test_desk_writes_events_receipts_and_outbox_in_one_commit_for_a_group(bench: Bench) -> None:
    rows = [bench.row(refused_tap()) for _ in range(3)]
    group = bench.group(*rows)
    assert bench.log.commits == 1
    assert [result.seq for result in group.answers[0].results] == [1, 2, 3]
    assert group.answers[0].acked == 3
    assert [entry.seq for entry in group.grown[0].entries] == [1, 2, 3]
    head = bench.log.outbox_head(KITCHEN, OUTBOX)
    assert head is not None
    assert (head.last_dseq, head.last_hash) == (3, rows[2].hash)
    assert [r.raw for r in bench.log.receipts(KITCHEN, OUTBOX, 1, 3)] == [r.bytes for r in rows]


def test_desk_answers_from_the_stored_receipt_when_a_command_comes_again(bench: Bench) -> None:
    row = bench.row(refused_tap())
    first = bench.give(row)
    again = bench.give(row)
    other_process = bench.give(row, desk=bench.new_desk())
    assert first.results == again.results == other_process.results
    assert bench.kinds() == ["command_refused"]


def test_desk_applies_once_when_two_sockets_bring_the_same_rows_in_one_group(bench: Bench) -> None:
    rows = tuple(bench.row(refused_tap()) for _ in range(2))
    submission = Submission(KITCHEN, DEVICE, OUTBOX, rows)
    group = bench.desk.take_group([submission, submission])
    assert group.answers[0] == group.answers[1]
    assert len(bench.kinds()) == 2


@pytest.mark.expected_log("fork of device")
def test_desk_says_fork_and_writes_nothing_when_a_taken_row_comes_with_other_bytes(
    bench: Bench,
) -> None:
    bench.give(bench.row(refused_tap()))
    bench.rows.clear()
    answer = bench.give(bench.row(command("other", "b1", {})))
    assert answer.fault is GoodbyeCode.FORK
    assert answer.results == ()
    assert len(bench.kinds()) == 1


@pytest.mark.expected_log("fork of device")
def test_desk_keeps_what_came_before_when_the_chain_breaks_inside_a_submission(
    bench: Bench,
) -> None:
    good = bench.row(refused_tap())
    bad = Row(2, bytes(32), encode_command(refused_tap()))
    answer = bench.give(good, bad)
    assert answer.fault is GoodbyeCode.FORK
    assert [result.dseq for result in answer.results] == [1]
    assert answer.acked == 1
    assert len(bench.kinds()) == 1


def test_desk_takes_nothing_when_a_row_is_missing(bench: Bench) -> None:
    bench.row(refused_tap())
    second = bench.row(refused_tap())
    answer = bench.give(second)
    assert answer == Answer((), 0, 0)
    assert bench.kinds() == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        b"{}",
        b"x" * (COMMAND_MAX_BYTES + 1),
        b"[" * 5000,
        encode_command(msgspec.structs.replace(refused_tap(), id="a\x00b")),
        encode_command(msgspec.structs.replace(refused_tap(), id="x" * 65)),
        encode_command(msgspec.structs.replace(refused_tap(), base=2**70)),
    ],
)
def test_desk_stores_a_malformed_receipt_and_goes_on_when_bytes_are_no_command(
    bench: Bench, raw: bytes
) -> None:
    answer = bench.give(bench.row(raw), bench.row(refused_tap()))
    assert [result.outcome for result in answer.results] == [Outcome.MALFORMED, Outcome.REFUSED]
    assert bench.kinds() == ["command_malformed", "command_refused"]
    assert bench.log.receipts(KITCHEN, OUTBOX, 1, 1)[0].raw == raw


@pytest.mark.expected_log("is poison")
def test_desk_quarantines_one_command_and_takes_the_next_when_a_rule_raises(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = rules.take

    def breaks(kitchen: rules.Kitchen, taken: Taken, recorded_ms: int) -> rules.Taking:
        if taken.command.kind == "poison":
            raise ZeroDivisionError
        return take(kitchen, taken, recorded_ms)

    monkeypatch.setattr(rules, "take", breaks)
    poison = bench.row(command("poison", "b1", {}))
    answer = bench.give(poison, bench.row(refused_tap()))
    assert [result.outcome for result in answer.results] == [
        Outcome.QUARANTINED,
        Outcome.REFUSED,
    ]
    assert bench.kinds() == ["command_quarantined", "command_refused"]
    monkeypatch.undo()
    assert bench.give(poison).results == answer.results[:1]


@pytest.mark.expected_log("no memory left")
def test_desk_answers_nothing_for_want_of_memory_and_calls_no_tap_poison(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> rules.Taking:
        raise MemoryError

    monkeypatch.setattr(rules, "take", breaks)
    tap = bench.row(refused_tap())
    answer = bench.give(tap)
    assert (answer.results, answer.fault) == ((), GoodbyeCode.UNAVAILABLE)
    assert bench.kinds() == []
    monkeypatch.undo()
    assert [result.outcome for result in bench.give(tap).results] == [Outcome.REFUSED]


@pytest.mark.expected_log("is poison")
def test_desk_quarantines_a_command_whose_event_would_not_fit_a_page(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.desk.draft.EVENT_MAX_BYTES", 700)
    answer = bench.give(bench.row(command("no_such_kind", "b1", {"note": "x" * 900})))
    assert answer.results[0].outcome is Outcome.QUARANTINED
    assert bench.kinds() == ["command_quarantined"]


def test_no_command_can_make_its_own_refusal_too_long_for_a_frame(bench: Bench) -> None:
    for filler in ('"', "\\", "\x01", "é", "\U0001f35a", "x"):
        for args in ({"a": filler * 1300}, {"a": filler * 700}, [filler] * 800):
            tap = command(filler * 40, filler * 40, args)
            if len(encode_command(tap)) <= COMMAND_MAX_BYTES:
                bench.give(bench.row(tap))
    sizes = [
        len(msgspec.json.encode(e.body.decode())) for e in bench.log.read(KITCHEN, 0, limit=99)
    ]
    assert len(sizes) > 8
    assert max(sizes) < FRAME_MAX_BYTES - 1024


@pytest.mark.parametrize("claimed_ms", [START_MS - 10**9, START_MS, START_MS + 10**9])
def test_desk_sends_a_revoked_devices_command_to_review_whatever_time_it_claims(
    bench: Bench, claimed_ms: int
) -> None:
    bench.give(bench.row(refused_tap()))
    bench.revoke(DEVICE)
    bench.now_ms += 2000
    tap = refused_tap()
    occurred = msgspec.structs.replace(tap.occurred, earliest_ms=claimed_ms, latest_ms=claimed_ms)
    answer = bench.give(bench.row(msgspec.structs.replace(tap, occurred=occurred)))
    assert answer.results[0].outcome is Outcome.QUARANTINED
    assert bench.kinds()[-1] == "command_quarantined"


def test_desk_hears_of_a_revocation_at_once_when_it_is_told(bench: Bench) -> None:
    bench.give(bench.row(refused_tap()))
    bench.revoke(DEVICE)
    bench.desk.forget_device(DEVICE)
    assert bench.give(bench.row(refused_tap())).results[0].outcome is Outcome.QUARANTINED


def test_desk_looks_a_device_up_once_a_second_not_once_a_tap(bench: Bench) -> None:
    for _ in range(10):
        bench.now_ms += 50
        bench.give(bench.row(refused_tap()))
    assert bench.lookups == 1


def test_desk_looks_all_devices_of_a_group_up_at_once(bench: Bench) -> None:
    row = bench.row(refused_tap())
    both = ((OTHER_KITCHEN, FOREIGN), (KITCHEN, DEVICE))
    group = bench.desk.take_group(
        [Submission(kitchen, device, OUTBOX, (row,)) for kitchen, device in both]
    )
    assert [answer.fault for answer in group.answers] == [None, None]
    assert bench.lookups == 1


@pytest.mark.expected_log("spoke for")
def test_desk_writes_nothing_when_a_device_speaks_for_another_kitchen(bench: Bench) -> None:
    answer = bench.give(bench.row(refused_tap()), device=FOREIGN)
    assert answer.fault is GoodbyeCode.UNKNOWN_DEVICE
    assert bench.kinds(KITCHEN) == bench.kinds(OTHER_KITCHEN) == []


@pytest.mark.expected_log("belongs to another device")
def test_desk_takes_nothing_into_the_outbox_of_another_living_device(bench: Bench) -> None:
    bench.give(bench.row(refused_tap()))
    bench.records[NEIGHBOUR] = DeviceRecord(NEIGHBOUR, KITCHEN, "Oven", bytes(32), 0, None)
    answer = bench.give(bench.row(refused_tap()), device=NEIGHBOUR)
    assert (answer.fault, answer.results, answer.acked) == (GoodbyeCode.FORK, (), 0)
    assert len(bench.kinds()) == 1
    # The owner goes on as if nothing had been.
    assert bench.give(bench.rows[-1]).results[0].outcome is Outcome.REFUSED


def test_desk_goes_on_with_the_outbox_of_a_kiosk_that_was_enrolled_anew(bench: Bench) -> None:
    bench.give(bench.row(refused_tap()))
    bench.revoke(DEVICE)
    bench.now_ms += 2000
    bench.records[NEIGHBOUR] = DeviceRecord(NEIGHBOUR, KITCHEN, "Kompor", bytes(32), 0, None)
    answer = bench.give(bench.row(refused_tap()), device=NEIGHBOUR)
    assert answer.results[0].outcome is Outcome.REFUSED


def test_desk_reviews_a_kiosks_command_in_the_servers_name(bench: Bench) -> None:
    answer = bench.give(bench.row(notice("forged")))
    assert answer.results[0].outcome is Outcome.QUARANTINED
    assert bench.kinds() == ["command_quarantined"]


def test_desk_cuts_claimed_times_to_enrolment_previous_tap_and_receipt(bench: Bench) -> None:
    def tap(earliest_ms: int, latest_ms: int) -> Row:
        made = refused_tap()
        occurred = msgspec.structs.replace(
            made.occurred, earliest_ms=earliest_ms, latest_ms=latest_ms
        )
        return bench.row(msgspec.structs.replace(made, occurred=occurred))

    bench.give(
        tap(0, 10),
        tap(START_MS - 500, START_MS - 400),
        tap(START_MS - 900, START_MS - 800),
        tap(START_MS + 10**12, START_MS + 10**12),
    )
    times = [
        (event.at.earliest_ms - START_MS, event.at.latest_ms - START_MS)
        for event in map(decode_event, (e.body for e in bench.log.read(KITCHEN, 0, limit=9)))
    ]
    assert times == [(-1000, -1000), (-500, -400), (-500, -500), (0, 0)]


def test_desk_decides_again_when_another_process_was_first(bench: Bench) -> None:
    bench.give(bench.row(refused_tap()))
    other = bench.new_desk()
    other.take_now(KITCHEN, OWN, [notice("from the other process")])
    answer = bench.give(bench.row(refused_tap()))
    assert answer.results[0].seq == 3
    assert bench.kinds() == ["command_refused", "notice_posted", "command_refused"]
    assert bench.desk.fold(KITCHEN) == load(bench.log, KITCHEN)


def test_desk_answers_from_the_log_when_another_process_took_the_same_row(bench: Bench) -> None:
    bench.give(bench.row(refused_tap()))
    row = bench.row(refused_tap())
    first = bench.give(row, desk=bench.new_desk())
    assert bench.give(row) == first
    assert len(bench.kinds()) == 2


def test_desk_takes_what_follows_when_another_process_took_the_rows_between(bench: Bench) -> None:
    other = bench.new_desk()
    rows = [bench.row(refused_tap()) for _ in range(4)]
    bench.give(rows[0])
    bench.give(rows[1], rows[2], desk=other)
    # The kiosk is back here and goes on after what the other process has acknowledged.
    group = bench.group(rows[3])
    assert [result.dseq for result in group.answers[0].results] == [4]
    assert group.answers[0].acked == 4
    assert [(new.kitchen, len(new.entries)) for new in group.grown] == [(KITCHEN, 0), (KITCHEN, 1)]


def test_desk_gives_no_answer_when_another_process_is_first_every_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = bench.new_desk()
    bench.log.before_commit = lambda: None
    tries = 0
    append = bench.log.append

    def outrun(appends: Sequence[Append]) -> None:
        nonlocal tries
        if appends[0].outboxes[0].outbox == OUTBOX:
            tries += 1
            other.take_now(KITCHEN, OWN, [notice("again")])
        append(appends)

    monkeypatch.setattr(bench.log, "append", outrun)
    answer = bench.give(bench.row(refused_tap()))
    assert answer.fault is GoodbyeCode.UNAVAILABLE
    assert tries == ATTEMPTS
    monkeypatch.setattr(bench.log, "append", append)
    assert bench.give(bench.rows[0]).results[0].outcome is Outcome.REFUSED


def test_desk_asks_for_a_turn_when_another_process_was_first_twice(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = bench.new_desk()
    append, turns = bench.log.append, list[Sequence[KitchenId]]()

    def outrun(appends: Sequence[Append]) -> None:
        if appends[0].outboxes[0].outbox == OUTBOX and not turns:
            other.take_now(KITCHEN, OWN, [notice("again")])
        append(appends)

    @contextmanager
    def held(kitchens: Sequence[KitchenId]) -> Iterator[None]:
        turns.append(kitchens)
        yield

    monkeypatch.setattr(bench.log, "append", outrun)
    monkeypatch.setattr(bench.log, "held", held)
    group = bench.group(bench.row(refused_tap()))
    assert group.answers[0].results[0].seq == PATIENT + 1
    assert turns == [[KITCHEN]]
    assert [(new.kitchen, len(new.entries)) for new in group.grown] == [(KITCHEN, 0), (KITCHEN, 1)]


def test_desk_never_holds_two_kitchens_when_other_processes_write_them_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes that held many at once kept each other out until both ran out of time."""
    other = bench.new_desk()
    append, turns = bench.log.append, list[Sequence[KitchenId]]()

    def outrun(appends: Sequence[Append]) -> None:
        ours = [one.kitchen for one in appends if one.outboxes[0].outbox == OUTBOX]
        if ours and not turns:
            for kitchen in ours:
                other.take_now(kitchen, OWN, [notice("again")])
        append(appends)

    @contextmanager
    def held(kitchens: Sequence[KitchenId]) -> Iterator[None]:
        turns.append(kitchens)
        yield

    monkeypatch.setattr(bench.log, "append", outrun)
    monkeypatch.setattr(bench.log, "held", held)
    row = bench.row(refused_tap())
    group = bench.desk.take_group(
        [
            Submission(OTHER_KITCHEN, FOREIGN, OUTBOX, (row,)),
            Submission(KITCHEN, DEVICE, OUTBOX, (row,)),
        ]
    )
    assert [len(answer.results) for answer in group.answers] == [1, 1]
    assert bench.kinds(KITCHEN).count("command_refused") == 1
    assert bench.kinds(OTHER_KITCHEN).count("command_refused") == 1
    assert turns and all(len(kitchens) == 1 for kitchens in turns)  # noqa: PT018
    assert {new.kitchen for new in group.grown} == {KITCHEN, OTHER_KITCHEN}


def test_desk_finds_all_that_another_process_wrote_at_once_and_then_looks_first(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kiosks of one kitchen at two processes: found one by one, every group became a commit for each kitchen."""
    other, appended = bench.new_desk(), list[int]()
    append = bench.log.append

    def counted(appends: Sequence[Append]) -> None:
        if appends[0].outboxes[0].outbox == OUTBOX:
            appended.append(len(appends))
        append(appends)

    def group() -> dict[KitchenId, list[int]]:
        row = bench.row(refused_tap())
        both = ((OTHER_KITCHEN, FOREIGN), (KITCHEN, DEVICE))
        done = bench.desk.take_group(
            [Submission(kitchen, device, OUTBOX, (row,)) for kitchen, device in both]
        )
        assert [len(answer.results) for answer in done.answers] == [1, 1]
        return {new.kitchen: [each.seq for each in new.entries] for new in done.grown}

    monkeypatch.setattr(bench.log, "append", counted)
    group()
    assert appended == [2]
    for attempts in (2, 1, 1):
        appended.clear()
        for kitchen in (KITCHEN, OTHER_KITCHEN):
            other.take_now(kitchen, OWN, [notice(f"at {attempts}")])
        with monkeypatch.context() as patched:
            # Whoever looks first asks for all kitchens at once, and for none alone.
            if attempts == 1:
                patched.setattr(bench.log, "read", None)
                patched.setattr(bench.log, "head", None)
            grown = group()
            last = bench.log.heads([KITCHEN])[KITCHEN]
            if attempts == 1:
                # What was found is given on with what was written: nobody has to read it again.
                assert grown == {each: [last - 1, last] for each in (KITCHEN, OTHER_KITCHEN)}
        assert appended == [2] * attempts
    appended.clear()
    group()
    other.take_now(KITCHEN, OWN, [notice("after a group that found nothing")])
    group()
    assert appended == [2, 2]
    bench.now_ms += LOOKS_MS
    monkeypatch.setattr(bench.log, "since", None)
    group()
    assert bench.kinds(KITCHEN).count("command_refused") == 7


@pytest.mark.expected_log("a commit is in doubt")
def test_desk_reads_the_outbox_again_when_it_does_not_know_whether_it_committed(
    bench: Bench,
) -> None:
    def lose_the_answer() -> None:
        bench.log.after_commit = lambda: None
        raise UnknownCommit("cut")

    bench.give(bench.row(refused_tap()))
    bench.log.after_commit = lose_the_answer
    group = bench.group(bench.row(refused_tap()))
    assert group.answers[0].results[0].seq == 2
    assert [grown.entries for grown in group.grown] == [()]
    assert len(bench.kinds()) == 2


@pytest.mark.expected_log("a commit is in doubt")
def test_desk_writes_once_when_an_unknown_commit_did_not_happen(bench: Bench) -> None:
    def cut() -> None:
        bench.log.before_commit = lambda: None
        raise UnknownCommit("cut")

    bench.log.before_commit = cut
    assert bench.give(bench.row(refused_tap())).results[0].seq == 1
    assert len(bench.kinds()) == 1


@pytest.mark.expected_log("is not available")
def test_desk_gives_no_answer_and_forgets_nothing_when_the_database_is_away(bench: Bench) -> None:
    def away() -> None:
        raise Unavailable("disk full")

    bench.give(bench.row(refused_tap()))
    bench.log.before_commit = away
    answer = bench.give(bench.row(refused_tap()))
    assert (answer.fault, answer.results) == (GoodbyeCode.UNAVAILABLE, ())
    bench.log.before_commit = lambda: None
    assert bench.give(bench.rows[1]).results[0].seq == 2


@pytest.mark.expected_log("cannot be served")
def test_desk_serves_the_other_kitchens_when_one_log_is_broken(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = bench.log.head

    def broken(kitchen: KitchenId) -> object:
        if kitchen == KITCHEN:
            raise BrokenLog("rotten page")
        return read(kitchen)

    monkeypatch.setattr(bench.log, "head", broken)
    rows = (bench.row(refused_tap()), bench.row(refused_tap()))
    group = bench.desk.take_group(
        [
            Submission(KITCHEN, DEVICE, OUTBOX, rows[:1]),
            Submission(OTHER_KITCHEN, FOREIGN, OUTBOX, rows[:1]),
            Submission(KITCHEN, DEVICE, OUTBOX, rows[1:]),
        ]
    )
    faults = [answer.fault for answer in group.answers]
    assert faults == [GoodbyeCode.UNAVAILABLE, None, GoodbyeCode.UNAVAILABLE]
    assert bench.kinds(OTHER_KITCHEN) == ["command_refused"]


@pytest.mark.expected_log("cannot be served")
def test_desk_writes_nothing_of_a_kitchen_that_fails_in_the_middle_of_a_group(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object) -> object:
        raise Unavailable("away")

    first = bench.row(refused_tap())
    second = bench.row(refused_tap())
    bench.give(first)
    third = bench.row(refused_tap())
    monkeypatch.setattr(bench.log, "receipts", away)
    group = bench.desk.take_group(
        [
            Submission(KITCHEN, DEVICE, OUTBOX, (second,)),
            Submission(KITCHEN, DEVICE, OUTBOX, (first,)),
            Submission(KITCHEN, DEVICE, OUTBOX, (third,)),
        ]
    )
    assert {answer.fault for answer in group.answers} == {GoodbyeCode.UNAVAILABLE}
    assert len(bench.kinds()) == 1


@pytest.mark.expected_log("cannot be served", "does not follow")
def test_desk_serves_no_kitchen_whose_chain_is_broken(bench: Bench) -> None:
    bench.give(bench.row(refused_tap()), bench.row(refused_tap()))
    stored = bench.log._kitchens[KITCHEN].entries
    stored[0] = msgspec.structs.replace(stored[0], body=stored[0].body.replace(b"b1", b"b2"))
    answer = bench.give(bench.row(refused_tap()), desk=bench.new_desk())
    assert answer.fault is GoodbyeCode.UNAVAILABLE
    assert len(stored) == 2


@pytest.mark.expected_log("cannot be written")
def test_desk_isolates_a_submission_that_the_log_will_not_take(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = bench.log.append

    def picky(appends: Sequence[Append]) -> None:
        if any(one.kitchen == OTHER_KITCHEN for one in appends):
            raise ValueError("a bug of ours")
        append(appends)

    monkeypatch.setattr(bench.log, "append", picky)
    row = bench.row(refused_tap())
    group = bench.desk.take_group(
        [
            Submission(KITCHEN, DEVICE, OUTBOX, (row,)),
            Submission(OTHER_KITCHEN, FOREIGN, OUTBOX, (row,)),
        ]
    )
    assert [answer.fault for answer in group.answers] == [None, GoodbyeCode.UNAVAILABLE]
    assert len(bench.kinds()) == 1


def test_desk_stores_a_snapshot_when_idle_after_many_events_and_a_restart_reads_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.desk.desk.SNAPSHOT_EVENTS", 20)
    bench.desk.take_now(KITCHEN, OWN, [notice(str(index)) for index in range(19)])
    bench.desk.save_snapshots()
    assert bench.log.snapshot(KITCHEN, state_version=rules.STATE_VERSION) is None
    bench.desk.take_now(KITCHEN, OWN, [notice("the twentieth")])
    bench.desk.save_snapshots()
    stored = bench.log.snapshot(KITCHEN, state_version=rules.STATE_VERSION)
    assert stored is not None
    assert stored.seq == 20
    monkeypatch.setattr(bench.log, "read", _no_read)
    assert load(bench.log, KITCHEN) == bench.desk.fold(KITCHEN)


@pytest.mark.expected_log("sppg-1")
def test_desk_reads_the_whole_log_when_a_snapshot_is_unreadable(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.give(bench.row(refused_tap()), bench.row(refused_tap()))
    fold = load(bench.log, KITCHEN)
    monkeypatch.setattr("server.desk.desk.SNAPSHOT_EVENTS", 1)
    other = bench.new_desk()
    bench.give(bench.row(refused_tap()), desk=other)
    other.save_snapshots()
    monkeypatch.setattr(rules, "decode_snapshot", _unreadable)
    assert load(bench.log, KITCHEN).seq == fold.seq + 1


def _no_read(*_args: object, **_kwargs: object) -> tuple[()]:
    raise AssertionError("a snapshot at the head needs no event")


def _unreadable(text: str, version: int) -> rules.Kitchen:
    raise rules.UnreadableSnapshot("torn")


def test_desk_forgets_the_least_used_kitchen_and_loads_it_again(bench: Bench) -> None:
    small = Desk(bench.log, devices=bench.known, now_ms=lambda: bench.now_ms, kitchens_cached=1)
    small.take_now(KITCHEN, OWN, [notice("one")])
    small.take_now(OTHER_KITCHEN, OWN, [notice("two")])
    assert small.fold(KITCHEN) is None
    small.take_now(KITCHEN, OWN, [notice("three")])
    assert small.fold(KITCHEN) == load(bench.log, KITCHEN)


def test_desk_takes_the_servers_own_commands_in_an_outbox_of_its_own(bench: Bench) -> None:
    results = bench.desk.take_now(KITCHEN, OWN, [notice("one"), notice("two")])
    assert [result.outcome for result in results] == [Outcome.APPLIED, Outcome.APPLIED]
    more = bench.new_desk().take_now(KITCHEN, OWN, [notice("three")])
    assert (more[0].dseq, more[0].seq) == (3, 3)


@pytest.mark.expected_log("is not available")
def test_desk_raises_when_the_servers_own_commands_cannot_be_taken(bench: Bench) -> None:
    with pytest.raises(LookupError):
        bench.desk.take_now(KitchenId("nowhere"), OWN, [notice("one")])
    bench.log.before_commit = lambda: (_ for _ in ()).throw(Unavailable("away"))
    with pytest.raises(Unavailable):
        bench.desk.take_now(KITCHEN, OWN, [notice("one")])


@pytest.mark.expected_log("is not available", "a commit is in doubt")
@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.lists(st.integers(0, 19), min_size=1, max_size=4),
            st.sampled_from(["well", "well", "lost", "unknown", "away"]),
        ),
        max_size=25,
    )
)
def test_every_tap_is_in_the_log_once_and_in_order_whatever_happens(
    steps: list[tuple[int, list[int], str]],
) -> None:
    """Three processes, rows in any order and again and again, commits that fail or fall silent."""
    bench = Bench()
    desks = [bench.new_desk() for _ in range(3)]
    rows = [bench.row(refused_tap()) for _ in range(20)]

    def fail(error: Exception) -> None:
        bench.log.before_commit = bench.log.after_commit = lambda: None
        raise error

    answered: dict[int, object] = {}
    for which, starts, weather in steps:
        if weather == "lost":
            bench.log.before_commit = lambda: fail(UnknownCommit("lost"))
        elif weather == "unknown":
            bench.log.after_commit = lambda: fail(UnknownCommit("unknown"))
        elif weather == "away":
            bench.log.before_commit = lambda: fail(Unavailable("away"))
        group = desks[which].take_group(
            [Submission(KITCHEN, DEVICE, OUTBOX, tuple(rows[i : i + 3])) for i in starts]
        )
        bench.log.before_commit = bench.log.after_commit = lambda: None
        for answer in group.answers:
            assert answer.fault in (None, GoodbyeCode.UNAVAILABLE)
            for result in answer.results:
                assert answered.setdefault(result.dseq, result) == result
    final = desks[0].take_group([Submission(KITCHEN, DEVICE, OUTBOX, tuple(rows))]).answers[0]
    assert [result.dseq for result in final.results] == list(range(1, 21))
    events = [decode_event(entry.body) for entry in bench.log.read(KITCHEN, 0, limit=999)]
    commands = [decode_command_id(row) for row in rows]
    assert [event.command for event in events] == commands
    assert desks[0].fold(KITCHEN) == load(bench.log, KITCHEN)


def decode_command_id(row: Row) -> str:
    return str(msgspec.json.decode(row.bytes)["id"])


def test_desk_leaves_a_line_with_ids_when_a_command_does_not_simply_hold(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench()
    tap = command("advance_batch", "B-1", {"to": "cooking"})
    with caplog.at_level("INFO", logger="server.desk.desk"):
        answer = bench.give(bench.row(tap))
    assert answer.results[0].outcome is Outcome.REFUSED
    (record,) = [each for each in caplog.records if hasattr(each, "command")]
    assert vars(record)["command"] == tap.id
    assert vars(record)["device"] == DEVICE
    assert vars(record)["kitchen"] == KITCHEN


def test_desk_answers_a_row_that_comes_twice_in_one_frame_with_the_same_receipt() -> None:
    bench = Bench()
    row = bench.row(command("advance_batch", "B-1", {"to": "cooking"}))
    answer = bench.give(row, row)
    assert answer.results[0] == answer.results[1]
    assert answer.results[0].outcome is Outcome.REFUSED
    assert bench.kinds() == ["command_refused"]
