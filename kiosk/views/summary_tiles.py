"""The figures of the night as the desk shows them, each with its base; texts and tones only, the rules count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dapur.figures import Figures, Ratio, figures
from dapur.overview import at_work, measured_tonight, nearest_limit, planned_cooking_ms
from dapur.stage import Stage
from dapur.timeline import spare_ms
from kiosk.views.floor import Floor
from kiosk.views.summary_looks import KpiLook, Tone

if TYPE_CHECKING:
    from dapur.night import Wave

MINUTE_MS = 60_000
NOTHING = "–"
TOGETHER = "\u00a0"
SHORT = 18
"""A part of a caption that is no longer than this is not broken into two lines."""
ICONS: dict[Tone, str] = {"attention": "triangle-alert", "alarm": "octagon-alert"}


def tiles(floor: Floor, past_cooking: tuple[int, int] | None = None) -> tuple[KpiLook, ...]:
    """All figures in the order of a night; `past_cooking`: over so many nights, so many ms, if that is known."""
    numbers = figures(floor.kitchen, floor.now_ms)
    return (
        _productions(floor, numbers),
        _departure(floor),
        _on_time(floor, numbers),
        _limit(floor),
        _cooking(floor, numbers, past_cooking),
        _passed(floor, numbers),
        _measured(floor),
        _people(floor),
    )


def percent(floor: Floor, ratio: Ratio) -> str:
    """94,1 or 88; a dash without a base."""
    if ratio.share is None:
        return NOTHING
    share = round(ratio.share * 100, 1)
    return f"{share:.0f}" if share == int(share) else floor.degrees(share)


def minutes(floor: Floor, ms: int) -> str:
    """Whole minutes."""
    return floor.number(round(ms / MINUTE_MS))


def joined(*parts: str) -> str:
    """The parts that are there; a short one stays whole at the end of a line."""
    kept = (part.replace(" ", TOGETHER) if len(part) <= SHORT else part for part in parts)
    return " · ".join(part for part in kept if part)


def late_text(floor: Floor, ms: int) -> str:
    """+17 mnt."""
    return floor.words("summary.late_by", minutes=minutes(floor, ms))


def _tile(
    floor: Floor,
    key: str,
    value: str,
    caption: str,
    *,
    unit: str = "",
    tone: Tone = "normal",
) -> KpiLook:
    words = floor.words
    return KpiLook(
        key,
        words(f"summary.kpi.{key}"),
        value,
        unit,
        caption,
        tone,
        ICONS.get(tone, ""),
        words(f"summary.tip.{key}"),
    )


def _productions(floor: Floor, numbers: Figures) -> KpiLook:
    words, by_stage = floor.words, numbers.by_stage
    running = sum(by_stage[s] for s in (Stage.PREPARING, Stage.COOKING, Stage.QUALITY_CHECK))
    rows = (
        ("running", running),
        ("planned", by_stage[Stage.PLANNED]),
        ("held", numbers.held),
        ("discarded", by_stage[Stage.DISCARDED]),
    )
    parts = [words(f"summary.count.{key}", count=count) for key, count in rows if count]
    unit = words("summary.of_done", total=numbers.productions)
    done = by_stage[Stage.COMPLETED]
    return _tile(floor, "productions", str(done), joined(*parts), unit=unit)


def _departure(floor: Floor) -> KpiLook:
    """The next wave that still waits for a batch, else the next that leaves."""
    words, now = floor.words, floor.now_ms
    night = floor.kitchen.night
    waves = sorted(night.waves, key=lambda each: each.departure_ms) if night else []
    found = next(((w, s) for w in waves if (s := _spare(floor, w)) is not None), None)
    if found is None:
        coming = next((each for each in waves if each.departure_ms > now), None)
        if coming is None:
            return _tile(floor, "departure", NOTHING, words("summary.no_departure"))
        at = floor.clock(coming.departure_ms)
        caption = words("summary.all_ready", wave=coming.name, at=at)
        return _tile(floor, "departure", floor.span(coming.departure_ms - now), caption)
    wave, spare = found
    key = "summary.spare" if spare >= 0 else "summary.short"
    said = words(key, minutes=minutes(floor, abs(spare)))
    at = words("summary.leaves", wave=wave.name, at=floor.clock(wave.departure_ms))
    caption = joined(at, said)
    tone: Tone = "normal" if spare >= 0 else "attention"
    return _tile(floor, "departure", floor.span(wave.departure_ms - now), caption, tone=tone)


def _spare(floor: Floor, wave: Wave) -> int | None:
    ours = [each for each in floor.kitchen.batches.values() if each.plan.wave == wave.id]
    return spare_ms(ours, wave.departure_ms, floor.now_ms)


def _on_time(floor: Floor, numbers: Figures) -> KpiLook:
    ratio = numbers.on_time
    if not ratio.base:
        return _tile(floor, "on_time", NOTHING, floor.words("summary.none_due"))
    late = ratio.base - ratio.part
    caption = floor.words("summary.due", part=ratio.part, base=ratio.base)
    if late:
        caption = joined(caption, floor.words("summary.count.late", count=late))
    tone: Tone = "attention" if late else "normal"
    return _tile(floor, "on_time", percent(floor, ratio), caption, unit="%", tone=tone)


def _limit(floor: Floor) -> KpiLook:
    found = nearest_limit(floor.kitchen)
    if found is None:
        return _tile(floor, "limit", NOTHING, floor.words("summary.no_limit"))
    batch, by_ms = found
    left = by_ms - floor.now_ms
    warn_ms = int(floor.kitchen.policy.warn_before_min.value * MINUTE_MS)
    tone: Tone = "alarm" if left < 0 else "attention" if left <= warn_ms else "normal"
    caption = floor.words("summary.nearest", name=batch.plan.name, at=floor.clock(by_ms))
    return _tile(floor, "limit", floor.span(left), caption, tone=tone)


def _cooking(floor: Floor, numbers: Figures, past: tuple[int, int] | None) -> KpiLook:
    words, planned = floor.words, planned_cooking_ms(floor.kitchen)
    nights = words("summary.nights", count=past[0], minutes=minutes(floor, past[1])) if past else ""
    if numbers.mean_cooking_ms is None or planned is None:
        caption = joined(words("summary.none_cooked"), nights)
        return _tile(floor, "cooking", NOTHING, caption)
    planned_text = words("summary.cooked.planned", minutes=minutes(floor, planned))
    caption = joined(planned_text, words("summary.cooked", count=numbers.cooked), nights)
    value = minutes(floor, numbers.mean_cooking_ms)
    return _tile(floor, "cooking", value, caption, unit=words("summary.minutes"))


def _passed(floor: Floor, numbers: Figures) -> KpiLook:
    ratio, words = numbers.qc_pass, floor.words
    if not ratio.base:
        return _tile(floor, "passed", NOTHING, words("summary.none_judged"))
    caption = words("summary.judged", part=ratio.part, base=ratio.base)
    tone: Tone = "attention" if ratio.part < ratio.base else "normal"
    return _tile(floor, "passed", percent(floor, ratio), caption, unit="%", tone=tone)


def _measured(floor: Floor) -> KpiLook:
    ratio, words = measured_tonight(floor.kitchen, floor.now_ms), floor.words
    if not ratio.base:
        return _tile(floor, "measured", NOTHING, words("summary.none_to_measure"))
    missed = ratio.base - ratio.part
    caption = words("summary.measured", part=ratio.part, base=ratio.base)
    if missed:
        caption = joined(caption, words("summary.count.missed", count=missed))
    tone: Tone = "attention" if missed else "normal"
    return _tile(floor, "measured", percent(floor, ratio), caption, unit="%", tone=tone)


def _people(floor: Floor) -> KpiLook:
    ratio, words = at_work(floor.kitchen, floor.now_ms), floor.words
    if not ratio.base:
        return _tile(floor, "people", NOTHING, words("summary.nobody_here"))
    caption = words("summary.at_work", part=ratio.part, base=ratio.base)
    return _tile(floor, "people", percent(floor, ratio), caption, unit="%")
