"""What the supervisor's desk says: figures with their base, the timeline, the side, the table, against a told night."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from dapur.alert import AlertActArgs, RaiseAlertArgs, alert_subject
from dapur.batch import HoldReason, Item
from dapur.hold import HoldBatchArgs
from dapur.ids import SYSTEM
from dapur.kitchen import SERVER_DEVICE
from dapur.progress import AdvanceBatchArgs, FinishStepArgs
from dapur.quality import GiveVerdictArgs, RecordCheckArgs
from dapur.temperature import RecordTemperatureArgs
from dapur.watch import watch
from kiosk.app import App, Look
from kiosk.link.status import LinkState
from kiosk.views.summary import SummaryView
from kiosk.views.summary_looks import GanttRow, KpiLook, LineLook, MiniLook, TableRow
from kiosk.views.summary_side import alerts
from kiosk.views.summary_tiles import TOGETHER
from kiosk.views.words import Language
from tests.support.scene import Story, demo_plan, open_scene

MINUTE_MS = 60_000
CHICKEN, RICE, STEAMED = "G1-02", "G1-01", "G1-07"


def advance(story: Story, clock: str, code: str, to: str) -> None:
    story.tap(clock, "s-joko", "advance_batch", code, AdvanceBatchArgs(to=to))  # type: ignore[arg-type]


def cook(story: Story, code: str, *, prepared: str, cooked: str) -> None:
    advance(story, prepared, code, "preparing")
    advance(story, cooked, code, "cooking")


def measure(story: Story, clock: str, code: str, value_c: float) -> None:
    story.tap(clock, "s-joko", "record_temperature", code, RecordTemperatureArgs(value_c))


def to_check(story: Story, clock: str, code: str) -> None:
    steps = next(each for each in story.plan.batches if each.code == code).steps
    for step in range(1, len(steps) + 1):
        story.tap(clock, "s-joko", "finish_step", code, FinishStepArgs(step=step))
    advance(story, clock, code, "quality_check")


def night() -> Story:
    """Rice is in the check since 03.40, chicken cooks since 03.25 and was measured twice, one dish is held."""
    story = Story(demo_plan())
    cook(story, RICE, prepared="01:20", cooked="02:10")
    measure(story, "02:25", RICE, 60.0)
    measure(story, "03:30", RICE, 86.1)
    to_check(story, "03:40", RICE)
    cook(story, CHICKEN, prepared="00:50", cooked="03:25")
    measure(story, "03:30", CHICKEN, 31.0)
    measure(story, "04:10", CHICKEN, 61.8)
    cook(story, STEAMED, prepared="02:20", cooked="03:45")
    story.tap("04:05", "s-siti", "hold_batch", STEAMED, HoldBatchArgs(HoldReason.ALLERGEN))
    return story


@contextmanager
def desk(
    folder: Path,
    qapp: QApplication,
    story: Story,
    clock: str = "04:20",
    *,
    language: Language = "id",
    state: LinkState = LinkState.ONLINE,
    heard_ago_ms: int = 3_000,
) -> Iterator[tuple[App, SummaryView]]:
    look = Look(language=language, size=(1280, 720), dpi=102.0)
    app = open_scene(
        folder, qapp, story, clock, look=look, actors=("s-hendra",), state=state,
        heard_ago_ms=heard_ago_ms,
    )  # fmt: skip
    try:
        yield app, SummaryView(app.floor)
    finally:
        app.close()
        app.kiosk.store.close()


def tile(view: SummaryView, key: str) -> KpiLook:
    return next(each for each in view.tiles() if each.key == key)


def plain(text: str) -> str:
    """What keeps words in one line is a space to who reads it."""
    return text.replace(TOGETHER, " ")


def gantt_row(view: SummaryView, batch: str) -> GanttRow:
    return next(r for wave in view.gantt().waves for r in wave.rows if r.batch == batch)


def mini(view: SummaryView, batch: str) -> MiniLook:
    return next(each for each in view.curves() if each.batch == batch)


def table_row(view: SummaryView, batch: str) -> TableRow:
    return next(each for each in view.rows() if each.batch == batch)


def cell(view: SummaryView, batch: str, column: str) -> str:
    keys = [each.key for each in view.columns()]
    return table_row(view, batch).cells[keys.index(column)]


# ---- figures -------------------------------------------------------------------------------------


async def test_every_figure_says_of_what_it_is(tmp_path: Path, qapp: QApplication) -> None:
    with desk(tmp_path, qapp, night()) as (_, view):
        said = {
            each.key: plain(f"{each.value} {each.unit} | {each.caption}") for each in view.tiles()
        }
    assert said == {
        "productions": "0 / 16 selesai | 3 berjalan · 13 rencana · 1 ditahan",
        # The tempe is not begun: 150 minutes of preparing and 85 of cooking end at 08.15.
        "departure": "2j 10m  | Gelombang 1, 06.30 · perkiraan terlambat 105 mnt",
        # Due: rice, planned for 03.55; the others later than 04.20.
        "on_time": "0 % | 0 dari 1 yang jatuh tempo · 1 terlambat",
        # The rice left the heat at 03.40, four hours.
        "limit": "3j 20m  | terdekat: Nasi Putih, 07.40",
        # 02.10 to 03.40; the plan gives 02.10 to 03.55.
        "cooking": "90 menit | rencana 105 · 1 batch",
        "passed": "–  | belum ada putusan",
        # Rice: 02.25 came, 02.45 03.05 03.25 missed, 03.30 came, its check has one. Chicken: 03.30 came, 03.50
        # missed, 04.10 came. Steamed: 04.05 missed.
        "measured": "50 % | 5 dari 10 jadwal · 5 terlewat",
        "people": "50 % | 12 dari 24 yang bertugas",
    }


async def test_a_first_verdict_that_fails_lowers_the_pass_rate(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = night()
    for item in Item:
        args = RecordCheckArgs(item=item, passed=item is not Item.TASTE, corrective_action="x")
        story.tap("03:50", "s-ratna", "record_check", RICE, args)
    story.tap("03:55", "s-ratna", "give_verdict", RICE, GiveVerdictArgs(passed=False))
    with desk(tmp_path, qapp, story) as (_, view):
        passed = tile(view, "passed")
    assert (passed.value, plain(passed.caption)) == ("0", "0 dari 1 yang diputus")
    assert (passed.tone, passed.icon) == ("attention", "triangle-alert")


async def test_an_empty_night_has_no_figure_without_a_base(
    tmp_path: Path, qapp: QApplication
) -> None:
    with desk(tmp_path, qapp, Story(demo_plan()), "23:00") as (_, view):
        empty = {each.key for each in view.tiles() if each.value == "–"}
        assert empty == {"on_time", "limit", "cooking", "passed", "measured"}
        assert all(each.caption for each in view.tiles())


async def test_the_limit_turns_amber_before_its_end_and_red_after_it(
    tmp_path: Path, qapp: QApplication
) -> None:
    tones = []
    for clock in ("06:30", "06:45", "07:45"):
        with desk(tmp_path, qapp, night(), clock) as (_, view):
            tones.append((tile(view, "limit").tone, tile(view, "limit").icon))
    assert tones == [("normal", ""), ("attention", "triangle-alert"), ("alarm", "octagon-alert")]


# ---- timeline ------------------------------------------------------------------------------------


async def test_bars_say_what_happened_and_what_is_forecast(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = night()
    with desk(tmp_path, qapp, story) as (app, view):
        row = gantt_row(view, story.batch(CHICKEN))
        clock = app.floor.clock
        bars = [(b.kind, clock(b.from_ms), clock(b.to_ms), b.style) for b in row.bars]
        assert bars == [
            ("preparing", "00.50", "03.25", "done"),
            ("cooking", "03.25", "04.20", "done"),
            ("cooking", "04.20", "04.44", "forecast"),
        ]
        assert row.note == ""
        assert "perkiraan siap 04.44" in row.tip
        held = gantt_row(view, story.batch(STEAMED))
        assert (held.tone, held.note, held.icon) == ("held", "ditahan 04.05", "circle-pause")


async def test_a_late_batch_is_marked_by_shape_and_word_and_a_forecast_says_so(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = night()
    with desk(tmp_path, qapp, story) as (_, view):
        rice = gantt_row(view, story.batch(RICE))
        assert rice.tone == "attention"
        assert rice.icon == "triangle-alert"
        assert rice.note == "Terlambat · perkiraan +25 mnt"
        assert rice.late
        assert [bar.tone for bar in rice.bars] == ["normal", "normal", "attention"]


async def test_waves_stand_in_order_of_departure_with_what_they_can_spare(
    tmp_path: Path, qapp: QApplication
) -> None:
    with desk(tmp_path, qapp, night(), language="en") as (_, view):
        waves = view.gantt().waves
        assert [each.title for each in waves] == [
            "Gelombang 1 · leaves 06:30",
            "Gelombang 2 · leaves 10:30",
        ]
        assert [each.note for each in waves] == [
            "forecast 105 min too late",
            "forecast 60 min to spare",
        ]
        assert [each.tone for each in waves] == ["attention", "normal"]
        look = view.gantt()
        assert look.from_ms < min(b.from_ms for w in waves for r in w.rows for b in r.bars)
        assert look.to_ms > max(wave.departure_ms for wave in waves)
        assert all(look.from_ms <= tick.at_ms <= look.to_ms for tick in look.ticks)


# ---- small curves --------------------------------------------------------------------------------


async def test_a_small_curve_breaks_where_nobody_measured_and_says_its_age(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = night()
    with desk(tmp_path, qapp, story) as (_, view):
        assert [each.title for each in view.curves()] == ["Nasi Putih", "Ayam Teriyaki"]
        chicken = mini(view, story.batch(CHICKEN))
        assert [[value for _, value in run] for run in chicken.runs] == [[31.0], [61.8]]
        assert (chicken.value, chicken.limit_text, chicken.age) == ("61,8 °C", "≥ 75 °C", "10 mnt")


async def test_the_first_reading_brings_a_curve(tmp_path: Path, qapp: QApplication) -> None:
    with desk(tmp_path, qapp, Story(demo_plan())) as (_, view):
        assert view.curves() == ()
        assert view.nothing_measured()


# ---- side ----------------------------------------------------------------------------------------


def raised(story: Story, clock: str, rule: str) -> str:
    """Let the server raise an alert that holds; gives its key."""
    alert = next(each for each in watch(story.kitchen, story.at(clock)) if each.rule == rule)
    args = RaiseAlertArgs(alert.rule, alert.about, alert.since_ms, alert.detail)
    subject = alert_subject(alert.key)
    story._take(story.at(clock), SYSTEM, SERVER_DEVICE, "raise_alert", subject, args)
    return alert.key


def alert_line(app: App, key: str) -> LineLook:
    return next(each for each in alerts(app.floor, shown=99).lines if each.key == key)


async def test_alerts_count_down_to_the_next_person_until_somebody_handles_them(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = night()
    key = raised(story, "04:15", "overdue")
    since = story.kitchen.alerts[key].raised_ms
    with desk(tmp_path, qapp, story, "04:12") as (app, _):
        line = alert_line(app, key)
        left = since + 15 * MINUTE_MS - app.floor.now_ms
        assert line.aside == f"naik {app.floor.span(max(left, 0))}"
        assert line.detail == "belum ada · Nasi Putih"
    subject = alert_subject(key)
    story.tap("04:16", "s-hendra", "acknowledge_alert", "", AlertActArgs(), subject=subject)
    with desk(tmp_path / "2", qapp, story, "04:20") as (app, _):
        line = alert_line(app, key)
        assert line.detail == "Hendra G. · Nasi Putih"
        assert line.aside == app.floor.ago(app.floor.now_ms - since)


async def test_the_worst_alert_stands_first(tmp_path: Path, qapp: QApplication) -> None:
    story = night()
    with desk(tmp_path, qapp, story, "08:00") as (app, view):
        panel = view.alerts()
        assert panel.lines[0].tone == "alarm"
        assert panel.aside == f"Semua {len(app.floor.alerts)}"
        assert len(panel.lines) == 4


async def test_the_hand_over_counts_what_is_open_and_says_what_is_settled(
    tmp_path: Path, qapp: QApplication
) -> None:
    with desk(tmp_path, qapp, night()) as (app, view):
        panel = view.handover()
        said = {each.key: (each.title, each.aside, each.icon) for each in panel.lines}
        count = len(app.floor.alerts)
        assert said["alarms"][0] == f"{count} alarm terbuka"
        assert said["checks"] == ("1 uji mutu belum ditandatangani", "", "circle-alert")
        assert said["holds"] == ("1 batch ditahan", "", "circle-alert")
        assert said["reviews"] == ("Tidak ada ketukan yang menunggu", "", "circle-check")
        assert said["clocks"] == ("1 batas konsumsi berjalan", "pertama 07.40", "hourglass")
        assert panel.aside == f"{count + 2} belum beres"


async def test_an_overloaded_team_says_how_many_it_lacks_and_idle_teams_stand_in_one_line(
    tmp_path: Path, qapp: QApplication
) -> None:
    with desk(tmp_path, qapp, night(), "08:20") as (_, view):
        loads = view.loads()
        busy = [each for each in loads.loads if each.tone == "attention"]
        assert busy
        assert all("kurang" in each.text and each.icon for each in busy)
        assert all((each.share or 0) > 1 for each in busy)
        assert loads.idle.startswith("Tanpa batch: ")
        assert not {each.team for each in loads.loads} & set(loads.idle.split(", "))


# ---- table ---------------------------------------------------------------------------------------


async def test_a_row_of_the_table_says_what_is_fact_and_what_about(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = night()
    chicken, rice, planned = (story.batch(code) for code in (CHICKEN, RICE, "G2-01"))
    with desk(tmp_path, qapp, story) as (_, view):
        assert cell(view, chicken, "core") == "61,8"
        assert cell(view, chicken, "cook") == "03.25"
        assert cell(view, chicken, "ready") == "± 04.44"
        assert cell(view, chicken, "limit") == "–"
        assert cell(view, rice, "limit") == "07.40"
        assert cell(view, rice, "state") == "Terlambat"
        assert cell(view, planned, "core") == "–"
        assert {"late", "abnormal", "quality_check", "cooked", "clock", "missed"} <= (
            table_row(view, rice).lists
        )
        assert "late" not in table_row(view, planned).lists


@pytest.mark.parametrize("language", ["id", "en"])
async def test_lists_count_their_batches(
    tmp_path: Path, qapp: QApplication, language: Language
) -> None:
    with desk(tmp_path, qapp, night(), language=language) as (_, view):
        texts = {each.key: each.text for each in view.lists("clock", view.rows())}
        assert texts["all"].endswith(" 16")
        assert texts["cooking"].endswith(" 2")
        assert texts["clock"].endswith(" 1")
        assert "judged" not in texts


async def test_the_head_says_which_night_or_how_old_the_data_is(
    tmp_path: Path, qapp: QApplication
) -> None:
    with desk(tmp_path, qapp, night()) as (_, view):
        expected = "Minggu, 22 November 2026 · SPPG Cendana 02 · 19 perhentian · 3.127 porsi"
        assert view.top().subtitle == expected
    offline = {"state": LinkState.OFFLINE, "heard_ago_ms": 14 * MINUTE_MS}
    with desk(tmp_path / "2", qapp, night(), **offline) as (_, view):  # type: ignore[arg-type]
        assert view.top().subtitle == "Data 14 mnt lalu"
