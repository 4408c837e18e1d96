"""`plan import`: a plan file, or its correction, through the same desk as every tap; a file that the
kitchen refuses changes nothing.
"""

from __future__ import annotations

import argparse
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from dapur import kitchen as rules
from dapur import pin
from dapur.ids import KitchenId, OutboxId, StaffId
from dapur.kitchen import Kitchen
from dapur.night import serving_date_of
from dapur.plan import (
    OFFSET_MIN,
    Plan,
    PlanErrors,
    at_local_time,
    batch_id,
    on_date,
    read_plan,
    wishes,
)
from dapur.wire.messages import Outcome, Result
from dapur.wire.queries import QueryCode
from server.cli.context import SENTENCES, Rooms, asking, now_ms, rooms
from server.cli.output import EXIT_BAD, EXIT_OK, Problem, complain, say
from server.cli.rehearsal import Fate, Part, command_of, left_out, problems_of, rehearse
from server.desk.folding import load
from server.identity.kitchens import label
from server.settings import Settings

PINS = "pins.json"
OUTBOX = OutboxId("cli")
"""The operator's; each kitchen's log counts its commands on its own."""
NOUNS = {
    "roster_staff": "people",
    "set_policy": "policy",
    "open_night": "night",
    "plan_batch": "batches",
    "change_plan": "batches",
    "assign_crew": "places at batches",
}
BATCH_KINDS = ("plan_batch", "change_plan")
THERE = "already there"
DID = {Fate.NEW: "new", Fate.CHANGED: "changed"}
WOULD = {Fate.NEW: "would be new", Fate.CHANGED: "would change"}
"""What was done, and what a rehearsal says, so that nobody takes the one for the other."""


def import_plan(settings: Settings, options: argparse.Namespace) -> int:
    """Read, rehearse, write in one transaction. Raises Problem with every place that is wrong."""
    plan, offset_min = _moved(_read(options.file), options)
    pins = _pins(options.file.parent / PINS) if options.demo_pins else {}
    wished = wishes(plan, offset_min)
    kitchen = KitchenId(plan.kitchen)
    _check_names(plan)
    if options.check:
        _must_hold(rehearse(rules.empty(kitchen), plan, wished, now_ms()))
        say(f"{options.file}: {_listed(Counter(wish.kind for wish in wished))}: nothing wrong")
        return EXIT_OK
    with rooms(settings) as opened:
        state = _state(opened, kitchen)
        parts = rehearse(state, plan, wished, now_ms())
        say(f"{plan.name}, night of {plan.serving_date}")
        if options.dry_run or problems_of(parts):
            _tell(plan, parts, left_out(state, plan), WOULD)
            say("nothing was changed")
            _must_hold(parts)
            return EXIT_OK
        parts = _written(opened, kitchen, plan, parts, pins, offset_min)
        without = [each.name for each in opened.identity.staff(kitchen) if not each.has_pin]
    if without:
        say(f"{len(without)} people have no PIN yet (dapur-server staff set-pin)")
    _tell(plan, parts, left_out(state, plan), DID)
    for problem in problems_of(parts):
        complain(f"refused: {problem}")
    return EXIT_BAD if problems_of(parts) else EXIT_OK


def _must_hold(parts: Sequence[Part]) -> None:
    """Raise Problem when the rules refuse a part: then none is to be given, for a refusal in the
    log would ask the kitchen's people to settle what the operator typed.
    """
    if problems := problems_of(parts):
        raise Problem("\n".join(["the kitchen refuses this plan; nothing was changed:", *problems]))


# ---- reading -------------------------------------------------------------------------------------


def _read(path: Path) -> Plan:
    try:
        return read_plan(path.read_bytes())
    except OSError as error:
        raise Problem(str(error)) from error
    except PlanErrors as error:
        raise Problem("\n".join(f"{path}: {problem}" for problem in error.problems)) from error


def _moved(plan: Plan, options: argparse.Namespace) -> tuple[Plan, int]:
    """The plan on its date, and the kitchen's minutes east of UTC."""
    offset_min = OFFSET_MIN[plan.zone]
    if options.local_time is not None:
        return at_local_time(plan, options.local_time, now_ms())
    if options.today:
        plan = on_date(plan, serving_date_of(now_ms(), offset_min))
    return plan, offset_min


def _check_names(plan: Plan) -> None:
    """Raise Problem for a name that identity would not take, before anything is written."""
    places = {"name": plan.name}
    places |= {f"staff[{place}].name": each.name for place, each in enumerate(plan.staff)}
    for place, name in places.items():
        try:
            label(name)
        except ValueError as error:
            raise Problem(f"{place}: {error}") from error


def _pins(path: Path) -> dict[StaffId, str]:
    try:
        pins = msgspec.json.decode(path.read_bytes(), type=dict[StaffId, str])
    except (OSError, ValueError) as error:
        raise Problem(f"{path}: {error}") from error
    for staff, each in pins.items():
        if not pin.well_formed(each) or pin.trivial(each):
            raise Problem(f"{path}: {staff}: {SENTENCES[QueryCode.PIN_TRIVIAL]}")
    return pins


def _state(opened: Rooms, kitchen: KitchenId) -> Kitchen:
    known = opened.log.head(kitchen) is not None
    return load(opened.log, kitchen).kitchen if known else rules.empty(kitchen)


# ---- writing -------------------------------------------------------------------------------------


def _written(
    opened: Rooms,
    kitchen: KitchenId,
    plan: Plan,
    parts: Sequence[Part],
    pins: dict[StaffId, str],
    offset_min: int,
) -> tuple[Part, ...]:
    """Names, PINs and what is new or changed; the parts with what the log really made of them."""
    opened.log.create_kitchen(kitchen, epoch=uuid.uuid4().hex)
    with asking():
        opened.identity.add_kitchen(kitchen, plan.name, utc_offset_min=offset_min)
        _people(opened, kitchen, plan, pins)
    fresh = [part for part in parts if part.fate in (Fate.NEW, Fate.CHANGED)]
    commands = [command_of(part.wish, now_ms()) for part in fresh]
    # Nothing new, nothing written: not even receipts.
    results = opened.desk.take_now(kitchen, OUTBOX, commands) if commands else ()
    given = dict(zip(map(id, fresh), results, strict=True))
    return tuple(_as_taken(part, given.get(id(part))) for part in parts)


def _as_taken(part: Part, result: Result | None) -> Part:
    """A refusal is possible only when another process was quicker than the import."""
    if result is None or result.outcome is Outcome.APPLIED:
        return part
    if result.outcome is Outcome.ALREADY:
        return msgspec.structs.replace(part, fate=Fate.UNCHANGED, changes=())
    why = result.code or result.outcome.value
    problem = f"{part.place}: {part.wish.kind} {part.wish.subject}: {why}"
    return msgspec.structs.replace(part, fate=Fate.REFUSED, why=why, problems=(problem,))


def _people(opened: Rooms, kitchen: KitchenId, plan: Plan, pins: dict[StaffId, str]) -> None:
    """Names, and first PINs; nobody who has a PIN gets another."""
    known = {person.id: person for person in opened.identity.staff(kitchen)}
    for each in plan.staff:
        staff = StaffId(each.id)
        if staff not in known or known[staff].name != each.name:
            opened.identity.add_staff(kitchen, staff, each.name)
        if staff in pins and not (staff in known and known[staff].has_pin):
            opened.identity.set_pin(kitchen, staff, pins[staff])


# ---- telling -------------------------------------------------------------------------------------


def _tell(
    plan: Plan, parts: Sequence[Part], left: Sequence[str], words: Mapping[Fate, str]
) -> None:
    """Each batch, every other part that was changed on purpose, and the sums."""
    codes = {batch_id(plan, batch): batch.code for batch in plan.batches}
    for part in parts:
        if part.wish.kind in BATCH_KINDS:
            say(f"{codes[part.wish.subject]}: {_fate(part, words)}")
        elif part.changes:
            say(f"{part.place}: {_fate(part, words)}")
    for batch in left:
        say(f"{batch}: on the board, not in this file: it stays (cancel it at a kiosk)")
    for fate, title in {**words, Fate.UNCHANGED: THERE}.items():
        counted = Counter(part.wish.kind for part in parts if part.fate is fate)
        if counted or fate is not Fate.CHANGED:
            say(f"{title}: {_listed(counted)}")


def _fate(part: Part, words: Mapping[Fate, str]) -> str:
    told = [each for each in (part.why, *map(str, part.changes), part.note) if each]
    word = words.get(part.fate, part.fate.value)
    return f"{word} ({'; '.join(told)})" if told else word


def _listed(counted: Counter[str]) -> str:
    """`47 people, 1 night`, in the plan's order."""
    sums = Counter[str]()
    for kind, number in counted.items():
        sums[NOUNS[kind]] += number
    nouns = dict.fromkeys(NOUNS.values())
    return ", ".join(f"{sums[noun]} {noun}" for noun in nouns if sums[noun]) or "nothing"
