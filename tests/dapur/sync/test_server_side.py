"""The server's half alone: what it promises to a kiosk that behaves, and to one that does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from dapur.envelope import GENESIS, chain
from dapur.ids import ConnectionId, DeviceId, KitchenId, OutboxId
from dapur.sync.effects import (
    Ask,
    Close,
    Effect,
    Heard,
    Identify,
    Read,
    ReadSnapshot,
    Register,
    Send,
    Take,
    TopDue,
)
from dapur.sync.server_side import (
    FRAMES_BURST,
    FRAMES_PER_S,
    HELLO_MS,
    SNAPSHOT_BEHIND_EVENTS,
    UNANSWERED_MAX,
    Admission,
    Entryish,
    ServerSide,
    pages_of,
)
from dapur.wire.codec import encode, encode_claims
from dapur.wire.messages import (
    COUNT_MAX,
    FRAME_MAX_BYTES,
    PAGE_MAX_BYTES,
    WINDOW_PAGES,
    Claims,
    ClientFrame,
    Enrol,
    Frame,
    Goodbye,
    GoodbyeCode,
    Got,
    Hello,
    Limits,
    Mode,
    Page,
    Pull,
    Query,
    Results,
    Row,
    SnapshotPart,
    Submit,
    Welcome,
)

HEAD = 100


def entries(first: int, last: int, text: str = "event") -> list[Entryish]:
    return [Entryish(seq, bytes(32), f"{text} {seq}") for seq in range(first, last + 1)]


def frames(effects: Sequence[Effect]) -> list[Any]:
    return [effect.frame for effect in effects if isinstance(effect, Send)]


def claims(**changes: object) -> Claims:
    plain = Claims(
        device=DeviceId("k"),
        outbox=OutboxId("o"),
        dseq=5,
        hash=b"h" * 32,
        epoch="e",
        since=HEAD,
        since_hash=b"s" * 32,
        app="test",
        states=(1,),
        sent_ms=7,
    )
    return msgspec.structs.replace(plain, **changes)


def admission(**changes: object) -> Admission:
    plain = Admission(
        kitchen=KitchenId("kitchen"),
        epoch="e",
        head=HEAD,
        head_hash=b"s" * 32,
        floor=0,
        durable=0,
        acked=5,
        acked_hash=b"h" * 32,
        since_hash=b"s" * 32,
        state_version=1,
        time_ms=9,
    )
    return msgspec.structs.replace(plain, **changes)


def stranger() -> ServerSide:
    return ServerSide(ConnectionId("c"), b"n" * 32, limits=Limits(), jitter=0.0, now_ms=0)


def greet(
    claimed: Claims | None = None, found: Admission | None = None
) -> tuple[ServerSide, list[Effect]]:
    side = stranger()
    side.open(0)
    [effect] = side.receive(Hello(encode_claims(claimed or claims()), b""), 0)
    assert isinstance(effect, Identify)
    return side, side.admit(found or admission())


def following() -> ServerSide:
    """A kiosk that has pulled everything."""
    side, _ = greet()
    side.receive(Pull(HEAD), 0)
    [page] = frames(side.entries(HEAD, [], HEAD))
    assert isinstance(page, Page)
    assert page.last
    return side


def goodbye(effects: list[Effect]) -> Goodbye:
    assert isinstance(effects[-1], Close)
    said = frames(effects)[-1]
    assert isinstance(said, Goodbye)
    assert effects[-1].code is said.code
    return said


@pytest.mark.parametrize(
    ("claimed", "found", "mode"),
    [
        ({}, {}, Mode.EVENTS),
        ({"since": 50}, {}, Mode.EVENTS),
        ({"since": 50}, {"floor": 50}, Mode.EVENTS),
        ({"since": 50}, {"floor": 51}, Mode.SNAPSHOT),
        ({"epoch": "", "since": 0}, {}, Mode.SNAPSHOT),
        ({"epoch": "older"}, {}, Mode.SNAPSHOT),
        ({}, {"since_hash": b"x" * 32}, Mode.SNAPSHOT),
        ({}, {"since_hash": None}, Mode.SNAPSHOT),
        ({"since": HEAD + 1}, {}, Mode.SNAPSHOT),
        ({"since": 0}, {"head": SNAPSHOT_BEHIND_EVENTS}, Mode.EVENTS),
        ({"since": 0}, {"head": SNAPSHOT_BEHIND_EVENTS + 1}, Mode.SNAPSHOT),
    ],
)
def test_welcome_names_the_way_to_catch_up(
    claimed: dict[str, object], found: dict[str, object], mode: Mode
) -> None:
    _, effects = greet(claims(**claimed), admission(**found))
    [welcome] = frames(effects)
    assert isinstance(welcome, Welcome)
    assert (welcome.mode, welcome.echo_ms, welcome.acked) == (mode, 7, 5)


@pytest.mark.parametrize(
    ("claimed", "code"),
    [
        ({"dseq": 4}, GoodbyeCode.FORK),
        ({"hash": b"x" * 32}, GoodbyeCode.FORK),
        ({"states": (2, 3)}, GoodbyeCode.UPGRADE),
        ({"states": ()}, GoodbyeCode.UPGRADE),
    ],
)
def test_server_ends_a_kiosk_with_another_past_or_an_old_program(
    claimed: dict[str, object], code: GoodbyeCode
) -> None:
    side, effects = greet(claims(**claimed))
    assert goodbye(effects).code is code
    assert side.ended


@pytest.mark.parametrize(
    "frame", [Pull(0), Submit(()), Got(1, 1), Query(1, "roster", msgspec.Raw(b"{}"))]
)
def test_stranger_gets_nothing_before_its_hello(frame: ClientFrame) -> None:
    side = stranger()
    assert goodbye(side.receive(frame, 0)).code is GoodbyeCode.BAD_FRAME


def test_stranger_has_fifteen_seconds_for_its_hello() -> None:
    side = stranger()
    assert side.tick(HELLO_MS) == []
    assert goodbye(side.tick(HELLO_MS + 1)).code is GoodbyeCode.TOO_SLOW


@pytest.mark.parametrize("text", ["", "{}", "[" * 9999, '{"device":"a b"}', "null"])
def test_hello_with_claims_that_are_none_is_a_bad_frame(text: str) -> None:
    assert goodbye(stranger().receive(Hello(text, b""), 0)).code is GoodbyeCode.BAD_FRAME


def test_second_hello_and_second_code_end_the_connection() -> None:
    side, _ = greet()
    assert goodbye(side.receive(Hello("{}", b""), 0)).code is GoodbyeCode.BAD_FRAME
    side = stranger()
    hello = Hello(encode_claims(claims()), b"")
    assert isinstance(side.receive(hello, 0)[0], Identify)
    assert goodbye(side.receive(hello, 0)).code is GoodbyeCode.BAD_FRAME
    side = stranger()
    enrol = Enrol("code", b"k" * 32, b"")
    assert isinstance(side.receive(enrol, 0)[0], Register)
    assert goodbye(side.receive(enrol, 0)).code is GoodbyeCode.BAD_FRAME


def test_submit_is_taken_in_order_and_a_gap_is_answered_by_where_to_go_on() -> None:
    side, _ = greet()
    rows = tuple(Row(dseq, bytes(32), b"") for dseq in (6, 7, 9))
    taken, rest = side.receive(Submit(rows), 0)
    assert isinstance(taken, Take)
    assert [row.dseq for row in taken.rows] == [6, 7]
    [results] = frames([rest])
    assert results == Results((), 5, 0)


def test_submit_beyond_every_window_is_a_flood() -> None:
    side, _ = greet()
    rows = tuple(Row(dseq, bytes(32), b"") for dseq in range(6, 6 + UNANSWERED_MAX))
    assert isinstance(side.receive(Submit(rows), 0)[0], Take)
    more = Submit((Row(6 + UNANSWERED_MAX, bytes(32), b""),))
    assert goodbye(side.receive(more, 0)).code is GoodbyeCode.TOO_FAST


def test_answered_rows_make_room_in_the_window() -> None:
    side, _ = greet()
    rows = tuple(Row(dseq, bytes(32), b"") for dseq in range(6, 6 + UNANSWERED_MAX))
    side.receive(Submit(rows), 0)
    side.taken(len(rows))
    assert isinstance(side.receive(Submit(rows[-1:]), 0)[0], Take)


def test_flood_of_frames_ends_the_connection_and_a_steady_kiosk_stays() -> None:
    side, _ = greet()
    # The hello was the first of the burst.
    for _ in range(int(FRAMES_BURST) - 1):
        assert isinstance(side.receive(Got(1, 1), 0)[0], Heard)
    assert goodbye(side.receive(Got(1, 1), 0)).code is GoodbyeCode.TOO_FAST
    side, _ = greet()
    for step in range(3000):
        now_ms = int(step * 1000 / FRAMES_PER_S) + 1
        assert isinstance(side.receive(Got(1, 1), now_ms)[0], Heard)


def test_live_events_are_forwarded_only_to_a_kiosk_that_follows() -> None:
    side, _ = greet()
    assert not side.forward(HEAD + 1, HEAD + 1)
    side = following()
    assert side.forward(HEAD + 1, HEAD + 2)
    assert not side.forward(HEAD + 1, HEAD + 2)
    assert side.forward(HEAD + 3, HEAD + 3)


def test_live_events_that_are_known_in_part_are_forwarded_whole() -> None:
    side = following()
    assert side.forward(HEAD + 1, HEAD + 2)
    assert side.forward(HEAD + 2, HEAD + 4)
    assert side.forward(HEAD + 5, HEAD + 5)


def test_gap_in_live_events_makes_the_next_tick_say_where_the_log_stands() -> None:
    side = following()
    assert side.tick(1) == []
    assert not side.forward(HEAD + 2, HEAD + 2)
    assert side.tick(2) == [TopDue(0)]
    assert side.tick(3) == []


def test_overflow_stops_live_events_until_the_kiosk_has_pulled() -> None:
    side = following()
    assert side.overflowed() == [TopDue(0)]
    assert not side.forward(HEAD + 1, HEAD + 1)
    assert side.receive(Pull(HEAD), 0) == [Read(HEAD, WINDOW_PAGES * PAGE_MAX_BYTES)]
    side.entries(HEAD, entries(HEAD + 1, HEAD + 1), HEAD + 1)
    assert side.forward(HEAD + 2, HEAD + 2)


def test_event_that_comes_while_pages_are_read_is_in_the_pages() -> None:
    side, _ = greet(claims(since=90))
    side.receive(Pull(90), 0)
    assert not side.forward(HEAD + 1, HEAD + 1)
    effects = side.entries(90, entries(91, HEAD), HEAD)
    assert effects[-1] == Read(HEAD, (WINDOW_PAGES - 1) * PAGE_MAX_BYTES)
    assert not any(page.last for page in frames(effects))
    effects = side.entries(HEAD, entries(HEAD + 1, HEAD + 1), HEAD + 1)
    assert [page.last for page in frames(effects)] == [True]
    assert side.forward(HEAD + 2, HEAD + 2)


def test_pull_gets_at_most_the_pages_it_asked_for_each_small_and_the_last_marked() -> None:
    side, _ = greet(claims(since=0))
    side.receive(Pull(0, pages=3), 0)
    effects = side.entries(0, entries(1, 60, "x" * 1000), HEAD)
    pages = frames(effects)
    assert [page.last for page in pages] == [False, False, True]
    assert all(len(encode(page)) < PAGE_MAX_BYTES + 1000 for page in pages)
    assert [page.first for page in pages] == [1, 5, 9]
    assert not side.forward(HEAD + 1, HEAD + 1)


def test_pull_wins_over_a_read_for_an_earlier_pull() -> None:
    side, _ = greet(claims(since=0))
    side.receive(Pull(0), 0)
    assert side.receive(Pull(40), 0) == []
    assert side.entries(0, entries(1, 50), HEAD) == [Read(40, WINDOW_PAGES * PAGE_MAX_BYTES)]


def test_pull_beyond_the_head_gets_an_empty_page() -> None:
    side, _ = greet()
    side.receive(Pull(COUNT_MAX), 0)
    [page] = frames(side.entries(COUNT_MAX, [], HEAD))
    assert (page.bodies, page.last) == ((), True)


def test_snapshot_is_not_starved_by_pages_that_are_still_being_read() -> None:
    side, _ = greet(claims(since=0))
    side.receive(Pull(0, pages=2), 0)
    assert side.receive(Pull(0, part=1), 0) == [ReadSnapshot()]
    assert side.entries(0, entries(1, 60, "x" * 1000), HEAD) == []
    parts = frames(side.snapshot(epoch="e", seq=9, hash=GENESIS, state_version=1, text="s" * 9000))
    assert [(part.part, part.parts) for part in parts] == [(1, 3), (2, 3), (3, 3)]


def test_snapshot_comes_in_windows_and_a_part_that_is_not_there_starts_anew() -> None:
    side, _ = greet(claims(epoch=""))
    text = "s" * (PAGE_MAX_BYTES * 5)

    def asked(part: int) -> list[int]:
        assert side.receive(Pull(0, pages=2, part=part), 0) == [ReadSnapshot()]
        assert side.snapshot_part == part
        effects = side.snapshot(epoch="e", seq=9, hash=GENESIS, state_version=1, text=text)
        return [part.part for part in frames(effects)]

    assert [asked(1), asked(3), asked(5), asked(6)] == [[1, 2], [3, 4], [5], [1, 2]]
    assert side.snapshot(epoch="e", seq=9, hash=GENESIS, state_version=1, text=text) == []


@pytest.mark.parametrize("letter", ["x", '"', "é", "米", "🍚"])
def test_every_page_and_part_gets_through_a_line_of_8_kbit_in_fifteen_seconds(letter: str) -> None:
    side, _ = greet(claims(epoch=""))
    side.receive(Pull(0, part=1), 0)
    parts = frames(
        side.snapshot(epoch="e", seq=9, hash=GENESIS, state_version=1, text=letter * 20_000)
    )
    assert parts
    assert "".join(part.text for part in parts if isinstance(part, SnapshotPart))
    assert max(len(encode(part).encode()) for part in parts) < 13_000


def test_page_with_one_large_event_is_a_page_of_its_own_below_the_frame_limit() -> None:
    pages = pages_of(entries(1, 1) + entries(2, 2, '"' * 24_000) + entries(3, 3))
    assert [len(page) for page in pages] == [1, 1, 1]
    frame = Page(2, (pages[1][0].text,), chain(GENESIS, b""), 3, last=False)
    assert len(encode(frame)) < FRAME_MAX_BYTES


def test_top_is_due_every_ten_seconds_and_answers_a_got_with_its_clock() -> None:
    side = following()
    assert side.tick(9_999) == []
    assert side.tick(10_000) == [TopDue(0)]
    told = Heard(DeviceId("k"), HEAD, "test", 3, -90_000)
    assert side.receive(Got(HEAD, 77, 3, -90_000), 12_000) == [told, TopDue(77)]
    assert side.tick(21_999) == []
    assert side.tick(22_000) == [TopDue(0)]


def test_ended_connection_does_nothing_more() -> None:
    side = following()
    side.end(GoodbyeCode.RESTART, retry_after_s=3.0)
    assert side.end(GoodbyeCode.REVOKED) == []
    assert side.receive(Pull(0), 0) == []
    assert side.answered([], 9, 9) == []
    assert side.tick(10**9) == []
    assert side.overflowed() == []
    assert not side.forward(HEAD + 1, HEAD + 1)


def test_query_is_asked_of_the_shell() -> None:
    query = Query(3, "roster", msgspec.Raw(b"{}"))
    assert following().receive(query, 0) == [Ask(query)]


def test_every_frame_has_a_tag_of_its_own() -> None:
    tags = [kind.__struct_config__.tag for kind in Frame.__subclasses__()]
    assert len(set(tags)) == len(tags) == 19
