"""What happened to a batch, line by line, for release sheet, batch page and inbox; text only."""

from __future__ import annotations

from dapur.batch import Batch, Line, Point, Reading, within
from kiosk.views.floor import Floor
from kiosk.views.looks import EventLook

ICONS: dict[str, str] = {
    "stage_entered": "flag",
    "batch_held": "circle-pause",
    "hold_released": "lock-open",
    "check_recorded": "clipboard-check",
    "verdict_given": "clipboard-list",
    "rework_started": "refresh-cw",
    "batch_completed": "check",
    "batch_cancelled": "ban",
    "batch_discarded": "trash-2",
    "step_finished": "list",
    "tap_undone": "undo-2",
    "batch_noted": "message-square",
    "crew_assigned": "users",
    "crew_released": "users",
    "batch_planned": "clipboard-list",
    "plan_changed": "clipboard-list",
}


def lines_since(floor: Floor, batch: Batch, since_ms: int) -> tuple[EventLook, ...]:
    """Journal lines and readings after a moment, oldest first."""
    rows: list[tuple[int, EventLook]] = [
        (line.at_ms, line_look(floor, line)) for line in batch.journal if line.at_ms > since_ms
    ]
    rows += [
        (reading.at.earliest_ms, reading_look(floor, batch, reading))
        for reading in batch.readings
        if reading.at.earliest_ms > since_ms
    ]
    return tuple(look for _, look in sorted(rows, key=lambda row: row[0]))


def line_look(floor: Floor, line: Line) -> EventLook:
    """One journal line."""
    words = floor.words
    key = f"line.{line.kind}"
    detail = line.detail
    for prefix in ("stage.", "qc.item.", "hold.", "release.to."):
        if words.has(f"{prefix}{detail}"):
            detail = words(f"{prefix}{detail}")
            break
    title = words(key, detail=detail) if words.has(key) else line.kind
    return EventLook(
        clock=floor.clock(line.at_ms),
        title=title,
        detail=floor.name_of(line.actor),
        icon=ICONS.get(line.kind, "info"),
        tone="attention" if line.kind in ("batch_held", "tap_undone") else "neutral",
    )


def reading_look(floor: Floor, batch: Batch, reading: Reading) -> EventLook:
    """One reading as a line."""
    inside = within(batch.plan.limits, Point(reading.point), reading.value_c)
    value = floor.degrees(reading.value_c)
    key = "line.reading" if inside is None else "line.reading_in" if inside else "line.reading_out"
    return EventLook(
        clock=floor.clock(reading.at.earliest_ms),
        title=floor.words(key, value=value),
        detail=floor.name_of(reading.actor),
        icon="thermometer",
        tone="alarm" if inside is False else "neutral",
    )
