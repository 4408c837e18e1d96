"""A real server process with a night of so many dishes; every figure that needs one starts its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.kiosk.plans import KITCHEN, write_plans
from tests.support.server_process import ServerProcess, server_cli

LOCAL_TIME = "03:45"
"""Where the night stands: cooking time."""


@contextmanager
def serving(folder: Path, dishes: int) -> Iterator[ServerProcess]:
    """A server on loopback, its database in `folder`; stopped in order afterwards."""
    server = ServerProcess(folder / "server")
    data = str(server.data)
    server_cli("init", "--data", data)
    for plan in write_plans(folder / "plan", dishes):
        words = ("--data", data, "--demo-pins", "--local-time", LOCAL_TIME)
        server_cli("plan", "import", str(plan), *words)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def code_for(server: ServerProcess, name: str) -> str:
    """A one-time code for one more kiosk."""
    return server.code(KITCHEN, name)
