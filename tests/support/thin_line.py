"""A thin line: a TCP proxy on loopback that lets so many bytes through a second, with deep buffers before it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

STEP_S = 0.02


class ThinLine:
    """Both directions have `bytes_per_s`; what does not fit waits in the sender's buffers, as at a modem."""

    def __init__(self, port: int, bytes_per_s: int) -> None:
        self._target = port
        self._step_bytes = max(1, int(bytes_per_s * STEP_S))
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.connections = 0

    async def __aenter__(self) -> ThinLine:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0, limit=4096)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        """Where a kiosk connects to."""
        assert self._server is not None
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/"

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        far_reader, far_writer = await asyncio.open_connection(
            "127.0.0.1", self._target, limit=4096
        )
        self._writers += [writer, far_writer]
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.ensure_future(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        with suppress(OSError, asyncio.CancelledError):
            while data := await source.read(self._step_bytes):
                due_s = max(due_s, loop.time()) + STEP_S * len(data) / self._step_bytes
                sink.write(data)
                await asyncio.sleep(max(0.0, due_s - loop.time()))
        sink.transport.abort()
