"""One server for all strangers' tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.strangers.floor import Floor, start_floor


@pytest.fixture(scope="package")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    """Two kitchens on one server; every test enrols devices of its own."""
    floor = start_floor(tmp_path_factory.mktemp("strangers"))
    try:
        yield floor
    finally:
        floor.server.kill()
