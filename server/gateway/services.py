"""What every connection of one server shares: desk, log readers, fan-out, key, presence; made once by the app."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dapur.ids import ConnectionId, DeviceId
from dapur.wire.messages import GoodbyeCode, Limits, Top, top_text
from dapur.wire.queries import AUTHORITIES, AuthoritiesReply
from server.desk.desk import Desk
from server.desk.failpoint import Failpoint, armed, reach
from server.desk.groups import Grown
from server.desk.ports import (
    Bus,
    DeviceRecord,
    Identity,
    Library,
    Log,
    Recoveries,
    Unavailable,
)
from server.desk.writer import Figures, Writer
from server.gateway.admission import Door, Replacements, signed_by
from server.gateway.cursor import Stream
from server.gateway.fanout import Fanout
from server.gateway.gauges import watch
from server.gateway.limits import Guests, Kitchens, Tired
from server.gateway.presence import Presence
from server.gateway.reception import Reception
from server.gateway.recovering import Recovering
from server.gateway.shelf import Shelf
from server.metrics import Metrics

if TYPE_CHECKING:
    from server.gateway.connection import Connection

READERS = 4
"""Threads that read the log: more only queue at the database on two cores."""
QUERIERS = 2
"""Threads for queries: a PIN check takes 0.1 s of one core and must not hold up the readers."""
ENROLMENTS_PER_S = 1.0
ENROLMENTS_BURST = 30.0
"""Codes that strangers may try on one server process; a whole kitchen is enrolled within the burst."""

WARDS = 10
"""A second has so many turns in which connections are ticked, so that no turn holds up the loop."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


def utc_ms() -> int:
    """UTC milliseconds of this machine."""
    return time.time_ns() // 1_000_000


class Services:
    """Shared state of one server process; every method but `off_loop`'s work runs on the loop."""

    def __init__(
        self,
        *,
        log: Log,
        identity: Identity,
        bus: Bus,
        key: Ed25519PrivateKey,
        library: Library | None = None,
        metrics: Metrics | None = None,
        now_ms: Callable[[], int] = utc_ms,
        limits: Limits | None = None,
    ) -> None:
        """`key` signs `top`; without a `library` nobody can ask of the past.


        `now_ms` is UTC and is also called from threads.
        """
        self.metrics = metrics or Metrics()
        self.limits = limits or Limits()
        self.now_ms = now_ms
        self.identity = identity
        self.authorities: Callable[[], tuple[str, ...]] = tuple
        """Certificates (PEM) that kiosks shall trust, the present one first; set by the app."""
        self.readers = ThreadPoolExecutor(READERS, "reader")
        self._queriers = ThreadPoolExecutor(QUERIERS, "querier")
        self._library = library
        self._bus = bus
        self._key = key
        self.public_key = key.public_key().public_bytes_raw()
        self.desk = Desk(log, devices=identity.records, now_ms=now_ms)
        self.writer = Writer(self.desk, published=self.published, measured=self._measured)
        self.fanout = Fanout(log, self.readers, self.metrics, bus)
        self.shelf = Shelf(log, self.readers, self.desk.fold)
        self.door = Door(log, identity, now_ms)
        self.reception = Reception(self.door, self.off_loop, self.spawn)
        self.presence = Presence(identity, now_ms)
        self.connections: dict[ConnectionId, Connection] = {}
        """All open ones, admitted or not."""
        self.wards: Sequence[set[Connection]] = [set() for _ in range(WARDS)]
        """The same, by the tenth of a second that ticks them: nobody looks at all in every tenth."""
        self.devices: dict[DeviceId, Connection] = {}
        """The newest connection of each admitted device."""
        self.troubles: Sequence[Callable[[], str]] = ()
        """What else may be out of order while the service goes on: each says so in a few words."""
        self._log = log
        self.recovering: Recovering | None = None
        """What kitchens that were restored ask of their kiosks; None: nobody looks after that."""
        self._empty: asyncio.Event | None = None
        self.guests = Guests()
        self.tired = Tired()
        self.waiting_of = Kitchens()
        self._replacements = Replacements()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._enrolments = ENROLMENTS_BURST
        self._enrolments_s = time.monotonic()
        self._loop = asyncio.get_running_loop()
        self._random = random.Random(secrets.randbits(64))  # noqa: S311 - spreads load, guards nothing
        watch(self)
        self.spawn(bus.run())

    async def recover(self, recoveries: Recoveries) -> None:
        """Ask kiosks for what restored kitchens lack; before the first of them comes. Raises Unavailable."""
        self.desk.recoveries = recoveries
        recovering = Recovering(
            recoveries,
            self._log,
            self._aside,
            signed=partial(signed_by, self.public_key),
            now_ms=self.now_ms,
        )
        await self.off_loop(recovering.load)
        self.recovering = recovering

    def _aside(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        async def run() -> None:
            try:
                found = await self.off_loop(work)
            except Unavailable as error:
                _log.warning("a recovery pauses: %s", error)
                return
            then(found)

        self.spawn(run())

    async def close(self) -> None:
        """Finish what the desk has, write presence down, end the threads."""
        self.fanout.close()
        await self.writer.stop()
        await asyncio.to_thread(self.presence.end)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.readers.shutdown(wait=True, cancel_futures=True)
        self._queriers.shutdown(wait=True, cancel_futures=True)
        if self._library is not None:
            await self._library.close()

    @property
    def degraded(self) -> str:
        """What is out of order while the service goes on, in a few words for everybody; else empty."""
        told = [f"the bus is {self._bus.trouble}" if self._bus.trouble else ""]
        if self.recovering is not None and self.recovering.kitchens:
            told.append(f"{self.recovering.kitchens} restored kitchens wait for their kiosks")
        told += [trouble() for trouble in self.troubles]
        return ", ".join(filter(None, told))

    # ---- small things --------------------------------------------------------------------------

    def nonce(self) -> bytes:
        """What a kiosk has to sign: never the same twice."""
        return secrets.token_bytes(32)

    def jitter(self) -> float:
        """−1…1."""
        return self._random.uniform(-1, 1)

    def retry_after_s(self, code: GoodbyeCode) -> float:
        """How long a kiosk stays away after an ending of this kind, spread so that not all come at once."""
        return self._random.uniform(2, 8) if code is GoodbyeCode.UNAVAILABLE else 0.0

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that outlives a connection."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def off_loop(self, work: Callable[..., T], *args: object) -> T:
        """Run a read in a reader thread."""
        return await self._loop.run_in_executor(self.readers, partial(work, *args))

    async def ask(self, record: DeviceRecord, name: str, args: msgspec.Raw) -> msgspec.Raw:
        """Answer a query. Raises QueryError, Unavailable."""
        if name == AUTHORITIES:
            return msgspec.Raw(msgspec.json.encode(AuthoritiesReply(self.authorities())))
        if self._library is not None and name in self._library.names:
            return await self._library.answer(record.kitchen, name, args, self.now_ms())
        work = partial(self.identity.answer, record, name, args, self.now_ms())
        return await self._loop.run_in_executor(self._queriers, work)

    def may_enrol(self) -> bool:
        """Whether one more code may be tried now."""
        now_s = time.monotonic()
        passed_s = now_s - self._enrolments_s
        self._enrolments_s = now_s
        self._enrolments = min(ENROLMENTS_BURST, self._enrolments + passed_s * ENROLMENTS_PER_S)
        if self._enrolments < 1:
            return False
        self._enrolments -= 1
        return True

    def top(self, stream: Stream, echo_ms: int) -> Top:
        """Where a kitchen stands, signed once for each head."""
        seq, signature = stream.signature
        if seq != stream.seq:
            text = top_text(stream.kitchen, stream.epoch, stream.seq, stream.hash)
            signature = self._key.sign(text)
            stream.signature = (stream.seq, signature)
        return Top(stream.seq, stream.hash, self.now_ms(), signature, echo_ms)

    # ---- connections ---------------------------------------------------------------------------

    def opened(self, connection: Connection) -> None:
        """A socket has shaken hands."""
        self.connections[connection.id] = connection
        self.wards[hash(connection.id) % WARDS].add(connection)
        self.metrics.connections.set(len(self.connections))

    def admitted(self, connection: Connection) -> None:
        """A kiosk proved who it is; an older connection of it ends."""
        self.metrics.admitted.inc()
        record = connection.record
        if record is None:
            return
        older = self.devices.get(record.device)
        self.devices[record.device] = connection
        self.guests.left(connection.line)
        if older is None or older is connection:
            return
        older.end(GoodbyeCode.REPLACED)
        if self._replacements.replaced(record.device, int(time.monotonic() * 1000)):
            self.metrics.cloned.inc()
            _log.error("device %s throws itself out: a cloned key?", record.device)

    async def emptied(self) -> None:
        """Wait until no connection is left."""
        self._empty = asyncio.Event()
        if self.connections:
            await self._empty.wait()

    def forget(self, connection: Connection) -> None:
        """A connection is gone."""
        self.connections.pop(connection.id, None)
        self.wards[hash(connection.id) % WARDS].discard(connection)
        if self._empty is not None and not self.connections:
            self._empty.set()
        self.metrics.connections.set(len(self.connections))
        record = connection.record
        if record is not None and self.devices.get(record.device) is connection:
            del self.devices[record.device]

    def revoked(self, device: DeviceId) -> None:
        """A device was revoked just now, in this process; called from any thread."""
        self._loop.call_soon_threadsafe(self._end_revoked, device)

    def _end_revoked(self, device: DeviceId) -> None:
        self.writer.run(partial(self.desk.forget_device, device))
        if connection := self.devices.get(device):
            connection.end(GoodbyeCode.REVOKED)

    async def end_revoked(self) -> None:
        """Close the sockets of devices that were revoked, here or by another process."""
        devices: Sequence[DeviceId] = tuple(self.devices)
        if not devices:
            return
        revoked = await self.off_loop(self.identity.revoked, devices)
        for device in revoked:
            self._end_revoked(device)

    # ---- after a commit ------------------------------------------------------------------------

    def _measured(self, figures: Figures) -> None:
        self.metrics.decided(figures.commands, figures.seconds, figures.outcomes)
        self.metrics.lag_s.observe(figures.lag_s)
        for age_ms in figures.ages_ms:
            self.metrics.pending_s.observe(age_ms / 1000)
        self.metrics.waiting.set(self.writer.waiting)

    def published(self, grown: Sequence[Grown]) -> None:
        """A group was committed: give its events to the kiosks here and word of them to other processes."""
        if armed(Failpoint.BEFORE_PUBLISH) and grown:
            # The answers are to leave before the process does.
            self._loop.call_later(0.2, reach, Failpoint.BEFORE_PUBLISH)
            return
        for new in grown:
            self.fanout.grown(new)
            if new.entries:
                self._bus.publish(new.kitchen, new.entries[-1].seq)
