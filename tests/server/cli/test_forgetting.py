"""What is beyond its time goes: archived and signed first, never what a living kiosk or a follower needs."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dapur.envelope import GENESIS, chain
from dapur.ids import DeviceId
from server.cli import forgetting
from server.cli.context import now_ms
from server.desk.folding import load
from server.desk.ports import Sign
from server.history import follower
from server.history.follower import History
from server.history.forgetting import old_audit
from server.upkeep.retention import checkpoint_text
from tests.support.cli_rig import KITCHEN, Operator, made_folder, small_plan

YEARS_MS = 6 * 366 * forgetting.DAY_MS


@pytest.fixture
def operator(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Operator:
    """A kitchen whose log is followed; every stored state counts."""
    monkeypatch.setattr(follower, "STATE_EVENTS", 1)
    made = Operator(made_folder(tmp_path / "server"), capsys, monkeypatch)
    made.done("plan", "import", small_plan(tmp_path))
    with made.rooms() as opened:
        history = History(opened.engine, opened.log)
        history.follow(KITCHEN, opened.log.read(KITCHEN, 0, limit=5000))
    return made


@pytest.fixture
def years_later(monkeypatch: pytest.MonkeyPatch) -> int:
    """Six years have gone by, for the retention alone."""
    then_ms = now_ms() + YEARS_MS
    monkeypatch.setattr(forgetting, "now_ms", lambda: then_ms)
    return then_ms


def stands(operator: Operator) -> tuple[int, int, int]:
    """Floor, head, and rows of the audit."""
    with operator.rooms() as opened:
        head = opened.log.head(KITCHEN)
        assert head is not None
        rows = old_audit(opened.engine, KITCHEN, now_ms() + 2 * YEARS_MS)
        return head.floor, head.seq, rows


def kiosk(operator: Operator, got_seq: int, heard_ms: int) -> DeviceId:
    code = operator.done("device", "code", "--kitchen", KITCHEN, "--name", "Kios").lines[-1]
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    with operator.rooms() as opened:
        device = opened.identity.enrol(code, key, now_ms()).device
        opened.identity.heard({device: Sign(got_seq)}, 1, heard_ms)
    return device


def test_young_events_stay(operator: Operator) -> None:
    before = stands(operator)
    said = operator.done("forget")
    assert said.lines == [
        f"{KITCHEN}: 0 events go, nothing to forget",
        f"{KITCHEN}: 0 rows of the audit are gone",
    ]
    assert stands(operator) == before


@pytest.mark.usefixtures("years_later")
def test_dry_run_only_tells(operator: Operator) -> None:
    before = stands(operator)
    head = before[1]
    said = operator.done("forget", "--dry-run")
    assert said.lines[0].startswith(f"{KITCHEN}: {head} events would go")
    assert said.lines[1] == f"{KITCHEN}: {head} rows of the audit would go"
    assert stands(operator) == before
    assert not (operator.data / "archive").exists()


@pytest.mark.usefixtures("years_later")
def test_old_events_are_archived_with_a_signed_chain_and_the_server_goes_on(
    operator: Operator,
) -> None:
    _, head, _ = stands(operator)
    operator.done("forget")
    assert stands(operator) == (head, head, 0)
    (file,) = (operator.data / "archive").iterdir()
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        first, *events, end = map(json.loads, lines)
    assert (first["kitchen"], first["after"]) == (KITCHEN, 0)
    link = GENESIS
    for number, event in enumerate(events, start=1):
        link = chain(link, event["body"].encode())
        assert (event["seq"], event["hash"]) == (number, link.hex())
    with operator.rooms() as opened:
        key = opened.identity.server_key().public_key()
        key.verify(bytes.fromhex(end["signature"]), checkpoint_text(KITCHEN, head, link))
        assert load(opened.log, KITCHEN).kitchen.batches, "the state is still known"
    assert operator.done("verify").lines[-1].endswith("sound")
    operator.done("forget")
    assert len(list((operator.data / "archive").iterdir())) == 1


def test_living_kiosk_and_follower_keep_what_they_have_not_stored(
    operator: Operator, years_later: int
) -> None:
    kiosk(operator, 4, years_later - forgetting.DAY_MS)
    silent = kiosk(operator, 1, years_later - 91 * forgetting.DAY_MS)
    said = operator.done("forget")
    assert "a kiosk has not stored more" in said.lines[0]
    assert stands(operator)[0] == 4, f"{silent} is not waited for"


@pytest.mark.usefixtures("years_later")
def test_audit_has_a_period_of_its_own(operator: Operator) -> None:
    _, head, _ = stands(operator)
    operator.done("forget", "--audit-days", "9999")
    assert stands(operator) == (head, head, head)


def test_short_periods_are_refused(operator: Operator) -> None:
    said = operator("forget", "--events-days", "30")
    assert (said.code, "90 days" in said.err) == (1, True)
