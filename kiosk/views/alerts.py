"""The alerts page: who handles what; order: severity, unhandled first; only the state resolves an alert."""

from __future__ import annotations

from dapur.alert import SEVERITY_ORDER, AlertActArgs, RaiseAlertArgs, Severity, alert_subject
from dapur.watch import Alert
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import AlertLook, ButtonLook, ButtonRole, ChipLook, ChipTone, TopLook
from kiosk.views.shell import ShellView

ICONS: dict[Severity, str] = {
    Severity.LOW: "info",
    Severity.MEDIUM: "triangle-alert",
    Severity.HIGH: "triangle-alert",
    Severity.CRITICAL: "octagon-alert",
}

TONES: dict[Severity, ChipTone] = {
    Severity.LOW: "neutral",
    Severity.MEDIUM: "attention",
    Severity.HIGH: "attention",
    Severity.CRITICAL: "alarm",
}


class AlertsView(ViewModel):
    """All alerts that hold now."""

    def __init__(self, floor: Floor, shell: ShellView) -> None:
        super().__init__(floor)
        self._shell = shell

    def handle(self, key: str) -> None:
        """The actor handles it."""
        handle(self.floor, key)

    def top(self) -> TopLook:
        """Title and count."""
        count = len(self.floor.alerts)
        text = self.words("board.alarms", count=count) if count else self.words("alert.none")
        return TopLook(self.words("alert.title"), text)

    def rows(self) -> tuple[AlertLook, ...]:
        """Every alert that holds."""
        return tuple(self._look(alert) for alert in self._sorted())

    def about(self, key: str) -> str:
        """The batch of an alert, empty when it is about something else."""
        found = next((alert for alert in self.floor.alerts if alert.key == key), None)
        return found.about if found and self.floor.batch(found.about) else ""

    def _sorted(self) -> list[Alert]:
        records = self.floor.kitchen.alerts

        def order(alert: Alert) -> tuple[int, bool, int]:
            record = records.get(alert.key)
            return (
                -SEVERITY_ORDER[alert.severity],
                record is not None and record.owner is not None,
                alert.since_ms,
            )

        return sorted(self.floor.alerts, key=order)

    def _look(self, alert: Alert) -> AlertLook:
        title, detail = self._shell.alarm_text(alert)
        record = self.floor.kitchen.alerts.get(alert.key)
        owner = record.owner if record else None
        severity = self.words(f"alert.{alert.severity}")
        tone = TONES[alert.severity]
        chip = ChipLook(severity, ICONS[alert.severity], tone, outlined=owner is not None)
        if owner is not None:
            who = self.words("alert.taken", who=self.floor.name_of(owner))
            button = ButtonLook("open", self.words("act.view"), "arrow-right", "outlined")
            return AlertLook(alert.key, title, f"{who} · {detail}", chip, button)
        loud = SEVERITY_ORDER[alert.severity] >= SEVERITY_ORDER[Severity.HIGH]
        role: ButtonRole = "alarm" if loud else "outlined"
        button = ButtonLook("handle", self.words("alert.take"), "hand", role)
        detail = f"{self.words('alert.open')} · {detail}"
        return AlertLook(alert.key, title, detail, chip, button)


def handle(floor: Floor, key: str) -> None:
    """Acknowledge an alert in the actor's name; it goes on until the state resolves it."""
    alert = next((each for each in floor.alerts if each.key == key), None)
    seen = None
    if alert is not None:
        # The server may not have raised it yet (a kiosk offline sees it first): say what was seen.
        seen = RaiseAlertArgs(alert.rule, alert.about, alert.since_ms, alert.detail)
    floor.tap("acknowledge_alert", alert_subject(key), AlertActArgs(seen))
