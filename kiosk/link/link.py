"""The line to the server: dials, keeps one connection, retries for ever; it decides nothing."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from dapur.ids import DeviceId
from dapur.sync.effects import Ended
from dapur.wire.messages import GoodbyeCode
from kiosk.clock import KioskTime
from kiosk.link.asking import Asking, Done
from kiosk.link.backoff import Backoff
from kiosk.link.errors import QueryFailed
from kiosk.link.key import Key
from kiosk.link.status import LinkState, LinkStatus
from kiosk.link.trust import FOREIGN, Trust
from kiosk.local.errors import FileDamaged
from kiosk.local.mirror import Mirror

if TYPE_CHECKING:
    from kiosk.link.connection import Connection

_log = logging.getLogger(__name__)
_STATES = {
    GoodbyeCode.REVOKED: LinkState.REVOKED,
    GoodbyeCode.UNKNOWN_DEVICE: LinkState.UNKNOWN_DEVICE,
    GoodbyeCode.UPGRADE: LinkState.UPGRADE,
}
"""Goodbyes that the badge shows by name; after all others the kiosk is just offline."""


class Link:
    """One kiosk's line. Make it once; `run` it as one task; cancel that task to hang up."""

    def __init__(
        self,
        url: str,
        mirror: Mirror,
        key: Key,
        time: KioskTime,
        *,
        device: DeviceId,
        app: str,
        tls: Trust | None = None,
        random_: random.Random | None = None,
    ) -> None:
        self._url = url
        self.server_key = b""
        """Ed25519: signs where the log stands; without it no such word is kept."""
        self._mirror = mirror
        self._key = key
        self._time = time
        self._device = device
        self._app = app
        self._tls = tls
        self._backoff = Backoff(random_ or random.SystemRandom())
        self._listeners: list[Callable[[], None]] = []
        self._state = LinkState.CONNECTING
        self._since_ms = time.mono_ms()
        self._heard_ms: int | None = None
        self._retry_at_ms: int | None = None
        self._detail = ""
        self._nudged = asyncio.Event()
        self._connection: Connection | None = None

    # ---- what others see --------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Whom it calls."""
        return self._url

    @property
    def status(self) -> LinkStatus:
        """How the line is now."""
        retry = self._retry_at_ms
        # Steady instants told in the server's time, as everything on the screen is.
        shift = self._time.server_now_ms() - self._time.mono_ms()
        heard_ms = (self._connection.heard_ms if self._connection else None) or self._heard_ms
        return LinkStatus(
            state=self._state,
            since_ms=self._since_ms + shift,
            last_heard_ms=None if heard_ms is None else heard_ms + shift,
            unsent=self._mirror.store.unsent(),
            retry_in_s=None if retry is None else max(0, retry - self._time.mono_ms()) / 1000,
            detail=self._detail,
        )

    @property
    def online(self) -> bool:
        """Admitted and not silent."""
        return self._state is LinkState.ONLINE

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Hear when the state changes; call what comes back to hear no more."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def ask(
        self,
        name: str,
        args: msgspec.Struct,
        done: Done,
        *,
        timeout_s: float = 10.0,
    ) -> None:
        """Ask the server; `done` gets the answer's JSON or why there is none, once."""
        if self._connection is None or not self.online:
            done(Asking.not_online())
        else:
            self._connection.ask(name, args, done, timeout_s)

    async def query(
        self, name: str, args: msgspec.Struct, *, timeout_s: float = 10.0
    ) -> msgspec.Raw:
        """The same to await. Raises NotOnline, TimedOut or Refused."""
        future: asyncio.Future[msgspec.Raw] = asyncio.get_running_loop().create_future()

        def done(answer: msgspec.Raw | QueryFailed) -> None:
            if future.done():
                return
            if isinstance(answer, QueryFailed):
                future.set_exception(answer)
            else:
                future.set_result(answer)

        self.ask(name, args, done, timeout_s=timeout_s)
        return await future

    def tapped(self) -> None:
        """The outbox grew: send what is new, if there is a line."""
        if self._connection is not None:
            self._connection.tapped()

    def trust(self, tls: Trust) -> None:
        """Know the server by this from the next connection on."""
        self._tls = tls

    def nudge(self) -> None:
        """The network came back: try now instead of at the end of the wait; a kiosk that was too fast rests first."""
        self._nudged.set()

    # ---- the loop ---------------------------------------------------------------------------

    async def run(self) -> None:
        """Stay connected until cancelled, or until the server said never to come back.

        Raises FileDamaged when the local file broke: the process must start again to salvage it.
        """
        try:
            await self._stay()
        finally:
            if self._state in (LinkState.ONLINE, LinkState.CONNECTING):
                self._show(LinkState.OFFLINE, "hung up")

    async def _stay(self) -> None:
        while True:
            over, served_ms = await self._try()
            foreign = over.code is None and over.detail.startswith(FOREIGN)
            self._show(LinkState.UNTRUSTED if foreign else _shown_after(over.code), over.detail)
            if over.code in (GoodbyeCode.REVOKED, GoodbyeCode.UNKNOWN_DEVICE):
                return
            wait_s = self._backoff.next_s(
                served_ms=served_ms, code=over.code, retry_after_s=over.retry_after_s
            )
            # Who hurries after that only makes it last: the server counts across connections.
            rest_s = over.retry_after_s if over.code is GoodbyeCode.TOO_FAST else 0.0
            await self._sleep(rest_s, wait_s)

    async def _try(self) -> tuple[Ended, int]:
        """An attempt whose faults end it and nothing else: a kiosk without a line is of less use."""
        try:
            return await self._attempt()
        except FileDamaged:
            raise
        except Exception:  # noqa: BLE001 - see above; it is logged in full
            _log.exception("the line failed by a fault of ours")
            return Ended(None, 0.0, "a fault in this program"), 0

    async def _attempt(self) -> tuple[Ended, int]:
        """One connection from dialling to its end, and for how many ms it served."""
        if self._state not in (LinkState.UPGRADE, LinkState.UNTRUSTED):
            self._show(LinkState.CONNECTING, self._detail)
        # The library of the wire is loaded with the first call: the board is painted sooner.
        from kiosk.link.connection import Connection
        from kiosk.link.dial import called

        socket = await called(self._url, self._tls, self._time)
        if isinstance(socket, Ended):
            return socket, 0
        self._connection = connection = Connection(
            socket,
            self._mirror,
            self._key,
            self._time,
            device=self._device,
            app=self._app,
            on_admitted=lambda: self._show(LinkState.ONLINE, ""),
            server_key=self.server_key,
        )
        try:
            over = await connection.serve()
        finally:
            self._connection = None
            self._heard_ms = connection.heard_ms or self._heard_ms
        return over, connection.served_ms

    async def _sleep(self, rest_s: float, wait_s: float) -> None:
        """Wait; after the first `rest_s` a nudge ends it."""
        self._retry_at_ms = self._time.mono_ms() + int(wait_s * 1000)
        self._nudged.clear()
        for listener in tuple(self._listeners):
            listener()
        try:
            await asyncio.sleep(rest_s)
            async with asyncio.timeout(wait_s - rest_s):
                await self._nudged.wait()
        except TimeoutError:
            pass
        finally:
            self._retry_at_ms = None

    def _show(self, state: LinkState, detail: str) -> None:
        self._detail = detail
        if state is self._state:
            return
        _log.info("line %s%s", state, f": {detail}" if detail else "")
        self._state = state
        self._since_ms = self._time.mono_ms()
        for listener in tuple(self._listeners):
            listener()


def _shown_after(code: GoodbyeCode | None) -> LinkState:
    return LinkState.OFFLINE if code is None else _STATES.get(code, LinkState.OFFLINE)
