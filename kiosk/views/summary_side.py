"""The side of the desk: alerts worst first, what a hand-over would find open, the load of the teams; texts only."""

from __future__ import annotations

from dapur.alert import SEVERITY_ORDER, AlertRecord, Severity, escalates_ms
from dapur.handover import clocks_now
from dapur.overview import TeamNow, advice, teams_now
from dapur.watch import Alert
from kiosk.views.floor import Floor
from kiosk.views.looks import LoadLook
from kiosk.views.open_matters import counts
from kiosk.views.summary_looks import LineLook, LoadsLook, PanelLook, Tone

ALERTS_SHOWN = 4
_ICONS: dict[Severity, str] = {
    Severity.LOW: "info",
    Severity.MEDIUM: "circle-alert",
    Severity.HIGH: "triangle-alert",
    Severity.CRITICAL: "octagon-alert",
}
_TONES: dict[Severity, Tone] = {
    Severity.LOW: "normal",
    Severity.MEDIUM: "normal",
    Severity.HIGH: "attention",
    Severity.CRITICAL: "alarm",
}


def alerts(floor: Floor, shown: int = ALERTS_SHOWN) -> PanelLook:
    """Severity, then who has no owner, then what goes up first."""
    words = floor.words
    known = floor.kitchen.alerts
    ordered = sorted(floor.alerts, key=lambda each: _order(floor, each, known.get(each.key)))
    lines = tuple(_line(floor, each, known.get(each.key)) for each in ordered[:shown])
    count = len(ordered)
    aside = words("summary.all", count=count) if count else ""
    return PanelLook("alerts", words("summary.alerts"), aside, lines, words("alert.none"))


def _order(floor: Floor, alert: Alert, record: AlertRecord | None) -> tuple[int, bool, int, str]:
    owned = record is not None and record.owner is not None
    up_ms = escalates_ms(record, floor.kitchen.policy) if record is not None else None
    at_ms = up_ms if up_ms is not None else alert.since_ms
    return (-SEVERITY_ORDER[alert.severity], owned, at_ms, alert.key)


def _line(floor: Floor, alert: Alert, record: AlertRecord | None) -> LineLook:
    words, now = floor.words, floor.now_ms
    batch = floor.batch(alert.about)
    where = batch.plan.name if batch is not None else _place(floor, alert.about)
    owner = record.owner if record is not None else None
    who = floor.short_name(owner) if owner is not None else words("summary.nobody")
    up_ms = escalates_ms(record, floor.kitchen.policy) if record is not None else None
    if up_ms is not None:
        aside = words("summary.goes_up", left=floor.span(max(up_ms - now, 0)))
    else:
        aside = floor.ago(now - (record.raised_ms if record is not None else alert.since_ms))
    title = words(f"rule.{alert.rule}")
    icon, tone = _ICONS[alert.severity], _TONES[alert.severity]
    return LineLook(alert.key, icon, title, f"{who} · {where}", aside, tone)


def _place(floor: Floor, about: str) -> str:
    night = floor.kitchen.night
    wave = night.wave(about) if night is not None else None
    return wave.name if wave is not None else about


def handover(floor: Floor) -> PanelLook:
    """What the next chief would take over now: each kind with its count, the settled ones too."""
    words, found = floor.words, counts(floor)
    lines = tuple(_count(floor, key, count) for key, count in found.items())
    # A running clock is no fault: it is told, not counted as unsettled.
    waiting = sum(count for key, count in found.items() if key != "clocks")
    aside = words("summary.unsettled", count=waiting) if waiting else words("summary.settled")
    return PanelLook("handover", words("summary.handover"), aside, lines, opens=True)


def _count(floor: Floor, key: str, count: int) -> LineLook:
    words = floor.words
    if not count:
        return LineLook(key, "circle-check", words(f"summary.open.{key}.none"), tone="done")
    title = words(f"summary.open.{key}", count=count)
    if key == "clocks":
        ends = clocks_now(floor.kitchen, floor.now_ms).values()
        at = words("summary.first_at", at=floor.clock(min(ends))) if ends else ""
        return LineLook(key, "hourglass", title, aside=at)
    return LineLook(key, "circle-alert", title, tone="attention")


# ---- teams ---------------------------------------------------------------------------------------


def loads(floor: Floor) -> LoadsLook:
    """Teams that have work, by name; those that only wait stand in one line."""
    words = floor.words
    teams = teams_now(floor.kitchen, floor.now_ms)
    waiting = [f"{each.team} {each.here}" for each in teams if each.load is None and each.here]
    return LoadsLook(
        words("summary.loads"),
        words("summary.loads_line"),
        words("summary.nobody_here"),
        tuple(_load(floor, each, each.load) for each in teams if each.load is not None),
        words("summary.idle", teams=", ".join(waiting)) if waiting else "",
        _suggestion(floor, teams),
    )


def _load(floor: Floor, team: TeamNow, load: float) -> LoadLook:
    words = floor.words
    people = words("summary.people", count=team.here, total=team.people)
    percent = words("summary.percent", value=round(load * 100))
    if not team.here:
        said = words("summary.nobody_yet", load=percent)
        return LoadLook(team.team, team.team, people, said, load, "attention", "triangle-alert")
    if load > 1:
        said = words("summary.lacks", load=percent, count=team.missing)
        return LoadLook(team.team, team.team, people, said, load, "attention", "triangle-alert")
    return LoadLook(team.team, team.team, people, percent, load)


def _suggestion(floor: Floor, teams: tuple[TeamNow, ...]) -> str:
    """Who could help whom, with both loads after it; nothing when the figures support no move."""
    move = advice(floor.kitchen, teams)
    if move is None:
        return ""
    return floor.words(
        "summary.advice",
        source=move.source,
        target=move.target,
        target_load=round(move.target_load * 100),
        source_load=round(move.source_load * 100),
    )
