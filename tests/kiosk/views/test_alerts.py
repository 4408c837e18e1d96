"""The alerts page's words: order, filters, countdown and who is next, silence with a name, history, what is over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from dapur.alert import AlertActArgs, Rule, Severity, alert_subject
from dapur.batch import HoldReason
from dapur.hold import HoldBatchArgs
from dapur.ids import SYSTEM
from dapur.kitchen import SERVER_DEVICE
from dapur.progress import AdvanceBatchArgs
from dapur.sync.effects import ClockSample
from dapur.temperature import RecordTemperatureArgs
from dapur.watch import housekeeping, watch
from kiosk.app import App, Look
from kiosk.headless import Headless
from kiosk.link.status import LinkState
from kiosk.views.alerts import NEW, OWN, AlertsView
from kiosk.views.shell import ShellView
from tests.support.scene import OTHER_KIOSK, StillClock, Story, demo_plan, open_scene

COOK, OTHER, NUTRITIONIST = "s-joko", "s-sari", "s-ratna"
COLD, LATE, HELD = "G1-02", "G1-04", "G1-07"
MINUTE_MS = 60_000


def night(clock: str = "04:50") -> Story:
    """One pot is too cold at its end, one dish is held, another stands without a reading."""
    story = Story(demo_plan())
    for code in (COLD, LATE, HELD):
        for at, to in (("03:05", "preparing"), ("03:40", "cooking")):
            story.tap(at, COOK, "advance_batch", code, AdvanceBatchArgs(to=to))  # type: ignore[arg-type]
    story.tap("04:31", COOK, "record_temperature", COLD, RecordTemperatureArgs(61.8))
    story.tap("04:10", COOK, "hold_batch", HELD, HoldBatchArgs(HoldReason.ALLERGEN))
    keep_house(story, clock)
    return story


def keep_house(story: Story, clock: str) -> None:
    """The server's clock raises, escalates and resolves what is due."""
    at_ms = story.at(clock)
    for wish in housekeeping(story.kitchen, at_ms):
        story._take(at_ms, SYSTEM, SERVER_DEVICE, wish.kind, wish.subject, wish.args)


def key_of(story: Story, rule: Rule, code: str, clock: str = "04:50") -> str:
    batch = story.batch(code)
    found = watch(story.kitchen, story.at(clock))
    return next(each.key for each in found if each.rule is rule and each.about == batch)


@contextmanager
def page(
    folder: Path,
    qapp: QApplication,
    story: Story,
    clock: str = "04:50",
    *,
    actor: str = COOK,
    state: LinkState = LinkState.ONLINE,
    proven: bool = True,
) -> Iterator[tuple[App, AlertsView]]:
    def probed(kiosk: Headless) -> None:
        now = kiosk.time.mono_ms()
        kiosk.time.sample(ClockSample(now, now, now))

    look = Look(language="en", size=(1366, 768), dpi=102)
    taps = probed if proven else None
    app = open_scene(folder, qapp, story, clock, look=look, state=state, actors=(actor,), taps=taps)
    try:
        yield app, AlertsView(app.floor, ShellView(app.floor))
    finally:
        app.close()
        app.kiosk.store.close()


def pass_ms(app: App, ms: int) -> None:
    clock = app.kiosk.time._clock
    assert isinstance(clock, StillClock)
    clock.now_ms += ms


def act(story: Story, kind: str, key: str, clock: str = "04:50", actor: str = COOK) -> None:
    story.tap(clock, actor, kind, "", AlertActArgs(), subject=alert_subject(key))


async def test_rows_stand_by_severity_then_unhandled_then_time_to_escalation(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = night()
    act(story, "acknowledge_alert", key_of(story, Rule.OVERDUE, COLD))
    with page(tmp_path, qapp, story) as (app, view):
        places = {each.key: each for each in app.floor.alerts}
        rows = view.rows()
        severities = [places[row.key].severity for row in rows]
        order = [Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW]
        assert severities == sorted(severities, key=order.index)
        assert rows[0].key == key_of(story, Rule.CORE_LOW, COLD)
        high = [row for row in rows if places[row.key].severity is Severity.HIGH]
        assert [bool(row.initials) for row in high] == sorted(bool(row.initials) for row in high)
        open_high = [row.left for row in high if not row.initials]
        assert open_high == sorted(open_high)


async def test_chip_is_filled_for_nobody_yet_and_outlined_once_somebody_handles_it(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = night()
    key = key_of(story, Rule.CORE_LOW, COLD)
    with page(tmp_path, qapp, story) as (app, view):
        before = view.rows()[0]
        assert (before.key, before.chip.outlined, before.button.action) == (key, False, "handle")
        assert (before.who, before.urgent, before.bar) == ("Nobody yet", True, "alarm")
        assert "61.8 °C, limit ≥\N{NO-BREAK SPACE}75\N{NO-BREAK SPACE}°C" in before.detail
        view.handle(key)
        after = next(row for row in view.rows() if row.key == key)
        assert (after.chip.outlined, after.own, after.left) == (True, True, "–")
        assert (after.who, after.initials) == ("Joko P. (you)", "JP")
        assert after.button.action == "measure"
        assert app.floor.waiting(alert_subject(key)) == 1


async def test_filters_show_the_new_and_the_own(tmp_path: Path, qapp: QApplication) -> None:
    story = night()
    mine, theirs = key_of(story, Rule.CORE_LOW, COLD), key_of(story, Rule.OVERDUE, COLD)
    act(story, "acknowledge_alert", mine)
    act(story, "acknowledge_alert", theirs, actor=OTHER)
    with page(tmp_path, qapp, story) as (app, view):
        count = len(app.floor.alerts)
        texts = [segment.text for segment in view.look().filters.segments]
        assert texts == [f"All {count}", f"New {count - 2}", "Mine 1"]
        view.choose_filter(OWN)
        assert [row.key for row in view.rows()] == [mine]
        view.choose_filter(NEW)
        shown = {row.key for row in view.rows()}
        assert len(shown) == count - 2
        assert not shown & {mine, theirs}


async def test_countdown_runs_and_names_the_next_person_until_it_went_up(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = night()
    key = key_of(story, Rule.CORE_LOW, COLD)
    with page(tmp_path / "a", qapp, story) as (app, view):
        raised_ms = story.kitchen.alerts[key].raised_ms
        due_ms = raised_ms + 5 * MINUTE_MS
        row = view.rows()[0]
        assert row.left == app.floor.span(due_ms - app.floor.now_ms)
        assert row.left_note == "to Ratna Puspita"
        pass_ms(app, 30_000)
        assert view.rows()[0].left == app.floor.span(due_ms - app.floor.now_ms)
    keep_house(story, "04:53")
    with page(tmp_path / "b", qapp, story, "04:53") as (_, view):
        row = view.rows()[0]
        assert (row.who_note, row.left_note) == ("Ratna P. was told", "to Hendra Gunawan")
        detail = view.detail(key)
        assert detail is not None
        titles = [line.title for line in detail.history]
        assert titles[:2] == ["Raised", "Went up to Ratna Puspita"]
        assert titles[-1].startswith("Goes up to Hendra Gunawan in ")


async def test_countdown_that_ended_offline_says_that_the_server_must_say_it(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = night()
    with page(tmp_path, qapp, story, state=LinkState.OFFLINE) as (app, view):
        pass_ms(app, 30 * MINUTE_MS)
        row = next(row for row in view.rows() if row.urgent)
        assert (row.left, row.left_note) == ("00:00", "goes up once online")


async def test_alert_that_only_an_offline_kiosk_saw_is_handled_there_and_stands_once(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = night("04:20")
    with page(tmp_path, qapp, story, state=LinkState.OFFLINE) as (app, view):
        key = key_of(story, Rule.CORE_LOW, COLD)
        assert key not in app.floor.kitchen.alerts
        detail = view.detail(key)
        assert detail is not None
        assert detail.number == "not in the log yet"
        view.handle(key)
        rows = [row for row in view.rows() if row.key == key]
        assert [row.who for row in rows] == ["Joko P. (you)"]
    # The server raised it meanwhile, and the other kiosk's tap comes too: one alert, one key.
    keep_house(story, "04:50")
    act(story, "acknowledge_alert", key, "04:51")
    act(story, "acknowledge_alert", key, "04:51", actor=OTHER)
    with page(tmp_path / "b", qapp, story, "04:52", actor=OTHER) as (_, view):
        assert [row.who for row in view.rows() if row.key == key] == ["Joko P."]


async def test_mute_counts_down_names_who_and_is_offered_again_when_it_is_over(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = night()
    with page(tmp_path, qapp, story) as (app, view):
        assert view.look().mute.enabled
        view.mute()
        look = view.look()
        assert (look.mute.enabled, look.mute.text) == (False, "Mute 02:00")
        assert look.muted == "This kiosk is mute for 02:00, by Joko P."
        for record in app.floor.kitchen.alerts.values():
            if record.severity is Severity.CRITICAL and record.resolved_ms is None:
                assert [mute.until_ms - app.floor.now_ms for mute in record.mutes] == [120_000]
        pass_ms(app, 120_000)
        look = view.look()
        assert (look.mute.enabled, look.muted) == (True, "")
        detail = view.detail(key_of(story, Rule.CORE_LOW, COLD))
        assert detail is not None
        assert {"Muted for 2 minutes by Joko P.", "Sounds again"} <= {
            line.title for line in detail.history
        }


async def test_mute_ends_after_two_minutes_on_a_kiosk_that_does_not_know_the_time(
    tmp_path: Path, qapp: QApplication
) -> None:
    with page(tmp_path, qapp, night(), proven=False) as (app, view):
        app.start_sounds()
        app.floor.ticked.emit()
        view.mute()
        app.floor.ticked.emit()
        assert view.look().mute.text == "Mute 02:00"
        pass_ms(app, 119_000)
        app.floor.ticked.emit()
        assert view.look().mute.text == "Mute 00:01"
        pass_ms(app, 1_000)
        app.floor.ticked.emit()
        assert view.look().mute.enabled


async def test_mute_of_the_other_kiosk_is_told_here_and_mutes_nothing_here(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = night()
    key = key_of(story, Rule.CORE_LOW, COLD)
    subject = alert_subject(key)
    story.tap("04:50", OTHER, "mute_alert", "", AlertActArgs(), subject=subject, device=OTHER_KIOSK)
    with page(tmp_path, qapp, story) as (_, view):
        look = view.look()
        assert look.muted == "Another kiosk is mute for 02:00, by Sari W."
        assert look.mute.enabled


async def test_resolved_alert_is_listed_with_who_and_how_long_and_links_what_came_back(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = night()
    key = key_of(story, Rule.OVERDUE, COLD)
    low = key_of(story, Rule.CORE_LOW, COLD)
    act(story, "acknowledge_alert", low)
    story.tap("04:55", COOK, "record_temperature", COLD, RecordTemperatureArgs(82.7))
    keep_house(story, "04:56")
    # The same condition comes back: the server said it was over, the clock says it still holds.
    at_ms = story.at("04:57")
    subject = alert_subject(key)
    story._take(at_ms, SYSTEM, SERVER_DEVICE, "resolve_alert", subject, AlertActArgs())
    keep_house(story, "04:58")
    with page(tmp_path, qapp, story, "04:58") as (_, view):
        resolved = {each.key: each for each in view.look().resolved}
        assert "61.8 → 82.7 °C" in resolved[low].detail
        assert resolved[low].who.startswith("Joko P. · ")
        assert resolved[key].who.startswith("over by itself · ")
        detail = view.detail(f"{key}:2")
        assert detail is not None
        number = f"A-{story.kitchen.alerts[key].number:04d}"
        assert f"{number} was over, then it came back" in [each.title for each in detail.history]


@pytest.mark.parametrize(
    ("rule", "code", "action"),
    [
        (Rule.CORE_LOW, COLD, "measure"),
        (Rule.HELD_LONG, HELD, "release"),
        (Rule.UNMEASURED, LATE, "measure"),
    ],
)
async def test_row_of_a_handled_alert_offers_what_resolves_it(
    tmp_path: Path, qapp: QApplication, rule: Rule, code: str, action: str
) -> None:
    story = night("05:10")
    key = key_of(story, rule, code, "05:10")
    who = NUTRITIONIST if rule is Rule.HELD_LONG else COOK
    if rule is Rule.HELD_LONG:
        who = "s-siti"
    act(story, "acknowledge_alert", key, "05:10", who)
    with page(tmp_path, qapp, story, "05:10") as (_, view):
        row = next(each for each in view.rows() if each.key == key)
        assert row.button.action == action
