"""A kiosk killed at any moment: what was confirmed is on the disk."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.local.salvage import check, open_store

TAP = """
import sys
from pathlib import Path
from kiosk.local.salvage import open_store
from tests.support import loose_taps as taps
store = open_store(Path(sys.argv[1]))
number = store.outbox_position.dseq
while True:
    number += 1
    command, body = taps.body(number, padding=200)
    store.tap(command, body, tapped_ms=number)
    sys.stdout.write(command + "\\n")
    sys.stdout.flush()
"""


@pytest.mark.slow
def test_every_confirmed_tap_is_there_when_the_kiosk_is_killed_at_any_moment(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "store"
    random_ = random.Random(20261122)
    confirmed: list[str] = []
    for _ in range(12):
        with subprocess.Popen(
            [sys.executable, "-c", TAP, str(folder)], stdout=subprocess.PIPE, text=True
        ) as kiosk:
            assert kiosk.stdout is not None
            # Killed in the midst of writing, at another tap each time.
            lines = range(random_.randrange(1, 40))
            confirmed += [kiosk.stdout.readline().strip() for _ in lines]
            kiosk.kill()
            confirmed += [line.strip() for line in kiosk.stdout if line.endswith("\n")]
            kiosk.wait()
    check(folder / "kiosk.db")
    store = open_store(folder)
    rows = {row.dseq: row for row in store.pending()}
    ids = [row.bytes[7:43].decode() for row in rows.values()]
    assert sorted(rows) == list(range(1, len(rows) + 1))
    assert [command for command in confirmed if command not in ids] == []
    assert len(ids) - len(confirmed) <= 12
    store.close()
