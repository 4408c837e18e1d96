"""Every channel name that the platform's programs use, and what it means to the bridge."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path
from typing import Literal, get_args

import pytest

from dapur.ids import KitchenId
from server.bridge.names import HEARD, TOLD, Names, Route, stream, strict
from server.settings import Alias, BadSettings, Dialect, Heard, Settings, Told, load

DOCUMENT = Path(__file__).parents[3] / "docs" / "bridge.md"
TENANT = "cm3x9k2p70001"
KITCHEN = KitchenId(TENANT)

NAMES_FOUND: tuple[tuple[str, str, Literal["out", "in"]], ...] = (
    ("realtime:{sppgId}:production:status", "production:status", "out"),
    ("{sppgId}:production:status", "production:status", "out"),
    ("{sppgId}:distribution:tracking", "distribution:tracking", "out"),
    ("{sppgId}:distribution:tracking", "distribution:tracking", "in"),
    ("{sppgId}:inventory:alerts", "inventory:alerts", "in"),
    ("{sppgId}:collaboration:menu-editing", "system:notice", "in"),
    ("sppg:{sppgId}:production:created", "production:status", "out"),
    ("sppg:{sppgId}:distribution", "distribution:tracking", "in"),
    ("sppg:{sppgId}:distribution", "distribution:tracking", "out"),
    ("sppg:{sppgId}:inventory", "inventory:alerts", "in"),
    ("sppg:{sppgId}:inventory", "inventory:usage", "out"),
    ("sppg:{sppgId}:procurement", "system:notice", "in"),
    ("sppg:{sppgId}:hr", "system:notice", "in"),
    ("sppg:{sppgId}:notifications", "system:notice", "in"),
    ("menu:{sppgId}", "system:notice", "in"),
    ("dashboard-update-{sppgId}", "production:status", "out"),
    ("notification-{sppgId}", "system:notice", "in"),
    ("notification-{sppgId}", "distribution:tracking", "out"),
    ("system-alert", "system:notice", "in"),
    ("production:updates:{sppgId}", "production:status", "out"),
    ("production:updates:{sppgId}", "production:quality", "out"),
    ("menu:updates:{sppgId}", "system:notice", "in"),
    ("inventory:updates:{sppgId}", "inventory:usage", "out"),
    ("distribution:updates:{sppgId}", "distribution:tracking", "out"),
    ("hrd:updates:{sppgId}", "system:notice", "in"),
    ("procurement:updates:{sppgId}", "system:notice", "in"),
    ("production:alerts:{sppgId}", "production:alerts", "out"),
    ("updates:{sppgId}", "production:status", "out"),
    ("production:{sppgId}:status", "production:status", "out"),
    ("distribution:{sppgId}:tracking", "distribution:tracking", "out"),
    ("inventory:{sppgId}:alerts", "inventory:alerts", "in"),
    ("user:{userId}:notifications", "system:notice", "in"),
    ("system:health", "system:notice", "in"),
    ("system:notifications", "system:notice", "in"),
    ("system:broadcasts", "system:notice", "in"),
    ("system:activity", "system:notice", "in"),
    ("system:alerts", "system:notice", "in"),
)


@pytest.fixture(scope="module")
def aliases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Alias, ...]:
    """The document's own block, read as an operator's file."""
    blocks = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    data = tmp_path_factory.mktemp("data")
    (data / "server.toml").write_text("\n".join(blocks), encoding="utf-8")
    return load(data, {}).bridge_alias


@pytest.mark.parametrize(("name", "topic", "way"), NAMES_FOUND)
def test_document_maps_every_name_of_the_platform(
    aliases: tuple[Alias, ...], name: str, topic: str, way: str
) -> None:
    names = Names(aliases)
    channel = name.replace("{sppgId}", TENANT).replace("{userId}", "u-1")
    if way == "out":
        (told,) = [known for known in TOLD if known == topic]
        assert channel in [said for said, _ in names.told(told, KITCHEN)]
        return
    route = names.route(channel)
    assert route is not None
    assert (route.topic, route.tenant) == (topic, TENANT if "{sppgId}" in name else "")
    assert any(fnmatch.fnmatchcase(channel, pattern) for pattern in names.patterns)


def test_document_maps_nothing_else_and_uses_every_dialect(aliases: tuple[Alias, ...]) -> None:
    mapped = {(alias.channel, alias.topic, alias.direction) for alias in aliases}
    assert mapped == set(NAMES_FOUND) - {NAMES_FOUND[0]}
    assert {alias.dialect for alias in aliases} == set(get_args(Dialect))
    text = DOCUMENT.read_text(encoding="utf-8")
    assert not [name for name in get_args(Dialect) if f"| `{name}` |" not in text]
    assert not [topic for topic in (*TOLD, *HEARD) if f"`{topic}`" not in text]


def test_topics_are_those_of_the_settings() -> None:
    assert (get_args(Told), get_args(Heard)) == (TOLD, HEARD)


@pytest.mark.parametrize("topic", HEARD)
@pytest.mark.parametrize("tenant", ["sppg-1", "a:b", "x@y.z"])
def test_strict_name_is_heard_and_gives_its_tenant(topic: Heard, tenant: str) -> None:
    assert Names().route(f"realtime:{tenant}:{topic}") == Route(topic, tenant, strict=True)


@pytest.mark.parametrize(
    "channel",
    [
        "realtime:sppg-1:production:status",
        "realtime::production:plan",
        "realtime:sppg-1:production:plan:stream",
        "xrealtime:sppg-1:production:plan",
        "dapur:sppg-1:head",
        "",
    ],
)
def test_other_names_are_not_heard(channel: str) -> None:
    assert Names().route(channel) is None


def test_names_are_literal_where_redis_would_guess() -> None:
    names = Names((Alias("a*b?c[d]-{sppgId}", "in", "system:notice"),))
    assert r"a\*b\?c\[d\]-*" in names.patterns
    assert names.route("a*b?c[d]-s1") == Route("system:notice", "s1", strict=False)
    assert names.route("aXb?c[d]-s1") is None


def test_stream_stands_beside_the_channel_of_plans() -> None:
    channel = strict("production:plan").replace("{sppgId}", KITCHEN)
    assert stream(KITCHEN) == f"{channel}:stream"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('channel = "x-{sppgId}"\ndirection = "out"\ntopic = "system:notice"', "nothing of"),
        ('channel = "x-{sppgId}"\ndirection = "in"\ntopic = "production:status"', "nothing of"),
        ('channel = "x"\ndirection = "out"\ntopic = "production:status"', "needs {sppgId}"),
        ('channel = "{sppgId}"\ndirection = "in"\ntopic = "system:notice"', "beside something"),
        ('channel = "x"\ndirection = "in"\ntopic = "x:y"', "Invalid enum value"),
        ('channel = "x"\ndirection = "in"\ntopic = "system:notice"\nway = "x"', "unknown field"),
    ],
)
def test_alias_that_cannot_work_is_named(tmp_path: Path, lines: str, problem: str) -> None:
    (tmp_path / "server.toml").write_text(f"[[bridge_alias]]\n{lines}\n", encoding="utf-8")
    with pytest.raises(BadSettings, match=re.escape(problem)):
        load(tmp_path, {})


def test_bridge_is_off_unless_the_operator_says_where_it_goes(tmp_path: Path) -> None:
    assert load(tmp_path, {}).bridge_address == ""
    own = load(tmp_path, {"DAPUR_BRIDGE": "rediss://u:w@h:1/0", "DAPUR_BUS": "redis://b"})
    assert own.bridge_address == "rediss://u:w@h:1/0"
    same = load(tmp_path, {"DAPUR_BRIDGE": "bus", "DAPUR_BUS": "redis://b"})
    assert same.bridge_address == "redis://b"
    for wrong in ("bus", "http://x", "on"):
        with pytest.raises(BadSettings, match="bridge"):
            load(tmp_path, {"DAPUR_BRIDGE": wrong})
    assert Settings(tmp_path).bridge == "off"
