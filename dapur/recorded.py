"""The rows of the past that a noun's state makes, alike on the server and on a kiosk; they know no SQL and no clock."""

from __future__ import annotations

import msgspec

from dapur.alert import AlertRecord
from dapur.batch import Batch, Hold, consume_by_ms
from dapur.crew import Session
from dapur.figures import ON_TIME_MS, cooking_ms, held_ms
from dapur.past import HOLDS_BYTES, ActivityRow, AlertRow, BatchRow, HoldRow
from dapur.policy import PolicyRecord
from dapur.stage import FINISHED, Stage

TEXT_MAX = 200
"""Subjects and names of people come from outside; PostgreSQL's indexes take no longer keys."""
_FOR_EVER_MS = 2**53


def clip(text: str) -> str:
    """Foreign text as both databases take it: not too long for a key and without NUL."""
    return text[:TEXT_MAX].replace("\x00", "�")


def text_of(text: str) -> str:
    """Foreign text in full, without NUL."""
    return text.replace("\x00", "�")


def batch_row(batch: Batch, policy: PolicyRecord, seq: int) -> BatchRow:
    """The row of a batch after event `seq`."""
    plan, done, ended = batch.plan, batch.completion, batch.ended
    verdict = min(batch.verdicts, key=lambda each: (each.round, each.passed), default=None)
    released = msgspec.structs.replace(
        batch, holds=tuple(hold for hold in batch.holds if hold.release is not None)
    )
    return BatchRow(
        batch=batch.id,
        night=batch.night,
        code=plan.code,
        dish=plan.dish,
        name=text_of(plan.name),
        wave=plan.wave,
        pk=plan.pk,
        pb=plan.pb,
        special=plan.special,
        planned_prepare_ms=plan.prepare_ms,
        planned_cook_ms=plan.cook_ms,
        planned_ready_ms=plan.ready_ms,
        stage=batch.stage.value,
        round=batch.round,
        preparing_ms=_entered_ms(batch, Stage.PREPARING),
        cooking_ms=_entered_ms(batch, Stage.COOKING),
        quality_check_ms=_entered_ms(batch, Stage.QUALITY_CHECK),
        completed_ms=None if done is None else done.at.earliest_ms,
        ended_ms=None if ended is None else ended.at.earliest_ms,
        cooking_took_ms=cooking_ms(batch),
        held=batch.held,
        holds=len(batch.holds),
        held_took_ms=held_ms(released, 0, _FOR_EVER_MS),
        first_verdict=None if verdict is None else verdict.passed,
        first_verdict_ms=None if verdict is None else verdict.at.earliest_ms,
        yield_portions=None if done is None else done.portions,
        waste_kg=None if done is None else done.waste_kg,
        discarded_portions=ended.portions if ended and batch.stage is Stage.DISCARDED else None,
        end_reason="" if ended is None else text_of(ended.reason),
        consumption_started_ms=batch.consumption_started_ms,
        consume_by_ms=consume_by_ms(batch, policy),
        on_time=_on_time(batch),
        seq=seq,
        hold_rows=_hold_rows(batch),
    )


def _hold_rows(batch: Batch) -> tuple[HoldRow, ...] | None:
    rows = tuple(_hold_row(each) for each in batch.holds)
    return rows if len(msgspec.json.encode(rows)) <= HOLDS_BYTES else None


def _hold_row(hold: Hold) -> HoldRow:
    row = HoldRow(
        hold.at.earliest_ms,
        clip(hold.actor),
        hold.reason.value,
        text_of(hold.note),
        hold.number,
    )
    done = hold.release
    if done is None:
        return row
    return msgspec.structs.replace(
        row,
        until_ms=done.at.earliest_ms,
        released_by=clip(done.actor),
        decision=done.decision.value,
        release_note=text_of(done.note),
    )


def _entered_ms(batch: Batch, stage: Stage) -> int | None:
    """First entry into a stage."""
    return next((each.at.earliest_ms for each in batch.history if each.stage is stage), None)


def _on_time(batch: Batch) -> bool | None:
    """`dapur.figures` for one batch; discarded counts late, cancelled is out."""
    if batch.stage not in FINISHED or batch.stage is Stage.CANCELLED:
        return None
    done = batch.completion
    if done is None or batch.stage is Stage.DISCARDED:
        return False
    return done.at.earliest_ms <= batch.plan.ready_ms + ON_TIME_MS


def alert_row(alert: AlertRecord) -> AlertRow:
    """The row of an alert."""
    return AlertRow(
        number=alert.number,
        key=clip(alert.key),
        rule=alert.rule.value,
        about=clip(alert.about),
        severity=alert.severity.value,
        raised_ms=alert.raised_ms,
        level=alert.level,
        owner=None if alert.owner is None else clip(alert.owner),
        acknowledged_ms=alert.acknowledged_ms,
        escalated_ms=alert.escalated_ms,
        resolved_ms=alert.resolved_ms,
        detail=text_of(alert.detail),
    )


def session_row(session: Session) -> ActivityRow:
    """The row of a sign-in."""
    return ActivityRow(
        kind="session",
        subject=clip(session.id),
        place=0,
        staff=clip(session.staff),
        since_ms=session.since_ms,
        until_ms=session.closed_ms,
        device=clip(session.device),
        post="",
        by="",
        offline=session.offline,
    )


def assignment_rows(batch: Batch) -> tuple[ActivityRow, ...]:
    """The rows of all who stood at a batch; the list only grows, so a place stays the same row."""
    return tuple(
        ActivityRow(
            kind="assignment",
            subject=batch.id,
            place=place,
            staff=clip(each.staff),
            since_ms=each.since_ms,
            until_ms=each.until_ms,
            device="",
            post=each.post.value,
            by=clip(each.by),
            offline=False,
        )
        for place, each in enumerate(batch.crew)
    )
