"""The writer thread between the loop and the desk: groups, bounds, order, an end without loss."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from dapur.envelope import GENESIS, chain, encode_command
from dapur.ids import DeviceId, OutboxId
from dapur.kitchen import STATE_VERSION
from dapur.wire.messages import GoodbyeCode, Row
from server.desk.desk import Desk
from server.desk.groups import Answer, Grown, Submission
from server.desk.ports import DeviceRecord
from server.desk.writer import GROUP_COMMANDS, Figures, Writer
from tests.support.fake_log import FakeLog
from tests.support.gateway import KITCHEN, command, notice, until


class Bench:
    """A writer on a log in memory whose commits can be held up."""

    def __init__(self, *, waiting_max: int = 20_000) -> None:
        self.log = FakeLog()
        self.log.create_kitchen(KITCHEN, epoch="e-1")
        self.gate = threading.Event()
        self.gate.set()
        self.log.before_commit = self._pass
        desk = Desk(self.log, devices=self._known, now_ms=lambda: 1)
        self.grown: list[Grown] = []
        self.figures: list[Figures] = []
        self.order: list[str] = []
        self.writer = Writer(
            desk,
            published=self._published,
            measured=self.figures.append,
            waiting_max=waiting_max,
        )

    def _pass(self) -> None:
        assert self.gate.wait(5)

    def _known(self, devices: Sequence[DeviceId]) -> dict[DeviceId, DeviceRecord]:
        return {each: DeviceRecord(each, KITCHEN, "x", bytes(32), 0, None) for each in devices}

    def _published(self, grown: Sequence[Grown]) -> None:
        self.grown += grown
        self.order.append("published")

    def submission(self, name: str, rows: int = 1) -> Submission:
        """Rows of a new outbox."""
        link = GENESIS
        made: list[Row] = []
        for dseq in range(1, rows + 1):
            raw = encode_command(command("no_such_kind", "b1", {}))
            link = chain(link, raw)
            made.append(Row(dseq, link, raw))
        return Submission(KITCHEN, DeviceId("k"), OutboxId(name), tuple(made))


async def test_writer_takes_what_waits_as_one_group_and_answers_before_it_publishes() -> None:
    bench = Bench()
    bench.gate.clear()
    bench.writer.start()
    answers: list[Answer] = []

    def answered(answer: Answer) -> None:
        answers.append(answer)
        bench.order.append("answered")

    bench.writer.submit(bench.submission("first"), answered)
    await asyncio.sleep(0.05)
    for number in range(10):
        bench.writer.submit(bench.submission(f"o-{number}"), answered)
    assert bench.writer.waiting == 11
    bench.gate.set()
    await until(lambda: len(answers) == 11)
    assert bench.log.commits == 2
    assert [figures.commands for figures in bench.figures] == [1, 10]
    assert bench.order == ["answered", "published", *["answered"] * 10, "published"]
    assert [entry.seq for grown in bench.grown for entry in grown.entries] == list(range(1, 12))
    assert bench.writer.waiting == 0
    await bench.writer.stop()


async def test_writer_makes_no_group_larger_than_its_bound() -> None:
    bench = Bench()
    bench.gate.clear()
    bench.writer.start()
    answers: list[Answer] = []
    bench.writer.submit(bench.submission("first"), answers.append)
    await asyncio.sleep(0.05)
    for number in range(8):
        bench.writer.submit(bench.submission(f"o-{number}", 50), answers.append)
    bench.gate.set()
    await until(lambda: len(answers) == 9)
    assert max(figures.commands for figures in bench.figures) <= GROUP_COMMANDS
    assert sum(figures.commands for figures in bench.figures) == 401
    await bench.writer.stop()


async def test_writer_turns_away_what_it_cannot_hold() -> None:
    bench = Bench(waiting_max=2)
    bench.gate.clear()
    bench.writer.start()
    answers: list[Answer] = []
    bench.writer.submit(bench.submission("a", 2), answers.append)
    bench.writer.submit(bench.submission("b", 1), answers.append)
    assert [answer.fault for answer in answers] == [GoodbyeCode.UNAVAILABLE]
    bench.gate.set()
    await bench.writer.stop()
    assert answers[1].acked == 2


async def test_writer_holds_readers_back_until_it_is_calm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.desk.writer.CALM_COMMANDS", 3)
    bench = Bench()
    bench.gate.clear()
    bench.writer.start()
    await bench.writer.calm()
    bench.writer.submit(bench.submission("a", 4), lambda _answer: None)
    waiting = asyncio.create_task(bench.writer.calm())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    bench.gate.set()
    async with asyncio.timeout(5):
        await waiting
    await bench.writer.stop()


async def test_writer_finishes_what_waits_before_it_ends() -> None:
    bench = Bench()
    bench.writer.start()
    answers: list[Answer] = []
    for number in range(30):
        bench.writer.submit(bench.submission(f"o-{number}"), answers.append)
    results = asyncio.create_task(bench.writer.own(KITCHEN, OutboxId("own"), [notice("x")]))
    await asyncio.sleep(0)
    await bench.writer.stop()
    assert len(answers) == 30
    assert (await results)[0].dseq == 1
    head = bench.log.head(KITCHEN)
    assert head is not None
    assert head.seq == 31


@pytest.mark.expected_log("a group failed")
async def test_writer_outlives_a_fault_of_the_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    take = Desk.take_group
    monkeypatch.setattr(Desk, "take_group", _broken)
    bench.writer.start()
    answers: list[Answer] = []
    submission = bench.submission("a")
    bench.writer.submit(submission, answers.append)
    await until(lambda: len(answers) == 1)
    assert answers[0].fault is GoodbyeCode.UNAVAILABLE
    monkeypatch.setattr(Desk, "take_group", take)
    bench.writer.submit(submission, answers.append)
    await until(lambda: len(answers) == 2)
    assert answers[1].acked == 1
    await bench.writer.stop()


def _broken(*_args: object) -> None:
    raise ZeroDivisionError


@pytest.mark.expected_log("an answer could not be given")
async def test_one_connections_fault_costs_no_other_its_answer() -> None:
    bench = Bench()
    answers: list[Answer] = []

    def faulty(_answer: Answer) -> None:
        raise RuntimeError("gone")

    bench.writer.submit(bench.submission("a"), faulty)
    bench.writer.submit(bench.submission("b"), answers.append)
    bench.writer.start()
    await until(lambda: len(answers) == 1)
    await bench.writer.stop()


async def test_own_commands_of_an_unknown_kitchen_are_a_lookup_error() -> None:
    bench = Bench()
    bench.writer.start()
    with pytest.raises(LookupError):
        await bench.writer.own(KITCHEN.__class__("nowhere"), OutboxId("own"), [notice("x")])
    await bench.writer.stop()


async def test_writer_puts_in_order_when_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.desk.desk.SNAPSHOT_EVENTS", 2)
    monkeypatch.setattr("server.desk.writer.TIDY_S", 0.01)
    bench = Bench()
    bench.writer.start()
    bench.writer.submit(bench.submission("a", 2), lambda _answer: None)
    await until(lambda: bench.log.snapshot(KITCHEN, state_version=STATE_VERSION) is not None)
    await bench.writer.stop()


async def test_writer_puts_in_order_now_and_then_in_a_rush(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("server.desk.desk.SNAPSHOT_EVENTS", 2)
    monkeypatch.setattr("server.desk.writer.TIDY_S", 3_600.0)
    monkeypatch.setattr("server.desk.writer.TIDY_LATE_S", -1.0)
    bench = Bench()
    bench.writer.start()
    bench.writer.submit(bench.submission("a", 2), lambda _answer: None)
    await until(lambda: bench.log.snapshot(KITCHEN, state_version=STATE_VERSION) is not None)
    await bench.writer.stop()
