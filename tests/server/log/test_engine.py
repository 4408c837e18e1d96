"""The engine keeps what a commit promised and says honestly what it does not know."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, text

from server.desk.ports import Unavailable, UnknownCommit
from server.log import engine as door
from server.log.engine import database_url, open_engine, reading, writing
from server.log.schema import upgrade
from server.log.sql_log import SqlLog
from tests.support.databases import clean_postgres, empty_postgres, opened, sqlite_url
from tests.support.groups import KITCHEN, group
from tests.support.line import Line


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        url = sqlite_url(tmp_path)
        upgrade(url)
    else:
        url = clean_postgres()
    with opened(url) as opened_engine:
        yield opened_engine


def log_in(engine: Engine) -> SqlLog:
    log = SqlLog(engine)
    log.create_kitchen(KITCHEN, epoch="e")
    return log


class TestUrl:
    def test_url_names_the_drivers(self) -> None:
        assert database_url("sqlite:///a.db").drivername == "sqlite+pysqlite"
        for name in ("postgresql://h/d", "postgresql+asyncpg://h/d"):
            assert database_url(name).drivername == "postgresql+psycopg"

    @pytest.mark.parametrize("wrong", ["mysql://h/d", "sqlite://", "sqlite:///:memory:"])
    def test_url_is_refused_when_it_is_no_file_and_no_postgresql(self, wrong: str) -> None:
        with pytest.raises(ValueError, match="neither"):
            database_url(wrong)

    def test_url_is_refused_without_telling_the_password(self) -> None:
        with pytest.raises(ValueError, match="neither") as caught:
            database_url("mysql://me:secret@h/d")
        assert "secret" not in str(caught.value)


class TestSettings:
    def test_sqlite_writes_through_to_the_disk(self, tmp_path: Path) -> None:
        with opened(sqlite_url(tmp_path)) as engine, reading(engine) as connection:
            found = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        assert found == {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "busy_timeout": int(door.BUSY_TIMEOUT_S * 1000),
        }

    def test_postgresql_waits_for_its_disk_even_where_the_cluster_does_not(self) -> None:
        with opened(clean_postgres()) as engine, reading(engine) as connection:
            server = connection.exec_driver_sql(
                "SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'"
            ).scalar()
            ours = connection.exec_driver_sql("SHOW synchronous_commit").scalar()
            wait = connection.exec_driver_sql("SHOW lock_timeout").scalar()
        assert (server, ours, wait) == ("off", "on", "5s")


class TestTransactions:
    def test_reader_of_sqlite_sees_one_moment(self, tmp_path: Path) -> None:
        url = sqlite_url(tmp_path)
        upgrade(url)
        with opened(url) as engine, reading(engine) as connection:
            log = log_in(engine)
            query = text("SELECT seq FROM tenant_head")
            before = connection.scalars(query).one()
            log.append([group(log, bodies=[b"a"])])
            assert connection.scalars(query).one() == before

    def test_writer_rolls_back_when_its_block_raises(self, engine: Engine) -> None:
        log = log_in(engine)

        def fail() -> None:
            with writing(engine) as connection:
                connection.execute(text("UPDATE tenant_head SET seq = 5"))
                raise RuntimeError("bug")

        with pytest.raises(RuntimeError, match="bug"):
            fail()
        head = log.head(KITCHEN)
        assert head is not None
        assert head.seq == 0

    def test_writers_lose_no_update_when_they_read_and_write_at_once(self, engine: Engine) -> None:
        """The library's defaults on SQLite lost 144 of 200 without an error."""
        log_in(engine)
        lock = "" if engine.name == "sqlite" else " FOR UPDATE"

        def count(_: int) -> None:
            for _turn in range(50):
                with writing(engine) as connection:
                    seq = connection.scalars(text(f"SELECT seq FROM tenant_head{lock}")).one()
                    connection.execute(text("UPDATE tenant_head SET seq = :seq"), {"seq": seq + 1})

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(count, range(4)))
        with reading(engine) as connection:
            assert connection.scalars(text("SELECT seq FROM tenant_head")).one() == 200


class TestUnavailable:
    def test_sqlite_is_unavailable_when_the_folder_is_missing(self, tmp_path: Path) -> None:
        with (
            opened(f"sqlite:///{tmp_path}/no/such/file.db") as engine,
            pytest.raises(Unavailable, match="unable to open"),
            reading(engine),
        ):
            pass

    def test_sqlite_is_unavailable_when_the_file_is_no_database(self, tmp_path: Path) -> None:
        (tmp_path / "dapur.sqlite").write_bytes(b"not a database at all" * 100)
        with (
            opened(sqlite_url(tmp_path)) as engine,
            pytest.raises(Unavailable, match="not a database"),
            writing(engine),
        ):
            pass

    def test_sqlite_is_unavailable_when_another_process_holds_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(door, "BUSY_TIMEOUT_S", 0.05)
        url = sqlite_url(tmp_path)
        upgrade(url)
        with opened(url) as engine:
            log = log_in(engine)
            mine = group(log, bodies=[b"a"])
            other = sqlite3.connect(tmp_path / "dapur.sqlite", isolation_level=None)
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(Unavailable, match="locked") as caught:
                log.append([mine])
            assert not isinstance(caught.value, UnknownCommit)
            other.execute("ROLLBACK")
            other.close()
            log.append([mine])
            assert len(log.read(KITCHEN, 0, limit=9)) == 1

    def test_writer_waits_when_another_process_is_writing(self, tmp_path: Path) -> None:
        url = sqlite_url(tmp_path)
        upgrade(url)
        with opened(url) as engine, opened(url) as other:
            log = log_in(engine)
            mine = group(log, bodies=[b"a"])
            inside, leave = threading.Event(), threading.Event()

            def hold() -> None:
                with writing(other):
                    inside.set()
                    leave.wait(10)

            with ThreadPoolExecutor(2) as pool:
                holding = pool.submit(hold)
                assert inside.wait(10)
                waiting = pool.submit(log.append, [mine])
                assert not waiting.done()
                leave.set()
                holding.result()
                waiting.result()
            assert len(log.read(KITCHEN, 0, limit=9)) == 1

    def test_sqlite_is_unavailable_when_the_disk_is_full(self, tmp_path: Path) -> None:
        url = sqlite_url(tmp_path)
        upgrade(url)
        with opened(url) as engine:
            log = log_in(engine)
            log.append([group(log, bodies=[b"kept"], raws=[b"tap"])])

            @event.listens_for(engine, "begin")
            def small(connection: Connection) -> None:
                connection.exec_driver_sql("PRAGMA max_page_count = 1")

            big = group(log, bodies=[b"x" * 60_000] * 4, raws=[b"y"])
            with pytest.raises(Unavailable, match="full"):
                log.append([big])
            event.remove(engine, "begin", small)
            assert [entry.body for entry in log.read(KITCHEN, 0, limit=9)] == [b"kept"]
            assert len(log.receipts(KITCHEN, big.receipts[0].outbox, 1, 9)) == 1
        with opened(url) as again:
            log = SqlLog(again)
            log.append([group(log, bodies=[b"x" * 60_000] * 4, raws=[b"y"])])
            assert len(log.read(KITCHEN, 0, limit=9)) == 5

    def test_postgresql_is_unavailable_when_nobody_listens(self) -> None:
        with (
            opened("postgresql://dapur@127.0.0.1:1/none") as engine,
            pytest.raises(Unavailable, match="refused"),
            reading(engine),
        ):
            pass

    def test_postgresql_is_unavailable_once_when_its_connections_were_cut(self) -> None:
        with empty_postgres() as url, opened(url) as engine, opened(url) as admin:
            upgrade(url)
            log = log_in(engine)
            mine = group(log, bodies=[b"a"])
            with writing(admin) as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
            with pytest.raises(Unavailable) as caught:
                log.append([mine])
            assert not isinstance(caught.value, UnknownCommit)
            log.append([mine])
            assert len(log.read(KITCHEN, 0, limit=9)) == 1

    def test_postgresql_is_unavailable_when_a_lock_takes_too_long(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url = clean_postgres()
        monkeypatch.setattr(door, "LOCK_TIMEOUT_S", 1)
        with opened(url) as engine, opened(url) as other:
            log = log_in(engine)
            mine = group(log, bodies=[b"a"])
            with writing(other) as connection:
                connection.execute(text("SELECT seq FROM tenant_head FOR UPDATE"))
                with pytest.raises(Unavailable, match="lock timeout"):
                    log.append([mine])
            log.append([mine])

    def test_reader_is_unavailable_when_all_connections_are_out(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(door, "POOL_SIZE", 1)
        monkeypatch.setattr(door, "CONNECT_TIMEOUT_S", 1)
        with (
            opened(clean_postgres()) as engine,
            reading(engine),
            pytest.raises(Unavailable, match="no free connection"),
            reading(engine),
        ):
            pass


class TestUnknownCommit:
    def test_postgresql_commit_is_unknown_when_its_answer_is_lost(self) -> None:
        """The commit happened, the line was cut before the answer: only reading again can tell."""
        with empty_postgres() as url, Line(url) as line, opened(url) as direct:
            upgrade(url)
            log = log_in(direct)
            with opened(line.url) as engine:
                over_line = SqlLog(engine)
                mine = group(log, bodies=[b"a"], raws=[b"tap"])
                event.listen(engine, "commit", lambda _: line.swallow_next_answer())
                with pytest.raises(UnknownCommit):
                    over_line.append([mine])
            assert line.swallowed
            assert len(log.read(KITCHEN, 0, limit=9)) == 1
            assert log.outbox_head(KITCHEN, mine.receipts[0].outbox) is not None

    def test_postgresql_commit_is_unknown_when_it_never_arrived(self) -> None:
        with empty_postgres() as url, Line(url) as line, opened(url) as direct:
            upgrade(url)
            log = log_in(direct)
            with opened(line.url) as engine:
                over_line = SqlLog(engine)
                mine = group(log, bodies=[b"a"], raws=[b"tap"])
                event.listen(engine, "commit", lambda _: line.cut())
                with pytest.raises(UnknownCommit):
                    over_line.append([mine])
            assert log.read(KITCHEN, 0, limit=9) == ()
            log.append([mine])

    def test_sqlite_commit_is_unknown_when_it_fails(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url = sqlite_url(tmp_path)
        upgrade(url)
        with opened(url) as engine:
            log = log_in(engine)

            def fail(_: object) -> None:
                raise sqlite3.OperationalError("disk I/O error")

            mine = group(log, bodies=[b"a"])
            with monkeypatch.context() as patch:
                patch.setattr(engine.dialect, "do_commit", fail)
                with pytest.raises(UnknownCommit, match="disk I/O error"):
                    log.append([mine])
            log.append([mine])
            assert len(log.read(KITCHEN, 0, limit=9)) == 1


def test_engine_does_not_connect_before_it_is_used(tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(tmp_path))
    engine.dispose()
    assert list(tmp_path.iterdir()) == []
