"""How often a kitchen is tapped: the demo kitchen's night, worked by its demo crew through the rules alone."""

from __future__ import annotations

import functools
from collections import Counter
from itertools import count

import msgspec

from dapur import access, plan
from dapur import kitchen as rules
from dapur.crew import OpenSessionArgs, session_subject
from dapur.envelope import Command, Occurred, StepUp, Taken, encode_command, encode_event
from dapur.ids import SYSTEM, BatchId, CommandId, DeviceId, KitchenId, SessionId, StaffId
from dapur.kitchen import SERVER_DEVICE, Kitchen
from dapur.planning import PlanBatchArgs
from dapur.stage import FINISHED
from dapur.wire.messages import Outcome
from kiosk.crew.script import Move, next_move
from kiosk.crew.story import stories
from tests.support.server_process import PLAN

DEVICE = DeviceId("kiosk-1")
SEED = 1
HOUR_MS = 3_600_000
TAPS_MOST = 5_000
"""A night has some hundred; more is a crew that goes round in circles."""


class Night(msgspec.Struct, frozen=True):
    """What one kitchen's night comes to."""

    taps: int
    events: int
    peak_hour_taps: int
    """In the busiest hour, whenever it begins."""
    hours: float
    """From the first tap to the last."""
    row_bytes: float
    """Of a tap as it is stored with its receipt; mean."""
    event_bytes: float
    """Of an event as it is stored in the log; mean."""
    plan_events: int
    """That bring the plan into the kitchen, before anybody taps."""
    kinds: dict[str, int]


@functools.cache
def night() -> Night:
    """The demo night, dish after dish as its plan wants it."""
    return _Shift().worked()


class _Shift:
    """One kitchen in memory and all who work there."""

    def __init__(self) -> None:
        self._plan = plan.read_plan(PLAN.read_bytes())
        self._kitchen: Kitchen = rules.empty(KitchenId(self._plan.kitchen))
        self._numbers = count(1)
        self._taps: list[tuple[int, str]] = []
        self._rows = self._bodies = self._events = 0

    def worked(self) -> Night:
        """Import the plan, sign everybody in, tap until every dish is finished."""
        wishes = plan.wishes(self._plan)
        start_ms = -HOUR_MS + min(
            wish.args.prepare_ms for wish in wishes if isinstance(wish.args, PlanBatchArgs)
        )
        for wish in wishes:
            self._give(wish.kind, wish.subject, wish.args, SYSTEM, start_ms)
        planned, self._rows, self._bodies, self._events = self._events, 0, 0, 0
        story = stories(self._kitchen.batches.values(), SEED)
        now_ms = min(batch.plan.prepare_ms for batch in self._kitchen.batches.values())
        for staff in sorted(self._kitchen.staff):
            subject = session_subject(_session(staff))
            self._give("open_session", subject, OpenSessionArgs(), staff, now_ms)
        while len(self._taps) < TAPS_MOST:
            moves = [
                move
                for batch in self._kitchen.batches.values()
                if batch.stage not in FINISHED
                and (move := next_move(self._kitchen, batch, story[batch.id], DEVICE))
            ]
            if not moves:
                return self._told(planned)
            move = min(moves, key=lambda each: (each.due_ms, each.subject))
            now_ms = max(now_ms, move.due_ms)
            self._give(
                move.kind, move.subject, move.args, self._hands(move), now_ms, step_up=move.step_up
            )
        raise RuntimeError("the demo night does not end")

    def _hands(self, move: Move) -> StaffId:
        batch = self._kitchen.batches.get(BatchId(move.subject))
        cooks = set(batch.cooks) if batch is not None else set()
        apart = cooks if move.roles is access.JUDGES else set()
        return next(
            who
            for who in sorted(self._kitchen.staff)
            if self._kitchen.roles_of(who) & move.roles and who not in move.not_by | apart
        )

    def _give(
        self,
        kind: str,
        subject: str,
        args: msgspec.Struct,
        actor: StaffId,
        at_ms: int,
        *,
        step_up: bool = False,
    ) -> None:
        at = Occurred(at_ms, at_ms)
        by_system = actor == SYSTEM
        command = Command(
            CommandId(f"{next(self._numbers):036}"),
            kind,
            subject,
            msgspec.Raw(msgspec.json.encode(args)),
            actor,
            SessionId("") if by_system else _session(actor),
            0,
            at,
            step_up=StepUp(at_ms, online=True) if step_up else None,
        )
        device = SERVER_DEVICE if by_system else DEVICE
        taking = rules.take(self._kitchen, Taken(command, device, at, at_ms), at_ms)
        if taking.outcome is not Outcome.APPLIED:
            raise RuntimeError(f"{kind} {subject} by {actor}: {taking.outcome} {taking.code}")
        self._kitchen = taking.kitchen
        self._taps += [] if by_system else [(at_ms, kind)]
        self._rows += len(encode_command(command))
        self._bodies += sum(len(encode_event(each)) for each in taking.events)
        self._events += len(taking.events)

    def _told(self, planned: int) -> Night:
        times = sorted(at_ms for at_ms, _ in self._taps)
        peak = max(sum(first <= at < first + HOUR_MS for at in times) for first in set(times))
        return Night(
            taps=len(times),
            events=self._events,
            peak_hour_taps=peak,
            hours=(times[-1] - times[0]) / HOUR_MS,
            row_bytes=self._rows / len(times),
            event_bytes=self._bodies / self._events,
            plan_events=planned,
            kinds=dict(Counter(kind for _, kind in self._taps).most_common()),
        )


def _session(staff: StaffId) -> SessionId:
    return SessionId(f"session-{staff}")
