"""A whole server in the test's own loop, and a kiosk that speaks the wire without a disk or a screen."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from dapur import kitchen as rules
from dapur.envelope import GENESIS, Command, Occurred, chain, decode_event, encode_command
from dapur.ids import SYSTEM, CommandId, DeviceId, KitchenId, OutboxId, SessionId, StaffId
from dapur.sync.effects import (
    Admitted,
    Answered,
    ApplyEvents,
    ApplySnapshot,
    Effect,
    Ended,
    Forked,
    NeedRows,
    Send,
    Settle,
    SignHello,
)
from dapur.sync.kiosk_side import KioskSide, OutboxPosition, Position
from dapur.wire.codec import decode_server, encode
from dapur.wire.messages import SUBPROTOCOL, Limits, Reply, Result, Row, Welcome
from server.bus.memory import MemoryBus
from server.desk.ports import Bus, Head, Log
from server.gateway.listener import STRANGERS_MAX, Listener
from server.gateway.services import Services
from tests.support.fake_identity import FakeIdentity
from tests.support.fake_log import FakeLog

KITCHEN = KitchenId("sppg-1")
OTHER_KITCHEN = KitchenId("sppg-2")
WAIT_S = 10.0


class Shop(msgspec.Struct):
    """A running server and what it stands on."""

    log: Log
    identity: FakeIdentity
    services: Services
    listener: Listener
    url: str
    kiosks: list[Kiosk] = []

    def kiosk(self, name: str = "k-1", kitchen: KitchenId = KITCHEN) -> Kiosk:
        """A new enrolled kiosk."""
        key = Ed25519PrivateKey.generate()
        return self._keep(Kiosk(self.url, self.identity.add(name, kitchen, key), key))

    def twin(self, kiosk: Kiosk) -> Kiosk:
        """A second one with the same name and key, and an empty disk."""
        return self._keep(Kiosk(self.url, kiosk.device, kiosk.key))

    def _keep(self, kiosk: Kiosk) -> Kiosk:
        self.kiosks.append(kiosk)
        return kiosk

    def head(self, kitchen: KitchenId = KITCHEN) -> Head:
        """Where a kitchen's log stands."""
        head = self.log.head(kitchen)
        assert head is not None
        return head

    def state(self, kitchen: KitchenId = KITCHEN) -> rules.Kitchen:
        """What the desk knows of a kitchen."""
        fold = self.services.desk.fold(kitchen)
        assert fold is not None
        return fold.kitchen

    async def notice(self, text: str, kitchen: KitchenId = KITCHEN) -> None:
        """Make one event, as the server itself."""
        await self.services.writer.own(kitchen, OutboxId("server-test"), [notice(text)])


@asynccontextmanager
async def open_shop(
    log: Log | None = None,
    *,
    bus: Bus | None = None,
    identity: FakeIdentity | None = None,
    limits: Limits | None = None,
    strangers_max: int = STRANGERS_MAX,
    with_metrics: bool = False,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Shop]:
    """A server on a free port of loopback with two kitchens, closed at the end."""
    log = log if log is not None else FakeLog()
    identity = identity or FakeIdentity()
    for kitchen in (KITCHEN, OTHER_KITCHEN):
        log.create_kitchen(kitchen, epoch="e-1")
    services = Services(
        log=log,
        identity=identity,
        bus=bus or MemoryBus(),
        key=Ed25519PrivateKey.generate(),
        limits=limits,
    )
    services.writer.start()
    listener = Listener(services, strangers_max=strangers_max, with_metrics=with_metrics)
    port = await listener.open("127.0.0.1", 0, tls=tls)
    shop = Shop(log, identity, services, listener, f"ws://127.0.0.1:{port}/")
    try:
        yield shop
    finally:
        for kiosk in shop.kiosks:
            await kiosk.hang_up()
        await listener.close()
        await services.close()


async def until(true: Callable[[], bool]) -> None:
    """Wait for something that happens by itself."""
    async with asyncio.timeout(WAIT_S):
        while not true():  # noqa: ASYNC110 - anything may bring it about
            await asyncio.sleep(0.005)


_made = 0


def command(kind: str, subject: str, args: object, *, actor: str = "s-cook") -> Command:
    """A command with a fresh id, tapped now."""
    global _made  # noqa: PLW0603 - one counter for the ids of all tests
    _made += 1
    now_ms = int(time.time() * 1000)
    return Command(
        CommandId(f"t-{_made}"),
        kind,
        subject,
        msgspec.Raw(msgspec.json.encode(args)),
        StaffId(actor),
        SessionId("" if actor == SYSTEM else f"{actor}@test"),
        0,
        Occurred(now_ms - 5, now_ms),
    )


def notice(text: str) -> Command:
    """A command of the server that always makes one event."""
    return command("post_notice", "notice:kitchen", {"text": text}, actor=SYSTEM)


class Kiosk:
    """Keeps outbox, log and receipts in lists; everything the real one keeps on disk survives a reconnect."""

    def __init__(self, url: str, device: DeviceId, key: Ed25519PrivateKey) -> None:
        self.url = url
        self.device = device
        self.key = key
        self.dialling: dict[str, Any] = {}
        """More of how it dials."""
        self.outbox = OutboxId(f"o-{device}")
        self.outbox_rows: list[Row] = []
        self.results: dict[int, Result] = {}
        self.position = Position()
        self.bodies: dict[int, str] = {}
        self.state = rules.empty(KITCHEN)
        self.welcome: Welcome | None = None
        self.ended: Ended | None = None
        self.forked: Forked | None = None
        self.replies: list[Reply] = []
        self.snapshots = 0
        self.side: KioskSide | None = None
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None

    # ---- line ----------------------------------------------------------------------------------

    async def connect(self) -> Kiosk:
        """Dial and say hello; wait for the welcome or the end."""
        await self.hang_up()
        self._socket = await connect(
            self.url,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
            max_size=64 * 1024,
            ping_interval=None,
            proxy=None,
            **self.dialling,
        )
        self.welcome = self.ended = self.forked = None
        self.side = KioskSide(
            device=self.device,
            app="test",
            states=(rules.STATE_VERSION,),
            position=self.position,
            outbox=self._end_of_outbox(),
            row_hash=lambda dseq: self.outbox_rows[dseq - 1].hash,
            answered=self._answered(),
            now_ms=_now_ms(),
        )
        self._task = asyncio.create_task(self._pump(self._socket))
        await self.until(lambda: self.welcome is not None or self.ended is not None)
        return self

    async def hang_up(self) -> None:
        """Close as a kiosk that is switched off."""
        if self._socket is not None and self._socket.close_code is None:
            self._socket.transport.resume_reading()
            self._socket.transport.abort()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _pump(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for text in socket:
                if self.side is None:
                    return
                await self._carry(self.side.receive(decode_server(text), _now_ms()))
        if self.ended is None:
            self.ended = Ended(None, 0.0, f"closed {socket.close_code}")

    @property
    def greeting(self) -> Welcome:
        """The welcome, after `connect`."""
        assert self.welcome is not None
        return self.welcome

    @property
    def end(self) -> Ended:
        """How the line ended, once it did."""
        assert self.ended is not None
        return self.ended

    @property
    def transport(self) -> asyncio.Transport:
        """The socket's transport, to freeze and to thaw."""
        assert self._socket is not None
        return self._socket.transport

    async def send(self, text: str) -> None:
        """Put anything on the wire."""
        if self._socket is not None:
            await self._socket.send(text)

    async def send_raw(self, data: bytes | Sequence[str]) -> None:
        """Put bytes on the wire as one text message, or texts as the pieces of one."""
        if self._socket is not None:
            with suppress(ConnectionClosed):
                await self._socket.send(data, text=True)

    @property
    def close_code(self) -> int | None:
        """With what the server closed."""
        return None if self._socket is None else self._socket.close_code

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for something that the pump brings about."""
        await until(true)

    # ---- taps ----------------------------------------------------------------------------------

    def keep(self, *taps: Command | bytes) -> None:
        """Write taps into the outbox."""
        for tap in taps:
            raw = tap if isinstance(tap, bytes) else encode_command(tap)
            last = self.outbox_rows[-1].hash if self.outbox_rows else GENESIS
            self.outbox_rows.append(Row(len(self.outbox_rows) + 1, chain(last, raw), raw))

    async def tap(self, *taps: Command | bytes) -> list[Result]:
        """Write taps and wait for their results."""
        first = len(self.outbox_rows) + 1
        self.keep(*taps)
        await self.push()
        wanted = range(first, len(self.outbox_rows) + 1)
        await self.until(lambda: all(dseq in self.results for dseq in wanted))
        return [self.results[dseq] for dseq in wanted]

    async def push(self) -> None:
        """Offer what is in the outbox, without waiting."""
        if self.side is not None:
            await self._carry(self.side.tapped(self._end_of_outbox()))

    async def ask(self, name: str, args: msgspec.Struct) -> Reply:
        """Ask and wait for the reply."""
        assert self.side is not None
        number, effects = self.side.ask(name, args)
        await self._carry(effects)
        await self.until(lambda: any(reply.id == number for reply in self.replies))
        return next(reply for reply in self.replies if reply.id == number)

    async def reached(self, seq: int) -> None:
        """Wait until the replica has event `seq`."""
        await self.until(lambda: self.position.seq >= seq)

    def _end_of_outbox(self) -> OutboxPosition:
        if not self.outbox_rows:
            return OutboxPosition(self.outbox)
        return OutboxPosition(self.outbox, self.outbox_rows[-1].dseq, self.outbox_rows[-1].hash)

    def _answered(self) -> int:
        dseq = 0
        while dseq + 1 in self.results:
            dseq += 1
        return dseq

    # ---- effects -------------------------------------------------------------------------------

    async def _carry(self, effects: list[Effect]) -> None:
        assert self.side is not None
        for effect in effects:
            match effect:
                case Send():
                    with suppress(ConnectionClosed):
                        await self.send(encode(effect.frame))
                case SignHello():
                    signature = self.key.sign(effect.text)
                    await self._carry(self.side.signed(effect.claims, signature))
                case Admitted():
                    self.welcome = effect.welcome
                case ApplyEvents():
                    self._grow(effect)
                case ApplySnapshot():
                    self.snapshots += 1
                    self.state = rules.decode_snapshot(effect.text, effect.state_version)
                    self.position = Position(effect.epoch, effect.seq, effect.hash)
                case Settle():
                    self.results |= {result.dseq: result for result in effect.results}
                case NeedRows():
                    rows = self.outbox_rows[effect.after : effect.after + effect.limit]
                    await self._carry(self.side.rows(rows))
                case Answered():
                    self.replies.append(effect.reply)
                case Ended():
                    self.ended = effect
                case Forked():
                    self.forked = effect
                case _:
                    pass

    def _grow(self, effect: ApplyEvents) -> None:
        assert effect.first == self.position.seq + 1
        for offset, body in enumerate(effect.bodies):
            self.bodies[effect.first + offset] = body
            self.state = rules.evolve(self.state, decode_event(body))
        self.position = Position(self.position.epoch, effect.last, effect.hash)


def _now_ms() -> int:
    return int(time.monotonic() * 1000)
