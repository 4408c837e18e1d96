"""A server that only tells one long night again, as fast as it is read; run as a child (`talk`).

Real session and real frames; the log is made before anybody connects and is held in memory.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import deque

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from bench.kiosk.answers import Answers
from dapur import kitchen as rules
from dapur.envelope import GENESIS, Command, Occurred, Taken, chain, encode_event
from dapur.ids import SYSTEM, CommandId, ConnectionId, DeviceId, KitchenId, SessionId, StaffId
from dapur.kitchen import SERVER_DEVICE
from dapur.plan import at_local_time, read_plan, wishes
from dapur.progress import AdvanceBatchArgs, NoteBatchArgs
from dapur.resources import read_bytes
from dapur.rule import NoArgs
from dapur.sync.effects import Close, Effect, Identify, Read, Send, TopDue
from dapur.sync.server_side import Admission, Entryish, ServerSide
from dapur.temperature import RecordTemperatureArgs
from dapur.wire.codec import decode_client, encode
from dapur.wire.messages import SUBPROTOCOL, Limits, Top

EPOCH = "replayed"
COOKS = ("s-joko", "s-sari", "s-budi", "s-agus", "s-eko")
NOTE_EVERY = 10


class Night:
    """A kitchen that is tapped on until its log is long enough."""

    def __init__(self) -> None:
        plan, offset_min = at_local_time(read_plan(read_bytes("demo/night.json")), "04:42", _now())
        self.kitchen = rules.empty(KitchenId(plan.kitchen))
        self.log: list[Entryish] = []
        self._taps = 0
        for wish in wishes(plan, offset_min):
            self._take(SYSTEM, SERVER_DEVICE, wish.kind, wish.subject, wish.args)
        for cook in COOKS:
            session = f"session:{_session(StaffId(cook))}"
            self._take(StaffId(cook), _device(cook), "open_session", session, NoArgs())
        for batch in tuple(self.kitchen.batches):
            for to in ("preparing", "cooking"):
                args = AdvanceBatchArgs(to=to)
                self._take(StaffId(COOKS[0]), _device(COOKS[0]), "advance_batch", batch, args)
        self.first, self.first_kitchen = len(self.log), self.kitchen

    def tell(self, events: int) -> None:
        """So many more: temperatures mostly, and notes."""
        dice = random.Random(11)
        dishes = list(self.kitchen.batches)
        while len(self.log) < self.first + events:
            cook = COOKS[self._taps % len(COOKS)]
            batch = dice.choice(dishes)
            if self._taps % NOTE_EVERY == 0:
                args: msgspec.Struct = NoteBatchArgs(text=f"catatan {self._taps}")
                self._take(StaffId(cook), _device(cook), "note_batch", batch, args)
            else:
                args = RecordTemperatureArgs(round(dice.uniform(62, 90), 1))
                self._take(StaffId(cook), _device(cook), "record_temperature", batch, args)

    def hash_at(self, seq: int) -> bytes:
        """Hash of the log up to `seq`."""
        return self.log[seq - 1].hash if 0 < seq <= len(self.log) else GENESIS

    def _take(
        self, actor: StaffId, device: DeviceId, kind: str, subject: str, args: msgspec.Struct
    ) -> None:
        self._taps += 1
        now = _now()
        moment = Occurred(now, now)
        raw = msgspec.Raw(msgspec.json.encode(args))
        name = CommandId(f"0199-{self._taps:027d}")
        session = SessionId("") if actor == SYSTEM else _session(actor)
        command = Command(name, kind, subject, raw, actor, session, 0, moment)
        taking = rules.take(self.kitchen, Taken(command, device, moment, now), now)
        self.kitchen = taking.kitchen
        for event in taking.events:
            body = encode_event(event)
            link = chain(self.hash_at(len(self.log)), body)
            self.log.append(Entryish(len(self.log) + 1, link, body.decode()))


def _now() -> int:
    return time.time_ns() // 1_000_000


def _session(actor: StaffId) -> SessionId:
    return SessionId(f"{actor}-replayed")


def _device(cook: str) -> DeviceId:
    return DeviceId(f"d-{cook}")


class Replay:
    """Answers kiosks from the log, and `talk` about it."""

    def __init__(self) -> None:
        self.night = Night()
        self.over = asyncio.Event()
        self._connections = 0

    async def open(self, events: int) -> dict[str, object]:
        """Make the log, then listen; where, and what a kiosk must know to be told only the rest."""
        night = self.night
        night.tell(events)
        server = await serve(
            self._talk, "127.0.0.1", 0, subprotocols=[Subprotocol(SUBPROTOCOL)], compression=None,
            ping_interval=None,
        )  # fmt: skip
        port = next(iter(server.sockets)).getsockname()[1]
        return {
            "url": f"ws://127.0.0.1:{port}/",
            "kitchen": night.kitchen.id,
            "epoch": EPOCH,
            "seq": night.first,
            "hash": night.hash_at(night.first),
            "state": rules.encode_snapshot(night.first_kitchen),
            "head": len(night.log),
            "bytes": sum(len(each.text) for each in night.log[night.first :]),
        }

    def state(self) -> str:
        """What a kiosk must have in the end."""
        return rules.encode_snapshot(self.night.kitchen)

    def close(self) -> None:
        """The end."""
        self.over.set()

    async def _talk(self, socket: ServerConnection) -> None:
        self._connections += 1
        side = ServerSide(
            ConnectionId(f"c{self._connections}"), os.urandom(16), limits=Limits(), jitter=0.0,
            now_ms=_now(),
        )  # fmt: skip
        await self._carry(side, socket, side.open(_now()))
        async for text in socket:
            await self._carry(side, socket, side.receive(decode_client(text), _now()))

    async def _carry(self, side: ServerSide, socket: ServerConnection, first: list[Effect]) -> None:
        waiting = deque(first)
        while waiting:
            match waiting.popleft():
                case Send(frame):
                    await socket.send(encode(frame))
                case Close():
                    await socket.close()
                case Identify() as who:
                    waiting.extend(side.admit(self._admission(who)))
                case Read(after, most):
                    waiting.extend(
                        side.entries(after, self._read(after, most), len(self.night.log))
                    )
                case TopDue(echo_ms):
                    head = len(self.night.log)
                    top = Top(head, self.night.hash_at(head), _now(), b"", echo_ms)
                    await socket.send(encode(top))
                case _:
                    pass  # nobody taps and nobody asks

    def _read(self, after: int, most: int) -> list[Entryish]:
        found: list[Entryish] = []
        for entry in self.night.log[after:]:
            most -= len(entry.text)
            if found and most < 0:
                break
            found.append(entry)
        return found

    def _admission(self, who: Identify) -> Admission:
        log, claims = self.night.log, who.claims
        return Admission(
            kitchen=self.night.kitchen.id, epoch=EPOCH, head=len(log),
            head_hash=self.night.hash_at(len(log)), floor=0, durable=0, acked=0, acked_hash=GENESIS,
            since_hash=self.night.hash_at(claims.since), state_version=rules.STATE_VERSION,
            time_ms=_now(),
        )  # fmt: skip


async def main() -> None:
    """Answer until `close`."""
    replay = Replay()
    Answers(replay).listen()
    await replay.over.wait()


if __name__ == "__main__":
    asyncio.run(main())
