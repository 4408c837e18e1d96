"""Questions about the past get the rows of one kitchen, in order and in pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine, Table, insert
from typing_extensions import override

from dapur import recorded
from dapur.envelope import Taken
from dapur.ids import SYSTEM, BatchId, StaffId
from dapur.kitchen import Taking
from dapur.past import (
    ActivityRow,
    AlertRow,
    AuditFilter,
    AuditRow,
    BatchRow,
    CheckRow,
    HoldRow,
    ReadingRow,
)
from dapur.rule import NoArgs
from server.history import tables
from server.history.follower import History
from server.history.queries import Past
from server.log.engine import writing
from server.log.schema import upgrade
from server.log.scope import of_kitchens
from server.log.sql_log import SqlLog
from tests.support.databases import bound_postgres, opened, sqlite_url
from tests.support.groups import KITCHEN, OTHER
from tests.support.past import log_events
from tests.support.taps import DATE, MIN, Night, at, batch_at, plan_args, staffed

RICE = BatchId("b1")
FRUIT = BatchId("b2")
ALERT = "alert:core_low:b1:1"


class SureNight(Night):
    """A night on which no tap is refused."""

    @override
    def give(self, taken: Taken) -> Taking:
        taking = super().give(taken)
        assert taking.code == "", (taken.command.kind, taking.code)
        return taking


def the_night() -> Night:
    """Chicken on time with a hold and a low first reading, fruit discarded, one alert handled."""
    ready = staffed()
    night = SureNight(ready.kitchen)
    night.events, night.taps, night.minute = ready.events, ready.taps, ready.minute
    batch_at("cooking", night)
    night.tap("plan_batch", FRUIT, plan_args(code="G1-03", ready_ms=at(200)), actor="s-kepala")
    night.tap("advance_batch", FRUIT, {"to": "preparing"}, minute=122)
    crew = {"staff": "s-cook", "post": "lead"}
    night.tap("assign_crew", RICE, crew, actor="s-manager", minute=125)
    night.tap("assign_crew", RICE, {"staff": "s-cook2"}, actor="s-manager", minute=126)
    night.tap("release_crew", RICE, {"staff": "s-cook2"}, actor="s-manager", minute=186)
    night.tap("hold_batch", RICE, {"reason": "equipment"}, minute=190, tap_id="h-1")
    night.tap("hold_batch", RICE, {"reason": "temperature"}, minute=195, tap_id="h-2")
    for hold, minute in (("h-1", 205), ("h-2", 210)):
        release = {"hold": hold, "decision": "continue"}
        night.tap("release_hold", RICE, release, actor="s-kepala", minute=minute)
    night.tap("record_temperature", RICE, {"value_c": 70.2}, minute=215)
    about = {"rule": "core_low", "about": RICE, "since_ms": at(215)}
    night.tap("raise_alert", ALERT, about, actor=SYSTEM, minute=216)
    night.tap("acknowledge_alert", ALERT, NoArgs(), minute=217)
    night.tap("record_temperature", RICE, {"value_c": 86.1, "probe": "p-7"}, minute=240)
    night.tap("resolve_alert", ALERT, NoArgs(), actor=SYSTEM, minute=241)
    night.tap("finish_step", RICE, {"step": 2}, minute=242)
    night.tap("advance_batch", RICE, {"to": "quality_check"}, minute=250, span_ms=2 * MIN)
    taste = {"item": "TASTE", "passed": False, "corrective_action": "tambah garam", "score": 2}
    night.tap("record_check", RICE, taste, actor="s-qc", minute=251)
    for item in ("TASTE", "APPEARANCE", "AROMA", "TEXTURE", "TEMPERATURE", "HYGIENE", "SAMPLE"):
        check = {"item": item, "passed": True}
        night.tap("record_check", RICE, check, actor="s-qc", minute=252)
    night.tap("give_verdict", RICE, {"passed": True}, actor="s-gizi", minute=260)
    done = {"portions": 210, "waste_kg": 1.5}
    night.tap("complete_batch", RICE, done, minute=262)
    thrown = {"portions": 214, "reason": "jatuh ke lantai dapur"}
    night.tap("discard_batch", FRUIT, thrown, actor="s-kepala", minute=270)
    night.tap("close_session", "session:s-cook@kiosk-1", minute=280)
    close = {"serving_date": DATE}
    night.tap("close_night", "night:kitchen", close, actor="s-kepala", minute=300)
    assert night.kitchen.batches == {}
    return night


@pytest.fixture(scope="module")
def night() -> Night:
    return the_night()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, night: Night) -> Iterator[Engine]:
    """The night in KITCHEN; OTHER has other events of the same names."""
    if request.param == "sqlite":
        url = sqlite_url(tmp_path)
        upgrade(url)
    else:
        url = bound_postgres()
    with opened(url) as opened_engine:
        log = SqlLog(opened_engine)
        history = History(opened_engine, log)
        for kitchen, events in ((KITCHEN, night.events), (OTHER, batch_at("planned").events)):
            log_events(log, kitchen, events)
            history.follow(kitchen, log.read(kitchen, 0, limit=500))
        yield opened_engine


@pytest.fixture
def past(engine: Engine) -> Past:
    return Past(engine, KITCHEN)


class TestBatches:
    def test_past_tells_a_batch_as_it_was(self, past: Past) -> None:
        row = past.batch(RICE)
        assert row is not None
        assert row == BatchRow(
            batch="b1",
            night=DATE,
            code="G1-02",
            dish="ayam",
            name="Ayam kecap",
            wave="G1",
            pk=120,
            pb=90,
            special=4,
            planned_prepare_ms=at(30),
            planned_cook_ms=at(120),
            planned_ready_ms=at(270),
            stage="completed",
            round=1,
            preparing_ms=at(31),
            cooking_ms=at(121),
            quality_check_ms=at(248),
            completed_ms=at(262),
            ended_ms=None,
            cooking_took_ms=(248 - 121 - 20) * MIN,
            held=False,
            holds=2,
            held_took_ms=20 * MIN,
            first_verdict=True,
            first_verdict_ms=at(260),
            yield_portions=210,
            waste_kg=1.5,
            discarded_portions=None,
            end_reason="",
            consumption_started_ms=at(248),
            consume_by_ms=at(248 + 240),
            on_time=True,
            seq=row.seq,
            hold_rows=tuple(
                HoldRow(
                    *(at(begin), "s-cook", reason, "", number, at(end)),
                    released_by="s-kepala",
                    decision="continue",
                )
                for number, reason, begin, end in (
                    (1, "equipment", 190, 205),
                    (2, "temperature", 195, 210),
                )
            ),
        )
        assert row.portions == 214

    def test_past_tells_a_batch_that_was_thrown_away(self, past: Past) -> None:
        row = past.batch(FRUIT)
        assert row is not None
        assert (row.stage, row.discarded_portions, row.on_time) == ("discarded", 214, False)
        assert (row.ended_ms, row.end_reason) == (at(270), "jatuh ke lantai dapur")
        assert (row.completed_ms, row.yield_portions, row.first_verdict) == (None, None, None)

    def test_past_lists_a_night_by_planned_end(self, past: Past) -> None:
        assert past.nights() == (DATE,)
        assert [row.batch for row in past.batches(DATE)] == [FRUIT, RICE]
        assert past.batches("2026-11-23") == ()
        assert past.batch(BatchId("b9")) is None


class TestReadings:
    def test_past_judges_readings_by_the_limits_of_their_dish(self, past: Past) -> None:
        found = past.readings(RICE)
        judged = [(row.value_c, row.low_c, row.high_c, row.within, row.probe) for row in found]
        assert judged == [(70.2, 75.0, None, False, ""), (86.1, 75.0, None, True, "p-7")]
        assert [row.earliest_ms for row in found] == [at(215), at(240)]
        assert past.reading_counts(DATE) == (2, 1)
        assert past.reading_counts("2026-11-23") == (0, 0)

    def test_past_gives_readings_in_pages(self, past: Past) -> None:
        [first] = past.readings(RICE, limit=1)
        [second] = past.readings(RICE, after=(first.earliest_ms, first.seq))
        assert (first.value_c, second.value_c) == (70.2, 86.1)
        assert past.readings(RICE, after=(second.earliest_ms, second.seq)) == ()

    def test_past_tells_all_of_one_night_whichever_batch_it_is_about(self, past: Past) -> None:
        assert [row.value_c for row in past.night_readings(DATE)] == [70.2, 86.1]
        assert [row.value_c for row in past.night_readings(DATE, skip=1)] == [86.1]
        assert len(past.night_checks(DATE)) == 8
        assert len(past.night_checks(DATE, skip=6)) == 2
        assert [row.about for row in past.night_alerts(DATE)] == [RICE]
        assert [row.batch for row in past.batches(DATE, skip=1)] == [RICE]
        other = "2026-11-23"
        assert not past.night_readings(other)
        assert not past.night_checks(other)
        assert not past.night_alerts(other)

    def test_past_tells_every_check(self, past: Past) -> None:
        found = past.checks(RICE)
        assert len(found) == 8
        first = found[0]
        assert (first.item, first.passed, first.score) == ("TASTE", False, 2)
        assert (first.corrective_action, first.actor) == ("tambah garam", "s-qc")
        assert all(row.passed for row in found[1:])


class TestAlertsAndPeople:
    def test_past_tells_an_alert_to_its_end(self, past: Past) -> None:
        [row] = past.alerts(at(0), at(600))
        assert row == AlertRow(
            number=1,
            key="core_low:b1:1",
            rule="core_low",
            about="b1",
            severity="CRITICAL",
            raised_ms=at(215),
            level=0,
            owner="s-cook",
            acknowledged_ms=at(217),
            escalated_ms=None,
            resolved_ms=at(241),
            detail="",
        )
        assert past.alerts(at(0), at(215)) == ()
        assert past.alerts(at(216), at(600)) == ()

    def test_past_tells_who_worked_where(self, past: Past) -> None:
        found = [row for row in past.activity(at(0), at(600)) if row.kind == "assignment"]
        told = [(row.staff, row.post, row.since_ms, row.until_ms, row.by) for row in found]
        assert told == [
            ("s-cook", "lead", at(125), None, "s-manager"),
            ("s-cook2", "helper", at(126), at(186), "s-manager"),
        ]

    def test_past_tells_who_was_signed_in(self, past: Past) -> None:
        found = past.activity(at(0), at(600), staff=StaffId("s-cook"))
        sessions = {row.subject: row for row in found if row.kind == "session"}
        assert set(sessions) == {"s-cook@kiosk-1", "s-cook@kiosk-2"}
        closed, open_ = sessions["s-cook@kiosk-1"], sessions["s-cook@kiosk-2"]
        assert (closed.until_ms, open_.until_ms) == (at(280), None)
        assert (closed.device, closed.offline) == ("kiosk-1", False)

    def test_past_leaves_out_activity_that_had_ended(self, past: Past) -> None:
        late = past.activity(at(186), at(600), staff=StaffId("s-cook2"))
        assert [row.kind for row in late] == ["session", "session"]
        assert past.activity(at(-2000), at(-1000)) == ()


class TestAudit:
    def test_audit_has_every_event_newest_first(self, past: Past, night: Night) -> None:
        found = past.audit(limit=500)
        assert [row.seq for row in found] == list(range(len(night.events), 0, -1))
        newest = found[0]
        assert (newest.kind, newest.actor, newest.device) == ("night_closed", "s-kepala", "kiosk-1")
        assert (newest.earliest_ms, newest.recorded_ms) == (at(300), at(300))

    def test_audit_comes_in_pages(self, past: Past, night: Night) -> None:
        pages: list[AuditRow] = []
        before: int | None = None
        while page := past.audit(before_seq=before, limit=7):
            pages += page
            before = page[-1].seq
        assert tuple(pages) == past.audit(limit=500)
        assert len(pages) == len(night.events)

    @pytest.mark.parametrize(
        ("wanted", "number"),
        [
            (AuditFilter(kind="temperature_recorded"), 2),
            (AuditFilter(subject=ALERT), 3),
            (AuditFilter(actor="s-qc", kind="check_recorded"), 8),
            (AuditFilter(actor="s-qc", kind="verdict_given"), 0),
            (AuditFilter(device="kiosk-2"), 10),
            (AuditFilter(from_ms=at(270), until_ms=at(300)), 2),
        ],
    )
    def test_audit_shows_what_is_wanted(self, past: Past, wanted: AuditFilter, number: int) -> None:
        assert len(past.audit(wanted, limit=500)) == number


class TestTrends:
    def test_past_gives_the_figures_of_every_night(self, past: Past, engine: Engine) -> None:
        row = past.batch(RICE)
        assert row is not None
        earlier = msgspec.structs.replace(
            row, batch="a1", night="2026-11-21", first_verdict=False, on_time=False, holds=0
        )
        with writing(engine, of_kitchens(KITCHEN)) as connection:
            values = {"kitchen": KITCHEN, **msgspec.structs.asdict(earlier)}
            connection.execute(insert(tables.batch_history), values)
        first, second = past.trends("2026-11-01", DATE, at(600))
        assert (first.night, second.night) == ("2026-11-21", DATE)
        assert (first.qc_pass.share, first.on_time.share) == (0.0, 0.0)
        assert (second.productions, second.portions_planned) == (2, 214)
        assert (second.portions_completed, second.waste_kg) == (210, 1.5)
        assert (second.mean_cooking_ms, second.cooked) == (107 * MIN, 1)
        assert (second.qc_pass.part, second.qc_pass.base) == (1, 1)
        assert (second.on_time.part, second.on_time.base) == (1, 2)
        assert (second.held, second.held_took_ms) == (1, 20 * MIN)
        assert past.trends(DATE, DATE, at(600)) == (second,)
        assert past.nights() == (DATE, "2026-11-21")


def test_no_question_leaves_its_kitchen(engine: Engine) -> None:
    """OTHER has only a planned batch of the same id: nothing of KITCHEN's night may show."""
    past = Past(engine, OTHER)
    row = past.batch(RICE)
    assert row is not None
    assert row.stage == "planned"
    assert [each.stage for each in past.batches(DATE)] == ["planned"]
    assert not any((past.readings(RICE), past.checks(RICE), past.alerts(0, at(9999))))
    assert past.reading_counts(DATE) == (0, 0)
    assert {each.kind for each in past.activity(0, at(9999))} == {"session"}
    assert "night_closed" not in {each.kind for each in past.audit(limit=500)}
    assert [each.productions for each in past.trends(DATE, DATE, at(600))] == [1]


@pytest.mark.parametrize(
    ("table", "row"),
    [
        (tables.batch_history, BatchRow),
        (tables.reading, ReadingRow),
        (tables.check_result, CheckRow),
        (tables.alert_history, AlertRow),
        (tables.staff_activity, ActivityRow),
        (tables.audit, AuditRow),
    ],
)
def test_every_table_has_the_columns_of_its_row(table: Table, row: type[msgspec.Struct]) -> None:
    assert {column.name for column in table.c} == {"kitchen", *row.__struct_fields__}
    assert next(iter(table.primary_key)).name == "kitchen"


def test_texts_are_clipped_as_wide_as_the_columns() -> None:
    assert recorded.TEXT_MAX == tables.TEXT_MAX
