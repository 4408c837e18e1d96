"""The rig of this folder's tests, on both databases, with a quick hash."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from server.identity import staff
from tests.support.identity_rig import Rig, rig_on


@pytest.fixture(autouse=True)
def quick_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """argon2 with the least work it knows: these tests are about who and how often."""
    monkeypatch.setattr(staff, "HASHER", PasswordHasher(1, 8, 1))


@pytest.fixture(params=["sqlite", "postgresql"])
def rig(request: pytest.FixtureRequest, tmp_path: Path, quick_hash: None) -> Iterator[Rig]:
    with rig_on(request.param, tmp_path) as made:
        yield made
