"""Names of batches, portions and people as every page writes them; text only."""

from __future__ import annotations

from PySide6.QtCore import QDate, QLocale

from dapur.access import Role
from dapur.batch import Batch, Hold, Post, Reading, Source
from dapur.crew import present
from dapur.ids import StaffId
from kiosk.views.floor import Floor

SOURCE_ICONS: dict[Source, str] = {
    Source.HAND: "hand",
    Source.PROBE: "cable",
    Source.SENSOR: "cable",
}


def day_text(floor: Floor, date: str, form: str = "d MMM yyyy") -> str:
    """22 Nov 2026, of a date as records write it (`2026-11-22`); `form` is Qt's."""
    language = QLocale.Language.Indonesian
    if floor.words.language == "en":
        language = QLocale.Language.English
    day = QDate.fromString(date, "yyyy-MM-dd")
    return QLocale(language).toString(day, form) if day.isValid() else date


def portions(floor: Floor, batch: Batch) -> str:
    """1.742 porsi, or only special ones."""
    plan = batch.plan
    only_special = plan.special and not plan.pk and not plan.pb
    key = "portions.special" if only_special else "portions"
    return floor.words(key, count=floor.number(plan.portions))


def subtitle(floor: Floor, batch: Batch) -> str:
    """Code, wave and portions."""
    night = floor.kitchen.night
    wave = night.wave(batch.plan.wave) if night else None
    return floor.words(
        "batch.subtitle",
        code=batch.plan.code,
        wave=wave.name if wave else batch.plan.wave,
        portions=floor.number(batch.plan.portions),
    )


def crew(batch: Batch) -> tuple[StaffId, ...]:
    """Who works at the batch now."""
    return tuple(row.staff for row in batch.crew if row.until_ms is None)


def lead(batch: Batch) -> StaffId | None:
    """Who leads the work at the batch now."""
    return next((row.staff for row in present(batch.crew) if row.post is Post.LEAD), None)


def crew_text(floor: Floor, batch: Batch) -> str:
    """First names of who works at the batch."""
    return ", ".join(floor.name_of(staff).split()[0] for staff in crew(batch)[:2])


def stage_text(floor: Floor, batch: Batch) -> str:
    """The stage in words; a no-cook dish is prepared, never cooked."""
    return floor.words(f"stage.{batch.stage}")


def hold_number(hold: Hold) -> str:
    """What people call a hold: H-0031."""
    return f"H-{hold.number:04d}"


def role_text(floor: Floor, staff: StaffId) -> str:
    """The first role of a person in words."""
    member = floor.kitchen.staff.get(staff)
    roles = [role for role in (member.roles if member else ()) if role is not Role.TEAM_LEAD]
    return floor.words(f"role.{roles[0]}") if roles else ""


def reading_place(floor: Floor, reading: Reading) -> str:
    """Where and by whom."""
    who = floor.short_name(reading.actor) if reading.source is Source.HAND else ""
    return " · ".join(part for part in (reading.place, who) if part)
