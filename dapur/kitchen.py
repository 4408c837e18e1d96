"""The whole kitchen: composes the nouns; decides every command and folds every event, on both
sides alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import assert_never

import msgspec

from dapur import (
    access,
    alert,
    crew,
    delivery,
    ending,
    handover,
    hold,
    kiosk_log,
    night,
    notice,
    planning,
    policy,
    progress,
    quality,
    review,
    temperature,
    unlock,
)
from dapur.access import Role
from dapur.alert import AlertRecord
from dapur.batch import Batch, Reading
from dapur.crew import Session, Staff
from dapur.decision import Accepted, Already, Decision, Fact, Refused
from dapur.delivery import Delivery
from dapur.envelope import SCHEMA, Command, Event, Occurred, Quality, Taken
from dapur.handover import HandOver
from dapur.ids import (
    KIOSK,
    SYSTEM,
    BatchId,
    CommandId,
    DeviceId,
    KitchenId,
    OutboxId,
    SessionId,
    StaffId,
)
from dapur.night import Night
from dapur.notice import Notice
from dapur.policy import PolicyRecord
from dapur.refusal import (
    BadArgs,
    NoSession,
    NotAllowed,
    StepUpNeeded,
    UnknownKind,
    UpdateNeeded,
    code_of,
)
from dapur.review import Reason, Review
from dapur.rule import CommandRule, EventRule
from dapur.wire.messages import Outcome

STATE_VERSION = 3
"""Version of the snapshot's text; raised whenever the state's structs change."""
STATE_OLDEST = 1
"""Oldest text that still reads: a later one only added words (2: reviews of salvaged taps; 3: the
hand-overs).
"""
SERVER_DEVICE = DeviceId("server")
"""Where SYSTEM acts; its commands need no session."""

NOUNS: tuple[ModuleType, ...] = (
    policy, night, planning, progress, ending, temperature, quality, hold, crew, alert, review,
    notice, delivery, unlock, kiosk_log, handover,
)  # fmt: skip
"""A new noun is one file and one word here."""
COMMANDS: dict[str, CommandRule] = {
    kind: rule for noun in NOUNS for kind, rule in noun.COMMANDS.items()
}
EVENTS: dict[str, EventRule] = {kind: rule for noun in NOUNS for kind, rule in noun.EVENTS.items()}


class Kitchen(msgspec.Struct, frozen=True):
    """The working window of one kitchen: what the log's fold knows, and nothing a clock knows."""

    id: KitchenId
    policy: PolicyRecord = policy.DEFAULT
    night: Night | None = None
    last_closed: str = ""
    """Serving date of the last closed night."""
    batches: dict[BatchId, Batch] = {}
    staff: dict[StaffId, Staff] = {}
    sessions: dict[SessionId, Session] = {}
    alerts: dict[str, AlertRecord] = {}
    reviews: dict[str, Review] = {}
    notices: tuple[Notice, ...] = ()
    deliveries: dict[str, Delivery] = {}
    strays: dict[str, tuple[Reading, ...]] = {}
    """Readings of batches that are not known yet: they wait for their plan."""
    versions: dict[str, int] = {}
    """Events so far, by subject."""
    opaque: dict[str, int] = {}
    """Subjects with an event that this release cannot read, and the schema that can."""
    holds_made: int = 0
    alerts_made: int = 0
    handovers: tuple[HandOver, ...] = ()
    """Of this night, oldest first."""

    def roles_of(self, actor: StaffId) -> frozenset[Role]:
        """The present roles of a person; the server and a kiosk have their own."""
        if actor == SYSTEM:
            return frozenset({Role.SYSTEM})
        if actor == KIOSK:
            return frozenset({Role.KIOSK})
        staff = self.staff.get(actor)
        return frozenset(staff.roles) if staff is not None else frozenset()

    def may(self, actor: StaffId, roles: frozenset[Role]) -> bool:
        """Whether a person has one of these roles at present."""
        staff = self.staff.get(actor)
        if staff is not None and actor not in (SYSTEM, KIOSK):
            return not roles.isdisjoint(staff.roles)
        return not roles.isdisjoint(self.roles_of(actor))

    def roles_at(self, taken: Taken) -> frozenset[Role]:
        """The roles with which a tap was made: also those revoked surely after it."""
        roles = self.roles_of(taken.command.actor)
        staff = self.staff.get(taken.command.actor)
        if staff is None:
            return roles
        for former in staff.former:
            if taken.at.latest_ms < former.until_ms:
                roles |= frozenset(former.roles)
        return roles


class Taking(msgspec.Struct, frozen=True):
    """What became of a command: for the receipt, the log and the cached fold."""

    outcome: Outcome
    code: str
    """Of a refusal, else empty."""
    events: tuple[Event, ...]
    kitchen: Kitchen


class _Decoders(dict[str, msgspec.json.Decoder[msgspec.Struct]]):
    """Each is made when its kind is first met: all of them at once cost a kiosk's start 15 ms."""

    def __init__(self, types: Mapping[str, type[msgspec.Struct]]) -> None:
        super().__init__()
        self._types = types

    def __missing__(self, kind: str) -> msgspec.json.Decoder[msgspec.Struct]:
        made = self[kind] = msgspec.json.Decoder(self._types[kind])
        return made


_args_decoders = _Decoders({kind: rule.args for kind, rule in COMMANDS.items()})
_body_decoders = _Decoders({kind: rule.body for kind, rule in EVENTS.items()})
_MEASURED = frozenset(kind for kind, rule in EVENTS.items() if rule.measured)


class _Kind(msgspec.Struct):
    kind: str


_kind_decoder = msgspec.json.Decoder(_Kind)
_encoder = msgspec.json.Encoder()
_kitchen_decoder: msgspec.json.Decoder[Kitchen] = msgspec.json.Decoder(Kitchen)


def empty(kitchen_id: KitchenId) -> Kitchen:
    """A kitchen before its first event."""
    return Kitchen(kitchen_id)


# ---- decide --------------------------------------------------------------------------------------


def decide(kitchen: Kitchen, taken: Taken) -> Decision:
    """What the rules say to a command. Total: nothing that can be sent raises."""
    if taken.command.kind in COMMANDS and not _signed_in(kitchen, taken):
        return Refused(NoSession(taken.command.session[: review.CLIP]))
    return decide_signed_in(kitchen, taken)


def decide_signed_in(kitchen: Kitchen, taken: Taken) -> Decision:
    """What the rules say, the sign-in taken for granted: for `decide`, and for offers on a
    screen.
    """
    tap = taken.command
    rule = COMMANDS.get(tap.kind)
    if rule is None:
        return Refused(UnknownKind(tap.kind[: review.CLIP]))
    try:
        args = _args_decoders[tap.kind].decode(tap.args)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Refused(BadArgs(str(error)[: review.CLIP]))
    if tap.subject in kitchen.opaque:
        return Refused(UpdateNeeded(tap.subject[: review.CLIP]))
    if wrong := _unwelcome(kitchen, taken, rule):
        return wrong
    decision: Decision = rule.decide(kitchen, taken, args)
    return _with_traces(kitchen, taken, rule, decision)


def _unwelcome(kitchen: Kitchen, taken: Taken, rule: CommandRule) -> Refused | None:
    """Role and step-up, in this order."""
    tap = taken.command
    welcome = kitchen.may(tap.actor, rule.roles) or kitchen.roles_at(taken) & rule.roles
    if tap.kind not in crew.SIGNING and not welcome:
        return Refused(NotAllowed(tap.kind, tuple(sorted(rule.roles - {Role.SYSTEM}))))
    if rule.needs_step_up and tap.actor != SYSTEM and not fresh_step_up(tap):
        return Refused(StepUpNeeded(tap.kind))
    return None


def _signed_in(kitchen: Kitchen, taken: Taken) -> bool:
    tap = taken.command
    if tap.actor == SYSTEM:
        return taken.device == SERVER_DEVICE
    if tap.actor == KIOSK:
        # The line proved the device's key; asking for a person too would keep lost taps from
        # everybody until one comes, and would put them in the name of somebody who never saw them.
        return taken.device != SERVER_DEVICE
    if tap.kind == "open_session":
        return True
    session = kitchen.sessions.get(tap.session)
    own_end = tap.kind == "close_session" and tap.subject == crew.session_subject(tap.session)
    return (
        session is not None
        and (session.closed_ms is None or own_end)
        and session.staff == tap.actor
        and session.device == taken.device
    )


def fresh_step_up(tap: Command) -> bool:
    """Whether the PIN was asked again at most a minute before, by the command's own clock (its
    latest end).
    """
    if tap.step_up is None:
        return False
    return 0 <= tap.occurred.latest_ms - tap.step_up.at_ms <= access.STEP_UP_FRESH_MS


def _with_traces(kitchen: Kitchen, taken: Taken, rule: CommandRule, decision: Decision) -> Decision:
    """What a command leaves beside its own facts: the settled old tap, the flag of a revoked
    role.
    """
    if isinstance(decision, Refused):
        return decision
    traces: list[Fact] = []
    if settled := review.redone(kitchen, taken):
        traces.append(settled)
    if isinstance(decision, Already):
        return Accepted(tuple(traces)) if traces else decision
    revoked = not kitchen.may(taken.command.actor, rule.roles)
    if revoked and taken.command.kind not in crew.SIGNING:
        traces.append(review.raise_review(taken, Reason.ROLE_REVOKED))
    return Accepted((*decision.facts, *traces)) if traces else decision


# ---- evolve --------------------------------------------------------------------------------------


def evolve(kitchen: Kitchen, event: Event) -> Kitchen:
    """The kitchen after one event. An event of a newer release only marks its subject. Total."""
    version = kitchen.versions.get(event.subject, 0) + 1
    kitchen = msgspec.structs.replace(
        kitchen, versions={**kitchen.versions, event.subject: version}
    )
    rule = EVENTS.get(event.kind)
    if rule is None or event.reader > SCHEMA:
        return _mark_opaque(kitchen, event)
    try:
        body = _body_decoders[event.kind].decode(event.data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _mark_opaque(kitchen, event)
    return rule.evolve(kitchen, event, body)


def _mark_opaque(kitchen: Kitchen, event: Event) -> Kitchen:
    needs = max(event.reader, kitchen.opaque.get(event.subject, 0))
    return msgspec.structs.replace(kitchen, opaque={**kitchen.opaque, event.subject: needs})


def is_measured(body: str) -> bool:
    """Whether a logged event tells a measured value and nothing else; what cannot be read does not."""
    try:
        return _kind_decoder.decode(body).kind in _MEASURED
    except (msgspec.MsgspecError, UnicodeError):
        return False


def subject_version(kitchen: Kitchen, subject: str) -> int:
    """How many events a subject has had in the window: what a tap carries as `base`."""
    return kitchen.versions.get(subject, 0)


# ---- take ----------------------------------------------------------------------------------------


def take(kitchen: Kitchen, taken: Taken, recorded_ms: int) -> Taking:
    """Decide, make the events, fold them: the server's desk and a kiosk's guess use this alike."""
    taken = review.as_first_tapped(kitchen, taken)
    decision = decide(kitchen, taken)
    match decision:
        case Accepted(facts):
            return _taking(kitchen, Outcome.APPLIED, "", _events(taken, facts, recorded_ms))
        case Already():
            return Taking(Outcome.ALREADY, "", (), kitchen)
        case Refused(refusal):
            facts = (review.refused(taken, refusal),)
            events = _events(taken, facts, recorded_ms)
            return _taking(kitchen, Outcome.REFUSED, code_of(refusal), events)
        case _:
            assert_never(decision)


def quarantine(kitchen: Kitchen, taken: Taken, reason: str, recorded_ms: int) -> Taking:
    """A command on which our own code failed: it stays visible and can be replayed after a
    repair.
    """
    facts = (review.quarantined(taken.command, reason),)
    events = _events(taken, facts, recorded_ms)
    return _taking(kitchen, Outcome.QUARANTINED, "quarantined", events)


def malformed(
    kitchen: Kitchen,
    *,
    device: DeviceId,
    outbox: OutboxId,
    dseq: int,
    problem: str,
    recorded_ms: int,
) -> Taking:
    """Bytes that are no command: an item for a person, so that the outbox can go on."""
    fact = review.malformed(outbox, dseq, problem)
    moment = Occurred(recorded_ms, recorded_ms, Quality.UNKNOWN)
    event = Event(
        fact.kind, fact.subject, msgspec.Raw(_encoder.encode(fact.data)), CommandId(""), SYSTEM,
        SessionId(""), device, moment, recorded_ms,
    )  # fmt: skip
    return _taking(kitchen, Outcome.MALFORMED, "malformed", (event,))


def _events(taken: Taken, facts: tuple[Fact, ...], recorded_ms: int) -> tuple[Event, ...]:
    return tuple([_event(taken, fact, recorded_ms) for fact in facts])


def _event(taken: Taken, fact: Fact, recorded_ms: int) -> Event:
    tap = taken.command
    return Event(
        fact.kind, fact.subject, msgspec.Raw(_encoder.encode(fact.data)), tap.id, tap.actor,
        tap.session, taken.device, taken.at, recorded_ms,
    )  # fmt: skip


def _taking(kitchen: Kitchen, outcome: Outcome, code: str, events: tuple[Event, ...]) -> Taking:
    for event in events:
        kitchen = evolve(kitchen, event)
    return Taking(outcome, code, events, kitchen)


def open_items(kitchen: Kitchen) -> int:
    """How many items wait for a person, for whoever watches the server."""
    return sum(item.settled is None for item in kitchen.reviews.values())


# ---- snapshot ------------------------------------------------------------------------------------


class UnreadableSnapshot(ValueError):
    """A snapshot of another version, or a broken one: fetch the state again."""


def encode_snapshot(kitchen: Kitchen) -> str:
    """The state as text of STATE_VERSION."""
    return _encoder.encode(kitchen).decode()


def decode_snapshot(text: str, version: int) -> Kitchen:
    """The state from its text; UnreadableSnapshot if this release cannot read that version."""
    if not STATE_OLDEST <= version <= STATE_VERSION:
        reads = f"{STATE_OLDEST} to {STATE_VERSION}"
        raise UnreadableSnapshot(f"snapshot: version {version}, this release reads {reads}")
    try:
        return _kitchen_decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise UnreadableSnapshot(f"snapshot: {error}") from error
