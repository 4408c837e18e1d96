"""`plan import`: a plan file through the same desk as every tap; a wrong file changes nothing."""

from __future__ import annotations

import argparse
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import uuid_utils

from dapur import kitchen as rules
from dapur import pin
from dapur.decision import Refused
from dapur.envelope import COMMAND_MAX_BYTES, Command, Occurred, Taken, encode_command
from dapur.ids import SYSTEM, CommandId, KitchenId, OutboxId, SessionId, StaffId
from dapur.kitchen import SERVER_DEVICE, Kitchen
from dapur.night import serving_date_of
from dapur.plan import OFFSET_MIN, Plan, PlanErrors, at_local_time, on_date, read_plan, wishes
from dapur.refusal import Refusal, code_of
from dapur.rule import Wish
from dapur.wire.messages import Outcome, Result
from dapur.wire.queries import QueryCode
from server.cli.context import SENTENCES, Rooms, asking, now_ms, rooms
from server.cli.output import EXIT_BAD, EXIT_OK, Problem, complain, say
from server.desk.folding import load
from server.identity.kitchens import label
from server.settings import Settings

PINS = "pins.json"
OUTBOX = OutboxId("cli")
"""The operator's; each kitchen's log counts its commands on its own."""
DONE = (Outcome.APPLIED, Outcome.ALREADY)
NOUNS = {
    "roster_staff": "people",
    "set_policy": "policy",
    "open_night": "night",
    "plan_batch": "batches",
    "assign_crew": "places at batches",
}


def import_plan(settings: Settings, options: argparse.Namespace) -> int:
    """Read, rehearse, write in one transaction. Raises Problem with every place that is wrong."""
    plan, offset_min = _moved(_read(options.file), options)
    pins = _pins(options.file.parent / PINS) if options.demo_pins else {}
    wished = wishes(plan, offset_min)
    kitchen = KitchenId(plan.kitchen)
    _check_names(plan)
    if options.check:
        rehearse(rules.empty(kitchen), wished)
        say(f"{options.file}: {_counted(wished)}: nothing wrong")
        return EXIT_OK
    with rooms(settings) as opened:
        fresh = rehearse(_state(opened, kitchen), wished)
        opened.log.create_kitchen(kitchen, epoch=uuid.uuid4().hex)
        with asking():
            opened.identity.add_kitchen(kitchen, plan.name, utc_offset_min=offset_min)
            _people(opened, kitchen, plan, pins)
        commands = [_command(wish, now_ms()) for wish in fresh]
        # Nothing new, nothing written: not even receipts.
        results = opened.desk.take_now(kitchen, OUTBOX, commands) if commands else ()
        without = [each.name for each in opened.identity.staff(kitchen) if not each.has_pin]
    say(f"{plan.name}, night of {plan.serving_date}")
    if without:
        say(f"{len(without)} people have no PIN yet (dapur-server staff set-pin)")
    return _told(wished, fresh, results)


def rehearse(state: Kitchen, wished: Iterable[Wish]) -> tuple[Wish, ...]:
    """Those wishes that would change this kitchen, in order.

    Raises Problem when the rules refuse one: then none is to be given, for a refusal in the log
    would ask the kitchen's people to settle what the operator typed. Who stands at a batch that is
    on the board already is the kitchen's own affair.
    """
    on_board, at_ms = frozenset(state.batches), now_ms()
    fresh: list[Wish] = []
    problems: list[str] = []
    for wish in wished:
        if wish.kind == "assign_crew" and wish.subject in on_board:
            continue
        command = _command(wish, at_ms)
        taken = Taken(command, SERVER_DEVICE, command.occurred, at_ms)
        decision = rules.decide(state, taken)
        size = len(encode_command(command))
        if isinstance(decision, Refused):
            problems.append(f"{wish.kind} {wish.subject}: {_why(decision.refusal)}")
        elif size > COMMAND_MAX_BYTES:
            problems.append(
                f"{wish.kind} {wish.subject}: {size} bytes, at most {COMMAND_MAX_BYTES}"
            )
        else:
            taking = rules.take(state, taken, at_ms)
            state = taking.kitchen
            fresh += [wish] if taking.outcome is Outcome.APPLIED else []
    if problems:
        raise Problem("\n".join(["the kitchen refuses this plan; nothing was changed:", *problems]))
    return tuple(fresh)


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


def _people(opened: Rooms, kitchen: KitchenId, plan: Plan, pins: dict[StaffId, str]) -> None:
    """Names, and first PINs; nobody who has a PIN gets another."""
    known = {person.id: person for person in opened.identity.staff(kitchen)}
    for each in plan.staff:
        staff = StaffId(each.id)
        if staff not in known or known[staff].name != each.name:
            opened.identity.add_staff(kitchen, staff, each.name)
        if staff in pins and not (staff in known and known[staff].has_pin):
            opened.identity.set_pin(kitchen, staff, pins[staff])


def _command(wish: Wish, at_ms: int) -> Command:
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


# ---- telling -------------------------------------------------------------------------------------


def _told(wished: Sequence[Wish], fresh: Sequence[Wish], results: Sequence[Result]) -> int:
    """Say what was new, already there, refused; a refusal is possible when others were quicker."""
    pairs = list(zip(fresh, results, strict=True))
    new = [wish for wish, result in pairs if result.outcome is Outcome.APPLIED]
    refused = [(wish, result) for wish, result in pairs if result.outcome not in DONE]
    say(f"new: {_counted(new)}")
    there = Counter(wish.kind for wish in wished)
    there.subtract(wish.kind for wish in (*new, *(wish for wish, _ in refused)))
    say(f"already there: {_listed(there)}")
    for wish, result in refused:
        complain(f"refused: {wish.kind} {wish.subject}: {result.code or result.outcome}")
    return EXIT_BAD if refused else EXIT_OK


def _counted(some: Iterable[Wish]) -> str:
    return _listed(Counter(wish.kind for wish in some))


def _listed(counted: Counter[str]) -> str:
    """`47 people, 1 night`, in the plan's order."""
    return ", ".join(f"{counted[k]} {noun}" for k, noun in NOUNS.items() if counted[k]) or "nothing"


def _why(refusal: Refusal) -> str:
    fields = (f"{name}: {getattr(refusal, name)}" for name in refusal.__struct_fields__)
    return f"{code_of(refusal)} ({', '.join(fields)})"
