"""Makes commands of what the platform says; pure: whether they hold the desk decides."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from dapur import kitchen as rules
from dapur.batch import find
from dapur.crew import AssignCrewArgs
from dapur.decision import Refused
from dapur.delivery import DeliveryStatus, TrackDeliveryArgs, delivery_subject
from dapur.envelope import (
    COMMAND_MAX_BYTES,
    GENESIS,
    Command,
    Occurred,
    Quality,
    Taken,
    chain,
    encode_command,
)
from dapur.ids import SYSTEM, CommandId, KitchenId, OutboxId, SessionId, StaffId
from dapur.kitchen import SERVER_DEVICE, Kitchen
from dapur.notice import PostNoticeArgs
from dapur.plan import Plan, PlanErrors, read_plan, wishes
from dapur.refusal import BatchExists, UnknownBatch, code_of
from dapur.rule import Wish
from dapur.wire.messages import Outcome, Row
from dapur.words import TEXT_MAX, Id, TempC
from server.bridge.reader import Garbage, Inbound, is_number, text_in
from server.desk.ports import MESSAGE
from server.settings import Heard

REFERENCE_MAX = 200
LOUD = frozenset({"HIGH", "CRITICAL", "URGENT", "WARNING", "ERROR"})
"""Severities and priorities that make a notice a warning."""
DETAIL_MAX = 200


def outbox_of(topic: Heard, inbound: Inbound) -> OutboxId:
    """A message is an outbox of its own: the log takes each of its rows once.

    It is remembered for as long as its events (`LogCare.forget_messages`): no stream keeps a message
    so long.
    """
    name = hashlib.sha256(f"{topic}\0{inbound.id}".encode()).hexdigest()
    return OutboxId(f"{MESSAGE}{name[:40]}")


def wishes_of(topic: Heard, inbound: Inbound, state: Kitchen, now_ms: int) -> tuple[Wish, ...]:
    """What the platform asks of a kitchen. Raises Garbage."""
    if topic == "production:plan":
        return _planned(inbound, state, now_ms)
    if topic == "distribution:tracking":
        return (_tracked(inbound),)
    return (_noticed(topic, inbound),)


def rows_of(
    outbox: OutboxId, wished: Sequence[Wish], at_ms: int | None, now_ms: int
) -> tuple[Row, ...]:
    """The wishes as the whole content of an outbox: the same message makes the same bytes."""
    rows: list[Row] = []
    link = GENESIS
    for number, wish in enumerate(wished, 1):
        raw = encode_command(_command(outbox, number, wish, at_ms, now_ms))
        if len(raw) > COMMAND_MAX_BYTES:
            raise Garbage("too_large", f"{wish.kind} {wish.subject}: {len(raw)} bytes")
        link = chain(link, raw)
        rows.append(Row(number, link, raw))
    return tuple(rows)


def _command(outbox: OutboxId, number: int, wish: Wish, at_ms: int | None, now_ms: int) -> Command:
    """Its time is the platform's own, which nobody set by ours."""
    when_ms = now_ms if at_ms is None else at_ms
    return Command(
        id=CommandId(f"{outbox}-{number}"),
        kind=wish.kind,
        subject=wish.subject,
        args=msgspec.Raw(msgspec.json.encode(wish.args)),
        actor=SYSTEM,
        session=SessionId(""),
        base=0,
        occurred=Occurred(when_ms, when_ms, Quality.WALL),
    )


# ---- notices and deliveries ----------------------------------------------------------------------


def _noticed(topic: Heard, inbound: Inbound) -> Wish:
    data, fields = inbound.data, inbound.fields
    title = text_in(fields, "title") or text_in(data, "title")
    text = text_in(data, "message", "text") or text_in(fields, "message", "text")
    about = text_in(data, "name", "menuName", "itemName", "batchNumber")
    parts = [title, text or about] if title or text or about else []
    said = ": ".join(dict.fromkeys(part for part in parts if part))
    if not said:
        raise Garbage("no_text")
    graded = {
        text_in(where, name).upper()
        for where in (fields, data)
        for name in ("severity", "priority", "level")
    }
    loud = not graded.isdisjoint(LOUD) or "alert" in inbound.kind
    args = PostNoticeArgs(
        said[:TEXT_MAX], (inbound.kind or topic)[:REFERENCE_MAX], "warning" if loud else "info"
    )
    return Wish("post_notice", "notice:kitchen", args)


def _tracked(inbound: Inbound) -> Wish:
    data = inbound.data
    try:
        status = DeliveryStatus(text_in(data, "newStatus", "status").upper())
    except ValueError as error:
        raise Garbage("bad_status", str(error)) from error
    delivery = text_in(data, "deliveryId", "id", "distributionId", "distributionCode")
    try:
        msgspec.convert(delivery, Id)
    except msgspec.ValidationError as error:
        raise Garbage("bad_delivery", str(error)) from error
    args = TrackDeliveryArgs(
        status,
        text_in(data, "waveId", "wave")[:REFERENCE_MAX],
        text_in(data, "targetName", "distributionPoint", "stop", "recipientName")[:REFERENCE_MAX],
        _temp_c(inbound),
        text_in(data, "notes", "note", "reason")[:TEXT_MAX],
    )
    return Wish("track_delivery", delivery_subject(delivery), args)


def _temp_c(inbound: Inbound) -> float | None:
    """The last one measured on the way; a value that no food has is no value."""
    for name in ("servingtemp", "arrivaltemp", "departuretemp", "temperature"):
        value = inbound.data.get(name)
        if is_number(value):
            try:
                return round(msgspec.convert(float(value), TempC), 1)
            except msgspec.ValidationError:
                continue
    return None


# ---- plans ---------------------------------------------------------------------------------------


def _planned(inbound: Inbound, state: Kitchen, now_ms: int) -> tuple[Wish, ...]:
    """A night's plan as of `plan import`; a plan that the kitchen would refuse changes nothing.

    Roles and the kitchen's limits are given by people: who can speak on a channel gives none.
    """
    plan = _plan(inbound, state.id)
    if plan.policy:
        raise Garbage("policy", "limits are not set by a message")
    strangers = [each.id for each in plan.staff if StaffId(each.id) not in state.staff]
    if strangers:
        raise Garbage("unknown_staff", ", ".join(strangers)[:DETAIL_MAX])
    wished: list[Wish] = []
    played = state
    for wish in wishes(plan):
        placed = isinstance(wish.args, AssignCrewArgs) and not isinstance(
            find(state, wish.subject), UnknownBatch
        )
        if wish.kind == "roster_staff" or placed:
            # Who stands at a batch that is on the board already is the kitchen's own affair.
            continue
        kept, played = _played(played, wish, now_ms)
        wished += kept
    return tuple(wished)


def _plan(inbound: Inbound, kitchen: KitchenId) -> Plan:
    found = inbound.fields.get("data", inbound.fields.get("plan"))
    if isinstance(found, dict) and isinstance(found.get("plan"), dict):
        found = found["plan"]
    try:
        plan = read_plan(msgspec.json.encode(found))
    except PlanErrors as error:
        raise Garbage("bad_plan", "; ".join(error.problems)[:DETAIL_MAX]) from error
    if plan.kitchen != kitchen:
        raise Garbage("tenant", f"a plan for {plan.kitchen[:DETAIL_MAX]}")
    return plan


def _played(state: Kitchen, wish: Wish, now_ms: int) -> tuple[list[Wish], Kitchen]:
    """The wish, or the change that it means on a board that has the batch; nothing when it is so."""
    for each in (wish, Wish("change_plan", wish.subject, wish.args)):
        taken = _taken(each, now_ms)
        decision = rules.decide(state, taken)
        if isinstance(decision, Refused):
            if isinstance(decision.refusal, BatchExists):
                continue
            raise Garbage("refused", f"{each.kind} {each.subject}: {code_of(decision.refusal)}")
        taking = rules.take(state, taken, now_ms)
        return ([each] if taking.outcome is Outcome.APPLIED else []), taking.kitchen
    raise Garbage("refused", f"{wish.kind} {wish.subject}")


def _taken(wish: Wish, now_ms: int) -> Taken:
    command = _command(OutboxId("rehearsal"), 1, wish, None, now_ms)
    return Taken(command, SERVER_DEVICE, command.occurred, now_ms)
