"""The line to the server: dials, pumps the pure session, retries for ever; it decides nothing."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from dapur import kitchen as rules
from dapur.envelope import Malformed
from dapur.ids import DeviceId
from dapur.sync.effects import (
    Admitted,
    Answered,
    ApplyEvents,
    ApplySnapshot,
    CaughtUp,
    ClockSample,
    Effect,
    Ended,
    Forked,
    NeedRows,
    Send,
    Settle,
    SignHello,
)
from dapur.sync.kiosk_side import KioskSide
from dapur.wire.codec import BadFrame, decode_server, encode
from dapur.wire.messages import CLOSE_CODES, FRAME_MAX_BYTES, SUBPROTOCOL, GoodbyeCode
from kiosk.clock import KioskTime
from kiosk.link.asking import Asking
from kiosk.link.backoff import Backoff
from kiosk.link.errors import QueryFailed
from kiosk.link.outgoing import Outgoing
from kiosk.link.status import LinkState, LinkStatus
from kiosk.local.errors import DiskRefused
from kiosk.local.mirror import Mirror

PING_S = 15.0
"""As the server's; only an idle dead peer is found by it, the watchdog finds the others."""
CLOSE_S = 2.0
OPEN_S = 10.0
QUEUED_FRAMES = 16
WATCH_S = 0.5

_log = logging.getLogger(__name__)
_CODES = {number: code for code, number in CLOSE_CODES.items()}
_STATES = {
    GoodbyeCode.REVOKED: LinkState.REVOKED,
    GoodbyeCode.UNKNOWN_DEVICE: LinkState.UNKNOWN_DEVICE,
    GoodbyeCode.UPGRADE: LinkState.UPGRADE,
}
"""Goodbyes that the badge shows by name; after all others the kiosk is just offline."""


class Key(Protocol):
    """The device's identity: Ed25519."""

    @property
    def public_key(self) -> bytes:
        """32 bytes."""
        ...

    def sign(self, text: bytes) -> bytes:
        """64 bytes over `text`."""
        ...


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
        tls: ssl.SSLContext | None = None,
        random_: random.Random | None = None,
    ) -> None:
        self._url = url
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
        self._asking = Asking(time.mono_ms)
        self._side: KioskSide | None = None
        self._out: Outgoing | None = None
        self._over: Ended | None = None
        self._served_from_ms: int | None = None

    # ---- what others see --------------------------------------------------------------------

    @property
    def status(self) -> LinkStatus:
        """How the line is now."""
        retry = self._retry_at_ms
        # Steady instants told in the server's time, as everything on the screen is.
        shift = self._time.server_now_ms() - self._time.mono_ms()
        return LinkStatus(
            state=self._state,
            since_ms=self._since_ms + shift,
            last_heard_ms=None if self._heard_ms is None else self._heard_ms + shift,
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
        done: Callable[[msgspec.Raw | QueryFailed], None],
        *,
        timeout_s: float = 10.0,
    ) -> None:
        """Ask the server; `done` gets the answer's JSON or why there is none, once."""
        if self._side is None or not self.online:
            done(self._asking.not_online())
            return
        number, effects = self._side.ask(name, args)
        self._asking.add(number, done, timeout_s)
        self._carry(effects)

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
        if self._side is not None and self._over is None:
            self._carry(self._side.tapped(self._mirror.store.outbox_position))

    def nudge(self) -> None:
        """The network came back: try now instead of at the end of the wait."""
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
            over = await self._attempt()
            served = 0
            if self._served_from_ms is not None:
                served = self._time.mono_ms() - self._served_from_ms
            self._show(_shown_after(over.code), over.detail)
            if over.code in (GoodbyeCode.REVOKED, GoodbyeCode.UNKNOWN_DEVICE):
                return
            wait_s = self._backoff.next_s(
                served_ms=served, code=over.code, retry_after_s=over.retry_after_s
            )
            await self._sleep(wait_s)

    async def _attempt(self) -> Ended:
        """One connection from dialling to its end."""
        self._served_from_ms = None
        if self._state is not LinkState.UPGRADE:
            self._show(LinkState.CONNECTING, self._detail)
        try:
            socket = await dial(self._url, self._tls)
        except InvalidStatus as error:
            retry_s = _retry_after_s(error)
            return Ended(None, retry_s, f"the server answered {error.response.status_code}")
        except (OSError, InvalidHandshake, InvalidURI) as error:
            return Ended(None, 0.0, f"{type(error).__name__}: {error}")
        return await self._serve(socket)

    async def _serve(self, socket: ClientConnection) -> Ended:
        now = self._time.mono_ms()
        store = self._mirror.store
        self._over = None
        self._out = out = Outgoing(socket, now)
        self._side = side = KioskSide(
            device=self._device,
            app=self._app,
            states=(rules.STATE_VERSION,),
            position=store.position,
            outbox=store.outbox_position,
            row_hash=store.row_hash,
            now_ms=now,
            answered=store.answered(),
        )
        helpers = [
            asyncio.create_task(out.pump(), name="link writer"),
            asyncio.create_task(self._watch(socket, side, out), name="link watchdog"),
        ]
        try:
            over = await self._read(socket, side)
            if over.code is None:
                socket.transport.abort()
            else:
                await socket.close()
            return over
        finally:
            self._side = self._out = None
            socket.transport.abort()
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            self._asking.fail_all()

    async def _read(self, socket: ClientConnection, side: KioskSide) -> Ended:
        closed = Ended(None, 0.0, "the server closed the line")
        try:
            async for message in socket:
                now = self._heard_ms = self._time.mono_ms()
                self._carry(side.receive(decode_server(message), now))
                if self._over is not None:
                    return self._over
        except BadFrame as error:
            return Ended(GoodbyeCode.BAD_FRAME, 0.0, str(error))
        except ConnectionClosed as error:
            closed = Ended(None, 0.0, str(error))
        code = _CODES.get(socket.close_code or 0)
        # A goodbye can be lost; its close code then still says why.
        return self._over or (closed if code is None else Ended(code, 0.0, closed.detail))

    async def _watch(self, socket: ClientConnection, side: KioskSide, out: Outgoing) -> None:
        """The one timer of a connection; it aborts, for a close would wait for a dead peer."""
        while self._over is None:
            await asyncio.sleep(WATCH_S)
            now = self._time.mono_ms()
            self._asking.expire()
            self._carry(side.tick(now))
            if out.stuck(now):
                self._carry([Ended(None, 0.0, "the server takes no byte")])
        if self._over.code is None:
            socket.transport.abort()

    async def _sleep(self, wait_s: float) -> None:
        self._retry_at_ms = self._time.mono_ms() + int(wait_s * 1000)
        self._nudged.clear()
        for listener in tuple(self._listeners):
            listener()
        try:
            async with asyncio.timeout(wait_s):
                await self._nudged.wait()
        except TimeoutError:
            pass
        finally:
            self._retry_at_ms = None

    # ---- effects ----------------------------------------------------------------------------

    def _carry(self, effects: Iterable[Effect]) -> None:
        """Carry effects out in order, and those that follow from them."""
        waiting = deque(effects)
        while waiting and self._over is None:
            try:
                waiting.extendleft(reversed(self._one(waiting.popleft())))
            except DiskRefused as error:
                # Nothing was taken over: the next connection brings it again.
                self._over = Ended(None, 0.0, str(error))
            except (Malformed, rules.UnreadableSnapshot) as error:
                self._over = Ended(GoodbyeCode.UPGRADE, 0.0, str(error))

    def _one(self, effect: Effect) -> Sequence[Effect]:
        side, out = self._side, self._out
        if side is None or out is None:
            return ()
        match effect:
            case Send(frame):
                if not out.put(encode(frame)):
                    return [Ended(None, 0.0, "too much waits for the server")]
            case SignHello(text, claims):
                return side.signed(claims, self._key.sign(text))
            case NeedRows(after, limit):
                return side.rows(self._mirror.store.rows(after, limit))
            case Forked(detail):
                self._mirror.quarantine(detail)
                return [Ended(None, 0.0, detail)]
            case Ended():
                self._end(effect)
            case _:
                self._inform(effect)
        return ()

    def _inform(self, effect: Effect) -> None:
        match effect:
            case ApplyEvents():
                self._mirror.grown(effect)
            case ApplySnapshot():
                self._mirror.replaced(effect)
            case Settle():
                self._mirror.settled(effect)
            case ClockSample():
                self._time.sample(effect)
            case Answered(reply):
                self._asking.answer(reply)
            case Admitted():
                self._served_from_ms = self._time.mono_ms()
                self._show(LinkState.ONLINE, "")
            case CaughtUp(seq):
                _log.debug("caught up at %d", seq)
            case _:
                raise TypeError(f"{type(effect).__name__} is not for a kiosk")

    def _end(self, ended: Ended) -> None:
        self._over = ended
        if ended.code is GoodbyeCode.FORK:
            self._mirror.quarantine(ended.detail)

    def _show(self, state: LinkState, detail: str) -> None:
        self._detail = detail
        if state is self._state:
            return
        _log.info("line %s%s", state, f": {detail}" if detail else "")
        self._state = state
        self._since_ms = self._time.mono_ms()
        for listener in tuple(self._listeners):
            listener()


async def dial(url: str, tls: ssl.SSLContext | None) -> ClientConnection:
    """Open a connection with the limits of this protocol (sync.md, Limits)."""
    return await connect(
        url,
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        compression=None,
        max_size=FRAME_MAX_BYTES,
        max_queue=QUEUED_FRAMES,
        open_timeout=OPEN_S,
        ping_interval=PING_S,
        ping_timeout=PING_S,
        close_timeout=CLOSE_S,
        proxy=None,
        ssl=(tls or True) if url.startswith("wss:") else None,
    )


def _shown_after(code: GoodbyeCode | None) -> LinkState:
    return LinkState.OFFLINE if code is None else _STATES.get(code, LinkState.OFFLINE)


def _retry_after_s(error: InvalidStatus) -> float:
    value = error.response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else 0.0
