"""The server's clock: raises what time brings, once, from any process."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from dapur import watch
from dapur.envelope import Command
from dapur.ids import KitchenId, OutboxId
from dapur.kitchen import Kitchen
from dapur.rule import Wish
from dapur.wire.messages import Result
from server.desk.desk import Desk
from server.desk.folding import load
from server.watchman import Watchman
from tests.support.fake_log import FakeLog
from tests.support.gateway import KITCHEN, OTHER_KITCHEN
from tests.support.taps import MIDNIGHT_MS, batch_at


class Post:
    """A watchman beside a desk, with a clock that stands still."""

    def __init__(self, log: FakeLog, name: str = "a") -> None:
        self.now_ms = MIDNIGHT_MS
        self.desk = Desk(log, devices=lambda _devices: {}, now_ms=lambda: self.now_ms)
        self.readers = ThreadPoolExecutor(1)
        self.watchman = Watchman(
            log,
            self.readers,
            fold=self.desk.fold,
            give=self.give,
            now_ms=lambda: self.now_ms,
            outbox=OutboxId(f"watch-{name}"),
        )

    async def give(
        self, kitchen: KitchenId, outbox: OutboxId, commands: Sequence[Command]
    ) -> tuple[Result, ...]:
        return self.desk.take_now(kitchen, outbox, commands)


@pytest.fixture
def log() -> FakeLog:
    log = FakeLog()
    log.create_kitchen(KITCHEN, epoch="e-1")
    log.create_kitchen(OTHER_KITCHEN, epoch="e-1")
    return log


def _wishes_of(seen: Kitchen, now_ms: int) -> tuple[Wish, ...]:
    """One notice for the first kitchen until it is in the state: housekeeping in small."""
    from dapur.notice import PostNoticeArgs

    if seen.id != KITCHEN or seen.notices:
        return ()
    return (Wish("post_notice", "notice:kitchen", PostNoticeArgs(text="late")),)


async def test_watchman_gives_each_wish_once_also_beside_a_second_process(
    log: FakeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "housekeeping", _wishes_of)
    first, second = Post(log, "a"), Post(log, "b")
    assert await first.watchman.round() == 1
    assert await first.watchman.round() == 0
    assert await second.watchman.round() == 0
    assert log.heads([KITCHEN])[KITCHEN] == 1
    assert log.heads([OTHER_KITCHEN])[OTHER_KITCHEN] == 0


async def test_watchman_sees_what_another_process_wrote(
    log: FakeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def looks(kitchen: Kitchen, now_ms: int) -> tuple[Wish, ...]:
        if kitchen.id == KITCHEN:
            seen.append(len(kitchen.notices))
        return ()

    monkeypatch.setattr(watch, "housekeeping", looks)
    post, other = Post(log, "a"), Post(log, "b")
    await post.watchman.round()
    monkeypatch.setattr(watch, "housekeeping", _wishes_of)
    await other.watchman.round()
    monkeypatch.setattr(watch, "housekeeping", looks)
    with monkeypatch.context() as patched:
        # One question tells of all kitchens; a read for each would be three ways to the database.
        patched.setattr(log, "read", None)
        await post.watchman.round()
    assert seen == [0, 1]
    assert post.watchman._states[KITCHEN] == load(log, KITCHEN)


async def test_watchman_leaves_the_kitchens_of_other_processes_to_them_and_forgets_their_states(
    log: FakeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "housekeeping", _wishes_of)
    post, mine = Post(log), {OTHER_KITCHEN}
    post.watchman._minds = lambda _now_ms: mine.__contains__
    assert await post.watchman.round() == 0
    assert post.watchman._states.keys() == {OTHER_KITCHEN}
    mine.add(KITCHEN)
    assert await post.watchman.round() == 1
    mine.clear()
    assert await post.watchman.round() == 0
    assert not post.watchman._states


def test_housekeeping_wishes_are_commands_that_the_rules_accept(log: FakeLog) -> None:
    night = batch_at("cooking")
    late_ms = MIDNIGHT_MS + 12 * 3_600_000
    post = Post(log)
    wishes = watch.housekeeping(night.kitchen, late_ms)
    assert wishes
    for wish in wishes:
        command = post.watchman._command(wish)
        taking = night.tap(command.kind, command.subject, wish.args, actor="system", minute=720)
        assert taking.code == ""
