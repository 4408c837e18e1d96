"""Half a minute in which the screen may be wiped: how long still, and what ends it sooner; text only."""

from __future__ import annotations

from dapur.alert import SEVERITY_ORDER, Severity
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import WipeLook

WIPE_MS = 30_000
"""Long enough to wipe a large screen (kiosk.md 7), short enough for a kitchen at work."""
_LOUD = SEVERITY_ORDER[Severity.HIGH]


class WipingView(ViewModel):
    """One wiping; it is over by time or by an alarm that was not there before."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self._known = self._loud()

    def _loud(self) -> frozenset[str]:
        return frozenset(
            alert.key for alert in self.floor.alerts if SEVERITY_ORDER[alert.severity] >= _LOUD
        )

    @property
    def disturbed(self) -> bool:
        """Whether a new loud alarm wants a finger now."""
        return bool(self._loud() - self._known)

    def look(self, left_ms: int) -> WipeLook:
        """Countdown in whole seconds, rounded up: it never shows 0 while the screen is deaf."""
        seconds = max(0, -(-left_ms // 1000))
        words = self.words
        loud = len(self._loud())
        return WipeLook(
            words("wipe.title"),
            str(seconds),
            words("wipe.detail"),
            words("wipe.alarms", n=loud) if loud else "",
            words("wipe.name", n=seconds),
        )
