"""The operator's other commands: what they do, what they say, and with which exit code."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import update

from dapur.ids import DeviceId, StaffId
from dapur.wire.queries import DeviceInfo
from server.cli import options
from server.cli.context import now_ms
from server.desk.ports import Sign
from server.log.engine import writing
from server.log.tables import event
from server.settings import DATABASE_FILE
from tests.support.cli_rig import KITCHEN, Operator, made_folder, small_plan

ROOT = Path(__file__).parents[3]


@pytest.fixture
def operator(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Operator:
    return Operator(made_folder(tmp_path / "server"), capsys, monkeypatch)


@pytest.fixture
def kitchen(operator: Operator) -> Operator:
    operator.done("kitchen", "add", KITCHEN, "--name", "SPPG Uji")
    return operator


def enrolled(operator: Operator, name: str) -> DeviceId:
    """A kiosk that used a code of the operator's."""
    code = operator.done("device", "code", "--kitchen", KITCHEN, "--name", name).lines[-1]
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    with operator.rooms() as opened:
        return opened.identity.enrol(code, key, now_ms()).device


def devices(operator: Operator) -> tuple[DeviceInfo, ...]:
    with operator.rooms() as opened:
        return opened.identity.devices(KITCHEN)


# ---- the folder ----------------------------------------------------------------------------------


def test_operator_makes_a_folder_twice_and_loses_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = Operator(tmp_path / "new" / "server", capsys, monkeypatch)
    operator.done("init")
    operator.done("kitchen", "add", KITCHEN, "--name", "SPPG Uji")
    with operator.rooms() as opened:
        key = opened.identity.server_key().private_bytes_raw()
    operator.done("init")
    with operator.rooms() as opened:
        assert opened.identity.server_key().private_bytes_raw() == key
        assert [info.id for info in opened.identity.kitchens()] == [KITCHEN]


@pytest.mark.parametrize(
    "words",
    [("run",), ("verify",), ("kitchen", "list"), ("device", "list", "--kitchen", KITCHEN)],
)
def test_operator_is_sent_to_init_when_the_folder_was_never_made(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
) -> None:
    operator = Operator(tmp_path, capsys, monkeypatch)
    said = operator(*words)
    assert said.code == 1
    assert f"dapur-server init --data {tmp_path}" in said.err
    assert not (tmp_path / DATABASE_FILE).exists()


def test_operator_is_sent_to_init_when_the_database_is_older(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / DATABASE_FILE).touch()
    said = Operator(tmp_path, capsys, monkeypatch)("verify")
    assert said.code == 1
    assert f"dapur-server init --data {tmp_path}" in said.err


def test_operator_is_told_when_the_folder_cannot_be_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    said = Operator(tmp_path / "file" / "server", capsys, monkeypatch)("init")
    assert said.code == 1
    assert "file" in said.err


def test_server_does_not_start_with_wrong_settings(operator: Operator) -> None:
    (operator.data / "server.toml").write_text("port = 70000")
    said = operator("run")
    assert said.code == 2
    assert said.err.startswith("port: ")


def test_server_does_not_listen_to_the_network_without_tls(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.logs.set_up", lambda _level: None)
    said = operator("run", "--listen", "0.0.0.0:0")
    assert said.code == 1
    assert "tls_cert" in said.err
    assert "behind_tls_proxy" in said.err


def test_operator_is_told_what_is_no_address(operator: Operator) -> None:
    said = operator("run", "--listen", "8790")
    assert (said.code, said.err) == (2, "--listen: '8790' is not HOST:PORT\n")


# ---- kitchens and people -------------------------------------------------------------------------


def test_operator_adds_a_kitchen_in_its_zone_and_renames_it(operator: Operator) -> None:
    operator.done("kitchen", "add", KITCHEN, "--name", "SPPG Uji", "--zone", "WIT")
    operator.done("kitchen", "add", KITCHEN, "--name", "SPPG Lain", "--zone", "WIT")
    assert operator.done("kitchen", "list").lines == [f"{KITCHEN}\tSPPG Lain\tseq 0"]
    with operator.rooms() as opened:
        assert opened.identity.kitchens()[0].utc_offset_min == 540


def test_operator_is_told_of_a_kitchen_that_cannot_be(operator: Operator) -> None:
    said = operator("kitchen", "add", "sppg 1", "--name", "SPPG Uji")
    assert said.code == 1
    assert "'sppg 1'" in said.err
    assert operator.done("kitchen", "list").out == ""


@pytest.mark.parametrize(
    "words",
    [
        ("staff", "list"),
        ("staff", "add", "siti", "--name", "Siti"),
        ("staff", "set-pin", "siti"),
        ("staff", "unlock", "siti"),
        ("staff", "disable", "siti"),
        ("device", "code", "--name", "Kios 1"),
        ("device", "list"),
    ],
)
def test_operator_is_told_which_kitchens_there_are(
    kitchen: Operator, words: tuple[str, ...]
) -> None:
    said = kitchen(*words, "--kitchen", "sppg-9", stdin="135790\n")
    assert (said.code, said.out) == (1, "")
    assert said.err == f"there is no kitchen 'sppg-9'; known: {KITCHEN}\n"


def test_operator_looks_after_a_person_from_first_day_to_last(kitchen: Operator) -> None:
    here = ("--kitchen", KITCHEN)
    kitchen.done("staff", "add", "siti", "--name", "Siti Rohmah", *here)
    assert kitchen.done("staff", "list", *here).lines == ["siti\tSiti Rohmah\tno PIN"]
    kitchen.done("staff", "set-pin", "siti", *here, stdin="135790\n")
    kitchen.done("staff", "unlock", "siti", *here)
    assert kitchen.done("staff", "list", *here).lines == ["siti\tSiti Rohmah\tPIN"]
    kitchen.done("staff", "disable", "siti", *here)
    assert kitchen.done("staff", "list", *here).out == ""


@pytest.mark.parametrize("word", ["set-pin", "unlock", "disable"])
def test_operator_is_told_when_nobody_has_this_id(kitchen: Operator, word: str) -> None:
    said = kitchen("staff", word, "siti", "--kitchen", KITCHEN, stdin="135790\n")
    assert said.code == 1
    assert said.err.startswith(("nobody of this id", "no siti in"))


@pytest.mark.parametrize("pin", ["123456", "111111", "1357", "abcdef", ""])
def test_operator_is_told_what_a_pin_must_be_and_the_pin_is_not_repeated(
    kitchen: Operator, pin: str
) -> None:
    kitchen.done("staff", "add", "siti", "--name", "Siti", "--kitchen", KITCHEN)
    said = kitchen("staff", "set-pin", "siti", "--kitchen", KITCHEN, stdin=f"{pin}\n")
    assert said.code == 1
    assert said.err == "a PIN has six digits, not all the same and no run such as 123456\n"
    assert kitchen.done("staff", "list", "--kitchen", KITCHEN).lines == ["siti\tSiti\tno PIN"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminal")
def test_operator_types_a_pin_that_the_terminal_does_not_show(kitchen: Operator) -> None:
    kitchen.done("staff", "add", "siti", "--name", "Siti", "--kitchen", KITCHEN)
    words = ["staff", "set-pin", "siti", "--kitchen", KITCHEN, "--data", str(kitchen.data)]
    screen, keys = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "server", *words],
        cwd=ROOT,
        stdin=keys,
        stdout=keys,
        stderr=keys,
        start_new_session=True,
    ) as process:
        os.close(keys)
        seen = b""
        while b"PIN: " not in seen:
            seen += os.read(screen, 1024)
        os.write(screen, b"135790\n")
        while b"PIN set" not in seen:
            seen += os.read(screen, 1024)
    os.close(screen)
    assert process.returncode == 0
    assert b"135790" not in seen


# ---- kiosks --------------------------------------------------------------------------------------


def test_operator_gives_a_code_that_enrols_one_kiosk(kitchen: Operator) -> None:
    device = enrolled(kitchen, "Kios Masak 1")
    (info,) = devices(kitchen)
    assert (info.device, info.name, info.revoked_ms) == (device, "Kios Masak 1", None)
    (line,) = kitchen.done("device", "list", "--kitchen", KITCHEN).lines
    assert line == f"{device}\tKios Masak 1\tseq 0\tnever heard"


def test_operator_sees_when_a_kiosk_was_heard_and_how_far_it_is(kitchen: Operator) -> None:
    device = enrolled(kitchen, "Kios 1")
    with kitchen.rooms() as opened:
        opened.identity.heard({device: Sign(7)}, 1, 1_795_305_600_000)
    (line,) = kitchen.done("device", "list", "--kitchen", KITCHEN).lines
    assert line == f"{device}\tKios 1\tseq 7\theard 2026-11-22 00:00 UTC"


def test_operator_shuts_a_kiosk_out(kitchen: Operator) -> None:
    first, second = enrolled(kitchen, "Kios 1"), enrolled(kitchen, "Kios 2")
    kitchen.done("device", "revoke", first)
    assert {info.device for info in devices(kitchen) if info.revoked_ms is None} == {second}
    revoked, other = kitchen.done("device", "list", "--kitchen", KITCHEN).lines
    assert "\trevoked 20" in revoked
    assert "never heard" in other
    said = kitchen("device", "revoke", "d-nobody")
    assert (said.code, said.err) == (1, "no device d-nobody\n")


# ---- proof and repair ----------------------------------------------------------------------------


def test_operator_finds_a_log_that_was_tampered_with(kitchen: Operator, tmp_path: Path) -> None:
    kitchen.done("plan", "import", small_plan(tmp_path))
    events = kitchen.state().versions
    assert kitchen.done("verify").lines == [
        f"{KITCHEN}: {sum(events.values())} events, 9 receipts, sound"
    ]
    with kitchen.rooms() as opened, writing(opened.engine) as connection:
        changed = update(event).where(event.c.seq == 3).values(body=b"{}")
        assert connection.execute(changed).rowcount == 1
    said = kitchen("verify", "--kitchen", KITCHEN)
    assert (said.code, said.out) == (1, "")
    assert f"{KITCHEN}: event 3: " in said.err


def test_operator_makes_the_past_anew(kitchen: Operator, tmp_path: Path) -> None:
    kitchen.done("plan", "import", small_plan(tmp_path))
    with kitchen.rooms() as opened:
        head = opened.log.head(KITCHEN)
        assert head is not None
    assert kitchen.done("rebuild").lines == [f"{KITCHEN}: {head.seq} events"]
    said = kitchen("rebuild", "--kitchen", "sppg-9")
    assert said.code == 1
    assert "sppg-9" in said.err


# ---- the program ---------------------------------------------------------------------------------


def test_version_is_that_of_the_distribution(operator: Operator) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert operator.done("version").out == f"{project['version']}\n"


def test_help_names_every_command_and_loads_no_database() -> None:
    code = (
        "import sys, server.__main__ as program\n"
        "try: program.main(['--help'])\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'sqlalchemy', 'cryptography', 'argon2', 'websockets', 'dapur.kitchen'}\n"
        "sys.exit(f'loaded: {found}' if (found := heavy & set(sys.modules)) else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for word in ("init", "run", "kitchen", "plan", "staff", "device", "verify", "rebuild"):
        assert word in done.stdout


def test_every_command_of_the_parser_is_one_that_exists() -> None:
    from server.cli import commands, plans

    words = {
        "init": "init",
        "run": "run",
        "kitchen add k --name n": "kitchen_add",
        "kitchen list": "kitchen_list",
        "plan import p.json": "import_plan",
        "staff list --kitchen k": "staff_list",
        "staff add s --kitchen k --name n": "staff_add",
        "staff set-pin s --kitchen k": "staff_set_pin",
        "staff unlock s --kitchen k": "staff_unlock",
        "staff disable s --kitchen k": "staff_disable",
        "device code --kitchen k --name n": "device_code",
        "device list --kitchen k": "device_list",
        "device revoke d": "device_revoke",
        "verify": "verify_logs",
        "rebuild": "rebuild",
    }
    for typed, work in words.items():
        assert options.parser().parse_args(typed.split()).work == work
        assert callable(getattr(plans if work == "import_plan" else commands, work))


@pytest.mark.parametrize(
    "words", [(), ("cook",), ("staff",), ("plan", "import"), ("device", "code", "--name", "x")]
)
def test_operator_is_told_what_is_missing(operator: Operator, words: tuple[str, ...]) -> None:
    said = operator(*words)
    assert said.code == 2
    assert "usage: dapur-server" in said.err


def test_rooms_know_the_roles_of_the_log(kitchen: Operator, tmp_path: Path) -> None:
    kitchen.done("plan", "import", small_plan(tmp_path))
    with kitchen.rooms() as opened:
        assert opened._roles_of(KITCHEN, StaffId("kepala")) == {"KEPALA"}
        assert opened._roles_of(KITCHEN, StaffId("nobody")) == frozenset()
