"""What should be heard on this kiosk, from what changed in the state; it plays nothing and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from dapur.access import Role
from dapur.alert import MUTE_MS, AlertRecord, Rule, Severity
from dapur.batch import Batch
from dapur.ids import BatchId, CommandId, StaffId
from dapur.kitchen import Kitchen
from dapur.watch import Alert
from kiosk.views.sound.kinds import ORDER, Kind

AGAIN_MS = 8_000
"""A critical alert is heard so often until somebody handles or mutes it."""
REMIND_MS = 60_000
"""Another one is heard once more after this time while nobody handles it."""
RECENT_MS = 5 * 60_000
"""A hold or a change that came late, after hours offline, is no news to be rung for."""
TIMES = 2
_LATE = frozenset({Rule.LATE_START, Rule.OVERDUE, Rule.DEPARTURE_AT_RISK})


class Here(msgspec.Struct, frozen=True):
    """The kiosk that listens: its id and who is signed in."""

    device: str
    present: frozenset[StaffId] = frozenset()


class _Rung(msgspec.Struct, frozen=True):
    times: int
    last_ms: int


class _Muted(msgspec.Struct, frozen=True):
    until_ms: int
    """As the log says."""
    ends_ms: int
    """On our own steady clock."""


class Ringing:
    """Which sound is due now. One rule for all kiosks, so that nobody must learn it:

    * a critical alert sounds on every kiosk, again and again, until somebody handles it;
    * a high or medium one sounds where somebody is signed in to whom it is addressed, or where nobody
      is signed in at all, and once more after a minute; a low one is only seen;
    * a hold, a cancelled or changed batch sounds on every kiosk but the one where it was done;
    * a mute silences one alert on one kiosk, for two minutes at most, whatever the clocks say.

    What already stood when the kiosk started is known; only critical alerts that nobody handles sound
    again.
    """

    def __init__(self) -> None:
        self._rung: dict[str, _Rung] = {}
        self._muted: dict[str, _Muted] = {}
        self._batches: Mapping[BatchId, Batch] | None = None

    def look(
        self, kitchen: Kitchen, alerts: tuple[Alert, ...], here: Here, *, now_ms: int, mono_ms: int
    ) -> Kind | None:
        """The worst sound that is due. `now_ms` is the server's time, `mono_ms` the machine's steady one."""
        first = self._batches is None
        for alert in alerts:
            self._see_mute(kitchen.alerts.get(alert.key), here, now_ms, mono_ms)
        due = self._alerts(kitchen, alerts, here, mono_ms, first=first)
        if kitchen.batches is not self._batches:
            due |= self._batch_news(kitchen, here, now_ms)
            self._batches = kitchen.batches
        return max(due, key=ORDER.__getitem__, default=None)

    def muted_ms(self, key: str, mono_ms: int) -> int | None:
        """How long this kiosk is still silent about an alert; 0: no more; None: nobody muted it."""
        muted = self._muted.get(key)
        return max(0, muted.ends_ms - mono_ms) if muted is not None else None

    def rings(self, kitchen: Kitchen, alert: Alert, here: Here) -> bool:
        """Whether this alert may be heard here: nobody handles it, and it is for somebody here."""
        record = kitchen.alerts.get(alert.key)
        if alert.severity is Severity.LOW or (record is not None and record.owner is not None):
            return False
        if alert.severity is Severity.CRITICAL or not here.present:
            return True
        addressed = record.addressed if record is not None else _first(alert)
        roles = frozenset[Role]().union(*(kitchen.roles_of(staff) for staff in here.present))
        return bool(roles & addressed)

    def _alerts(
        self,
        kitchen: Kitchen,
        alerts: tuple[Alert, ...],
        here: Here,
        mono_ms: int,
        *,
        first: bool,
    ) -> set[Kind]:
        due: set[Kind] = set()
        before, self._rung = self._rung, {}
        for alert in alerts:
            rung = before.get(alert.key)
            if rung is None and first and alert.severity is not Severity.CRITICAL:
                rung = _Rung(TIMES, mono_ms)
            silent = bool(self.muted_ms(alert.key, mono_ms))
            if not silent and self.rings(kitchen, alert, here) and _due(alert, rung, mono_ms):
                due.add(_kind(alert))
                rung = _Rung(rung.times + 1 if rung is not None else 1, mono_ms)
            if rung is not None:
                self._rung[alert.key] = rung
        standing = {alert.key for alert in alerts}
        self._muted = {key: each for key, each in self._muted.items() if key in standing}
        return due

    def _see_mute(self, record: AlertRecord | None, here: Here, now_ms: int, mono_ms: int) -> None:
        """A mute of an unsure clock may lie far ahead: two minutes from when it was seen are the end."""
        mute = next((m for m in record.mutes if m.device == here.device), None) if record else None
        if record is None or mute is None:
            return
        known = self._muted.get(record.key)
        if known is None or (known.until_ms != mute.until_ms and known.ends_ms <= mono_ms):
            left_ms = min(max(mute.until_ms - now_ms, 0), MUTE_MS)
            self._muted[record.key] = _Muted(mute.until_ms, mono_ms + left_ms)

    def _batch_news(self, kitchen: Kitchen, here: Here, now_ms: int) -> set[Kind]:
        due: set[Kind] = set()
        before = self._batches
        if before is None:
            return due
        for batch_id, batch in kitchen.batches.items():
            old = before.get(batch_id)
            if old is None or old is batch:
                continue
            known: frozenset[CommandId] = frozenset(hold.id for hold in old.holds)
            for hold in batch.open_holds:
                recent = now_ms - hold.at.latest_ms < RECENT_MS
                if hold.id not in known and hold.device != here.device and recent:
                    due.add(Kind.HOLD)
            if _changed(old, batch, here, now_ms):
                due.add(Kind.CHANGED)
        return due


def _first(alert: Alert) -> frozenset[Role]:
    return frozenset(alert.chain[:1]) | {Role.KEPALA}


def _kind(alert: Alert) -> Kind:
    if alert.severity is Severity.CRITICAL:
        return Kind.CRITICAL
    return Kind.LATE if alert.rule in _LATE else Kind.ALERT


def _due(alert: Alert, rung: _Rung | None, mono_ms: int) -> bool:
    if rung is None:
        return True
    waited_ms = mono_ms - rung.last_ms
    if alert.severity is Severity.CRITICAL:
        return waited_ms >= AGAIN_MS
    return rung.times < TIMES and waited_ms >= REMIND_MS


def _changed(old: Batch, new: Batch, here: Here, now_ms: int) -> bool:
    """Ended by somebody who is not at this kiosk, or planned anew."""
    ending = new.ended
    if ending is not None and old.ended is None:
        recent = now_ms - ending.at.latest_ms < RECENT_MS
        return recent and ending.actor not in here.present
    return old.plan != new.plan
