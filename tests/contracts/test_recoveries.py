"""What waiting for kiosks after a restore promises: in memory, on SQLite, on PostgreSQL under the servers' role."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from dapur.ids import CommandId, DeviceId
from dapur.wire.messages import Outcome
from server.desk.ports import Conflict, Log, Over, Recoveries, Recovery, Standing, Stored
from server.log.engine import writing
from server.log.recovery import Restored, SqlRecoveries, begin
from server.log.schema import upgrade
from server.log.scope import EVERY_KITCHEN
from server.log.sql_log import SqlLog
from server.log.tables import TOLD_MAX
from tests.support.databases import as_servers, clean_postgres, opened, sqlite_url
from tests.support.fake_log import FakeLog
from tests.support.fake_recoveries import FakeRecoveries
from tests.support.groups import KITCHEN, OTHER, entries, group

ONE, TWO = DeviceId("k-1"), DeviceId("k-2")
NOW_MS = 1_000_000
WAIT_MS = 120_000

Begin = Callable[[Sequence[Restored], int], None]


class Store(msgspec.Struct):
    """One storage under test; `begin` is what the restore tool does."""

    log: Log
    recoveries: Recoveries
    begin: Begin

    def here(self) -> Recovery:
        """The kitchen's."""
        found = self.recoveries.of(KITCHEN)
        assert found is not None
        return found

    def note(self, device: DeviceId, standing: Standing, seq: int = 0, told: str = "") -> None:
        """A kiosk came."""
        self.recoveries.note(KITCHEN, device, standing, seq=seq, told=told, now_ms=NOW_MS + 7)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        log = FakeLog()
        fake = FakeRecoveries(log)
        yield Store(
            log, fake, lambda some, wait_ms: fake.begin(some, now_ms=NOW_MS, wait_ms=wait_ms)
        )
        return
    if request.param == "sqlite":
        url = servers = sqlite_url(tmp_path)
        upgrade(url)
    else:
        # What restores owns the tables, what serves does not.
        url = clean_postgres()
        servers = as_servers(url)
    with opened(servers) as engine, opened(url) as owner:

        def made(some: Sequence[Restored], wait_ms: int) -> None:
            with writing(owner, EVERY_KITCHEN) as connection:
                begin(connection, some, now_ms=NOW_MS, wait_ms=wait_ms)

        yield Store(SqlLog(engine), SqlRecoveries(engine), made)


@pytest.fixture
def store(bare: Store) -> Store:
    """A kitchen of three events that was restored and waits for two kiosks; another that does not."""
    for kitchen in (KITCHEN, OTHER):
        bare.log.create_kitchen(kitchen, epoch="e-1")
    bare.log.append([group(bare.log, bodies=[b"1", b"2", b"3"])])
    bare.begin([Restored(KITCHEN, "e-lost", (ONE, TWO)), Restored(OTHER, "e-lost", ())], WAIT_MS)
    return bare


def answer(number: int, seq: int) -> Stored:
    return Stored(CommandId(f"c-{number}"), Outcome.REFUSED, "not_allowed", seq)


def test_restored_kitchen_waits_for_the_kiosks_that_the_tool_named(store: Store) -> None:
    head = store.log.head(KITCHEN)
    assert head is not None
    assert store.here() == Recovery(
        *(KITCHEN, "e-lost", 3, head.hash, NOW_MS, WAIT_MS, None, None, "", 3),
        has_answers=False,
    )
    assert store.recoveries.open() == {KITCHEN: store.here()}
    assert [each.standing for each in store.recoveries.helpers(KITCHEN)] == [Standing.AWAITED] * 2
    other = store.recoveries.of(OTHER)
    assert other is not None
    assert (other.is_open, other.how) == (False, "nobody")


def test_kitchen_that_was_never_restored_waits_for_nothing(bare: Store) -> None:
    bare.log.create_kitchen(KITCHEN, epoch="e-1")
    assert bare.recoveries.of(KITCHEN) is None
    assert bare.recoveries.open() == {}
    assert bare.recoveries.settle(KITCHEN, NOW_MS)
    assert not bare.recoveries.end(KITCHEN, NOW_MS)
    assert bare.recoveries.helpers(KITCHEN) == ()
    assert bare.recoveries.answers(KITCHEN, [CommandId("c")]) == {}


def test_restore_that_waits_for_no_time_waits_for_nobody(store: Store) -> None:
    store.begin([Restored(KITCHEN, "e-lost", (ONE,))], 0)
    assert store.recoveries.open() == {}
    assert [each.device for each in store.recoveries.helpers(KITCHEN)] == [ONE]


def test_brought_events_stand_behind_the_backup_with_their_answers(store: Store) -> None:
    fresh = entries(store.log, KITCHEN, [b"4", b"5"])
    store.recoveries.bring(KITCHEN, fresh, [answer(1, 4), answer(2, 5)])
    head = store.log.head(KITCHEN)
    assert head is not None
    assert (head.seq, head.hash) == (5, fresh[-1].hash)
    assert store.log.read(KITCHEN, 3, limit=9) == fresh
    assert (store.here().brought, store.here().seq, store.here().has_answers) == (5, 3, True)
    wanted = [CommandId("c-1"), CommandId("c-9"), *(CommandId(f"x-{n}") for n in range(1_200))]
    assert store.recoveries.answers(KITCHEN, wanted) == {"c-1": answer(1, 4)}
    assert store.recoveries.answers(OTHER, wanted) == {}


def test_longer_tail_follows_a_shorter_one(store: Store) -> None:
    store.recoveries.bring(KITCHEN, entries(store.log, KITCHEN, [b"4"]), [answer(1, 4)])
    store.recoveries.bring(KITCHEN, entries(store.log, KITCHEN, [b"5"]), [answer(1, 5)])
    assert store.here().brought == 5
    assert store.recoveries.answers(KITCHEN, [CommandId("c-1")]) == {"c-1": answer(1, 5)}


def test_tail_that_another_process_was_faster_with_changes_nothing(store: Store) -> None:
    fresh = entries(store.log, KITCHEN, [b"4", b"5"])
    store.recoveries.bring(KITCHEN, fresh, [])
    with pytest.raises(Conflict):
        store.recoveries.bring(KITCHEN, fresh, [answer(1, 4)])
    assert store.here().brought == 5
    assert not store.here().has_answers


def test_nothing_is_brought_once_it_is_over(store: Store) -> None:
    fresh = entries(store.log, KITCHEN, [b"4"])
    assert store.recoveries.end(KITCHEN, NOW_MS + 9)
    with pytest.raises(Over):
        store.recoveries.bring(KITCHEN, fresh, [answer(1, 4)])
    head = store.log.head(KITCHEN)
    assert head is not None
    assert head.seq == 3
    assert (store.here().done_ms, store.here().how) == (NOW_MS + 9, "operator")
    assert not store.recoveries.end(KITCHEN, NOW_MS + 99)
    assert store.here().done_ms == NOW_MS + 9


def test_it_is_over_when_all_came(store: Store) -> None:
    store.note(ONE, Standing.DONE, 7, "nothing more")
    assert not store.recoveries.settle(KITCHEN, NOW_MS + 8)
    store.note(TWO, Standing.BRINGING, 9)
    assert not store.recoveries.settle(KITCHEN, NOW_MS + 8)
    store.note(TWO, Standing.DONE, 0, "brought 4 to 9")
    assert store.recoveries.settle(KITCHEN, NOW_MS + 8)
    assert store.recoveries.settle(KITCHEN, NOW_MS + 99)
    assert (store.here().done_ms, store.here().how) == (NOW_MS + 8, "all")
    told = [(each.device, each.seq, each.told) for each in store.recoveries.helpers(KITCHEN)]
    assert told == [(ONE, 7, "nothing more"), (TWO, 9, "brought 4 to 9")]


def test_time_runs_from_the_first_kiosk_that_came(store: Store) -> None:
    late_ms = NOW_MS + 100 * WAIT_MS
    assert not store.recoveries.settle(KITCHEN, late_ms), "nobody came yet"
    store.note(DeviceId("k-new"), Standing.DONE, told="nothing kept")
    store.note(ONE, Standing.DONE, told="nothing kept")
    assert store.here().first_ms == NOW_MS + 7
    assert not store.recoveries.settle(KITCHEN, NOW_MS + 6 + WAIT_MS)
    assert store.recoveries.settle(KITCHEN, NOW_MS + 7 + WAIT_MS)
    assert store.here().how == "time"


def test_answers_outlive_the_next_restore(store: Store) -> None:
    store.recoveries.bring(KITCHEN, entries(store.log, KITCHEN, [b"4"]), [answer(1, 4)])
    store.begin([Restored(KITCHEN, "e-2", (ONE,))], WAIT_MS)
    assert (store.here().seq, store.here().brought, store.here().epoch) == (4, 4, "e-2")
    assert store.here().has_answers
    assert len(store.recoveries.helpers(KITCHEN)) == 1


def test_long_words_about_a_kiosk_are_cut(store: Store) -> None:
    store.note(ONE, Standing.DONE, told="x" * 500)
    assert len(store.recoveries.helpers(KITCHEN)[0].told) == TOLD_MAX
