"""Puts the server together and runs it to its orderly end: the only file that knows every room."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import re
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dapur.ids import DeviceId, KitchenId, OutboxId, StaffId
from dapur.kitchen import Kitchen
from server import logs, memory
from server.bridge.bridge import NAME as BRIDGE
from server.bridge.bridge import PLANS, Bridge
from server.bridge.bridge import VERSION as BRIDGE_VERSION
from server.bridge.inward import Door
from server.bus.memory import MemoryBus
from server.desk.folding import load
from server.desk.ports import Bus, Identity, Library, Log, Recoveries, Unavailable
from server.gateway.drain import SPREAD_S, drain
from server.gateway.figures_page import FiguresPage
from server.gateway.limits import GUESTS_PER_ADDRESS, Guests, room
from server.gateway.listener import CONNECTIONS_MAX, Listener
from server.gateway.services import Services, utc_ms
from server.history.answers import Answers
from server.history.cache import CachedAnswers, Shared
from server.history.follower import NAME as HISTORY
from server.history.follower import History
from server.identity.sql_identity import SqlIdentity
from server.log.damage import Damage
from server.log.engine import open_engine
from server.log.follower import Follower
from server.log.pacing import Stepping, keep_following
from server.log.positions import TOGETHER, Lease, Places
from server.log.recovery import SqlRecoveries
from server.log.roles import weakness
from server.log.schema import check
from server.log.shares import Minds, Shares, every_kitchen
from server.log.sql_log import SqlLog
from server.metrics import Metrics
from server.settings import LOOPBACK, Alias, BadSettings, Settings
from server.tls.live import Certificates
from server.watchman import Watchman

_log = logging.getLogger(__name__)

GC_THRESHOLD = (10_000, 20, 20)
"""What the server keeps is a big tree without cycles: looking it through at Python's own pace stops
all kiosks for some ten milliseconds several times a second in a rush.
"""


RECOVERY_S = 1.0
"""How often it is looked whether a restored kitchen may go on."""
MINDING_S = 1.0
"""How often a process looks after its shares: what follows and watches may be busy for longer than they last."""
CERTIFICATE_S = 30.0
"""How often files of certificates are looked at: a renewed one needs no restart."""


class PlainSocket(ValueError):
    """Without TLS the server would listen to the network."""


class Parts(msgspec.Struct, frozen=True):
    """What a server stands on; a test gives other makers of the same ports."""

    log: Log
    identity: Identity
    bus: Bus
    key: Ed25519PrivateKey
    """Signs `top`."""
    outbox: OutboxId
    """For the server's own commands: of this process alone, the same after a restart."""
    recoveries: Recoveries | None = None
    """What restored kitchens wait for."""
    library: Library | None = None
    """Answers questions about the past."""
    followers: Sequence[Stepping] = ()
    """What follows the log (history, bridge, …)."""
    beside: Sequence[Callable[[Services], Coroutine[Any, Any, None]]] = ()
    """What runs beside the sockets until the end (the bridge)."""
    troubles: Sequence[Callable[[], str]] = ()
    """What may be out of order while the service goes on; each says so in a few words."""
    whole: Callable[[], bool] = lambda: True
    """Whether what it stands on can be trusted; if not, no balancer shall send anybody here."""
    attach: Callable[[Services], None] | None = None
    """Told of the services before the first socket, by what was made before them."""
    minds: Callable[[int], Minds] = every_kitchen
    """Which kitchens this process watches, by the clock."""
    leave: Callable[[], None] = lambda: None
    """Called in a thread when nothing works any more: what others may have at once."""
    close: Callable[[], None] = lambda: None
    """Called after the end."""
    metrics: Metrics | None = None
    """Told by what was made before the services."""
    certificates: Certificates | None = None
    """Of the kiosks' socket, and what kiosks shall trust; None: a plain socket."""


class Doorway(msgspec.Struct, frozen=True):
    """Where to listen and how to leave."""

    host: str = "127.0.0.1"
    port: int = 0
    drain_s: float = SPREAD_S
    ready_file: Path | None = None
    guests_per_address: int = GUESTS_PER_ADDRESS
    """0: addresses say nothing."""
    metrics_at: tuple[str, int] | None = None
    """An address of its own for the figures."""
    metrics_beside_kiosks: bool = False
    """The figures on the kiosks' port: only where nobody from outside reaches it."""


async def serve(parts: Parts, doorway: Doorway) -> None:
    """Serve until SIGTERM or SIGINT, then drain; a second signal cuts the draining short.

    Raises OSError when an address is taken.
    """
    ending = asyncio.Event()
    cut_short = asyncio.Event()

    def end() -> None:
        (cut_short if ending.is_set() else ending).set()

    _on_signals(end)
    services = Services(
        log=parts.log,
        identity=parts.identity,
        bus=parts.bus,
        key=parts.key,
        library=parts.library,
        metrics=parts.metrics,
    )
    places = room(CONNECTIONS_MAX)
    if places.connections < CONNECTIONS_MAX:
        _log.info("room for %d connections (ulimit -n)", places.connections)
    services.guests = Guests(doorway.guests_per_address, places.guests)
    if (certificates := parts.certificates) is not None:
        services.authorities = lambda: certificates.authorities
    services.writer.start()
    listener = Listener(
        services,
        connections_max=places.connections,
        healthy=lambda: services.fanout.reachable and parts.whole(),
        with_metrics=doorway.metrics_beside_kiosks,
    )
    figures = FiguresPage(services.metrics)
    services.troubles = parts.troubles
    if parts.attach is not None:
        parts.attach(services)
    tasks: list[asyncio.Task[None]] = []
    try:
        if parts.recoveries is not None:
            await services.recover(parts.recoveries)
        if doorway.metrics_at is not None:
            at = doorway.metrics_at
            _log.info("figures at %s", _url("http", at[0], await figures.open(*at), "metrics"))
        tls = None if certificates is None else certificates.context
        port = await listener.open(doorway.host, doorway.port, tls=tls)
        tasks = _beside_the_sockets(parts, services)
        _announce(doorway, port, is_tls=tls is not None)
        await ending.wait()
        leaving = asyncio.create_task(drain(services, listener, spread_s=doorway.drain_s))
        await _first(leaving, asyncio.create_task(cut_short.wait()))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(Unavailable):
            await asyncio.to_thread(parts.leave)
        await listener.close()
        await figures.close()
        await services.close()
        if doorway.ready_file is not None:
            doorway.ready_file.unlink(missing_ok=True)
    _log.info("ended in order")


def _beside_the_sockets(parts: Parts, services: Services) -> list[asyncio.Task[None]]:
    """What works until the end without being asked by a kiosk."""
    watchman = Watchman(
        parts.log,
        services.readers,
        fold=services.desk.fold,
        give=services.writer.own,
        now_ms=services.now_ms,
        outbox=parts.outbox,
        minds=parts.minds,
    )
    tasks = [asyncio.create_task(watchman.keep_watching(), name="watchman")]
    tasks.append(asyncio.create_task(keep_minding(parts.minds, services.now_ms), name="minding"))
    tasks += [
        asyncio.create_task(
            keep_following(follower, lambda: services.writer.taken), name="follower"
        )
        for follower in parts.followers
    ]
    tasks += [asyncio.create_task(work(services), name="beside") for work in parts.beside]
    tasks.append(asyncio.create_task(keep_recovering(services), name="recovering"))
    if parts.certificates is not None:
        _on_hangup(parts.certificates)
        watch = keep_fresh(parts.certificates, services.metrics)
        tasks.append(asyncio.create_task(watch, name="certificate"))
    return tasks


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


async def keep_recovering(services: Services) -> None:
    """Look after restored kitchens until none waits any more."""
    while services.recovering is not None and services.recovering.kitchens:
        services.recovering.look()
        services.metrics.recovering.set(services.recovering.kitchens)
        await asyncio.sleep(RECOVERY_S)
    services.metrics.recovering.set(0)


async def keep_minding(minds: Callable[[int], Minds], now_ms: Callable[[], int]) -> None:
    """Keep this process's shares until cancelled, however busy it is."""
    while True:
        try:
            await asyncio.to_thread(minds, now_ms())
        except Unavailable:
            # Whoever needs them asks too, and says why it cannot go on.
            pass
        except Exception:  # noqa: BLE001 - a fault here must not end the minding for good
            _log.exception("the shares stumbled")
        await asyncio.sleep(MINDING_S)


async def keep_fresh(certificates: Certificates, metrics: Metrics) -> None:
    """Take renewed certificates into use until cancelled, and tell when the one in use ends."""
    while True:
        metrics.certificate_s.set(certificates.expires_s)
        await asyncio.sleep(CERTIFICATE_S)
        certificates.look()


def _on_hangup(certificates: Certificates) -> None:
    """SIGHUP, as systemd's reload sends it: look at the certificate's files now."""
    if sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, certificates.look)


def _announce(doorway: Doorway, port: int, *, is_tls: bool) -> None:
    """Say where we listen; the file appears whole or not at all."""
    url = _url("wss" if is_tls else "ws", doorway.host, port)
    _log.info("listening on %s", url)
    if doorway.ready_file is None:
        return
    draft = doorway.ready_file.with_suffix(".tmp")
    draft.write_text(json.dumps({"url": url, "pid": os.getpid()}), encoding="utf-8")
    draft.replace(doorway.ready_file)


def _url(scheme: str, host: str, port: int, path: str = "") -> str:
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}/{path}"


def run(settings: Settings, ready_file: Path | None = None) -> int:
    """Serve with the database until told to end; 0 when it ended in order.

    The schema must be up to date (`server.log.schema.upgrade`). Raises PlainSocket, OSError for a
    taken address, OlderSchema, NewerSchema, Unavailable, BadSettings, BadCertificate.
    """
    logs.set_up(settings.log_level)
    gc.set_threshold(*GC_THRESHOLD)
    memory.give_back()
    certificates = open_certificates(settings)
    bridge = Platform(settings.bridge_address, settings.bridge_alias)
    parts = compose(settings.database_url, settings.bus, certificates, bridge)
    doorway = Doorway(
        settings.host,
        settings.port,
        settings.drain_s,
        ready_file,
        guests_per_address=settings.guests_per_address,
        metrics_at=settings.metrics_at,
        metrics_beside_kiosks=settings.metrics_beside_kiosks,
    )
    try:
        run_loop(serve(parts, doorway))
    finally:
        parts.close()
    return 0


def open_certificates(settings: Settings) -> Certificates:
    """TLS 1.3 with the given key; without one only on loopback or behind a proxy that ends TLS.

    Raises PlainSocket, OSError (a key that does not fit is one), BadCertificate.
    """
    if (
        settings.tls_cert is None
        and settings.host not in LOOPBACK
        and not settings.behind_tls_proxy
    ):
        raise PlainSocket(f"{settings.host} needs a certificate, or a TLS proxy in front")
    return Certificates(settings.tls_cert, settings.tls_key, settings.tls_authority)


class _Hooks:
    """What identity asks of the running server, made before it."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._services: Services | None = None

    def attach(self, services: Services) -> None:
        """The server runs now."""
        self._services = services

    def roles_of(self, kitchen: KitchenId, staff: StaffId) -> frozenset[str]:
        """A person's roles by the log; called in a querier thread. Raises Unavailable, LookupError."""
        return frozenset(role.value for role in self._state(kitchen).roles_of(staff))

    def present(self, kitchen: KitchenId, device: DeviceId) -> frozenset[StaffId]:
        """Who is signed in at a kiosk, by the log; called in a querier thread. Raises Unavailable, LookupError."""
        sessions = self._state(kitchen).sessions.values()
        return frozenset(
            each.staff for each in sessions if each.device == device and each.closed_ms is None
        )

    def _state(self, kitchen: KitchenId) -> Kitchen:
        fold = None if self._services is None else self._services.desk.fold(kitchen)
        return (fold or load(self._log, kitchen)).kitchen

    def revoked(self, device: DeviceId) -> None:
        """A device was revoked through this process."""
        if self._services is not None:
            self._services.revoked(device)


def _between_processes(address: str, metrics: Metrics) -> tuple[Bus, Shared | None]:
    """The bus of the settings and what processes remember together. Raises BadSettings."""
    if address == "memory":
        metrics.bus_up.set(1)
        return MemoryBus(), None
    # Half a second of imports that one process alone does without.
    from server.bus.address import BadAddress
    from server.bus.redis import RedisBus
    from server.bus.shared import RedisMemory

    try:
        return RedisBus(address, metrics), RedisMemory(address)
    except BadAddress as error:
        raise BadSettings(f"bus: {error}") from error


class Platform(msgspec.Struct, frozen=True):
    """Where the platform's Redis is, and which other names it knows our topics by."""

    address: str = ""
    aliases: Sequence[Alias] = ()


def _bridge(
    platform: Platform,
    log: Log,
    places: Places,
    leases: tuple[Lease, Lease],
    metrics: Metrics,
    minds: Callable[[int], Minds],
) -> Bridge | None:
    """Raises BadSettings."""
    if not platform.address:
        return None
    # Imported for the same reason as the bus.
    from server.bus.address import BadAddress
    from server.bus.platform import RedisPlatform

    try:
        line = RedisPlatform(platform.address, metrics)
    except BadAddress as error:
        raise BadSettings(f"bridge: {error}") from error
    return Bridge(
        line,
        platform.aliases,
        log=log,
        places=places,
        leases=leases,
        metrics=metrics,
        now_ms=utc_ms,
        minds=minds,
    )


def _beside(bridge: Bridge, log: Log) -> Callable[[Services], Coroutine[Any, Any, None]]:
    def run(services: Services) -> Coroutine[Any, Any, None]:
        door = Door(
            log=log,
            readers=services.readers,
            submit=services.writer.submit,
            fold=services.desk.fold,
            now_ms=services.now_ms,
        )
        return bridge.run(door)

    return run


def _says(bridge: Bridge) -> str:
    return f"the bridge is {bridge.trouble}" if bridge.trouble else ""


def _troubles(bridge: Bridge | None, why_not_bound: str) -> list[Callable[[], str]]:
    """What may be out of order. The role is looked at once: another one comes with a restart.

    Everybody may ask `/readyz`, so the name and the power of the role are for the log alone.
    """
    found: list[Callable[[], str]] = []
    if bridge is not None:
        found.append(partial(_says, bridge))
    if why_not_bound:
        _log.warning("the database does not keep kitchens apart: %s", why_not_bound)
        found.append(lambda: "the database role is not bound")
    return found


def compose(
    database_url: str,
    bus: str = "memory",
    certificates: Certificates | None = None,
    platform: Platform = Platform(),  # noqa: B008 - frozen, without state
) -> Parts:
    """All parts on one database. Raises OlderSchema, NewerSchema, Unavailable, BadSettings."""
    metrics = Metrics()
    bell, shared = _between_processes(bus, metrics)
    engine = open_engine(database_url)
    damage = Damage(engine)
    damage.look()
    check(engine)
    log = SqlLog(engine)
    hooks = _Hooks(log)
    # Two starts on one machine are two holders, but go on with one outbox.
    holder = f"{_machine()}-{secrets.token_hex(4)}"
    identity = SqlIdentity(
        engine,
        hooks.roles_of,
        hooks.revoked,
        present=hooks.present,
        process=holder,
        authority_pin=lambda: certificates.pin if certificates else "",
    )
    shares = Shares(engine, holder)
    history = Follower(
        log,
        Lease(engine, HISTORY, TOGETHER),
        History(engine, log),
        name=HISTORY,
        minds=shares.minds,
        behind=metrics.follower_behind(HISTORY),
    )
    leases = (Lease(engine, BRIDGE, TOGETHER), Lease(engine, PLANS, holder))
    places = Places(engine, BRIDGE, version=BRIDGE_VERSION)
    bridge = _bridge(platform, log, places, leases, metrics, shares.minds)
    return Parts(
        log=log,
        identity=identity,
        bus=bell,
        metrics=metrics,
        key=identity.server_key(),
        outbox=OutboxId(f"server-{_machine()}"),
        recoveries=SqlRecoveries(engine),
        library=CachedAnswers(Answers(engine), metrics, shared),
        followers=(history,) if bridge is None else (history, bridge.follower),
        beside=() if bridge is None else (_beside(bridge, log),),
        troubles=(damage.says, *_troubles(bridge, weakness(engine))),
        whole=lambda: not damage.found,
        attach=hooks.attach,
        minds=shares.minds,
        leave=shares.give_back,
        close=engine.dispose,
        certificates=certificates,
    )


def _machine() -> str:
    """This machine's name as an id may hold it."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())[:40]


def run_loop(work: Coroutine[Any, Any, None]) -> None:
    """Run on the fastest loop there is."""
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    if sys.platform != "win32":
        with suppress(ImportError):
            import uvloop

            factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(work)
