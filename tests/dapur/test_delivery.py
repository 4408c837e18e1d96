"""Deliveries as the platform tells of them: late news, the same news twice, news that everybody must hear."""

from __future__ import annotations

import pytest

from dapur.delivery import DELIVERIES_KEPT, DeliveryStatus
from dapur.ids import KIOSK as KIOSK_ITSELF
from dapur.ids import SYSTEM
from dapur.wire.messages import Outcome
from tests.support.taps import DATE, Night, staffed

SUBJECT = "delivery:D-1"


def track(
    night: Night, status: str, minute: float, *, subject: str = SUBJECT, tap_id: str | None = None
) -> Outcome:
    """The platform says where a delivery was at that minute."""
    taken = night.taken(
        "track_delivery", subject, {"status": status}, actor=SYSTEM, minute=minute,
        tap_id=tap_id,
    )  # fmt: skip
    return night.give(taken).outcome


def test_delivery_keeps_the_newest_by_its_own_time_when_older_news_comes_later() -> None:
    night = staffed()
    standing: list[DeliveryStatus] = []
    for status, minute in (("DELIVERED", 420), ("DEPARTED", 400), ("RETURNED", 430)):
        track(night, status, minute)
        standing.append(night.kitchen.deliveries["D-1"].status)
    wanted = (DeliveryStatus.DELIVERED, DeliveryStatus.DELIVERED, DeliveryStatus.RETURNED)
    assert tuple(standing) == wanted


def test_delivery_said_twice_by_the_same_message_is_already_known() -> None:
    night = staffed()
    assert track(night, "DEPARTED", 400, tap_id="m-1") is Outcome.APPLIED
    assert track(night, "DEPARTED", 400, tap_id="m-1") is Outcome.ALREADY


@pytest.mark.parametrize("status", ["PARTIAL", "FAILED", "RETURNED", "CANCELLED"])
def test_everybody_is_told_when_food_did_not_arrive(status: str) -> None:
    night = staffed()
    track(night, "DEPARTED", 400)
    assert not night.kitchen.notices
    track(night, status, 410)
    told = [(each.kind, each.to, each.level) for each in night.kitchen.notices]
    assert told == [("delivery", "", "warning")]


@pytest.mark.parametrize("subject", ["delivery:", "delivery", "D-1", "alert:D-1", "delivery:a b"])
def test_delivery_without_a_usable_name_is_refused(subject: str) -> None:
    assert track(staffed(), "DEPARTED", 400, subject=subject) is Outcome.REFUSED


@pytest.mark.parametrize("actor", ["s-kepala", "s-cook", KIOSK_ITSELF])
def test_only_the_server_tells_of_deliveries(actor: str) -> None:
    night = staffed()
    taken = night.taken("track_delivery", SUBJECT, {"status": "DEPARTED"}, actor=actor)
    assert night.give(taken).outcome is Outcome.REFUSED
    assert not night.kitchen.deliveries


def test_kitchen_keeps_so_many_deliveries_and_forgets_them_with_the_night() -> None:
    night = staffed()
    for number in range(DELIVERIES_KEPT + 5):
        track(night, "DEPARTED", 400 + number / 60, subject=f"delivery:D-{number}")
    assert len(night.kitchen.deliveries) == DELIVERIES_KEPT
    assert "D-0" not in night.kitchen.deliveries
    night.tap("close_night", "night:kitchen", {"serving_date": DATE}, actor="s-kepala")
    assert not night.kitchen.deliveries
    assert not [key for key in night.kitchen.versions if key.startswith("delivery:")]
