"""The figures at an address of their own, for whoever collects them; no kiosk is served here."""

from __future__ import annotations

from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from server.gateway.listener import CLOSE_S, response
from server.metrics import Metrics

OPEN_S = 5.0
"""A collector sits beside the server: who is slower than this only holds a socket."""
BACKLOG = 16
"""One collector, perhaps two."""


class FiguresPage:
    """Answers `GET /metrics` with the exposition text and nothing else."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._server: Server | None = None

    async def open(self, host: str, port: int) -> int:
        """Listen; returns the port. Raises OSError when the address is taken."""
        self._server = await serve(
            _no_socket,
            host,
            port,
            process_request=self._asked,
            compression=None,
            server_header=None,
            ping_interval=None,
            open_timeout=OPEN_S,
            close_timeout=CLOSE_S,
            backlog=BACKLOG,
        )
        taken: int = next(iter(self._server.sockets)).getsockname()[1]
        return taken

    async def close(self) -> None:
        """Stop listening; a second time does nothing."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def _asked(self, _line: ServerConnection, request: Request) -> Response:
        if request.path != "/metrics":
            return response(HTTPStatus.NOT_FOUND, b"not found\n")
        return response(HTTPStatus.OK, self._metrics.text())


async def _no_socket(line: ServerConnection) -> None:
    """Never reached: every request is answered before it becomes a WebSocket."""
    await line.close()
