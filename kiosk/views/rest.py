"""What a resting screen says: the time, and how many alarms wait; texts only."""

from __future__ import annotations

import msgspec

from kiosk.views.floor import ViewModel


class RestLook(msgspec.Struct, frozen=True):
    """The band of a resting screen; `loud` when an alarm waits that nobody handles."""

    clock: str
    alarms: str
    hint: str
    icon: str
    loud: bool = False


class RestView(ViewModel):
    """Nobody was here for ten minutes: the board stays readable, the actors are locked."""

    def look(self) -> RestLook:
        """Time and alarms."""
        floor, words = self.floor, self.words
        count = len(floor.alerts)
        known = floor.kitchen.alerts
        open_ones = [
            alert
            for alert in floor.alerts
            if (record := known.get(alert.key)) is None or record.owner is None
        ]
        alarms = (
            words("rest.alarms", count=count, new=len(open_ones)) if count else words("alert.none")
        )
        icon = "bell" if count else "circle-check"
        hint = words("rest.touch")
        return RestLook(floor.clock(floor.now_ms), alarms, hint, icon, loud=bool(open_ones))
