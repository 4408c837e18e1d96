"""The kitchens of a database are divided among its processes, and no kitchen is left when one goes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, Update, event, func, select, text, update

from dapur.ids import KitchenId
from server.desk.ports import Unavailable
from server.log.engine import reading, writing
from server.log.schema import upgrade
from server.log.shares import LEAVE_MS, RENEW_MS, SHARE_MS, SHARES, Shares, share_of
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
    """Let each ask three times: one stops to mind, gives back, another takes; the time after that."""
    for _ in range(3):
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


@pytest.mark.parametrize("many", [3, 9])
def test_every_process_of_many_has_nearly_as_many_shares(engine: Engine, many: int) -> None:
    crew = [Shares(engine, f"p{number}") for number in range(many)]
    for each in crew:
        each.minds(0)
    now_ms = settle(crew, 0)
    minded(crew, now_ms)
    assert {len(each._mine) for each in crew} == {SHARES // many, SHARES // many + 1}


def test_share_that_is_too_much_is_left_alone_before_another_may_have_it(engine: Engine) -> None:
    """What was begun of its kitchens, a message to the platform, is done by then."""
    one, two = Shares(engine, "one"), Shares(engine, "two")
    all_of_it = one.minds(0)
    two.minds(1)
    one.minds(RENEW_MS)
    assert sum(map(all_of_it, CROWD)) < 0.6 * len(CROWD), "it is asked of the moment"
    assert not any(map(two.minds(1 + RENEW_MS), CROWD))
    one.minds(RENEW_MS + LEAVE_MS)
    assert minded([one, two], 1 + 2 * RENEW_MS)[1] > 0.4 * len(CROWD)


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


def test_kitchens_of_who_died_with_a_clock_far_ahead_are_taken_over_in_time(engine: Engine) -> None:
    """Or this machine's clock is behind, as after a power cut without a battery."""
    Shares(engine, "ahead").minds(365 * 24 * 3_600_000)
    one = Shares(engine, "one")
    assert not any(map(one.minds(0), CROWD))
    assert not any(map(one.minds(SHARE_MS - 1), CROWD))
    assert minded([one], SHARE_MS + RENEW_MS) == [len(CROWD)]


def test_kitchens_are_minded_by_one_also_while_the_clocks_of_two_machines_differ(
    engine: Engine,
) -> None:
    one, ahead, hour_ms = Shares(engine, "one"), Shares(engine, "ahead"), 3_600_000
    one.minds(0)
    ahead.minds(hour_ms)
    for now_ms in range(RENEW_MS, 4 * SHARE_MS, RENEW_MS):
        here, there = one.minds(now_ms), ahead.minds(hour_ms + now_ms)
        assert {here(kitchen) + there(kitchen) for kitchen in CROWD} == {1}


def test_clock_that_was_put_back_forgets_no_process_that_is_gone(engine: Engine) -> None:
    hour_ms = 3_600_000
    one, gone = Shares(engine, "one"), Shares(engine, "gone")
    gone.minds(hour_ms)
    one.minds(hour_ms)
    one.minds(0)
    assert minded([one], SHARE_MS + RENEW_MS) == [len(CROWD)]


def test_process_that_ended_takes_nothing_again(engine: Engine) -> None:
    """A thread of it may still look at the clocks."""
    one = Shares(engine, "one")
    one.minds(0)
    one.give_back()
    assert not any(map(one.minds(RENEW_MS), CROWD))
    assert minded([Shares(engine, "two")], RENEW_MS) == [len(CROWD)]


def test_leases_of_who_woke_up_and_of_who_takes_them_are_locked_in_one_order() -> None:
    """A ring of two would cost one of them its turn, and nobody would look at the clocks meanwhile."""
    with opened(bound_postgres()) as engine, ThreadPoolExecutor(1) as thread:
        late = Shares(engine, "late")
        late.minds(0)
        Shares(engine, "taker").minds(SHARE_MS - 1)
        with writing(engine) as connection:
            connection.execute(_touch("share/00"))
            waking = thread.submit(late.minds, SHARE_MS)
            _wait_for_a_waiting_statement(engine)
            connection.execute(_touch("share/63"))
        waking.result()


@pytest.mark.expected_log("cannot be taken")
def test_process_minds_its_shares_also_while_others_that_it_wants_are_locked() -> None:
    """Whoever stands still in the middle of its own renewal keeps its rows locked."""
    with opened(bound_postgres()) as engine:
        event.listen(engine, "connect", _is_impatient)
        still, one = Shares(engine, "a-still"), Shares(engine, "one")
        still.minds(0)
        one.minds(0)
        now_ms = settle([still, one], 0)
        part = minded([still, one], now_ms)[1]
        with writing(engine) as connection:
            connection.execute(_touch("share/00"))
            later_ms = now_ms + SHARE_MS
            assert sum(map(one.minds(later_ms), CROWD)) == part
            with reading(engine) as other:
                until_ms = select(follower_lease.c.until_ms).where(
                    follower_lease.c.holder == "one", follower_lease.c.follower.like("share/%")
                )
                assert set(other.scalars(until_ms)) == {later_ms + SHARE_MS}
        assert minded([one], later_ms + LEAVE_MS) == [len(CROWD)]


@pytest.mark.expected_log("cannot be forgotten")
def test_process_minds_its_shares_also_while_the_sign_of_life_of_who_is_gone_is_locked() -> None:
    """Whoever stands still in its own renewal has locked that row first of all."""
    with opened(bound_postgres()) as engine:
        event.listen(engine, "connect", _is_impatient)
        still, one = Shares(engine, "a-still"), Shares(engine, "one")
        still.minds(0)
        one.minds(0)
        now_ms = settle([still, one], 0) + SHARE_MS
        one.minds(now_ms)
        with writing(engine) as connection:
            connection.execute(_touch("process/a-still"))
            now_ms += 2 * SHARE_MS
            assert minded([one], now_ms) == [len(CROWD)]


def test_database_is_asked_no_more_often_than_needed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Shares(engine, "one")
    one.minds(0)
    monkeypatch.setattr(one, "_leases", _away)
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


def _is_impatient(raw: psycopg.Connection, _record: object) -> None:
    raw.execute("SET lock_timeout = '300ms'")
    raw.commit()


def _touch(name: str) -> Update:
    return update(follower_lease).where(follower_lease.c.follower == name).values(until_ms=1)


def _wait_for_a_waiting_statement(engine: Engine) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    give_up_s = time.monotonic() + 4
    while True:
        with reading(engine) as connection:
            if connection.scalar(waiting):
                return
        assert time.monotonic() < give_up_s
        time.sleep(0.01)


def _away() -> frozenset[int]:
    raise Unavailable("away")
