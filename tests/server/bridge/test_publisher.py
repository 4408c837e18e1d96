"""Telling from the log: where it begins, that it goes on, that a crash repeats and never leaves out."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine

from dapur.envelope import GENESIS, Event, chain, encode_event
from dapur.ids import KitchenId
from server.bridge import publisher as module
from server.bridge.bridge import NAME, VERSION
from server.bridge.names import Names
from server.bridge.ports import Heard
from server.bridge.publisher import BACK_MS, Publisher, Telling
from server.desk.ports import Append, Away, Entry
from server.log.follower import Follower
from server.log.positions import Lease, Outrun, Places
from server.log.schema import upgrade
from server.log.shares import every_kitchen
from server.log.sql_log import SqlLog
from server.metrics import Metrics
from tests.support.databases import bound_postgres, opened, positions_of, sqlite_url
from tests.support.taps import batch_at

ONE, TWO = KitchenId("sppg-1"), KitchenId("sppg-2")
NOW_MS = int(time.time() * 1000)


class Mouth:
    """A platform that keeps what it was told, or is away."""

    def __init__(self) -> None:
        self.said: list[tuple[str, bytes]] = []
        self.trouble = ""
        self.takes: int | None = None
        """So many messages are taken before it goes away; None: all."""

    def publish(self, said: Sequence[tuple[str, bytes]]) -> None:
        """As a connection that breaks somewhere."""
        self.said += said[: self.takes]
        if self.takes is not None:
            raise Away("away")

    async def ask(self, commands: Sequence[tuple[str | bytes, ...]]) -> list[object]:
        """Nobody asks."""
        raise NotImplementedError(commands)

    def listen(self, patterns: Sequence[str], heard: Heard) -> None:
        """Nothing is heard."""

    async def run(self) -> None:
        """Nothing is to be done."""

    @property
    def ids(self) -> list[str]:
        """Of all messages, in order."""
        return [json.loads(body)["id"] for _, body in self.said]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty, migrated database."""
    url = bound_postgres() if request.param == "postgresql" else sqlite_url(tmp_path)
    upgrade(url)
    with opened(url) as made:
        yield made


def night(recorded_ms: int) -> list[bytes]:
    """The events of a batch's whole way, all recorded then."""
    decoder = msgspec.json.Decoder(Event)
    found = [decoder.decode(body) for body in batch_at("completed").events]
    return [
        encode_event(msgspec.structs.replace(event, recorded_ms=recorded_ms)) for event in found
    ]


def write(log: SqlLog, bodies: Sequence[bytes], kitchen: KitchenId = ONE) -> None:
    """Append these to a kitchen's log."""
    head = log.head(kitchen)
    seq, link = (0, GENESIS) if head is None else (head.seq, head.hash)
    expected = seq
    entries: list[Entry] = []
    for body in bodies:
        seq, link = seq + 1, chain(link, body)
        entries.append(Entry(seq, link, body))
    log.append([Append(kitchen, expected, tuple(entries), (), ())])


class Rig:
    """A publisher on a log, made anew as by a new process."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.log = SqlLog(engine)
        self.log.create_kitchen(ONE, epoch="e-1")
        self.mouth = Mouth()
        self.now_ms = NOW_MS

    def process(self, name: str = "here") -> Telling:
        """One that follows."""
        publisher = self.publisher()
        lease = Lease(self.engine, NAME, name)
        return Telling(Follower(self.log, lease, publisher, name=NAME))

    def publisher(self) -> Publisher:
        """What tells."""
        places = Places(self.engine, NAME, version=VERSION)
        return Publisher(
            places, self.log, self.mouth, Names(), Metrics(), now_ms=lambda: self.now_ms
        )

    @property
    def position(self) -> int:
        """Where it stands."""
        return positions_of(self.engine, NAME, VERSION).get(ONE, -1)


def test_what_was_told_is_told_once_also_by_the_next_process(engine: Engine) -> None:
    rig = Rig(engine)
    first = rig.process()
    assert first.step(NOW_MS) == 0
    bodies = night(NOW_MS)
    half = len(bodies) // 2
    write(rig.log, bodies[:half])
    assert first.step(NOW_MS) == half
    first.stop()
    write(rig.log, bodies[half:])
    assert rig.process("there").step(NOW_MS) == len(bodies) - half
    assert rig.position == len(bodies)
    assert len(set(rig.mouth.ids)) == len(rig.mouth.ids)
    last = json.loads(rig.mouth.said[-1][1])
    assert last["data"]["stage"] == "ready"


def test_platform_that_goes_away_in_the_middle_hears_the_same_again_from_there(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Rig(engine)
    process = rig.process()
    process.step(NOW_MS)
    write(rig.log, night(NOW_MS))
    rig.mouth.takes = 3
    assert process.step(NOW_MS) == 0
    assert rig.position == 0
    rig.mouth.takes = None
    assert process.step(NOW_MS + 1) == 0, "it rests for a while"
    assert process.step(NOW_MS + module.REST_MS + 1) > 0
    ids = rig.mouth.ids
    assert ids[3:6] == ids[:3]
    assert len(set(ids)) == len(ids) - 3


def test_bridge_on_an_old_kitchen_begins_with_its_last_day(engine: Engine) -> None:
    rig = Rig(engine)
    old, new = night(NOW_MS - BACK_MS - 60_000), night(NOW_MS - BACK_MS + 60_000)
    write(rig.log, old)
    write(rig.log, new)
    assert rig.process().step(NOW_MS) == len(new)
    assert json.loads(rig.mouth.said[0][1])["seq"] > len(old)


def test_many_new_kitchens_are_begun_one_after_another(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BEGUN_AT_ONCE", 1)
    rig = Rig(engine)
    rig.log.create_kitchen(TWO, epoch="e-1")
    write(rig.log, night(NOW_MS))
    publisher, all_ = rig.publisher(), every_kitchen(NOW_MS)
    for begun in (1, 2, 2):
        publisher.behind(all_)
        assert len(positions_of(engine, NAME, VERSION)) == begun
    assert list(publisher.behind(all_)) == [ONE]


def test_kitchens_of_other_processes_are_left_to_them(engine: Engine) -> None:
    rig = Rig(engine)
    write(rig.log, night(NOW_MS))
    publisher = rig.publisher()
    assert publisher.behind(lambda kitchen: kitchen != ONE) == {}
    assert positions_of(engine, NAME, VERSION) == {}
    assert list(publisher.behind(every_kitchen(NOW_MS))) == [ONE]


def test_second_process_that_moved_on_is_noticed(engine: Engine) -> None:
    rig = Rig(engine)
    publisher, other = rig.publisher(), rig.publisher()
    publisher.behind(every_kitchen(NOW_MS))
    write(rig.log, night(NOW_MS))
    entries = rig.log.read(ONE, 0, limit=5)
    assert other.follow(ONE, entries) == 5
    with pytest.raises(Outrun):
        publisher.follow(ONE, entries)
    assert rig.position == 5


def test_two_kitchens_are_told_of_together_each_in_its_order_and_again_when_one_was_moved(
    engine: Engine,
) -> None:
    rig = Rig(engine)
    rig.log.create_kitchen(TWO, epoch="e-2")
    publisher, other = rig.publisher(), rig.publisher()
    publisher.behind(every_kitchen(NOW_MS))
    for kitchen in (ONE, TWO):
        write(rig.log, night(NOW_MS), kitchen)
    end = len(night(NOW_MS))
    publisher.follow_all(rig.log.since({ONE: (0, end - 6), TWO: (0, end - 8)}))
    assert positions_of(engine, NAME, VERSION) == {ONE: end - 6, TWO: end - 8}
    assert other.follow(TWO, rig.log.read(TWO, end - 8, limit=2)) == end - 6
    with pytest.raises(Outrun):
        publisher.follow_all(rig.log.since({ONE: (end - 6, end), TWO: (end - 8, end)}))
    assert positions_of(engine, NAME, VERSION) == {ONE: end - 6, TWO: end - 6}
    publisher.follow_all(rig.log.since({ONE: (end - 6, end), TWO: (end - 6, end)}))
    assert positions_of(engine, NAME, VERSION) == {ONE: end, TWO: end}
    bodies = [json.loads(body) for _, body in rig.mouth.said]
    for kitchen in (ONE, TWO):
        mine = [each for each in bodies if each["sppgId"] == kitchen]
        seqs = [each["seq"] for each in mine]
        assert len({each["id"] for each in mine}) < len(mine), "told in vain, so told again"
        assert sorted(set(seqs)) == list(dict.fromkeys(seqs))
        assert seqs[-1] == end


def test_bytes_that_are_no_event_are_passed_over(engine: Engine) -> None:
    rig = Rig(engine)
    process = rig.process()
    process.step(NOW_MS)
    write(rig.log, [b"{}", *night(NOW_MS)])
    assert process.step(NOW_MS) > 1
    assert rig.mouth.said
