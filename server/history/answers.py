"""Answers the named queries about the past; the kitchen is always the device's, never an argument."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
from sqlalchemy import Engine, select

from dapur import past
from dapur.ids import KitchenId
from dapur.wire.queries import QueryCode
from server.desk.arguments import read_args
from server.desk.ports import QueryError
from server.history.follower import NAME
from server.history.projector import VERSION
from server.history.queries import ROWS_MAX, Past
from server.log.engine import reading
from server.log.positions import Positions
from server.log.scope import of_kitchens
from server.log.tables import tenant_head

R = TypeVar("R", bound=msgspec.Struct)
Found = tuple[tuple[R, ...], bool]

_size = msgspec.json.Encoder()


class Answers:
    """One for a server. Thread-safe; it only reads. All raise QueryError and Unavailable."""

    names = frozenset(
        {
            past.NIGHTS,
            past.TRENDS,
            past.NIGHT_BATCHES,
            past.NIGHT_READINGS,
            past.NIGHT_CHECKS,
            past.NIGHT_ALERTS,
            past.ACTIVITY,
            past.AUDIT,
        }
    )

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._positions = Positions(engine, NAME, version=VERSION)

    def answer(self, kitchen: KitchenId, name: str, args: msgspec.Raw, now_ms: int) -> msgspec.Raw:
        """The reply's JSON. A QueryError is one of `QueryCode`."""
        # The position first: rows that come while we read are more than it promises, never fewer.
        reply = self._reply(Past(self._engine, kitchen), self.position(kitchen), name, args, now_ms)
        return msgspec.Raw(msgspec.json.encode(reply))

    def moment(self, kitchen: KitchenId) -> str:
        """Names what the tables of a kitchen hold now: the epoch of its log and their position in it.

        Raises Unavailable.
        """
        query = select(tenant_head.c.epoch).where(tenant_head.c.kitchen == kitchen)
        with reading(self._engine, of_kitchens(kitchen)) as connection:
            epoch = connection.scalar(query) or ""
            return f"{epoch}:{self._positions.of(connection, kitchen) or 0}"

    def position(self, kitchen: KitchenId) -> int:
        """Last event of the kitchen that is in the tables. Raises Unavailable."""
        with reading(self._engine, of_kitchens(kitchen)) as connection:
            return self._positions.of(connection, kitchen) or 0

    def _reply(
        self, of: Past, seq: int, name: str, args: msgspec.Raw, now_ms: int
    ) -> msgspec.Struct:
        match name:
            case past.NIGHTS:
                nights = of.nights(limit=read_args(args, past.NightsArgs).limit)
                return past.NightsReply(nights, seq)
            case past.TRENDS:
                span = read_args(args, past.TrendsArgs)
                nights_of = of.trends(span.first_night, span.last_night, now_ms)
                return past.TrendsReply(nights_of[-past.NIGHTS_MAX :], seq)
            case past.NIGHT_BATCHES:
                return past.BatchesReply(*_of_night(args, of.batches), seq)
            case past.NIGHT_READINGS:
                return past.ReadingsReply(*_of_night(args, of.night_readings), seq)
            case past.NIGHT_CHECKS:
                return past.ChecksReply(*_of_night(args, of.night_checks), seq)
            case past.NIGHT_ALERTS:
                return past.AlertsReply(*_of_night(args, of.night_alerts), seq)
            case past.ACTIVITY:
                when = read_args(args, past.SpanArgs)
                people = of.activity(when.from_ms, when.until_ms, skip=when.skip)
                return past.ActivityReply(*_page(people), seq)
            case past.AUDIT:
                page = read_args(args, past.AuditArgs)
                events = of.audit(page.wanted, before_seq=page.before_seq, limit=ROWS_MAX)
                return past.AuditReply(*_page(events), seq)
            case _:
                raise QueryError(QueryCode.UNKNOWN_QUERY, name[:64])


def _of_night(args: msgspec.Raw, rows: Callable[..., tuple[R, ...]]) -> Found[R]:
    night = read_args(args, past.NightArgs)
    return _page(rows(night.night, skip=night.skip))


def _page(rows: Sequence[R]) -> Found[R]:
    """As many rows as one answer takes, at least one, and whether more are left."""
    room = past.PAGE_BYTES
    for place, row in enumerate(rows):
        room -= len(_size.encode(row)) + 1
        if room < 0 and place:
            return tuple(rows[:place]), True
    return tuple(rows), len(rows) == ROWS_MAX
