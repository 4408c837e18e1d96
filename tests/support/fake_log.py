"""The event log in memory: the simulator's database, held to the same contract as the real one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec

from dapur.envelope import GENESIS
from dapur.ids import KitchenId, OutboxId
from server.desk.ports import (
    Append,
    BothHeads,
    Conflict,
    Entry,
    Head,
    OutboxHead,
    Receipt,
    Since,
    StoredSnapshot,
)
from server.log.rows import Rows, befores


class _Kitchen(msgspec.Struct):
    """Everything stored of one kitchen."""

    head: Head
    entries: list[Entry] = []
    """Events after the floor."""
    outboxes: dict[OutboxId, OutboxHead] = {}
    receipts: dict[OutboxId, list[Receipt]] = {}
    """Gapless from dseq 1, as the contract demands."""
    snapshots: dict[int, StoredSnapshot] = {}

    def copied(self) -> _Kitchen:
        """The same; what is in the lists never changes."""
        receipts = {outbox: list(rows) for outbox, rows in self.receipts.items()}
        outboxes, snapshots = dict(self.outboxes), dict(self.snapshots)
        return _Kitchen(self.head, list(self.entries), outboxes, receipts, snapshots)


class FakeLog:
    """`Log` and `LogCare` in memory, for one process with any number of threads.

    A simulator sets `before_commit` or `after_commit` to something that raises: Unavailable in the
    first is a database that went away, UnknownCommit in the second a commit whose answer was lost.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._kitchens: dict[KitchenId, _Kitchen] = {}
        self.before_commit: Callable[[], None] = _nothing
        self.after_commit: Callable[[], None] = _nothing
        self.commits = 0

    # ---- Log -----------------------------------------------------------------------------------

    def create_kitchen(self, kitchen: KitchenId, *, epoch: str) -> None:
        """Make an empty log; a second call changes nothing."""
        with self._lock:
            head = Head(epoch=epoch, seq=0, hash=GENESIS, floor=0, durable=0)
            self._kitchens.setdefault(kitchen, _Kitchen(head))

    def kitchens(self) -> tuple[KitchenId, ...]:
        """All kitchens that have a log, by name."""
        with self._lock:
            return tuple(sorted(self._kitchens))

    def head(self, kitchen: KitchenId) -> Head | None:
        """Where the log stands."""
        with self._lock:
            stored = self._kitchens.get(kitchen)
            return None if stored is None else stored.head

    def heads(self, kitchens: Sequence[KitchenId]) -> dict[KitchenId, int]:
        """Seq of each known kitchen."""
        with self._lock:
            return {
                kitchen: self._kitchens[kitchen].head.seq
                for kitchen in kitchens
                if kitchen in self._kitchens
            }

    def read(
        self, kitchen: KitchenId, after: int, *, limit: int, up_to: int | None = None
    ) -> tuple[Entry, ...]:
        """Events with after < seq (≤ up_to), oldest first, at most `limit`."""
        with self._lock:
            stored = self._known(kitchen)
            floor = stored.head.floor
            if after < floor:
                raise LookupError(f"{kitchen}: events up to {floor} are archived")
            end = stored.head.seq if up_to is None else up_to
            last = min(end, after + limit)
            return tuple(stored.entries[after - floor : max(0, last - floor)])

    def since(self, wanted: Mapping[KitchenId, tuple[int, int]]) -> dict[KitchenId, Since]:
        """Head of each known kitchen and its events after one seq up to another."""
        with self._lock:
            found: dict[KitchenId, Since] = {}
            for kitchen, (after, up_to) in wanted.items():
                stored = self._kitchens.get(kitchen)
                if stored is not None:
                    floor = stored.head.floor
                    span = (
                        slice(after - floor, max(0, up_to - floor)) if after >= floor else slice(0)
                    )
                    found[kitchen] = Since(stored.head, tuple(stored.entries[span]))
            return found

    def outbox_head(self, kitchen: KitchenId, outbox: OutboxId) -> OutboxHead | None:
        """The last command of an outbox."""
        with self._lock:
            stored = self._kitchens.get(kitchen)
            return None if stored is None else stored.outboxes.get(outbox)

    def both_heads(
        self, asked: Collection[tuple[KitchenId, OutboxId]]
    ) -> dict[tuple[KitchenId, OutboxId], BothHeads]:
        """Head and outbox head of each of these whose kitchen is known."""
        with self._lock:
            return {
                (kitchen, outbox): BothHeads(stored.head, stored.outboxes.get(outbox))
                for kitchen, outbox in asked
                if (stored := self._kitchens.get(kitchen)) is not None
            }

    def receipts(
        self, kitchen: KitchenId, outbox: OutboxId, first: int, last: int
    ) -> tuple[Receipt, ...]:
        """Stored receipts with first ≤ dseq ≤ last, in order."""
        with self._lock:
            stored = self._kitchens.get(kitchen)
            rows = [] if stored is None else stored.receipts.get(outbox, [])
            return tuple(rows[max(0, first - 1) : max(0, last)])

    def append(self, appends: Sequence[Append]) -> None:
        """Write all of it or nothing; the same errors as `SqlLog.append`."""
        Rows.of(appends)
        with self._lock:
            for append in appends:
                self._check(append)
            self.before_commit()
            for append in appends:
                self._write(append)
            self.commits += bool(appends)
        self.after_commit()

    @contextmanager
    def held(self, kitchens: Sequence[KitchenId]) -> Iterator[None]:  # noqa: ARG002 - all at once
        """Keep every other thread out; what is appended inside is stored at once."""
        with self._lock:
            yield

    def snapshot(self, kitchen: KitchenId, *, state_version: int) -> StoredSnapshot | None:
        """Newest stored snapshot of that version."""
        with self._lock:
            stored = self._kitchens.get(kitchen)
            return None if stored is None else stored.snapshots.get(state_version)

    def save_snapshot(self, kitchen: KitchenId, snapshot: StoredSnapshot) -> None:
        """Keep a snapshot unless a newer one of its version is there."""
        with self._lock:
            snapshots = self._known(kitchen).snapshots
            newest = snapshots.get(snapshot.state_version)
            if newest is None or newest.seq <= snapshot.seq:
                snapshots[snapshot.state_version] = snapshot

    # ---- LogCare -------------------------------------------------------------------------------

    def mark_durable(self, kitchen: KitchenId, seq: int) -> None:
        """Events up to `seq` are in a verified backup."""
        with self._lock:
            stored = self._known(kitchen)
            if stored.head.durable < seq <= stored.head.seq:
                stored.head = msgspec.structs.replace(stored.head, durable=seq)

    def rotate_epoch(self, kitchen: KitchenId, epoch: str) -> None:
        """After a restore."""
        with self._lock:
            stored = self._known(kitchen)
            stored.head = msgspec.structs.replace(stored.head, epoch=epoch)

    def raise_floor(self, kitchen: KitchenId, floor: int) -> None:
        """Forget the events up to `floor`."""
        with self._lock:
            stored = self._known(kitchen)
            if floor <= stored.head.floor:
                return
            if floor > max((kept.seq for kept in stored.snapshots.values()), default=0):
                raise ValueError(f"{kitchen}: no snapshot at or after {floor}")
            del stored.entries[: floor - stored.head.floor]
            stored.head = msgspec.structs.replace(stored.head, floor=floor)

    # ---- the simulator's backup ----------------------------------------------------------------

    def image(self) -> FakeLog:
        """A backup: another log with the same content, without the faults."""
        with self._lock:
            other = FakeLog()
            other._kitchens = {name: one.copied() for name, one in self._kitchens.items()}
            return other

    def restore(self, image: FakeLog) -> None:
        """Put a backup in the place of what is stored now."""
        with self._lock:
            self._kitchens = {name: one.copied() for name, one in image._kitchens.items()}

    # ---- inside --------------------------------------------------------------------------------

    def _known(self, kitchen: KitchenId) -> _Kitchen:
        stored = self._kitchens.get(kitchen)
        if stored is None:
            raise LookupError(f"no log of kitchen {kitchen}")
        return stored

    def _check(self, append: Append) -> None:
        stored = self._known(append.kitchen)
        if stored.head.seq != append.expected_seq:
            raise Conflict(append.kitchen)
        for outbox, before in befores(append).items():
            head = stored.outboxes.get(outbox)
            last = 0 if head is None else head.last_dseq
            if last > before:
                raise Conflict(append.kitchen)
            if last < before:
                raise ValueError(f"outbox {outbox}: stored {last}, group begins at {before + 1}")

    def _write(self, append: Append) -> None:
        stored = self._kitchens[append.kitchen]
        if append.entries:
            last = append.entries[-1]
            stored.head = msgspec.structs.replace(stored.head, seq=last.seq, hash=last.hash)
        stored.entries.extend(append.entries)
        for receipt in append.receipts:
            stored.receipts.setdefault(receipt.outbox, []).append(receipt)
        for head in append.outboxes:
            stored.outboxes[head.outbox] = head


def _nothing() -> None:
    """No fault."""
