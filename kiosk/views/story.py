"""What happened to a batch, line by line, for release sheet, batch page and inbox; text only."""

from __future__ import annotations

from dapur.batch import Batch, Line, Point, Reading, newest_core, within
from dapur.ids import CommandId, StaffId
from dapur.progress import Preset
from kiosk.views.curve import critical
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
    # A note is its phrase, and what was typed to it; everything else is one word of the rules.
    word, space, typed = line.detail.partition(" ")
    detail = line.detail
    for prefix in ("stage.", "qc.item.", "hold.", "release.to."):
        if words.has(f"{prefix}{detail}"):
            detail = words(f"{prefix}{detail}")
            break
    if line.kind == "batch_noted" and words.has(f"note.preset.{word}"):
        detail = words(f"note.preset.{word}") + space + typed
    elif line.kind == "batch_noted" and word == Preset.NOTE:
        detail = typed
    title = words(key, detail=detail) if words.has(key) else line.kind
    return EventLook(
        clock=floor.clock(line.at_ms),
        title=title,
        detail=_who(floor, line.actor, line.command),
        icon=ICONS.get(line.kind, "info"),
        tone="attention" if line.kind in ("batch_held", "tap_undone") else "neutral",
        marked=line.kind == "batch_noted",
    )


def reading_look(floor: Floor, batch: Batch, reading: Reading) -> EventLook:
    """One reading as a line."""
    inside = within(batch.plan.limits, Point(reading.point), reading.value_c)
    if inside is False and not critical(batch, reading, newest_core(batch)):
        inside = None  # it was still heating up then: no fault of anybody
    value = floor.degrees(reading.value_c)
    key = "line.reading" if inside is None else "line.reading_in" if inside else "line.reading_out"
    return EventLook(
        clock=floor.clock(reading.at.earliest_ms),
        title=floor.words(key, value=value),
        detail=_who(floor, reading.actor, reading.id),
        icon="thermometer",
        tone="alarm" if inside is False else "neutral",
    )


def _who(floor: Floor, actor: StaffId, command: CommandId) -> str:
    """Who it was; with the word of it while it waits on this kiosk for the server."""
    name = floor.name_of(actor)
    waits = any(row.taken.command.id == command for row in floor.people.replica.pending)
    return f"{name} · {floor.words('curve.pending')}" if waits else name
