"""The tail of a lost log between both halves: taken only when its chain leads to what was signed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from dapur.envelope import GENESIS, chain
from dapur.ids import ConnectionId, DeviceId, KitchenId, OutboxId
from dapur.sync import tail
from dapur.sync.effects import (
    Admitted,
    BadTail,
    Brought,
    Effect,
    Identify,
    KeepHead,
    NeedRows,
    NeedTail,
    Offered,
    Restored,
    Send,
    Take,
)
from dapur.sync.kiosk_side import KeptTail, KioskSide, OutboxPosition, Position
from dapur.sync.server_side import FRAMES_BURST, Admission, ServerSide
from dapur.sync.tail import TailCheck, WrongTail, parcels
from dapur.wire.codec import decode_client, decode_server, encode, encode_claims
from dapur.wire.messages import (
    FRAME_MAX_BYTES,
    TAIL_MAX_BYTES,
    WINDOW_TAILS,
    Challenge,
    Claims,
    ClientFrame,
    Got,
    Hello,
    Limits,
    Live,
    Lost,
    Mode,
    Offer,
    Page,
    Pull,
    Row,
    ServerFrame,
    SignedHead,
    Submit,
    Tail,
    Top,
    Want,
    Welcome,
)

LOST = "e-lost"
BODIES = [f'{{"event":{number}}}' for number in range(1, 41)]


def links(bodies: Sequence[str] = BODIES) -> list[bytes]:
    """The chain after each event; before the first at 0."""
    made = [GENESIS]
    for body in bodies:
        made.append(chain(made[-1], body.encode()))
    return made


def signed(head: int, bodies: Sequence[str] = BODIES) -> SignedHead:
    return SignedHead(LOST, head, links(bodies)[head], b"signed")


def sent(effects: list[Effect]) -> list[ClientFrame | ServerFrame]:
    return [effect.frame for effect in effects if isinstance(effect, Send)]


# ---- the check -----------------------------------------------------------------------------------


def test_check_takes_frames_that_lead_to_the_signed_head() -> None:
    check = TailCheck(10, links()[10], 30, links()[30])
    whole: list[bool] = []
    for first in (11, 21):
        check.take(first, BODIES[first - 1 : first + 9])
        whole.append(check.is_whole)
    assert whole == [False, True]
    assert [(each.seq, each.text) for each in check.entries] == [
        (number, BODIES[number - 1]) for number in range(11, 31)
    ]
    assert check.entries[-1].hash == links()[30]


@pytest.mark.parametrize(
    ("first", "bodies"),
    [
        (12, BODIES[11:30]),
        (11, []),
        (11, BODIES[10:31]),
        (11, [*BODIES[10:29], BODIES[29] + " "]),
        (11, [BODIES[11], BODIES[10], *BODIES[12:30]]),
    ],
    ids=["gap", "empty", "too far", "changed", "swapped"],
)
def test_check_refuses_what_was_not_signed(first: int, bodies: list[str]) -> None:
    check = TailCheck(10, links()[10], 30, links()[30])
    with pytest.raises(WrongTail):
        check.take(first, bodies)


def test_check_refuses_a_tail_of_another_past() -> None:
    check = TailCheck(10, b"x" * 32, 30, links()[30])
    with pytest.raises(WrongTail, match="signed head 30"):
        check.take(11, BODIES[10:30])


def test_check_keeps_only_so_much_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "TAIL_TOTAL_BYTES", 20)
    with pytest.raises(WrongTail, match="bytes"):
        TailCheck(0, GENESIS, 30, links()[30]).take(1, BODIES[:2])


def test_largest_tail_fits_into_a_frame() -> None:
    worst = '"' * TAIL_MAX_BYTES
    cut = parcels([worst, "é" * (TAIL_MAX_BYTES // 2), *["{}"] * 3])
    assert [len(part) for part in cut] == [1, 1, 3]
    for part in cut:
        assert len(encode(Tail(1, part)).encode()) <= FRAME_MAX_BYTES


# ---- the kiosk's half ----------------------------------------------------------------------------


def kiosk(epoch: str = LOST, seq: int = 40, kept: KeptTail | None = None) -> KioskSide:
    side = KioskSide(
        device=DeviceId("k"),
        app="test",
        states=(1,),
        position=Position(epoch, seq, links()[seq]) if epoch else Position(),
        outbox=OutboxPosition(OutboxId("o"), 10, b"o" * 32),
        row_hash=lambda _dseq: b"o" * 32,
        answered=10,
        now_ms=0,
    )
    side.kept = lambda: kept
    return side


def welcome(recovering: Lost | None) -> Welcome:
    return Welcome(
        connection=ConnectionId("c"),
        kitchen=KitchenId("k"),
        epoch="e-new",
        head=10,
        floor=0,
        acked=3,
        acked_hash=b"o" * 32,
        durable=10,
        state_version=1,
        mode=Mode.SNAPSHOT,
        time_ms=0,
        echo_ms=0,
        recovering=recovering,
    )


RECOVERING = Lost(LOST, 10, links()[10])


def test_kiosk_offers_what_it_keeps_and_leaves_its_replica_and_its_answers_alone() -> None:
    side = kiosk(kept=KeptTail(5, signed(38)))
    effects = side.receive(welcome(RECOVERING), 0)
    assert sent(effects) == [Offer(5, signed(38))]
    assert isinstance(effects[0], Admitted)
    assert not [one for one in effects if isinstance(one, Restored | NeedRows)]
    assert side.tapped(OutboxPosition(OutboxId("o"), 11, b"p" * 32)) == []
    assert side.receive(Live(41, ("{}",), b"h" * 32), 0) == []
    assert side.receive(Page(11, (), b"", 60, last=True), 0) == []
    assert sent(side.receive(Top(60, b"h" * 32, 0, b"s"), 0)) == []
    assert sent(side.tick(31_000 - 20_000)) == []
    side.heard(31_000)
    assert sent(side.tick(31_000)) == [Got(0, 31_000, 8, None)]


@pytest.mark.parametrize(
    ("epoch", "seq", "kept"),
    [("", 0, None), ("e-older", 20, None), (LOST, 40, None)],
    ids=["fresh", "another log", "nothing signed"],
)
def test_kiosk_without_that_log_says_so_and_sends_no_taps(
    epoch: str, seq: int, kept: KeptTail | None
) -> None:
    side = kiosk(epoch, seq, kept)
    effects = side.receive(welcome(RECOVERING), 0)
    assert sent(effects)[0] == Offer()
    assert not [one for one in effects if isinstance(one, NeedRows)]
    pulls = [frame for frame in sent(effects) if isinstance(frame, Pull)]
    assert bool(pulls) == (epoch != LOST)
    assert any(isinstance(one, Restored) for one in effects) == (epoch == "e-older")


def test_kiosk_offers_nothing_that_was_signed_for_another_log() -> None:
    other = msgspec.structs.replace(signed(38), epoch="e-older")
    assert sent(kiosk(kept=KeptTail(5, other)).receive(welcome(RECOVERING), 0)) == [Offer()]


def test_kiosk_gives_a_window_of_what_is_wanted_and_marks_its_last_frame() -> None:
    side = kiosk(kept=KeptTail(5, signed(38)))
    side.receive(welcome(RECOVERING), 0)
    [need] = side.receive(Want(10, 38, 2), 0)
    assert need == NeedTail(10, 38, 2 * TAIL_MAX_BYTES)
    long = ["x" * (TAIL_MAX_BYTES - 10) for _ in range(5)]
    first, second = sent(side.tail(long))
    assert (first, second) == (Tail(11, (long[0],), last=False), Tail(12, (long[1],), last=True))
    assert side.tail(long) == [], "nothing was asked"
    side.receive(Want(12, 38, 2), 0)
    assert sent(side.tail([])) == [Tail(13, (), last=True)]


def test_kiosk_gives_nothing_to_a_server_that_has_not_lost_it() -> None:
    side = kiosk(kept=KeptTail(5, signed(38)))
    side.receive(welcome(None), 0)
    assert side.receive(Want(10, 38), 0) == []


def test_kiosk_keeps_a_signed_head_only_where_its_replica_is() -> None:
    side = kiosk("e-new", 38)
    side.receive(welcome(None), 0)
    right = Top(38, links()[38], 5, b"s")
    [kept] = [one for one in side.receive(right, 0) if isinstance(one, KeepHead)]
    assert kept.signed == SignedHead("e-new", 38, links()[38], b"s")
    for top in (right, Top(37, links()[37], 5, b"s"), Top(38, b"x" * 32, 5, b"s")):
        assert not [one for one in side.receive(top, 0) if isinstance(one, KeepHead)]


# ---- the server's half ---------------------------------------------------------------------------


def server(recovering: Lost | None = RECOVERING) -> ServerSide:
    side = ServerSide(ConnectionId("c"), b"n", limits=Limits(), jitter=0.0, now_ms=0)
    side.open(0)
    claims = Claims(
        *(DeviceId("k"), OutboxId("o"), 10, b"o" * 32, LOST, 40, links()[40], "test", (1,), 1)
    )
    [identify] = side.receive(Hello(encode_claims(claims), b""), 0)
    assert isinstance(identify, Identify)
    found = Admission(
        *(KitchenId("k"), "e-new", 10, links()[10], 0, 10, 3, b"o" * 32, None, 1, 0),
        recovering=recovering,
    )
    [frame] = sent(side.admit(found))
    assert isinstance(frame, Welcome)
    assert frame.recovering == recovering
    return side


def test_server_answers_no_command_while_a_log_is_recovered() -> None:
    rows = (Row(4, b"h" * 32, b"tap"),)
    side = server()
    assert side.receive(Submit(rows), 0) == []
    assert side.unanswered == 0
    assert isinstance(server(None).receive(Submit(rows), 0)[0], Take)


def test_server_passes_an_offer_on_only_while_it_waits_for_one() -> None:
    offer = Offer(5, signed(38))
    assert server().receive(offer, 0) == [Offered(offer)]
    assert server(None).receive(offer, 0) == []
    assert server().receive(Tail(11, ("{}",)), 0) == [], "nobody asked"


def test_server_asks_window_by_window_until_the_tail_is_whole() -> None:
    side = server()
    check = TailCheck(10, links()[10], 38, links()[38])
    assert sent(side.want(check)) == [Want(10, 38, WINDOW_TAILS)]
    assert side.receive(Tail(11, tuple(BODIES[10:20]), last=False), 0) == []
    assert sent(side.receive(Tail(21, tuple(BODIES[20:30])), 0)) == [Want(30, 38, WINDOW_TAILS)]
    [brought] = side.receive(Tail(31, tuple(BODIES[30:38])), 0)
    assert isinstance(brought, Brought)
    assert [each.text for each in brought.entries] == BODIES[10:38]
    assert side.receive(Tail(31, tuple(BODIES[30:38])), 0) == []


def test_server_refuses_a_tail_that_is_not_what_was_signed() -> None:
    side = server()
    side.want(TailCheck(10, links()[10], 38, links()[38]))
    [bad] = side.receive(Tail(11, (*BODIES[10:37], "{}")), 0)
    assert isinstance(bad, BadTail)
    assert side.receive(Tail(11, tuple(BODIES[10:38])), 0) == [], "it is asked only once"


def test_frames_that_the_server_asked_for_are_no_flood() -> None:
    many = [f"{number}" for number in range(int(FRAMES_BURST) * 2)]
    ends = links(many)
    side = server()
    side.want(TailCheck(0, GENESIS, len(many), ends[-1]))
    effects: list[Effect] = []
    for number, body in enumerate(many, 1):
        effects = side.receive(Tail(number, (body,), last=False), 0)
    assert isinstance(effects[0], Brought)


def test_halves_bring_a_long_tail_over_the_wire() -> None:
    bodies = [f"{number:04}" + "x" * (number % 9 * 900) for number in range(400)]
    ends = links(bodies)
    head = SignedHead(LOST, 400, ends[-1], b"signed")
    here = kiosk(kept=KeptTail(5, head))
    here.receive(welcome(RECOVERING), 0)
    there = server()
    effects: list[Effect] = there.want(TailCheck(10, ends[10], 400, ends[400]))
    rounds = 0
    while not any(isinstance(one, Brought) for one in effects):
        rounds += 1
        [want] = sent(effects)
        [need] = here.receive(decode_server(encode(want)), 0)
        assert isinstance(need, NeedTail)
        answer = sent(here.tail(bodies[need.after : need.up_to]))
        assert len(answer) <= WINDOW_TAILS
        effects = []
        for frame in answer:
            effects += there.receive(decode_client(encode(frame)), 0)
    [brought] = [one for one in effects if isinstance(one, Brought)]
    assert [each.text for each in brought.entries] == bodies[10:]
    assert rounds > 1


def test_old_kiosk_reads_a_welcome_of_a_server_that_recovers() -> None:
    class OldWelcome(msgspec.Struct, tag_field="type", tag="welcome"):
        """As it was before."""

        epoch: str
        head: int

    old = msgspec.json.decode(encode(welcome(RECOVERING)), type=OldWelcome)
    assert (old.epoch, old.head) == ("e-new", 10)
    new = msgspec.json.decode(encode(welcome(None)).replace(',"recovering":null', ""), type=Welcome)
    assert new.recovering is None
    assert isinstance(decode_server(encode(Challenge(b"n", 1))), Challenge)
