"""What is heard where: by severity, by role, by who did it; never twice for one cause, never after a mute's end."""

from __future__ import annotations

import msgspec

from dapur.alert import MUTE_MS, AlertActArgs, alert_subject
from dapur.batch import HoldReason
from dapur.hold import HoldBatchArgs
from dapur.ids import SYSTEM, StaffId
from dapur.kitchen import SERVER_DEVICE
from dapur.progress import AdvanceBatchArgs
from dapur.temperature import RecordTemperatureArgs
from dapur.watch import housekeeping, watch
from kiosk.views.sound.kinds import Kind
from kiosk.views.sound.ringing import AGAIN_MS, REMIND_MS, Here, Ringing
from tests.support.scene import KIOSK, OTHER_KIOSK, Story, demo_plan

COOK, DRIVER = StaffId("s-joko"), StaffId("s-slamet")
CODE = "G1-02"


class Ear:
    """One kiosk's ringing over a story, with a steady clock of its own."""

    def __init__(self, story: Story, *present: StaffId, device: str = KIOSK) -> None:
        self.story, self.here = story, Here(device, frozenset(present))
        self.ringing = Ringing()

    def hear(self, clock: str, after_ms: int = 0) -> Kind | None:
        now_ms = self.story.at(clock) + after_ms
        kitchen = self.story.kitchen
        return self.ringing.look(
            kitchen, watch(kitchen, now_ms), self.here, now_ms=now_ms, mono_ms=now_ms
        )


def cooking() -> Story:
    """A night on which a pot should be warm at 04.00 and is not; the others are not begun."""
    story = Story(demo_plan())
    for clock, to in (("03:05", "preparing"), ("03:10", "cooking")):
        story.tap(clock, COOK, "advance_batch", CODE, AdvanceBatchArgs(to=to))  # type: ignore[arg-type]
    return story


def cold_and_out(story: Story, clock: str) -> str:
    """The pot leaves the heat cold: a critical alert; its key."""
    story.tap(clock, COOK, "record_temperature", CODE, RecordTemperatureArgs(61.8))
    batch = story.kitchen.batches[story.batch(CODE)]  # type: ignore[index]
    kitchen = story.kitchen
    late = batch.plan.ready_ms + 60 * 60_000
    return next(each.key for each in watch(kitchen, late) if each.rule == "core_low")


def keep_house(story: Story, clock: str) -> None:
    """The server's clock raises what holds."""
    at_ms = story.at(clock)
    for wish in housekeeping(story.kitchen, at_ms):
        story._take(at_ms, SYSTEM, SERVER_DEVICE, wish.kind, wish.subject, wish.args)


def test_kiosk_repeats_a_critical_alert_until_somebody_handles_it() -> None:
    story = cooking()
    ear = Ear(story, COOK)
    assert ear.hear("04:00") is None
    key = cold_and_out(story, "04:01")
    clock = "05:40"
    assert any(each.key == key for each in watch(story.kitchen, story.at(clock)))
    assert ear.hear(clock) is Kind.CRITICAL
    assert ear.hear(clock, AGAIN_MS - 1) is not Kind.CRITICAL
    assert ear.hear(clock, AGAIN_MS) is Kind.CRITICAL
    keep_house(story, clock)
    story.tap(clock, COOK, "acknowledge_alert", "", AlertActArgs(), subject=alert_subject(key))
    assert ear.hear(clock, 3 * AGAIN_MS) is not Kind.CRITICAL


def test_restart_replays_no_old_alert_but_a_critical_one_that_nobody_handles() -> None:
    story = cooking()
    cold_and_out(story, "04:01")
    keep_house(story, "05:40")
    ear = Ear(story, COOK)
    assert ear.hear("05:40") is Kind.CRITICAL
    quiet = Ear(Story(demo_plan()), COOK)
    late = "03:50"
    assert watch(quiet.story.kitchen, quiet.story.at(late)), "something is late"
    assert quiet.hear(late) is None
    assert quiet.hear(late, REMIND_MS) is None


def test_late_start_sounds_once_and_once_more_after_a_minute() -> None:
    ear = Ear(Story(demo_plan()), COOK)
    assert ear.hear("01:00") is None
    late = "05:30"
    assert ear.hear(late) is Kind.LATE
    assert ear.hear(late, REMIND_MS - 1) is None
    assert ear.hear(late, REMIND_MS) is Kind.LATE
    assert ear.hear(late, 3 * REMIND_MS) is None


def test_high_alert_sounds_where_it_is_addressed_or_nobody_is_signed_in() -> None:
    story = Story(demo_plan())
    for present, expected in (((COOK,), Kind.LATE), ((), Kind.LATE), ((DRIVER,), None)):
        ear = Ear(story, *present)
        ear.hear("01:00")
        assert ear.hear("05:30") is expected


def test_mute_silences_one_kiosk_for_two_minutes_and_no_longer_whatever_its_clock_says() -> None:
    story = cooking()
    here, there = Ear(story, COOK), Ear(story, device=OTHER_KIOSK)
    here.hear("04:00")
    there.hear("04:00")
    key = cold_and_out(story, "04:01")
    clock = "05:40"
    keep_house(story, clock)
    story.tap(clock, COOK, "mute_alert", "", AlertActArgs(), subject=alert_subject(key))
    record = story.kitchen.alerts[key]
    # The log may hold a later end: an offline kiosk that did not know the time.
    (mute,) = record.mutes
    far = msgspec.structs.replace(mute, until_ms=mute.until_ms + 3_600_000)
    longer = msgspec.structs.replace(record, mutes=(far,))
    story.kitchen = msgspec.structs.replace(
        story.kitchen, alerts={**story.kitchen.alerts, key: longer}
    )
    assert here.hear(clock) is not Kind.CRITICAL
    assert there.hear(clock) is Kind.CRITICAL
    assert here.hear(clock, MUTE_MS - 1) is not Kind.CRITICAL
    assert here.hear(clock, MUTE_MS) is Kind.CRITICAL


def test_hold_sounds_on_the_other_kiosk_only() -> None:
    story = cooking()
    own, other = Ear(story, COOK, device=KIOSK), Ear(story, COOK, device=OTHER_KIOSK)
    own.hear("03:20")
    other.hear("03:20")
    story.tap("03:21", COOK, "hold_batch", CODE, HoldBatchArgs(HoldReason.ALLERGEN), device=KIOSK)
    assert own.hear("03:21") is None
    assert other.hear("03:21") is Kind.HOLD
    assert other.hear("03:21", AGAIN_MS) is None


def test_hold_that_arrives_after_hours_offline_is_not_rung_for() -> None:
    story = cooking()
    other = Ear(story, COOK, device=OTHER_KIOSK)
    other.hear("03:20")
    story.tap("03:21", COOK, "hold_batch", CODE, HoldBatchArgs(HoldReason.ALLERGEN))
    assert other.hear("03:40") is not Kind.HOLD
