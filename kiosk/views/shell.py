"""The frame of the window: rail, line, people, clock, banner, strip, undo; text only."""

from __future__ import annotations

from operator import is_

from dapur.access import PLANNERS
from dapur.alert import SEVERITY_ORDER, Severity
from dapur.ids import StaffId
from dapur.review import open_reviews
from dapur.watch import Alert
from kiosk.views import quality
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import (
    Actor,
    ActorsLook,
    BannerLook,
    ButtonLook,
    ConnectionLook,
    NavItem,
    RailLook,
    StripLook,
    UndoLook,
)
from kiosk.views.open_matters import new_alerts

_UNDER = {"batch": "board"}
"""The place on the rail of a page that has none of its own; the rest belong to the menu."""
_NAMED = ("revoked", "upgrade", "unknown_device", "untrusted")
"""States of the line that have a word of their own beside "offline"."""
_LOUD = SEVERITY_ORDER[Severity.HIGH]


class ShellView(ViewModel):
    """What every page shows around itself."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self._banner_at = 0
        self._loud_of: tuple[object, object] = (None, None)
        self._loud_ones: tuple[Alert, ...] = ()

    def rail(self, page: str) -> RailLook:
        """Where one can go, with what waits there."""
        floor, words = self.floor, self.words
        new = new_alerts(floor)
        loud = any(SEVERITY_ORDER[alert.severity] >= _LOUD for alert in new)
        reviews = len(open_reviews(floor.kitchen))
        checks = len(quality.due(floor))
        items: tuple[NavItem, ...] = (
            NavItem("board", words("nav.board"), "layout-grid"),
            NavItem(
                "alerts",
                words("nav.alerts"),
                "bell",
                _badge(len(new)),
                "alarm" if loud else "attention",
                words("nav.alerts_new", count=len(new)),
                # What is heard is seen too, also with sounds off.
                pulse=loud,
            ),
            NavItem("review", words("nav.review"), "inbox", _badge(reviews)),
            NavItem("quality", words("nav.quality"), "clipboard-check", _badge(checks)),
            NavItem("team", words("nav.team"), "users"),
        )
        if supervises(floor):
            items = (*items, NavItem("summary", words("nav.summary"), "chart-gantt"))
        foot = (
            NavItem("sign_in", words("nav.sign_in"), "key-round"),
            NavItem("menu", words("nav.menu"), "ellipsis"),
        )
        here = {each.key for each in (*items, *foot)}
        chosen = page if page in here else _UNDER.get(page, "menu")
        return RailLook(items, foot, chosen)

    def connection(self) -> ConnectionLook:
        """The badge: one of five states, age and unsent count."""
        floor, words = self.floor, self.words
        state = floor.connection
        named = floor.status.state
        key = f"link.{named}" if named in _NAMED else f"link.{state}"
        mine = sum(1 for item in open_reviews(floor.kitchen) if floor.is_own(item.device))
        parts = [words(key, count=mine)]
        if state in ("offline", "stale", "connecting") and floor.data_age_ms > 0:
            parts.append(floor.ago(floor.data_age_ms))
        if floor.unsent:
            parts.append(words("link.unsent", count=floor.unsent))
        text = " · ".join(parts)
        return ConnectionLook(state, text, text)

    def actors(self) -> ActorsLook:
        """Who is signed in here; the first taps."""
        floor = self.floor
        people = tuple(
            Actor(staff, floor.initials_of(staff), floor.short_name(staff))
            for staff in floor.people.session.signed_in
        )
        return ActorsLook(people, floor.actor or "", self.words("signin.add"))

    def act_as(self, person: str) -> None:
        """Another signed-in person taps now."""
        self.floor.people.session.act_as(StaffId(person))

    def clock(self) -> str:
        """Time of day."""
        return self.floor.clock(self.floor.now_ms)

    def strip(self) -> StripLook | None:
        """Offline: since when, what waits, what was refused; or a wrong clock; None when all is well."""
        floor, words = self.floor, self.words
        status = floor.status
        refused = len(open_reviews(floor.kitchen))
        link = words("offline.refused", count=refused) if refused else ""
        if status.state in _NAMED:
            key = f"offline.{'revoked' if status.state == 'unknown_device' else status.state}"
            return StripLook(words(f"link.{status.state}"), words(key), link)
        wrong = self._wrong_clock()
        if status.state == "online":
            return StripLook(wrong, words("offline.clock.next"), link) if wrong else None
        safe = words("offline.safe", count=floor.unsent)
        if not floor.data_age_ms:
            return StripLook(_joined(words("offline.never"), wrong), safe, link)
        since = floor.now_ms - floor.data_age_ms
        title = words("offline.since", at=floor.clock(since), age=floor.ago(floor.data_age_ms))
        return StripLook(_joined(title, wrong), safe, link)

    def _wrong_clock(self) -> str:
        """That the machine's clock is more than two minutes off; the taps' times are right all the same."""
        error_ms = self.floor.clock_error_ms
        if error_ms is None:
            return ""
        return self.words("offline.clock", offset=self.floor.ago(abs(error_ms)))

    # ---- the worst alarm --------------------------------------------------------------------

    def _waiting(self) -> tuple[Alert, ...]:
        """Loud alarms that nobody handles yet, the worst first; found again when one came or was taken."""
        ground = (self.floor.alerts, self.floor.kitchen.alerts)
        if not all(map(is_, ground, self._loud_of)):
            self._loud_of = ground
            new = new_alerts(self.floor)
            self._loud_ones = tuple(a for a in new if SEVERITY_ORDER[a.severity] >= _LOUD)
        return self._loud_ones

    def next_alarm(self) -> None:
        """Show the next one in the banner."""
        self._banner_at += 1
        self.changed.emit()

    def banner(self) -> BannerLook | None:
        """The worst alarm that nobody handles yet; None when all are handled."""
        waiting = self._waiting()
        if not waiting:
            return None
        alert = waiting[self._banner_at % len(waiting)]
        more = ""
        if len(waiting) > 1:
            at = self._banner_at % len(waiting) + 1
            more = self.words("alert.counter", n=at, total=len(waiting))
        title, detail = self.alarm_text(alert)
        button = ButtonLook("handle", self.words("alert.take"), "hand", "alarm")
        return BannerLook(alert.key, title, detail, handled=button, more=more)

    def alarm_text(self, alert: Alert) -> tuple[str, str]:
        """What and where; value, limit, since when, what to do."""
        floor, words = self.floor, self.words
        batch = floor.batch(alert.about)
        name = batch.plan.name if batch else alert.about
        record = floor.kitchen.alerts.get(alert.key)
        since = record.raised_ms if record else alert.since_ms
        age = floor.ago(floor.now_ms - since)
        parts = [batch.plan.code] if batch else []
        parts.append(words("alert.since", at=floor.clock(since), age=age))
        parts.append(words(f"rule.{alert.rule}.do"))
        return f"{words(f'rule.{alert.rule}')}: {name}", " · ".join(parts)

    def undo(self) -> UndoLook | None:
        """The offer to take the last tap back."""
        offer = self.floor.undoable
        if offer is None:
            return None
        button = ButtonLook("undo", self.words("act.undo"), "undo-2", "outlined")
        return UndoLook(offer.command, offer.title, offer.detail, button)


def supervises(floor: Floor) -> bool:
    """Whether one of those signed in here may plan the night: the desk has a place on their rail."""
    present = floor.people.session.signed_in
    return any(floor.kitchen.roles_of(staff) & PLANNERS for staff in present)


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _badge(count: int) -> str:
    return str(count) if count else ""
