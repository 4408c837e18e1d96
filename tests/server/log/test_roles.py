"""Two roles on a real PostgreSQL: who owns the tables, and who serves; each can what it must, no more."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from server.desk.ports import StoredSnapshot, Unavailable
from server.log import schema
from server.log.care import LogCare
from server.log.engine import NotAllowed, reading, writing
from server.log.roles import NotBound, grant, grants, may_forget, weakness
from server.log.scope import EVERY_KITCHEN
from server.log.sql_log import SqlLog
from server.log.verify import verify
from tests.support.databases import (
    as_servers,
    bound_postgres,
    clean_postgres,
    opened,
    owned_postgres,
    servers_role,
    sqlite_url,
)
from tests.support.groups import KITCHEN, group


def did(url: str, *statements: str) -> None:
    """As whoever the address names."""
    with opened(url) as engine, writing(engine, EVERY_KITCHEN) as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.fixture
def owner() -> Iterator[str]:
    """A database whose owner is no superuser, with no table in it."""
    with owned_postgres() as url:
        yield url


FORBIDDEN = (
    "UPDATE event SET body = ''",
    "DELETE FROM event",
    "UPDATE receipt SET raw = ''",
    "DELETE FROM receipt",
    "UPDATE audit SET actor = ''",
    "DELETE FROM tenant_head",
    "DELETE FROM device",
    "UPDATE server_key SET seed = ''",
    "DELETE FROM server_key",
    "UPDATE schema_compat SET oldest_code = 9",
    "UPDATE alembic_version SET version_num = '0009'",
    "TRUNCATE audit",
    "CREATE TABLE more (id integer)",
    "ALTER TABLE event DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE event NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY own_kitchens ON event",
    "CREATE POLICY more ON event USING (true)",
    "DROP TABLE audit",
)


def test_server_adds_to_the_truth_and_changes_neither_it_nor_the_schema() -> None:
    url = bound_postgres()
    for statement in FORBIDDEN:
        with pytest.raises(NotAllowed):
            did(url, statement)
    # PostgreSQL warns of this and does nothing.
    did(url, "GRANT DELETE ON event TO CURRENT_USER")
    with opened(url) as engine:
        assert not may_forget(engine)


def test_weakness_is_told_of_a_role_that_policies_do_not_bind(owner: str) -> None:
    with opened(bound_postgres()) as engine:
        assert weakness(engine) == ""
    schema.upgrade(owner)
    with opened(owner) as engine:
        assert weakness(engine).endswith(" owns the tables")
    su = make_url(clean_postgres())
    with opened(su.set(database=make_url(owner).database).render_as_string(False)) as engine:
        assert weakness(engine).endswith(f" {su.username} is a superuser")


def test_weakness_is_told_of_a_table_without_its_policy_and_of_bypassing(owner: str) -> None:
    schema.upgrade(owner)
    role = servers_role()
    with opened(owner) as engine:
        grant(engine, role)
    url, server = as_servers(owner), make_url(clean_postgres())
    did(owner, "ALTER TABLE audit NO FORCE ROW LEVEL SECURITY")
    with opened(url) as engine:
        assert weakness(engine) == "no row-level security on audit"
    admin = server.render_as_string(hide_password=False)
    did(admin, f"ALTER ROLE {role} BYPASSRLS")
    try:
        with opened(url) as engine:
            assert weakness(engine) == f"the database role {role} bypasses row-level security"
    finally:
        did(admin, f"ALTER ROLE {role} NOBYPASSRLS")


def test_sqlite_has_no_roles_to_be_weak(tmp_path: Path) -> None:
    with opened(sqlite_url(tmp_path)) as engine:
        assert (weakness(engine), may_forget(engine)) == ("", True)


def test_rights_are_given_to_a_bound_role_and_by_the_owner_only(owner: str) -> None:
    schema.upgrade(owner)
    role = servers_role()
    with opened(owner) as engine:
        with pytest.raises(LookupError, match="no role nobody"):
            grant(engine, "nobody")
        for wrong in (make_url(owner).username, make_url(clean_postgres()).username):
            with pytest.raises(NotBound):
                grant(engine, str(wrong))
        grant(engine, role)
        grant(engine, role)
    with opened(as_servers(owner)) as engine:
        assert not may_forget(engine)
        with pytest.raises(NotBound, match="only the owner"):
            grant(engine, role)


def test_rights_take_back_what_a_role_had_before(owner: str) -> None:
    schema.upgrade(owner)
    role = servers_role()
    did(owner, f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
    with opened(as_servers(owner)) as engine:
        assert may_forget(engine)
    with opened(owner) as engine:
        grant(engine, role)
    with opened(as_servers(owner)) as engine:
        assert not may_forget(engine)
        assert weakness(engine) == ""


def test_rights_quote_the_names_they_are_given() -> None:
    said = grants('a"; DROP TABLE event; --', "public")
    assert said[0] == 'REVOKE ALL ON ALL TABLES IN SCHEMA "public" FROM "a""; DROP TABLE event; --"'


def test_owner_who_is_no_superuser_makes_keeps_and_unmakes_the_schema(owner: str) -> None:
    """The owner is bound by the policies too: its work names kitchens like a server's."""
    schema.upgrade(owner)
    with opened(owner) as engine:
        grant(engine, servers_role())
    with opened(as_servers(owner)) as engine:
        schema.check(engine)
        log = SqlLog(engine)
        log.create_kitchen(KITCHEN, epoch="e")
        log.append([group(log, bodies=[b"one", b"two", b"three"], raws=[b"tap"])])
        head = log.head(KITCHEN)
        assert head is not None
        log.save_snapshot(KITCHEN, StoredSnapshot(head.seq, head.hash, 1, "{}"))
    with opened(owner) as engine, opened(as_servers(owner)) as bound:
        assert may_forget(engine)
        with reading(engine) as connection:
            assert connection.scalar(text("SELECT count(*) FROM event")) == 0
        LogCare(engine).raise_floor(KITCHEN, 2)
        for each in (engine, bound):
            assert len(SqlLog(each).read(KITCHEN, 2, limit=9)) == 1
            assert [found.kitchen for found in verify(each)] == [KITCHEN]
    for to in (4, schema.SCHEMA, 0, schema.SCHEMA):
        (schema.downgrade if to < schema.SCHEMA else schema.upgrade)(owner, to=to)
        assert schema.current(owner) == to


def test_policies_wait_until_no_older_program_runs(owner: str) -> None:
    schema.upgrade(owner, to=4)
    now_ms = int(time.time() * 1000)
    did(owner, f"INSERT INTO server_process VALUES ('old-1', 1, {now_ms - 30_000}, 4)")
    with pytest.raises(Unavailable, match="stop the servers first: old-1 "):
        schema.upgrade(owner)
    assert schema.current(owner) == 4
    did(owner, f"UPDATE server_process SET heard_ms = {now_ms - 200_000}")
    schema.upgrade(owner)
    assert schema.current(owner) == schema.SCHEMA


def test_older_programs_are_shut_out_of_a_database_with_policies(owner: str) -> None:
    """They would find no kitchen, and tell kiosks that nobody knows them."""
    schema.upgrade(owner)
    with opened(owner) as engine, reading(engine) as connection:
        assert connection.scalar(text("SELECT oldest_code FROM schema_compat")) == 5
    schema.downgrade(owner, to=4)
    with opened(owner) as engine, reading(engine) as connection:
        assert connection.scalar(text("SELECT oldest_code FROM schema_compat")) == 1
        assert not weakness(engine).startswith("no row")
