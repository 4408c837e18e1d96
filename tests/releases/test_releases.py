"""What old releases wrote is read by today's program, and what today's says is read by them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dapur.ids import KitchenId
from dapur.plan import read_plan
from dapur.wire.codec import decode_client, decode_server, encode
from server.desk.folding import load
from server.history.follower import History
from server.log import schema
from server.log.sql_log import SqlLog
from server.log.verify import verify
from tests.failures.kitchen import KITCHEN
from tests.releases.release import Release, releases
from tests.support.databases import opened
from tests.support.server_process import server_cli

RELEASES = releases()
every = pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
KINDS_UP = {"enrol", "hello", "submit", "got", "pull", "query"}
KINDS_DOWN = {"challenge", "welcome", "snapshot", "page", "live", "results", "top", "reply"}
READER = """
import sys
from dapur.wire.codec import decode_client, decode_server
for line in sys.stdin:
    way, text = line.rstrip("\\n").split(" ", 1)
    (decode_client if way == "up" else decode_server)(text)
"""


def test_there_are_releases() -> None:
    assert [release.name for release in RELEASES][:2] == ["0.1.0", "0.2.0"]


@every
def test_frames_of_an_old_release_are_read(release: Release, tmp_path: Path) -> None:
    kinds: dict[str, set[str]] = {"up": set(), "down": set()}
    for way, text, fields in release.frames(release.record(tmp_path)):
        frame = decode_client(text) if way == "up" else decode_server(text)
        kinds[way].add(fields["type"])
        # Nothing of it was passed over: all that the old release said is said again.
        assert json.loads(encode(frame)) | fields == json.loads(encode(frame)), text
    assert kinds["up"] >= KINDS_UP
    assert kinds["down"] >= KINDS_DOWN


@pytest.mark.parametrize("reader", RELEASES, ids=lambda release: release.name)
def test_frames_of_today_and_of_tomorrow_are_read_by_an_old_release(
    reader: Release, tmp_path: Path
) -> None:
    """Those of the newest record, with words in them that no release knows."""
    program = reader.program(tmp_path / "program")
    newest = RELEASES[-1]
    lines = []
    for way, text, fields in newest.frames(newest.record(tmp_path / "record")):
        later = json.dumps(fields | {"invented": {"later": [None, 1.5, "x"]}})
        lines += [f"{way} {text}", f"{way} {later}"]
    done = subprocess.run(
        [sys.executable, "-c", READER],
        cwd=program,
        input="\n".join(lines),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


@every
def test_log_file_of_an_old_release_is_raised_walked_folded_and_told(
    release: Release, tmp_path: Path
) -> None:
    data = release.record(tmp_path) / "server"
    url = f"sqlite:///{data / 'server.db'}"
    assert schema.current(url) == release.said().schema
    server_cli("init", "--data", str(data))
    assert schema.current(url) == schema.SCHEMA
    with opened(url) as engine:
        schema.check(engine)
        log = SqlLog(engine)
        assert [finding.wrong for finding in verify(engine)] == ["", ""]
        for kitchen, (seq, link) in release.said().heads.items():
            head = log.head(KitchenId(kitchen))
            assert head is not None
            assert (head.seq, head.hash.hex()) == (seq, link)
        state = load(log, KitchenId(KITCHEN)).kitchen
        assert state.batches
        assert not state.opaque, "an event of an old release is not understood any more"
        rebuilt = History(engine, log).rebuild(KitchenId(KITCHEN))
        assert rebuilt == release.said().heads[KITCHEN][0]


@every
def test_plan_file_of_an_old_release_is_read(release: Release, tmp_path: Path) -> None:
    plan = release.record(tmp_path) / "plan.json"
    assert read_plan(plan.read_bytes()).kitchen == KITCHEN
