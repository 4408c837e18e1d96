"""File and view in step: a change goes to the disk, then to the replica, then to who listens."""

from __future__ import annotations

import logging
from collections.abc import Callable

from dapur import kitchen as rules
from dapur.envelope import (
    Command,
    Malformed,
    Taken,
    decode_command,
    decode_event,
    encode_command,
)
from dapur.ids import DeviceId, KitchenId
from dapur.kitchen import Kitchen
from dapur.sync.effects import ApplyEvents, ApplySnapshot, Restored, Settle
from dapur.sync.kiosk_side import OutboxPosition
from dapur.sync.replica import Doubt, Pending, Replica
from kiosk.local.errors import LocalError
from kiosk.local.rows import Kept, Snapshot
from kiosk.local.store import Store

COMPACT_EVENTS = 500
"""Events that a start may have to replay: a tenth of a second on a slow machine."""
COMPACT_CHARS = 1_000_000
"""The same for long ones."""
COMPACT_LATE = 20
"""How many times as many while they come in a stream: writing the state takes as long as 500 events."""
STREAM_EVENTS = 100
"""In one second: no kitchen taps so much, it is a past that is being told."""
REFOLD_TAPS = 60
"""Waiting taps folded in at a time: three milliseconds, far less than a frame."""
REFOLD_EVERY_S = 0.008
"""Between two of those: the screen and the line have the larger part of the time."""

Later = Callable[[float, Callable[[], None]], object]
_log = logging.getLogger(__name__)


class Mirror:
    """What this kiosk knows and shows of its kitchen. Reads are free; writes raise DiskRefused.

    Listeners are called after every change, in the thread of the loop; they take no argument, read
    what they need, and must not write.
    """

    def __init__(
        self, store: Store, kitchen: KitchenId, device: DeviceId, later: Later | None = None
    ) -> None:
        """`later(delay_s, work)` runs work between other events; without it every guess is made at once."""
        self.store = store
        self._later = later
        self._refolding = False
        self.kitchen_id = kitchen
        self.device = device
        self._listeners: list[Callable[[], None]] = []
        self._tail_events = 0
        self._tail_chars = 0
        self._came = 0
        self._replica = self._load()

    # ---- what is shown ----------------------------------------------------------------------

    @property
    def shown(self) -> Kitchen:
        """The kitchen with every waiting tap that the rules accept."""
        return self._replica.shown

    @property
    def base(self) -> Kitchen:
        """The kitchen as the server told it."""
        return self._replica.base

    @property
    def seq(self) -> int:
        """How far the server's log is folded in."""
        return self._replica.seq

    @property
    def filled(self) -> bool:
        """Whether the server ever told this kiosk anything."""
        return self.store.position.epoch != ""

    @property
    def pending(self) -> tuple[Pending, ...]:
        """Waiting taps in order."""
        return self._replica.pending

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """Waiting taps that will probably be refused."""
        return self._replica.doubts

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Hear of every change; call what comes back to hear no more."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # ---- changes ----------------------------------------------------------------------------

    def tap(self, command: Command, *, tapped_ms: int) -> Pending:
        """Write a command into the outbox; when this returns it is on the disk and shown."""
        position = self.store.tap(command.id, encode_command(command), tapped_ms=tapped_ms)
        row = Pending(position.dseq, self.taken(command, tapped_ms))
        self._replica.tapped(row)
        self._tell()
        return row

    def grown(self, events: ApplyEvents) -> None:
        """The server told new events. Raises Malformed when this release cannot read them."""
        decoded = [decode_event(body) for body in events.bodies]
        waiting = self._replica.waits_for
        self.store.apply(events, [each.command for each in decoded if waiting(each.command)])
        self._replica.grown(decoded, events.last)
        self._tail_events += len(events.bodies)
        self._tail_chars += sum(map(len, events.bodies))
        self._came += len(events.bodies)
        if self._is_due(COMPACT_LATE):
            self._compact()
        self._tell()

    def look_after(self) -> None:
        """Shorten the next start, unless a stream is coming in; call about once a second."""
        came, self._came = self._came, 0
        if came < STREAM_EVENTS and self._is_due(1):
            self._compact()

    def replaced(self, whole: ApplySnapshot) -> None:
        """The server told a whole state. Raises UnreadableSnapshot for one of another release."""
        kitchen = rules.decode_snapshot(whole.text, whole.state_version)
        same_log = whole.epoch == self.store.position.epoch
        self.store.replace(whole)
        self._tail_events = self._tail_chars = 0
        if same_log:
            self._replica.replaced(kitchen, whole.seq)
        else:
            # Taps that the former log had wait again.
            self._replica = self._replica_of(kitchen, whole.seq)
        self._tell()

    def settled(self, settle: Settle) -> None:
        """Own taps were answered."""
        self.store.settle(settle.results, settle.durable)
        self._replica.settled(settle.results)
        self._tell()

    def restored(self, log: Restored) -> None:
        """The server lost what it had answered; the view follows with the state that it tells next."""
        self.store.unanswer(log.acked, log.durable)

    def quarantine(self, why: str) -> OutboxPosition:
        """This outbox cannot go on: set it aside for a person, begin another."""
        _log.error("the outbox is set aside: %s", why)
        position = self.store.quarantine(why)
        self._replica = self._replica_of(self._replica.base, self._replica.seq)
        self._tell()
        return position

    def taken(self, command: Command, tapped_ms: int) -> Taken:
        """A command as this kiosk holds it until the server has it."""
        return Taken(command, self.device, command.occurred, tapped_ms)

    # ---- inside -----------------------------------------------------------------------------

    def _is_due(self, times: int) -> bool:
        late, long = times * COMPACT_EVENTS, times * COMPACT_CHARS
        return self._tail_events >= late or self._tail_chars >= long

    def _tell(self) -> None:
        if self._later is not None and self._replica.behind and not self._refolding:
            self._refolding = True
            self._later(REFOLD_EVERY_S, self._refold)
        for listener in tuple(self._listeners):
            listener()

    def _refold(self) -> None:
        before, more = self._replica.shown, self._replica.refold(REFOLD_TAPS)
        self._refolding = False
        if more and self._later is not None:
            self._refolding = True
            self._later(REFOLD_EVERY_S, self._refold)
        if self._replica.shown is not before:
            self._tell()

    def _compact(self) -> None:
        text = rules.encode_snapshot(self._replica.base)
        try:
            self.store.compact(Snapshot(self._replica.seq, rules.STATE_VERSION, text))
        except LocalError as error:
            # Only the next start takes longer.
            _log.info("the replica could not be compacted: %s", error)
            return
        self._tail_events = self._tail_chars = 0

    def _load(self) -> Replica:
        kitchen, seq = self._load_base()
        try:
            return self._grow(kitchen, seq)
        except Malformed as error:
            # A stored event is no longer what the server told: it tells everything again.
            _log.info("the stored replica is set aside: %s", error)
            self.store.forget_replica()
            return self._replica_of(rules.empty(self.kitchen_id), 0)

    def _grow(self, kitchen: Kitchen, seq: int) -> Replica:
        told = [(number, decode_event(body), len(body)) for number, body in self.store.events(seq)]
        replica = self._replica_of(kitchen, seq)
        for number, event, chars in told:
            replica.grown([event], number)
            self._tail_events += 1
            self._tail_chars += chars
        return replica

    def _load_base(self) -> tuple[Kitchen, int]:
        snapshot = self.store.snapshot()
        if snapshot is None:
            return rules.empty(self.kitchen_id), 0
        try:
            return rules.decode_snapshot(snapshot.text, snapshot.state_version), snapshot.seq
        except rules.UnreadableSnapshot as error:
            # Written by another release: the server tells everything again; the taps wait.
            _log.info("the stored replica is set aside: %s", error)
            self.store.forget_replica()
            return rules.empty(self.kitchen_id), 0

    def _replica_of(self, kitchen: Kitchen, seq: int) -> Replica:
        waiting = [self._pending(row) for row in self.store.pending()]
        return Replica(kitchen, seq, waiting, patient=self._later is not None)

    def _pending(self, row: Kept) -> Pending:
        taken = self.taken(decode_command(row.bytes), row.tapped_ms)
        return Pending(row.dseq, taken, row.answered)
