"""What a night means to the platform, event by event, in its own six statuses."""

from __future__ import annotations

import pytest

from dapur.envelope import SCHEMA, decode_event
from dapur.ids import KitchenId
from dapur.kitchen import Kitchen, empty, evolve
from dapur.stage import STATUS
from server.bridge.message import Message
from server.bridge.names import TOLD
from server.bridge.outward import Step, messages
from tests.support.taps import DATE, WAVES, Night, at, batch_at

BATCH = "b1"


def told(night: Night) -> list[Message]:
    """All that the platform hears of a night."""
    state: Kitchen = empty(KitchenId("sppg-1"))
    found: list[Message] = []
    for seq, body in enumerate(night.events, 1):
        event = decode_event(body)
        after = evolve(state, event)
        found += messages(Step(event, state, after), epoch="e-1", seq=seq)
        state = after
    assert state == night.kitchen
    return found


def of(topic: str, found: list[Message]) -> list[Message]:
    """Those of one topic."""
    return [message for message in found if message.topic == topic]


def test_statuses_of_a_night_are_the_six_and_come_in_order() -> None:
    night = batch_at("completed")
    found = of("production:status", told(night))
    statuses: list[object] = []
    for message in found:
        if message.data["batchId"] == BATCH and message.data["status"] not in statuses[-1:]:
            statuses.append(message.data["status"])
    assert statuses == ["PLANNED", "PREPARING", "COOKING", "QUALITY_CHECK", "COMPLETED"]
    assert {message.data["status"] for message in found} <= set(STATUS.values())
    assert {message.type for message in found} <= {
        "production.planned", "production.stage_changed", "production.progress",
    }  # fmt: skip


def test_completed_batch_uses_stock_and_its_undoing_gives_it_back() -> None:
    night = batch_at("completed")
    completing = next(
        decode_event(body).command
        for body in reversed(night.events)
        if decode_event(body).kind == "batch_completed"
    )
    night.tap("undo", BATCH, {"tap": completing})
    used, undone = of("inventory:usage", told(night))
    assert (used.type, undone.type) == ("inventory.stock_used", "inventory.stock_use_undone")
    assert used.data["items"] == [{"name": "Ayam", "quantityUsed": 42.5, "unit": "kg"}]
    assert used.data["portions"] == undone.data["portions"]


def test_hold_rides_beside_the_status() -> None:
    night = batch_at("cooking")
    night.tap("hold_batch", BATCH, {"reason": "allergen"}, actor="s-qc")
    held = of("production:status", told(night))[-1]
    assert held.type == "production.hold_changed"
    assert (held.data["status"], held.data["held"]) == ("COOKING", True)
    assert held.data["holds"] == [{"number": 1, "reason": "allergen", "critical": False}]
    assert of("distribution:tracking", told(night))[-1].data["stage"] == "held"


def test_discarded_batch_is_cancelled_to_the_platform_with_its_reason() -> None:
    night = batch_at("cooking")
    night.tap(
        "discard_batch", BATCH, {"portions": 214, "reason": "panci tumpah semua"}, actor="s-kepala"
    )
    last = of("production:status", told(night))[-1]
    assert (last.data["status"], last.data["stage"]) == ("CANCELLED", "discarded")
    assert last.data["reason"] == "panci tumpah semua"


def test_readings_checks_people_and_alerts_have_messages_of_their_own() -> None:
    night = batch_at("checked")
    night.tap("give_verdict", BATCH, {"passed": True}, actor="s-gizi")
    night.tap("assign_crew", BATCH, {"staff": "s-cook", "post": "lead"}, actor="s-hrd")
    night.tap("release_crew", BATCH, {"staff": "s-cook"}, actor="s-hrd")
    alert = {"rule": "overdue", "about": BATCH, "since_ms": at(300)}
    subject = f"alert:overdue:{BATCH}:1"
    night.tap("raise_alert", subject, alert, actor="system")
    night.tap("acknowledge_alert", subject, {}, actor="s-kepala")
    night.tap("escalate_alert", subject, {"level": 1}, actor="system")
    night.tap("resolve_alert", subject, {}, actor="system")
    found = told(night)
    assert of("production:temperature", found)[0].data["unit"] == "C"
    quality = of("production:quality", found)
    assert {"production.quality_checked", "production.quality_verdict"} == {
        message.type for message in quality
    }
    staff = of("staff:activity", found)[-2:]
    assert [message.type for message in staff] == ["staff.assigned", "staff.released"]
    assert [message.data["workload"] for message in staff] == [1, 0]
    alerts = of("production:alerts", found)
    assert [message.data["state"] for message in alerts][:2] == ["raised", "acknowledged"]
    assert alerts[-1].data["state"] == "resolved"
    assert alerts[0].data["severity"] == "HIGH"
    assert alerts[0].actor is None
    assert alerts[1].actor == {"id": "s-kepala", "device": "kiosk-1"}


def test_wave_is_told_when_its_state_changes_and_only_then() -> None:
    found = of("distribution:tracking", told(batch_at("completed")))
    first = [message for message in found if message.data["waveId"] == "G1"]
    assert [message.data["stage"] for message in first] == ["scheduled", "preparing", "ready"]
    assert [message.data["status"] for message in first] == ["SCHEDULED", "PREPARING", "PREPARING"]
    assert first[0].data["portions"] == WAVES[0].portions
    assert first[0].data["distributionId"] == f"{DATE}-G1"
    assert len([message for message in found if message.data["waveId"] == "G2"]) == 1


def test_delivery_that_the_platform_told_us_is_not_told_back() -> None:
    night = batch_at("completed")
    before = len(told(night))
    night.tap("track_delivery", "delivery:D-1", {"status": "DEPARTED"}, actor="system")
    assert len(told(night)) == before


@pytest.mark.parametrize("stage", ["planned", "cooking", "checked", "completed"])
def test_every_message_of_a_night_has_its_own_id_and_a_known_topic(stage: str) -> None:
    found = told(batch_at(stage))
    assert len({message.id for message in found}) == len(found)
    assert {message.topic for message in found} <= set(TOLD)
    assert [message.seq for message in found] == sorted(message.seq for message in found)
    assert {message.time[-6:] for message in found} <= {"+07:00"}


def test_event_of_a_later_release_is_passed_over() -> None:
    night = batch_at("cooking")
    event = decode_event(night.events[-1])
    later = type(event)(
        "soup_tasted", event.subject, event.data, event.command, event.actor, event.session,
        event.device, event.at, event.recorded_ms, SCHEMA + 1, SCHEMA + 1,
    )  # fmt: skip
    after = evolve(night.kitchen, later)
    assert messages(Step(later, night.kitchen, after), epoch="e-1", seq=9) == ()
