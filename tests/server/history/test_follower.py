"""The tables of the past say what the log says, however and how often it was read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict, astuple, replace
from sqlalchemy import Engine, update

from dapur.envelope import SCHEMA, decode_event, encode_event
from dapur.figures import figures
from dapur.handover import Open, Sort
from dapur.ids import BatchId, KitchenId
from dapur.past import HOLDS_BYTES, AuditFilter
from dapur.recorded import TEXT_MAX
from kiosk.record.handovers import passings_from, passings_of
from kiosk.record.holds import holds_of
from kiosk.record.tonight import lines_from, tonight
from server.desk.ports import Entry, StoredSnapshot, Unavailable
from server.history import follower as module
from server.history.follower import NAME, History
from server.history.projector import VERSION
from server.history.queries import ROWS_MAX, Past
from server.history.rows import UNREADABLE
from server.history.tables import ROWS
from server.log.care import LogCare
from server.log.engine import writing
from server.log.follower import Follower
from server.log.positions import Lease, Outrun
from server.log.schema import upgrade
from server.log.scope import of_kitchens
from server.log.sql_log import SqlLog
from server.log.tables import follower_position
from tests.support.databases import bound_postgres, opened, owning, positions_of, sqlite_url
from tests.support.groups import KITCHEN, OTHER
from tests.support.past import everything, log_events
from tests.support.situations import KIOSK, KIOSK_2, NAMES, SITUATIONS, made
from tests.support.taps import DATE, Night, at, batch_at, staffed

UTC_OFFSET_MIN = 7 * 60
_numbers = count()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        url = sqlite_url(tmp_path)
        upgrade(url)
    else:
        url = bound_postgres()
    with opened(url) as opened_engine:
        yield opened_engine


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One SQLite file for many kitchens: a property needs a hundred of them."""
    url = sqlite_url(tmp_path_factory.mktemp("history"))
    upgrade(url)
    with opened(url) as opened_engine:
        yield opened_engine


def new_kitchen() -> KitchenId:
    return KitchenId(f"kitchen-{next(_numbers)}")


def followed(history: History) -> dict[KitchenId, int]:
    return positions_of(history._engine, NAME, VERSION)


def follow_all(history: History, log: SqlLog, kitchen: KitchenId, *, step: int = 500) -> int:
    position = followed(history).get(kitchen, 0)
    while entries := log.read(kitchen, position, limit=step):
        position = history.follow(kitchen, entries)
    return position


def played(situation: str, names: list[tuple[str, bool]]) -> Night:
    night = SITUATIONS[situation]()
    for place, (name, second) in enumerate(names):
        device = KIOSK_2 if second else KIOSK
        night.give(made(night, name, device, f"t-{place}", night.minute + 1))
    return night


nights = st.builds(
    played,
    st.sampled_from(sorted(SITUATIONS)),
    st.lists(st.tuples(st.sampled_from(NAMES), st.booleans()), max_size=25),
)


@given(nights, st.integers(1, 9), st.integers(1, 30))
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_history_has_the_same_rows_however_the_log_is_cut(
    shared: Engine, night: Night, step: int, restart_every: int
) -> None:
    log = SqlLog(shared)
    whole, cut = new_kitchen(), new_kitchen()
    for kitchen in (whole, cut):
        log_events(log, kitchen, night.events)
    follow_all(History(shared, log), log, whole)
    history, turns = History(shared, log), 0
    while entries := log.read(cut, followed(history).get(cut, 0), limit=step):
        assert history.follow(cut, entries) == entries[-1].seq
        turns += 1
        if turns % restart_every == 0:
            history = History(shared, log)
    expected = everything(shared, whole)
    assert everything(shared, cut) == expected
    assert len(expected["audit"]) == len(night.events)
    assert history.rebuild(cut) == len(night.events)
    assert everything(shared, cut) == expected


@given(nights)
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_history_says_what_the_board_said(shared: Engine, night: Night) -> None:
    """The figures of the past are those of `dapur.figures`, as long as the night is in the window."""
    log, kitchen = SqlLog(shared), new_kitchen()
    log_events(log, kitchen, night.events)
    follow_all(History(shared, log), log, kitchen)
    now_ms = at(night.minute)
    if not any(batch.night == DATE for batch in night.kitchen.batches.values()):
        return
    board = figures(night.kitchen, now_ms)
    [past] = Past(shared, kitchen).trends(DATE, DATE, now_ms)
    stages = {stage.value: number for stage, number in board.by_stage.items()}
    for name in ("productions", "portions_planned", "portions_completed", "mean_cooking_ms"):
        assert getattr(past, name) == getattr(board, name), name
    assert (past.by_stage, past.cooked) == (stages, board.cooked)
    assert (past.qc_pass, past.on_time) == (board.qc_pass, board.on_time)


@given(nights)
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_record_of_a_past_night_tells_what_the_kiosks_told_on_it(
    shared: Engine, night: Night
) -> None:
    """Stories with their details, holds with their reasons, hand-overs with what was open."""
    log, kitchen = SqlLog(shared), new_kitchen()
    log_events(log, kitchen, night.events)
    follow_all(History(shared, log), log, kitchen)
    of = Past(shared, kitchen)
    events = of.audit(AuditFilter(), limit=ROWS_MAX)
    stories = lines_from(events)
    told = tonight(night.kitchen, len(night.events))
    for row in told.batches:
        batch, past = night.kitchen.batches[BatchId(row.batch)], of.batch(BatchId(row.batch))
        assert past is not None
        kinds = {line.kind for line in batch.journal}
        story = [line for line in stories[row.batch] if line.kind in kinds]
        assert sorted(story, key=astuple) == sorted(batch.journal, key=astuple)
        assert past.hold_rows == row.hold_rows
        assert holds_of(past, ()) == holds_of(row, ()) == (row.hold_rows or ())
    passings = [
        replace(
            each, open=Open(**{name: Sort(sort.count) for name, sort in asdict(each.open).items()})
        )
        for each in passings_of(night.kitchen.handovers)
        if each.open is not None
    ]
    # A night that was ended takes its hand-overs out of the window, not out of the past.
    found = passings_from(events, DATE, UTC_OFFSET_MIN)
    assert list(found[len(found) - len(passings) :]) == passings


class TestFollowing:
    def test_history_changes_nothing_when_entries_come_again(self, engine: Engine) -> None:
        log, history, night = SqlLog(engine), History(engine, SqlLog(engine)), batch_at("completed")
        log_events(log, KITCHEN, night.events)
        entries = log.read(KITCHEN, 0, limit=500)
        assert history.follow(KITCHEN, entries[:7]) == 7
        assert history.follow(KITCHEN, entries[:5]) == 7
        assert history.follow(KITCHEN, entries[3:]) == len(entries)
        before = everything(engine, KITCHEN)
        assert history.follow(KITCHEN, entries) == len(entries)
        assert history.follow(KITCHEN, ()) == len(entries)
        assert everything(engine, KITCHEN) == before
        assert [row[0] for row in before["audit"]] == list(range(1, len(entries) + 1))

    def test_history_refuses_a_gap(self, engine: Engine) -> None:
        log, history = SqlLog(engine), History(engine, SqlLog(engine))
        log_events(log, KITCHEN, batch_at("planned").events)
        with pytest.raises(ValueError, match="does not follow 0"):
            history.follow(KITCHEN, log.read(KITCHEN, 1, limit=5))
        assert followed(history) == {}

    def test_history_keeps_kitchens_apart(self, engine: Engine) -> None:
        log, history = SqlLog(engine), History(engine, SqlLog(engine))
        log_events(log, KITCHEN, batch_at("completed").events)
        log_events(log, OTHER, batch_at("planned").events)
        follow_all(history, log, OTHER)
        theirs = everything(engine, OTHER)
        follow_all(history, log, KITCHEN)
        history.rebuild(KITCHEN)
        assert everything(engine, OTHER) == theirs

    def test_history_goes_on_from_its_stored_state_after_a_restart(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "STATE_EVENTS", 10)
        log, night = SqlLog(engine), batch_at("completed")
        log_events(log, KITCHEN, night.events)
        last = len(night.events)
        first = History(engine, log)
        entries = log.read(KITCHEN, 0, limit=last - 3)
        first.follow(KITCHEN, entries[:15])
        first.follow(KITCHEN, entries[15:])
        [stored] = first.floors().values()
        assert 15 <= stored <= last - 3
        second, reads = History(engine, log), []
        plain = log.read

        def counted(
            kitchen: KitchenId, after: int, *, limit: int, up_to: int | None = None
        ) -> tuple[Entry, ...]:
            reads.append(after)
            return plain(kitchen, after, limit=limit, up_to=up_to)

        monkeypatch.setattr(log, "read", counted)
        second.follow(KITCHEN, plain(KITCHEN, last - 3, limit=9))
        assert min(reads, default=stored) >= stored
        rows = everything(engine, KITCHEN)
        second.rebuild(KITCHEN)
        assert everything(engine, KITCHEN) == rows

    def test_history_forgets_what_a_failed_commit_had_folded(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        log, history, night = SqlLog(engine), History(engine, SqlLog(engine)), batch_at("completed")
        log_events(log, KITCHEN, night.events)
        entries = log.read(KITCHEN, 0, limit=500)
        history.follow(KITCHEN, entries[:20])

        def fail(*_: object) -> None:
            raise Unavailable("the disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(module, "_write", fail)
            with pytest.raises(Unavailable):
                history.follow(KITCHEN, entries[20:])
        assert followed(history) == {KITCHEN: 20}
        history.follow(KITCHEN, entries[20:])
        rows = everything(engine, KITCHEN)
        history.rebuild(KITCHEN)
        assert everything(engine, KITCHEN) == rows

    def test_history_is_led_by_a_follower(self, engine: Engine) -> None:
        log = SqlLog(engine)
        history = History(engine, log)
        leader = Follower(log, Lease(engine, "history", "server-1"), history, name="history")
        log_events(log, KITCHEN, batch_at("completed").events)
        log_events(log, OTHER, batch_at("planned").events)
        while leader.step(0):
            pass
        assert followed(history) == log.heads([KITCHEN, OTHER])
        assert leader.failed == frozenset()


class TestTogether:
    def test_history_of_kitchens_taken_in_together_is_that_of_each(self, engine: Engine) -> None:
        log, history = SqlLog(engine), History(engine, SqlLog(engine))
        alone, whole, half = (KitchenId(name) for name in ("alone", "whole", "half"))
        events = batch_at("completed").events
        for kitchen in (alone, whole, half):
            log_events(log, kitchen, events)
        follow_all(history, log, alone)
        history.follow(half, log.read(half, 0, limit=7))
        history.follow_all(log.since({whole: (0, 500), half: (7, 500)}))
        assert followed(history) == dict.fromkeys((alone, whole, half), len(events))
        for kitchen in (whole, half):
            assert everything(engine, kitchen) == everything(engine, alone)
        history.follow_all(log.since({whole: (0, 500), half: (7, 500)}))
        assert everything(engine, half) == everything(engine, alone)

    def test_history_takes_in_none_of_them_when_one_lacks_events(self, engine: Engine) -> None:
        log, history = SqlLog(engine), History(engine, SqlLog(engine))
        for kitchen in (KITCHEN, OTHER):
            log_events(log, kitchen, batch_at("completed").events)
        with pytest.raises(ValueError, match="does not follow"):
            history.follow_all(log.since({KITCHEN: (0, 9), OTHER: (3, 9)}))
        assert followed(history) == {}
        history.follow_all(log.since({KITCHEN: (0, 9), OTHER: (0, 5)}))
        assert followed(history) == {KITCHEN: 9, OTHER: 5}

    def test_history_takes_in_none_of_them_when_another_process_has_one(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        log = SqlLog(engine)
        one, two = History(engine, log), History(engine, log)
        for kitchen in (KITCHEN, OTHER):
            log_events(log, kitchen, batch_at("completed").events)
            one.follow(kitchen, log.read(kitchen, 0, limit=3))
        plain = one._at

        def slow(kitchen: KitchenId, position: int) -> object:
            two.follow(OTHER, log.read(OTHER, 3, limit=2))
            return plain(kitchen, position)

        monkeypatch.setattr(one, "_at", slow)
        with pytest.raises(Outrun):
            one.follow_all(log.since({KITCHEN: (3, 9), OTHER: (3, 9)}))
        assert followed(one) == {KITCHEN: 3, OTHER: 5}
        monkeypatch.undo()
        one.follow_all(log.since({KITCHEN: (3, 9), OTHER: (5, 9)}))
        assert followed(one) == {KITCHEN: 9, OTHER: 9}


class TestTwoProcesses:
    def test_history_of_two_processes_writes_every_row_once(self, engine: Engine) -> None:
        log, night = SqlLog(engine), batch_at("completed")
        one, two = History(engine, log), History(engine, log)
        log_events(log, KITCHEN, night.events)
        entries = log.read(KITCHEN, 0, limit=500)
        one.follow(KITCHEN, entries[:10])
        two.follow(KITCHEN, entries[:12])
        one.follow(KITCHEN, entries[8:20])
        two.follow(KITCHEN, entries)
        rows = everything(engine, KITCHEN)
        one.rebuild(KITCHEN)
        assert everything(engine, KITCHEN) == rows

    @pytest.mark.parametrize("begun", [0, 10])
    def test_history_is_outrun_when_another_process_is_faster(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch, begun: int
    ) -> None:
        log, night = SqlLog(engine), batch_at("completed")
        one, two = History(engine, log), History(engine, log)
        log_events(log, KITCHEN, night.events)
        entries = log.read(KITCHEN, 0, limit=500)
        one.follow(KITCHEN, entries[: begun or 1])
        plain = one._at

        def slow(kitchen: KitchenId, position: int) -> object:
            two.follow(kitchen, entries[:15])
            return plain(kitchen, position)

        monkeypatch.setattr(one, "_at", slow)
        with pytest.raises(Outrun):
            one.follow(KITCHEN, entries)
        assert followed(two) == {KITCHEN: 15}
        two.follow(KITCHEN, entries)
        rows = everything(engine, KITCHEN)
        two.rebuild(KITCHEN)
        assert everything(engine, KITCHEN) == rows

    def test_history_folds_again_when_a_release_makes_other_rows(self, engine: Engine) -> None:
        log, night = SqlLog(engine), batch_at("completed")
        history = History(engine, log)
        log_events(log, KITCHEN, night.events)
        follow_all(history, log, KITCHEN)
        rows = everything(engine, KITCHEN)
        with writing(engine, of_kitchens(KITCHEN)) as connection:
            connection.execute(update(follower_position).values(version=VERSION + 1))
        assert followed(history) == {}
        follow_all(History(engine, log), log, KITCHEN)
        assert everything(engine, KITCHEN) == rows


class TestDetails:
    def test_row_tells_of_each_hold_why_and_what_became_of_it(self, engine: Engine) -> None:
        log, history, night = SqlLog(engine), History(engine, SqlLog(engine)), batch_at("cooking")
        held = {"reason": "foreign_object", "note": "serpihan plastik"}
        night.tap("hold_batch", "b1", held, actor="s-qc", tap_id="h-1", minute=240)
        release = {"hold": "h-1", "decision": "continue", "note": "sudah disaring"}
        assert night.tap("release_hold", "b1", release, actor="s-gizi", minute=252).code == ""
        night.tap("hold_batch", "b1", {"reason": "equipment"}, minute=260)
        night.tap("note_batch", "b1", {"text": "NOTE api kecil"}, minute=261)
        log_events(log, KITCHEN, night.events)
        follow_all(history, log, KITCHEN)
        row = Past(engine, KITCHEN).batch(BatchId("b1"))
        assert row is not None
        assert row.hold_rows is not None
        first, second = row.hold_rows
        assert (first.number, first.by, first.reason) == (1, "s-qc", "foreign_object")
        assert (first.note, first.release_note) == ("serpihan plastik", "sudah disaring")
        assert (first.released_by, first.decision) == ("s-gizi", "continue")
        assert first.took_ms is not None
        assert (second.number, second.until_ms, second.took_ms) == (2, None, None)
        events = Past(engine, KITCHEN).audit(AuditFilter())
        details = {each.kind: each.detail for each in reversed(events)}
        assert details["batch_held"] == "equipment"
        assert details["batch_noted"] == "NOTE api kecil"
        assert details["night_opened"] == ""

    def test_row_leaves_holds_out_that_no_answer_has_room_for(self, engine: Engine) -> None:
        log, history, night = SqlLog(engine), History(engine, SqlLog(engine)), batch_at("cooking")
        holds = HOLDS_BYTES // 150
        for number in range(holds):
            args = {"reason": "equipment", "note": f"{number} " + "x" * 150}
            assert night.tap("hold_batch", "b1", args, tap_id=f"h-{number}").code == ""
            release = {"hold": f"h-{number}", "decision": "continue"}
            assert night.tap("release_hold", "b1", release, actor="s-gizi").code == ""
        log_events(log, KITCHEN, night.events)
        follow_all(history, log, KITCHEN)
        row = Past(engine, KITCHEN).batch(BatchId("b1"))
        assert row is not None
        assert row.hold_rows is None
        lines = lines_from(Past(engine, KITCHEN).audit(AuditFilter(), limit=ROWS_MAX))["b1"]
        assert [each.by for each in holds_of(row, lines)] == ["s-cook"] * holds

    def test_kiosk_goes_by_the_events_where_an_earlier_release_went_on_with_a_row(
        self, engine: Engine
    ) -> None:
        log, history, night = SqlLog(engine), History(engine, SqlLog(engine)), batch_at("cooking")
        night.tap("hold_batch", "b1", {"reason": "equipment"}, tap_id="h-1")
        log_events(log, KITCHEN, night.events)
        follow_all(history, log, KITCHEN)
        row = Past(engine, KITCHEN).batch(BatchId("b1"))
        assert row is not None
        release = {"hold": "h-1", "decision": "continue"}
        night.tap("release_hold", "b1", release, actor="s-gizi")
        later = replace(row, held=False)
        lines = night.kitchen.batches[BatchId("b1")].journal
        assert [(each.reason, each.released_by) for each in holds_of(later, lines)] == [
            ("", "s-gizi")
        ]
        assert holds_of(replace(later, holds=2), lines) == ()


class TestForeignEvents:
    def test_unknown_kinds_are_audited_only(self, engine: Engine) -> None:
        log, history, night = SqlLog(engine), History(engine, SqlLog(engine)), batch_at("planned")
        known = len(night.events)
        model = decode_event(night.events[-1])
        later = msgspec.structs.replace(model, kind="tray_counted", command="c-new")
        newer = msgspec.structs.replace(
            model, kind="temperature_recorded", data=msgspec.Raw(b"{}"), reader=SCHEMA + 1
        )
        wrong = msgspec.structs.replace(newer, reader=SCHEMA)
        night.events += [encode_event(each) for each in (later, newer, wrong)]
        night.events.append(b"\xff no event")
        log_events(log, KITCHEN, night.events)
        follow_all(history, log, KITCHEN)
        rows = everything(engine, KITCHEN)
        kinds = [row[1] for row in rows["audit"]][known:]
        assert kinds == ["tray_counted", "temperature_recorded", "temperature_recorded", UNREADABLE]
        assert rows["reading"] == []
        assert len(rows["batch_history"]) == 1

    def test_texts_from_outside_fit_both_databases(self, engine: Engine) -> None:
        log, history, night = SqlLog(engine), History(engine, SqlLog(engine)), staffed()
        night.tap("record_temperature", "x" * 4000, {"value_c": 80, "place": "a\x00b"})
        night.tap("note_batch", "nul\x00nul", {"text": "\x00"})
        log_events(log, KITCHEN, night.events)
        follow_all(history, log, KITCHEN)
        rows = everything(engine, KITCHEN)
        [row] = rows["reading"]
        assert row[1] == "x" * TEXT_MAX
        assert row[6] == "a�b"
        assert any(row[2] == "nul�nul" for row in rows["audit"])


class TestRebuild:
    def test_rebuild_restores_rows_that_were_damaged(self, engine: Engine) -> None:
        log, history = SqlLog(engine), History(engine, SqlLog(engine))
        log_events(log, KITCHEN, batch_at("completed").events)
        follow_all(history, log, KITCHEN)
        rows = everything(engine, KITCHEN)
        assert all(rows[name] for name in ("batch_history", "reading", "check_result", "audit"))
        with writing(engine, of_kitchens(KITCHEN)) as connection:
            for table in ROWS:
                connection.execute(table.delete().where(table.c.kitchen == KITCHEN))
        history.rebuild(KITCHEN)
        assert everything(engine, KITCHEN) == rows

    def test_rebuild_keeps_the_rows_when_events_are_archived(self, engine: Engine) -> None:
        log, history = SqlLog(engine), History(engine, SqlLog(engine))
        log_events(log, KITCHEN, batch_at("completed").events)
        last = follow_all(history, log, KITCHEN)
        rows = everything(engine, KITCHEN)
        head = log.head(KITCHEN)
        assert head is not None
        log.save_snapshot(KITCHEN, StoredSnapshot(last, head.hash, 1, "{}"))
        with owning(engine) as owner:
            LogCare(owner).raise_floor(KITCHEN, 5)
        with pytest.raises(LookupError):
            history.rebuild(KITCHEN)
        assert everything(engine, KITCHEN) == rows

    def test_rebuild_says_so_when_the_kitchen_is_unknown(self, engine: Engine) -> None:
        with pytest.raises(LookupError):
            History(engine, SqlLog(engine)).rebuild(KitchenId("nowhere"))
