"""How far the food of a wave has come outside the kitchen, as the platform tells it; it moves no batch."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from dapur import access
from dapur.decision import Accepted, Already, Decision, Fact, Refused
from dapur.envelope import Event, Occurred, Taken
from dapur.ids import CommandId
from dapur.notice import EVERYBODY, add_notice
from dapur.refusal import BadArgs
from dapur.rule import Args, Body, CommandRule, EventRule, command, event
from dapur.words import Id, Note, Reference, TempC

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen

DELIVERIES_KEPT = 200
"""A kitchen serves some dozen stops; more are mistyped ids."""


class DeliveryStatus(StrEnum):
    """All names that Bergizi-ID has for a distribution and for one delivery of it, old and new."""

    SCHEDULED = "SCHEDULED"
    ASSIGNED = "ASSIGNED"
    PREPARING = "PREPARING"
    DEPARTED = "DEPARTED"
    IN_TRANSIT = "IN_TRANSIT"
    DISTRIBUTING = "DISTRIBUTING"
    DELIVERED = "DELIVERED"
    PARTIAL = "PARTIAL"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    RETURNED = "RETURNED"
    CANCELLED = "CANCELLED"


TOLD = frozenset(
    {
        DeliveryStatus.PARTIAL,
        DeliveryStatus.FAILED,
        DeliveryStatus.RETURNED,
        DeliveryStatus.CANCELLED,
    }
)
"""Food did not reach whom it was for: everybody in the kitchen is told."""


class Delivery(msgspec.Struct, frozen=True):
    """The newest that is known of one delivery; `wave` and `stop` are the platform's words."""

    id: str
    status: DeliveryStatus
    at: Occurred
    command: CommandId
    wave: str = ""
    stop: str = ""
    temp_c: float | None = None
    note: str = ""


class TrackDeliveryArgs(Args, frozen=True):
    """Where a delivery is; `temp_c` is of the food, measured on the way."""

    status: DeliveryStatus
    wave: Reference = ""
    stop: Reference = ""
    temp_c: TempC | None = None
    note: Note = ""


class DeliveryTracked(Body, frozen=True):
    """A delivery was said to be there."""

    status: DeliveryStatus
    wave: str = ""
    stop: str = ""
    temp_c: float | None = None
    note: str = ""


def delivery_subject(delivery: str) -> str:
    """What a command about it names."""
    return f"delivery:{delivery}"


def decide_track(kitchen: Kitchen, taken: Taken, args: TrackDeliveryArgs) -> Decision:
    """What somebody saw is taken in, also late: the newest by its own time stands."""
    delivery = _id_of(taken.command.subject)
    if not delivery:
        return Refused(BadArgs("subject"))
    known = kitchen.deliveries.get(delivery)
    if known is not None and known.command == taken.command.id:
        return Already()
    body = DeliveryTracked(args.status, args.wave, args.stop, args.temp_c, args.note)
    return Accepted((Fact("delivery_tracked", taken.command.subject, body),))


def _id_of(subject: str) -> str:
    """The delivery of a subject; empty when the subject is none of a delivery."""
    kind, _, delivery = subject.partition(":")
    if kind != "delivery":
        return ""
    try:
        return msgspec.convert(delivery, Id)
    except msgspec.ValidationError:
        return ""


def evolve_tracked(kitchen: Kitchen, event: Event, data: DeliveryTracked) -> Kitchen:
    """The newest by time stands, so that the order of arrival does not show."""
    if data.status in TOLD:
        kitchen = add_notice(kitchen, event, EVERYBODY, "delivery", "warning")
    delivery = event.subject.partition(":")[2]
    now = Delivery(
        delivery, data.status, event.at, event.command, data.wave, data.stop, data.temp_c,
        data.note,
    )  # fmt: skip
    known = kitchen.deliveries.get(delivery)
    if known is not None and _key(known) > _key(now):
        return kitchen
    newest = sorted({**kitchen.deliveries, delivery: now}.values(), key=_key)[-DELIVERIES_KEPT:]
    return msgspec.structs.replace(kitchen, deliveries={each.id: each for each in newest})


def _key(delivery: Delivery) -> tuple[int, int, str]:
    return (delivery.at.earliest_ms, delivery.at.latest_ms, delivery.command)


COMMANDS: dict[str, CommandRule] = {
    "track_delivery": command(TrackDeliveryArgs, decide_track, access.SERVER, fact=True),
}
EVENTS: dict[str, EventRule] = {"delivery_tracked": event(DeliveryTracked, evolve_tracked)}
