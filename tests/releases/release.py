"""Releases of the past as they were: their programs, and what they wrote; it unpacks, it changes nothing."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import msgspec

from tests.failures.kiosk_process import Confirmed

HERE = Path(__file__).parent
SOURCE, RECORD, SAID = "source.tar.xz", "record.tar.xz", "said.json"
CONFIRMED = "confirmed.json"


class Said(msgspec.Struct, frozen=True):
    """What was known of a release when it was frozen."""

    commit: str
    schema: int
    """Newest migration that its server knows."""
    state_version: int
    heads: dict[str, tuple[int, str]]
    """Last event and hash (hex) of each kitchen in its log file."""
    unsent: dict[str, int]
    """How many taps each kiosk holds that no server has answered."""


class Release(msgspec.Struct, frozen=True):
    """One frozen release."""

    name: str

    @property
    def folder(self) -> Path:
        """Where it lies in this tree."""
        return HERE / self.name

    def said(self) -> Said:
        """What is known of it."""
        return msgspec.json.decode((self.folder / SAID).read_bytes(), type=Said)

    def program(self, into: Path) -> Path:
        """Unpack server, kiosk without a window, and core; the folder to run them in."""
        return self._unpacked(SOURCE, into)

    def record(self, into: Path) -> Path:
        """Unpack what it wrote: `server/`, a folder for each kiosk, `frames.jsonl`, `plan.json`."""
        return self._unpacked(RECORD, into)

    def confirmed(self, record: Path) -> list[Confirmed]:
        """Every tap that a screen confirmed."""
        return msgspec.json.decode((record / CONFIRMED).read_bytes(), type=list[Confirmed])

    def frames(self, record: Path) -> list[tuple[str, str, Any]]:
        """What went over its wire: `up` or `down`, the text, and the text as JSON."""
        lines = (record / "frames.jsonl").read_text(encoding="utf-8").splitlines()
        found = [json.loads(line) for line in lines]
        return [(way, text, json.loads(text)) for way, text in found]

    def _unpacked(self, name: str, into: Path) -> Path:
        into.mkdir(parents=True, exist_ok=True)
        with tarfile.open(self.folder / name) as archive:
            archive.extractall(into, filter="data")
        return into


def releases() -> list[Release]:
    """All that were frozen, the oldest first."""
    found = [each.parent.name for each in HERE.glob(f"*/{SAID}")]
    return [Release(name) for name in sorted(found, key=lambda n: [int(x) for x in n.split(".")])]
