"""What an event of the log means to the platform; pure: it says nothing to anybody."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from dapur.alert import AlertRecord
from dapur.batch import Batch, consume_by_ms, newest_core, within
from dapur.crew import CrewAssigned, CrewReleased
from dapur.envelope import SCHEMA, Event
from dapur.figures import assignments, progress
from dapur.ids import KIOSK, SYSTEM, BatchId, KitchenId
from dapur.kitchen import Kitchen
from dapur.night import Night, Wave
from dapur.quality import CheckRecorded, VerdictGiven
from dapur.stage import STATUS, Stage
from dapur.temperature import TemperatureRecorded
from server.bridge.message import Data, Message, iso
from server.settings import Told

Part = tuple[Told, str, Data]
"""Topic, type and data of a message."""
_STATUS_TYPES = {
    "batch_planned": "production.planned",
    "plan_changed": "production.plan_changed",
    "batch_held": "production.hold_changed",
    "hold_released": "production.hold_changed",
    "step_finished": "production.progress",
    "clock_moved_back": "production.clock_changed",
}
_ALERT_TYPES = {
    "alert_raised": "raised",
    "alert_acknowledged": "acknowledged",
    "alert_resolved": "resolved",
    "alert_escalated": "escalated",
}


class Step(msgspec.Struct, frozen=True):
    """One event and the kitchen before and after it."""

    event: Event
    before: Kitchen
    after: Kitchen

    @property
    def offset_min(self) -> int:
        """The kitchen's minutes east of UTC."""
        night = self.after.night or self.before.night
        return 0 if night is None else night.offset_min

    @property
    def at_ms(self) -> int:
        """When it happened, its earliest end."""
        return self.event.at.earliest_ms

    def when(self, at_ms: int | None) -> str | None:
        """A moment in the kitchen's own time."""
        return None if at_ms is None else iso(at_ms, self.offset_min)


def messages(step: Step, *, epoch: str, seq: int) -> tuple[Message, ...]:
    """What the platform is told of event `seq`; often nothing."""
    event = step.event
    if event.reader > SCHEMA:
        return ()
    parts: list[Part] = []
    batch = step.after.batches.get(BatchId(event.subject))
    old = step.before.batches.get(BatchId(event.subject))
    if batch is not None and batch is not old:
        parts += _of_batch(step, old, batch)
    parts += _of_body(step, batch)
    parts += _of_alert(step)
    parts += _of_waves(step)
    return tuple(
        Message(
            topic, kind, KitchenId(step.after.id), epoch, seq, place, step.at_ms,
            event.recorded_ms, step.offset_min, data, _actor(event),
        )
        for place, (topic, kind, data) in enumerate(parts)
    )  # fmt: skip


def _actor(event: Event) -> Data | None:
    if event.actor in (SYSTEM, KIOSK):
        return None
    return {"id": event.actor, "device": event.device}


# ---- batches -------------------------------------------------------------------------------------


def _of_batch(step: Step, old: Batch | None, batch: Batch) -> list[Part]:
    parts: list[Part] = []
    if old is None or _shown(old) != _shown(batch):
        kind = _STATUS_TYPES.get(step.event.kind, "production.stage_changed")
        if step.event.kind == "tap_undone" and old is not None and old.stage is batch.stage:
            kind = "production.progress"
        parts.append(("production:status", kind, batch_data(step, batch)))
    used_before = old is not None and old.completion is not None
    if (batch.completion is not None) != used_before:
        undone = "stock_use_undone" if used_before else "stock_used"
        parts.append(("inventory:usage", f"inventory.{undone}", _usage(step, batch, old)))
    return parts


def _shown(batch: Batch) -> tuple[object, ...]:
    return (
        batch.stage,
        batch.round,
        batch.plan,
        batch.steps_done,
        batch.open_holds,
        batch.consumption_started_ms,
        batch.completion,
    )


def _name(batch: Batch) -> Data:
    return {
        "batchId": batch.id,
        "batchNumber": batch.plan.code,
        "menuId": batch.plan.dish,
        "menuName": batch.plan.name,
        "servingDate": batch.night,
    }


def batch_data(step: Step, batch: Batch) -> Data:
    """A batch as a dashboard shows it; `status` is one of Bergizi-ID's six."""
    core = newest_core(batch)
    done = batch.completion
    return {
        **_name(batch),
        "status": STATUS[batch.stage],
        "stage": batch.stage.value,
        "held": batch.held,
        "holds": [
            {"number": hold.number, "reason": hold.reason.value, "critical": hold.critical}
            for hold in batch.open_holds
        ],
        "round": batch.round,
        "wave": batch.plan.wave,
        "plannedPortions": batch.plan.portions,
        "actualPortions": None if done is None else done.portions,
        "wasteAmount": None if done is None else done.waste_kg,
        "progress": round(progress(batch, step.at_ms) * 100),
        "stepsDone": len(batch.steps_done),
        "steps": len(batch.plan.steps),
        "temperature": None if core is None else core.value_c,
        "plannedCompletion": step.when(batch.plan.ready_ms),
        "consumeBy": step.when(consume_by_ms(batch, step.after.policy)),
        "reason": None if batch.ended is None else batch.ended.reason,
    }


def _usage(step: Step, batch: Batch, old: Batch | None) -> Data:
    """The plan's amounts: nobody weighs again what goes into the pot."""
    done = batch.completion or (None if old is None else old.completion)
    return {
        **_name(batch),
        "portions": None if done is None else done.portions,
        "basis": "plan",
        "completedAt": None if done is None else step.when(done.at.earliest_ms),
        "items": [
            {"name": each.name, "quantityUsed": each.amount, "unit": each.unit}
            for each in batch.plan.ingredients
        ],
    }


# ---- what was measured, checked, assigned --------------------------------------------------------


def _of_body(step: Step, batch: Batch | None) -> list[Part]:
    """Facts that are messages of their own, whatever became of the batch."""
    found = _BODIES.get(step.event.kind)
    if found is None:
        return []
    decoder, say = found
    try:
        body = decoder.decode(step.event.data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # A body of a later release: its subject is opaque here too.
        return []
    return [say(step, batch, body)]


def _about(step: Step, batch: Batch | None) -> Data:
    return {"batchId": step.event.subject} if batch is None else _name(batch)


def _temperature(step: Step, batch: Batch | None, body: TemperatureRecorded) -> Part:
    limits = None if batch is None else batch.plan.limits
    data: Data = {
        **_about(step, batch),
        "readingId": step.event.command,
        "temperature": body.value_c,
        "unit": "C",
        "point": body.point.value,
        "within": None if limits is None else within(limits, body.point, body.value_c),
        "source": body.source.value,
        "place": body.place,
        "probe": body.probe,
        "measuredAt": step.when(step.at_ms),
    }
    return "production:temperature", "production.temperature_recorded", data


def _checked(step: Step, batch: Batch | None, body: CheckRecorded) -> Part:
    data: Data = {
        **_about(step, batch),
        "checkType": body.item.value,
        "passed": body.passed,
        "round": body.round,
        "score": body.score,
        "value": body.value,
        "actionTaken": body.corrective_action,
        "notes": body.note,
        "checkedBy": step.event.actor,
        "checkTime": step.when(step.at_ms),
    }
    return "production:quality", "production.quality_checked", data


def _verdict(step: Step, batch: Batch | None, body: VerdictGiven) -> Part:
    data: Data = {
        **_about(step, batch),
        "passed": body.passed,
        "qualityStatus": "PASSED" if body.passed else "FAILED",
        "round": body.round,
        "notes": body.note,
        "checkedBy": step.event.actor,
    }
    return "production:quality", "production.quality_verdict", data


def _assigned(step: Step, batch: Batch | None, body: CrewAssigned) -> Part:
    data = {**_activity(step, batch, body), "post": body.post.value}
    return "staff:activity", "staff.assigned", data


def _released(step: Step, batch: Batch | None, body: CrewReleased) -> Part:
    return "staff:activity", "staff.released", _activity(step, batch, body)


def _activity(step: Step, batch: Batch | None, body: CrewAssigned | CrewReleased) -> Data:
    standing = assignments(step.after, body.staff)
    workload = sum(each.until_ms is None for _, each in standing)
    return {**_about(step, batch), "staffId": body.staff, "workload": workload}


Say = Callable[..., Part]
_BODIES: dict[str, tuple[msgspec.json.Decoder[msgspec.Struct], Say]] = {
    "temperature_recorded": (msgspec.json.Decoder(TemperatureRecorded), _temperature),
    "check_recorded": (msgspec.json.Decoder(CheckRecorded), _checked),
    "verdict_given": (msgspec.json.Decoder(VerdictGiven), _verdict),
    "crew_assigned": (msgspec.json.Decoder(CrewAssigned), _assigned),
    "crew_released": (msgspec.json.Decoder(CrewReleased), _released),
}


# ---- alerts --------------------------------------------------------------------------------------


def _of_alert(step: Step) -> list[Part]:
    state = _ALERT_TYPES.get(step.event.kind)
    key = step.event.subject.partition(":")[2]
    alert = step.after.alerts.get(key)
    if state is None or alert is None:
        return []
    return [("production:alerts", f"production.alert_{state}", _alert_data(step, alert, state))]


def _alert_data(step: Step, alert: AlertRecord, state: str) -> Data:
    batch = step.after.batches.get(BatchId(alert.about))
    return {
        "alertId": alert.key,
        "number": alert.number,
        "state": state,
        "rule": alert.rule.value,
        "severity": alert.severity.value.upper(),
        "about": alert.about,
        "batchNumber": None if batch is None else batch.plan.code,
        "menuName": None if batch is None else batch.plan.name,
        "level": alert.level,
        "owner": alert.owner,
        "raisedAt": step.when(alert.raised_ms),
        "acknowledgedAt": step.when(alert.acknowledged_ms),
        "resolvedAt": step.when(alert.resolved_ms),
        "detail": alert.detail,
    }


# ---- waves ---------------------------------------------------------------------------------------


def _of_waves(step: Step) -> list[Part]:
    """What left the kitchen others know better: we say how far each wave is until it leaves."""
    night = step.after.night
    if night is None or (step.after.batches is step.before.batches and night is step.before.night):
        return []
    before = _states(step.before) if step.before.night is not None else {}
    parts: list[Part] = []
    for wave in night.waves:
        state = _state(step.after, wave)
        if before.get((night.serving_date, wave.id)) != (state, wave):
            data = _wave_data(step, night, wave, state)
            parts.append(("distribution:tracking", "distribution.status_changed", data))
    return parts


def _states(kitchen: Kitchen) -> dict[tuple[str, str], tuple[str, Wave]]:
    night = kitchen.night
    if night is None:
        return {}
    return {(night.serving_date, wave.id): (_state(kitchen, wave), wave) for wave in night.waves}


def _state(kitchen: Kitchen, wave: Wave) -> str:
    date = "" if kitchen.night is None else kitchen.night.serving_date
    batches = [
        batch
        for batch in kitchen.batches.values()
        if (batch.night, batch.plan.wave) == (date, wave.id) and not batch.over
    ]
    if any(batch.held for batch in batches):
        return "held"
    if batches and all(batch.stage is Stage.COMPLETED for batch in batches):
        return "ready"
    begun = any(batch.stage is not Stage.PLANNED for batch in batches)
    return "preparing" if begun else "scheduled"


def _wave_data(step: Step, night: Night, wave: Wave, state: str) -> Data:
    return {
        "distributionId": f"{night.serving_date}-{wave.id}",
        "servingDate": night.serving_date,
        "waveId": wave.id,
        "waveName": wave.name,
        "status": "SCHEDULED" if state == "scheduled" else "PREPARING",
        "stage": state,
        "departure": step.when(wave.departure_ms),
        "portions": wave.portions,
        "stops": [
            {
                "id": stop.id,
                "name": stop.name,
                "kind": stop.kind,
                "portions": stop.portions,
                "mealAt": step.when(stop.meal_ms),
            }
            for stop in wave.stops
        ],
    }
