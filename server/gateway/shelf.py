"""Pages and snapshots read once for all kiosks of a kitchen that come back together; it only reads the log."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Generic, TypeVar

import msgspec

from dapur import kitchen as rules
from dapur.ids import KitchenId
from dapur.sync.server_side import Entryish
from server.desk.folding import Fold, load
from server.desk.ports import Log
from server.gateway.cursor import entryish

READS_KEPT = 64
"""Reads of up to 256 events, some 100 KiB each."""
SNAPSHOTS_KEPT = 32
"""Texts of some 100 KiB."""
SNAPSHOT_LAG_EVENTS = 200
"""A snapshot that is so far behind is as good: its kiosk pulls the rest."""
EVENT_BYTES = 256
"""Small for an event, so that a read fills the pages that were asked for."""

K = TypeVar("K")
V = TypeVar("V")


class Once(Generic[K, V]):
    """Runs the same read once for all that wait for it and keeps the newest results."""

    def __init__(self, readers: Executor, kept: int) -> None:
        self._readers = readers
        self._kept = kept
        self._found: OrderedDict[K, asyncio.Future[V]] = OrderedDict()

    async def get(self, key: K, read: Callable[[], V]) -> V:
        """The result of `read`, called in a reader thread unless it is known; errors are not kept."""
        found = self._found.get(key)
        if found is None:
            loop = asyncio.get_running_loop()
            found = self._found[key] = loop.run_in_executor(self._readers, read)
            while len(self._found) > self._kept:
                self._found.popitem(last=False)
        self._found.move_to_end(key)
        try:
            # One kiosk that goes away must not cancel the read of the others.
            return await asyncio.shield(found)
        except Exception:
            if self._found.get(key) is found:
                del self._found[key]
            raise


class Snap(msgspec.Struct, frozen=True):
    """A kitchen's state as it is sent."""

    epoch: str
    seq: int
    hash: bytes
    state_version: int
    text: str


def limit_of(max_bytes: int) -> int:
    """How many events to read when about so many bytes were asked for."""
    return max(1, max_bytes // EVENT_BYTES)


def read_entries(log: Log, kitchen: KitchenId, after: int, limit: int) -> tuple[Entryish, ...]:
    """Events after `after` as the wire needs them. Raises LookupError below the floor, Unavailable."""
    return tuple(map(entryish, log.read(kitchen, after, limit=limit)))


def make_snap(
    log: Log,
    in_memory: Callable[[KitchenId], Fold | None],
    kitchen: KitchenId,
    *,
    epoch: str,
    head: int,
) -> Snap:
    """The state of a kitchen up to `head` at least. Raises LookupError, Unavailable."""
    fold = in_memory(kitchen)
    if fold is None or fold.epoch != epoch or fold.seq < head:
        fold = load(log, kitchen)
    text = rules.encode_snapshot(fold.kitchen)
    return Snap(fold.epoch, fold.seq, fold.hash, rules.STATE_VERSION, text)


class Shelf:
    """Reads for kiosks, never on the loop."""

    def __init__(
        self, log: Log, readers: Executor, fold: Callable[[KitchenId], Fold | None]
    ) -> None:
        """`fold` gives a kitchen's state if it is in memory; it is called in a reader thread."""
        self._log = log
        self._fold = fold
        self._pages: Once[tuple[KitchenId, int, int, int], tuple[Entryish, ...]] = Once(
            readers, READS_KEPT
        )
        self._snaps: Once[tuple[KitchenId, str, int, int], Snap] = Once(readers, SNAPSHOTS_KEPT)

    async def entries(
        self, kitchen: KitchenId, after: int, *, max_bytes: int, head: int
    ) -> tuple[Entryish, ...]:
        """Events after `after`; `head` is how far the log is known to reach.

        Raises LookupError below the floor, Unavailable.
        """
        limit = limit_of(max_bytes)

        def read() -> tuple[Entryish, ...]:
            return read_entries(self._log, kitchen, after, limit)

        return await self._pages.get((kitchen, after, limit, head), read)

    async def snapshot(self, kitchen: KitchenId, *, epoch: str, floor: int, head: int) -> Snap:
        """The state of a kitchen, not before `floor` and at most some events behind `head`.

        Raises LookupError, Unavailable.
        """

        def read() -> Snap:
            return make_snap(self._log, self._fold, kitchen, epoch=epoch, head=head)

        # A higher floor makes older snapshots useless: what follows them can no longer be pulled.
        key = (kitchen, epoch, floor, head // SNAPSHOT_LAG_EVENTS)
        return await self._snaps.get(key, read)
