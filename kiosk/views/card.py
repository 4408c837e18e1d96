"""What one batch says on the board: clock, temperature, stage, chip, buttons; text and order only."""

from __future__ import annotations

from dapur.alert import Severity
from dapur.batch import Batch, Reading, consume_by_ms, newest_core, within
from dapur.batch import Point as MeasurePoint
from dapur.figures import progress
from dapur.quality import judged, required_items, verdict_of
from dapur.stage import FINISHED, Stage
from dapur.watch import Alert
from kiosk.views.buttons import card_buttons
from kiosk.views.floor import STALE_READING_MS, STALE_SERVER_MS, Floor
from kiosk.views.looks import BandLook, CardLook, Judged
from kiosk.views.naming import crew_text, portions, stage_text

BAND_LOW_C, BAND_HIGH_C = 20.0, 100.0
PARTS: dict[Stage, int] = {
    Stage.PLANNED: 0,
    Stage.PREPARING: 0,
    Stage.COOKING: 1,
    Stage.QUALITY_CHECK: 2,
    Stage.COMPLETED: 4,
    Stage.CANCELLED: 0,
    Stage.DISCARDED: 0,
}
_CHIP_ICONS = {"alarm": "octagon-alert", "attention": "triangle-alert"}


def tone_of(floor: Floor, batch: Batch, alerts: tuple[Alert, ...]) -> str:
    """Alarm, held, attention, done, cancelled or normal: the worst that holds."""
    if any(alert.severity is Severity.CRITICAL for alert in alerts) and not batch.held:
        return "alarm"
    if batch.stage in (Stage.CANCELLED, Stage.DISCARDED):
        return "cancelled"
    if batch.held:
        return "held"
    if alerts or floor.attention(batch.id) or needs_check(batch):
        return "attention"
    return "done" if batch.stage is Stage.COMPLETED else "normal"


def needs_check(batch: Batch) -> bool:
    """Whether a person must fill in the quality check."""
    return batch.stage is Stage.QUALITY_CHECK and verdict_of(batch) is None


def card(floor: Floor, batch: Batch, alerts: tuple[Alert, ...]) -> CardLook:
    """The whole card of one batch; `alerts` are those about it, the worst first."""
    tone = tone_of(floor, batch, alerts)
    chip, icon = chip_of(floor, batch, alerts, tone)
    clock, clock_caption, clock_icon = clock_of(floor, batch)
    reading = newest_core(batch)
    temp, temp_caption, temp_icon, temp_judged = _temperature(floor, batch, reading, alerts)
    done, total = checks_done(floor, batch)
    people = crew_text(floor, batch)
    waiting = floor.waiting(batch.id)
    subtitle = f"{batch.plan.code} · {portions(floor, batch)}"
    return CardLook(
        id=batch.id,
        title=batch.plan.name,
        subtitle=f"{subtitle} · {people}" if people else subtitle,
        tone=tone,  # type: ignore[arg-type]
        chip_text=chip,
        chip_icon=icon,
        chip_outlined=_handled(floor, alerts),
        clock_text=clock,
        clock_caption=clock_caption,
        clock_icon=clock_icon,
        temp_text=temp,
        temp_unit=floor.words("temp.unit"),
        temp_caption=temp_caption,
        temp_icon=temp_icon,
        temp_judged=temp_judged,
        band=band_of(batch, reading),
        stage_index=PARTS[batch.stage],
        # A bar of three hundred pixels: finer steps would only be painted, never seen.
        stage_fraction=round(_fraction(floor, batch), 3),
        stage_text=stage_text(floor, batch),
        stage_caption=stage_caption(floor, batch),
        qc_text="" if batch.stage in FINISHED else f"{done}/{total}",
        qc_done=total > 0 and done == total,
        buttons=card_buttons(floor, batch),
        pending=waiting,
        pending_text=str(waiting),
        stale=_stale(floor, batch, reading),
        accessible_name=f"{batch.plan.name}, {batch.plan.code}, {stage_text(floor, batch)}, {chip}",
    )


def _handled(floor: Floor, alerts: tuple[Alert, ...]) -> bool:
    record = floor.kitchen.alerts.get(alerts[0].key) if alerts else None
    return record is not None and record.owner is not None


def chip_of(floor: Floor, batch: Batch, alerts: tuple[Alert, ...], tone: str) -> tuple[str, str]:
    words = floor.words
    if batch.id in floor.kitchen.opaque:
        return words("chip.update"), "info"
    if tone == "held":
        critical = any(hold.critical for hold in batch.open_holds)
        return words("chip.critical_hold" if critical else "chip.held"), "circle-pause"
    if tone == "cancelled":
        return words(f"stage.{batch.stage}"), "ban"
    if alerts and tone in ("alarm", "attention"):
        return words(f"rule.{alerts[0].rule}"), _CHIP_ICONS[tone]
    if needs_check(batch):
        return words("chip.qc"), "clipboard-list"
    if tone == "attention":
        return words("chip.attention"), "inbox"
    if tone == "done":
        return words("chip.done"), "check"
    return "", ""


def clock_of(floor: Floor, batch: Batch) -> tuple[str, str, str]:
    """The numeral of a stage, its caption and icon (screens.md 1)."""
    words, now, plan = floor.words, floor.now_ms, batch.plan
    match batch.stage:
        case Stage.PLANNED:
            left, on, over = plan.prepare_ms - now, "clock.to_prepare", "clock.prepare_late"
        case Stage.PREPARING if plan.no_cook:
            left, on, over = plan.ready_ms - now, "clock.prep_left", "clock.prep_over"
        case Stage.PREPARING:
            left, on, over = plan.cook_ms - now, "clock.to_start", "clock.start_late"
        case Stage.COOKING:
            left, on, over = plan.ready_ms - now, "clock.cook_left", "clock.cook_over"
        case Stage.QUALITY_CHECK | Stage.COMPLETED:
            return _consume(floor, batch)
        case _:
            return "–", words("clock.none"), "ban"
    late = left < 0
    return floor.span(left), words(over if late else on), "clock-alert" if late else "clock"


def _consume(floor: Floor, batch: Batch) -> tuple[str, str, str]:
    until = consume_by_ms(batch, floor.kitchen.policy)
    if until is None:
        return "–", floor.words("clock.none"), "clock"
    left = until - floor.now_ms
    key = "clock.consume" if left >= 0 else "clock.consume_over"
    icon = "hourglass" if left >= 0 else "clock-alert"
    return floor.span(left), floor.words(key, at=floor.clock(until)), icon


def _temperature(
    floor: Floor, batch: Batch, reading: Reading | None, alerts: tuple[Alert, ...]
) -> tuple[str, str, str, Judged]:
    words, limit = floor.words, batch.plan.limits.core_c
    if limit is None:
        return "", words("temp.no_core"), "thermometer", "none"
    if reading is None:
        return "", words("temp.never"), "thermometer", "none"
    caption = words("temp.core_limit", limit=floor.limit(limit))
    icon = ""
    age = floor.now_ms - reading.at.earliest_ms
    own = floor.is_own(reading.device)
    if not floor.fresh and own:
        caption = words("temp.own", age=floor.ago(age))
    elif _stale(floor, batch, reading):
        caption, icon = words("temp.age", age=floor.ago(age)), "history"
    elif batch.stage is Stage.COOKING and age > STALE_READING_MS and not own:
        caption = f"{caption} · {words('temp.age', age=floor.ago(age))}"
    return floor.degrees(reading.value_c), caption, icon, judged_as(floor, batch, reading, alerts)


def judged_as(floor: Floor, batch: Batch, reading: Reading, alerts: tuple[Alert, ...]) -> Judged:
    """How the newest core reading is painted: ok, alarm, none or stale."""
    if _stale(floor, batch, reading):
        return "stale"
    inside = within(batch.plan.limits, MeasurePoint.CORE, reading.value_c)
    if inside:
        return "ok"
    # While it heats up a low value is normal; it turns red with the alarm, or once it left the heat.
    cooked = batch.stage in (Stage.QUALITY_CHECK, Stage.COMPLETED)
    return (
        "alarm"
        if cooked or any(alert.severity is Severity.CRITICAL for alert in alerts)
        else "none"
    )


def _stale(floor: Floor, batch: Batch, reading: Reading | None) -> bool:
    if batch.stage in FINISHED or reading is None or floor.is_own(reading.device):
        return False
    old = batch.stage is Stage.COOKING and floor.now_ms - reading.at.earliest_ms > STALE_SERVER_MS
    return old or not floor.fresh


def band_of(batch: Batch, reading: Reading | None) -> BandLook | None:
    """The newest value against the limit; None without either."""
    limit = batch.plan.limits.core_c
    if limit is None or reading is None:
        return None
    low, high = min(BAND_LOW_C, reading.value_c), max(BAND_HIGH_C, reading.value_c)
    return BandLook(reading.value_c, limit, low, high)


def checks_done(floor: Floor, batch: Batch) -> tuple[int, int]:
    """Items that stand as passed, and items that are required."""
    wanted = required_items(floor.kitchen.policy)
    standing = judged(batch)
    return sum(1 for item in wanted if item in standing and standing[item].passed), len(wanted)


def _fraction(floor: Floor, batch: Batch) -> float:
    if batch.stage is Stage.QUALITY_CHECK:
        done, total = checks_done(floor, batch)
        return done / total if total else 0.0
    if batch.stage is Stage.PREPARING:
        entry = batch.entered(Stage.PREPARING)
        end = batch.plan.ready_ms if batch.plan.no_cook else batch.plan.cook_ms
        start = entry.at.earliest_ms if entry else batch.plan.prepare_ms
        return min(0.95, max(0.02, (floor.now_ms - start) / max(1, end - start)))
    if batch.stage is Stage.COOKING:
        return min(1.0, progress(batch, floor.now_ms))
    return 0.0


def stage_caption(floor: Floor, batch: Batch) -> str:
    """Steps, or since when."""
    words = floor.words
    if batch.held:
        return words("stage.held_since", at=floor.clock(batch.open_holds[0].at.earliest_ms))
    if batch.stage is Stage.PLANNED:
        due = floor.now_ms >= batch.plan.prepare_ms
        return (
            words("stage.due")
            if due
            else words("stage.starts", at=floor.clock(batch.plan.prepare_ms))
        )
    if batch.stage in (Stage.PREPARING, Stage.COOKING) and batch.plan.steps:
        done = len({row.step for row in batch.steps_done})
        return words(
            "stage.step", done=min(done + 1, len(batch.plan.steps)), total=len(batch.plan.steps)
        )
    entry = batch.entered(batch.stage)
    return words("stage.since", at=floor.clock(entry.at.earliest_ms)) if entry else ""
