"""A real server process with the demo kitchen, started by the same commands an operator types."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from dev import die_with_parent

ROOT = Path(__file__).resolve().parents[2]
PLAN = ROOT / "resources" / "demo" / "night.json"
READY_S = 30.0
PROGRAM = "DAPUR_TEST_PROGRAM"
"""In its environment: the module to run in the place of `server`, for a failure no product has."""


def server_cli(*words: str, stdin: str | None = None, root: Path = ROOT) -> str:
    """Run one `dapur-server` command; its output, or an error that shows what it said.

    `root` is the checkout whose program it is.
    """
    done = subprocess.run(
        [sys.executable, "-m", "server", *words],
        cwd=root,
        input=stdin,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


class ServerProcess:
    """`dapur-server run` on loopback; killed at the latest with the test."""

    def __init__(
        self, data: Path, *, environment: dict[str, str] | None = None, root: Path = ROOT
    ) -> None:
        """`root` is the checkout whose program it is; may be changed between two lives."""
        self.data = data
        self.root = root
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def prepare(self, plan: Path = PLAN, *, clock: str = "00:20") -> None:
        """Make the data directory and import a plan."""
        server_cli("init", "--data", str(self.data), root=self.root)
        words = ["plan", "import", str(plan), "--data", str(self.data), "--demo-pins"]
        server_cli(*words, *(["--local-time", clock] if clock else []), root=self.root)

    def start(self) -> None:
        """Start and wait until it listens; the port stays the same over restarts."""
        ready = self.data / "ready.json"
        ready.unlink(missing_ok=True)
        with (self.data / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", self._environment.get(PROGRAM, "server"), "run"),
                    *("--data", str(self.data), "--listen", f"127.0.0.1:{self.port}"),
                    *("--ready-file", str(ready)),
                ],
                cwd=self.root,
                env=self._environment,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - called in the main thread
            )
        give_up = time.monotonic() + READY_S
        while not ready.exists():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < give_up, "the server did not get ready"
            time.sleep(0.02)
        self.port = int(json.loads(ready.read_text())["url"].rsplit(":", 1)[1].strip("/"))

    @property
    def url(self) -> str:
        """Where a kiosk connects to."""
        return f"ws://127.0.0.1:{self.port}/"

    @property
    def pid(self) -> int:
        """The process id while it runs."""
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def code(self, kitchen: str, name: str) -> str:
        """An enrolment code for one more kiosk."""
        words = ("device", "code", "--data", str(self.data), "--kitchen", kitchen, "--name", name)
        return server_cli(*words, root=self.root).splitlines()[-1].strip()

    def log(self) -> str:
        """What it has written."""
        return (self.data / "server.log").read_text()

    def kill(self) -> None:
        """SIGKILL: a power cut of the process."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM: an orderly end."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)
