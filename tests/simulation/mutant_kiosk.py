"""Bugs of a kiosk's disk, view and clock, each planted into the product's own method; they play nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable

from dapur import kitchen as rules
from dapur.envelope import Command, Event, Occurred, Quality, encode_command
from dapur.ids import CommandId
from dapur.sync.effects import ApplyEvents, ApplySnapshot, Restored
from dapur.sync.kiosk_side import OutboxPosition, Position
from dapur.sync.replica import Pending, Replica
from dapur.wire.messages import GoodbyeCode, Row
from kiosk.clock import KioskTime
from kiosk.link import backoff
from kiosk.link.backoff import Backoff
from kiosk.local.errors import DiskRefused
from kiosk.local.mirror import Mirror
from kiosk.local.rows import Snapshot
from kiosk.local.store import Store
from tests.simulation.mutant_base import Mutant, Patch
from tests.simulation.mutant_scenes import comes_back, cut_before_answers

# ---- outbox --------------------------------------------------------------------------------------

_rows = Store.rows
_quarantine = Store.quarantine
_replace = Store.replace


def _rows_once(self: Store, after: int, limit: int) -> tuple[Row, ...]:
    found = _rows(self, after, limit)
    if found:
        with self._write():
            self._db.execute(
                "DELETE FROM outbox WHERE dseq <= ? AND dseq < ?",
                (found[-1].dseq, self.outbox_position.dseq),
            )
    return found


def _tap_whatever_the_disk_says(self: Mirror, command: Command, *, tapped_ms: int) -> Pending:
    body = encode_command(command)
    try:
        position = self.store.tap(command.id, body, tapped_ms=tapped_ms)
    except DiskRefused:
        last = self.store.outbox_position
        position = OutboxPosition(last.outbox, last.dseq + 1, last.hash)
    row = Pending(position.dseq, self.taken(command, tapped_ms))
    self._replica.tapped(row)
    self._tell()
    return row


def _answered_last(self: Store) -> int:
    return self._outbox_position.dseq


def _forget_what_is_answered(self: Store, seq: int, durable: int) -> None:
    del durable
    self._db.execute(
        "DELETE FROM outbox WHERE outcome IS NOT NULL AND seq <= ? AND dseq < ?",
        (seq, self._outbox_position.dseq),
    )


def _replace_all(self: Store, whole: ApplySnapshot) -> None:
    _replace(self, whole)
    with self._write():
        self._db.execute("DELETE FROM outbox WHERE dseq < ?", (self._outbox_position.dseq,))


def _quarantine_and_forget(self: Store, why: str) -> OutboxPosition:
    del why
    with self._write():
        self._db.execute("DELETE FROM outbox")
        self._new_outbox()
    self._load()
    return self._outbox_position


def _quarantine_and_tap_again(self: Store, why: str) -> OutboxPosition:
    before = self._read("SELECT id, bytes, tapped_ms FROM outbox ORDER BY dseq")
    _quarantine(self, why)
    for name, body, tapped_ms in before:
        self.tap(CommandId(name), body, tapped_ms=tapped_ms)
    return self._outbox_position


def _go_on(self: Mirror, why: str) -> OutboxPosition:
    del why
    return self.store.outbox_position


OUTBOX = (
    Mutant(
        "outbox_dropped_when_sent",
        "The kiosk deletes a tap from its disk once it was handed to the line.",
        (Patch(Store, "rows", _rows_once),),
    ),
    Mutant(
        "confirmed_before_stored",
        "A full disk is taken for a small matter: the tap is shown and confirmed without it.",
        (Patch(Mirror, "tap", _tap_whatever_the_disk_says),),
    ),
    Mutant(
        "unheard_answers_not_asked",
        "What was sent and never answered counts as answered when the line comes back.",
        (Patch(Store, "answered", _answered_last),),
    ),
    Mutant(
        "answered_rows_not_kept",
        "Answered taps are deleted at once, before a backup has them.",
        (Patch(Store, "_forget", _forget_what_is_answered),),
    ),
    Mutant(
        "snapshot_empties_the_outbox",
        "A whole new state also clears the waiting taps.",
        (Patch(Store, "replace", _replace_all),),
    ),
    Mutant(
        "fork_forgets_taps",
        "An outbox that is set aside is deleted instead of kept for a person.",
        (Patch(Store, "quarantine", _quarantine_and_forget),),
    ),
    Mutant(
        "fork_repeats_taps",
        "All taps of an outbox that is set aside are tapped once more into the new one.",
        (Patch(Store, "quarantine", _quarantine_and_tap_again),),
    ),
    Mutant(
        "fork_not_acted_on",
        "A kiosk that is told of a fork goes on with the same outbox.",
        (Patch(Mirror, "quarantine", _go_on),),
    ),
)

# ---- replica -------------------------------------------------------------------------------------

_moved = Replica._moved


def _apply_in_two(
    self: Store, grown: ApplyEvents, own: Collection[CommandId] | None = None
) -> None:
    position = Position(self._position.epoch, grown.last, grown.hash)
    with self._write():
        self._mark_told(own or ())
        self._place(position)
        self._forget(position.seq, self._durable)
    self._position = position
    with self._write():
        self._db.executemany(
            "INSERT OR REPLACE INTO event VALUES (?, ?)", enumerate(grown.bodies, grown.first)
        )


def _leave_when_answered(self: Replica) -> None:
    for dseq in sorted(self._answered):
        self._drop(dseq)
    _moved(self)


def _grow_and_go_on_waiting(self: Replica, events: Iterable[Event], seq: int) -> None:
    for event in events:
        self._base = rules.evolve(self._base, event)
    self._seq = seq
    self._moved()


def _mark_nothing(self: Store, commands: Iterable[CommandId]) -> None:
    del commands
    self._unsent = None


def _compact_what_is_shown(self: Mirror) -> None:
    text = rules.encode_snapshot(self._replica.shown)
    with contextlib.suppress(OSError):
        self.store.compact(Snapshot(self._replica.seq, rules.STATE_VERSION, text))
        self._tail_events = self._tail_chars = 0


def _restored_unheard(self: Mirror, log: Restored) -> None:
    """The former answers stand."""


REPLICA = (
    Mutant(
        "position_apart_from_events",
        "The kiosk stores its position in one transaction and the events in the next.",
        (Patch(Store, "apply", _apply_in_two),),
    ),
    Mutant(
        "pending_dropped_at_answer",
        "A tap leaves the screen when it is answered, before the replica has reached it.",
        (Patch(Replica, "_moved", _leave_when_answered),),
    ),
    Mutant(
        "own_event_waits_on",
        "A tap whose event came before its answer goes on waiting and is folded in twice.",
        (Patch(Replica, "grown", _grow_and_go_on_waiting),),
    ),
    Mutant(
        "own_events_not_marked",
        "After a restart a tap whose event came before its answer is folded in twice.",
        (Patch(Store, "_mark_told", _mark_nothing),),
        cut_before_answers,
    ),
    Mutant(
        "guess_stored_as_truth",
        "The replica is compacted with the waiting taps in it.",
        (Patch(Mirror, "_compact", _compact_what_is_shown),),
    ),
    Mutant(
        "epoch_ignored",
        "After a restore the kiosk keeps the answers of the log that was lost.",
        (Patch(Mirror, "restored", _restored_unheard),),
        needs=frozenset({"backup", "restore"}),
    ),
)

# ---- clock and coming back -----------------------------------------------------------------------


def _occurred_by_the_wall(self: KioskTime) -> Occurred:
    wall = self._clock.wall_ms()
    return Occurred(wall, wall, Quality.SYNCED)


def _wait_ever_longer(
    self: Backoff, *, served_ms: int, code: GoodbyeCode | None, retry_after_s: float
) -> float:
    del served_ms, code
    ceiling = backoff.FIRST_S * 2.0 ** min(self._failures, 12)
    self._failures += 1
    return max(self._random.uniform(0.5, 1) * ceiling, retry_after_s)


CLOCK = (
    Mutant(
        "clock_trusted",
        "A tap carries the kiosk's wall clock as if the server had confirmed it.",
        (Patch(KioskTime, "occurred", _occurred_by_the_wall),),
    ),
    Mutant(
        "backoff_never_resets",
        "The wait before the next connection doubles for ever, also after hours of service.",
        (Patch(Backoff, "next_s", _wait_ever_longer),),
        comes_back,
    ),
)
MUTANTS = (*OUTBOX, *REPLICA, *CLOCK)
