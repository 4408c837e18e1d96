"""What waits for a chief now, in figures: the desk's panel and the hand-over tell the same; it makes no text."""

from __future__ import annotations

from dapur.handover import Open, open_now
from dapur.watch import Alert
from kiosk.views.floor import Floor


def new_alerts(floor: Floor) -> tuple[Alert, ...]:
    """Those that nobody handles yet: the badge on the rail, and the first figure of their page."""
    records = floor.kitchen.alerts
    return tuple(
        alert
        for alert in floor.alerts
        if (record := records.get(alert.key)) is None or record.owner is None
    )


def counts(floor: Floor) -> dict[str, int]:
    """What is open now, sort by sort, own waiting taps folded in."""
    # The floor has looked for the alarms of this second already.
    return counted(open_now(floor.kitchen, floor.now_ms, floor.alerts))


def counted(found: Open) -> dict[str, int]:
    """The record of one moment as figures."""
    return {
        "alarms": found.alerts.count,
        "checks": found.checks.count,
        "holds": found.holds.count,
        "reviews": found.reviews.count,
        "clocks": found.clocks.count,
    }
