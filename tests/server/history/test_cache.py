"""Remembered answers: each kitchen its own, never older than the tables, shared by processes, soon made anew."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import msgspec
import pytest

from dapur import past
from dapur.ids import KitchenId
from dapur.wire.queries import QueryCode
from server.bus import shared
from server.bus.shared import RedisMemory
from server.desk.ports import QueryError
from server.history.answers import Answers
from server.history.cache import KEPT_S, CachedAnswers, Shared
from server.history.follower import History
from server.log.schema import upgrade
from server.log.sql_log import SqlLog
from server.metrics import Metrics
from tests.support.databases import opened, sqlite_url
from tests.support.groups import KITCHEN, OTHER, group
from tests.support.past import log_events
from tests.support.redis_process import own_redis
from tests.support.servers import real_redis
from tests.support.taps import DATE, at, batch_at

NOW_MS = at(300)
ARGS = msgspec.Raw(msgspec.json.encode({"night": DATE}))


class Tables:
    """A real log and its tables, which the test moves on by hand."""

    def __init__(self, log: SqlLog, history: History, answers: Answers) -> None:
        self.log, self.history, self.answers = log, history, answers
        self.night = batch_at("planned")
        self._told = 0
        # Redis is one for all tests: another test's kitchen of the same name is not this one.
        log.create_kitchen(KITCHEN, epoch=uuid.uuid4().hex)
        log_events(log, OTHER, self.night.events)
        self.take_in(OTHER)
        self.tell()

    def tell(self) -> None:
        """What happened in KITCHEN since the last time is logged and taken in."""
        fresh, self._told = self.night.events[self._told :], len(self.night.events)
        self.log.append([group(self.log, KITCHEN, fresh)])
        self.take_in(KITCHEN)

    def take_in(self, kitchen: KitchenId) -> None:
        position = self.answers.position(kitchen)
        self.history.follow(kitchen, self.log.read(kitchen, position, limit=5000))


@contextmanager
def tables(folder: Path) -> Iterator[Tables]:
    url = sqlite_url(folder)
    upgrade(url)
    with opened(url) as engine:
        log = SqlLog(engine)
        yield Tables(log, History(engine, log), Answers(engine))


@asynccontextmanager
async def cached(
    of: Tables, shared: Shared | None = None
) -> AsyncIterator[tuple[CachedAnswers, Metrics]]:
    metrics = Metrics()
    made = CachedAnswers(of.answers, metrics, shared)
    try:
        yield made, metrics
    finally:
        await made.close()


def found(metrics: Metrics) -> dict[str, int]:
    """How many answers were found where."""
    name = "dapur_past_answers_total"
    levels = ("memory", "redis", "tables")
    value = metrics.registry.get_sample_value
    return {level: int(value(name, {"level": level}) or 0) for level in levels}


async def stages(
    of: CachedAnswers, kitchen: KitchenId = KITCHEN, now_ms: int = NOW_MS
) -> list[str]:
    raw = await of.answer(kitchen, past.NIGHT_BATCHES, ARGS, now_ms)
    return [row.stage for row in msgspec.json.decode(raw, type=past.BatchesReply).rows]


async def test_desk_that_asks_again_is_answered_from_memory_until_something_happens(
    tmp_path: Path,
) -> None:
    with tables(tmp_path) as of:
        async with cached(of) as (answers, metrics):
            assert await stages(answers) == ["planned"]
            assert await stages(answers, now_ms=NOW_MS + 4_000) == ["planned"]
            assert found(metrics) == {"memory": 1, "redis": 0, "tables": 1}
            age_s = metrics.registry.get_sample_value("dapur_past_age_seconds_sum")
            assert age_s == pytest.approx(4.0)
            of.night.tap("advance_batch", "b1", {"to": "preparing"}, minute=31)
            of.tell()
            assert await stages(answers) == ["preparing"], "older than the tables"
            assert await stages(answers, OTHER) == ["planned"], "another kitchen's answer"


async def test_many_desks_that_ask_at_once_cost_one_look_at_the_tables(tmp_path: Path) -> None:
    with tables(tmp_path) as of:
        async with cached(of) as (answers, metrics):
            hasty = asyncio.create_task(stages(answers))
            others = [asyncio.create_task(stages(answers)) for _ in range(8)]
            await asyncio.sleep(0)
            hasty.cancel()
            assert await asyncio.gather(*others) == [["planned"]] * 8
            assert found(metrics)["tables"] == 1


async def test_question_that_cannot_be_read_is_told_to_everybody_and_not_kept(
    tmp_path: Path,
) -> None:
    with tables(tmp_path) as of:
        async with cached(of) as (answers, metrics):
            bad = msgspec.Raw(b'{"night": 5}')
            for _ in range(2):
                with pytest.raises(QueryError) as told:
                    await answers.answer(KITCHEN, past.NIGHT_BATCHES, bad, NOW_MS)
                assert told.value.code == QueryCode.BAD_ARGS
            assert found(metrics)["memory"] == 0


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine Redis may need longer than a kiosk would wait."""
    monkeypatch.setattr(shared, "BUDGET_S", 10.0)


@pytest.mark.usefixtures("patience")
async def test_second_process_finds_the_answer_in_redis_and_a_new_event_ends_that_too(
    tmp_path: Path,
) -> None:
    with tables(tmp_path) as of:
        async with (
            cached(of, RedisMemory(real_redis())) as (one, first),
            cached(of, RedisMemory(real_redis())) as (two, second),
        ):
            assert await stages(one) == ["planned"]
            while one._sharing:
                await asyncio.gather(*one._sharing)
            assert await stages(two, now_ms=NOW_MS + 1_000) == ["planned"]
            assert (found(first)["tables"], found(second)["redis"]) == (1, 1)
            of.night.tap("advance_batch", "b1", {"to": "preparing"}, minute=31)
            of.tell()
            assert await stages(two) == ["preparing"]
            assert await stages(one) == ["preparing"]


@pytest.mark.usefixtures("patience")
async def test_answer_of_another_process_is_not_told_for_longer_than_its_time(
    tmp_path: Path,
) -> None:
    with tables(tmp_path) as of:
        async with cached(of, RedisMemory(real_redis())) as (one, _):
            await stages(one)
            while one._sharing:
                await asyncio.gather(*one._sharing)
        async with cached(of, RedisMemory(real_redis())) as (two, metrics):
            await stages(two, now_ms=NOW_MS + KEPT_S * 1000)
            assert found(metrics) == {"memory": 0, "redis": 0, "tables": 1}


async def test_desk_is_answered_from_the_tables_while_redis_is_frozen_or_gone(
    tmp_path: Path,
) -> None:
    with own_redis() as server, tables(tmp_path) as of:
        async with cached(of, RedisMemory(server.address())) as (answers, metrics):
            server.freeze()
            assert await stages(answers) == ["planned"]
            server.kill()
            assert await stages(answers, OTHER) == ["planned"]
            assert found(metrics) == {"memory": 0, "redis": 0, "tables": 2}


async def test_garbage_under_the_key_is_no_answer(tmp_path: Path) -> None:
    class Garbage:
        async def get(self, _key: str) -> bytes | None:
            return b'[1, {"rows"'

        async def put(self, _key: str, _value: bytes, _kept_s: int) -> None: ...

        async def close(self) -> None: ...

    with tables(tmp_path) as of:
        async with cached(of, Garbage()) as (answers, metrics):
            assert await stages(answers) == ["planned"]
            assert found(metrics)["tables"] == 1
