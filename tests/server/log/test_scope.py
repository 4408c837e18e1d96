"""Under the servers' role a statement that names no kitchen finds none, whatever table it asks."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest
from sqlalchemy import Connection, Engine, LargeBinary, String, Table, delete, func, insert, select
from sqlalchemy import types as sql

import server
from dapur.ids import DeviceId, KitchenId
from server.desk.ports import Unavailable
from server.history.tables import Json
from server.log.engine import NotAllowed, reading, still, writing
from server.log.roles import RIGHTS, SHARED
from server.log.schema import differences
from server.log.scope import (
    EVERY_KITCHEN,
    NOBODY,
    Scope,
    of_code,
    of_devices,
    of_kitchens,
    said,
    widen,
)
from server.log.tables import HASH_BYTES, metadata, outbox_head
from tests.support.databases import as_servers, clean_postgres, opened

for module in pkgutil.walk_packages(server.__path__, "server."):
    if module.name.endswith(".tables"):
        import_module(module.name)

A, B = KitchenId("aaaa"), KitchenId("bbbb")
"""As long as the locator of a code, so that every text of a row can be the kitchen's name."""
GUARDED = tuple(table for table in metadata.sorted_tables if table.name not in SHARED)
OF_DEVICES = {"device", "attempt_kiosk", "device_sign", "fleet_desk"}


def row_of(table: Table, name: str) -> dict[str, object]:
    """A row in which everything is that name, or 1, or nothing where a value has a form of its own."""

    def value(column: sql.TypeEngine[object]) -> object:
        if isinstance(column, Json):
            return None
        if isinstance(column, LargeBinary):
            return name.encode() * (HASH_BYTES // len(name))
        return name if isinstance(column, String) else column.python_type(1)

    return {column.name: value(column.type) for column in table.c}


@pytest.fixture
def filled() -> Iterator[Engine]:
    """One row of each of two kitchens in every table, seen as a server does."""
    url = clean_postgres()
    with opened(url) as owner, writing(owner) as connection:
        # Without the order of foreign keys.
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in GUARDED:
            connection.execute(insert(table), [row_of(table, A), row_of(table, B)])
    with opened(as_servers(url)) as engine:
        yield engine


def counted(engine: Engine, of: Scope) -> dict[str, int]:
    """Rows of each table, asked without any condition."""
    with reading(engine, of) as connection:
        return {table.name: rows(connection, table) for table in GUARDED}


def rows(connection: Connection, table: Table) -> int:
    return connection.scalars(select(func.count()).select_from(table)).one()


def all_with(count: int) -> dict[str, int]:
    return {table.name: count for table in GUARDED}


def test_every_table_has_rights_and_a_policy_or_a_reason_for_none() -> None:
    assert RIGHTS.keys() == {*metadata.tables, "alembic_version"}
    assert RIGHTS.keys() >= SHARED
    for table in metadata.sorted_tables:
        assert not ("kitchen" in table.c and table.name in SHARED), table.name
    with opened(clean_postgres()) as engine, reading(engine) as connection:
        found = connection.exec_driver_sql(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
        )
        assert set(found.scalars()) == {table.name for table in GUARDED}


def test_statement_without_a_condition_finds_what_its_transaction_named(filled: Engine) -> None:
    assert counted(filled, NOBODY) == all_with(0)
    assert counted(filled, of_kitchens(A)) == all_with(1)
    assert counted(filled, of_kitchens(B, KitchenId("cccc"))) == all_with(1)
    assert counted(filled, of_kitchens(A, B)) == all_with(2)
    assert counted(filled, EVERY_KITCHEN) == all_with(2)
    theirs = all_with(0) | dict.fromkeys(OF_DEVICES, 1)
    assert counted(filled, of_devices([DeviceId(A)])) == theirs
    assert counted(filled, of_code(A)) == all_with(0) | {"enrolment_code": 1}
    with reading(filled, of_kitchens(A)) as connection:
        names = {connection.scalars(select(t.c.kitchen)).one() for t in GUARDED if "kitchen" in t.c}
    assert names == {A}


def test_names_cannot_open_more_than_they_are(filled: Engine) -> None:
    for name in (
        "aaaa,bbbb",
        'x","bbbb',
        "x','bbbb",
        "{bbbb}",
        "*",
        "",
        "\\",
        "x\\",
        '"',
        "%",
        "'",
    ):
        found = counted(filled, of_kitchens(KitchenId(name), A))
        assert found == all_with(1), name


def test_connection_takes_nothing_along_into_its_next_transaction(
    filled: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.log.engine.POOL_SIZE", 1)
    with opened(filled.url.render_as_string(hide_password=False)) as engine:
        for of in (EVERY_KITCHEN, of_kitchens(A), of_devices([DeviceId(A)]), of_code(A)):
            with reading(engine, of) as connection:
                pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            with pytest.raises(RuntimeError), writing(engine, of):
                raise RuntimeError("bug")
            with reading(engine) as connection:
                assert connection.exec_driver_sql("SELECT pg_backend_pid()").scalar() == pid
                assert {table.name: rows(connection, table) for table in GUARDED} == all_with(0)


@pytest.mark.parametrize("of", [NOBODY, of_kitchens(B)], ids=["nobody", "another"])
def test_row_of_a_kitchen_that_was_not_named_is_refused(filled: Engine, of: Scope) -> None:
    for table in GUARDED:
        fresh = row_of(table, "aaab") | ({"kitchen": A} if "kitchen" in table.c else {})
        with (
            pytest.raises(NotAllowed, match="row-level security policy") as caught,
            writing(filled, of) as connection,
        ):
            connection.execute(insert(table).values(fresh))
        assert isinstance(caught.value, Unavailable)
    assert counted(filled, EVERY_KITCHEN) == all_with(2)


def test_row_of_another_kitchen_is_neither_changed_nor_deleted(filled: Engine) -> None:
    for table in GUARDED:
        column = next(iter(table.c))
        for verb, change in (
            ("UPDATE", table.update().values({column: column})),
            ("DELETE", delete(table)),
        ):
            if verb in RIGHTS[table.name]:
                for of, met in ((NOBODY, 0), (of_kitchens(B), 1)):
                    with writing(filled, of) as connection:
                        connection.exec_driver_sql("SAVEPOINT before")
                        if table.name not in ("staff", "device"):  # have rows that name them
                            assert connection.execute(change).rowcount == met, (table.name, verb)
                        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT before")
    with (
        pytest.raises(NotAllowed, match="row-level security policy"),
        writing(filled, of_kitchens(A)) as connection,
    ):
        connection.execute(outbox_head.update().values(kitchen=B, outbox="moved"))


def test_what_was_found_by_name_may_be_read_and_not_written(filled: Engine) -> None:
    device, code = metadata.tables["device"], metadata.tables["enrolment_code"]
    for table, of in ((device, of_devices([DeviceId(A)])), (code, of_code(A))):
        with writing(filled, of) as connection:
            assert connection.execute(table.update().values(name="b")).rowcount == 0
            widen(connection, of_kitchens(A))
            assert connection.execute(table.update().values(name="b")).rowcount == 1
            widen(connection, NOBODY)
            assert rows(connection, table) == 1


def test_still_transaction_sees_one_moment_of_its_kitchens(filled: Engine) -> None:
    audit = metadata.tables["audit"]
    with still(filled, of_kitchens(A)) as connection:
        assert rows(connection, audit) == 1
        with writing(filled, of_kitchens(A)) as other:
            other.execute(insert(audit).values(row_of(audit, A) | {"seq": 2}))
        assert rows(connection, audit) == 1
    with reading(filled, of_kitchens(A)) as connection:
        assert rows(connection, audit) == 2


def test_scope_is_quoted_for_the_array_and_for_the_statement() -> None:
    assert said(NOBODY) == said(of_kitchens()) == ""
    assert said(of_kitchens(A, B)) == """SET LOCAL dapur.kitchens = '{"aaaa","bbbb"}'"""
    assert said(of_code("""\\"'""")) == """SET LOCAL dapur.code = '{"\\\\\\"''"}'"""


def test_schema_is_what_the_tables_say_when_asked_as_a_server() -> None:
    assert differences(as_servers(clean_postgres())) == []
