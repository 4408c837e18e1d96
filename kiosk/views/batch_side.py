"""The side of the batch page: its tabs, notes by phrases and the team's own button; it writes through the floor."""

from __future__ import annotations

from dapur import access
from dapur.batch import Batch
from dapur.crew import AssignCrewArgs, ReleaseCrewArgs
from dapur.progress import NoteBatchArgs, Preset
from dapur.rule import Args
from kiosk.views.floor import Floor
from kiosk.views.looks import ButtonLook, EventLook, Segment, SegmentsLook
from kiosk.views.naming import crew
from kiosk.views.story import lines_since

SHOWN_EVENTS = 12
PHRASES: tuple[tuple[Preset, str], ...] = (
    (Preset.WATER_ADDED, "droplets"),
    (Preset.SEASONING_ADDED, "soup"),
    (Preset.POT_CHANGED, "replace"),
    (Preset.INGREDIENT_SHORT, "package-x"),
    (Preset.EQUIPMENT_SLOW, "timer"),
)
WRITE = "write"
WRITTEN_MAX = 120
"""Characters of a note in own words: two lines of the story."""
STEPS, TEAM, AMOUNTS, NOTES = "steps", "team", "amounts", "notes"


def tabs(floor: Floor, batch: Batch, chosen: str, *, compact: bool) -> SegmentsLook:
    """The tabs with their counts; a large window shows team and amounts beside the steps."""
    words = floor.words
    done, total = len({row.step for row in batch.steps_done}), len(batch.plan.steps)
    notes = sum(1 for line in batch.journal if line.kind == "batch_noted")
    every = {
        STEPS: words("batch.tab.steps", done=done, total=total),
        TEAM: words("batch.tab.team", count=len(crew(batch))),
        AMOUNTS: words("batch.tab.amounts"),
        NOTES: words("batch.tab.notes", count=notes) if notes else words("batch.tab.no_notes"),
    }
    shown = every if compact else {key: every[key] for key in (STEPS, NOTES)}
    return SegmentsLook(
        tuple(Segment(key, text) for key, text in shown.items()),
        chosen if chosen in shown else STEPS,
    )


# ---- notes ---------------------------------------------------------------------------------------


def phrases(floor: Floor) -> tuple[ButtonLook, ...]:
    """What can be noted with one tap, then what takes a keyboard."""
    made = tuple(
        ButtonLook(preset.value, floor.words(f"note.preset.{preset}"), icon)
        for preset, icon in PHRASES
    )
    return (*made, ButtonLook(WRITE, floor.words("note.write"), "keyboard"))


def leave_note(floor: Floor, batch: Batch, preset: str, text: str = "") -> bool:
    """Write a note by its phrase, or in own words; True when it is on disk."""
    if floor.tap("note_batch", batch.id, NoteBatchArgs(preset=Preset(preset), text=text)) is None:
        return False
    note = text or floor.words(f"note.preset.{preset}")
    floor.tell(f"note.{batch.id}", floor.words("note.saved", note=note), batch.plan.name, tone="ok")
    return True


def story(floor: Floor, batch: Batch) -> tuple[EventLook, ...]:
    """What happened with who and when, the newest first; an own tap that waits says so."""
    return tuple(reversed(lines_since(floor, batch, 0)[-SHOWN_EVENTS:]))


# ---- team ----------------------------------------------------------------------------------------


def own_place(floor: Floor, batch: Batch) -> ButtonLook | None:
    """Come to the batch or leave it, for the actor; closed with the reason of the rules."""
    who = floor.actor
    if who is None or batch.over:
        return None
    here = who in crew(batch)
    kind, args = _own_tap(who, here=here)
    text = floor.words("team.leave" if here else "team.join")
    icon = "log-out" if here else "plus"
    stopped = floor.why_not(kind, batch.id, args)
    if stopped is None:
        return ButtonLook("own_place", text, icon, "neutral")
    reason = floor.refusal(stopped).sentence
    return ButtonLook("own_place", text, icon, "blocked", enabled=False, reason=reason)


def others(floor: Floor, batch: Batch) -> ButtonLook | None:
    """Send other people here; only who may, so that no cook meets a closed door twice."""
    who = floor.actor
    if who is None or batch.over or not floor.kitchen.may(who, access.ROSTERERS):
        return None
    return ButtonLook("others", floor.words("team.others"), "users", "neutral")


def take_own_place(floor: Floor, batch: Batch) -> None:
    """What the button of `own_place` says."""
    who = floor.actor
    if who is None:
        floor.ask_to_sign_in()
        return
    kind, args = _own_tap(who, here=who in crew(batch))
    floor.tap(kind, batch.id, args)


def _own_tap(who: str, *, here: bool) -> tuple[str, Args]:
    if here:
        return "release_crew", ReleaseCrewArgs(staff=who)
    return "assign_crew", AssignCrewArgs(staff=who)
