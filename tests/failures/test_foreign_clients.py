"""The bridge and clients that nobody here wrote: redis-cli and node's redis package; part of `make failures` alone."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dapur.ids import KitchenId
from dev import APT_INSTALL, NODE_FOLDER, NODE_REDIS
from server.desk.folding import load
from tests.failures.kitchen import FULL
from tests.failures.platform import Hand, word
from tests.failures.province import Province, open_province
from tests.support.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

WITHIN_S = 30.0
NODE_PROGRAM = Path(__file__).parent / "node" / "platform.mjs"


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    with open_province(tmp_path_factory.mktemp("province"), bridge=True) as opened:
        yield opened


class Program:
    """A foreign program whose output goes to a file, and whose input we write."""

    def __init__(self, folder: Path, *words: str) -> None:
        self._out = folder / "out"
        self._file = self._out.open("wb")
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=self._file)

    @property
    def lines(self) -> list[str]:
        """What it wrote, whole lines."""
        return self._out.read_text(encoding="utf-8").splitlines()

    def say(self, line: str) -> None:
        """One line to its input."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()
        self._file.close()


def spoken(*words: str, text: str) -> None:
    """Run a program once with this as its input."""
    subprocess.run(words, input=text.encode(), stdout=subprocess.DEVNULL, check=True, timeout=30)


def redis_cli() -> str:
    """Debian's own program."""
    found = shutil.which("redis-cli")
    assert found, f"this row needs redis-cli: sudo {APT_INSTALL} redis-tools"
    return found


def node() -> str:
    """The program, with the client in its folder."""
    found = shutil.which("node")
    assert found, f"this row needs node 20 or newer: sudo {APT_INSTALL} nodejs npm"
    package = NODE_FOLDER / "node_modules" / "redis"
    assert package.is_dir(), f"this row needs npm install --prefix {NODE_FOLDER} {NODE_REDIS}"
    return found


def plan(kitchen: str) -> dict[str, Any]:
    """The demo's night, for another kitchen and without its people."""
    found: dict[str, Any] = json.loads(
        (Path(__file__).parents[2] / "resources/demo/night.json").read_bytes()
    )
    found |= {"kitchen": kitchen, "staff": [], "policy": {}}
    found["batches"] = [batch | {"crew": []} for batch in found["batches"]]
    return found


def planned(kitchen: KitchenId, own: str) -> dict[str, Any]:
    """The same as a message of the platform."""
    said = word(kitchen, "", own=own)
    return said | {"type": "production.plan", "data": plan(kitchen)}


async def _redis_cli_plays_the_platform(province: Province, folder: Path) -> None:
    await province.well()
    kitchen = province.county(0).kitchen
    line = (redis_cli(), "-p", str(province.redis.port))
    ear = Program(folder, *line, "PSUBSCRIBE", f"realtime:{kitchen}:*")
    try:
        await until(lambda: "psubscribe" in ear.lines)
        channel = f"realtime:{kitchen}:production:plan"
        said = json.dumps(planned(kitchen, "cli-1"))
        spoken(*line, "-x", "PUBLISH", channel, text=said)
        wanted = len(plan(kitchen)["batches"])
        await until(
            lambda: sum('"production.planned"' in each for each in ear.lines) == wanted,
            within_s=WITHIN_S,
        )
        notice = json.dumps(word(kitchen, "Stok beras tinggal 12 kg", own="cli-2"))
        for _ in range(2):
            channel = f"realtime:{kitchen}:inventory:alerts"
            spoken(*line, "-x", "PUBLISH", channel, text=notice)
        await until(lambda: notices(province, kitchen) == ["Stok beras tinggal 12 kg"])
    finally:
        ear.end()


async def _node_plays_the_platform(province: Province, folder: Path) -> None:
    await province.well()
    kitchen = province.county(0).kitchen
    address = province.redis.address()
    client = Program(folder, node(), str(NODE_PROGRAM), str(NODE_FOLDER), address, kitchen)
    try:
        await until(lambda: any("ready" in line for line in client.lines), within_s=WITHIN_S)
        key = f"realtime:{kitchen}:production:plan:stream"
        client.say(json.dumps({"stream": key, "message": planned(kitchen, "node-1")}))
        wanted = len(plan(kitchen)["batches"])
        await until(lambda: len(heard(client, "production.planned")) == wanted, within_s=WITHIN_S)
        seqs = [said["seq"] for said in heard(client, "production.planned")]
        assert seqs == sorted(seqs)
        batch = heard(client, "production.planned")[0]["data"]["batchId"]
        Hand(province.log, kitchen).give("hold_batch", batch, {"reason": "allergen"})
        await until(lambda: bool(heard(client, "production.hold_changed")), within_s=WITHIN_S)
        held = heard(client, "production.hold_changed")[0]
        assert (held["sppgId"], held["data"]["held"]) == (kitchen, True)
        said = {
            "channel": f"realtime:{kitchen}:system:notice",
            "message": word(kitchen, "Air mati"),
        }
        client.say(json.dumps(said))
        await until(lambda: notices(province, kitchen) == ["Air mati"])
        track = word(kitchen, "", own="node-2") | {"data": {"id": "D-1", "status": "DELIVERED"}}
        channel = f"realtime:{kitchen}:distribution:tracking"
        client.say(json.dumps({"channel": channel, "message": track}))
        await until(lambda: "D-1" in load(province.log, kitchen).kitchen.deliveries)
    finally:
        client.end()


def heard(client: Program, kind: str) -> list[dict[str, Any]]:
    """What node heard of one type."""
    found = [json.loads(line) for line in client.lines if line.endswith("}")]
    return [said["message"] for said in found if said.get("message", {}).get("type") == kind]


def notices(province: Province, kitchen: KitchenId) -> list[str]:
    """What the kitchen was told."""
    return [notice.text for notice in load(province.log, kitchen).kitchen.notices]


if FULL:
    # Neither program is needed for the tests of every push, so their rows exist only here.

    async def test_redis_cli_hears_the_kitchen_and_plans_it(
        province: Province, tmp_path: Path
    ) -> None:
        await _redis_cli_plays_the_platform(province, tmp_path)

    async def test_client_of_node_hears_the_kitchen_and_plans_it(
        province: Province, tmp_path: Path
    ) -> None:
        await _node_plays_the_platform(province, tmp_path)
