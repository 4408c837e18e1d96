"""A server small enough to read: real session, real rules, a real socket, and a log in memory."""

from __future__ import annotations

import asyncio
import http
import os
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from dapur import kitchen as rules
from dapur.envelope import (
    GENESIS,
    Command,
    Malformed,
    Occurred,
    Taken,
    chain,
    decode_command,
    encode_event,
)
from dapur.ids import (
    SYSTEM,
    CommandId,
    ConnectionId,
    DeviceId,
    KitchenId,
    OutboxId,
    SessionId,
)
from dapur.kitchen import SERVER_DEVICE, Taking
from dapur.sync.effects import (
    Ask,
    Close,
    Effect,
    Heard,
    Identify,
    Read,
    ReadSnapshot,
    Register,
    Send,
    Take,
    TopDue,
)
from dapur.sync.server_side import Admission, Entryish, ServerSide
from dapur.wire.codec import decode_client, encode
from dapur.wire.messages import (
    CLOSE_CODES,
    SUBPROTOCOL,
    GoodbyeCode,
    Limits,
    Live,
    Outcome,
    Query,
    Reply,
    Result,
    Row,
    Top,
    top_text,
)
from tests.support.waiting import until

KITCHEN = KitchenId("sppg-test")


class SoftKey:
    """A device's key that lives in memory."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()

    @property
    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    def sign(self, text: bytes) -> bytes:
        return self._key.sign(text)


class Outbox:
    """The last hash and all receipts of one outbox."""

    def __init__(self) -> None:
        self.hash = GENESIS
        self.results: list[Result] = []


class MiniServer:
    """One kitchen. Tests script it through its fields; times are the machine's own."""

    def __init__(self, *, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        self.kitchen = rules.empty(KITCHEN)
        self.epoch = "epoch-1"
        self.log: list[tuple[str, bytes]] = []
        self.durable = 0
        self.devices: dict[str, bytes] = {}
        self.code = ""
        self.answer: Callable[[Query], Reply] = lambda query: Reply(query.id, error="unknown")
        self.hang_up: GoodbyeCode | None = None
        """Say this instead of a challenge."""
        self.retry_after_s = 0.0
        self.refuse_status: tuple[int, str] | None = None
        """Answer the handshake with this status and Retry-After."""
        self.frozen = False
        """Read nothing and write nothing more."""
        self.lose_results = False
        self.connects: list[float] = []
        self.received: list[str] = []
        self._outboxes: dict[OutboxId, Outbox] = {}
        self._limits = limits
        self._key = Ed25519PrivateKey.generate()
        self._sides: dict[ServerSide, ServerConnection] = {}
        self._outbox_of: dict[ServerSide, OutboxId] = {}
        self._server: Server | None = None

    # ---- life -------------------------------------------------------------------------------

    async def start(self, port: int = 0) -> None:
        self._server = await serve(
            self._talk,
            "127.0.0.1",
            port,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
            process_request=self._knock,
            ping_interval=None,
            close_timeout=1,
        )

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = next(iter(self._server.sockets)).getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    async def stop(self) -> None:
        self.frozen = False
        self.cut()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def cut(self) -> None:
        """Every cable is pulled."""
        for socket in self._sides.values():
            socket.transport.abort()

    def say_goodbye(self, code: GoodbyeCode, retry_after_s: float = 0.0) -> None:
        """End every connection politely."""
        for side, socket in tuple(self._sides.items()):
            asyncio.get_running_loop().create_task(
                self._carry(side, socket, side.end(code, retry_after_s=retry_after_s))
            )

    @staticmethod
    def now_ms() -> int:
        """The server's clock."""
        return time.time_ns() // 1_000_000

    async def say(self, message: str | bytes) -> None:
        """Send this to everybody, whatever it is."""
        for socket in tuple(self._sides.values()):
            await socket.send(message)

    async def ping(self) -> None:
        """Send everybody a ping of the WebSocket protocol, which is no frame of ours."""
        for socket in tuple(self._sides.values()):
            with suppress(ConnectionClosed):
                await socket.ping()

    # ---- the kitchen ------------------------------------------------------------------------

    def system(self, kind: str, subject: str, args: msgspec.Struct) -> Taking:
        """The server's own tap."""
        now = self.now_ms()
        command = Command(
            CommandId(f"system-{len(self.log)}"),
            kind,
            subject,
            msgspec.Raw(msgspec.json.encode(args)),
            SYSTEM,
            SessionId(""),
            0,
            Occurred(now, now),
        )
        taking = rules.take(self.kitchen, Taken(command, SERVER_DEVICE, command.occurred, now), now)
        assert taking.outcome in (Outcome.APPLIED, Outcome.ALREADY), taking.code
        self._append(taking)
        return taking

    def _append(self, taking: Taking) -> None:
        self.kitchen = taking.kitchen
        for event in taking.events:
            body = encode_event(event)
            link = chain(self._hash_at(len(self.log)) or GENESIS, body)
            self.log.append((body.decode(), link))

    def _hash_at(self, seq: int) -> bytes | None:
        if seq == 0:
            return GENESIS
        return self.log[seq - 1][1] if seq <= len(self.log) else None

    def ids(self) -> list[str]:
        """Command of every event, in order."""
        return [msgspec.json.decode(body)["command"] for body, _ in self.log]

    # ---- one connection ---------------------------------------------------------------------

    def _knock(self, socket: ServerConnection, _: Request) -> Response | None:
        if self.refuse_status is None:
            return None
        self.connects.append(time.monotonic())
        status, retry = self.refuse_status
        response = socket.respond(http.HTTPStatus(status), "busy\n")
        response.headers["Retry-After"] = retry
        return response

    async def _talk(self, socket: ServerConnection) -> None:
        self.connects.append(time.monotonic())
        now = time.monotonic_ns() // 1_000_000
        connection = ConnectionId(f"c{len(self.connects)}")
        side = ServerSide(connection, os.urandom(16), limits=self._limits, jitter=0.0, now_ms=now)
        self._sides[side] = socket
        try:
            if self.hang_up is not None:
                end = side.end(self.hang_up, retry_after_s=self.retry_after_s)
                await self._carry(side, socket, end)
                return
            await self._carry(side, socket, side.open(self.now_ms()))
            async for text in socket:
                self.received.append(str(text))
                await self._thaw()
                effects = side.receive(decode_client(text), time.monotonic_ns() // 1_000_000)
                await self._carry(side, socket, effects)
        except ConnectionClosed:
            pass
        finally:
            del self._sides[side]
            self._outbox_of.pop(side, None)

    async def _thaw(self) -> None:
        await until(lambda: not self.frozen, within_s=60)

    async def tick(self) -> None:
        """A second of the sessions' time."""
        for side, socket in tuple(self._sides.items()):
            await self._carry(side, socket, side.tick(time.monotonic_ns() // 1_000_000))

    async def _carry(
        self, side: ServerSide, socket: ServerConnection, effects: list[Effect]
    ) -> None:
        waiting = deque(effects)
        while waiting:
            waiting.extendleft(reversed(await self._one(side, socket, waiting.popleft())))

    async def _one(
        self, side: ServerSide, socket: ServerConnection, effect: Effect
    ) -> list[Effect]:
        match effect:
            case Send(frame):
                await self._thaw()
                await socket.send(encode(frame))
            case Close(code):
                with suppress(ConnectionClosed):
                    await socket.close(CLOSE_CODES[code])
            case Identify():
                return self._identify(side, effect)
            case Register(enrol, text):
                if enrol.code != self.code:
                    return side.end(GoodbyeCode.BAD_CODE)
                Ed25519PublicKey.from_public_bytes(enrol.public_key).verify(enrol.signature, text)
                self.code = ""
                device = DeviceId(f"K-{len(self.devices) + 1}")
                self.devices[device] = enrol.public_key
                return side.enrolled(device, KITCHEN, self._key.public_key().public_bytes_raw())
            case Take(rows):
                return await self._take(side, rows)
            case Read(after, _):
                entries = [
                    Entryish(number, link, body)
                    for number, (body, link) in enumerate(self.log, 1)
                    if number > after
                ][:50]
                return side.entries(after, entries, len(self.log))
            case ReadSnapshot():
                seq = len(self.log)
                return side.snapshot(
                    epoch=self.epoch,
                    seq=seq,
                    hash=self._hash_at(seq) or GENESIS,
                    state_version=rules.STATE_VERSION,
                    text=rules.encode_snapshot(self.kitchen),
                )
            case Ask(query):
                return side.reply(self.answer(query))
            case TopDue(echo_ms):
                head = len(self.log)
                link = self._hash_at(head) or GENESIS
                signed = self._key.sign(top_text(KITCHEN, self.epoch, head, link))
                return [Send(Top(head, link, self.now_ms(), signed, echo_ms))]
            case Heard():
                pass
            case _:
                raise TypeError(f"{type(effect).__name__} is not for a server")
        return []

    def _identify(self, side: ServerSide, effect: Identify) -> list[Effect]:
        claims = effect.claims
        key = self.devices.get(claims.device)
        if key is None:
            return side.end(GoodbyeCode.UNKNOWN_DEVICE)
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(effect.hello.signature, effect.text)
        except InvalidSignature:
            return side.end(GoodbyeCode.UNKNOWN_DEVICE, detail="signature")
        outbox = self.outbox(claims.outbox)
        self._outbox_of[side] = claims.outbox
        return side.admit(
            Admission(
                kitchen=KITCHEN,
                epoch=self.epoch,
                head=len(self.log),
                head_hash=self._hash_at(len(self.log)) or GENESIS,
                floor=0,
                durable=self.durable,
                acked=len(outbox.results),
                acked_hash=outbox.hash,
                since_hash=self._hash_at(claims.since),
                state_version=rules.STATE_VERSION,
                time_ms=self.now_ms(),
            )
        )

    async def _take(self, side: ServerSide, rows: tuple[Row, ...]) -> list[Effect]:
        name, device = self._outbox_of[side], side.device
        assert device is not None
        outbox = self.outbox(name)
        first = len(self.log) + 1
        results = [self.take_one(name, device, row) for row in rows]
        side.taken(len(rows))
        await self._fan_out(first)
        if self.lose_results:
            return []
        return side.answered(results, len(outbox.results), self.durable)

    def outbox(self, name: OutboxId) -> Outbox:
        """What the log knows of an outbox."""
        return self._outboxes.setdefault(name, Outbox())

    def take_one(self, name: OutboxId, device: DeviceId, row: Row) -> Result:
        """Decide one row, or find its receipt."""
        outbox = self.outbox(name)
        if row.dseq <= len(outbox.results):
            return outbox.results[row.dseq - 1]
        assert row.dseq == len(outbox.results) + 1
        assert row.hash == chain(outbox.hash, row.bytes)
        now = self.now_ms()
        try:
            command = decode_command(row.bytes)
        except Malformed as error:
            taking = rules.malformed(
                self.kitchen,
                device=device,
                outbox=name,
                dseq=row.dseq,
                problem=str(error),
                recorded_ms=now,
            )
        else:
            at = command.occurred.within(not_before_ms=0, received_ms=now)
            taking = rules.take(self.kitchen, Taken(command, device, at, now), now)
        self._append(taking)
        outbox.hash = row.hash
        result = Result(row.dseq, taking.outcome, len(self.log), taking.code)
        outbox.results.append(result)
        return result

    async def _fan_out(self, first: int) -> None:
        last = len(self.log)
        if last < first:
            return
        bodies = tuple(body for body, _ in self.log[first - 1 :])
        live = Live(first, bodies, self.log[-1][1])
        for side, socket in tuple(self._sides.items()):
            if side.forward(first, last):
                with suppress(ConnectionClosed):
                    await socket.send(encode(live))
