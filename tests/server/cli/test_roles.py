"""What the operator does as the owner of the tables, and what as a server, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from server.app import compose
from server.cli import forgetting
from server.cli.context import now_ms
from server.history import follower
from server.log.roles import RIGHTS
from tests.support.cli_rig import KITCHEN, Operator, made_folder, small_plan
from tests.support.databases import (
    as_servers,
    bound_postgres,
    clean_postgres,
    owned_postgres,
    servers_role,
)

OWNERS_WORK = "docs/operations.md, The roles of PostgreSQL"


@pytest.fixture
def owner() -> Iterator[str]:
    """An empty database under an owner who is no superuser."""
    with owned_postgres() as url:
        yield url


@pytest.fixture
def operator(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Operator:
    return Operator(tmp_path / "server", capsys, monkeypatch)


def under(operator: Operator, url: str) -> None:
    """From now on the operator's commands, and a server's, use this address."""
    operator.data.mkdir(exist_ok=True)
    (operator.data / "server.toml").write_text(f'database = "{url}"\n')


def test_operator_keeps_a_database_with_two_roles(
    owner: str, operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "STATE_EVENTS", 1)
    server = as_servers(owner)
    under(operator, server)
    assert OWNERS_WORK in operator("init").err
    under(operator, owner)
    operator.done("init")
    under(operator, server)
    assert "permission denied" in operator("kitchen", "list").err
    under(operator, owner)
    assert "may serve" in operator.done("database", "grant", servers_role()).out
    under(operator, server)
    operator.done("init")
    operator.done("plan", "import", small_plan(tmp_path))
    operator.done("kitchen", "add", "sppg-9", "--name", "Lain")
    operator.done("staff", "set-pin", "--kitchen", KITCHEN, "siti", stdin="135790\n")
    operator.done("device", "code", "--kitchen", KITCHEN, "--name", "Kios 1")
    assert operator.done("verify").out.count("sound") == 2
    operator.done("rebuild")
    operator.done("export", "--kitchen", KITCHEN, tmp_path / "one.jsonl")
    backup = tmp_path / "backup.db"
    assert "sound" in operator.done("backup", backup).lines[-1]
    monkeypatch.setattr(forgetting, "now_ms", lambda: now_ms() + 6 * 366 * forgetting.DAY_MS)
    operator.done("forget", "--dry-run")
    assert "only the owner" in operator("forget").err
    refused = operator("restore", backup, "--devices-checked", "--replace")
    assert (refused.code, OWNERS_WORK in refused.err) == (1, True)
    assert operator.done("verify").out.count("sound") == 2
    under(operator, owner)
    assert " events are in " in operator.done("forget").out
    assert operator.done("verify").out.count("sound") == 2
    operator.done("restore", backup, "--devices-checked", "--replace")
    under(operator, server)
    assert operator.done("verify").out.count("sound") == 2


def test_operator_is_told_what_a_role_lacks(owner: str, operator: Operator) -> None:
    under(operator, owner)
    operator.done("init")
    said = operator("database", "grant", "nobody")
    assert said.code == 1
    assert "CREATE ROLE nobody LOGIN NOSUPERUSER NOBYPASSRLS" in said.err
    said = operator("database", "grant", str(make_url(owner).username))
    assert (said.code, "owns the tables" in said.err) == (1, True)


def test_operator_sees_the_statements_without_a_database(operator: Operator) -> None:
    under(operator, "postgresql://nobody@127.0.0.1:1/none")
    said = operator.done("database", "grant", "dapur_app", "--print")
    assert len(said.lines) == 3 + len(RIGHTS)
    assert 'GRANT SELECT, INSERT ON "public"."event" TO "dapur_app";' in said.lines


def test_operator_is_told_that_sqlite_has_no_roles(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = Operator(made_folder(tmp_path / "server"), capsys, monkeypatch)
    assert "SQLite knows no roles" in operator("database", "grant", "dapur_app").err


@pytest.mark.expected_log("the database does not keep kitchens apart")
def test_server_says_when_its_role_is_not_bound(caplog: pytest.LogCaptureFixture) -> None:
    parts = compose(bound_postgres())
    parts.close()
    assert ([told() for told in parts.troubles], caplog.messages) == ([""], [])
    parts = compose(clean_postgres())
    parts.close()
    assert [told() for told in parts.troubles] == ["", "the database role is not bound"]
    assert [message.endswith("is a superuser") for message in caplog.messages] == [True]
