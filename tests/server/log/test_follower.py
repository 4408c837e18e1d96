"""A follower takes every event in once, whoever follows beside it and whatever fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dapur.ids import KitchenId
from server.desk.ports import Entry, Since, Unavailable
from server.log.engine import writing
from server.log.follower import (
    EVENTS_PER_FOLLOW,
    EVENTS_PER_STEP,
    KITCHENS_PER_FOLLOW,
    Follower,
)
from server.log.positions import LEASE_MS, TOGETHER, Lease, Outrun, Positions
from server.log.schema import upgrade
from server.log.scope import of_kitchens
from server.log.shares import Minds
from server.log.sql_log import SqlLog
from tests.support.databases import bound_postgres, opened, positions_of, sqlite_url
from tests.support.groups import KITCHEN, OTHER, group


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        url = sqlite_url(tmp_path)
        upgrade(url)
    else:
        url = bound_postgres()
    with opened(url) as opened_engine:
        yield opened_engine


@pytest.fixture
def log(engine: Engine) -> SqlLog:
    made = SqlLog(engine)
    made.create_kitchen(KITCHEN, epoch="e")
    made.create_kitchen(OTHER, epoch="e")
    return made


class Pile:
    """Piles up what it is given; a kitchen in `broken` fails."""

    def __init__(self, log: SqlLog) -> None:
        self.log = log
        self.bodies: dict[KitchenId, list[bytes]] = {}
        self.broken: dict[KitchenId, Exception] = {}
        self.turns: list[tuple[KitchenId, ...]] = []
        """Which kitchens were given together."""

    def behind(self, minds: Minds) -> dict[KitchenId, tuple[int, int]]:
        heads = self.log.heads(self.log.kitchens()).items()
        at = {kitchen: (len(self.bodies.get(kitchen, ())), head) for kitchen, head in heads}
        return {
            kitchen: (position, head)
            for kitchen, (position, head) in at.items()
            if position < head and minds(kitchen)
        }

    def follow_all(self, found: Mapping[KitchenId, Since]) -> None:
        self.turns.append(tuple(found))
        for kitchen in self.broken.keys() & found.keys():
            raise self.broken[kitchen]
        for kitchen, since in found.items():
            self._take(kitchen, since.entries)

    def follow(self, kitchen: KitchenId, entries: Sequence[Entry]) -> int:
        self.turns.append((kitchen,))
        if kitchen in self.broken:
            raise self.broken[kitchen]
        return self._take(kitchen, entries)

    def _take(self, kitchen: KitchenId, entries: Sequence[Entry]) -> int:
        mine = self.bodies.setdefault(kitchen, [])
        mine.extend(entry.body for entry in entries)
        return len(mine)


def follower(
    engine: Engine,
    log: SqlLog,
    pile: Pile,
    holder: str = "server-1",
    behind: Callable[[int], None] = lambda _: None,
) -> Follower:
    return Follower(log, Lease(engine, "pile", holder), pile, name="pile", behind=behind)


class TestFollower:
    def test_follower_takes_in_every_kitchen_from_where_it_stopped(
        self, engine: Engine, log: SqlLog
    ) -> None:
        pile = Pile(log)
        mine = follower(engine, log, pile)
        assert mine.step(0) == 0
        log.append([group(log, bodies=[b"1", b"2"]), group(log, OTHER, [b"a"])])
        assert mine.step(1) == 3
        log.append([group(log, bodies=[b"3"])])
        assert mine.step(2) == 1
        assert mine.step(3) == 0
        assert pile.bodies == {KITCHEN: [b"1", b"2", b"3"], OTHER: [b"a"]}

    def test_follower_tells_how_far_it_is_behind_and_only_the_leader_does(
        self, engine: Engine, log: SqlLog
    ) -> None:
        told: list[tuple[str, int]] = []
        mine = follower(engine, log, Pile(log), behind=lambda events: told.append(("mine", events)))
        other = follower(
            engine, log, Pile(log), "server-2", behind=lambda events: told.append(("other", events))
        )
        log.append([group(log, bodies=[b"x"] * (EVENTS_PER_FOLLOW + 3)), group(log, OTHER, [b"a"])])
        while mine.step(0):
            pass
        assert other.step(0) == 0
        assert told == [("mine", 3), ("mine", 0), ("mine", 0), ("other", 0)]

    def test_follower_leaves_the_kitchens_of_other_processes_to_them(
        self, engine: Engine, log: SqlLog
    ) -> None:
        pile, told = Pile(log), list[int]()
        mine = Follower(
            log,
            Lease(engine, "pile", TOGETHER),
            pile,
            name="pile",
            minds=lambda now_ms: lambda kitchen: now_ms > 0 or kitchen == OTHER,
            behind=told.append,
        )
        log.append([group(log, bodies=[b"1", b"2"]), group(log, OTHER, [b"a"])])
        assert mine.step(0) == 1
        assert pile.bodies == {OTHER: [b"a"]}
        assert mine.step(1) == 2
        assert told == [0, 0]

    def test_follower_leaves_a_kitchen_that_is_given_away_within_a_step(
        self, engine: Engine, log: SqlLog
    ) -> None:
        pile, told = Pile(log), list[int]()
        full = [b"x"] * EVENTS_PER_FOLLOW
        log.append([group(log, bodies=full), group(log, OTHER, full)])
        mine = Follower(
            log,
            Lease(engine, "pile", TOGETHER),
            pile,
            name="pile",
            minds=lambda _now_ms: lambda _kitchen: not pile.bodies,
            behind=told.append,
        )
        assert mine.step(0) == EVENTS_PER_FOLLOW
        assert len(pile.bodies) == 1
        assert told == [0]

    def test_follower_takes_many_kitchens_in_together_but_no_more_than_one_transaction_holds(
        self, engine: Engine, log: SqlLog
    ) -> None:
        pile = Pile(log)
        crowd = [KitchenId(f"k-{number:03}") for number in range(KITCHENS_PER_FOLLOW + 2)]
        for kitchen in crowd:
            log.create_kitchen(kitchen, epoch="e")
        log.append([group(log, kitchen, [b"x"]) for kitchen in crowd])
        assert follower(engine, log, pile).step(0) == len(crowd)
        assert [len(turn) for turn in pile.turns] == [KITCHENS_PER_FOLLOW, 2]
        pile.turns.clear()
        full = [b"y"] * (EVENTS_PER_FOLLOW - 1)
        log.append([group(log, crowd[0], full)] + [group(log, each, [b"y"]) for each in crowd[1:4]])
        assert follower(engine, log, pile).step(1) == EVENTS_PER_FOLLOW + 2
        assert pile.turns == [tuple(crowd[:2]), tuple(crowd[2:4])]

    @pytest.mark.expected_log("pile cannot follow kitchen-b after event 0")
    def test_follower_finds_whose_fault_it_was_and_takes_that_kitchen_alone_from_then_on(
        self, engine: Engine, log: SqlLog
    ) -> None:
        pile = Pile(log)
        third = KitchenId("third")
        log.create_kitchen(third, epoch="e")
        log.append([group(log, each, [b"1"]) for each in (KITCHEN, OTHER, third)])
        mine = follower(engine, log, pile)
        pile.broken = {OTHER: ValueError("no")}
        assert mine.step(0) == 2
        assert pile.bodies == {KITCHEN: [b"1"], third: [b"1"]}
        assert mine.failed == {OTHER}
        log.append([group(log, each, [b"2"]) for each in (KITCHEN, third)])
        pile.turns.clear()
        assert mine.step(1) == 2
        assert sorted(pile.turns, key=len) == [(OTHER,), (KITCHEN, third)]
        pile.broken = {}
        assert mine.step(2) == 1
        assert mine.failed == frozenset()

    def test_followers_of_all_processes_have_their_lease_together_and_an_older_release_waits(
        self, engine: Engine, log: SqlLog
    ) -> None:
        log.append([group(log, bodies=[b"1"])])
        one, two = (follower(engine, log, Pile(log), TOGETHER) for _ in range(2))
        older = follower(engine, log, Pile(log), "server-1")
        assert (one.step(0), two.step(0), older.step(0)) == (1, 1, 0)
        one.stop()
        assert older.step(1) == 0
        assert older.step(LEASE_MS) == 1
        assert two.step(LEASE_MS + 1) == 0

    def test_follower_takes_a_long_log_in_pieces(self, engine: Engine, log: SqlLog) -> None:
        pile = Pile(log)
        mine = follower(engine, log, pile)
        log.append([group(log, bodies=[b"x"] * (EVENTS_PER_FOLLOW + 3))])
        assert [mine.step(0), mine.step(0), mine.step(0)] == [EVENTS_PER_FOLLOW, 3, 0]

    def test_follower_ends_a_step_in_time_and_gives_every_kitchen_its_turn(
        self, engine: Engine, log: SqlLog
    ) -> None:
        pile = Pile(log)
        mine = follower(engine, log, pile)
        crowd = [KitchenId(f"crowd-{number}") for number in range(6)]
        for kitchen in crowd:
            log.create_kitchen(kitchen, epoch="e")
            log.append([group(log, kitchen, [b"x"] * EVENTS_PER_FOLLOW * 2)])
        assert mine.step(0) == EVENTS_PER_STEP
        assert sorted(pile.bodies) == crowd[:4]
        assert mine.step(0) == EVENTS_PER_STEP
        assert [len(pile.bodies[kitchen]) for kitchen in crowd] == [
            *[2 * EVENTS_PER_FOLLOW] * 2,
            *[EVENTS_PER_FOLLOW] * 4,
        ]
        assert mine.step(0) == EVENTS_PER_STEP
        assert mine.step(0) == 0

    @pytest.mark.expected_log("pile cannot follow kitchen-a after event 0")
    def test_follower_goes_on_with_the_others_when_one_kitchen_fails(
        self, engine: Engine, log: SqlLog
    ) -> None:
        pile = Pile(log)
        mine = follower(engine, log, pile)
        log.append([group(log, bodies=[b"1"]), group(log, OTHER, [b"a"])])
        pile.broken[KITCHEN] = ValueError("bug")
        assert mine.step(0) == 1
        assert mine.failed == {KITCHEN}
        assert pile.bodies == {OTHER: [b"a"]}
        pile.broken.clear()
        assert mine.step(1) == 1
        assert mine.failed == frozenset()

    def test_follower_leaves_a_kitchen_that_another_process_moved(
        self, engine: Engine, log: SqlLog
    ) -> None:
        pile = Pile(log)
        mine = follower(engine, log, pile)
        log.append([group(log, bodies=[b"1"])])
        pile.broken[KITCHEN] = Outrun("moved")
        assert mine.step(0) == 0
        assert mine.failed == frozenset()

    def test_follower_stops_when_the_database_is_away(self, engine: Engine, log: SqlLog) -> None:
        pile = Pile(log)
        mine = follower(engine, log, pile)
        log.append([group(log, bodies=[b"1"])])
        pile.broken[KITCHEN] = Unavailable("away")
        with pytest.raises(Unavailable):
            mine.step(0)

    def test_follower_waits_while_another_server_follows(self, engine: Engine, log: SqlLog) -> None:
        first, second = Pile(log), Pile(log)
        one = follower(engine, log, first, "server-1")
        two = follower(engine, log, second, "server-2")
        log.append([group(log, bodies=[b"1"])])
        assert one.step(0) == 1
        assert two.step(1) == 0
        assert two.step(LEASE_MS - 1) == 0
        assert two.step(LEASE_MS) == 1

    def test_follower_takes_over_from_who_died_with_a_clock_far_ahead(
        self, engine: Engine, log: SqlLog
    ) -> None:
        log.append([group(log, bodies=[b"1"])])
        ahead, year_ms = Lease(engine, "pile", "server-1"), 365 * 24 * 3_600_000
        assert ahead.take(year_ms)
        two = follower(engine, log, Pile(log), "server-2")
        assert two.step(10) == 0
        assert ahead.take(year_ms + 10)
        assert [two.step(10 + LEASE_MS), two.step(9 + 2 * LEASE_MS)] == [0, 0], "it lived"
        assert two.step(10 + 2 * LEASE_MS) == 1
        assert not ahead.take(20 + 2 * LEASE_MS)

    def test_follower_keeps_its_lease_while_it_steps(self, engine: Engine, log: SqlLog) -> None:
        one = follower(engine, log, Pile(log), "server-1")
        two = follower(engine, log, Pile(log), "server-2")
        log.append([group(log, bodies=[b"1"])])
        for now_ms in range(0, 3 * LEASE_MS, LEASE_MS // 4):
            one.step(now_ms)
        assert two.step(3 * LEASE_MS - 1) == 0

    def test_follower_hands_over_at_once_when_it_stops(self, engine: Engine, log: SqlLog) -> None:
        one = follower(engine, log, Pile(log), "server-1")
        two = follower(engine, log, Pile(log), "server-2")
        log.append([group(log, bodies=[b"1"])])
        assert one.step(0) == 1
        one.stop()
        assert two.step(1) == 1
        one.stop()
        assert one.step(2) == 0


@pytest.mark.usefixtures("log")
class TestPositions:
    def test_position_moves_only_from_where_it_stands(self, engine: Engine) -> None:
        positions = Positions(engine, "pile", version=1)
        with writing(engine, of_kitchens(KITCHEN)) as connection:
            assert positions.of(connection, KITCHEN) is None
            positions.begin(connection, KITCHEN)
            positions.move(connection, KITCHEN, before=0, to=7)
            assert positions.of(connection, KITCHEN) == 7
            with pytest.raises(Outrun):
                positions.move(connection, KITCHEN, before=0, to=9)
        assert positions_of(engine, "pile", 1) == {KITCHEN: 7}

    def test_position_begins_again_when_the_version_changes(self, engine: Engine) -> None:
        old, new = (Positions(engine, "pile", version=number) for number in (1, 2))
        other = Positions(engine, "other", version=1)
        with writing(engine, of_kitchens(KITCHEN)) as connection:
            old.begin(connection, KITCHEN)
            old.move(connection, KITCHEN, before=0, to=7)
            other.begin(connection, KITCHEN)
        assert positions_of(engine, "pile", 2) == {}
        with writing(engine, of_kitchens(KITCHEN)) as connection:
            new.begin(connection, KITCHEN)
            with pytest.raises(Outrun):
                old.move(connection, KITCHEN, before=7, to=8)
        assert positions_of(engine, "pile", 1) == {}
        assert positions_of(engine, "pile", 2) == {KITCHEN: 0}
        assert positions_of(engine, "other", 1) == {KITCHEN: 0}

    def test_behind_are_kitchens_that_moved_and_those_not_begun(
        self, engine: Engine, log: SqlLog
    ) -> None:
        positions = Positions(engine, "pile", version=1)
        log.append([group(log, bodies=[b"1", b"2"])])
        assert positions.behind() == {KITCHEN: (None, 2), OTHER: (None, 0)}
        with writing(engine, of_kitchens(KITCHEN, OTHER)) as connection:
            positions.begin(connection, OTHER)
            positions.begin(connection, KITCHEN)
            positions.move(connection, KITCHEN, before=0, to=1)
        assert positions.behind() == {KITCHEN: (1, 2)}
        with writing(engine, of_kitchens(KITCHEN)) as connection:
            positions.move(connection, KITCHEN, before=1, to=2)
        assert positions.behind() == {}
        assert set(Positions(engine, "pile", version=2).behind()) == {KITCHEN, OTHER}
