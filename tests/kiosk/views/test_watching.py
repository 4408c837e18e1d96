"""The board's memory of alerts says what the rules say, whatever came between two looks."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dapur.alert import AlertRecord, Severity
from dapur.watch import watch
from kiosk.views.watching import Watching
from tests.support.taps import Night, at, batch_at, plan_args

DISHES = ("b1", "b2", "b3")


def kitchen_of_three() -> Night:
    night = batch_at("cooking")
    for name in DISHES[1:]:
        night.tap("plan_batch", name, plan_args(code=f"G1-{name}"), actor="s-kepala")
    return night


def about_batches(night: Night, alerts: object) -> set[str]:
    return {each.key for each in alerts if each.about in DISHES}  # type: ignore[attr-defined]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_memory_of_alerts_says_what_the_rules_say_after_every_tap(data: st.DataObject) -> None:
    night, watching = kitchen_of_three(), Watching()
    minute, beat = 150.0, 0
    for _ in range(data.draw(st.integers(1, 12))):
        what = data.draw(st.sampled_from(("cold", "hot", "hold", "wait", "advance")))
        name = data.draw(st.sampled_from(DISHES))
        if what in ("cold", "hot"):
            args = {"value_c": 31.0 if what == "cold" else 82.0}
            night.tap("record_temperature", name, args, minute=minute)
        elif what == "hold":
            night.tap("hold_batch", name, {"reason": "EQUIPMENT"}, minute=minute)
        elif what == "advance":
            night.tap("advance_batch", name, {"to": "preparing"}, minute=minute)
        else:
            minute += data.draw(st.sampled_from((1.0, 40.0, 120.0)))
            beat += 1
        watching.look(night.kitchen, at(minute), beat)
        right = watch(night.kitchen, at(minute))
        assert about_batches(night, watching.alerts) == about_batches(night, right)
        for batch, alerts in watching.about.items():
            assert [each.about for each in alerts] == [batch] * len(alerts)
            assert all(each.severity is not Severity.LOW for each in alerts)
    watching.look(night.kitchen, at(minute) + 1000, beat + 1)
    assert watching.alerts == watch(night.kitchen, at(minute) + 1000)


def test_memory_of_alerts_gives_the_same_tuple_until_one_changes() -> None:
    night, watching = kitchen_of_three(), Watching()
    watching.look(night.kitchen, at(400), 1)
    before = watching.alerts
    assert before
    night.tap("record_temperature", "b1", {"value_c": 82.0}, minute=400)
    watching.look(night.kitchen, at(400) + 10, 1)
    watching.look(night.kitchen, at(400) + 20, 1)
    assert watching.alerts is before or watching.alerts != before
    kept = watching.alerts
    watching.look(night.kitchen, at(400) + 30, 1)
    assert watching.alerts is kept


def test_memory_of_alerts_follows_what_is_noted_of_them_between_two_beats() -> None:
    night, watching = kitchen_of_three(), Watching()
    kitchen, now_ms = night.kitchen, at(400)
    watching.look(kitchen, now_ms, 1)
    for number, each in enumerate(watch(kitchen, now_ms)):
        record = AlertRecord(
            each.key, number, each.rule, each.about, each.severity, now_ms - 7, each.chain
        )
        kitchen = replace(kitchen, alerts={**kitchen.alerts, each.key: record})
        watching.look(kitchen, now_ms, 1)
        assert watching.alerts == watch(kitchen, now_ms)
        resolved = replace(record, resolved_ms=now_ms)
        kitchen = replace(kitchen, alerts={**kitchen.alerts, each.key: resolved})
        watching.look(kitchen, now_ms, 1)
        assert watching.alerts == watch(kitchen, now_ms)
    assert len(kitchen.alerts) > 1
    watching.look(night.kitchen, now_ms, 1)
    assert watching.alerts == watch(night.kitchen, now_ms)
