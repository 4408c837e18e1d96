"""A TCP line to a database that loses an answer or is cut, for commits nobody can be sure of."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType

from sqlalchemy.engine import make_url


class Line:
    """Forwards one database; `url` is the way over the line."""

    def __init__(self, url: str) -> None:
        target = make_url(url)
        self._target = (target.host or "", target.port or 0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._swallow = threading.Event()
        self.swallowed = b""
        here = target.set(port=self._listener.getsockname()[1])
        # Encryption would hide where an answer ends from nobody here, but it costs a round trip.
        self.url = here.update_query_dict({"sslmode": "disable"}).render_as_string(
            hide_password=False
        )

    def __enter__(self) -> Line:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join()

    def cut(self) -> None:
        """Cut every connection now."""
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def swallow_next_answer(self) -> None:
        """Let the next request through, keep its answer and cut the line."""
        self._swallow.set()

    def _start(self, run: object, *args: object) -> None:
        assert callable(run)
        thread = threading.Thread(target=run, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
                self._sockets += [near, far]
                self._start(self._ask, near, far)
                self._start(self._answer, far, near)

    def _ask(self, near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError), far:
            while data := near.recv(65536):
                far.sendall(data)
            far.shutdown(socket.SHUT_RDWR)

    def _answer(self, far: socket.socket, near: socket.socket) -> None:
        with contextlib.suppress(OSError), near:
            while data := far.recv(65536):
                if self._swallow.is_set():
                    self.swallowed = data
                    self.cut()
                    return
                near.sendall(data)
            near.shutdown(socket.SHUT_RDWR)
