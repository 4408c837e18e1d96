"""Who is asked for what after a restore, and what is taken: with kiosks that lie, leave and come late."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest
from typing_extensions import override

from dapur.envelope import chain
from dapur.ids import DeviceId, OutboxId
from dapur.sync.effects import TailEntry
from dapur.sync.tail import TailCheck
from dapur.wire.messages import GoodbyeCode, Lost, Offer, Outcome, SignedHead, top_text
from server.desk.desk import Desk
from server.desk.groups import Submission
from server.desk.ports import DeviceRecord, Entry, Standing, Stored, Unavailable
from server.gateway import recovering as recovering_module
from server.gateway.recovering import Recovering
from server.log.recovery import Restored
from tests.server.desk.test_desk import Bench, refused_tap
from tests.support.fake_log import FakeLog
from tests.support.fake_recoveries import FakeRecoveries
from tests.support.gateway import KITCHEN, notice

T = TypeVar("T")
EPOCH = "e-1"
ONE, TWO, THREE = DeviceId("k-1"), DeviceId("k-2"), DeviceId("k-3")
WAIT_MS = 60_000
BACKUP = 3
HEAD = 9


def stamped(text: bytes) -> bytes:
    """The server's signature in this test."""
    return b"ours:" + text[-32:]


class Kiosk:
    """A connection whose kiosk holds some of the lost log."""

    def __init__(self, scene: Scene, device: DeviceId) -> None:
        self.scene = scene
        self.device = device
        self.check: TailCheck | None = None
        self.ended: GoodbyeCode | None = None

    def want(self, check: TailCheck) -> None:
        self.check = check

    def is_asked(self) -> bool:
        return self.check is not None

    def is_back(self) -> bool:
        """Whether it was told to come again."""
        return self.ended is GoodbyeCode.RESTART

    def end(self, code: GoodbyeCode, *, retry_after_s: float = 0.0, detail: str = "") -> None:
        assert detail == "recovered"
        assert retry_after_s > 0
        self.ended = code

    def comes(self) -> Lost | None:
        return self.scene.recovering.joined(KITCHEN, self.device, self)

    def offers(self, head: int, after: int = 0, *, epoch: str = EPOCH, by: bytes = b"") -> None:
        """What it says that it holds; `by`: who signed, when it is not the server."""
        self.comes()
        link = self.scene.lost[head - 1].hash
        signature = by or stamped(top_text(KITCHEN, epoch, head, link))
        offer = Offer(after, SignedHead(epoch, head, link, signature))
        self.scene.recovering.offered(KITCHEN, self.device, offer)

    def gives(self) -> None:
        """What it was asked for."""
        assert self.check is not None
        asked, self.check = self.check, None
        some = self.scene.lost[asked.seq : asked.up_to]
        tail = tuple(TailEntry(each.seq, each.hash, each.body.decode()) for each in some)
        self.scene.recovering.brought(KITCHEN, self.device, tail)

    def leaves(self) -> None:
        self.scene.recovering.left(KITCHEN, self.device, self)


class Fragile(FakeRecoveries):
    """A database that is away now and then."""

    away = False

    @override
    def bring(self, kitchen: object, entries: Sequence[Entry], answers: Sequence[Stored]) -> None:
        if self.away:
            raise Unavailable("away")
        super().bring(KITCHEN, entries, answers)


class Scene:
    """A kitchen whose log was put back to event 3 of 9, and a server process beside it."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.rows = [self.bench.row(refused_tap()) for _ in range(HEAD)]
        self.bench.give(*self.rows)
        self.lost = self.bench.log.read(KITCHEN, 0, limit=99)
        self.now_ms = self.bench.now_ms
        self.log = FakeLog()
        self.log.create_kitchen(KITCHEN, epoch="e-2")
        self.desk = Desk(self.log, devices=self.known, now_ms=lambda: self.now_ms)
        self.give(*self.rows[:BACKUP])
        assert self.log.read(KITCHEN, 0, limit=99) == self.lost[:BACKUP]
        self.recoveries = Fragile(self.log)
        self.recoveries.begin(
            [Restored(KITCHEN, EPOCH, (ONE, TWO))], now_ms=self.now_ms, wait_ms=WAIT_MS
        )
        self.desk = Desk(self.log, devices=self.known, now_ms=lambda: self.now_ms)
        self.desk.recoveries = self.recoveries
        self.recovering = self.process()
        self.one, self.two, self.three = (Kiosk(self, each) for each in (ONE, TWO, THREE))

    def process(self) -> Recovering:
        """Another server process on the same database."""
        made = Recovering(
            self.recoveries,
            self.log,
            run_now,
            signed=lambda signature, text: signature == stamped(text),
            now_ms=lambda: self.now_ms,
        )
        made.load()
        return made

    def known(self, devices: Sequence[DeviceId]) -> dict[DeviceId, DeviceRecord]:
        return {each: self.bench.records[each] for each in devices if each in self.bench.records}

    def give(self, *rows: object) -> list[tuple[Outcome, int]]:
        """Rows of the first kiosk's outbox for the desk of the restored server; outcome and seq."""
        taken = self.rows if not rows else [row for row in self.rows if row in rows]
        submission = Submission(KITCHEN, ONE, OutboxId("o-1"), tuple(taken))
        [answer] = self.desk.take_group([submission]).answers
        return [(result.outcome, result.seq) for result in answer.results]

    @property
    def head(self) -> int:
        head = self.log.head(KITCHEN)
        assert head is not None
        assert self.log.read(KITCHEN, 0, limit=99)[:HEAD] == self.lost[: head.seq]
        return head.seq

    def told(self, device: DeviceId) -> str:
        return next(each.told for each in self.recoveries.helpers(KITCHEN) if each.device == device)

    @property
    def how(self) -> str:
        recovery = self.recoveries.of(KITCHEN)
        assert recovery is not None
        return recovery.how


def run_now(work: Callable[[], T], then: Callable[[T], None]) -> None:
    """No thread: at once, and not at all when the database is away."""
    try:
        found = work()
    except Unavailable:
        return
    then(found)


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def alarms(caplog: pytest.LogCaptureFixture) -> Callable[[str], bool]:
    """Whether something was told as an error; it may be."""

    def told(text: str) -> bool:
        found = [
            record
            for record in caplog.records
            if record.levelno >= logging.ERROR and text in record.getMessage()
        ]
        caplog.clear()
        return bool(found)

    return told


def test_kiosk_is_told_what_is_missing_as_long_as_it_is(scene: Scene) -> None:
    head = scene.log.head(KITCHEN)
    assert head is not None
    assert scene.one.comes() == Lost(EPOCH, BACKUP, head.hash)
    assert scene.recovering.kitchens == 1
    scene.recoveries.end(KITCHEN, scene.now_ms)
    scene.recovering.look()
    assert scene.one.is_back()
    assert scene.one.comes() is None
    assert scene.recovering.kitchens == 0


def test_tail_comes_and_the_kitchen_goes_on_when_all_kiosks_were_heard(scene: Scene) -> None:
    scene.one.offers(HEAD)
    assert scene.recovering.kitchens == 1
    scene.one.gives()
    assert (scene.head, scene.told(ONE)) == (HEAD, "brought 4 to 9")
    assert not scene.one.is_back(), "the second kiosk is waited for"
    scene.two.offers(7)
    assert scene.told(TWO) == "nothing more"
    assert scene.one.is_back()
    assert scene.two.is_back()
    assert scene.how == "all"


def test_longest_tail_wins_whoever_is_asked_first(scene: Scene) -> None:
    scene.one.offers(6)
    scene.two.offers(HEAD)
    assert not scene.two.is_asked(), "one after another"
    scene.one.gives()
    assert scene.head == 6
    assert scene.two.is_asked()
    scene.two.gives()
    assert scene.head == HEAD


def test_kiosk_with_a_hole_helps_once_another_has_filled_it(scene: Scene) -> None:
    scene.one.offers(HEAD, after=5)
    assert scene.told(ONE) == "keeps events from 6 on, 4 is wanted"
    scene.two.offers(6)
    scene.two.gives()
    assert scene.one.is_asked()
    scene.one.gives()
    assert (scene.head, scene.how) == (HEAD, "all")


@pytest.mark.parametrize("forgery", ["signature", "epoch"])
def test_head_that_this_server_did_not_sign_for_that_log_is_refused_and_told(
    scene: Scene, alarms: Callable[[str], bool], forgery: str
) -> None:
    scene.one.offers(HEAD, by=b"x" if forgery == "signature" else b"")
    if forgery == "epoch":
        scene.one.offers(HEAD, epoch="e-0")
    else:
        assert scene.told(ONE).startswith("refused: not signed")
        assert not scene.one.is_asked()
        assert alarms("not signed by this server")
    assert scene.head == BACKUP
    assert scene.recoveries.helpers(KITCHEN)[0].seq in (0, HEAD)
    alarms("")


def test_tail_that_breaks_the_chain_is_refused_told_and_the_next_kiosk_is_asked(
    scene: Scene, alarms: Callable[[str], bool]
) -> None:
    scene.one.offers(HEAD)
    scene.two.offers(HEAD)
    scene.recovering.wrong(KITCHEN, ONE, "the chain")
    assert alarms("the tail of k-1 is refused: the chain")
    assert scene.told(ONE) == "refused: the chain"
    assert scene.head == BACKUP
    scene.two.gives()
    assert (scene.head, scene.how) == (HEAD, "all")


def test_two_pasts_that_were_both_signed_are_no_past(
    scene: Scene, alarms: Callable[[str], bool]
) -> None:
    scene.one.offers(HEAD)
    scene.one.gives()
    other = chain(scene.lost[4].hash, b"another")
    signature = stamped(top_text(KITCHEN, EPOCH, 6, other))
    scene.two.comes()
    forked = Offer(0, SignedHead(EPOCH, 6, other, signature))
    scene.recovering.offered(KITCHEN, TWO, forked)
    assert scene.told(TWO) == "refused: another past"
    assert alarms("another past")
    assert scene.head == HEAD


def test_events_that_nobody_can_fold_are_refused_whole(
    scene: Scene, alarms: Callable[[str], bool]
) -> None:
    scene.one.offers(HEAD)
    entry = scene.lost[BACKUP]
    broken = (TailEntry(entry.seq, entry.hash, "no event"),)
    scene.recovering.brought(KITCHEN, ONE, broken)
    assert scene.told(ONE) == "refused: Malformed"
    assert alarms("cannot be taken")
    assert scene.head == BACKUP


def test_kiosk_that_goes_away_while_it_gives_is_waited_for_again(scene: Scene) -> None:
    scene.one.offers(HEAD)
    scene.two.offers(HEAD)
    scene.one.leaves()
    assert scene.told(ONE) == "went away"
    assert scene.two.is_asked()
    scene.two.gives()
    assert scene.how == "", "the first may have more"
    again = Kiosk(scene, ONE)
    again.offers(HEAD)
    assert scene.told(ONE) == "nothing more"
    assert scene.how == "all"


def test_older_connection_of_a_kiosk_that_ends_late_changes_nothing(scene: Scene) -> None:
    scene.one.offers(HEAD)
    again = Kiosk(scene, ONE)
    again.offers(HEAD)
    scene.one.leaves()
    assert again.is_asked()
    again.gives()
    assert scene.head == HEAD


def test_time_is_up_although_a_kiosk_never_came(scene: Scene) -> None:
    scene.one.offers(HEAD)
    scene.one.gives()
    scene.now_ms += WAIT_MS - 1
    scene.recovering.look()
    assert scene.how == ""
    scene.now_ms += 1
    scene.recovering.look()
    assert scene.how == "time"
    assert scene.one.is_back()
    assert scene.recoveries.helpers(KITCHEN)[1].standing is Standing.AWAITED


def test_tail_that_comes_when_it_is_over_is_not_taken(scene: Scene) -> None:
    scene.one.offers(HEAD)
    scene.recoveries.end(KITCHEN, scene.now_ms)
    scene.one.gives()
    assert (scene.head, scene.told(ONE)) == (BACKUP, "came too late")


def test_tail_is_asked_for_again_when_the_database_was_away(scene: Scene) -> None:
    scene.one.offers(HEAD)
    scene.recoveries.away = True
    scene.one.gives()
    assert scene.head == BACKUP
    scene.recoveries.away = False
    scene.recovering.look()
    scene.one.gives()
    assert scene.head == HEAD


def test_only_so_many_tails_come_at_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovering_module, "TAILS_AT_ONCE", 0)
    scene.one.offers(HEAD)
    assert not scene.one.is_asked()
    monkeypatch.setattr(recovering_module, "TAILS_AT_ONCE", 1)
    scene.recovering.look()
    scene.one.gives()
    assert scene.head == HEAD


def test_second_process_goes_on_from_what_the_first_has_taken(scene: Scene) -> None:
    scene.one.offers(6)
    first, scene.recovering = scene.recovering, scene.process()
    scene.two.offers(HEAD)
    assert scene.two.check is not None
    assert scene.two.check.seq == BACKUP
    second, scene.recovering = scene.recovering, first
    scene.one.gives()
    assert scene.head == 6
    scene.recovering = second
    scene.two.gives()
    assert scene.head == 6, "it was made for another head"
    assert scene.two.is_asked()
    scene.two.gives()
    assert (scene.head, scene.how) == (HEAD, "all")
    assert scene.two.is_back()
    first.look()
    assert scene.one.is_back()


def test_stranger_and_a_kiosk_of_a_sound_kitchen_are_not_asked(scene: Scene) -> None:
    scene.recovering.offered(KITCHEN, THREE, Offer())
    assert len(scene.recoveries.helpers(KITCHEN)) == 2
    scene.three.offers(HEAD)
    scene.three.gives()
    assert scene.head == HEAD, "also a kiosk that was not expected may help"


# ---- the desk meanwhile and afterwards -----------------------------------------------------------


def test_desk_decides_nothing_before_it_is_over(scene: Scene) -> None:
    submission = Submission(KITCHEN, ONE, OutboxId("o-1"), tuple(scene.rows))
    [answer] = scene.desk.take_group([submission]).answers
    assert (answer.results, answer.fault) == ((), GoodbyeCode.UNAVAILABLE)
    with pytest.raises(Unavailable, match="waits for its kiosks"):
        scene.desk.take_now(KITCHEN, OutboxId("own"), [notice("hi")])
    assert scene.head == BACKUP
    scene.recoveries.end(KITCHEN, scene.now_ms)
    assert scene.desk.take_now(KITCHEN, OutboxId("own"), [notice("hi")])[0].seq == BACKUP + 1


def test_desk_answers_commands_of_brought_events_as_the_lost_log_did(scene: Scene) -> None:
    scene.one.offers(7)
    scene.one.gives()
    scene.recoveries.end(KITCHEN, scene.now_ms)
    expected = [(Outcome.REFUSED, seq) for seq in range(1, HEAD + 1)]
    assert scene.give() == expected
    assert scene.head == HEAD, "two were decided anew"
    assert scene.give() == expected
    receipts = scene.log.receipts(KITCHEN, OutboxId("o-1"), 1, 99)
    before = scene.bench.log.receipts(KITCHEN, OutboxId("o-1"), 1, 99)
    assert receipts == before
