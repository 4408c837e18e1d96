"""The child's end of `talk`: reads questions inside its event loop and writes the answers."""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
from collections.abc import Callable
from typing import Any

import msgspec

Question = Callable[..., Any]


class Answers:
    """Answers questions by the public methods of `host`; one that is a coroutine is awaited."""

    def __init__(self, host: object) -> None:
        self._host = host
        self._buffer = b""
        self._tasks: set[asyncio.Task[None]] = set()
        # What a library prints must not come between the answers.
        self._out = os.dup(1)
        os.dup2(2, 1)

    def listen(self) -> None:
        """Read stdin in the running loop."""
        os.set_blocking(0, False)
        asyncio.get_running_loop().add_reader(0, self._on_readable)

    def deaf(self) -> None:
        """Read no more."""
        asyncio.get_running_loop().remove_reader(0)

    def _on_readable(self) -> None:
        more = os.read(0, 1 << 16)
        if not more:
            self.deaf()
            return
        self._buffer += more
        while b"\n" in self._buffer:
            line, _, self._buffer = self._buffer.partition(b"\n")
            task = asyncio.get_running_loop().create_task(self._answer(line))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, line: bytes) -> None:
        asked = msgspec.json.decode(line, type=dict[str, Any])
        try:
            question: Question = getattr(self._host, asked.pop("do"))
            found = question(**asked)
            if inspect.isawaitable(found):
                found = await found
            said = {"is": found}
        except Exception as error:  # noqa: BLE001 - the parent shows it
            sys.excepthook(type(error), error, error.__traceback__)
            said = {"failed": f"{type(error).__name__}: {error}"}
        os.write(self._out, msgspec.json.encode(said) + b"\n")
