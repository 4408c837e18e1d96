"""The edge: accepts sockets, answers health checks, limits who may shake hands; it admits nobody itself."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from dapur.ids import ConnectionId
from dapur.wire.messages import FRAME_MAX_BYTES, SUBPROTOCOL
from server.desk.ports import Unavailable
from server.gateway.connection import Connection
from server.gateway.line import Line
from server.gateway.services import WARDS, Services

BACKLOG = 4096
"""With asyncio's 100 two thousand kiosks that come back together take 7.9 s instead of 0.43 s."""
OPEN_S = 15.0
"""A kiosk on a line of 8 kbit/s behind TLS needs seconds for its request."""
CLOSE_S = 2.0
INBOUND_FRAMES = 4
"""Frames the library reads ahead; more only holds memory while the desk is busy."""
STRANGERS_MAX = 4_096
"""Connections without a hello: 60 MB of them, and two thousand kiosks that come back together fit in.
A full hall makes room by cutting the oldest that had its time.
"""
STRANGER_S = 5.0
RETRIES_S = 5
"""Who is turned away comes again after one to so many seconds."""
CONNECTIONS_MAX = 20_000
SECURE_S = 31_536_000
"""A browser that once came by TLS never comes without it again, for a year."""
REVOKED_S = 2.0
"""A revocation closes sockets within 5 s, also when another process wrote it."""
STILL_S = 3.0
"""The loop did nothing for so long: a fault of ours, or a machine without time for us."""

_log = logging.getLogger(__name__)


def response(status: HTTPStatus, body: bytes, kind: str = "text/plain", **more: str) -> Response:
    """A whole answer to a plain request; `more` are headers with underscores for dashes."""
    headers = Headers(
        {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Connection": "close",
            "Cache-Control": "no-store",
            # For a browser that is led here: nothing to guess, to run, to frame or to pass on.
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            **{name.replace("_", "-"): value for name, value in more.items()},
        }
    )
    return Response(status.value, status.phrase, headers, body)


class Listener:
    """One listening socket. `ready` becomes false when the server drains."""

    def __init__(
        self,
        services: Services,
        *,
        healthy: Callable[[], bool] = lambda: True,
        connections_max: int = CONNECTIONS_MAX,
        strangers_max: int = STRANGERS_MAX,
        with_metrics: bool = False,
    ) -> None:
        """`with_metrics`: whoever can reach this socket may read the figures of all kitchens."""
        self._services = services
        self._healthy = healthy
        self._connections_max = connections_max
        self._strangers_max = strangers_max
        self._with_metrics = with_metrics
        self._server: Server | None = None
        self._made = 0
        self._turned_away = 0
        self._is_secure = False
        self._tasks: list[asyncio.Task[None]] = []
        self.ready = True

    async def open(self, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> int:
        """Listen; returns the port. Raises OSError when the address is taken."""

        class Flushed(Line):
            """The lines of this listener share their guests."""

            guests = self._services.guests

        self._is_secure = tls is not None
        handshake: dict[str, Any] = {} if tls is None else {"ssl_handshake_timeout": OPEN_S}
        self._server = await serve(
            self._serve,
            host,
            port,
            ssl=tls,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            origins=[None],
            compression=None,
            max_size=FRAME_MAX_BYTES,
            max_queue=INBOUND_FRAMES,
            server_header=None,
            # Liveness is watched by the connection: the library's ping waits for a full buffer for ever.
            ping_interval=None,
            open_timeout=OPEN_S,
            close_timeout=CLOSE_S,
            backlog=BACKLOG,
            process_request=self._asked,
            process_response=self._answered,
            create_connection=Flushed,
            **handshake,
        )
        self._tasks = [
            asyncio.create_task(work, name=name)
            for name, work in (
                ("ticks", self._keep_ticking()),
                ("heads", self._services.fanout.keep_polling()),
                ("revoked", self._keep_revoking()),
                (
                    "presence",
                    self._services.presence.keep_writing(lambda: len(self._services.devices)),
                ),
            )
        ]
        port_taken: int = next(iter(self._server.sockets)).getsockname()[1]
        return port_taken

    def stop_accepting(self) -> None:
        """Take no new socket; open ones stay."""
        if self._server is not None:
            self._server.close(close_connections=False)

    async def close(self) -> None:
        """Cut what is left."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.stop_accepting()
        for connection in tuple(self._services.connections.values()):
            connection.abort("shutdown")
        if self._server is not None:
            await self._server.wait_closed()

    # ---- one socket ----------------------------------------------------------------------------

    def _asked(self, line: ServerConnection, request: Request) -> Response | None:
        """Answer a plain request, or let a WebSocket through (None)."""
        match request.path:
            case "/":
                return self._may_enter(line)
            case "/healthz":
                return response(HTTPStatus.OK, b"alive\n")
            case "/readyz":
                return self._readiness()
            case "/authority" if told := self._services.authorities():
                # For a kiosk that has no trust yet: it compares them with the pin behind its code.
                return response(HTTPStatus.OK, "".join(told).encode())
            case "/metrics" if self._with_metrics:
                return response(HTTPStatus.OK, self._services.metrics.text())
            case _:
                return response(HTTPStatus.NOT_FOUND, b"not found\n")

    def _readiness(self) -> Response:
        """Degraded is ready: a balancer that turned away here would turn away everywhere at once."""
        degraded = self._services.degraded
        if not (self.ready and self._healthy()):
            why = f"not ready: {degraded}\n" if degraded else "not ready\n"
            return response(HTTPStatus.SERVICE_UNAVAILABLE, why.encode())
        return response(
            HTTPStatus.OK, f"degraded: {degraded}\n".encode() if degraded else b"ready\n"
        )

    def _answered(
        self, _line: ServerConnection, _request: Request, answer: Response
    ) -> Response | None:
        """No answer but ours: the library's tell its name and repeat what a stranger sent."""
        if answer.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            return None
        if "X-Content-Type-Options" not in answer.headers:
            status = HTTPStatus(answer.status_code)
            upgrade = {"Upgrade": "websocket"} if status is HTTPStatus.UPGRADE_REQUIRED else {}
            answer = response(status, f"{status.phrase.lower()}\n".encode(), **upgrade)
        if self._is_secure:
            answer.headers["Strict-Transport-Security"] = f"max-age={SECURE_S}"
        return answer

    def _may_enter(self, line: ServerConnection) -> Response | None:
        connections = self._services.connections
        strangers = len(connections) - len(self._services.devices)
        full = len(connections) >= self._connections_max or (
            strangers >= self._strangers_max and not self._make_room()
        )
        full = full or (isinstance(line, Line) and self._services.guests.crowded(line.address))
        if self.ready and not full:
            return None
        self._turned_away += 1
        # Spread, or all whom one full moment turned away would come back in one moment.
        retry_s = str(1 + self._turned_away % RETRIES_S)
        return response(HTTPStatus.SERVICE_UNAVAILABLE, b"come back\n", Retry_After=retry_s)

    def _make_room(self) -> bool:
        """Cut the oldest connection that said no hello in its time: a few idle sockets keep nobody out."""
        for connection in self._services.connections.values():
            if connection.record is None:
                if connection.age_s() < STRANGER_S:
                    return False
                connection.abort("no room")
                return True
        return False

    async def _serve(self, line: ServerConnection) -> None:
        if not isinstance(line, Line):
            raise TypeError("create_connection makes lines")
        self._made += 1
        connection = Connection(ConnectionId(f"c-{self._made}"), line, self._services)
        self._services.opened(connection)
        await connection.serve()

    # ---- every second --------------------------------------------------------------------------

    async def _keep_ticking(self) -> None:
        turn = 0
        while True:
            began_s = time.monotonic()
            await asyncio.sleep(1 / WARDS)
            if (passed_s := time.monotonic() - began_s) > STILL_S:
                _log.warning("the loop stood still for %.1f s", passed_s)
            turn = (turn + 1) % WARDS
            for connection in tuple(self._services.wards[turn]):
                try:
                    connection.tick()
                except Exception:  # noqa: BLE001 - one connection's fault must not stop the watch over all
                    _log.exception("%s: tick failed", connection.id)

    async def _keep_revoking(self) -> None:
        while True:
            await asyncio.sleep(REVOKED_S)
            with suppress(Unavailable):
                await self._services.end_revoked()
