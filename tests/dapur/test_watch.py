"""What a clock adds: each alert holds exactly when its condition does, once, and resolves by the
state.
"""

from __future__ import annotations

import msgspec
import pytest

from dapur.alert import Rule, Severity, escalates_ms, open_alerts
from dapur.ids import SYSTEM
from dapur.watch import housekeeping, watch
from dapur.wire.messages import Outcome
from tests.support.situations import BATCH, SITUATIONS
from tests.support.taps import DATE, KIOSK, Night, at, batch_at


def _rules(night: Night, minute: float) -> set[Rule]:
    return {alert.rule for alert in watch(night.kitchen, at(minute)) if alert.about == BATCH}


def _keep_house(night: Night, minute: float) -> list[str]:
    wishes = housekeeping(night.kitchen, at(minute))
    for wish in wishes:
        taking = night.tap(wish.kind, wish.subject, wish.args, actor=SYSTEM, minute=minute)
        assert taking.outcome is Outcome.APPLIED
    return [wish.kind for wish in wishes]


@pytest.mark.parametrize(
    ("situation", "rule", "before", "after"),
    [
        ("planned", Rule.LATE_START, 129, 130),
        ("preparing", Rule.LATE_START, 129, 130),
        ("preparing", Rule.OVERDUE, 274, 275),
        ("cooking", Rule.UNMEASURED, 140, 141),
        ("quality_check", Rule.QC_WAITING, 264, 265),
        ("quality_check", Rule.WINDOW_CLOSING, 429, 430),
        ("completed", Rule.WINDOW_OVER, 489, 490),
    ],
)
def test_an_alert_begins_after_its_delay_and_not_a_minute_before(
    situation: str, rule: Rule, before: float, after: float
) -> None:
    night = SITUATIONS[situation]()
    assert rule not in _rules(night, before)
    assert rule in _rules(night, after)


def test_a_low_core_alarms_only_near_the_planned_end_and_resolves_by_a_reading() -> None:
    night = batch_at("cooking")
    night.tap("record_temperature", BATCH, {"value_c": 61.8}, minute=260)
    assert Rule.CORE_LOW not in _rules(night, 265)
    assert Rule.CORE_LOW in _rules(night, 273)
    night.tap("record_temperature", BATCH, {"value_c": 76.0}, minute=274)
    assert Rule.CORE_LOW not in _rules(night, 275)


def test_a_second_low_reading_is_the_same_alert() -> None:
    night = batch_at("cooking")
    keys = []
    for minute, value in ((260, 61.8), (274, 66.0)):
        night.tap("record_temperature", BATCH, {"value_c": value}, minute=minute)
        keys += [a.key for a in watch(night.kitchen, at(280)) if a.rule is Rule.CORE_LOW]
    assert len(set(keys)) == 1


def test_hot_holding_below_its_limit_alarms_and_a_tray_does_not() -> None:
    night = batch_at("completed")
    args: dict[str, object] = {"value_c": 45.0, "point": "tray"}
    night.tap("record_temperature", BATCH, args, minute=300)
    assert Rule.HOLDING_OUT not in _rules(night, 301)
    night.tap("record_temperature", BATCH, args | {"point": "hot_hold"}, minute=302)
    assert Rule.HOLDING_OUT in _rules(night, 303)


@pytest.mark.parametrize(
    ("stage", "point", "rule"),
    [
        ("cooking", "core", Rule.CORE_LOW),
        ("quality_check", "core", Rule.COLD_LEFT_HEAT),
        ("quality_check", "hot_hold", Rule.HOLDING_OUT),
    ],
)
def test_an_alert_about_readings_stays_the_same_whatever_low_reading_comes(
    stage: str, point: str, rule: Rule
) -> None:
    night = batch_at(stage)
    keys: set[str] = set()
    # The last one was taken before the others, on a kiosk without a line.
    for minute, value in ((275, 50.0), (277, 48.0), (272, 45.0)):
        args = {"value_c": value, "point": point}
        night.tap("record_temperature", BATCH, args, minute=minute)
        _keep_house(night, 280)
        keys |= {alert.key for alert in open_alerts(night.kitchen) if alert.rule is rule}
    assert len(keys) == 1


def test_two_servers_and_a_kiosk_that_name_a_run_of_readings_differently_make_one_alert() -> None:
    night = batch_at("quality_check")
    night.tap("record_temperature", BATCH, {"value_c": 50.0}, minute=275)
    (first,) = (a for a in watch(night.kitchen, at(276)) if a.rule is Rule.COLD_LEFT_HEAT)
    args = {"rule": first.rule, "about": first.about, "since_ms": first.since_ms}
    night.tap("raise_alert", f"alert:{first.key}", args, actor=SYSTEM, minute=276)
    other = f"alert:{first.rule}:{BATCH}:another-reading"
    again = night.tap("raise_alert", other, args, actor=SYSTEM, minute=276)
    assert again.outcome is Outcome.ALREADY
    handled = night.tap("acknowledge_alert", other, {"seen": args}, actor="s-cook", minute=277)
    assert [event.kind for event in handled.events] == ["alert_acknowledged"]
    assert [a.owner for a in open_alerts(night.kitchen) if a.key == first.key] == ["s-cook"]


def test_a_hold_that_nobody_decides_alarms() -> None:
    night = batch_at("cooking")
    night.tap("hold_batch", BATCH, {"reason": "allergen"}, minute=200)
    assert Rule.HELD_LONG not in _rules(night, 219)
    assert Rule.HELD_LONG in _rules(night, 220)


def test_a_wave_that_cannot_be_ready_is_at_risk() -> None:
    night = batch_at("cooking")
    waves = [a.about for a in watch(night.kitchen, at(200)) if a.rule is Rule.DEPARTURE_AT_RISK]
    assert waves == []
    late = batch_at("planned")
    waves = [a.about for a in watch(late.kitchen, at(200)) if a.rule is Rule.DEPARTURE_AT_RISK]
    assert waves == ["G1"]


def test_cooking_before_the_policys_hour_is_told() -> None:
    night = batch_at("preparing")
    night.tap("advance_batch", BATCH, {"to": "cooking"}, minute=-30)
    assert Rule.COOKED_TOO_EARLY in _rules(night, 30)


def test_the_server_raises_each_alert_once_escalates_and_resolves_it() -> None:
    night = SITUATIONS["planned"]()
    assert "raise_alert" in _keep_house(night, 130)
    assert _keep_house(night, 130) == []
    (record,) = [each for each in open_alerts(night.kitchen) if each.rule is Rule.LATE_START]
    assert record.severity is Severity.HIGH
    assert escalates_ms(record, night.kitchen.policy) == at(145)
    assert _keep_house(night, 145) == ["escalate_alert"]
    night.tap("advance_batch", BATCH, {"to": "preparing"}, minute=146)
    night.tap("advance_batch", BATCH, {"to": "cooking"}, minute=147)
    assert "resolve_alert" in _keep_house(night, 148)
    assert record.key not in {each.key for each in open_alerts(night.kitchen)}


def test_handling_an_alert_stops_its_escalation_but_does_not_resolve_it() -> None:
    night = SITUATIONS["planned"]()
    _keep_house(night, 130)
    (record,) = open_alerts(night.kitchen)
    subject = f"alert:{record.key}"
    assert night.tap("acknowledge_alert", subject, actor="s-driver").code == "not_addressed"
    assert night.tap("acknowledge_alert", subject, actor="s-cook").code == ""
    (record,) = open_alerts(night.kitchen)
    assert record.owner == "s-cook"
    assert escalates_ms(record, night.kitchen.policy) is None
    assert night.tap("acknowledge_alert", subject, actor="s-kepala").outcome is Outcome.ALREADY


def test_an_offline_kiosk_handles_an_alert_that_only_it_saw() -> None:
    night = SITUATIONS["planned"]()
    (alert,) = watch(night.kitchen, at(130))
    seen = {"rule": alert.rule, "about": alert.about, "since_ms": alert.since_ms}
    taking = night.tap("acknowledge_alert", f"alert:{alert.key}", {"seen": seen}, minute=130)
    assert [event.kind for event in taking.events] == ["alert_raised", "alert_acknowledged"]
    assert _keep_house(night, 130) == []
    other = night.tap("acknowledge_alert", "alert:made-up", {"seen": seen})
    assert other.code == "unknown_alert"


def test_a_condition_that_comes_back_is_a_new_alert() -> None:
    night = SITUATIONS["planned"]()
    _keep_house(night, 130)
    (first,) = open_alerts(night.kitchen)
    night.tap("resolve_alert", f"alert:{first.key}", actor=SYSTEM, minute=131)
    (again,) = watch(night.kitchen, at(132))
    assert again.key == f"{first.key}:2"


def test_an_alert_that_came_back_stays_the_only_one_when_its_batch_outlives_the_night() -> None:
    night = SITUATIONS["planned"]()
    _keep_house(night, 130)
    (first,) = open_alerts(night.kitchen)
    night.tap("resolve_alert", f"alert:{first.key}", actor=SYSTEM, minute=131)
    _keep_house(night, 132)
    closing = {"serving_date": DATE, "leave_open": ["b1"]}
    assert night.tap("close_night", "night:kitchen", closing, actor="s-kepala").code == ""
    assert _keep_house(night, 133) == []
    (standing,) = open_alerts(night.kitchen)
    assert standing.key == f"{first.key}:2"


def test_a_mute_is_two_minutes_and_everybody_sees_who() -> None:
    night = SITUATIONS["planned"]()
    _keep_house(night, 130)
    (record,) = open_alerts(night.kitchen)
    night.tap("mute_alert", f"alert:{record.key}", actor="s-cook", minute=131)
    (record,) = open_alerts(night.kitchen)
    assert [(m.device, m.actor, m.until_ms) for m in record.mutes] == [(KIOSK, "s-cook", at(133))]


def test_watching_changes_nothing_and_two_replicas_see_the_same() -> None:
    night = batch_at("quality_check")
    copy = msgspec.json.decode(msgspec.json.encode(night.kitchen), type=type(night.kitchen))
    assert watch(copy, at(500)) == watch(night.kitchen, at(500))
