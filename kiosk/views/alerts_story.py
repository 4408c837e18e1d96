"""What is told of one alert: where, value against limit, who is asked, its history; texts, no taps."""

from __future__ import annotations

from dapur.access import Role
from dapur.alert import MUTE_MS, AlertRecord, Rule, escalates_ms
from dapur.batch import Batch, Point, Reading, limit_of, newest_core
from dapur.ids import StaffId
from dapur.watch import Alert
from kiosk.views.alerts_looks import ValueLook
from kiosk.views.floor import Floor
from kiosk.views.looks import BandLook, EventLook

BAND_C = (20.0, 100.0)
COLD_BAND_C = (-20.0, 30.0)
_CORE = frozenset({Rule.CORE_LOW, Rule.COLD_LEFT_HEAT})


def record_of(floor: Floor, alert: Alert) -> AlertRecord:
    """The alert of the log; what only this kiosk has seen yet is told as if it were there, with number 0."""
    found = floor.kitchen.alerts.get(alert.key)
    if found is not None:
        return found
    return AlertRecord(
        alert.key, 0, alert.rule, alert.about, alert.severity, alert.since_ms, alert.chain,
        detail=alert.detail,
    )  # fmt: skip


def number(floor: Floor, record: AlertRecord) -> str:
    """What people call it."""
    if not record.number:
        return floor.words("alerts.no_number")
    return floor.words("alerts.number", number=f"{record.number:04d}")


def place(floor: Floor, about: str) -> str:
    """Dish and code, wave or team."""
    batch = floor.batch(about)
    if batch is not None:
        return f"{batch.plan.name} {batch.plan.code}"
    night = floor.kitchen.night
    wave = night.wave(about) if night is not None else None
    return wave.name if wave is not None else about


def _reading(batch: Batch, record: AlertRecord) -> Reading | None:
    """The newest reading that the alert is about."""
    if record.rule in _CORE:
        return newest_core(batch)
    point = record.key.removeprefix(f"{record.rule}:{record.about}:").partition(".")[0]
    ours = [each for each in batch.readings if each.point == point]
    return ours[-1] if ours else None


def _limits(batch: Batch, reading: Reading) -> tuple[float | None, float | None]:
    return limit_of(batch.plan.limits, reading.point)


def detail(floor: Floor, record: AlertRecord) -> str:
    """Where, and value against limit in one line."""
    batch = floor.batch(record.about)
    parts = [place(floor, record.about)]
    measured = value_of(floor, record)
    if measured is not None:
        parts.append(f"{measured.text} {measured.unit}, {measured.limit}")
    elif record.detail and record.rule in (Rule.OVERLOAD, Rule.DEPARTURE_AT_RISK, Rule.HELD_LONG):
        value = record.detail.zfill(4) if record.rule is Rule.HELD_LONG else record.detail
        parts.append(floor.words(f"alerts.detail.{record.rule}", value=value))
    elif batch is not None and record.rule is Rule.LATE_START:
        parts.append(floor.words("alerts.detail.late_start", at=floor.clock(_due_ms(batch))))
    elif batch is not None and record.rule is Rule.OVERDUE:
        parts.append(floor.words("alerts.detail.overdue", at=floor.clock(batch.plan.ready_ms)))
    elif batch is not None and record.rule is Rule.UNMEASURED:
        newest = newest_core(batch)
        at = floor.clock(newest.at.earliest_ms) if newest is not None else "–"
        parts.append(floor.words("alerts.detail.unmeasured", at=at))
    return " · ".join(parts)


def _due_ms(batch: Batch) -> int:
    return batch.plan.prepare_ms if batch.plan.no_cook else batch.plan.cook_ms


def value_of(floor: Floor, record: AlertRecord) -> ValueLook | None:
    """The newest reading against its limit, for an alert about a temperature."""
    batch = floor.batch(record.about)
    if batch is None or record.rule not in (*_CORE, Rule.HOLDING_OUT):
        return None
    reading = _reading(batch, record)
    if reading is None:
        return None
    low_c, high_c = _limits(batch, reading)
    limit_c = low_c if low_c is not None else high_c
    if limit_c is None:
        return None
    words, above = floor.words, low_c is not None
    short = reading.value_c < limit_c if above else reading.value_c > limit_c
    gap = floor.degrees(abs(limit_c - reading.value_c))
    verdict = "alerts.inside" if not short else "alerts.under" if above else "alerts.over"
    ends = BAND_C if above else COLD_BAND_C
    return ValueLook(
        floor.degrees(reading.value_c),
        words("temp.unit"),
        words(verdict, diff=gap),
        words("alerts.at_least" if above else "alerts.at_most", limit=floor.limit(limit_c)),
        "alarm" if short else "ok",
        BandLook(
            reading.value_c,
            limit_c,
            min(ends[0], reading.value_c),
            max(ends[1], reading.value_c),
            "above" if above else "below",
        ),
    )


def resolved_detail(floor: Floor, record: AlertRecord) -> str:
    """Where, and from which value to which."""
    batch = floor.batch(record.about)
    where = place(floor, record.about)
    if batch is None or record.rule not in _CORE or not record.detail:
        return where
    over_ms = record.resolved_ms or 0
    readings = [
        each
        for each in batch.readings
        if each.point is Point.CORE and record.raised_ms <= each.at.latest_ms <= over_ms
    ]
    if not readings:
        return where
    before, after = float(record.detail), readings[-1].value_c
    unit = floor.words("temp.unit")
    return f"{where} · {floor.degrees(before)} → {floor.degrees(after)} {unit}"


# ---- people --------------------------------------------------------------------------------------


def called(floor: Floor, role: Role, *, short: bool = False) -> str:
    """The only person with this role by name, else the role."""
    holders = [each.id for each in floor.kitchen.staff.values() if role in each.roles]
    if len(holders) == 1 and holders[0] in floor.people.roster:
        return floor.short_name(holders[0]) if short else floor.name_of(holders[0])
    return floor.words(f"role.{role}")


def asked(record: AlertRecord) -> Role:
    """The role that is asked now: the last of the chain that it went up to."""
    return record.chain[min(record.level, len(record.chain) - 1)]


def next_asked(floor: Floor, record: AlertRecord) -> str:
    """Who is asked next; empty at the end of the chain."""
    level = record.level + 1
    return called(floor, record.chain[level]) if level < len(record.chain) else ""


def goes_up(floor: Floor, record: AlertRecord) -> tuple[str, str]:
    """Time left and who is next; what stands there when it goes no further."""
    words = floor.words
    at_ms = escalates_ms(record, floor.kitchen.policy)
    if at_ms is None:
        if record.owner is not None:
            return "–", words("alerts.stays")
        last = record.level + 1 >= len(record.chain)
        return "–", words("alerts.at_top" if last else "alerts.never_up")
    left_ms = at_ms - floor.now_ms
    who = words("alerts.to", who=next_asked(floor, record))
    if left_ms > 0:
        return floor.span(left_ms), who
    # The server says it; without the line the kiosk cannot know whether it already has.
    return floor.span(0), who if floor.fresh else words("alerts.up_when_online")


# ---- history -------------------------------------------------------------------------------------


def history(floor: Floor, record: AlertRecord) -> tuple[EventLook, ...]:
    """What happened to it, oldest first; what will, last."""
    words = floor.words
    lines: list[tuple[int, EventLook]] = []

    def add(at_ms: int, title: str, icon: str, tone: str = "neutral") -> None:
        look = EventLook(floor.clock(at_ms), title, "", icon, tone)  # type: ignore[arg-type]
        lines.append((at_ms, look))

    before = reopened(floor, record)
    if before is not None and before.resolved_ms is not None:
        title = words("alerts.before", number=number(floor, before))
        add(before.resolved_ms, title, "history")
    add(record.raised_ms, words("alerts.raised"), "octagon-alert", "alarm")
    for mute in record.mutes:
        began_ms = mute.until_ms - MUTE_MS
        add(began_ms, words("alerts.muted_by", who=floor.short_name(mute.actor)), "volume-x")
        if mute.until_ms <= floor.now_ms and record.acknowledged_ms is None:
            add(mute.until_ms, words("alerts.heard_again"), "volume-2")
    if record.escalated_ms is not None:
        who = called(floor, asked(record))
        add(record.escalated_ms, words("alerts.went_up", who=who), "arrow-up-right", "attention")
    if record.acknowledged_ms is not None and record.owner is not None:
        who = floor.short_name(record.owner)
        add(record.acknowledged_ms, words("alerts.handled_by", who=who), "hand", "ok")
    if record.resolved_ms is not None:
        add(record.resolved_ms, words("alerts.resolved_at"), "circle-check", "ok")
    lines.sort(key=lambda line: line[0])
    up_ms = escalates_ms(record, floor.kitchen.policy)
    if up_ms is not None:
        left, who = goes_up(floor, record)
        title = words("alerts.will_go_up", who=who, left=left)
        add(up_ms, title, "arrow-up-right", "alarm")
    return tuple(look for _, look in lines)


def reopened(floor: Floor, record: AlertRecord) -> AlertRecord | None:
    """The alert that was over before this one came back: its key lacks our count, or has the one before."""
    stem, _, count = record.key.rpartition(":")
    if not count.isdigit():
        return None
    alerts = floor.kitchen.alerts
    return alerts.get(f"{stem}:{int(count) - 1}", alerts.get(stem)) if stem in alerts else None


def owner_of(floor: Floor, record: AlertRecord) -> tuple[str, str, str, bool]:
    """Initials, name, note, and whether it is the actor's: who handles it, or who was told."""
    words = floor.words
    owner: StaffId | None = record.owner
    if owner is None:
        told = words("alerts.told", who=called(floor, asked(record), short=True))
        return "", words("alerts.nobody"), told, False
    own = owner == floor.actor
    name = floor.short_name(owner)
    since = floor.clock(record.acknowledged_ms or record.raised_ms)
    return (
        floor.initials_of(owner),
        words("alerts.you", who=name) if own else name,
        words("alerts.handles", at=since),
        own,
    )
