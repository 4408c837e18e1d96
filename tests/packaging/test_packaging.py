"""What the files of `packaging/` name is there: figures, labels, settings, commands, files."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dapur.wire.messages import GoodbyeCode, Outcome
from server.cli.options import parser
from server.settings import Settings
from tests.support.gateway import Shop, open_shop

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
BOARD = PACKAGING / "grafana" / "dapur.json"
ALERTS = PACKAGING / "prometheus" / "alerts.yml"
QUERIES = {"a dashboard": BOARD, "the alerts": ALERTS}
NAMES_NOT_OURS = {
    *("DAPUR_DATA", "DAPUR_IMAGE", "DAPUR_HOSTNAME"),
    *("DAPUR_DB_PASSWORD", "DAPUR_APP_PASSWORD"),
}
ISSUE = {
    "pending age": "dapur_pending_age_seconds",
    "oldest unanswered": "dapur_oldest_unanswered_seconds",
    "lag": "dapur_kiosk_lag_events",
    "reviews open": "dapur_reviews_open",
    "gaps repaired by poll": "dapur_poll_repairs",
    "forks": "dapur_forks",
    "Redis": "dapur_bus_up",
    "database": "dapur_database_up",
    "fan-out lag": "dapur_fanout_lag_seconds",
}
"""What an operator was promised to see."""


async def exported() -> dict[str, set[str]]:
    """Every sample that a running server can export, with its family."""
    async with open_shop(with_metrics=True) as shop:
        text = await _metrics(shop)
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        suffixes = {
            "counter": ("_total",),
            "histogram": ("_bucket", "_count", "_sum"),
            "gauge": ("",),
        }
        found[family.name] = {family.name + each for each in suffixes[family.type]}
    return found


async def _metrics(shop: Shop) -> str:
    port = int(shop.url.split(":")[2][:-1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    return answer.partition(b"\r\n\r\n")[2].decode()


@pytest.mark.parametrize("what", QUERIES)
async def test_every_figure_that_is_asked_for_is_exported_by_a_running_server(what: str) -> None:
    families = await exported()
    there = set().union(*families.values())
    asked = set(re.findall(r"\bdapur_[a-z_]+\b", QUERIES[what].read_text(encoding="utf-8")))
    assert len(asked) > 10
    assert not asked - there


async def test_everything_that_was_promised_is_exported_and_on_the_dashboard() -> None:
    families = await exported()
    board = BOARD.read_text(encoding="utf-8")
    for what, name in ISSUE.items():
        assert name in families, what
        assert name in board, what


def test_labels_that_the_queries_pick_have_values_that_exist() -> None:
    text = BOARD.read_text(encoding="utf-8").replace('\\"', '"') + ALERTS.read_text(
        encoding="utf-8"
    )
    codes = {each.value for each in GoodbyeCode}
    for picked in re.findall(r'\bcode=~?"([^"]+)"', text):
        assert set(picked.split("|")) <= codes
    outcomes = {each.value for each in Outcome}
    for picked in re.findall(r'\boutcome=~?"([^"]+)"', text):
        assert set(picked.split("|")) <= outcomes


def _panels() -> Iterator[dict[str, Any]]:
    yield from json.loads(BOARD.read_text(encoding="utf-8"))["panels"]


def test_panels_of_the_dashboard_say_what_they_mean_and_do_not_overlap() -> None:
    seen: set[tuple[int, int]] = set()
    ids: set[int] = set()
    for panel in _panels():
        at = panel["gridPos"]
        cells = {(at["x"] + dx, at["y"] + dy) for dx in range(at["w"]) for dy in range(at["h"])}
        assert not cells & seen, panel["title"]
        assert max(x for x, _ in cells) < 24, panel["title"]
        seen |= cells
        assert panel["id"] not in ids
        ids.add(panel["id"])
        if panel["type"] != "row":
            assert panel["description"], panel["title"]
            assert all(each["expr"] and each["legendFormat"] for each in panel["targets"])


def test_alerts_have_a_name_of_their_own_a_weight_and_advice() -> None:
    rules = ALERTS.read_text(encoding="utf-8").split("      - alert: ")[1:]
    names = [rule.splitlines()[0] for rule in rules]
    assert len(names) == len(set(names)) > 10
    for rule in rules:
        assert re.search(r"^        expr: \S", rule, re.MULTILINE), rule
        assert re.search(r"severity: (page|ticket)\}", rule), rule
        assert 'summary: "' in rule, rule
        assert 'description: "' in rule, rule


# ---- settings, commands, files -------------------------------------------------------------------


def test_every_setting_that_is_given_to_a_server_is_one() -> None:
    known = {f"DAPUR_{field.upper()}" for field in Settings.__struct_fields__} | NAMES_NOT_OURS
    for path in sorted(PACKAGING.rglob("*")):
        if path.is_file():
            named = set(re.findall(r"\bDAPUR_[A-Z_]+\b", path.read_text(encoding="utf-8")))
            assert not named - known, path


def test_every_command_that_is_named_can_be_typed() -> None:
    typed: list[str] = []
    for path in sorted(PACKAGING.rglob("*")):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            typed += re.findall(
                r"dapur-server ((?:init|run|certificate|device|database)\b[^`);|\n\"']*)", text
            )
    assert len(typed) >= 8
    for words in typed:
        plain = words.replace("%i", "8791").replace("$$DAPUR_HOSTNAME", "a.id").strip()
        if plain in ("device revoke", "init --host", "database grant"):
            plain += " x"
        parser().parse_args(plain.rstrip(".").split())


def test_every_file_that_a_compose_volume_names_is_there() -> None:
    compose = PACKAGING / "compose" / "compose.yaml"
    named = re.findall(r"- (\.\.?/[^:]+):", compose.read_text(encoding="utf-8"))
    assert len(named) == 6
    assert not [each for each in named if not (compose.parent / each).exists()]


@pytest.mark.parametrize("unit", sorted(PACKAGING.glob("systemd/*.service")), ids=lambda p: p.name)
def test_unit_gives_the_server_the_time_it_needs_to_end_and_no_rights(unit: Path) -> None:
    lines = [line for line in unit.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    said = dict(line.split("=", 1) for line in lines if "=" in line)
    # server/gateway/drain.py: GIVE_UP_S.
    assert int(said["TimeoutStopSec"]) > 25
    assert (said["NoNewPrivileges"], said["ProtectSystem"]) == ("yes", "strict")
    assert said["CapabilityBoundingSet"] == ""
    assert [line for line in lines if line.startswith("[")] == ["[Unit]", "[Service]", "[Install]"]
