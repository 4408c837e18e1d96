"""Answers questions about the past of one kitchen from the tables; it writes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec
from sqlalchemy import ColumnElement, Engine, Select, Table, and_, func, or_, select

from dapur.figures import ON_TIME_MS, Ratio
from dapur.ids import BatchId, KitchenId, StaffId
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
from dapur.recorded import clip
from dapur.stage import Stage
from server.history.tables import (
    alert_history,
    audit,
    batch_history,
    check_result,
    reading,
    staff_activity,
)
from server.log.engine import reading as reading_from
from server.log.scope import of_kitchens

ROWS_MAX = 500
"""Most rows of one answer; a reply is one frame, so pages of a hundred are usual."""

R = TypeVar("R", bound=msgspec.Struct)


class Past:
    """The past of one kitchen: the kitchen is fixed here, so that no question can leave it."""

    def __init__(self, engine: Engine, kitchen: KitchenId) -> None:
        self._engine = engine
        self._kitchen = kitchen

    # ---- batches -------------------------------------------------------------------------------

    def nights(self, *, limit: int = 60) -> tuple[str, ...]:
        """Serving dates with a batch, newest first."""
        query = (
            select(batch_history.c.night)
            .where(self._ours(batch_history))
            .group_by(batch_history.c.night)
            .order_by(batch_history.c.night.desc())
            .limit(min(limit, ROWS_MAX))
        )
        with reading_from(self._engine, of_kitchens(self._kitchen)) as connection:
            return tuple(connection.scalars(query))

    def batches(self, night: str, *, skip: int = 0) -> tuple[BatchRow, ...]:
        """The batches of a serving date, by planned end."""
        query = self._all_of(batch_history, BatchRow).where(batch_history.c.night == night)
        order = (batch_history.c.planned_ready_ms, batch_history.c.batch)
        return self._rows(query.order_by(*order).offset(skip).limit(ROWS_MAX), BatchRow)

    def batch(self, batch: BatchId) -> BatchRow | None:
        """One batch; None when this kitchen never had it."""
        query = self._all_of(batch_history, BatchRow).where(batch_history.c.batch == clip(batch))
        return next(iter(self._rows(query, BatchRow)), None)

    def readings(
        self, batch: BatchId, *, after: tuple[int, int] | None = None, limit: int = ROWS_MAX
    ) -> tuple[ReadingRow, ...]:
        """Temperatures of a batch in order of time; go on after (earliest_ms, seq) of the last."""
        columns = reading.c
        query = self._all_of(reading, ReadingRow).where(columns.batch == clip(batch))
        if after is not None:
            time_ms, seq = after
            later = columns.earliest_ms > time_ms
            query = query.where(or_(later, and_(columns.earliest_ms == time_ms, columns.seq > seq)))
        query = query.order_by(columns.earliest_ms, columns.seq)
        return self._rows(query.limit(min(limit, ROWS_MAX)), ReadingRow)

    def checks(self, batch: BatchId) -> tuple[CheckRow, ...]:
        """Checked items of a batch in order of the log."""
        query = self._all_of(check_result, CheckRow).where(check_result.c.batch == clip(batch))
        return self._rows(query.order_by(check_result.c.seq).limit(ROWS_MAX), CheckRow)

    def night_readings(self, night: str, *, skip: int = 0) -> tuple[ReadingRow, ...]:
        """The temperatures of all batches of a serving date, in order of time."""
        query = self._all_of(reading, ReadingRow).where(reading.c.batch.in_(self._of_night(night)))
        query = query.order_by(reading.c.earliest_ms, reading.c.seq)
        return self._rows(query.offset(skip).limit(ROWS_MAX), ReadingRow)

    def night_checks(self, night: str, *, skip: int = 0) -> tuple[CheckRow, ...]:
        """The checked items of all batches of a serving date, in order of the log."""
        ours = check_result.c.batch.in_(self._of_night(night))
        query = self._all_of(check_result, CheckRow).where(ours).order_by(check_result.c.seq)
        return self._rows(query.offset(skip).limit(ROWS_MAX), CheckRow)

    def night_alerts(self, night: str, *, skip: int = 0) -> tuple[AlertRow, ...]:
        """The alerts about the batches of a serving date, oldest first."""
        ours = alert_history.c.about.in_(self._of_night(night))
        query = self._all_of(alert_history, AlertRow).where(ours)
        query = query.order_by(alert_history.c.raised_ms, alert_history.c.number)
        return self._rows(query.offset(skip).limit(ROWS_MAX), AlertRow)

    # ---- alerts and people ---------------------------------------------------------------------

    def alerts(self, from_ms: int, until_ms: int) -> tuple[AlertRow, ...]:
        """Alerts raised from `from_ms` until before `until_ms` (UTC ms), oldest first."""
        raised = alert_history.c.raised_ms
        query = self._all_of(alert_history, AlertRow).where(raised >= from_ms, raised < until_ms)
        query = query.order_by(raised, alert_history.c.number)
        return self._rows(query.limit(ROWS_MAX), AlertRow)

    def activity(
        self, from_ms: int, until_ms: int, *, staff: StaffId | None = None, skip: int = 0
    ) -> tuple[ActivityRow, ...]:
        """Sign-ins and assignments that lasted into the span (UTC ms), by beginning."""
        columns = staff_activity.c
        query = self._all_of(staff_activity, ActivityRow).where(
            columns.since_ms < until_ms,
            or_(columns.until_ms.is_(None), columns.until_ms > from_ms),
        )
        if staff is not None:
            query = query.where(columns.staff == clip(staff))
        order = (columns.since_ms, columns.kind, columns.subject, columns.place)
        return self._rows(query.order_by(*order).offset(skip).limit(ROWS_MAX), ActivityRow)

    # ---- audit ---------------------------------------------------------------------------------

    def audit(
        self,
        wanted: AuditFilter = AuditFilter(),  # noqa: B008 - frozen, without state
        *,
        before_seq: int | None = None,
        limit: int = 100,
    ) -> tuple[AuditRow, ...]:
        """Events, newest first; go on with the `seq` of the last row as `before_seq`."""
        query = self._all_of(audit, AuditRow).where(*_audit_wishes(wanted))
        if before_seq is not None:
            query = query.where(audit.c.seq < before_seq)
        return self._rows(query.order_by(audit.c.seq.desc()).limit(min(limit, ROWS_MAX)), AuditRow)

    # ---- trends --------------------------------------------------------------------------------

    def trends(self, first_night: str, last_night: str, now_ms: int) -> tuple[NightFigures, ...]:
        """The figures of each night between two serving dates, both included, oldest first.

        `now_ms` (UTC) decides which unfinished batches are overdue.
        """
        night = batch_history.c.night
        query = self._all_of(batch_history, BatchRow).where(night.between(first_night, last_night))
        nights: dict[str, list[BatchRow]] = {}
        for row in self._rows(query.order_by(night, batch_history.c.batch), BatchRow):
            nights.setdefault(row.night, []).append(row)
        return tuple(night_figures(name, rows, now_ms) for name, rows in nights.items())

    def reading_counts(self, night: str) -> tuple[int, int]:
        """Readings of a night's batches, and how many of them were outside the dish's limit."""
        outside = func.count().filter(reading.c.within.is_(False))
        query = (
            select(func.count(), outside)
            .select_from(reading)
            .join(
                batch_history,
                and_(
                    batch_history.c.kitchen == reading.c.kitchen,
                    batch_history.c.batch == reading.c.batch,
                ),
            )
            .where(self._ours(reading), batch_history.c.night == night)
        )
        with reading_from(self._engine, of_kitchens(self._kitchen)) as connection:
            total, wrong = connection.execute(query).one()
        return int(total), int(wrong)

    # ---- inside --------------------------------------------------------------------------------

    def _of_night(self, night: str) -> Select[tuple[str]]:
        """Ids of the batches of a serving date."""
        query = select(batch_history.c.batch).where(self._ours(batch_history))
        return query.where(batch_history.c.night == night)

    def _ours(self, table: Table) -> ColumnElement[bool]:
        return table.c.kitchen == self._kitchen

    def _all_of(self, table: Table, row: type[msgspec.Struct]) -> Select[tuple[object, ...]]:
        """The columns of a row, of this kitchen only: every query begins here."""
        columns = [table.c[name] for name in row.__struct_fields__]
        return select(*columns).where(self._ours(table))

    def _rows(self, query: Select[tuple[object, ...]], row: type[R]) -> tuple[R, ...]:
        with reading_from(self._engine, of_kitchens(self._kitchen)) as connection:
            return tuple(row(*values) for values in connection.execute(query))


def _audit_wishes(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    wishes: list[ColumnElement[bool]] = []
    for name in ("actor", "device", "kind", "subject"):
        value: str = getattr(wanted, name)
        if value:
            wishes.append(audit.c[name] == clip(value))
    if wanted.from_ms is not None:
        wishes.append(audit.c.recorded_ms >= wanted.from_ms)
    if wanted.until_ms is not None:
        wishes.append(audit.c.recorded_ms < wanted.until_ms)
    return wishes


def night_figures(night: str, rows: Iterable[BatchRow], now_ms: int) -> NightFigures:
    """The figures of one night's batches at a moment (UTC ms)."""
    counted = [row for row in rows if row.stage != Stage.CANCELLED]
    cooked = [row.cooking_took_ms for row in counted if row.cooking_took_ms is not None]
    judged = [row for row in counted if row.first_verdict is not None]
    due = [row for row in counted if _due(row, now_ms)]
    return NightFigures(
        night=night,
        productions=len(counted),
        by_stage={
            stage.value: sum(row.stage == stage for row in counted)
            for stage in Stage
            if stage is not Stage.CANCELLED
        },
        portions_planned=sum(row.portions for row in counted if row.stage != Stage.DISCARDED),
        portions_completed=sum(row.yield_portions or 0 for row in counted),
        waste_kg=round(sum(row.waste_kg or 0.0 for row in counted), 3),
        mean_cooking_ms=sum(cooked) // len(cooked) if cooked else None,
        cooked=len(cooked),
        qc_pass=Ratio(sum(bool(row.first_verdict) for row in judged), len(judged)),
        on_time=Ratio(sum(bool(row.on_time) for row in due), len(due)),
        held=sum(row.holds > 0 for row in counted),
        held_took_ms=sum(row.held_took_ms for row in counted),
    )


def _due(row: BatchRow, now_ms: int) -> bool:
    """Finished, or planned to be: both count, or a kitchen that never finishes is always on time."""
    return row.on_time is not None or row.planned_ready_ms + ON_TIME_MS < now_ms
