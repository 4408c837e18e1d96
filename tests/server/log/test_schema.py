"""The schema goes up and down on both databases, and a program refuses what it cannot use."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import inspect, make_url, text

import server
from server.log import schema
from server.log.engine import reading, writing
from server.log.schema import NewerSchema, OlderSchema
from server.log.tables import metadata
from tests.support.databases import empty_postgres, opened, sqlite_url

for module in pkgutil.walk_packages(server.__path__, "server."):
    if module.name.endswith(".tables"):
        import_module(module.name)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield sqlite_url(tmp_path)
    else:
        with empty_postgres() as address:
            yield address


def tables(url: str) -> set[str]:
    with opened(url) as engine, reading(engine) as connection:
        return set(inspect(connection).get_table_names())


def make_newer(url: str, oldest_code: int) -> None:
    with opened(url) as engine, writing(engine) as connection:
        connection.execute(
            text(f"UPDATE alembic_version SET version_num = '{schema.SCHEMA + 7:04}'")
        )
        connection.execute(text(f"UPDATE schema_compat SET oldest_code = {oldest_code}"))


def test_schema_goes_up_and_down_and_up_again(url: str) -> None:
    assert schema.current(url) == 0
    schema.upgrade(url)
    assert schema.current(url) == schema.SCHEMA
    assert tables(url) == {*metadata.tables, "alembic_version"}
    schema.upgrade(url)
    schema.downgrade(url)
    assert schema.current(url) == 0
    assert tables(url) == {"alembic_version"}
    schema.upgrade(url)
    with opened(url) as engine:
        schema.check(engine)


def test_schema_goes_up_and_down_from_every_version(url: str) -> None:
    for number in range(1, schema.SCHEMA + 1):
        schema.upgrade(url, to=number)
        assert schema.current(url) == number
        assert oldest_stored(url) == schema.oldest_code(make_url(url).get_backend_name(), to=number)
        schema.upgrade(url)
        assert schema.differences(url) == []
        schema.downgrade(url, to=number)
        assert schema.current(url) == number


def oldest_stored(url: str) -> int:
    with opened(url) as engine, reading(engine) as connection:
        return int(connection.scalar(text("SELECT oldest_code FROM schema_compat")) or 0)


def test_each_migration_says_where_an_older_program_may_go_on_beside_it() -> None:
    from server.log.migrations import versions

    for each in pkgutil.iter_modules(versions.__path__, f"{versions.__name__}."):
        named = import_module(each.name).beside_previous
        assert set(named) <= {"sqlite", "postgresql"}, each.name


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_newest_migration_that_shuts_older_programs_out_is_the_oldest_code(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server.log.migrations.versions import v0003_attempts, v0004_fleet

    monkeypatch.setattr(v0003_attempts, "beside_previous", ())
    monkeypatch.setattr(v0004_fleet, "beside_previous", ("sqlite",))
    shut = {to: schema.oldest_code(database, to=to) for to in (1, 2, 3, 4)}
    assert shut == {1: 1, 2: 1, 3: 3, 4: 3 if database == "sqlite" else 4}


def test_schema_forgets_no_table_column_or_index(url: str) -> None:
    schema.upgrade(url)
    assert schema.differences(url) == []


def test_schema_sees_what_was_forgotten(url: str) -> None:
    schema.upgrade(url)
    with opened(url) as engine, writing(engine) as connection:
        connection.execute(text("ALTER TABLE outbox_head DROP COLUMN last_earliest_ms"))
        connection.execute(text("DROP TABLE snapshot"))
    found = schema.differences(url)
    assert len(found) == 2
    assert any("last_earliest_ms" in each for each in found)
    assert any("snapshot" in each for each in found)


def test_schema_forgets_no_check(tmp_path: Path) -> None:
    """alembic does not compare CHECK constraints, so the texts of the tables are compared."""
    schema.upgrade(sqlite_url(tmp_path))

    def lines_of(sql: str) -> list[str]:
        """SQLite writes a column that came later behind the last one, on its line."""
        return re.sub(r", +(?=[a-z_]+ [A-Z])", ",\n", sql).splitlines()

    def texts(url: str) -> dict[str, list[str]]:
        query = text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        with opened(url) as engine, reading(engine) as connection:
            return {
                name: sorted(line.strip().rstrip(",") for line in lines_of(sql))
                for name, sql in connection.execute(query)
                if name != "alembic_version"
            }

    made = f"sqlite:///{tmp_path / 'made.sqlite'}"
    with opened(made) as engine, writing(engine) as connection:
        metadata.create_all(connection)
    assert texts(sqlite_url(tmp_path)) == texts(made)


def test_program_refuses_an_empty_or_older_database(url: str) -> None:
    with opened(url) as engine, pytest.raises(OlderSchema) as caught:
        schema.check(engine)
    assert caught.value.found == 0


def test_program_refuses_a_newer_database_that_it_would_spoil(url: str) -> None:
    schema.upgrade(url)
    make_newer(url, schema.SCHEMA + 1)
    with opened(url) as engine, pytest.raises(NewerSchema) as caught:
        schema.check(engine)
    assert (caught.value.found, caught.value.oldest_code) == (schema.SCHEMA + 7, schema.SCHEMA + 1)
    for change in (schema.upgrade, schema.downgrade):
        with pytest.raises(NewerSchema):
            change(url)
    assert schema.current(url) == schema.SCHEMA + 7


def test_program_goes_on_beside_a_newer_one_during_a_rolling_deploy(url: str) -> None:
    schema.upgrade(url)
    make_newer(url, schema.SCHEMA)
    with opened(url) as engine:
        schema.check(engine)
    schema.upgrade(url)
    assert schema.current(url) == schema.SCHEMA + 7


def test_two_servers_that_start_together_migrate_once(url: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(schema.upgrade, [url, url]))
    assert schema.current(url) == schema.SCHEMA


def test_migration_that_fails_leaves_nothing_behind(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_connection: object) -> None:
        raise RuntimeError("broken migration")

    with monkeypatch.context() as patch:
        patch.setattr(schema, "_check_foreign_keys", fail)
        with pytest.raises(RuntimeError, match="broken"):
            schema.upgrade(url)
    assert tables(url) == set()
    schema.upgrade(url)


def test_newest_migration_has_the_number_that_the_program_knows() -> None:
    from server.log.migrations import versions

    numbers = [module.name[1:5] for module in pkgutil.iter_modules(versions.__path__)]
    assert sorted(numbers) == [f"{number:04}" for number in range(1, schema.SCHEMA + 1)]
