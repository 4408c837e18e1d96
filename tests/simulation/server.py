"""One server process in virtual time: the product's desk, door, cursors and sessions; only the shell is here."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from random import Random
from typing import Protocol, TypeVar

import msgspec

from dapur.ids import ConnectionId, DeviceId, KitchenId, OutboxId
from dapur.sync.effects import (
    BadTail,
    Brought,
    Close,
    Effect,
    Heard,
    Identify,
    Offered,
    Read,
    ReadSnapshot,
    Send,
    Take,
    TopDue,
)
from dapur.sync.server_side import UNANSWERED_MAX, Entryish, ServerSide
from dapur.sync.tail import TailCheck
from dapur.wire import codec
from dapur.wire.messages import ClientFrame, GoodbyeCode, Limits, ServerFrame, Top, top_text
from server.desk import writer
from server.desk.desk import Desk
from server.desk.groups import Answer, Grown, Submission
from server.desk.ports import DeviceRecord, Unavailable
from server.gateway import cursor, fanout, shelf
from server.gateway.admission import Door, Replacements, TurnedAway, Welcomed
from server.gateway.cursor import Cursors, Errand, Forward, PollHeads, ReadAfter, Restart, Stream
from server.gateway.recovering import Recovering
from tests.simulation.database import Database, Died, People, ServerLog, ServerRecoveries
from tests.simulation.kiosk import stamp
from tests.simulation.network import Line
from tests.simulation.world import Action, Violation, World

SILENT_MS = 15_000
POLL_MS = 2_500
REVOKED_MS = 2_000
LATE_MS = 3_000
READ_MS = (1, 30)
COMMIT_MS = (1, 8)
RECOVERY_MS = 1_000
T = TypeVar("T")
QUEUE_FRAMES_MOST = 1_000
"""Frames that left are forgotten now and then."""


class Bus(Protocol):
    """Hints between server processes."""

    def publish(self, origin: Server, kitchen: KitchenId, seq: int) -> None:
        """Tell the others."""


class Figures(Protocol):
    """What differs from seed to seed in how servers are built."""

    limits: Limits
    queue_frames: int
    live_lost: float
    read_events: int
    kitchens_cached: int


def signed(public_key: bytes, signature: bytes, text: bytes) -> bool:
    """The stand-in for Ed25519: the simulator is about order and loss, not about keys."""
    return bool(text) and signature == public_key


class Server:
    """One process from start to crash; a restart makes a new one on the same database."""

    def __init__(
        self, world: World, number: int, database: Database, bus: Bus, figures: Figures
    ) -> None:
        self.world = world
        self.number = number
        self.name = world.name(f"server-{number}")
        self.figures = figures
        self.database = database
        self._bus = bus
        self.alive = True
        self.ready = True
        self.stalled = False
        self._deferred: list[Action] = []
        self.random: Random = world.chance(self.name)
        self.log = ServerLog(database, lambda: self.alive)
        self.people = People(database)
        now_ms = lambda: world.utc_ms  # noqa: E731
        self.desk = Desk(
            self.log,
            devices=self.people.records,
            now_ms=now_ms,
            kitchens_cached=figures.kitchens_cached,
        )
        recoveries = ServerRecoveries(database, lambda: self.alive)
        self.desk.recoveries = recoveries
        self.recovering = Recovering(
            recoveries,
            self.log,
            self._aside,
            signed=lambda signature, text: signature == stamp(text),
            now_ms=now_ms,
            random_=world.chance(f"{self.name}/recovering"),
        )
        self.door = Door(self.log, self.people, now_ms, signed=signed)
        self.cursors = Cursors()
        self.replacements = Replacements()
        self.connections: dict[ConnectionId, Connection] = {}
        self.devices: dict[DeviceId, Connection] = {}
        self.pages: dict[tuple[KitchenId, int, int, int], tuple[Entryish, ...]] = {}
        self.snaps: dict[tuple[KitchenId, str, int, int], shelf.Snap] = {}
        self._jobs: list[tuple[Submission, Callable[[Answer], None]]] = []
        self._writing = False
        self._end_before_publish: Action | None = None
        self._every(POLL_MS, lambda: self.do_errands([PollHeads(self.cursors.kitchens())]))
        self._every(REVOKED_MS, self._end_revoked)
        self.ready = False
        self._load()

    def _load(self) -> None:
        """Nobody is let in before it is known what is to be recovered."""
        try:
            self.recovering.load()
        except Unavailable:
            self.soon(300, self._load)
            return
        self.ready = True
        if self.recovering.kitchens:
            self._every(RECOVERY_MS, self.recovering.look)

    def _aside(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        def run() -> None:
            try:
                found = work()
            except Unavailable:
                return
            self.read_later(partial(then, found))

        self.read_later(run)

    # ---- process -------------------------------------------------------------------------------

    def soon(self, delay_ms: int, action: Action) -> None:
        """Do this later, unless the process is gone by then; a stalled one does it when it wakes."""
        self.world.after(delay_ms, partial(self.do, action))

    def do(self, action: Action) -> None:
        """Run something in this process."""
        if not self.alive:
            return
        if self.stalled:
            self._deferred.append(action)
            return
        try:
            action()
        except Died:
            self.die()

    def read_later(self, action: Action) -> None:
        """Reader threads take their time."""
        low, high = READ_MS
        self.soon(low + int(self.random.random() * (high - low + 1)), action)

    def _every(self, period_ms: int, action: Action) -> None:
        def turn() -> None:
            self.soon(period_ms, turn)
            action()

        self.soon(self.random.randint(1, period_ms), turn)

    def stall(self, for_ms: int) -> None:
        """Stopped in the middle of whatever it does, while all others go on."""
        self.stalled = True
        try:
            self.world.stall(for_ms)
        finally:
            self.wake()

    def freeze(self, for_ms: int) -> None:
        """Stopped between two things that it does."""
        self.stalled = True
        self.world.after(for_ms, self.wake)

    def wake(self) -> None:
        """Go on with what waited."""
        self.stalled = False
        waiting, self._deferred = self._deferred, []
        for action in waiting:
            self.world.after(0, partial(self.do, action))

    def die(self) -> None:
        """End without a word."""
        if not self.alive:
            return
        self.alive = False
        self.world.tell(f"{self.name} dies")
        for connection in list(self.connections.values()):
            connection.line.cut()

    def calm(self) -> None:
        """No trouble waits for it any more."""
        self.log.next_append.clear()
        self._end_before_publish = None

    def die_before_publish(self, died: Action) -> None:
        """End once the next answers are out and before anybody hears of the events."""
        self._end_before_publish = died

    # ---- connections ---------------------------------------------------------------------------

    def accept(self, line: Line) -> Connection:
        """A socket is open."""
        connection = Connection(ConnectionId(self.world.name("c")), line, self)
        self.connections[connection.id] = connection
        self.soon(0, connection.open)
        return connection

    def admitted(self, connection: Connection, device: DeviceId) -> None:
        """An older connection of the device ends."""
        older = self.devices.get(device)
        self.devices[device] = connection
        if older is None or older is connection:
            return
        older.end(GoodbyeCode.REPLACED)
        if self.replacements.replaced(device, self.world.now_ms):
            self.world.tell(f"{self.name} alarm: {device} is cloned")

    def forget(self, connection: Connection) -> None:
        """A connection is gone."""
        self.connections.pop(connection.id, None)
        record = connection.record
        if record is not None and self.devices.get(record.device) is connection:
            del self.devices[record.device]

    def drain(self, over_ms: int) -> None:
        """Orderly end: no new sockets, goodbyes spread out, then the rest is cut."""
        self.ready = False
        for index, connection in enumerate(list(self.connections.values())):
            say = partial(connection.end, GoodbyeCode.RESTART, retry_after_s=0.5)
            self.soon(over_ms * index // len(self.connections), say)
        self.soon(over_ms + 2_000, self.die)

    def _end_revoked(self) -> None:
        devices = tuple(self.devices)

        def read() -> None:
            try:
                revoked = self.people.revoked(devices)
            except Unavailable:
                return
            for device in sorted(revoked):
                self.end_revoked(device)

        if devices:
            self.read_later(read)

    def end_revoked(self, device: DeviceId) -> None:
        """This process knows that a device is revoked."""
        self.desk.forget_device(device)
        if connection := self.devices.get(device):
            connection.end(GoodbyeCode.REVOKED)

    # ---- the writer ----------------------------------------------------------------------------

    def submit(self, submission: Submission, answered: Callable[[Answer], None]) -> None:
        """Rows for the desk; what waits together is one group."""
        self._jobs.append((submission, answered))
        if not self._writing:
            self._writing = True
            self.soon(1, self._write)

    def _write(self) -> None:
        taken: list[tuple[Submission, Callable[[Answer], None]]] = []
        commands = 0
        while self._jobs and (not taken or commands < writer.GROUP_COMMANDS):
            taken.append(self._jobs.pop(0))
            commands += len(taken[-1][0].rows)
        group = self.desk.take_group([submission for submission, _ in taken])
        self.soon(
            self.random.randint(*COMMIT_MS),
            partial(self._deliver, taken, group.answers, group.grown),
        )

    def _deliver(
        self,
        taken: Sequence[tuple[Submission, Callable[[Answer], None]]],
        answers: Sequence[Answer],
        grown: Sequence[Grown],
    ) -> None:
        for (_, answered), answer in zip(taken, answers, strict=True):
            answered(answer)
        if self._end_before_publish is not None and grown:
            self._end_before_publish()
            raise Died
        self.publish(grown)
        self._writing = bool(self._jobs)
        if self._writing:
            self.soon(0, self._write)
        else:
            self.desk.save_snapshots()

    def publish(self, grown: Iterable[Grown]) -> None:
        """New entries: to own kiosks, then a hint to the other processes."""
        for new in grown:
            self.do_errands(self.cursors.grown(new))
            if new.entries:
                self._bus.publish(self, new.kitchen, new.entries[-1].seq)

    def snap(self, stream: Stream, floor: int) -> shelf.Snap:
        """The state of a kitchen, kept for all its kiosks as the product's shelf does."""
        key = (stream.kitchen, stream.epoch, floor, stream.seq // shelf.SNAPSHOT_LAG_EVENTS)
        if key not in self.snaps:
            self.snaps[key] = shelf.make_snap(
                self.log, self.desk.fold, stream.kitchen, epoch=stream.epoch, head=stream.seq
            )
        return self.snaps[key]

    # ---- the fan-out's errands -----------------------------------------------------------------

    def hinted(self, kitchen: KitchenId, seq: int) -> None:
        """The bus says that a log has grown."""
        self.do_errands(self.cursors.heard(kitchen, seq))

    def do_errands(self, errands: Iterable[Errand]) -> None:
        """As the product's fan-out, with reads that take virtual time."""
        for errand in errands:
            match errand:
                case Forward(stream, fresh):
                    for last, live in cursor.pages(fresh):
                        fanout.deliver(stream, live.first, last, codec.encode_bytes(live))
                case ReadAfter(stream, after):
                    self.read_later(partial(self._read, stream, after))
                case Restart(listeners):
                    for listener in listeners:
                        listener.end(GoodbyeCode.RESTART, retry_after_s=0.1, detail="archived")
                case PollHeads(kitchens):
                    self.read_later(partial(self._poll, kitchens))

    def _read(self, stream: Stream, after: int) -> None:
        entries = None
        try:
            entries = self.log.read(stream.kitchen, after, limit=self.figures.read_events)
        except LookupError:
            self.do_errands(self.cursors.archived(stream))
        except Unavailable:
            self.world.tell(f"{self.name} cannot read {stream.kitchen}")
        found = entries
        self.read_later(lambda: self.do_errands(self.cursors.read(stream, found)))

    def _poll(self, kitchens: tuple[KitchenId, ...]) -> None:
        try:
            heads = self.log.heads(kitchens)
        except Unavailable:
            return
        self.read_later(lambda: self.do_errands(self.cursors.polled(heads)))


class Connection:
    """One socket of a server: the product's session with the product's answers to its effects."""

    def __init__(self, name: ConnectionId, line: Line, server: Server) -> None:
        self.id = name
        self.line = line
        self.server = server
        world = server.world
        self.session = ServerSide(
            name,
            f"nonce of {name}".encode(),
            limits=server.figures.limits,
            jitter=server.random.uniform(-1, 1),
            now_ms=world.now_ms,
        )
        self.record: DeviceRecord | None = None
        self._outbox = OutboxId("")
        self._chance = world.chance(f"{self.id}/live")
        self._stream: Stream | None = None
        self._snap: shelf.Snap | None = None
        self._floor = 0
        self._heard_ms = self._ticked_ms = world.now_ms
        self._queue: deque[int] = deque()
        """When each queued frame has left."""
        self.gone = False

    def open(self) -> None:
        """The socket is up."""
        self.carry(self.session.open(self.server.world.utc_ms))
        self.server.soon(1_000, self._tick)

    # ---- the line ------------------------------------------------------------------------------

    def heard(self, text: str) -> None:
        """A frame came."""
        self.server.do(partial(self._received, text))

    def hung_up(self) -> None:
        """The line is closed."""
        self.server.do(self._gone)

    def _received(self, text: str) -> None:
        if self.gone:
            return
        self._heard_ms = self.server.world.now_ms
        if not text:
            return
        try:
            frame = codec.decode_client(text.encode())
        except codec.BadFrame as error:
            self.carry(self.session.bad_frame(str(error)))
            return
        self._catch_up()
        self.carry(self.session.receive(frame, self.server.world.now_ms))

    def _gone(self) -> None:
        if self.gone:
            return
        self.gone = self.session.ended = True
        if self.record is not None:
            self.server.recovering.left(self.record.kitchen, self.record.device, self)
        if self._stream is not None:
            self.server.cursors.leave(self._stream.kitchen, self)
        self.server.forget(self)

    def _abort(self) -> None:
        self.line.cut()
        self._gone()

    def _tick(self) -> None:
        if self.gone:
            return
        self.server.soon(1_000, self._tick)
        now_ms = self.server.world.now_ms
        self.carry(self.session.tick(now_ms))
        late, self._ticked_ms = now_ms - self._ticked_ms > LATE_MS, now_ms
        if late:
            self._heard_ms = now_ms
        elif now_ms - self._heard_ms > SILENT_MS:
            self._abort()
        if self.session.unanswered > UNANSWERED_MAX + self.server.figures.limits.window_commands:
            raise Violation("I11", f"{self.session.unanswered} commands unanswered")

    def forward(self, first: int, last: int, frame: bytes) -> None:
        """A live frame."""
        if not self.session.forward(first, last):
            return
        if not self.put(frame, live=True):
            self.overflowed()
        elif self._stream is not None:
            self._stream.level[self.id] = self

    def put(self, frame: bytes, *, live: bool = False) -> bool:
        """As the product's line does."""
        if live and self._full():
            return False
        if live and self._chance.random() < self.server.figures.live_lost:
            return True
        self._put(frame.decode())
        return True

    def overflowed(self) -> None:
        """There was no room for a live frame."""
        self._catch_up()
        self.server.world.count("overflow")
        self.carry(self.session.overflowed())

    def _catch_up(self) -> None:
        stream = self._stream
        if stream is not None and stream.level.pop(self.id, None) is not None:
            self.session.forward(0, stream.seq)

    def end(self, code: GoodbyeCode, *, retry_after_s: float = 0.0, detail: str = "") -> None:
        """Say goodbye."""
        self.carry(self.session.end(code, retry_after_s=retry_after_s, detail=detail))

    def want(self, check: TailCheck) -> None:
        """Ask for a tail."""
        self.carry(self.session.want(check))

    # ---- the queue -----------------------------------------------------------------------------

    def _full(self) -> bool:
        while self._queue and self._queue[0] <= self.server.world.now_ms:
            self._queue.popleft()
        return len(self._queue) >= self.server.figures.queue_frames

    def _put(self, text: str) -> None:
        self._queue.append(self.server.world.now_ms + self.line.delay_ms() // 4)
        if len(self._queue) > QUEUE_FRAMES_MOST:
            self._full()
        self.line.down.send(text)

    # ---- effects -------------------------------------------------------------------------------

    def carry(self, effects: Iterable[Effect]) -> None:
        """As the product's connection does."""
        for effect in effects:
            match effect:
                case Send(frame):
                    self._send(frame)
                case Identify():
                    self.server.read_later(partial(self._identify, effect))
                case Take():
                    self._take(effect)
                case Read():
                    self.server.read_later(partial(self._read, effect))
                case ReadSnapshot():
                    self.server.read_later(self._read_snapshot)
                case Heard():
                    self.server.people.got[effect.device] = effect.seq
                case TopDue():
                    self._top(effect.echo_ms)
                case Offered() | Brought() | BadTail():
                    self._recover(effect)
                case Close():
                    self._catch_up()
                    self.line.down.hang_up()
                    self.server.soon(2_000, self._abort)
                case _:
                    raise TypeError(f"{type(effect).__name__} is not for a server")

    def _send(self, frame: ClientFrame | ServerFrame) -> None:
        self._put(codec.encode(frame))

    def _take(self, effect: Take) -> None:
        record = self.record
        if record is not None:
            submission = Submission(record.kitchen, record.device, self._outbox, effect.rows)
            self.server.submit(submission, partial(self._answered, len(effect.rows)))

    def _answered(self, rows: int, answer: Answer) -> None:
        self.session.taken(rows)
        if answer.results or answer.fault is None:
            self.carry(self.session.answered(answer.results, answer.acked, answer.durable))
        if answer.fault is not None:
            self.end(answer.fault, retry_after_s=self.server.random.uniform(2, 8))

    def _top(self, echo_ms: int) -> None:
        stream = self._stream
        if stream is not None:
            text = top_text(stream.kitchen, stream.epoch, stream.seq, stream.hash)
            now_ms = self.server.world.utc_ms
            self._send(Top(stream.seq, stream.hash, now_ms, stamp(text), echo_ms))

    def _recover(self, effect: Offered | Brought | BadTail) -> None:
        assert self.record is not None
        kitchen, device, recovering = (
            self.record.kitchen,
            self.record.device,
            self.server.recovering,
        )
        match effect:
            case Offered(offer):
                recovering.offered(kitchen, device, offer)
            case Brought(entries):
                recovering.brought(kitchen, device, entries)
            case BadTail(detail):
                self.server.world.count("tail_refused")
                recovering.wrong(kitchen, device, detail)

    def _identify(self, effect: Identify) -> None:
        found = self.server.door.identify(effect)
        self.server.read_later(partial(self._identified, found, effect.claims.outbox))

    def _identified(self, found: Welcomed | TurnedAway, outbox: OutboxId) -> None:
        if self.gone:
            return
        if isinstance(found, TurnedAway):
            self.end(found.code, retry_after_s=found.retry_after_s, detail=found.detail)
            return
        self.record = found.record
        self._outbox = outbox
        lost = self.server.recovering.joined(found.record.kitchen, found.record.device, self)
        effects = self.session.admit(msgspec.structs.replace(found.admission, recovering=lost))
        if not self.session.ended:
            head = found.head
            self._floor = head.floor
            self._stream, errands = self.server.cursors.join(
                found.record.kitchen, head.epoch, head.seq, head.hash, self
            )
            self.server.do_errands(errands)
            self.server.admitted(self, found.record.device)
        self.carry(effects)

    def _read(self, effect: Read) -> None:
        stream = self._stream
        if stream is None or self.gone:
            return
        limit = shelf.limit_of(effect.max_bytes)
        key = (stream.kitchen, effect.after, limit, stream.seq)
        try:
            entries = self.server.pages.get(key)
            if entries is None:
                entries = shelf.read_entries(self.server.log, stream.kitchen, effect.after, limit)
                self.server.pages[key] = entries
        except LookupError:
            self.end(GoodbyeCode.RESTART, retry_after_s=0.1, detail="archived")
            return
        except Unavailable:
            self.end(GoodbyeCode.UNAVAILABLE, retry_after_s=5.0)
            return

        self.server.read_later(partial(self._found, effect.after, entries, stream))

    def _found(self, after: int, entries: Sequence[Entryish], stream: Stream) -> None:
        head = max(stream.seq, entries[-1].seq if entries else 0)
        self.carry(self.session.entries(after, entries, head))

    def _read_snapshot(self) -> None:
        stream = self._stream
        if stream is None or self.gone:
            return
        try:
            if self._snap is None or self.session.snapshot_part == 1:
                self._snap = self.server.snap(stream, self._floor)
        except (LookupError, Unavailable):
            self.end(GoodbyeCode.UNAVAILABLE, retry_after_s=5.0)
            return
        self.server.read_later(partial(self._found_snapshot, self._snap))

    def _found_snapshot(self, snap: shelf.Snap) -> None:
        self.carry(
            self.session.snapshot(
                epoch=snap.epoch,
                seq=snap.seq,
                hash=snap.hash,
                state_version=snap.state_version,
                text=snap.text,
            )
        )
