"""A cable that can be pulled: a TCP proxy on loopback between a kiosk and its server."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Cable:
    """Forwards bytes both ways while plugged in; pulled out it cuts every connection and takes no new one."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._links: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._plugged = True
        self.port = 0

    @property
    def url(self) -> str:
        """Where a kiosk connects to."""
        return f"ws://127.0.0.1:{self.port}/"

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def pull(self) -> None:
        """Cut everything; new connections are refused at once."""
        self._plugged = False
        for writer in tuple(self._links):
            writer.transport.abort()

    def plug(self) -> None:
        """Let new connections through."""
        self._plugged = True

    async def close(self) -> None:
        """End of the test."""
        self.pull()
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._plugged:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        self._links |= {writer, far_writer}
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.ensure_future(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        self._links.discard(sink)
        sink.transport.abort()
