"""Plans of a night with as many dishes as a figure wants; they are files for `dapur-server plan import`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

DEMO = Path(__file__).resolve().parents[2] / "resources" / "demo"
KITCHEN = "cendana-02"
PIN = "135790"
PINS = "pins.json"
FILE_HOLDS = 100
"""Dishes that one plan file may have."""
COOKS = ("s-joko", "s-sari", "s-budi", "s-agus", "s-eko", "s-fitri")


def write_plans(folder: Path, dishes: int) -> list[Path]:
    """The demo night with `dishes` measured dishes, all in the first wave; beside them the PINs.

    Several files when one cannot hold them all; imported one after another they make one night.
    """
    plan: dict[str, Any] = msgspec.json.decode((DEMO / "night.json").read_bytes())
    # With a core limit a card shows temperature, band and three buttons.
    dishes_of_wave = [each for each in plan["batches"] if each["wave"] == "G1"]
    models = [each for each in dishes_of_wave if each["limits"].get("core_c")]
    made = [{**models[number % len(models)], "code": code(number)} for number in range(dishes)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PINS).write_bytes((DEMO / PINS).read_bytes())
    paths = []
    for first in range(0, dishes, FILE_HOLDS):
        paths.append(folder / f"night-{first}.json")
        part = {**plan, "batches": made[first : first + FILE_HOLDS]}
        paths[-1].write_bytes(msgspec.json.encode(part))
    return paths


def code(number: int) -> str:
    """Code of the dish of this number, from 0."""
    return f"G1-{number + 1:03d}"
