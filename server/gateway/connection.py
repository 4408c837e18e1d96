"""Carries out what one kiosk's session asks for: frames, reads, the desk's answers; it decides nothing itself."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Sequence
from functools import partial

import msgspec
from websockets.exceptions import ConnectionClosed

from dapur.ids import ConnectionId, KitchenId, OutboxId
from dapur.sync.effects import (
    Ask,
    BadTail,
    Brought,
    Close,
    Effect,
    Heard,
    Identify,
    Offered,
    Read,
    ReadSnapshot,
    Register,
    Send,
    Take,
    TopDue,
)
from dapur.sync.server_side import ServerSide
from dapur.sync.tail import TailCheck
from dapur.wire.codec import BadFrame, decode_client, encode_bytes
from dapur.wire.messages import (
    CLOSE_CODES,
    ClientFrame,
    Goodbye,
    GoodbyeCode,
    Query,
    Reply,
    ServerFrame,
    Submit,
)
from server import logs
from server.desk.groups import Answer, Submission
from server.desk.ports import DeviceRecord, Enrolled, QueryError, Sign, Unavailable
from server.gateway.admission import TurnedAway, Welcomed
from server.gateway.cursor import Stream
from server.gateway.limits import Patience
from server.gateway.line import PING, Line, framed
from server.gateway.services import Services
from server.gateway.shelf import Snap

SUSPECT_S = 7.0
"""A line that is silent for so long is looked at every second; a kiosk that lives beats after five."""
PING_S = 7.0
"""A pong comes back well within the rest of SILENT_S, also over a line of three seconds."""
SILENT_S = 15.0
"""Neither a byte from the kiosk nor a byte taken by it: it is frozen, gone or hostile."""
LATE_S = 3.0
"""A tick that comes so late tells of a stopped or overloaded server, not of a silent kiosk."""
FRAME_S = 120.0
"""A kiosk says `got` every 30 s, and its largest frame takes 65 s at 8 kbit/s."""
QUESTIONS = 4
"""Queries of one kiosk that are answered at a time."""
CLOSE_S = 4.0

_log = logging.getLogger(__name__)


class Connection:
    """One socket. All methods run on the loop; reads run in the services' threads."""

    # What a tick looks at stands in the object itself: a dict is one more cold place in memory.
    __slots__ = ("__dict__", "_frame_s", "_holding", "_session", "_ticked_s", "line")

    def __init__(self, connection: ConnectionId, line: Line, services: Services) -> None:
        self.id = connection
        self.line = line
        self._services = services
        self._session = ServerSide(
            connection,
            services.nonce(),
            limits=services.limits,
            jitter=services.jitter(),
            now_ms=_monotonic_ms(),
        )
        self._opened_s = time.monotonic()
        self.record: DeviceRecord | None = None
        self._outbox = OutboxId("")
        self._stream: Stream | None = None
        self._snap: Snap | None = None
        self._floor = 0
        self._questions = 0
        self._sign: Heard | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._frame_s = time.monotonic()
        self._progress_s = 0.0
        self._delivered = 0
        self._written = 0
        self._pinged_s = 0.0
        self._holding = False
        self._ticked_s = time.monotonic()

    # ---- life ----------------------------------------------------------------------------------

    async def serve(self) -> None:
        """From the open socket to its end."""
        logs.connection.set(self.id)
        self.line.forget_headers()
        try:
            self._carry(self._session.open(self._services.now_ms()))
            while True:
                await self._received(await self.line.recv(decode=False))
        except ConnectionClosed:
            pass
        finally:
            self._gone()

    async def _received(self, data: bytes) -> None:
        now_s = time.monotonic()
        self._frame_s = now_s
        try:
            frame = decode_client(data)
        except BadFrame as error:
            self._carry(self._session.bad_frame(str(error)))
            return
        if isinstance(frame, Submit):
            await self._calm()
        self._catch_up()
        effects = self._session.receive(frame, int(now_s * 1000))
        for effect in effects:
            # Nothing is read from a stranger before it is known who it is.
            if isinstance(effect, Identify):
                await self._identify(effect)
            elif isinstance(effect, Register):
                await self._register(effect)
        self._carry(effects)
        if self.line.crowded:
            # Many frames came in one packet: let what they caused leave before reading on.
            await asyncio.sleep(0)

    async def _calm(self) -> None:
        """Do not read on while the desk has more than it can soon write."""
        self._holding = True
        if self.record is not None:
            await self._services.waiting_of.calm(self.record.kitchen)
        await self._services.writer.calm()
        self._holding = False

    def _gone(self) -> None:
        self._session.ended = True
        for task in self._tasks:
            task.cancel()
        if self._stream is not None:
            self._services.fanout.leave(self._stream.kitchen, self)
        if self.record is not None:
            patience = Patience(self._session.patience, int(self._frame_s * 1000))
            self._services.tired.ended(self.record.device, patience)
            if self._services.recovering is not None:
                record = self.record
                self._services.recovering.left(record.kitchen, record.device, self)
        self._services.forget(self)

    # ---- asked from outside --------------------------------------------------------------------

    @property
    def unanswered(self) -> int:
        """Commands of this kiosk that are with the desk."""
        return self._session.unanswered

    @property
    def behind(self) -> int:
        """Events of its kitchen that this kiosk has not stored, as it said last."""
        return (
            0 if self._stream is None or self._sign is None else self._stream.seq - self._sign.seq
        )

    @property
    def unsent(self) -> int:
        """Taps that this kiosk keeps, as it said last."""
        return 0 if self._sign is None else self._sign.unsent

    def age_s(self) -> float:
        """Since the socket was opened."""
        return time.monotonic() - self._opened_s

    def end(self, code: GoodbyeCode, *, retry_after_s: float = 0.0, detail: str = "") -> None:
        """Say goodbye and close."""
        self._carry(self._session.end(code, retry_after_s=retry_after_s, detail=detail))

    def want(self, check: TailCheck) -> None:
        """Ask for the tail of a lost log."""
        self._carry(self._session.want(check))

    def abort(self, why: str) -> None:
        """Cut the line without a word."""
        self._services.metrics.aborted.labels(why).inc()
        _log.info("%s (%s) cut: %s", self.id, self.record and self.record.device, why)
        self.line.abort()

    def forward(self, first: int, last: int, frame: bytes) -> None:
        """Send a live frame that was made once for the whole kitchen, if this kiosk follows."""
        if not self._session.forward(first, last):
            return
        if not self.line.put(frame, live=True):
            self.overflowed()
        elif self._stream is not None:
            self._stream.level[self.id] = self.line

    def overflowed(self) -> None:
        """Drop the live frames that wait: the kiosk hears of the head and pulls at its own pace."""
        self._catch_up()
        self.line.drop_live()
        self._services.metrics.dropped.inc()
        self._carry(self._session.overflowed())

    def _catch_up(self) -> None:
        """Tell the session what went past it while its kiosk was level, before it decides anything."""
        stream = self._stream
        if stream is not None and stream.level.pop(self.id, None) is not None:
            self._session.forward(0, stream.seq)

    def tick(self) -> None:
        """About once a second: deadlines, the next `top`, and whether the line still lives."""
        now_s = time.monotonic()
        if effects := self._session.tick(int(now_s * 1000)):
            self._carry(effects)
        late, self._ticked_s = now_s - self._ticked_s > LATE_S, now_s
        if self._holding or late:
            # We did not read, or did not run at all: the silence was ours.
            self._frame_s = self.line.heard_s = now_s
        elif now_s - self._frame_s > FRAME_S:
            self.end(GoodbyeCode.TOO_SLOW, detail="no whole frame")
        elif now_s - self.line.heard_s > SUSPECT_S:
            self._suspect(now_s)

    def _suspect(self, now_s: float) -> None:
        """Silence is forgiven as long as the kiosk still takes what was written."""
        written = self.line.written_bytes
        delivered = written - self.line.backlog_bytes()
        # Only what waited at the last look tells of a slow kiosk. The system of a frozen one takes
        # in what is new for minutes and says so late: in a busy kitchen some of it is always out.
        if self._delivered < delivered < self._written:
            self._progress_s = now_s
        self._delivered, self._written = delivered, written
        alive_s = max(self.line.heard_s, self._progress_s)
        if now_s - alive_s > SILENT_S:
            self.abort("silent")
        elif now_s - max(self.line.heard_s, self._pinged_s) > PING_S and not self.line.paused:
            self._pinged_s = now_s
            self.line.put(PING)

    # ---- effects -------------------------------------------------------------------------------

    def _carry(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send():
                    self._send(effect.frame)
                case Take():
                    self._take(effect)
                case Read():
                    self._spawn(self._read(effect))
                case ReadSnapshot():
                    self._spawn(self._read_snapshot())
                case Ask():
                    self._ask(effect.query)
                case Heard():
                    self._sign = effect
                    sign = Sign(effect.seq, effect.app, effect.unsent, effect.offset_ms)
                    self._services.presence.heard(effect.device, sign)
                case TopDue():
                    self._top(effect.echo_ms)
                case Offered() | Brought() | BadTail():
                    self._recover(effect)
                case Close():
                    self._close(effect.code)
                case _:
                    # Identify and Register were carried out when they came in.
                    pass

    def _send(self, frame: ClientFrame | ServerFrame) -> None:
        if isinstance(frame, Goodbye):
            self._services.metrics.turned_away.labels(frame.code).inc()
            if frame.code is GoodbyeCode.FORK:
                self._services.metrics.forks.inc()
        data = framed(encode_bytes(frame))
        if self.line.put(data):
            return
        if self.line.drop_live():
            self._catch_up()
            self._services.metrics.dropped.inc()
            self._carry(self._session.overflowed())
            if self.line.put(data):
                return
        # What is left are answers: this kiosk asks without reading.
        self.abort("queue")

    def _take(self, effect: Take) -> None:
        record = self.record
        if record is None:
            return
        submission = Submission(record.kitchen, record.device, self._outbox, effect.rows)
        self._services.waiting_of.took(record.kitchen, len(effect.rows))
        answered = partial(self._answered, record.kitchen, len(effect.rows))
        self._services.writer.submit(submission, answered)

    def _answered(self, kitchen: KitchenId, rows: int, answer: Answer) -> None:
        self._services.waiting_of.took(kitchen, -rows)
        self._session.taken(rows)
        if answer.results or answer.fault is None:
            self._carry(self._session.answered(answer.results, answer.acked, answer.durable))
        if answer.fault is None:
            return
        if answer.fault is GoodbyeCode.UNAVAILABLE:
            self._services.metrics.unavailable.inc()
        # The detail may speak of the database: it is logged at the desk, not told.
        self.end(answer.fault, retry_after_s=self._services.retry_after_s(answer.fault))

    def _recover(self, effect: Offered | Brought | BadTail) -> None:
        record, recovering = self.record, self._services.recovering
        if record is None or recovering is None:
            return
        match effect:
            case Offered(offer):
                recovering.offered(record.kitchen, record.device, offer)
            case Brought(entries):
                recovering.brought(record.kitchen, record.device, entries)
            case BadTail(detail):
                recovering.wrong(record.kitchen, record.device, detail)

    def _top(self, echo_ms: int) -> None:
        if self._stream is not None:
            self._send(self._services.top(self._stream, echo_ms))

    def _ask(self, query: Query) -> None:
        if self._questions >= QUESTIONS:
            self._carry(self._session.reply(Reply(query.id, error="busy")))
            return
        self._questions += 1
        self._spawn(self._reply(query))

    def _close(self, code: GoodbyeCode) -> None:
        self._catch_up()
        if not self._closing:
            self._closing = True
            self._services.spawn(self._closed(code))

    async def _closed(self, code: GoodbyeCode) -> None:
        """Send what is queued, close, and cut what does not close."""
        try:
            async with asyncio.timeout(CLOSE_S):
                await self.line.written()
                await self.line.close(CLOSE_CODES[code])
        except TimeoutError:
            self.abort("close")

    # ---- work off the loop ---------------------------------------------------------------------

    async def _identify(self, effect: Identify) -> None:
        found = await self._services.reception.identify(effect)
        if isinstance(found, TurnedAway):
            self.end(found.code, retry_after_s=found.retry_after_s, detail=found.detail)
            return
        self._admit(found, effect.claims.outbox)

    def _admit(self, found: Welcomed, outbox: OutboxId) -> None:
        self.record = found.record
        self._outbox = outbox
        self._session.inherit(self._services.tired.begins(found.record.device, _monotonic_ms()))
        logs.device.set(found.record.device)
        logs.kitchen.set(found.record.kitchen)
        admission = found.admission
        if self._services.recovering is not None:
            lost = self._services.recovering.joined(found.record.kitchen, found.record.device, self)
            admission = msgspec.structs.replace(admission, recovering=lost)
        effects = self._session.admit(admission)
        if self._session.ended:
            self._carry(effects)
            return
        head = found.head
        self._floor = head.floor
        # Registered before anything is read for it, so that no event falls in between.
        self._stream = self._services.fanout.join(
            found.record.kitchen, head.epoch, head.seq, head.hash, self
        )
        self._services.admitted(self)
        self._carry(effects)

    async def _register(self, effect: Register) -> None:
        if not self._services.may_enrol():
            self.end(GoodbyeCode.TOO_FAST, retry_after_s=5.0)
            return
        found = await self._services.off_loop(self._services.door.register, effect)
        if isinstance(found, Enrolled):
            key = self._services.public_key
            self._carry(self._session.enrolled(found.device, found.kitchen, key))
        else:
            self.end(found.code, retry_after_s=found.retry_after_s, detail=found.detail)

    async def _read(self, effect: Read) -> None:
        stream = self._stream
        if stream is None:
            return
        try:
            entries = await self._services.shelf.entries(
                stream.kitchen, effect.after, max_bytes=effect.max_bytes, head=stream.seq
            )
        except LookupError:
            # Archived meanwhile: the next hello gets a snapshot.
            self.end(GoodbyeCode.RESTART, retry_after_s=0.1, detail="archived")
            return
        except Unavailable:
            self.end(GoodbyeCode.UNAVAILABLE, retry_after_s=5.0)
            return
        head = max(stream.seq, entries[-1].seq if entries else 0)
        self._carry(self._session.entries(effect.after, entries, head))

    async def _read_snapshot(self) -> None:
        stream = self._stream
        if stream is None:
            return
        try:
            if self._snap is None or self._session.snapshot_part == 1:
                self._snap = await self._services.shelf.snapshot(
                    stream.kitchen, epoch=stream.epoch, floor=self._floor, head=stream.seq
                )
        except (LookupError, Unavailable) as error:
            _log.warning("no snapshot of %s: %s", stream.kitchen, error)
            self.end(GoodbyeCode.UNAVAILABLE, retry_after_s=5.0)
            return
        snap = self._snap
        self._carry(
            self._session.snapshot(
                epoch=snap.epoch,
                seq=snap.seq,
                hash=snap.hash,
                state_version=snap.state_version,
                text=snap.text,
            )
        )

    async def _reply(self, query: Query) -> None:
        record = self.record
        try:
            if record is None:
                return
            value = await self._services.ask(record, query.name, query.args)
            reply = Reply(query.id, value)
        except QueryError as error:
            reply = Reply(query.id, error=error.code, detail=error.detail)
        except Unavailable:
            reply = Reply(query.id, error="unavailable")
        except Exception:  # noqa: BLE001 - one question must not end the line
            _log.exception("query %r failed", query.name)
            reply = Reply(query.id, error="fault")
        finally:
            self._questions -= 1
        self._carry(self._session.reply(reply))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _monotonic_ms() -> int:
    return int(time.monotonic() * 1000)
