"""Backup, restore, migrate, export: all of it or nothing, and what the operator is told."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from dapur.ids import DeviceId
from server.cli.context import now_ms
from server.log.copying import counts
from server.log.engine import open_engine, reading
from server.log.tables import metadata, tenant_head
from tests.support.cli_rig import KITCHEN, Operator, made_folder, small_plan
from tests.support.databases import empty_postgres

COOK_PIN = "135790"


@pytest.fixture
def operator(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Operator:
    """A server's folder with a kitchen, its plan, and two kiosks."""
    made = Operator(made_folder(tmp_path / "server"), capsys, monkeypatch)
    made.done("plan", "import", small_plan(tmp_path))
    for name in ("Kios 1", "Kios 2"):
        enrol(made, name)
    return made


def enrol(operator: Operator, name: str) -> DeviceId:
    code = operator.done("device", "code", "--kitchen", KITCHEN, "--name", name).lines[-1]
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    with operator.rooms() as opened:
        return opened.identity.enrol(code, key, now_ms()).device


def living(operator: Operator) -> list[DeviceId]:
    with operator.rooms() as opened:
        found = opened.identity.devices(KITCHEN)
        return [each.device for each in found if each.revoked_ms is None]


def contents(url: str) -> dict[str, int]:
    engine = open_engine(url)
    try:
        with reading(engine) as connection:
            return counts(connection, metadata)
    finally:
        engine.dispose()


def heads(url: str) -> list[tuple[object, ...]]:
    engine = open_engine(url)
    try:
        with reading(engine) as connection:
            columns = (tenant_head.c.kitchen, tenant_head.c.seq, tenant_head.c.hash)
            return [tuple(row) for row in connection.execute(select(*columns))]
    finally:
        engine.dispose()


def epoch(operator: Operator) -> str:
    with operator.rooms() as opened:
        head = opened.log.head(KITCHEN)
        assert head is not None
        return head.epoch


def url_of(operator: Operator) -> str:
    with operator.rooms() as opened:
        return opened.engine.url.render_as_string(hide_password=False)


def test_backup_is_one_private_file_and_makes_the_log_durable(
    operator: Operator, tmp_path: Path
) -> None:
    file = tmp_path / "kept.db"
    said = operator.done("backup", file)
    assert said.lines[-1].startswith(f"{file}: 1 kitchens")
    assert said.lines[-1].endswith("sound")
    assert file.stat().st_mode & 0o077 == 0, "it holds the hashes of PINs and the server's key"
    assert sorted(each.name for each in tmp_path.iterdir() if "kept" in each.name) == ["kept.db"]
    assert contents(f"sqlite:///{file}") == contents(url_of(operator))
    with operator.rooms() as opened:
        head = opened.log.head(KITCHEN)
        assert head is not None
        assert head.durable == head.seq > 0
    again = operator("backup", file)
    assert (again.code, again.err.strip()) == (
        1,
        f"{file} is there already; a backup is never written over",
    )


def test_restore_asks_which_kiosks_were_shut_out_since_and_changes_nothing_before(
    operator: Operator, tmp_path: Path
) -> None:
    first, second = living(operator)
    file = tmp_path / "kept.db"
    operator.done("backup", file)
    before, heads_before = epoch(operator), heads(url_of(operator))
    asked = operator("restore", file, "--replace", "--stopped")
    assert asked.code == 1
    assert "--devices-checked" in asked.err
    assert {line.split("\t")[0] for line in asked.lines} == {first, second}
    unknown = operator("restore", file, "--replace", "--revoke", "nobody", "--devices-checked")
    assert (unknown.code, unknown.err.strip()) == (1, "no device nobody")
    assert (epoch(operator), heads(url_of(operator))) == (before, heads_before)
    assert living(operator) == [first, second]

    done = operator.done("restore", file, "--replace", "--revoke", first, "--devices-checked")
    assert any("sound" in line for line in done.lines)
    assert living(operator) == [second]
    assert heads(url_of(operator)) == heads_before
    assert epoch(operator) != before


def test_restore_does_not_write_over_kitchens_unless_it_is_told_so(
    operator: Operator, tmp_path: Path
) -> None:
    file = tmp_path / "kept.db"
    operator.done("backup", file)
    later = enrol(operator, "Kios 3")
    said = operator("restore", file, "--devices-checked")
    assert said.code == 1
    assert "--replace" in said.err
    assert later in living(operator)
    operator.done("restore", file, "--devices-checked", "--replace")
    assert later not in living(operator)


def test_restore_waits_for_a_server_that_was_just_heard(operator: Operator, tmp_path: Path) -> None:
    file = tmp_path / "kept.db"
    operator.done("backup", file)
    with operator.rooms() as opened:
        opened.identity.heard({}, 0, now_ms())
    said = operator("restore", file, "--devices-checked", "--replace")
    assert said.code == 1
    assert "stop the servers first" in said.err
    operator.done("restore", file, "--devices-checked", "--replace", "--stopped")


@pytest.mark.parametrize("damage", ["cut", "flipped", "no database"])
def test_restore_refuses_a_damaged_file_and_keeps_what_is_there(
    operator: Operator, tmp_path: Path, damage: str
) -> None:
    file = tmp_path / "kept.db"
    operator.done("backup", file)
    before = contents(url_of(operator))
    if damage == "cut":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif damage == "flipped":
        with sqlite3.connect(file) as connection:
            changed = "CAST(replace(CAST(body AS TEXT), 'a', 'b') AS BLOB)"
            connection.execute(f"UPDATE event SET body = {changed} WHERE seq = 3")
    else:
        file.write_text("not a database", "utf-8")
    said = operator("restore", file, "--devices-checked", "--replace")
    assert said.code == 1
    assert said.err.strip()
    assert contents(url_of(operator)) == before


def test_migrate_moves_everything_to_postgresql_and_back(
    operator: Operator, tmp_path: Path
) -> None:
    source = url_of(operator)
    with empty_postgres() as there:
        said = operator.done("migrate", "--from", source, "--to", there)
        assert said.lines[-1] == "1 kitchens moved, counts and hash chains are the same"
        assert contents(there) == contents(source)
        assert heads(there) == heads(source)
        again = operator("migrate", "--from", source, "--to", there)
        assert again.code == 1
        assert "there are kitchens in it already" in again.err
        back = f"sqlite:///{tmp_path / 'back.db'}"
        operator.done("migrate", "--from", there, "--to", back)
        assert contents(back) == contents(source)


def test_export_holds_one_kitchen_with_its_proof_and_no_secret(
    operator: Operator, tmp_path: Path
) -> None:
    operator.done("kitchen", "add", "sppg-9", "--name", "Lain")
    staff = operator.done("staff", "list", "--kitchen", KITCHEN).lines[0].split("\t")[0]
    operator.done("staff", "set-pin", "--kitchen", KITCHEN, staff, stdin=f"{COOK_PIN}\n")
    file = tmp_path / "out.jsonl"
    operator.done("export", "--kitchen", KITCHEN, file)
    text = file.read_text("utf-8")
    *lines, last = [json.loads(line) for line in text.splitlines()]
    assert lines[0]["format"] == "dapur-export-1"
    body = text[: text.rindex("\n", 0, -1) + 1]
    assert last["sha256"] == hashlib.sha256(body.encode()).hexdigest()
    rows = [line["row"] for line in lines[1:]]
    assert len(rows) == sum(last["counts"].values()) > 0
    assert {row["kitchen"] for row in rows} == {KITCHEN}
    assert "argon2" not in text
    assert "sppg-9" not in text
    events = [line["row"] for line in lines[1:] if line["table"] == "event"]
    assert [event["seq"] for event in events] == list(range(1, lines[0]["head"]["seq"] + 1))
    assert events[-1]["hash"] == lines[0]["head"]["hash"]
    assert isinstance(events[0]["body"], dict)
