"""Bugs of the fan-out's cursors and of the door, each planted into the product's own method; they play nothing."""

from __future__ import annotations

from collections.abc import Sequence

from dapur.ids import KitchenId
from server.desk.groups import Grown
from server.desk.ports import Entry
from server.gateway.cursor import Cursors, Errand, Forward, Listener, Restart, Stream
from server.gateway.line import Line
from tests.simulation.mutant_base import Mutant, Patch
from tests.simulation.mutant_scenes import archived, crowd, prompt

_read = Cursors.read
_grown = Cursors.grown


def _heard_when_idle(self: Cursors, kitchen: KitchenId, seq: int) -> tuple[Errand, ...]:
    stream = self._streams.get(kitchen)
    if stream is None or seq <= stream.seq or stream.reading:
        return ()
    stream.target = seq
    stream.reading = True
    return self._next(stream)


def _read_or_leave(
    self: Cursors, stream: Stream, entries: Sequence[Entry] | None
) -> tuple[Errand, ...]:
    if entries is None:
        return ()
    return _read(self, stream, entries)


def _grown_for_all(self: Cursors, grown: Grown) -> tuple[Errand, ...]:
    errands = _grown(self, grown)
    for stream in self._streams.values():
        if stream.kitchen != grown.kitchen and grown.entries:
            errands += (Forward(stream, grown.entries),)
    return errands


def _archived_quietly(self: Cursors, stream: Stream) -> tuple[Errand, ...]:
    """The stream is dropped; whoever listens to it is not told."""
    self._streams.pop(stream.kitchen, None)
    return (Restart(()),)


def _leave_with_everybody(self: Cursors, kitchen: KitchenId, listener: Listener) -> None:
    """The stream goes with the first kiosk that leaves; the others keep what they hold of it."""
    stream = self._streams.pop(kitchen, None)
    if stream is not None:
        stream.listeners.pop(listener.id, None)


def _put_whatever_waits(self: Line, frame: bytes, *, live: bool = False) -> bool:
    self._queue.append((frame, live))
    self._queued_bytes += len(frame)
    return True


MUTANTS = (
    Mutant(
        "hint_during_a_read_lost",
        "A hint that comes while the log is being read is dropped.",
        (Patch(Cursors, "heard", _heard_when_idle),),
        prompt,
    ),
    Mutant(
        "failed_read_ends_the_stream",
        "After a read that failed the kitchen counts as being read for ever.",
        (Patch(Cursors, "read", _read_or_leave),),
        needs=frozenset({"database_away"}),
    ),
    Mutant(
        "tenants_mixed",
        "New events go to the kiosks of every kitchen that this process serves.",
        (Patch(Cursors, "grown", _grown_for_all),),
    ),
    Mutant(
        "archive_told_to_nobody",
        "A stream whose events went to the archive ends without a word to its kiosks.",
        (Patch(Cursors, "archived", _archived_quietly),),
        archived,
    ),
    Mutant(
        "leaver_takes_the_stream",
        "The first kiosk that goes ends the fan-out of its kitchen for those that stay.",
        (Patch(Cursors, "leave", _leave_with_everybody),),
    ),
    Mutant(
        "queue_unbounded",
        "A kiosk that does not read keeps every frame in the server's memory.",
        (Patch(Line, "put", _put_whatever_waits),),
        crowd,
    ),
)
