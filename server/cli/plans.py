"""`plan import`: a plan file through the same desk as every tap; a wrong file changes nothing."""

from __future__ import annotations

import argparse
import json
import re
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from dapur import kitchen as rules
from dapur.decision import Refused
from dapur.envelope import Command, Occurred, Taken
from dapur.ids import SYSTEM, CommandId, KitchenId, OutboxId, SessionId, StaffId
from dapur.kitchen import SERVER_DEVICE
from dapur.night import serving_date_of
from dapur.plan import OFFSET_MIN, Plan, PlanErrors, at_local_time, on_date, read_plan, wishes
from dapur.refusal import Refusal, code_of
from dapur.rule import Wish
from dapur.wire.messages import Outcome
from server.cli.context import Rooms, now_ms, rooms
from server.cli.output import EXIT_BAD, EXIT_OK, Problem, say
from server.desk.folding import load
from server.desk.ports import Unavailable
from server.settings import Settings

CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
ATTEMPTS = 3
"""Another process may change the kitchen between the rehearsal and the import."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of `plan import`."""
    parser.add_argument("file", type=Path, help="the plan (JSON; its fields: dapur/plan.py)")
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--today", action="store_true", help="move the night so that now lies in it")
    when.add_argument(
        "--local-time",
        metavar="HH:MM",
        help="for demonstrations: it is this time in the kitchen now",
    )
    parser.add_argument("--check", action="store_true", help="only check the file")
    parser.add_argument(
        "--demo-pins", action="store_true", help="give everybody the PINs of pins.json beside it"
    )


def import_plan(settings: Settings, options: argparse.Namespace) -> int:
    """Check, rehearse, write. Raises Problem with every place that is wrong."""
    plan = _read(options.file)
    wished, plan, offset_min = _moved(plan, options)
    pins = _pins(options.file.parent / "pins.json", plan) if options.demo_pins else {}
    if options.check:
        say(f"{options.file}: {len(plan.batches)} batches, {len(plan.staff)} people, nothing wrong")
        return EXIT_OK
    with rooms(settings) as opened:
        kitchen = KitchenId(plan.kitchen)
        if opened.log.head(kitchen) is None:
            opened.log.create_kitchen(kitchen, epoch=uuid.uuid4().hex)
        _rehearse(opened, kitchen, wished)
        opened.identity.add_kitchen(kitchen, plan.name, utc_offset_min=offset_min)
        _people(opened, kitchen, plan, pins)
        counted = _give(opened, kitchen, wished)
    say(
        f"{plan.name}: night of {plan.serving_date}, {len(plan.batches)} batches, {len(plan.staff)}"
        f" people: {counted[Outcome.APPLIED]} new, {counted[Outcome.ALREADY]} already there"
    )
    return EXIT_OK if not counted[Outcome.REFUSED] else EXIT_BAD


def _read(path: Path) -> Plan:
    try:
        return read_plan(path.read_bytes())
    except OSError as error:
        raise Problem(str(error)) from error
    except PlanErrors as error:
        raise Problem("\n".join(f"{path}: {problem}" for problem in error.problems)) from error


def _moved(plan: Plan, options: argparse.Namespace) -> tuple[tuple[Wish, ...], Plan, int]:
    offset_min = OFFSET_MIN[plan.zone]
    if options.today:
        plan = on_date(plan, serving_date_of(now_ms(), offset_min))
    elif options.local_time is not None:
        if CLOCK.fullmatch(options.local_time) is None:
            raise Problem(f"--local-time: {options.local_time!r} is not HH:MM")
        plan, offset_min = at_local_time(plan, options.local_time, now_ms())
    return wishes(plan, offset_min), plan, offset_min


def _pins(path: Path, plan: Plan) -> dict[StaffId, str]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Problem(f"{path}: {error}") from error
    return {StaffId(each.id): known[each.id] for each in plan.staff if each.id in known}


def _command(wish: Wish, at_ms: int) -> Command:
    return Command(
        CommandId(str(uuid.uuid4())),
        wish.kind,
        wish.subject,
        msgspec.Raw(msgspec.json.encode(wish.args)),
        SYSTEM,
        SessionId(""),
        0,
        Occurred(at_ms, at_ms),
    )


def _rehearse(opened: Rooms, kitchen: KitchenId, wished: tuple[Wish, ...]) -> None:
    """What the rules would say to all of it, in order, on the kitchen as it is."""
    state, at_ms = load(opened.log, kitchen).kitchen, now_ms()
    problems: list[str] = []
    for wish in wished:
        command = _command(wish, at_ms)
        taken = Taken(command, SERVER_DEVICE, command.occurred, at_ms)
        decision = rules.decide(state, taken)
        if isinstance(decision, Refused):
            problems.append(f"{wish.kind} {wish.subject}: {_told(decision.refusal)}")
        else:
            state = rules.take(state, taken, at_ms).kitchen
    if problems:
        raise Problem("\n".join(["nothing was changed:", *problems]))


def _told(refusal: Refusal) -> str:
    fields = {name: getattr(refusal, name) for name in refusal.__struct_fields__}
    return f"{code_of(refusal)} ({', '.join(f'{name}: {value}' for name, value in fields.items())})"


def _people(opened: Rooms, kitchen: KitchenId, plan: Plan, pins: dict[StaffId, str]) -> None:
    known = {person.id: person for person in opened.identity.staff(kitchen)}
    for each in plan.staff:
        staff = StaffId(each.id)
        if staff not in known or known[staff].name != each.name:
            opened.identity.add_staff(kitchen, staff, each.name)
        if staff in pins and not (staff in known and known[staff].has_pin):
            opened.identity.set_pin(kitchen, staff, pins[staff])


def _give(opened: Rooms, kitchen: KitchenId, wished: tuple[Wish, ...]) -> Counter[Outcome]:
    outbox, at_ms = OutboxId(f"cli-{kitchen}"), now_ms()
    commands = [_command(wish, at_ms) for wish in _new_ones(opened, kitchen, wished)]
    counted: Counter[Outcome] = Counter({Outcome.ALREADY: len(wished) - len(commands)})
    for attempt in range(ATTEMPTS):
        try:
            results = opened.desk.take_now(kitchen, outbox, commands) if commands else ()
        except Unavailable as error:
            if attempt + 1 == ATTEMPTS:
                raise Problem(f"the database is not available: {error}") from error
            continue
        counted.update(result.outcome for result in results)
        break
    return counted


def _new_ones(opened: Rooms, kitchen: KitchenId, wished: tuple[Wish, ...]) -> list[Wish]:
    """Those that would change something: importing twice writes nothing, not even receipts."""
    state: Any = load(opened.log, kitchen).kitchen
    at_ms = now_ms()
    fresh: list[Wish] = []
    for wish in wished:
        command = _command(wish, at_ms)
        taking = rules.take(state, Taken(command, SERVER_DEVICE, command.occurred, at_ms), at_ms)
        if taking.outcome is not Outcome.ALREADY:
            fresh.append(wish)
            state = taking.kitchen
    return fresh
