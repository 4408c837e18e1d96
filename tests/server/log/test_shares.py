"""The kitchens of a database are divided among its processes, and no kitchen is left when one goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from dapur.ids import KitchenId
from server.desk.ports import Unavailable
from server.log.engine import reading
from server.log.schema import upgrade
from server.log.shares import RENEW_MS, SHARE_MS, SHARES, Shares, share_of
from server.log.tables import follower_lease
from tests.support.databases import bound_postgres, opened, sqlite_url

CROWD = tuple(KitchenId(f"sppg-{number:04}") for number in range(2_000))


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        url = sqlite_url(tmp_path)
        upgrade(url)
    else:
        url = bound_postgres()
    with opened(url) as opened_engine:
        yield opened_engine


def minded(processes: Sequence[Shares], now_ms: int) -> list[int]:
    """How many of the crowd each process minds; nobody's and two's are counted as an error."""
    who = [each.minds(now_ms) for each in processes]
    owners = Counter(sum(minds(kitchen) for minds in who) for kitchen in CROWD)
    assert owners == {1: len(CROWD)}, owners
    return [sum(map(minds, CROWD)) for minds in who]


def settle(processes: Sequence[Shares], now_ms: int) -> int:
    """Let each ask twice: one gives back, another takes; the time after that."""
    for _ in range(2):
        now_ms += RENEW_MS
        for each in processes:
            each.minds(now_ms)
    return now_ms


def test_process_that_is_alone_minds_every_kitchen_at_once(engine: Engine) -> None:
    assert minded([Shares(engine, "one")], 0) == [len(CROWD)]


def test_kitchens_are_spread_evenly_over_the_shares() -> None:
    sizes = Counter(map(share_of, CROWD))
    assert len(sizes) == SHARES
    assert max(sizes.values()) < 2 * len(CROWD) / SHARES


def test_share_of_a_kitchen_is_the_same_in_every_release() -> None:
    """Two releases side by side must agree on it."""
    assert [share_of(KitchenId(name)) for name in ("cendana-02", "sppg-0001", "")] == [36, 42, 0]


def test_processes_that_come_get_their_part_from_those_that_are_there(engine: Engine) -> None:
    one = Shares(engine, "one")
    assert minded([one], 0) == [len(CROWD)]
    two, three = Shares(engine, "two"), Shares(engine, "three")
    two.minds(1)
    now_ms = settle([one, two], 1)
    parts = minded([one, two], now_ms + 1)
    assert min(parts) > 0.8 * len(CROWD) / 2
    three.minds(now_ms + 2)
    now_ms = settle([one, two, three], now_ms + 2)
    parts = minded([one, two, three], now_ms + 1)
    assert min(parts) > 0.6 * len(CROWD) / 3


def test_kitchens_of_a_process_that_died_are_taken_over(engine: Engine) -> None:
    one, two = Shares(engine, "one"), Shares(engine, "two")
    one.minds(0)
    two.minds(0)
    now_ms = settle([one, two], 0)
    part = minded([one, two], now_ms)[0]
    now_ms += RENEW_MS
    assert sum(map(one.minds(now_ms), CROWD)) == part, "two was heard a moment ago"
    now_ms += SHARE_MS
    assert minded([one], now_ms) == [len(CROWD)]


def test_process_that_ends_in_order_leaves_its_kitchens_at_once(engine: Engine) -> None:
    one, two = Shares(engine, "one"), Shares(engine, "two")
    one.minds(0)
    two.minds(0)
    now_ms = settle([one, two], 0)
    two.give_back()
    assert minded([one], now_ms + RENEW_MS) == [len(CROWD)]


def test_process_that_stood_still_too_long_takes_nothing_from_who_took_over(engine: Engine) -> None:
    one, two = Shares(engine, "one"), Shares(engine, "two")
    one.minds(0)
    assert minded([two], SHARE_MS) == [len(CROWD)]
    assert sum(map(one.minds(SHARE_MS + 1), CROWD)) == 0
    now_ms = settle([one, two], SHARE_MS + 1)
    assert min(minded([one, two], now_ms)) > 0


def test_database_is_asked_no_more_often_than_needed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Shares(engine, "one")
    one.minds(0)
    monkeypatch.setattr(one, "_renewed", _away)
    assert sum(map(one.minds(RENEW_MS - 1), CROWD)) == len(CROWD)
    with pytest.raises(Unavailable):
        one.minds(RENEW_MS)
    monkeypatch.undo()
    assert sum(map(one.minds(RENEW_MS + 1), CROWD)) == len(CROWD)


def test_clock_that_was_put_back_ends_nothing(engine: Engine) -> None:
    one = Shares(engine, "one")
    one.minds(1_000_000)
    assert sum(map(one.minds(0), CROWD)) == len(CROWD)


def test_processes_that_start_together_divide_the_kitchens_without_a_quarrel(
    engine: Engine,
) -> None:
    crew = [Shares(engine, f"p{number}") for number in range(4)]
    with ThreadPoolExecutor(len(crew)) as threads:
        for turn in range(6):
            list(threads.map(lambda each, turn=turn: each.minds(turn * RENEW_MS), crew))
    parts = minded(crew, 5 * RENEW_MS + 1)
    assert min(parts) > 0.6 * len(CROWD) / len(crew)


def test_signs_of_life_of_old_processes_are_forgotten(engine: Engine) -> None:
    for number in range(5):
        Shares(engine, f"start-{number}").minds(number * 3 * SHARE_MS)
    with reading(engine) as connection:
        rows = connection.scalar(select(func.count()).select_from(follower_lease))
    assert rows == SHARES + 1


def _away(_now_ms: int) -> frozenset[int]:
    raise Unavailable("away")
