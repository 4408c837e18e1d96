"""Questions about the past: whole nights from many pages, and a reason when there is no answer."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from dapur import past
from kiosk.link.errors import NotOnline, QueryFailed, Refused, TimedOut
from kiosk.past import Night, NoAnswer, Past, Why

DATE = "2026-11-21"
Done = Callable[[msgspec.Raw | QueryFailed], None]


class FakeLink:
    """Keeps the questions until the test answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, msgspec.Struct, Done]] = []

    def ask(self, name: str, args: msgspec.Struct, done: Done) -> None:
        self.asked.append((name, args, done))

    def answer(self, reply: msgspec.Struct | QueryFailed) -> None:
        """The oldest question."""
        _, _, done = self.asked.pop(0)
        done(reply if isinstance(reply, QueryFailed) else msgspec.Raw(msgspec.json.encode(reply)))


@pytest.fixture
def link() -> FakeLink:
    return FakeLink()


@pytest.fixture
def of(link: FakeLink) -> Past:
    return Past(link)  # type: ignore[arg-type]


def batch(name: str, begun_ms: int, done_ms: int) -> past.BatchRow:
    text = dict.fromkeys(("night", "code", "dish", "name", "wave", "stage", "end_reason"), "x")
    whole = dict.fromkeys(
        ("pk", "pb", "special", "planned_prepare_ms", "planned_cook_ms", "planned_ready_ms"), 1
    ) | dict.fromkeys(("round", "holds", "held_took_ms", "seq"), 1)
    unknown = dict.fromkeys(
        ("cooking_ms", "quality_check_ms", "ended_ms", "cooking_took_ms", "first_verdict"), None
    ) | dict.fromkeys(
        ("first_verdict_ms", "yield_portions", "waste_kg", "discarded_portions", "on_time"), None
    )
    clock = dict.fromkeys(("consumption_started_ms", "consume_by_ms"), None)
    fields = {**text, **whole, **unknown, **clock, "held": False, "batch": name}
    fields |= {"preparing_ms": begun_ms, "completed_ms": done_ms}
    return msgspec.convert(fields, past.BatchRow)


def event(seq: int, subject: str) -> past.AuditRow:
    return past.AuditRow(seq, "batch_held", subject, "s-1", "s", "d", "c", 5, 6, "synced", 7)


def test_past_gathers_a_night_page_by_page(link: FakeLink, of: Past) -> None:
    got: list[Night | NoAnswer] = []
    of.night(DATE, got.append)
    assert link.asked[0][:2] == (past.NIGHT_BATCHES, past.NightArgs(DATE, 0))
    link.answer(past.BatchesReply((batch("b1", 1000, 5000),), True, 40))
    assert link.asked[0][:2] == (past.NIGHT_BATCHES, past.NightArgs(DATE, 1))
    link.answer(past.BatchesReply((batch("b2", 2000, 9000),), False, 44))
    for name, reply in (
        (past.NIGHT_READINGS, past.ReadingsReply((), False, 44)),
        (past.NIGHT_CHECKS, past.ChecksReply((), False, 44)),
        (past.NIGHT_ALERTS, past.AlertsReply((), False, 44)),
    ):
        assert link.asked[0][0] == name
        link.answer(reply)
    assert link.asked[0][:2] == (past.ACTIVITY, past.SpanArgs(1000, 9001, 0))
    assert not got
    link.answer(past.ActivityReply((), False, 44))
    day_ms = 24 * 3_600_000
    wanted = past.AuditFilter(from_ms=1000, until_ms=9001 + day_ms)
    assert link.asked[0][:2] == (past.AUDIT, past.AuditArgs(wanted, None))
    link.answer(past.AuditReply((event(41, "b1"), event(37, "staff:x")), True, 44))
    assert link.asked[0][:2] == (past.AUDIT, past.AuditArgs(wanted, 37))
    link.answer(past.AuditReply((event(30, "b2"),), False, 44))
    [night] = got
    assert isinstance(night, Night)
    assert ([row.batch for row in night.batches], night.seq) == (["b1", "b2"], 40)
    assert [row.seq for row in night.events] == [41, 30]
    assert not link.asked


@pytest.mark.parametrize(
    ("failure", "why"),
    [
        (NotOnline("no line"), "offline"),
        (TimedOut("late"), "slow"),
        (Refused("unknown_query"), "refused"),
        (past.NightsArgs(), "refused"),
    ],
)
def test_past_says_why_there_is_no_answer(
    link: FakeLink, of: Past, failure: QueryFailed | msgspec.Struct, why: Why
) -> None:
    got: list[object] = []
    of.nights(got.append)
    link.answer(failure)
    of.night(DATE, got.append)
    link.answer(failure)
    assert got == [NoAnswer(why), NoAnswer(why)]


def test_past_tells_nobody_who_has_gone_away(link: FakeLink, of: Past) -> None:
    got: list[object] = []
    of.trends(DATE, DATE, got.append).cancel()
    link.answer(past.TrendsReply((), 3))
    asked = of.night(DATE, got.append)
    link.answer(past.BatchesReply((), True, 3))
    asked.cancel()
    link.answer(past.BatchesReply((), True, 3))
    assert (got, link.asked) == ([], [])


def test_past_stops_asking_a_server_that_never_ends(
    link: FakeLink, of: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.past.PAGES_MAX", 3)
    got: list[object] = []
    of.night(DATE, got.append)
    for _ in range(4):
        link.answer(past.BatchesReply((), True, 3))
    assert got == [NoAnswer("refused")]
    assert not link.asked
