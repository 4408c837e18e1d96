"""Folds events and collects the rows that change with them; it decides nothing and opens no database."""

from __future__ import annotations

import msgspec

from dapur import kitchen as rules
from dapur.batch import Batch
from dapur.envelope import SCHEMA, Event, Malformed, decode_event
from dapur.ids import BatchId, SessionId
from dapur.kitchen import Kitchen
from dapur.past import ActivityRow, AlertRow, AuditRow, BatchRow, CheckRow, ReadingRow
from dapur.quality import CheckRecorded
from dapur.recorded import alert_row, assignment_rows, batch_row, session_row
from dapur.temperature import TemperatureRecorded
from server.desk.ports import Entry
from server.history.rows import audit_row, check_row, reading_row, unreadable_row

VERSION = 1
"""Raised whenever the same events would make other rows: every kitchen is then folded again."""

_reading = msgspec.json.Decoder(TemperatureRecorded)
_check = msgspec.json.Decoder(CheckRecorded)


class Changes(msgspec.Struct):
    """The rows of one stretch of events: new ones, and the last state of those that changed."""

    batches: dict[str, BatchRow] = {}
    readings: list[ReadingRow] = []
    checks: list[CheckRow] = []
    alerts: dict[int, AlertRow] = {}
    activity: dict[tuple[str, str, int], ActivityRow] = {}
    audit: list[AuditRow] = []


class Projector:
    """One kitchen's fold at event `seq`. Rows depend on the events alone, not on how they came."""

    def __init__(self, kitchen: Kitchen, seq: int) -> None:
        self.kitchen = kitchen
        self.seq = seq

    def take(self, entries: tuple[Entry, ...]) -> Changes:
        """Fold the entries that follow `seq`; the rows that they make or change."""
        changes = Changes()
        for entry in entries:
            self._one(entry, changes)
        return changes

    def pass_by(self, entries: tuple[Entry, ...]) -> None:
        """Fold entries whose rows are written already."""
        for entry in entries:
            self.seq = entry.seq
            event = _event(entry)
            if event is not None:
                self.kitchen = rules.evolve(self.kitchen, event)

    def _one(self, entry: Entry, changes: Changes) -> None:
        self.seq = entry.seq
        event = _event(entry)
        if event is None:
            changes.audit.append(unreadable_row(entry.seq))
            return
        before = self.kitchen
        self.kitchen = rules.evolve(before, event)
        batch = self.kitchen.batches.get(BatchId(event.subject))
        changes.audit.append(audit_row(event, entry.seq, batch))
        self._add_states(event, before, changes)
        if event.reader <= SCHEMA:
            self._add_measured(event, changes)

    def _add_states(self, event: Event, before: Kitchen, changes: Changes) -> None:
        """Rows of the nouns whose state is another object now; an opaque event changes none."""
        after, seq = self.kitchen, self.seq
        batch = after.batches.get(BatchId(event.subject))
        old = before.batches.get(BatchId(event.subject))
        if batch is not None and batch is not old:
            changes.batches[batch.id] = batch_row(batch, after.policy, seq)
            if old is None or batch.crew is not old.crew:
                self._add_crew(batch, changes)
        _, _, key = event.subject.partition(":")
        alert = after.alerts.get(key)
        if alert is not None and alert is not before.alerts.get(key):
            changes.alerts[alert.number] = alert_row(alert)
        # A sign-in is named by the command's session, a sign-out by its subject.
        for name in {key, event.session}:
            session = after.sessions.get(SessionId(name))
            if session is not None and session is not before.sessions.get(SessionId(name)):
                row = session_row(session)
                changes.activity[row.kind, row.subject, row.place] = row

    def _add_crew(self, batch: Batch, changes: Changes) -> None:
        for row in assignment_rows(batch):
            changes.activity[row.kind, row.subject, row.place] = row

    def _add_measured(self, event: Event, changes: Changes) -> None:
        """Readings and checks: every one is a row of its own, whatever became of the batch."""
        try:
            if event.kind == "temperature_recorded":
                batch = self.kitchen.batches.get(BatchId(event.subject))
                data = _reading.decode(event.data)
                changes.readings.append(reading_row(event, data, batch, self.seq))
            elif event.kind == "check_recorded":
                changes.checks.append(check_row(event, _check.decode(event.data), self.seq))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            # A body of a later release: the audit row is there, its subject is opaque.
            return


def _event(entry: Entry) -> Event | None:
    try:
        return decode_event(entry.body)
    except Malformed:
        return None
