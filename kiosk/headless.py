"""A whole kiosk without a window: file, view, desk, line and people, wired as the product wires them."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import msgspec

from dapur.enrolment import read_ticket
from dapur.ids import StaffId
from kiosk.clock import Clock, KioskTime, SystemClock
from kiosk.desk import Desk
from kiosk.link.errors import EnrolRefused
from kiosk.link.key import Key
from kiosk.link.link import Link
from kiosk.link.trust import Trust, TrustWatch, fetched
from kiosk.local import identity as identities
from kiosk.local import trust as trusts
from kiosk.local.errors import FileDamaged
from kiosk.local.identity import Identity
from kiosk.local.mirror import Mirror
from kiosk.local.salvage import open_store
from kiosk.locks import Locks
from kiosk.past import Past
from kiosk.people import People, Person, RosterWatch
from kiosk.pin_check import OnlineFirst
from kiosk.reports import Reports
from kiosk.session import Sessions
from kiosk.settings import Settings, check_address
from kiosk.unlock import Unlocking
from kiosk.vault.device_key import DeviceKey, verifier_key
from kiosk.vault.verifiers import Verifiers

APP = "dapur-kiosk 0.1.0"
TICK_S = 1.0
STILL_S = 4.0
"""A tick that comes so late: the screen stood still, by a fault of ours or a machine without time."""
VERIFIERS = "verifiers"
EXIT_OK = 0
EXIT_DAMAGED = 75
"""The local file broke while running (EX_TEMPFAIL): started again, the kiosk salvages it."""

_log = logging.getLogger(__name__)


class NotEnrolled(RuntimeError):
    """This kiosk has no identity: an operator must start it with a code (and the server's address)."""


class Vault(msgspec.Struct, frozen=True):
    """The kiosk's secrets, opened."""

    key: Key
    verifiers: Verifiers


class Headless:
    """One kiosk, from its data folder to its line. Its parts are public: a window binds to them.

    `replica` is what is shown, `desk` writes taps, `session` knows who taps, `link` is the line, `time`
    the time, `store` the file, `people` the names, `locks` who may try no PIN. All belong to the loop's thread.
    """

    def __init__(
        self,
        settings: Settings,
        identity: Identity,
        vault: Vault,
        *,
        clock: Clock | None = None,
        random_: random.Random | None = None,
    ) -> None:
        """Open the file and wire the parts; call inside the folder's lock and inside a running loop.

        Raises FileTooNew or DiskRefused; a damaged file is salvaged.
        """
        url = settings.server or identity.url
        check_address(url)
        self.identity = identity
        self.device = identity.device
        self._name = settings.name
        self._verifiers = vault.verifiers
        self.store = open_store(settings.store)
        self.time = KioskTime(clock or SystemClock(), self.store)
        later = asyncio.get_running_loop().call_later
        self.replica = Mirror(self.store, identity.kitchen, identity.device, later)
        self.desk = Desk(self.replica, self.time)
        self.link = Link(
            url,
            self.replica,
            vault.key,
            self.time,
            device=identity.device,
            app=APP,
            tls=tls_of(url, settings),
            random_=random_,
        )
        self.link.server_key = identity.server_key
        # A trust that somebody chose for this kiosk is not changed by the server.
        kept = None if settings.authority or url.startswith("ws://") else settings.trust
        self._trust_watch = TrustWatch(self.link, kept, self.time)
        self.people = People(self.store, self.link)
        self.past = Past(self.link)
        pins = OnlineFirst(self.link, vault.verifiers, self.time)
        self.locks = Locks(pins, vault.verifiers, self.store, self.time, self.link, self.people)
        self.session = Sessions(self.desk, self.replica, self.time, self.locks)
        self.unlocking = Unlocking(self.session, self.desk, self.locks, self.link)
        self._roster_watch = RosterWatch(self.people, self.link, self._rostered)
        self._reports = Reports(self.desk, self.replica)
        self.time.on_jump(self._reports.jumped)
        self.desk.subscribe(self.link.tapped)
        self.people.subscribe(self._reconcile)

    # ---- what a window shows ------------------------------------------------------------------

    @property
    def name(self) -> str:
        """What people call this kiosk."""
        return self._name or self.people.kiosk_name or self.device

    @property
    def kitchen_name(self) -> str:
        """What people call this kitchen."""
        return self.people.kitchen_name or self.identity.kitchen

    @property
    def roster(self) -> Mapping[StaffId, Person]:
        """Names of people."""
        return self.people.roster

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Hear when anything shown may have changed; call what comes back to hear no more."""
        sources = (self.replica, self.link, self.session, self.people)
        enders = [source.subscribe(listener) for source in sources]

        def end() -> None:
            for ender in enders:
                ender()

        return end

    # ---- life ---------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> int:
        """Keep the line and the clocks until `stop` is set; gives the exit code, the file is closed."""
        line = asyncio.get_running_loop().create_task(self._keep_line(stop), name="line")
        ticker = asyncio.get_running_loop().create_task(self._keep_time(stop), name="ticker")
        try:
            await stop.wait()
        finally:
            for task in (line, ticker):
                task.cancel()
            results = await asyncio.gather(line, ticker, return_exceptions=True)
            await self._roster_watch.close()
            await self.unlocking.close()
            await self._trust_watch.close()
            await self.session.close()
            self.store.close()
        if any(isinstance(result, FileDamaged) for result in results):
            return EXIT_DAMAGED
        return EXIT_OK

    async def _keep_line(self, stop: asyncio.Event) -> None:
        with _stopping_when_damaged(stop):
            await self.link.run()

    async def _keep_time(self, stop: asyncio.Event) -> None:
        with _stopping_when_damaged(stop):
            await self._tick()

    async def _tick(self) -> None:
        """The one timer of the kiosk: clocks, reports, idle lock, roster."""
        while True:
            self.time.tick()
            self._reports.tick()
            self.session.tick()
            self._roster_watch.look()
            self._trust_watch.look()
            self.replica.look_after()
            began_s = time.monotonic()
            await asyncio.sleep(TICK_S)
            if (passed_s := time.monotonic() - began_s) > STILL_S:
                _log.warning("the loop stood still for %.1f s", passed_s)

    def _reconcile(self) -> None:
        """A new PIN makes void what is kept of the old one."""
        try:
            self._verifiers.reconcile(self.people.pin_versions)
        except OSError as error:
            _log.info("old PINs are still kept: %s", error)

    def _rostered(self) -> frozenset[StaffId]:
        return frozenset(self.replica.base.staff)


@contextmanager
def _stopping_when_damaged(stop: asyncio.Event) -> Iterator[None]:
    try:
        yield
    except FileDamaged:
        _log.critical("the local file broke; the kiosk stops so that it can be salvaged")
        stop.set()
        raise


def open_vault(settings: Settings) -> Vault:
    """Key and verifiers of this kiosk, made when there are none. Raises KeyLost, OSError."""
    folder = settings.secrets
    key = DeviceKey.load_or_make(folder)
    return Vault(key, Verifiers(folder / VERIFIERS, verifier_key(folder)))


async def identify(settings: Settings, vault: Vault) -> Identity:
    """Who this kiosk is: as stored, or by its one-time code.

    The pin behind a code names the authority that is trusted from then on. Raises NotEnrolled,
    EnrolRefused, BadIdentity, OSError or TimeoutError.
    """
    known = identities.load(settings.identity)
    if known is not None:
        return known
    if not settings.enrol or not settings.server:
        raise NotEnrolled("start with --server and --enrol CODE")
    # Once in a kiosk's life.
    from kiosk.link.enrol import enrol

    ticket = read_ticket(settings.enrol)
    try:
        pinned = ""
        if ticket.pin and not settings.authority and settings.server.startswith("wss://"):
            pinned = await fetched(settings.server, ticket.pin)
        tls = Trust(pinned) if pinned else tls_of(settings.server, settings)
        enrolled = await enrol(settings.server, ticket.code, vault.key, tls=tls)
    except ssl.SSLCertVerificationError as error:
        raise EnrolRefused("foreign", f"{error.verify_message} (is this clock right?)") from error
    if pinned:
        trusts.save(settings.trust, pinned)
    identity = identities.identity_of(enrolled, settings.server)
    identities.save(settings.identity, identity)
    return identity


def tls_of(url: str, settings: Settings) -> Trust | None:
    """Trust for `wss://`: the given authority, else the pinned ones, else the system's. Raises OSError."""
    if url.startswith("ws://"):
        return None
    if settings.authority is not None:
        return Trust(settings.authority.read_text(encoding="ascii"))
    return Trust(trusts.load(settings.trust))
