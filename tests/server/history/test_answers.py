"""Questions of a kiosk about the past: its own kitchen's rows, in pages that fit a frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
from sqlalchemy import Engine

from dapur import past
from dapur.ids import KitchenId
from dapur.wire.messages import FRAME_MAX_BYTES
from dapur.wire.queries import QueryCode
from server.desk.ports import QueryError
from server.history.answers import Answers
from server.history.follower import History
from server.log.schema import upgrade
from server.log.sql_log import SqlLog
from tests.support.databases import opened, sqlite_url
from tests.support.groups import KITCHEN, OTHER
from tests.support.past import log_events
from tests.support.taps import DATE, Night, at, batch_at

READINGS = 450
R = TypeVar("R", bound=msgspec.Struct)


def _measured() -> Night:
    night = batch_at("cooking")
    for number in range(READINGS):
        reading = {"value_c": 60 + number / 100, "probe": "p" * 60}
        night.tap("record_temperature", "b1", reading, minute=130 + number / 10)
    return night


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A night with many readings in KITCHEN, a planned batch in OTHER."""
    url = sqlite_url(Path(tmp_path_factory.mktemp("past")))
    upgrade(url)
    with opened(url) as opened_engine:
        log = SqlLog(opened_engine)
        history = History(opened_engine, log)
        for kitchen, events in ((KITCHEN, _measured().events), (OTHER, batch_at("planned").events)):
            log_events(log, kitchen, events)
            history.follow(kitchen, log.read(kitchen, 0, limit=5000))
        yield opened_engine


def ask(
    engine: Engine,
    name: str,
    args: Mapping[str, object],
    reply: type[R],
    kitchen: KitchenId = KITCHEN,
) -> R:
    """As a kiosk of `kitchen`; the reply must fit a frame."""
    raw = Answers(engine).answer(kitchen, name, msgspec.Raw(msgspec.json.encode(args)), at(300))
    assert len(raw) < FRAME_MAX_BYTES - 1024
    return msgspec.json.decode(raw, type=reply)


def test_kiosk_reads_every_reading_once_page_by_page(engine: Engine) -> None:
    seen: list[past.ReadingRow] = []
    pages = 0
    while True:
        args = {"night": DATE, "skip": len(seen)}
        page = ask(engine, past.NIGHT_READINGS, args, past.ReadingsReply)
        seen += page.rows
        pages += 1
        if not page.more:
            break
        assert page.rows
    assert pages > 1
    assert len(seen) == len({row.seq for row in seen}) == READINGS
    assert [row.value_c for row in seen] == sorted(row.value_c for row in seen)


def test_kiosk_leafs_through_the_audit_to_its_beginning(engine: Engine) -> None:
    seqs: list[int] = []
    before: int | None = None
    while True:
        page = ask(engine, past.AUDIT, {"before_seq": before}, past.AuditReply)
        seqs += [row.seq for row in page.rows]
        if not page.more:
            break
        before = seqs[-1]
    assert seqs == list(range(page.seq, 0, -1))


def test_kiosk_gets_figures_and_batches_of_its_own_kitchen_only(engine: Engine) -> None:
    ours = ask(engine, past.NIGHT_BATCHES, {"night": DATE}, past.BatchesReply)
    theirs = ask(engine, past.NIGHT_BATCHES, {"night": DATE}, past.BatchesReply, OTHER)
    assert [row.stage for row in ours.rows] == ["cooking"]
    assert [row.stage for row in theirs.rows] == ["planned"]
    assert ours.seq > theirs.seq
    assert ask(engine, past.NIGHT_READINGS, {"night": DATE}, past.ReadingsReply, OTHER).rows == ()
    span = {"first_night": DATE, "last_night": DATE}
    [figures] = ask(engine, past.TRENDS, span, past.TrendsReply, OTHER).nights
    assert figures.by_stage["planned"] == 1
    nobody = KitchenId("nobody")
    assert ask(engine, past.NIGHTS, {}, past.NightsReply, nobody) == past.NightsReply((), 0)


def test_kiosk_sees_who_was_signed_in(engine: Engine) -> None:
    span = {"from_ms": at(0), "until_ms": at(600)}
    people = ask(engine, past.ACTIVITY, span, past.ActivityReply)
    assert "s-cook" in {row.staff for row in people.rows}
    assert ask(engine, past.ACTIVITY, {**span, "skip": 500}, past.ActivityReply).rows == ()


@pytest.mark.parametrize(
    ("name", "args", "field"),
    [
        (past.NIGHTS, {"limit": 61}, "limit"),
        (past.NIGHT_READINGS, {}, "night"),
        (past.NIGHT_READINGS, {"night": "22-11-2026"}, "night"),
        (past.NIGHT_BATCHES, {"night": DATE, "skip": -1}, "skip"),
        (past.TRENDS, {"first_night": DATE}, "last_night"),
        (past.ACTIVITY, {"from_ms": 1, "until_ms": "soon"}, "until_ms"),
        (past.AUDIT, {"before_seq": 0}, "before_seq"),
    ],
)
def test_kiosk_hears_which_field_is_wrong(
    engine: Engine, name: str, args: dict[str, object], field: str
) -> None:
    with pytest.raises(QueryError) as caught:
        ask(engine, name, args, past.NightsReply)
    assert caught.value.code == QueryCode.BAD_ARGS
    assert field in caught.value.detail


def test_every_name_of_the_past_is_answered(engine: Engine) -> None:
    for name in Answers.names:
        with pytest.raises(QueryError) as caught:
            ask(
                engine,
                name,
                {"night": 1, "from_ms": "", "limit": "", "first_night": 1, "before_seq": ""},
                past.NightsReply,
            )
        assert caught.value.code == QueryCode.BAD_ARGS, name
