"""The authorities by which this kiosk knows its server, in a file of their own; no secret, and no judgement."""

from __future__ import annotations

import os
from pathlib import Path


def load(path: Path) -> str:
    """The certificates (PEM); empty when there are none. Raises OSError."""
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        return ""


def save(path: Path, certificates: str) -> None:
    """Write them whole or not at all, also at a power cut: without them the kiosk needs a visit."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="ascii") as file:
        file.write(certificates)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
