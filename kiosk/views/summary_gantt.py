"""The timeline of all waves against their departures: what happened, what is planned; texts and tones only."""

from __future__ import annotations

from dapur.batch import Batch
from dapur.figures import ON_TIME_MS
from dapur.ids import BatchId
from dapur.night import Wave
from dapur.stage import Stage
from dapur.timeline import Course, Kind, course, spare_ms
from kiosk.views import card
from kiosk.views.floor import Floor
from kiosk.views.naming import stage_text
from kiosk.views.summary_looks import (
    BarKind,
    BarStyle,
    GanttBar,
    GanttLook,
    GanttRow,
    GanttTick,
    GanttWave,
    LegendItem,
    Tone,
)
from kiosk.views.summary_tiles import late_text, minutes

HOUR_MS = 3_600_000
NOW_STEP_MS = 10_000
"""The line of now moves this often: at twelve hours' width that is less than a pixel."""
MOST_TICKS = 16
EDGE_MS = 20 * 60_000
"""Room right of the last departure or bar, so that nothing ends at the edge."""
_KINDS: dict[Stage, BarKind] = {
    Stage.PREPARING: "preparing",
    Stage.COOKING: "cooking",
    Stage.QUALITY_CHECK: "quality_check",
}
_STYLES: dict[Kind, BarStyle] = {
    Kind.DONE: "done",
    Kind.PLANNED: "planned",
    Kind.FORECAST: "forecast",
}
_TONES: dict[str, Tone] = {
    "alarm": "alarm",
    "attention": "attention",
    "held": "held",
    "done": "done",
    "cancelled": "held",
}


def gantt(floor: Floor) -> GanttLook:
    """All batches of the night by wave and planned time, which never changes their places."""
    words, now = floor.words, floor.now_ms // NOW_STEP_MS * NOW_STEP_MS
    night = floor.kitchen.night
    waves = sorted(night.waves, key=lambda wave: wave.departure_ms) if night else []
    courses = {each.id: course(each, now) for each in floor.kitchen.batches.values()}
    made = tuple(_wave(floor, wave, courses, now) for wave in waves)
    from_ms, to_ms = _ends(waves, made, now)
    legend = (
        LegendItem(words("stage.preparing"), "preparing"),
        LegendItem(words("stage.cooking"), "cooking"),
        LegendItem(words("stage.quality_check"), "quality_check"),
        LegendItem(words("summary.legend.coming"), "cooking", "planned"),
    )
    return GanttLook(
        from_ms=from_ms,
        to_ms=to_ms,
        now_ms=now,
        now_text=floor.clock(now),
        title=words("summary.gantt"),
        name=words("summary.gantt_name", count=sum(len(each.rows) for each in made)),
        ticks=_ticks(floor, from_ms, to_ms),
        waves=made,
        legend=legend,
        empty="" if made else words("board.empty"),
    )


def _ends(waves: list[Wave], made: tuple[GanttWave, ...], now: int) -> tuple[int, int]:
    bars = [bar for wave in made for row in wave.rows for bar in row.bars]
    first = min((bar.from_ms for bar in bars), default=now)
    ends = [now, *(wave.departure_ms for wave in waves), *(bar.to_ms for bar in bars)]
    return first - EDGE_MS // 2, max(ends) + EDGE_MS


def _ticks(floor: Floor, from_ms: int, to_ms: int) -> tuple[GanttTick, ...]:
    """Whole hours; fewer when a night was left open for days."""
    hours = -(-(to_ms - from_ms) // (MOST_TICKS * HOUR_MS))
    step_ms = hours * HOUR_MS
    first = -(-from_ms // step_ms) * step_ms
    return tuple(GanttTick(at, floor.clock(at)) for at in range(first, to_ms, step_ms))


def _wave(floor: Floor, wave: Wave, courses: dict[BatchId, Course], now: int) -> GanttWave:
    words = floor.words
    ours = [each for each in floor.kitchen.batches.values() if each.plan.wave == wave.id]
    ours.sort(key=lambda each: (each.plan.code, each.id))
    spare = spare_ms(ours, wave.departure_ms, now)
    note = ""
    if spare is not None:
        key = "summary.spare" if spare >= 0 else "summary.short"
        note = words(key, minutes=minutes(floor, abs(spare)))
    tone: Tone = "attention" if spare is not None and spare < 0 else "normal"
    title = words("summary.wave", wave=wave.name, at=floor.clock(wave.departure_ms))
    rows = tuple(_row(floor, each, courses[each.id]) for each in ours)
    return GanttWave(wave.id, title, wave.departure_ms, rows, note, tone)


def _row(floor: Floor, batch: Batch, made: Course) -> GanttRow:
    alerts = floor.alerts_about(batch.id)
    raw = card.tone_of(floor, batch, alerts)
    tone = _TONES.get(raw, "normal")
    chip, icon = card.chip_of(floor, batch, alerts, raw)
    note = _note(floor, batch, made, chip, raw)
    done = [place for place, span in enumerate(made.spans) if span.kind is Kind.DONE]
    # Only where it stands now is loud; what lies behind it went as it went.
    loud = done[-1] if done and tone != "done" else -1
    bars = tuple(
        GanttBar(
            _KINDS[span.stage],
            span.from_ms,
            span.to_ms,
            _STYLES[span.kind],
            tone if place == loud else "normal",
        )
        for place, span in enumerate(made.spans)
    )
    return GanttRow(
        batch.id, batch.plan.name, bars, tone, icon, note, late=made.late_ms > ON_TIME_MS,
        name=_name(floor, batch, made, chip, note), tip=_tip(floor, batch, made, chip),
    )  # fmt: skip


def _note(floor: Floor, batch: Batch, made: Course, chip: str, tone: str) -> str:
    """What is abnormal, in words, and how late; nothing for a batch that goes as planned."""
    parts = []
    if tone == "held":
        parts.append(
            floor.words("stage.held_since", at=floor.clock(batch.open_holds[0].at.earliest_ms))
        )
    elif tone in ("alarm", "attention", "cancelled"):
        parts.append(chip)
    if made.late_ms > ON_TIME_MS:
        late = late_text(floor, made.late_ms)
        fact = made.ready_kind is Kind.DONE
        parts.append(late if fact else floor.words("summary.forecast", what=late))
    return " · ".join(parts)


def _name(floor: Floor, batch: Batch, made: Course, chip: str, note: str) -> str:
    parts = [batch.plan.name, batch.plan.code, stage_text(floor, batch), chip, _ready(floor, made)]
    return ", ".join(part for part in (*parts, note if note != chip else "") if part)


def _ready(floor: Floor, made: Course) -> str:
    if made.ready_ms is None:
        return ""
    at = floor.clock(made.ready_ms)
    if made.ready_kind is Kind.DONE:
        return floor.words("summary.ready", at=at)
    if made.ready_kind is Kind.PLANNED:
        return floor.words("summary.ready_planned", at=at)
    return floor.words("summary.ready_forecast", at=at)


def _tip(floor: Floor, batch: Batch, made: Course, chip: str) -> str:
    """The exact times, for a mouse that rests; nothing else depends on it."""
    words = floor.words
    lines = [f"{batch.plan.name} · {batch.plan.code}", chip]
    for span in made.spans:
        stage, ends = words(f"stage.{span.stage}"), (span.from_ms, span.to_ms)
        times = f"{floor.clock(ends[0])}–{floor.clock(ends[1])}"
        lines.append(f"{stage} {times} · {words(f'summary.kind.{span.kind}')}")
    lines.append(words("summary.ready_planned", at=floor.clock(batch.plan.ready_ms)))
    if made.ready_kind is not Kind.PLANNED:
        lines.append(_ready(floor, made))
    return "\n".join(line for line in lines if line)
