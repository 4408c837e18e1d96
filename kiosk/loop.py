"""Runs one coroutine on Qt's loop from start to orderly end; it knows no screen and no kitchen."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType

# qasync takes whatever Qt binding is loaded first.
from PySide6.QtWidgets import QApplication

from kiosk.tidy import tidied

import qasync  # isort: skip

SHUTDOWN_S = 8.0
"""Closing takes two seconds; a task that a nested loop of Qt lost cannot even be cancelled."""
STUCK_EXIT = 70
"""Exit code of a shutdown that had to be cut (EX_SOFTWARE)."""

Main = Callable[[asyncio.Event], Awaitable[int]]
_log = logging.getLogger(__name__)


def run(app: QApplication, main: Main) -> int:
    """Run `main(stop)` on Qt's loop; gives its exit code.

    `stop` is set by SIGTERM, SIGINT (Ctrl-C) and by whoever holds it; `main` then closes in order
    and returns. If closing takes longer than SHUTDOWN_S the process ends with STUCK_EXIT.
    """
    # The last window closing must not stop the loop under a running coroutine; `main` decides.
    app.setQuitOnLastWindowClosed(False)
    sys.excepthook = log_uncaught
    with Watchdog() as watchdog, tidied(), _runner(app) as runner:
        return runner.run(_guarded(main, watchdog))


def _runner(app: QApplication) -> asyncio.Runner:
    return asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app))


async def _guarded(main: Main, watchdog: Watchdog) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_log_loop)
    with _signals(loop, stop):
        ender = asyncio.ensure_future(_arm(stop, watchdog))
        try:
            return await main(stop)
        finally:
            watchdog.arm()
            ender.cancel()


async def _arm(stop: asyncio.Event, watchdog: Watchdog) -> None:
    await stop.wait()
    watchdog.arm()


class Watchdog:
    """Ends the process from another thread when its shutdown hangs."""

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None

    def arm(self) -> None:
        """The shutdown began."""
        if self._timer is None:
            self._timer = threading.Timer(SHUTDOWN_S, self._cut)
            self._timer.daemon = True
            self._timer.start()

    def _cut(self) -> None:
        _log.critical("the shutdown hangs; the process is cut")
        faulthandler.dump_traceback(file=sys.__stderr__ or sys.stderr)
        os._exit(STUCK_EXIT)

    def __enter__(self) -> Watchdog:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()


class _signals:  # noqa: N801 - used as a block, like contextlib's
    """SIGTERM and SIGINT set the event while the block runs."""

    def __init__(self, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
        self._loop = loop
        self._stop = stop

    def __enter__(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            # Windows has no such handlers: there the window's close button is the way out.
            with suppress(NotImplementedError):
                self._loop.add_signal_handler(number, self._stop.set)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(NotImplementedError):
                self._loop.remove_signal_handler(number)


def log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Qt calls this for an exception in a slot; the kiosk goes on."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    _log.critical("uncaught in a slot", exc_info=(kind, error, trace))


def _log_loop(_loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    error = context.get("exception")
    _log.error(
        "%s", context.get("message"), exc_info=error if isinstance(error, BaseException) else None
    )
