"""Puts the server together and runs it to its orderly end: the only file that knows every room."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import ssl
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dapur.ids import OutboxId
from server.desk.ports import Bus, Identity, Log
from server.gateway.drain import SPREAD_S, drain
from server.gateway.listener import Listener
from server.gateway.services import Services
from server.watchman import Watchman

_log = logging.getLogger(__name__)

Follow = Callable[[], Coroutine[Any, Any, None]]


class Parts(msgspec.Struct, frozen=True):
    """What a server stands on; a test gives other makers of the same ports."""

    log: Log
    identity: Identity
    bus: Bus
    key: Ed25519PrivateKey
    """Signs `top`."""
    outbox: OutboxId
    """For the server's own commands: of this process alone, the same after a restart."""
    followers: Sequence[Follow] = ()
    """Each runs until it is cancelled."""


class Doorway(msgspec.Struct, frozen=True):
    """Where to listen and how to leave."""

    host: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext | None = None
    drain_s: float = SPREAD_S
    ready_file: Path | None = None


async def serve(parts: Parts, doorway: Doorway) -> None:
    """Serve until SIGTERM or SIGINT, then drain; a second signal cuts the draining short.

    Raises OSError when the address is taken.
    """
    ending = asyncio.Event()
    cut_short = asyncio.Event()

    def end() -> None:
        (cut_short if ending.is_set() else ending).set()

    _on_signals(end)
    services = Services(log=parts.log, identity=parts.identity, bus=parts.bus, key=parts.key)
    services.writer.start()
    watchman = Watchman(
        parts.log,
        services.readers,
        fold=services.desk.fold,
        give=services.writer.own,
        now_ms=services.now_ms,
        outbox=parts.outbox,
    )
    listener = Listener(services, healthy=lambda: services.fanout.reachable)
    tasks: list[asyncio.Task[None]] = []
    try:
        port = await listener.open(doorway.host, doorway.port, tls=doorway.tls)
        tasks = [asyncio.create_task(watchman.keep_watching(), name="watchman")]
        tasks += [asyncio.create_task(follow(), name="follower") for follow in parts.followers]
        _announce(doorway, port)
        await ending.wait()
        leaving = asyncio.create_task(drain(services, listener, spread_s=doorway.drain_s))
        await _first(leaving, asyncio.create_task(cut_short.wait()))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await listener.close()
        await services.close()
        if doorway.ready_file is not None:
            doorway.ready_file.unlink(missing_ok=True)
    _log.info("ended in order")


async def _first(leaving: asyncio.Task[None], cut_short: asyncio.Task[Any]) -> None:
    await asyncio.wait([leaving, cut_short], return_when=asyncio.FIRST_COMPLETED)
    for task in (leaving, cut_short):
        if not task.done():
            task.cancel()
    await asyncio.gather(cut_short, return_exceptions=True)
    with suppress(asyncio.CancelledError):
        await leaving


def _on_signals(end: Callable[[], object]) -> None:
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(name, end)
        except NotImplementedError:
            # Windows: the handler runs in the main thread between two bytecodes.
            signal.signal(name, lambda *_: loop.call_soon_threadsafe(end))


def _announce(doorway: Doorway, port: int) -> None:
    """Say where we listen; the file appears whole or not at all."""
    scheme = "wss" if doorway.tls is not None else "ws"
    host = f"[{doorway.host}]" if ":" in doorway.host else doorway.host
    url = f"{scheme}://{host}:{port}/"
    _log.info("listening on %s", url)
    if doorway.ready_file is None:
        return
    draft = doorway.ready_file.with_suffix(".tmp")
    draft.write_text(json.dumps({"url": url, "pid": os.getpid()}), encoding="utf-8")
    draft.replace(doorway.ready_file)


def run_loop(work: Coroutine[Any, Any, None]) -> None:
    """Run on the fastest loop there is."""
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    if sys.platform != "win32":
        with suppress(ImportError):
            import uvloop

            factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(work)
