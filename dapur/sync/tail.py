"""Checks the tail of a lost log, page by page, up to the head that the server once signed; it stores nothing."""

from __future__ import annotations

from collections.abc import Sequence

from dapur.envelope import chain
from dapur.sync.effects import TailEntry
from dapur.wire.messages import TAIL_MAX_BYTES

TAIL_TOTAL_BYTES = 64 * 1024 * 1024
"""Of one tail, in the server's memory until it is whole: four times what a kiosk keeps
(`kiosk.local.store.EVENTS_KEPT`). Nothing of it may be written before its end is seen."""


class WrongTail(ValueError):
    """These events are not the ones that were signed; ``str()`` says where."""


class TailCheck:
    """Takes events `seq`+1 … `up_to` in order, whose chain has to end in `end`."""

    def __init__(self, seq: int, link: bytes, up_to: int, end: bytes) -> None:
        """`link`: the chain at `seq` of the log as it is now; `end`: that of the signed head."""
        self.seq = seq
        self.up_to = up_to
        self._link = link
        self._end = end
        self._bytes = 0
        self._entries: list[TailEntry] = []

    @property
    def is_whole(self) -> bool:
        """Whether the signed head is reached."""
        return self.seq == self.up_to

    @property
    def entries(self) -> tuple[TailEntry, ...]:
        """What was taken; proved only when it is whole."""
        return tuple(self._entries)

    def take(self, first: int, bodies: Sequence[str]) -> None:
        """One frame of it. Raises WrongTail: nothing of this tail may be used then."""
        if first != self.seq + 1 or not bodies:
            raise WrongTail(f"events from {first} do not follow {self.seq}")
        if self.seq + len(bodies) > self.up_to:
            raise WrongTail(f"events beyond {self.up_to}")
        self._bytes += sum(len(body) for body in bodies)
        if self._bytes > TAIL_TOTAL_BYTES:
            raise WrongTail(f"more than {TAIL_TOTAL_BYTES} bytes")
        for body in bodies:
            self.seq += 1
            self._link = chain(self._link, body.encode())
            self._entries.append(TailEntry(self.seq, self._link, body))
        if self.is_whole and self._link != self._end:
            raise WrongTail(f"the chain does not lead to the signed head {self.up_to}")


def parcels(bodies: Sequence[str]) -> list[tuple[str, ...]]:
    """Cut events into frames of at most TAIL_MAX_BYTES; a bigger event gets a frame of its own."""
    cut: list[list[str]] = []
    size = TAIL_MAX_BYTES + 1
    for body in bodies:
        length = len(body.encode())
        if size + length > TAIL_MAX_BYTES:
            cut.append([])
            size = 0
        cut[-1].append(body)
        size += length
    return [tuple(part) for part in cut]
