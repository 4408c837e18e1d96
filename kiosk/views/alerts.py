"""The alerts page: who handles what; order: severity, unhandled first, what goes up first; only the state resolves."""

from __future__ import annotations

from dapur.alert import (
    MUTE_MS,
    SEVERITY_ORDER,
    AlertActArgs,
    AlertRecord,
    Mute,
    RaiseAlertArgs,
    Rule,
    Severity,
    alert_subject,
    escalates_ms,
)
from dapur.ids import StaffId
from dapur.stage import FINISHED, Stage
from dapur.watch import Alert
from kiosk.views import alerts_story as story
from kiosk.views import buttons
from kiosk.views.alerts_looks import AlertDetailLook, AlertLook, AlertsLook, Bar, ResolvedLook
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import (
    ButtonLook,
    ButtonRole,
    ChipLook,
    ChipTone,
    Segment,
    SegmentsLook,
    TopLook,
)
from kiosk.views.shell import ShellView

ICONS: dict[Severity, str] = {
    Severity.LOW: "info",
    Severity.MEDIUM: "circle-alert",
    Severity.HIGH: "triangle-alert",
    Severity.CRITICAL: "octagon-alert",
}
TONES: dict[Severity, ChipTone] = {
    Severity.LOW: "neutral",
    Severity.MEDIUM: "neutral",
    Severity.HIGH: "attention",
    Severity.CRITICAL: "alarm",
}
_BARS: dict[Severity, Bar] = {Severity.HIGH: "attention", Severity.CRITICAL: "alarm"}
ALL, NEW, OWN = "all", "new", "own"
HANDLE, VIEW = "handle", "view"
RESOLVED_SHOWN = 5
_MEASURED = (Rule.CORE_LOW, Rule.COLD_LEFT_HEAT, Rule.UNMEASURED)
_GOES_ON = (Rule.LATE_START, Rule.OVERDUE, Rule.QC_WAITING)
_DECIDED = (Rule.HELD_LONG,)
_STOPPED = (Rule.WINDOW_OVER, Rule.HOLDING_OUT)


class AlertsView(ViewModel):
    """All alerts that hold now, one of them in full, and those of tonight that are over."""

    def __init__(self, floor: Floor, shell: ShellView) -> None:
        super().__init__(floor)
        self._shell = shell
        self._filter = ALL
        self._chosen = ""
        self._all_resolved = False

    def again(self) -> AlertsView:
        """One of its own for a sheet, which takes its view away with it."""
        return AlertsView(self.floor, self._shell)

    # ---- what is chosen ---------------------------------------------------------------------

    def choose(self, key: str) -> None:
        """Show this one in full."""
        self._chosen = key
        self.changed.emit()

    def choose_filter(self, key: str) -> None:
        """All, those that nobody handles, or the actor's own."""
        self._filter = key
        self.changed.emit()

    def show_all_resolved(self) -> None:
        """All that is over, or only the newest again."""
        self._all_resolved = not self._all_resolved
        self.changed.emit()

    @property
    def chosen(self) -> str:
        """The alert shown in full: the one tapped while it holds, else the first."""
        keys = [alert.key for alert in self._shown()]
        return self._chosen if self._chosen in keys else keys[0] if keys else ""

    # ---- taps -------------------------------------------------------------------------------

    def handle(self, key: str) -> None:
        """The actor handles it."""
        handle(self.floor, key)

    def mute(self) -> None:
        """This kiosk is silent for two minutes about all that nobody handles."""
        for alert in self._audible():
            # Each is a tap of its own: the log says who silenced what. The first refusal ends it.
            if _act(self.floor, "mute_alert", alert.key) is None:
                return

    # ---- looks ------------------------------------------------------------------------------

    def top(self) -> TopLook:
        """Title and counts."""
        counts = self.words(
            "alerts.counts",
            new=sum(1 for each in self.floor.alerts if self._owner(each) is None),
            handled=sum(1 for each in self.floor.alerts if self._owner(each) is not None),
            resolved=len(self._resolved()),
        )
        return TopLook(self.words("alert.title"), counts)

    def look(self) -> AlertsLook:
        """The page without the alert in full."""
        words, resolved = self.words, self._resolved()
        shown = resolved if self._all_resolved else resolved[:RESOLVED_SHOWN]
        more = None
        if len(resolved) > RESOLVED_SHOWN:
            key = "alerts.fewer" if self._all_resolved else "alerts.all_resolved"
            icon = "chevron-up" if self._all_resolved else "chevron-down"
            more = ButtonLook("more", words(key, count=len(resolved)), icon, "outlined")
        return AlertsLook(
            words("alerts.open"),
            self._filters(),
            self._mute_button(),
            self._muted(),
            self.rows(),
            words("alert.none" if self._filter == ALL else "alerts.none_here"),
            words("alerts.resolved"),
            tuple(self._resolved_look(each) for each in shown),
            words("alerts.none_resolved"),
            more,
        )

    def rows(self) -> tuple[AlertLook, ...]:
        """The alerts of the filter."""
        chosen = self.chosen
        return tuple(self._look(alert, chosen=alert.key == chosen) for alert in self._shown())

    def detail(self, key: str = "") -> AlertDetailLook | None:
        """One alert in full; None when it holds no more."""
        wanted = key or self.chosen
        alert = next((each for each in self.floor.alerts if each.key == wanted), None)
        if alert is None:
            return None
        words, record = self.words, story.record_of(self.floor, alert)
        action = self._action(alert)
        way = [action] if action is not None else []
        if record.owner is None:
            way.insert(0, self._handle_button(alert))
        if self.about(alert.key):
            way.append(ButtonLook(VIEW, words("alerts.open_batch"), "arrow-right", "outlined"))
        value = story.value_of(self.floor, record)
        rule = words("alerts.rule_limit", limit=value.limit) if value else words("alerts.rule")
        return AlertDetailLook(
            alert.key,
            self._chip(alert),
            story.number(self.floor, record),
            words(f"rule.{alert.rule}"),
            story.place(self.floor, alert.about),
            words("alerts.do"),
            words(f"rule.{alert.rule}.do"),
            words("alerts.history"),
            rule,
            value,
            story.history(self.floor, record),
            tuple(way),
        )

    def about(self, key: str) -> str:
        """The batch of an alert, empty when it is about something else."""
        found = next((alert for alert in self.floor.alerts if alert.key == key), None)
        return found.about if found and self.floor.batch(found.about) else ""

    # ---- inside -----------------------------------------------------------------------------

    def _owner(self, alert: Alert) -> StaffId | None:
        record = self.floor.kitchen.alerts.get(alert.key)
        return record.owner if record else None

    def _shown(self) -> list[Alert]:
        actor = self.floor.actor
        return [
            alert
            for alert in ordered(self.floor)
            if self._filter == ALL
            or (self._filter == NEW and self._owner(alert) is None)
            or (self._filter == OWN and actor is not None and self._owner(alert) == actor)
        ]

    def _resolved(self) -> list[AlertRecord]:
        over = [each for each in self.floor.kitchen.alerts.values() if each.resolved_ms is not None]
        return sorted(over, key=lambda each: (-(each.resolved_ms or 0), each.key))

    def _filters(self) -> SegmentsLook:
        words, alerts, actor = self.words, self.floor.alerts, self.floor.actor
        new = sum(1 for each in alerts if self._owner(each) is None)
        own = sum(1 for each in alerts if actor is not None and self._owner(each) == actor)
        counts = ((ALL, len(alerts)), (NEW, new), (OWN, own))
        segments = tuple(
            Segment(key, words(f"alerts.filter.{key}", count=count)) for key, count in counts
        )
        return SegmentsLook(segments, self._filter)

    def _chip(self, alert: Alert) -> ChipLook:
        text, outlined = self.words(f"alert.{alert.severity}"), self._owner(alert) is not None
        return ChipLook(text, ICONS[alert.severity], TONES[alert.severity], outlined)

    def _look(self, alert: Alert, *, chosen: bool) -> AlertLook:
        floor, record = self.floor, story.record_of(self.floor, alert)
        initials, who, who_note, own = story.owner_of(floor, record)
        left, left_note = story.goes_up(floor, record)
        critical = alert.severity is Severity.CRITICAL
        return AlertLook(
            alert.key,
            self._chip(alert),
            self.words(f"rule.{alert.rule}"),
            story.detail(floor, record),
            floor.clock(record.raised_ms),
            floor.ago(floor.now_ms - record.raised_ms),
            who,
            who_note,
            left,
            left_note,
            self._button(alert),
            initials,
            own=own,
            urgent=critical and record.owner is None,
            bar=_BARS.get(alert.severity, "none"),
            chosen=chosen,
        )

    def _button(self, alert: Alert) -> ButtonLook:
        if self._owner(alert) is None:
            return self._handle_button(alert)
        return self._action(alert) or ButtonLook(
            VIEW, self.words("act.view"), "arrow-right", "outlined"
        )

    def _handle_button(self, alert: Alert) -> ButtonLook:
        roles: dict[Severity, ButtonRole] = {
            Severity.CRITICAL: "alarm",
            Severity.HIGH: "primary",
        }
        role = roles.get(alert.severity, "outlined")
        return ButtonLook(HANDLE, self.words("alert.take"), "hand", role)

    def _action(self, alert: Alert) -> ButtonLook | None:
        """What resolves it, as the board would do it."""
        batch, words = self.floor.batch(alert.about), self.words
        if batch is None:
            return None
        hot = batch.stage not in FINISHED and batch.stage is not Stage.PLANNED
        if alert.rule in _MEASURED and batch.plan.limits.core_c is not None and hot:
            return ButtonLook(buttons.MEASURE, words("act.measure"), "thermometer", "tonal")
        if alert.rule in _DECIDED and batch.held:
            return ButtonLook(buttons.RELEASE, words("alerts.decide"), "scale", "tonal")
        if alert.rule in _STOPPED and not batch.held:
            found = buttons.hold_button(self.floor, batch)
            return None if found is None else ButtonLook(found.action, found.text, "pause", "tonal")
        if alert.rule in _GOES_ON:
            main = buttons.main_button(self.floor, batch)
            if main is not None and main.enabled and main.role != "blocked":
                return ButtonLook(main.action, main.text, main.icon, "tonal")
        return None

    def _resolved_look(self, record: AlertRecord) -> ResolvedLook:
        floor, words = self.floor, self.words
        took = floor.ago((record.resolved_ms or 0) - record.raised_ms)
        owner = record.owner
        who = floor.short_name(owner) if owner is not None else words("alerts.by_itself")
        return ResolvedLook(
            record.key,
            floor.clock(record.raised_ms),
            words(f"rule.{record.rule}"),
            story.resolved_detail(floor, record),
            f"{who} · {took}",
        )

    # ---- silence ----------------------------------------------------------------------------

    def _audible(self) -> list[Alert]:
        """What may sound: nobody handles it and it is more than low."""
        return [
            alert
            for alert in self.floor.alerts
            if alert.severity is not Severity.LOW and self._owner(alert) is None
        ]

    def _mutes(self) -> dict[str, tuple[StaffId, int]]:
        """By kiosk: who silenced it last, and for how long yet in ms; two minutes at most."""
        found: dict[str, tuple[StaffId, int]] = {}
        for alert in self._audible():
            record = story.record_of(self.floor, alert)
            for mute in record.mutes:
                left_ms = self._left_ms(record.key, mute)
                if left_ms > found.get(mute.device, ("", 0))[1]:
                    found[mute.device] = (mute.actor, left_ms)
        return found

    def _left_ms(self, key: str, mute: Mute) -> int:
        """Of this kiosk what its ear knows: an unsure clock may have written an end far ahead."""
        sounds = self.floor.sounds
        if sounds is not None and self.floor.is_own(mute.device):
            known_ms = sounds.silent_ms(key)
            if known_ms is not None:
                return known_ms
        return min(mute.until_ms - self.floor.now_ms, MUTE_MS)

    def _mute_button(self) -> ButtonLook:
        words, audible = self.words, self._audible()
        own = [left for device, (_, left) in self._mutes().items() if self.floor.is_own(device)]
        if own:
            text = words("alerts.muted_left", left=self.floor.span(own[0]))
            reason = words("alerts.muted_why")
            return ButtonLook("mute", text, "volume-x", "blocked", enabled=False, reason=reason)
        reason = "" if audible else words("alerts.nothing_sounds")
        role: ButtonRole = "outlined" if audible else "blocked"
        text = words("alerts.mute")
        return ButtonLook("mute", text, "volume-x", role, enabled=bool(audible), reason=reason)

    def _muted(self) -> str:
        """Whose kiosk is silent: everybody sees it."""
        lines = [
            self.words(
                "alerts.muted_here" if self.floor.is_own(device) else "alerts.muted_there",
                who=self.floor.short_name(actor),
                left=self.floor.span(left_ms),
            )
            for device, (actor, left_ms) in sorted(self._mutes().items())
        ]
        return " · ".join(lines)


def ordered(floor: Floor) -> list[Alert]:
    """Severity, then those that nobody handles, then what goes up first, then the oldest."""
    policy = floor.kitchen.policy

    def order(alert: Alert) -> tuple[int, bool, bool, int, str]:
        record = story.record_of(floor, alert)
        up_ms = escalates_ms(record, policy)
        at_ms = up_ms if up_ms is not None else record.raised_ms
        handled = record.owner is not None
        return (-SEVERITY_ORDER[alert.severity], handled, up_ms is None, at_ms, alert.key)

    return sorted(floor.alerts, key=order)


def handle(floor: Floor, key: str) -> None:
    """Acknowledge an alert in the actor's name; it goes on until the state resolves it."""
    _act(floor, "acknowledge_alert", key)


def _act(floor: Floor, kind: str, key: str) -> object:
    alert = next((each for each in floor.alerts if each.key == key), None)
    seen = None
    if alert is not None:
        # The server may not have raised it yet (a kiosk offline sees it first): say what was seen.
        seen = RaiseAlertArgs(alert.rule, alert.about, alert.since_ms, alert.detail)
    return floor.tap(kind, alert_subject(key), AlertActArgs(seen))
