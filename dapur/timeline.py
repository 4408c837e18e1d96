"""The course of a batch over the night as spans of time: what happened, what is planned, what is a
forecast; it moves no batch.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from dapur.batch import Batch
from dapur.stage import OVER, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable

RUNS = (Stage.PREPARING, Stage.COOKING, Stage.QUALITY_CHECK)
"""Stages that take time; the others are moments."""


class Kind(StrEnum):
    """How sure a span is."""

    DONE = "done"
    PLANNED = "planned"
    FORECAST = "forecast"


class Span(msgspec.Struct, frozen=True):
    """A stage from one moment to another (UTC ms)."""

    stage: Stage
    from_ms: int
    to_ms: int
    kind: Kind


class Course(msgspec.Struct, frozen=True):
    """All spans of a batch in order, and when it is ready."""

    spans: tuple[Span, ...]
    ready_ms: int | None
    """Completed at, else the earliest end by the standard durations; None for what is thrown away."""
    ready_kind: Kind
    late_ms: int
    """Ready later than planned by so much; 0 when it is not."""


def course(batch: Batch, now_ms: int) -> Course:
    """What happened until now, and by the plan's own durations the earliest that can follow.

    A stage that was begun late moves all that follows, one that was begun early moves nothing: a pot
    is not put on the fire before its time (its consumption clock would start too early).
    """
    done = _happened(batch, now_ms)
    if batch.completion is not None and batch.stage is Stage.COMPLETED:
        ready_ms = batch.completion.at.earliest_ms
        return Course(done, ready_ms, Kind.DONE, max(ready_ms - batch.plan.ready_ms, 0))
    if batch.stage in OVER:
        return Course(done, None, Kind.DONE, 0)
    coming = _coming(batch, now_ms)
    ready_ms = max((span.to_ms for span in coming), default=max(now_ms, batch.plan.ready_ms))
    kind = coming[-1].kind if coming else Kind.FORECAST
    return Course((*done, *coming), ready_ms, kind, max(ready_ms - batch.plan.ready_ms, 0))


def spare_ms(batches: Iterable[Batch], departure_ms: int, now_ms: int) -> int | None:
    """Between the last batch of a wave and its departure, negative when it is too late; None when
    nothing waits any more.
    """
    open_ones = [each for each in batches if each.stage not in OVER and each.completion is None]
    last = [course(each, now_ms).ready_ms for each in open_ones]
    return departure_ms - max(ms for ms in last if ms is not None) if last else None


def _happened(batch: Batch, now_ms: int) -> tuple[Span, ...]:
    made = [
        Span(entry.stage, entry.at.earliest_ms, after.at.earliest_ms, Kind.DONE)
        for entry, after in pairwise(batch.history)
        if entry.stage in RUNS
    ]
    last = batch.history[-1] if batch.history else None
    if last is not None and last.stage in RUNS:
        end_ms = batch.ended.at.earliest_ms if batch.ended is not None else now_ms
        made.append(Span(last.stage, last.at.earliest_ms, end_ms, Kind.DONE))
    return tuple(span for span in made if span.to_ms > span.from_ms)


def _coming(batch: Batch, now_ms: int) -> tuple[Span, ...]:
    plan = batch.plan
    middle_ms = plan.ready_ms if plan.no_cook else plan.cook_ms
    entry = batch.entered(batch.stage)
    entered_ms = entry.at.earliest_ms if entry is not None else now_ms
    if batch.stage is Stage.QUALITY_CHECK:
        end_ms = max(now_ms, plan.ready_ms)
        return _only_real(Span(Stage.QUALITY_CHECK, now_ms, end_ms, Kind.FORECAST))
    if batch.stage is Stage.COOKING:
        end_ms = max(now_ms, entered_ms + max(plan.ready_ms - plan.cook_ms, 0))
        return _only_real(Span(Stage.COOKING, now_ms, end_ms, Kind.FORECAST))
    waits = batch.stage is Stage.PLANNED
    kind = Kind.PLANNED if waits and now_ms <= plan.prepare_ms else Kind.FORECAST
    start_ms = max(plan.prepare_ms, now_ms) if waits else entered_ms
    from_ms = start_ms if waits else now_ms
    prepared_ms = max(now_ms, start_ms + max(middle_ms - plan.prepare_ms, 0))
    spans = [Span(Stage.PREPARING, from_ms, prepared_ms, kind)]
    if not plan.no_cook:
        cook_ms = max(plan.cook_ms, prepared_ms)
        end_ms = cook_ms + max(plan.ready_ms - plan.cook_ms, 0)
        spans.append(Span(Stage.COOKING, cook_ms, end_ms, kind))
    return _only_real(*spans)


def _only_real(*spans: Span) -> tuple[Span, ...]:
    return tuple(span for span in spans if span.to_ms > span.from_ms)
