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
"""Events replayed at most at a start: a tenth of a second on a slow machine."""
COMPACT_CHARS = 1_000_000
"""The same for long ones."""

_log = logging.getLogger(__name__)


class Mirror:
    """What this kiosk knows and shows of its kitchen. Reads are free; writes raise DiskRefused.

    Listeners are called after every change, in the thread of the loop; they take no argument, read
    what they need, and must not write.
    """

    def __init__(self, store: Store, kitchen: KitchenId, device: DeviceId) -> None:
        self.store = store
        self.kitchen_id = kitchen
        self.device = device
        self._listeners: list[Callable[[], None]] = []
        self._tail_events = 0
        self._tail_chars = 0
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
        self.store.apply(events)
        self._replica.grown(decoded, events.last)
        self._tail_events += len(events.bodies)
        self._tail_chars += sum(map(len, events.bodies))
        if self._tail_events >= COMPACT_EVENTS or self._tail_chars >= COMPACT_CHARS:
            self._compact()
        self._tell()

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
            self._replica = Replica(kitchen, whole.seq, self._waiting())
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
        self._replica = Replica(self._replica.base, self._replica.seq)
        self._tell()
        return position

    def taken(self, command: Command, tapped_ms: int) -> Taken:
        """A command as this kiosk holds it until the server has it."""
        return Taken(command, self.device, command.occurred, tapped_ms)

    # ---- inside -----------------------------------------------------------------------------

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()

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
            return Replica(rules.empty(self.kitchen_id), 0, self._waiting())

    def _grow(self, kitchen: Kitchen, seq: int) -> Replica:
        told = [(number, decode_event(body), len(body)) for number, body in self.store.events(seq)]
        replica = Replica(kitchen, seq, self._waiting())
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

    def _waiting(self) -> list[Pending]:
        return [self._pending(row) for row in self.store.pending()]

    def _pending(self, row: Kept) -> Pending:
        taken = self.taken(decode_command(row.bytes), row.tapped_ms)
        return Pending(row.dseq, taken, row.answered)
