"""Asks the server about past nights, page by page, for a page that waits; it keeps nothing and draws nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import msgspec

from dapur import past
from dapur.handover import SUBJECT as HANDOVER
from dapur.night import DAY_TURNS_MIN, midnight_ms
from dapur.past import (
    ActivityRow,
    AlertRow,
    AuditFilter,
    AuditRow,
    BatchRow,
    CheckRow,
    NightFigures,
    ReadingRow,
)
from kiosk.link.errors import NotOnline, QueryFailed, TimedOut
from kiosk.link.link import Link

Why = Literal["offline", "slow", "refused"]
"""No line; no answer in time; an answer that is none (another release)."""
PAGES_MAX = 200
"""Of one question: a server that always has more must not be asked for ever."""

WIT_MIN = 9 * 60

HEARD_LATE_MS = 24 * 3_600_000
"""After the night: by then a kiosk that worked without a line has told what happened."""

T = TypeVar("T", bound=msgspec.Struct)
R = TypeVar("R")
Page = (
    past.BatchesReply
    | past.ReadingsReply
    | past.ChecksReply
    | past.AlertsReply
    | past.ActivityReply
    | past.AuditReply
)


class NoAnswer(msgspec.Struct, frozen=True):
    """Why there is none; the person may ask again."""

    why: Why


class Night(msgspec.Struct, frozen=True):
    """All that is kept of one serving date."""

    serving_date: str
    batches: tuple[BatchRow, ...]
    readings: tuple[ReadingRow, ...]
    checks: tuple[CheckRow, ...]
    alerts: tuple[AlertRow, ...]
    activity: tuple[ActivityRow, ...]
    seq: int
    """True up to this event of the log."""
    events: tuple[AuditRow, ...] = ()
    """What happened to its batches, and hand-overs of it and of the nights beside it; in no order."""


class Asked:
    """A question; over when it is answered or cancelled, and then nobody hears of it any more."""

    def __init__(self) -> None:
        self.is_over = False

    def cancel(self) -> None:
        """Whoever asked has gone away."""
        self.is_over = True


class Past:
    """The past of this kiosk's kitchen. Every `done` is called once, in the loop's thread."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def nights(self, done: Callable[[tuple[str, ...] | NoAnswer], None]) -> Asked:
        """Serving dates with batches, newest first."""

        def take(reply: past.NightsReply | NoAnswer) -> None:
            done(reply if isinstance(reply, NoAnswer) else reply.nights)

        return self._one(past.NIGHTS, past.NightsArgs(), past.NightsReply, take)

    def trends(
        self, first: str, last: str, done: Callable[[tuple[NightFigures, ...] | NoAnswer], None]
    ) -> Asked:
        """Figures of the nights between two serving dates, oldest first."""

        def take(reply: past.TrendsReply | NoAnswer) -> None:
            done(reply if isinstance(reply, NoAnswer) else reply.nights)

        return self._one(past.TRENDS, past.TrendsArgs(first, last), past.TrendsReply, take)

    def audit(
        self,
        wanted: AuditFilter,
        before_seq: int | None,
        done: Callable[[past.AuditReply | NoAnswer], None],
    ) -> Asked:
        """One page of events, newest first."""
        return self._one(past.AUDIT, past.AuditArgs(wanted, before_seq), past.AuditReply, done)

    def night(self, serving_date: str, done: Callable[[Night | NoAnswer], None]) -> Asked:
        """Everything of one night, however many pages it has."""
        asked = Asked()
        _Gathering(self, serving_date, asked, _ending(asked, done)).go_on()
        return asked

    def _one(
        self, name: str, args: msgspec.Struct, kind: type[T], done: Callable[[T | NoAnswer], None]
    ) -> Asked:
        asked = Asked()
        self.ask(name, args, kind, asked, _ending(asked, done))
        return asked

    def ask(
        self,
        name: str,
        args: msgspec.Struct,
        kind: type[T],
        asked: Asked,
        done: Callable[[T | NoAnswer], None],
    ) -> None:
        """One question, one answer, unless `asked` is cancelled meanwhile."""

        def answered(answer: msgspec.Raw | QueryFailed) -> None:
            if not asked.is_over:
                done(_read(answer, kind))

        self._link.ask(name, args, answered)


class _Gathering:
    """Page after page of one question after the other, until the night is whole."""

    _ROWS: tuple[tuple[str, type[Page]], ...] = (
        (past.NIGHT_BATCHES, past.BatchesReply),
        (past.NIGHT_READINGS, past.ReadingsReply),
        (past.NIGHT_CHECKS, past.ChecksReply),
        (past.NIGHT_ALERTS, past.AlertsReply),
        (past.ACTIVITY, past.ActivityReply),
        (past.AUDIT, past.AuditReply),
    )

    def __init__(
        self, of: Past, night: str, asked: Asked, done: Callable[[Night | NoAnswer], None]
    ) -> None:
        self._of, self._night, self._asked, self._done = of, night, asked, done
        self._rows: list[list[msgspec.Struct]] = [[] for _ in self._ROWS]
        self._at = 0
        self._pages = 0
        self._seq: int | None = None

    def go_on(self) -> None:
        """Ask for the next page, or give what is there."""
        if self._at == len(self._ROWS):
            self._done(self._whole())
            return
        name, kind = self._ROWS[self._at]
        self._of.ask(name, self._args(name), kind, self._asked, self._took)

    def _args(self, name: str) -> msgspec.Struct:
        rows = self._rows[self._at]
        if name not in (past.ACTIVITY, past.AUDIT):
            return past.NightArgs(self._night, len(rows))
        from_ms, until_ms = span_of(self._batches())
        if name == past.ACTIVITY:
            return past.SpanArgs(from_ms, until_ms, len(rows))
        # The first hand-over comes before the first batch is touched.
        from_ms = min(from_ms, _opens_ms(self._night)) if from_ms else 0
        wanted = AuditFilter(from_ms=from_ms, until_ms=until_ms + HEARD_LATE_MS)
        last = rows[-1] if rows else None
        return past.AuditArgs(wanted, last.seq if isinstance(last, AuditRow) else None)

    def _took(self, page: Page | NoAnswer) -> None:
        self._pages += 1
        if isinstance(page, NoAnswer) or self._pages > PAGES_MAX:
            self._done(page if isinstance(page, NoAnswer) else NoAnswer("refused"))
            return
        self._rows[self._at] += page.rows
        # What a later page knows of is not all in an earlier one.
        self._seq = page.seq if self._seq is None else min(self._seq, page.seq)
        self._at += not page.more
        self.go_on()

    def _batches(self) -> list[BatchRow]:
        return [row for row in self._rows[0] if isinstance(row, BatchRow)]

    def _whole(self) -> Night:
        _, readings, checks, alerts, activity, events = self._rows
        known = {row.batch for row in self._batches()} | {HANDOVER}
        return Night(
            self._night,
            tuple(self._batches()),
            tuple(row for row in readings if isinstance(row, ReadingRow)),
            tuple(row for row in checks if isinstance(row, CheckRow)),
            tuple(row for row in alerts if isinstance(row, AlertRow)),
            tuple(row for row in activity if isinstance(row, ActivityRow)),
            self._seq or 0,
            tuple(row for row in events if isinstance(row, AuditRow) and row.subject in known),
        )


def span_of(batches: Sequence[BatchRow]) -> tuple[int, int]:
    """From when to when (UTC ms) somebody may have worked at these batches; (0, 0) without any."""
    begun = [row.preparing_ms or row.planned_prepare_ms for row in batches]
    ended = [row.completed_ms or row.ended_ms or row.planned_ready_ms for row in batches]
    return (min(begun), max(ended) + 1) if batches else (0, 0)


def _opens_ms(serving_date: str) -> int:
    """15:00 of the day before, in the easternmost zone of the country (UTC ms)."""
    return midnight_ms(serving_date, WIT_MIN) - (24 * 60 - DAY_TURNS_MIN) * 60_000


def _ending(asked: Asked, done: Callable[[R], None]) -> Callable[[R], None]:
    def take(answer: R) -> None:
        asked.is_over = True
        done(answer)

    return take


def _read(answer: msgspec.Raw | QueryFailed, kind: type[T]) -> T | NoAnswer:
    if isinstance(answer, NotOnline):
        return NoAnswer("offline")
    if isinstance(answer, TimedOut):
        return NoAnswer("slow")
    if isinstance(answer, QueryFailed):
        return NoAnswer("refused")
    try:
        return msgspec.json.decode(answer, type=kind)
    except msgspec.MsgspecError:
        # Another release: nothing that this one could show.
        return NoAnswer("refused")
