"""How two orders of the same two taps differ, in the words of the conflict table; it plays nothing itself."""

from __future__ import annotations

from dapur.batch import Batch
from dapur.conflicts import Clash
from dapur.ids import BatchId
from dapur.kitchen import Kitchen, Taking
from dapur.wire.messages import Outcome


def _batch_essence(batch: Batch) -> tuple[object, ...]:
    """What a batch is, apart from who of two people did the same thing first."""
    return (
        batch.stage,
        batch.round,
        batch.plan,
        batch.held,
        batch.consumption_started_ms,
        sorted(done.step for done in batch.steps_done),
        sorted((check.item, check.passed, check.round) for check in batch.checks),
        sorted({(verdict.passed, verdict.round) for verdict in batch.verdicts}),
        batch.readings,
        sorted((each.staff, each.post) for each in batch.crew if each.until_ms is None),
    )


def _essence(kitchen: Kitchen) -> tuple[object, ...]:
    return (
        {key: _batch_essence(batch) for key, batch in kitchen.batches.items()},
        kitchen.policy,
        kitchen.night,
        kitchen.last_closed,
        {key: staff.roles for key, staff in kitchen.staff.items()},
        {key: session.closed_ms is None for key, session in kitchen.sessions.items()},
        {
            key: (alert.level, alert.resolved_ms is None, alert.acknowledged_ms is None)
            for key, alert in kitchen.alerts.items()
        },
        len(kitchen.notices),
        {key: each.status for key, each in kitchen.deliveries.items()},
        kitchen.strays,
        [(item.to, item.role, item.taken is None, item.waits) for item in kitchen.handovers],
    )


def _held(kitchen: Kitchen, batch: str) -> bool:
    found = kitchen.batches.get(BatchId(batch))
    return found is not None and found.held


def clash(
    before: Kitchen, one: tuple[Taking, Taking], other: tuple[Taking, Taking], batch: str
) -> Clash:
    """What differs between A, B and B, A: `one` and `other` are (A's answer, B's answer)."""
    same = _essence(one[1].kitchen) == _essence(other[0].kitchen)
    refused = [
        (a.outcome is Outcome.REFUSED) != (b.outcome is Outcome.REFUSED)
        for a, b in zip(one, other, strict=True)
    ]
    if same and not any(refused):
        outcomes = [each.outcome for each in one] == [each.outcome for each in other]
        return Clash.COMMUTES if outcomes else Clash.IDEMPOTENT
    held = _held(one[1].kitchen, batch) and _held(other[0].kitchen, batch)
    if held and not _held(before, batch):
        return Clash.HOLD_WINS
    return Clash.CONFLICT if any(refused) else Clash.LAST_WINS
