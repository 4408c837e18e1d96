"""Plays a plan on a kitchen in memory and says what would become of each part; it writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec
import uuid_utils

from dapur import kitchen as rules
from dapur.batch import Batch, find
from dapur.crew import AssignCrewArgs
from dapur.decision import Refused
from dapur.envelope import COMMAND_MAX_BYTES, Command, Occurred, Taken, encode_command
from dapur.ids import SYSTEM, BatchId, CommandId, SessionId, StaffId
from dapur.kitchen import SERVER_DEVICE, Kitchen
from dapur.night import SUBJECT as NIGHT_SUBJECT
from dapur.night import OpenNightArgs
from dapur.plan import Plan, batch_id
from dapur.planning import PlanBatchArgs, recipe
from dapur.policy import SUBJECT as POLICY_SUBJECT
from dapur.policy import SetPolicyArgs
from dapur.refusal import (
    BatchExists,
    PolicyBounds,
    PolicyUnknown,
    Refusal,
    WrongStage,
    code_of,
)
from dapur.rule import Wish
from dapur.stage import Stage
from dapur.wire.messages import Outcome
from server.cli.changes import Change, changes

FIELD_OF = {
    "cook_too_early": "cook",
    "role_reserved": "roles",
    "unknown_wave": "wave",
}
"""Which field of the part a refusal is about."""
FILE_FIELD_OF = {
    "night_closed": "serving_date",
    "night_open": "serving_date",
    "no_night": "serving_date",
    "policy_longer": "policy.consume_within_min",
    "wave_in_use": "waves",
}
"""Which field of the whole file a refusal is about."""


class Fate(StrEnum):
    """What becomes of one part of a plan."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Part(msgspec.Struct, frozen=True):
    """One part of a plan file and what the kitchen makes of it."""

    place: str
    """In the file: `batches[0]`."""
    wish: Wish
    """The command that does it: `plan_batch` or, for a batch on the board, `change_plan`."""
    fate: Fate
    changes: tuple[Change, ...] = ()
    why: str = ""
    """Of a refusal: its code and details."""
    problems: tuple[str, ...] = ()
    """Of a refusal: a line for the operator with place and field."""
    note: str = ""
    """What may surprise whoever wrote the file."""


def rehearse(state: Kitchen, plan: Plan, wished: Iterable[Wish], at_ms: int) -> tuple[Part, ...]:
    """What would become of every part, in order; what follows a refused night is not looked at.

    Who stands at a batch that is on the board already is the kitchen's own affair: such parts are
    left out, and a note of the batch names people who never stood there.
    """
    places = _places(plan)
    on_board = {batch.id: {each.staff for each in batch.crew} for batch in state.batches.values()}
    parts: list[Part] = []
    for wish in wished:
        if isinstance(wish.args, AssignCrewArgs) and BatchId(wish.subject) in on_board:
            if wish.args.staff not in on_board[BatchId(wish.subject)]:
                _note_crew(parts, wish.subject, wish.args.staff)
            continue
        part, state = _played(state, wish, places[wish.subject], at_ms)
        parts.append(part)
        if part.fate is Fate.REFUSED and wish.kind == "open_night":
            break
    return tuple(parts)


def command_of(wish: Wish, at_ms: int) -> Command:
    """The wish as the server's own command."""
    return Command(
        id=CommandId(str(uuid_utils.uuid7())),
        kind=wish.kind,
        subject=wish.subject,
        args=msgspec.Raw(msgspec.json.encode(wish.args)),
        actor=SYSTEM,
        session=SessionId(""),
        base=0,
        occurred=Occurred(at_ms, at_ms),
    )


def problems_of(parts: Sequence[Part]) -> tuple[str, ...]:
    """Every reason for which this plan cannot get in; empty when it can."""
    return tuple(problem for part in parts for problem in part.problems)


def left_out(state: Kitchen, plan: Plan) -> tuple[str, ...]:
    """Batches of this night that are on the board and not in the file, by id."""
    named = {batch_id(plan, batch) for batch in plan.batches}
    return tuple(
        sorted(
            batch.id
            for batch in state.batches.values()
            if batch.night == plan.serving_date and batch.id not in named and not batch.over
        )
    )


def _note_crew(parts: list[Part], subject: str, staff: str) -> None:
    """Put a note to the batch's part, which came before its crew."""
    for place, part in enumerate(parts):
        if part.wish.subject == subject:
            told = f"{staff} is not placed: the crew of a batch on the board changes at a kiosk"
            note = f"{part.note}; {told}" if part.note else told
            parts[place] = msgspec.structs.replace(part, note=note)


# ---- one part ------------------------------------------------------------------------------------


def _places(plan: Plan) -> dict[str, str]:
    """Where in the file each subject stands."""
    found = {NIGHT_SUBJECT: "waves", POLICY_SUBJECT: "policy"}
    found |= {f"staff:{each.id}": f"staff[{n}]" for n, each in enumerate(plan.staff)}
    return found | {batch_id(plan, each): f"batches[{n}]" for n, each in enumerate(plan.batches)}


def _played(state: Kitchen, wish: Wish, place: str, at_ms: int) -> tuple[Part, Kitchen]:
    decision = rules.decide(state, _taken(wish, at_ms))
    if isinstance(decision, Refused) and isinstance(decision.refusal, BatchExists):
        wish = Wish("change_plan", wish.subject, wish.args)
        decision = rules.decide(state, _taken(wish, at_ms))
    known, differ = _before(state, wish)
    if isinstance(decision, Refused):
        refused = _refused(place, wish, decision.refusal, differ)
        return refused, state
    taken = _taken(wish, at_ms)
    if (size := len(encode_command(taken.command))) > COMMAND_MAX_BYTES:
        why = f"{size} bytes, at most {COMMAND_MAX_BYTES}"
        line = f"{place}: {wish.kind} {wish.subject}: {why}"
        return Part(place, wish, Fate.REFUSED, differ, why, (line,)), state
    taking = rules.take(state, taken, at_ms)
    if taking.outcome is Outcome.APPLIED:
        fate = Fate.CHANGED if known else Fate.NEW
        return Part(place, wish, fate, differ if known else ()), taking.kitchen
    return Part(place, wish, Fate.UNCHANGED, note=_surprise(differ)), taking.kitchen


def _taken(wish: Wish, at_ms: int) -> Taken:
    command = command_of(wish, at_ms)
    return Taken(command, SERVER_DEVICE, command.occurred, at_ms)


def _before(state: Kitchen, wish: Wish) -> tuple[bool, tuple[Change, ...]]:
    """Whether the kitchen knows this part already, and what the file has other than the kitchen."""
    offset_min = state.night.offset_min if state.night is not None else 0
    match wish.args:
        case PlanBatchArgs() as args:
            batch = find(state, wish.subject)
            if not isinstance(batch, Batch):
                return False, ()
            return True, changes(batch.plan, recipe(args, state.policy), offset_min)
        case OpenNightArgs() as args:
            night = state.night
            if night is None or night.serving_date != args.serving_date:
                return False, ()
            zone = changes(night.zone, args.zone, 0, "zone")
            return True, (*zone, *changes(night.waves, args.waves, args.offset_min, "waves"))
        case SetPolicyArgs() as args:
            differ: list[Change] = []
            for name, limit in args.limits.items():
                differ += changes(getattr(state.policy, name, None), limit, 0, f"policy.{name}")
            return state.versions.get(POLICY_SUBJECT, 0) > 0, tuple(differ)
        case _:
            return _staff_before(state, wish)


def _staff_before(state: Kitchen, wish: Wish) -> tuple[bool, tuple[Change, ...]]:
    known = state.staff.get(StaffId(wish.subject.removeprefix("staff:")))
    if wish.kind != "roster_staff" or known is None:
        return False, ()
    roles = ", ".join(sorted(getattr(wish.args, "roles", ())))
    return True, changes(", ".join(sorted(known.roles)), roles, 0, "roles")


def _refused(place: str, wish: Wish, refusal: Refusal, differ: tuple[Change, ...]) -> Part:
    why = why_of(refusal)
    if wish.kind == "change_plan" and isinstance(refusal, WrongStage):
        began = refusal.wanted != Stage.PLANNED
        why += ": its cooking began" if began else ": steps of it are ticked, so the steps stay"
    line = f"{_where(place, refusal, differ)}: {wish.kind} {wish.subject}: {why}"
    return Part(place, wish, Fate.REFUSED, differ, why, (line,))


def _where(place: str, refusal: Refusal, differ: tuple[Change, ...]) -> str:
    """The field of the file that has to be put right, or all that were changed."""
    code = code_of(refusal)
    if isinstance(refusal, (PolicyUnknown, PolicyBounds)):
        return f"policy.{refusal.name}"
    if code in FILE_FIELD_OF:
        return FILE_FIELD_OF[code]
    if code in FIELD_OF:
        return f"{place}.{FIELD_OF[code]}"
    fields = [change.field for change in differ]
    return ", ".join(f if f.startswith(place) else f"{place}.{f}" for f in fields) or place


def why_of(refusal: Refusal) -> str:
    """A refusal's code and what it says of itself."""
    fields = (f"{name}: {getattr(refusal, name)}" for name in refusal.__struct_fields__)
    return f"{code_of(refusal)} ({', '.join(fields)})"


def _surprise(differ: tuple[Change, ...]) -> str:
    """The file leaves a limit to the policy, which said something else when the batch was planned."""
    kept = [change for change in differ if change.field.startswith("limits.") and change.after]
    return "; ".join(
        f"{change.field} stays {change.before}: the file names none, the policy's is {change.after}"
        for change in kept
        if change.field != "limits.source"
    )
