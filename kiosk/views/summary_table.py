"""The table of the night's batches: one row each, sorted and filtered by what people ask; texts and keys only."""

from __future__ import annotations

from dapur.batch import Batch, consume_by_ms, newest_core
from dapur.figures import ON_TIME_MS, Ratio, cooking_ms
from dapur.overview import measured
from dapur.stage import FINISHED, Stage
from dapur.timeline import Course, Kind, course
from kiosk.views import card
from kiosk.views.floor import Floor
from kiosk.views.naming import crew_text, stage_text
from kiosk.views.summary_looks import CellKey, TableColumn, TableRow, Tone

COLUMNS = (
    "code",
    "dish",
    "wave",
    "stage",
    "state",
    "cook",
    "planned",
    "ready",
    "core",
    "checks",
    "limit",
    "portions",
    "crew",
)
NUMBERS = frozenset({"cook", "planned", "ready", "core", "checks", "limit", "portions"})
ALL = "all"
LISTS = (
    ALL,
    "abnormal",
    "late",
    "planned",
    "preparing",
    "cooking",
    "quality_check",
    "completed",
)
"""Always offered; the others come from a tapped figure."""
FROM_FIGURES = ("cooked", "judged", "clock", "missed", "crewed")


def columns(floor: Floor) -> tuple[TableColumn, ...]:
    """Heads in the chosen language."""
    return tuple(
        TableColumn(name, floor.words(f"summary.column.{name}"), number=name in NUMBERS)
        for name in COLUMNS
    )


def rows(floor: Floor) -> tuple[TableRow, ...]:
    """All batches of the window, by code."""
    batches = sorted(floor.kitchen.batches.values(), key=lambda each: (each.plan.code, each.id))
    return tuple(_row(floor, each) for each in batches)


def _row(floor: Floor, batch: Batch) -> TableRow:
    now, alerts = floor.now_ms, floor.alerts_about(batch.id)
    made = course(batch, now)
    raw = card.tone_of(floor, batch, alerts)
    chip, icon = card.chip_of(floor, batch, alerts, raw)
    cells = [_cell(floor, batch, name, made, chip) for name in COLUMNS]
    tone: Tone = raw if raw in ("alarm", "attention", "held", "done") else "normal"  # type: ignore[assignment]
    return TableRow(
        batch.id,
        batch.plan.wave,
        tuple(text for text, _ in cells),
        tuple(key for _, key in cells),
        _lists(floor, batch, made, raw),
        tone,
        icon,
    )


def _word(text: str) -> tuple[str, CellKey]:
    return text, (not text, 0.0, text.casefold())


def _number(text: str, value: float | None) -> tuple[str, CellKey]:
    return (text, (False, value, "")) if value is not None else ("–", (True, 0.0, ""))


def _cell(floor: Floor, batch: Batch, column: str, made: Course, chip: str) -> tuple[str, CellKey]:
    plan = batch.plan
    match column:
        case "code":
            return _word(plan.code)
        case "dish":
            return _word(plan.name)
        case "wave":
            night = floor.kitchen.night
            wave = night.wave(plan.wave) if night is not None else None
            return _word(wave.name if wave is not None else plan.wave)
        case "stage":
            order = float(list(Stage).index(batch.stage))
            return stage_text(floor, batch), (False, order, "")
        case "state":
            return _word(chip)
        case "crew":
            return _word(crew_text(floor, batch))
        case "portions":
            return _number(floor.number(plan.portions), plan.portions)
        case "checks":
            done, total = card.checks_done(floor, batch)
            return _number(f"{done}/{total}", done / total if total else None)
        case "core":
            newest = newest_core(batch)
            value = newest.value_c if newest is not None else None
            return _number(floor.degrees(value) if value is not None else "", value)
        case _:
            return _time(floor, batch, column, made)


def _time(floor: Floor, batch: Batch, column: str, made: Course) -> tuple[str, CellKey]:
    """Times of day; what has not happened yet says that it is a forecast."""
    match column:
        case "cook":
            entry = next((each for each in batch.history if each.stage is Stage.COOKING), None)
            at = entry.at.earliest_ms if entry is not None else None
        case "planned":
            at = batch.plan.ready_ms
        case "limit":
            at = consume_by_ms(batch, floor.kitchen.policy) if not batch.over else None
        case _:
            at = made.ready_ms
            if at is not None and made.ready_kind is not Kind.DONE:
                return _number(floor.words("summary.about", at=floor.clock(at)), at)
    return _number(floor.clock(at) if at is not None else "", at)


def _lists(floor: Floor, batch: Batch, made: Course, tone: str) -> frozenset[str]:
    missed: Ratio = measured(batch, floor.kitchen.policy.unmeasured_min.value, floor.now_ms)
    facts = {
        ALL: True,
        "abnormal": tone in ("alarm", "attention", "held"),
        "late": made.late_ms > ON_TIME_MS or batch.stage is Stage.DISCARDED,
        str(batch.stage): True,
        "cooked": cooking_ms(batch) is not None,
        "judged": bool(batch.verdicts),
        "clock": batch.consumption_started_ms is not None and not batch.over,
        "missed": missed.part < missed.base,
        "crewed": batch.stage not in FINISHED and any(each.until_ms is None for each in batch.crew),
    }
    return frozenset(name for name, holds in facts.items() if holds)
