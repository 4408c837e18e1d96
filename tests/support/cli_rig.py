"""The operator at the keyboard: runs `dapur-server` in this process and keeps what it said."""

from __future__ import annotations

import functools
import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dapur.ids import KitchenId
from dapur.kitchen import Kitchen
from server.__main__ import main
from server.cli.context import Rooms, rooms
from server.cli.plans import OUTBOX
from server.desk.folding import load as load_kitchen
from server.settings import load as load_settings

KITCHEN = KitchenId("sppg-1")


class Said(msgspec.Struct, frozen=True):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Of standard output."""
        return self.out.splitlines()


class Operator:
    """Types commands for one data folder."""

    def __init__(
        self, data: Path, capture: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.data = data
        self._capture = capture
        self._monkeypatch = monkeypatch

    def __call__(self, *words: str | Path, stdin: str = "") -> Said:
        """One command with `--data`; what argparse refuses ends with its own exit code."""
        self._monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        self._capture.readouterr()
        try:
            code = main([*map(str, words), "--data", str(self.data)])
        except SystemExit as end:
            code = int(end.code or 0)
        said = self._capture.readouterr()
        return Said(code, said.out, said.err)

    def done(self, *words: str | Path, stdin: str = "") -> Said:
        """The same; it must have worked and complained of nothing."""
        said = self(*words, stdin=stdin)
        assert (said.code, said.err) == (0, ""), said
        return said

    @contextmanager
    def rooms(self) -> Iterator[Rooms]:
        """What the database holds."""
        with rooms(load_settings(self.data, {})) as opened:
            yield opened

    def state(self, kitchen: KitchenId = KITCHEN) -> Kitchen:
        """A kitchen by its log."""
        with self.rooms() as opened:
            return load_kitchen(opened.log, kitchen).kitchen

    def marks(self, kitchen: KitchenId = KITCHEN) -> tuple[object, ...]:
        """All that an import could have changed in a kitchen."""
        with self.rooms() as opened:
            head = opened.log.head(kitchen)
            outbox = opened.log.outbox_head(kitchen, OUTBOX)
            return head, outbox, opened.identity.kitchens(), opened.identity.staff(kitchen)


@functools.cache
def _made() -> Path:
    """One folder made by `init`; every test gets a copy, for a migration takes half a second."""
    folder = Path(tempfile.mkdtemp(prefix="dapur-cli-"))
    assert main(["init", "--data", str(folder)]) == 0
    return folder


def made_folder(data: Path) -> Path:
    """A data folder as `init` leaves it."""
    shutil.copytree(_made(), data)
    return data


def small_plan(folder: Path, change: Callable[[dict[str, Any]], object] | None = None) -> Path:
    """A plan file of three people, one wave and two batches, changed as the test wants it."""
    plan: dict[str, Any] = {
        "format": 1,
        "kitchen": KITCHEN,
        "name": "SPPG Uji",
        "serving_date": "2026-11-22",
        "zone": "WIB",
        "policy": {
            "consume_within_min": {
                "value": 200,
                "source": "SOP dapur uji",
                "valid_from": "2026-01-28",
            }
        },
        "staff": [_person("kepala", "KEPALA"), _person("siti"), _person("budi")],
        "waves": [
            {
                "id": "G1",
                "name": "Gelombang 1",
                "departure": "06:30",
                "stops": [
                    {
                        "id": "sd-1",
                        "name": "SDN Uji 1",
                        "kind": "school",
                        "pk": 120,
                        "pb": 90,
                        "meal": "07:45",
                        "travel_min": 15,
                    }
                ],
            }
        ],
        "batches": [batch_plan("G1-01"), batch_plan("G1-02")],
    }
    if change is not None:
        change(plan)
    path = folder / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    return path


def _person(name: str, role: str = "STAFF_DAPUR") -> dict[str, Any]:
    return {
        "id": name,
        "name": name.title(),
        "roles": [role],
        "team": "Pengolahan",
        "shift_start": "23:00",
        "shift_end": "07:00",
    }


def batch_plan(code: str) -> dict[str, Any]:
    """One dish for wave G1, cooked by Siti."""
    return {
        "code": code,
        "dish": f"dish-{code.lower()}",
        "name": f"Dish {code}",
        "wave": "G1",
        "pk": 120,
        "pb": 90,
        "prepare": "00:30",
        "cook": "02:00",
        "ready": "04:30",
        "steps": [{"text": "Masak sampai matang", "duration_min": 60, "core_c": 75.0}],
        "ingredients": [{"name": "Ayam potong", "amount": 42.5, "unit": "kg"}],
        "crew": ["siti"],
    }
