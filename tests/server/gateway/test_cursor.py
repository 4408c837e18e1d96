"""What the fan-out forwards, reads and polls, decided without a socket or a log."""

from __future__ import annotations

from dapur.envelope import GENESIS, chain
from dapur.ids import ConnectionId, KitchenId
from dapur.wire.messages import GoodbyeCode
from server.desk.groups import Grown
from server.desk.ports import Entry
from server.gateway.cursor import (
    Cursors,
    Errand,
    Forward,
    PollHeads,
    ReadAfter,
    Restart,
    Stream,
    pages,
)

KITCHEN = KitchenId("dapur-1")


class Ear:
    """A listener that is only a name: the cursors never call it."""

    def __init__(self, name: str) -> None:
        self.id = ConnectionId(name)

    def forward(self, first: int, last: int, frame: bytes) -> None:
        raise AssertionError(f"the cursors decide; they do not send {first}-{last}: {frame!r}")

    def overflowed(self) -> None:
        raise AssertionError("nothing was sent")

    def end(self, code: GoodbyeCode, *, retry_after_s: float = 0.0, detail: str = "") -> None:
        raise AssertionError(f"nor do they end: {code} {retry_after_s} {detail}")


def log(up_to: int) -> list[Entry]:
    """Entries 1…up_to with a right chain."""
    entries: list[Entry] = []
    link = GENESIS
    for seq in range(1, up_to + 1):
        body = b'{"n":%d}' % seq
        link = chain(link, body)
        entries.append(Entry(seq, link, body))
    return entries


LOG = log(40)


def entries(first: int, last: int) -> tuple[Entry, ...]:
    return tuple(LOG[first - 1 : last])


def at(seq: int) -> tuple[Cursors, Stream]:
    """Cursors with one listener that knows the log up to `seq`."""
    cursors = Cursors()
    link = LOG[seq - 1].hash if seq else GENESIS
    stream, errands = cursors.join(KITCHEN, "e1", seq, link, Ear("one"))
    assert errands == ()
    return cursors, stream


def forwarded(errands: tuple[Errand, ...]) -> list[int]:
    return [e.seq for errand in errands if isinstance(errand, Forward) for e in errand.fresh]


def reads(errands: tuple[Errand, ...]) -> list[int]:
    return [errand.after for errand in errands if isinstance(errand, ReadAfter)]


def test_own_commit_is_forwarded_at_once_when_it_is_the_next() -> None:
    cursors, stream = at(3)
    errands = cursors.grown(Grown(KITCHEN, entries(4, 5)))
    assert forwarded(errands) == [4, 5]
    assert reads(errands) == []
    assert (stream.seq, stream.hash) == (5, LOG[4].hash)


def test_own_commit_is_forwarded_only_beyond_the_cursor() -> None:
    cursors, _ = at(3)
    assert forwarded(cursors.grown(Grown(KITCHEN, entries(2, 5)))) == [4, 5]
    assert cursors.grown(Grown(KITCHEN, entries(4, 5))) == ()


def test_gap_is_read_from_the_log_before_what_follows_it() -> None:
    cursors, stream = at(3)
    assert reads(cursors.grown(Grown(KITCHEN, entries(6, 7)))) == [3]
    errands = cursors.read(stream, entries(4, 7))
    assert forwarded(errands) == [4, 5, 6, 7]
    assert reads(errands) == []


def test_long_gap_is_read_page_by_page_until_the_target() -> None:
    cursors, stream = at(0)
    assert reads(cursors.heard(KITCHEN, 30)) == [0]
    errands = cursors.read(stream, entries(1, 20))
    assert forwarded(errands) == list(range(1, 21))
    assert reads(errands) == [20]
    errands = cursors.read(stream, entries(21, 30))
    assert forwarded(errands) == list(range(21, 31))
    assert reads(errands) == []


def test_stream_is_read_once_at_a_time() -> None:
    cursors, stream = at(0)
    assert reads(cursors.heard(KITCHEN, 5)) == [0]
    assert cursors.heard(KITCHEN, 9) == ()
    assert reads(cursors.read(stream, entries(1, 5))) == [5]


def test_old_hint_asks_for_nothing() -> None:
    cursors, _ = at(7)
    assert cursors.heard(KITCHEN, 7) == ()
    assert cursors.polled({KITCHEN: 6}) == ()


def test_lying_hint_costs_one_read() -> None:
    cursors, stream = at(7)
    assert reads(cursors.heard(KITCHEN, 10**12)) == [7]
    assert cursors.read(stream, ()) == ()
    assert stream.target == 7
    assert reads(cursors.heard(KITCHEN, 8)) == [7]


def test_hint_that_comes_during_a_read_is_not_lost_when_that_read_finds_nothing() -> None:
    cursors, stream = at(7)
    assert reads(cursors.heard(KITCHEN, 9)) == [7]
    assert cursors.heard(KITCHEN, 8) == ()
    # The read had begun before event 8 was committed.
    assert reads(cursors.read(stream, ())) == [7]
    assert forwarded(cursors.read(stream, entries(8, 8))) == [8]


def test_unreadable_log_waits_for_the_next_hint() -> None:
    cursors, stream = at(7)
    assert reads(cursors.heard(KITCHEN, 9)) == [7]
    assert cursors.heard(KITCHEN, 9) == ()
    assert cursors.read(stream, None) == ()
    assert reads(cursors.polled({KITCHEN: 9})) == [7]


def test_archived_stream_restarts_its_kiosks_and_the_next_join_begins_anew() -> None:
    cursors, stream = at(3)
    assert reads(cursors.heard(KITCHEN, 9)) == [3]
    (restart,) = cursors.archived(stream)
    assert isinstance(restart, Restart)
    assert [listener.id for listener in restart.listeners] == ["one"]
    assert cursors.read(stream, None) == ()
    fresh, errands = cursors.join(KITCHEN, "e1", 9, LOG[8].hash, Ear("one"))
    assert (fresh.seq, errands) == (9, ())
    assert forwarded(cursors.grown(Grown(KITCHEN, entries(10, 10)))) == [10]


def test_own_commit_during_a_read_makes_what_the_read_brings_old() -> None:
    cursors, stream = at(3)
    assert reads(cursors.heard(KITCHEN, 5)) == [3]
    assert forwarded(cursors.grown(Grown(KITCHEN, entries(4, 6)))) == [4, 5, 6]
    assert cursors.read(stream, entries(4, 5)) == ()
    assert not stream.reading


def test_word_of_somebody_elses_commit_asks_for_a_poll() -> None:
    cursors, _ = at(3)
    assert cursors.grown(Grown(KITCHEN, ())) == (PollHeads((KITCHEN,)),)


def test_kitchen_without_a_listener_costs_nothing() -> None:
    cursors, stream = at(3)
    ear = Ear("two")
    cursors.join(KITCHEN, "e1", 3, LOG[2].hash, ear)
    cursors.leave(KITCHEN, Ear("one"))
    assert cursors.kitchens() == (KITCHEN,)
    assert reads(cursors.heard(KITCHEN, 5)) == [3]
    cursors.leave(KITCHEN, ear)
    assert cursors.kitchens() == ()
    assert cursors.heard(KITCHEN, 9) == ()
    # Its read comes back to nobody: nothing more is read for it.
    assert reads(cursors.read(stream, entries(4, 4))) == []


def test_listener_that_knows_more_than_the_cursor_has_the_gap_read() -> None:
    cursors, stream = at(3)
    joined, errands = cursors.join(KITCHEN, "e1", 6, LOG[5].hash, Ear("two"))
    assert joined is stream
    assert reads(errands) == [3]


def test_pages_say_where_they_begin_end_and_what_the_chain_is() -> None:
    big = [Entry(seq, bytes(32), b'"%s"' % (b"x" * 3000)) for seq in (1, 2, 3)]
    found = [(live.first, last, len(live.bodies)) for last, live in pages(big)]
    assert found == [(1, 1, 1), (2, 2, 1), (3, 3, 1)]
    (last, live), *_ = pages(entries(4, 6))
    assert (live.first, last, live.hash) == (4, 6, LOG[5].hash)
    assert live.bodies == tuple(e.body.decode() for e in entries(4, 6))
