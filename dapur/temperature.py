"""A measured temperature: a fact, taken in whatever state the batch is in; it never moves a
stage.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec

from dapur import access
from dapur.batch import (
    READINGS_KEPT,
    Batch,
    HoldReason,
    Point,
    Reading,
    Source,
    find,
    newest_core,
    put,
    within,
)
from dapur.decision import Accepted, Already, Decision, Fact
from dapur.envelope import Event, Taken
from dapur.hold import held_fact
from dapur.ids import CommandId
from dapur.refusal import UnknownBatch
from dapur.review import Reason, raise_review
from dapur.rule import Args, Body, CommandRule, EventRule, command, event
from dapur.words import Reference, TempC

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen


STRAYS_KEPT = 50
"""Unknown batches, and readings of each, that wait for a plan: more is a mistyped id."""


class RecordTemperatureArgs(Args, frozen=True):
    """A value in °C, where it was taken and how; `place` is the pot ("Panci 2, tengah")."""

    value_c: TempC
    point: Point = Point.CORE
    source: Source = Source.HAND
    place: Reference = ""
    probe: Reference = ""


class TemperatureRecorded(Body, frozen=True):
    """Something had this temperature."""

    value_c: float
    point: Point
    source: Source
    place: str = ""
    probe: str = ""


def decide_record(kitchen: Kitchen, taken: Taken, args: RecordTemperatureArgs) -> Decision:
    """Always taken in; an unknown or ended batch and a late critical value raise a review."""
    tap = taken.command
    body = TemperatureRecorded(
        round(args.value_c, 1), args.point, args.source, args.place, args.probe
    )
    recorded = Fact("temperature_recorded", tap.subject, body)
    batch = find(kitchen, tap.subject)
    if isinstance(batch, UnknownBatch):
        return Accepted((recorded, raise_review(taken, Reason.UNKNOWN_BATCH)))
    if tap.id in map(_id_of, batch.readings):
        return Already()
    if batch.over:
        return Accepted((recorded, raise_review(taken, Reason.BATCH_OVER)))
    if not _late_and_critical(batch, taken, body):
        return Accepted((recorded,))
    review = raise_review(taken, Reason.LATE_CRITICAL_READING, f"{body.value_c:g}")
    if not kitchen.policy.hold_on_late_reading.value:
        return Accepted((recorded, review))
    held = held_fact(batch, HoldReason.LATE_READING, critical=True, evidence=(tap.id,))
    return Accepted((recorded, held, review))


def _late_and_critical(batch: Batch, taken: Taken, body: TemperatureRecorded) -> bool:
    """Whether pass or completion would have been refused, had this core reading been known in time.

    Only the newest core reading before the pass is judged; a lower one before it was heating up.
    """
    if (
        body.point is not Point.CORE
        or within(batch.plan.limits, body.point, body.value_c) is not False
    ):
        return False
    verdict = batch.verdicts[-1] if batch.verdicts else None
    if verdict is None or not verdict.passed or verdict.round != batch.round:
        return False
    released = verdict.at if batch.completion is None else batch.completion.at
    if taken.at.earliest_ms > released.latest_ms:
        return False
    judged = newest_core(batch)
    return judged is None or taken.at.latest_ms >= judged.at.earliest_ms


_id_of: Callable[[Reading], CommandId] = attrgetter("id")
"""In C: a long night's batch has hundreds of readings, and each tap looks through them all."""


def _key(reading: Reading) -> tuple[int, int, str]:
    return (reading.at.earliest_ms, reading.at.latest_ms, reading.id)


def evolve_recorded(kitchen: Kitchen, event: Event, data: TemperatureRecorded) -> Kitchen:
    """The reading takes its place by time, so that the order of arrival does not show."""
    reading = Reading(
        event.command, data.value_c, data.point, data.source, event.at,
        event.actor, event.device, data.place, data.probe,
    )  # fmt: skip
    batch = find(kitchen, event.subject)
    if isinstance(batch, UnknownBatch):
        return _stray(kitchen, event.subject, reading)
    readings = _sorted_in(batch.readings, reading)[-READINGS_KEPT:]
    return put(kitchen, msgspec.structs.replace(batch, readings=readings))


def _sorted_in(readings: tuple[Reading, ...], reading: Reading) -> tuple[Reading, ...]:
    if not readings or _key(readings[-1]) <= _key(reading):
        return readings + (reading,)  # noqa: RUF005 - one copy of hundreds, not two
    found = list(readings)
    insort(found, reading, key=_key)
    return tuple(found)


def _stray(kitchen: Kitchen, subject: str, reading: Reading) -> Kitchen:
    """A reading whose batch is not known yet waits for it, as far as there is room; its review
    stands.
    """
    waiting = kitchen.strays.get(subject, ())
    if len(waiting) >= STRAYS_KEPT or (not waiting and len(kitchen.strays) >= STRAYS_KEPT):
        return kitchen
    strays = {**kitchen.strays, subject: _sorted_in(waiting, reading)}
    return msgspec.structs.replace(kitchen, strays=strays)


COMMANDS: dict[str, CommandRule] = {
    "record_temperature": command(
        RecordTemperatureArgs, decide_record, access.EVERYONE | access.SERVER, fact=True
    ),
}
EVENTS: dict[str, EventRule] = {
    "temperature_recorded": event(TemperatureRecorded, evolve_recorded, measured=True),
}
