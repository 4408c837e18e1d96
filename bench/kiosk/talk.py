"""A child process that answers questions, one JSON line each way: how a figure drives a kiosk."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from dev import die_with_parent

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0
LOOK_EVERY_S = 0.02


def as_installed() -> dict[str, str]:
    """This environment, but as where a kiosk is installed: Python keeps what it compiled."""
    return {key: each for key, each in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


class ChildFailed(RuntimeError):
    """A child ended, was silent for too long, or said that it could not; `str()` has its log's end."""


class Child:
    """One process that runs a module of this folder; questions go to its stdin, answers come from its stdout."""

    def __init__(
        self, module: str, words: Sequence[str], log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        """Start it. `started_ns` is the monotonic moment just before, to time its start with."""
        self._log = log
        self._buffer = b""
        with log.open("ab") as errors:
            self.started_ns = time.monotonic_ns()
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *words],
                cwd=ROOT,
                env={**as_installed(), **(env or {})},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - called in the main thread
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ask(self, what: str, *, within_s: float = PATIENCE_S, **args: object) -> Any:
        """Ask and wait for the answer. Raises ChildFailed."""
        self.say(what, **args)
        return self.hear(within_s=within_s)

    def say(self, what: str, **args: object) -> None:
        """Ask without waiting: `hear` gets the answer."""
        pipe = self._pipe(self._process.stdin)
        pipe.write(msgspec.json.encode({"do": what, **args}) + b"\n")
        pipe.flush()

    def hear(self, *, within_s: float = PATIENCE_S) -> Any:
        """The next answer. Raises ChildFailed."""
        answer = msgspec.json.decode(self._line(within_s))
        if "failed" in answer:
            raise ChildFailed(f"{answer['failed']}\n{self._told()}")
        return answer["is"]

    def until(self, what: str, *, within_s: float = PATIENCE_S) -> None:
        """Ask again and again until the answer is true."""
        give_up = time.monotonic() + within_s
        while not self.ask(what):
            if time.monotonic() > give_up:
                raise ChildFailed(f"{what} is not so within {within_s} s\n{self._told()}")
            time.sleep(LOOK_EVERY_S)

    def end(self) -> None:
        """SIGTERM, then wait."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(timeout=10)
        for pipe in (self._process.stdin, self._process.stdout):
            self._pipe(pipe).close()

    def _line(self, within_s: float) -> bytes:
        pipe = self._pipe(self._process.stdout)
        give_up = time.monotonic() + within_s
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([pipe], [], [], max(0.0, give_up - time.monotonic()))
            more = os.read(pipe.fileno(), 1 << 20) if ready else b""
            if not more:
                why = "ended" if ready else f"is silent for {within_s} s"
                raise ChildFailed(f"the child {why}\n{self._told()}")
            self._buffer += more
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _told(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-25:])

    def _pipe(self, pipe: Any) -> BinaryIO:
        assert pipe is not None
        found: BinaryIO = pipe
        return found


@contextmanager
def child(
    module: str, *words: str, log: Path, env: Mapping[str, str] | None = None
) -> Iterator[Child]:
    """A child for as long as the block runs."""
    made = Child(module, words, log, env)
    try:
        yield made
    finally:
        made.end()
