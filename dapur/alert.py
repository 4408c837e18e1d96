"""Alerts as they stand in the log: raised, handled, escalated, resolved by the state; it judges no
batch.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from dapur import access
from dapur.access import Role
from dapur.decision import Accepted, Already, Decision, Fact, Refused
from dapur.envelope import Event, Taken
from dapur.ids import DeviceId, StaffId
from dapur.policy import PolicyRecord
from dapur.refusal import NotAddressed, UnknownAlert
from dapur.rule import Args, Body, CommandRule, EventRule, command, event
from dapur.words import Ms, Reference

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen

MUTE_MS = 120_000
"""A kiosk is silent for two minutes at most, whatever the alarm (screens.md 8)."""
MINUTE_MS = 60_000


class Severity(StrEnum):
    """How bad, in Bergizi-ID's words."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


SEVERITY_ORDER: dict[Severity, int] = {severity: place for place, severity in enumerate(Severity)}


class Rule(StrEnum):
    """Which rule an alert comes from."""

    LATE_START = "late_start"
    OVERDUE = "overdue"
    CORE_LOW = "core_low"
    COLD_LEFT_HEAT = "cold_left_heat"
    HOLDING_OUT = "holding_out"
    UNMEASURED = "unmeasured"
    WINDOW_CLOSING = "window_closing"
    WINDOW_OVER = "window_over"
    QC_WAITING = "qc_waiting"
    HELD_LONG = "held_long"
    DEPARTURE_AT_RISK = "departure_at_risk"
    OVERLOAD = "overload"
    COOKED_TOO_EARLY = "cooked_too_early"


class RuleRow(msgspec.Struct, frozen=True):
    """How bad a rule's alert is and to whom it is addressed, in the order of escalation."""

    severity: Severity
    chain: tuple[Role, ...]


_KITCHEN = (Role.STAFF_DAPUR, Role.PRODUKSI_MANAGER, Role.KEPALA)
_FOOD = (Role.STAFF_DAPUR, Role.AHLI_GIZI, Role.KEPALA)
_CHECK = (Role.STAFF_QC, Role.AHLI_GIZI, Role.KEPALA)
RULES: dict[Rule, RuleRow] = {
    Rule.LATE_START: RuleRow(Severity.HIGH, _KITCHEN),
    Rule.OVERDUE: RuleRow(Severity.HIGH, _KITCHEN),
    Rule.CORE_LOW: RuleRow(Severity.CRITICAL, _FOOD),
    Rule.COLD_LEFT_HEAT: RuleRow(Severity.CRITICAL, _FOOD),
    Rule.HOLDING_OUT: RuleRow(Severity.HIGH, _FOOD),
    Rule.UNMEASURED: RuleRow(Severity.LOW, _FOOD),
    Rule.WINDOW_CLOSING: RuleRow(Severity.HIGH, _FOOD),
    Rule.WINDOW_OVER: RuleRow(Severity.CRITICAL, _FOOD),
    Rule.QC_WAITING: RuleRow(Severity.MEDIUM, _CHECK),
    Rule.HELD_LONG: RuleRow(Severity.MEDIUM, _CHECK),
    Rule.DEPARTURE_AT_RISK: RuleRow(Severity.HIGH, _KITCHEN),
    Rule.OVERLOAD: RuleRow(Severity.MEDIUM, (Role.TEAM_LEAD, Role.PRODUKSI_MANAGER, Role.KEPALA)),
    Rule.COOKED_TOO_EARLY: RuleRow(Severity.HIGH, _FOOD),
}


NAMED_BY_READING = frozenset({Rule.CORE_LOW, Rule.COLD_LEFT_HEAT, Rule.HOLDING_OUT})
"""Their key ends with the reading at which the run began that is out of its limit."""


class Mute(msgspec.Struct, frozen=True):
    """One kiosk is silent until then; everybody sees who did it."""

    device: DeviceId
    actor: StaffId
    until_ms: int


class AlertRecord(msgspec.Struct, frozen=True):
    """One alert. `key` is rule, subject and window, so that it exists once whoever saw it first."""

    key: str
    number: int
    rule: Rule
    about: str
    severity: Severity
    raised_ms: int
    chain: tuple[Role, ...]
    level: int = 0
    """How far it went up the chain."""
    owner: StaffId | None = None
    """Who said "I handle it"."""
    acknowledged_ms: int | None = None
    escalated_ms: int | None = None
    resolved_ms: int | None = None
    mutes: tuple[Mute, ...] = ()
    detail: str = ""

    @property
    def addressed(self) -> frozenset[Role]:
        """Roles that may handle it: the chain up to its level; the Kepala SPPG always."""
        return frozenset(self.chain[: self.level + 1]) | {Role.KEPALA}


class RaiseAlertArgs(Args, frozen=True):
    """What the server's clock saw in the state."""

    rule: Rule
    about: Reference
    since_ms: Ms
    detail: Reference = ""


class AlertRaised(Body, frozen=True):
    """A condition holds that somebody must handle."""

    rule: Rule
    about: str
    severity: Severity
    chain: tuple[Role, ...]
    since_ms: int
    detail: str = ""


class AlertActArgs(Args, frozen=True):
    """The subject says which alert; `seen` is what a kiosk saw before the server raised it."""

    seen: RaiseAlertArgs | None = None


class EscalateAlertArgs(Args, frozen=True):
    """The level it goes to: naming it makes a second escalation "already"."""

    level: Annotated[int, Meta(ge=1, le=10)]


class AlertAcknowledged(Body, frozen=True):
    """Somebody handles it."""


class AlertMuted(Body, frozen=True):
    """A kiosk is silent for a while."""

    until_ms: int


class AlertEscalated(Body, frozen=True):
    """Nobody handled it in time: the next in the chain."""

    level: int


class AlertResolved(Body, frozen=True):
    """The condition holds no more."""


def alert_subject(key: str) -> str:
    """Subject of the events of one alert."""
    return f"alert:{key}"


def standing_key(kitchen: Kitchen, rule: Rule, about: str, key: str) -> str | None:
    """Key of the unresolved alert about the same run of readings, whichever reading names it.

    Readings that come late from an offline kiosk change where a run began, and two servers may see
    it change one after the other: that must not ring a second time. Other rules: None.
    """
    if rule not in NAMED_BY_READING:
        return None
    stem = f"{rule}:{about}:"
    point = key.removeprefix(stem).rpartition(".")[0]
    return next(
        (
            name
            for name, record in kitchen.alerts.items()
            if record.resolved_ms is None and name.startswith(stem + point)
        ),
        None,
    )


def _find(kitchen: Kitchen, taken: Taken) -> AlertRecord | UnknownAlert:
    kind, _, key = taken.command.subject.partition(":")
    alert = kitchen.alerts.get(key) if kind == "alert" else None
    return alert if alert is not None else UnknownAlert(taken.command.subject[:200])


def decide_raise(kitchen: Kitchen, taken: Taken, args: RaiseAlertArgs) -> Decision:
    """Log an alert once; two that saw it make one."""
    kind, _, key = taken.command.subject.partition(":")
    if kind != "alert" or not key:
        return Refused(UnknownAlert(taken.command.subject[:200]))
    if key in kitchen.alerts or standing_key(kitchen, args.rule, args.about, key) is not None:
        return Already()
    return Accepted((_raised(taken, args),))


def decide_resolve(kitchen: Kitchen, taken: Taken, args: AlertActArgs) -> Decision:  # noqa: ARG001 - one shape
    """Only the state resolves: the server says so when the condition is gone."""
    alert = _find(kitchen, taken)
    if isinstance(alert, UnknownAlert):
        return Refused(alert)
    if alert.resolved_ms is not None:
        return Already()
    return Accepted((Fact("alert_resolved", alert_subject(alert.key), AlertResolved()),))


def decide_escalate(kitchen: Kitchen, taken: Taken, args: EscalateAlertArgs) -> Decision:
    """One step up the chain; handled, resolved or up there already is "already"."""
    alert = _find(kitchen, taken)
    if isinstance(alert, UnknownAlert):
        return Refused(alert)
    settled = alert.resolved_ms is not None or alert.acknowledged_ms is not None
    level = min(args.level, len(alert.chain) - 1)
    if settled or level <= alert.level:
        return Already()
    return Accepted((Fact("alert_escalated", alert_subject(alert.key), AlertEscalated(level)),))


def _raised(taken: Taken, args: RaiseAlertArgs) -> Fact:
    row = RULES[args.rule]
    body = AlertRaised(args.rule, args.about, row.severity, row.chain, args.since_ms, args.detail)
    return Fact("alert_raised", taken.command.subject, body)


def _found_or_seen(
    kitchen: Kitchen, taken: Taken, args: AlertActArgs
) -> tuple[AlertRecord, tuple[Fact, ...]] | UnknownAlert:
    """The alert, or the one that an offline kiosk derived by itself: it is raised on the way."""
    alert = _find(kitchen, taken)
    if isinstance(alert, AlertRecord):
        return alert, ()
    seen = args.seen
    key = taken.command.subject.partition(":")[2]
    if seen is None or not taken.command.subject.startswith(f"alert:{seen.rule}:{seen.about}:"):
        return alert
    if (standing := standing_key(kitchen, seen.rule, seen.about, key)) is not None:
        return kitchen.alerts[standing], ()
    row = RULES[seen.rule]
    record = AlertRecord(
        key, 0, seen.rule, seen.about, row.severity, seen.since_ms, row.chain, detail=seen.detail
    )
    return record, (_raised(taken, seen),)


def decide_acknowledge(kitchen: Kitchen, taken: Taken, args: AlertActArgs) -> Decision:
    """ "I handle it": by a role it is addressed to; it stops the sound and the escalation, not the
    alert.
    """
    found = _found_or_seen(kitchen, taken, args)
    if isinstance(found, UnknownAlert):
        return Refused(found)
    alert, raised = found
    if alert.resolved_ms is not None or alert.acknowledged_ms is not None:
        return Already()
    if not kitchen.roles_at(taken) & alert.addressed:
        return Refused(NotAddressed(alert.key, tuple(sorted(alert.addressed))))
    handled = Fact("alert_acknowledged", alert_subject(alert.key), AlertAcknowledged())
    return Accepted((*raised, handled))


def decide_mute(kitchen: Kitchen, taken: Taken, args: AlertActArgs) -> Decision:
    """Silence this kiosk for two minutes."""
    found = _found_or_seen(kitchen, taken, args)
    if isinstance(found, UnknownAlert):
        return Refused(found)
    alert, raised = found
    if alert.resolved_ms is not None:
        return Already()
    body = AlertMuted(taken.at.latest_ms + MUTE_MS)
    return Accepted((*raised, Fact("alert_muted", alert_subject(alert.key), body)))


def _change(kitchen: Kitchen, event: Event, **changes: object) -> Kitchen:
    alert = kitchen.alerts.get(event.subject.partition(":")[2])
    if alert is None:
        return kitchen
    changed = msgspec.structs.replace(alert, **changes)
    return msgspec.structs.replace(kitchen, alerts={**kitchen.alerts, alert.key: changed})


def evolve_raised(kitchen: Kitchen, event: Event, data: AlertRaised) -> Kitchen:
    """The alert stands, with the kitchen's next number."""
    number = kitchen.alerts_made + 1
    key = event.subject.partition(":")[2]
    alert = AlertRecord(
        key, number, data.rule, data.about, data.severity, data.since_ms, data.chain,
        detail=data.detail,
    )  # fmt: skip
    return msgspec.structs.replace(
        kitchen, alerts={**kitchen.alerts, key: alert}, alerts_made=number
    )


def evolve_acknowledged(kitchen: Kitchen, event: Event, data: AlertAcknowledged) -> Kitchen:  # noqa: ARG001 - an empty body
    """Somebody owns it now."""
    return _change(kitchen, event, owner=event.actor, acknowledged_ms=event.at.earliest_ms)


def evolve_muted(kitchen: Kitchen, event: Event, data: AlertMuted) -> Kitchen:
    """One entry a kiosk."""
    alert = kitchen.alerts.get(event.subject.partition(":")[2])
    others = () if alert is None else tuple(m for m in alert.mutes if m.device != event.device)
    mute = Mute(event.device, event.actor, data.until_ms)
    return _change(kitchen, event, mutes=(*others, mute))


def evolve_escalated(kitchen: Kitchen, event: Event, data: AlertEscalated) -> Kitchen:
    """The next of the chain is asked."""
    return _change(kitchen, event, level=data.level, escalated_ms=event.at.earliest_ms)


def evolve_resolved(kitchen: Kitchen, event: Event, data: AlertResolved) -> Kitchen:  # noqa: ARG001 - an empty body
    """Over; it stays in tonight's list."""
    return _change(kitchen, event, resolved_ms=event.at.earliest_ms)


def escalates_ms(alert: AlertRecord, policy: PolicyRecord) -> int | None:
    """When it goes up unless somebody handles it; None if it never will."""
    if alert.resolved_ms is not None or alert.acknowledged_ms is not None:
        return None
    if alert.level + 1 >= len(alert.chain):
        return None
    delay_min = {
        Severity.LOW: policy.escalate_low_min,
        Severity.MEDIUM: policy.escalate_medium_min,
        Severity.HIGH: policy.escalate_high_min,
        Severity.CRITICAL: policy.escalate_critical_min,
    }[alert.severity].value
    if not delay_min:
        return None
    since_ms = alert.escalated_ms if alert.escalated_ms is not None else alert.raised_ms
    return since_ms + int(delay_min * MINUTE_MS)


def open_alerts(kitchen: Kitchen) -> tuple[AlertRecord, ...]:
    """Unresolved alerts of the log: severity, then unacknowledged, then oldest."""
    standing = (alert for alert in kitchen.alerts.values() if alert.resolved_ms is None)
    return tuple(
        sorted(
            standing,
            key=lambda alert: (
                -SEVERITY_ORDER[alert.severity],
                alert.acknowledged_ms is not None,
                alert.raised_ms,
                alert.key,
            ),
        )
    )


COMMANDS: dict[str, CommandRule] = {
    "raise_alert": command(RaiseAlertArgs, decide_raise, access.SERVER),
    "resolve_alert": command(AlertActArgs, decide_resolve, access.SERVER),
    "escalate_alert": command(EscalateAlertArgs, decide_escalate, access.SERVER),
    "acknowledge_alert": command(AlertActArgs, decide_acknowledge, access.EVERYONE),
    "mute_alert": command(AlertActArgs, decide_mute, access.EVERYONE),
}
EVENTS: dict[str, EventRule] = {
    "alert_raised": event(AlertRaised, evolve_raised),
    "alert_acknowledged": event(AlertAcknowledged, evolve_acknowledged),
    "alert_muted": event(AlertMuted, evolve_muted),
    "alert_escalated": event(AlertEscalated, evolve_escalated),
    "alert_resolved": event(AlertResolved, evolve_resolved),
}
