"""The server's half of one connection, sans I/O: frames, log entries and time in, effects out. It knows no noun."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from dapur.ids import ConnectionId, DeviceId, KitchenId
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
from dapur.sync.tail import TailCheck, WrongTail
from dapur.wire.codec import BadFrame, decode_claims
from dapur.wire.messages import (
    PAGE_MAX_BYTES,
    WINDOW_COMMANDS,
    Challenge,
    Claims,
    ClientFrame,
    Enrol,
    Enrolled,
    Goodbye,
    GoodbyeCode,
    Got,
    Hello,
    Limits,
    Lost,
    Mode,
    Offer,
    Page,
    Pull,
    Query,
    Reply,
    Result,
    Results,
    Row,
    SnapshotPart,
    Submit,
    Tail,
    Want,
    Welcome,
    enrol_text,
    hello_text,
)

HELLO_MS = 15_000
"""A kiosk on a line of 8 kbit/s needs seconds for its hello; a slow loris gets no more."""
FRAMES_PER_S = 20.0
FRAMES_BURST = 400.0
"""A whole day's outbox, 50 commands a frame, fits into the burst; a flood does not."""

UNANSWERED_MAX = 4 * WINDOW_COMMANDS
"""A kiosk keeps to its window; resends and a late welcome may overlap, a flood may not."""
SNAPSHOT_BEHIND_EVENTS = 20_000
"""A kiosk that is further behind gets the state instead of its history."""


class Entryish(msgspec.Struct, frozen=True):
    """A log entry as the wire needs it."""

    seq: int
    hash: bytes
    text: str


class Admission(msgspec.Struct, frozen=True):
    """What the shell found out about a kiosk that proved its key."""

    kitchen: KitchenId
    epoch: str
    head: int
    head_hash: bytes
    floor: int
    durable: int
    acked: int
    acked_hash: bytes
    since_hash: bytes | None
    """The log's chain at the kiosk's `since`; None when the log has no such event."""
    state_version: int
    time_ms: int
    recovering: Lost | None = None
    """The log was restored and waits for what kiosks hold of the one that was lost."""


class ServerSide:
    """One connection from challenge to goodbye; times are the server's monotonic milliseconds."""

    # What `tick` looks at stands in the object itself: of thousands of them most are cold.
    __slots__ = ("__dict__", "_top_every_ms", "_top_ms", "ended", "kitchen")

    def __init__(
        self, connection: ConnectionId, nonce: bytes, *, limits: Limits, jitter: float, now_ms: int
    ) -> None:
        """`jitter` in −1…1 spreads the `top`s of many connections by ±20 %."""
        self.connection = connection
        self._nonce = nonce
        self._limits = limits
        self._opened_ms = now_ms
        self._top_every_ms = int(limits.top_every_s * 1000 * (1 + 0.2 * jitter))
        self._top_ms = now_ms
        self._tokens = FRAMES_BURST
        self._tokens_ms = now_ms
        self._claims: Claims | None = None
        self.device: DeviceId | None = None
        self.kitchen: KitchenId | None = None
        self._expected_dseq = 0
        self._acked = 0
        self._durable = 0
        self._mode = Mode.EVENTS
        self._cursor = 0
        self._latest = 0
        self._following = False
        self._reading = False
        self._pages_left = 0
        self._part = 0
        self._parts_left = 0
        self._enrolling = False
        self._app = ""
        self._recovering = False
        self._tail: TailCheck | None = None
        self.unanswered = 0
        """Commands that the desk has and that have no receipt yet."""
        self.ended = False

    # ---- inputs -----------------------------------------------------------------------------

    def open(self, time_ms: int) -> list[Effect]:
        """The socket is up."""
        return [Send(Challenge(self._nonce, time_ms))]

    def receive(self, frame: ClientFrame, now_ms: int) -> list[Effect]:
        """Take one frame of the kiosk."""
        if self.ended:
            return []
        asked_for = self._tail is not None and isinstance(frame, Tail)
        if not asked_for and not self._spend(now_ms):
            return self.end(GoodbyeCode.TOO_FAST, retry_after_s=5.0)
        if self.kitchen is None:
            return self._greeted(frame)
        match frame:
            case Pull():
                return self._pulled(frame)
            case Submit():
                return self._submitted(frame)
            case Got():
                return self._got(frame, now_ms)
            case Query():
                return [Ask(frame)]
            case Offer():
                return [Offered(frame)] if self._recovering else []
            case Tail():
                return self._tailed(frame)
            case Hello() | Enrol():
                return self.end(GoodbyeCode.BAD_FRAME, detail="already admitted")

    def bad_frame(self, detail: str) -> list[Effect]:
        """The kiosk sent what is no frame."""
        return self.end(GoodbyeCode.BAD_FRAME, detail=detail)

    @property
    def patience(self) -> float:
        """Frames that this device may still send at once, as of the last one."""
        return self._tokens

    def inherit(self, patience: float) -> None:
        """What the device had left at the end of its last connection: a flood does not begin anew."""
        self._tokens = min(self._tokens, patience)

    def admit(self, found: Admission) -> list[Effect]:
        """The device proved its key."""
        claims = self._claims
        if claims is None or self.ended:
            return []
        self._claims = None  # thousands of kiosks stay for hours
        self.device = claims.device
        self._app = claims.app
        self.kitchen = found.kitchen
        self._acked = found.acked
        self._expected_dseq = found.acked + 1
        self._durable = found.durable
        self._latest = found.head
        self._recovering = found.recovering is not None
        if found.state_version not in claims.states:
            return self.end(GoodbyeCode.UPGRADE, detail=f"state version {found.state_version}")
        if claims.dseq < found.acked or (
            claims.dseq == found.acked and claims.hash != found.acked_hash
        ):
            return self.end(GoodbyeCode.FORK, detail=f"outbox has {claims.dseq}, log {found.acked}")
        same_past = claims.epoch == found.epoch and claims.since_hash == found.since_hash
        near = found.head - claims.since <= SNAPSHOT_BEHIND_EVENTS
        readable = same_past and near and found.floor <= claims.since <= found.head
        self._mode = Mode.EVENTS if readable else Mode.SNAPSHOT
        self._cursor = claims.since
        return [
            Send(
                Welcome(
                    connection=self.connection,
                    kitchen=found.kitchen,
                    epoch=found.epoch,
                    head=found.head,
                    floor=found.floor,
                    acked=found.acked,
                    acked_hash=found.acked_hash,
                    durable=found.durable,
                    state_version=found.state_version,
                    mode=self._mode,
                    time_ms=found.time_ms,
                    echo_ms=claims.sent_ms,
                    limits=self._limits,
                    recovering=found.recovering,
                )
            )
        ]

    def enrolled(self, device: DeviceId, kitchen: KitchenId, server_key: bytes) -> list[Effect]:
        """The code was right."""
        self.ended = True
        return [Send(Enrolled(device, kitchen, server_key)), Close(GoodbyeCode.RESTART)]

    def answered(self, results: Sequence[Result], acked: int, durable: int) -> list[Effect]:
        """The desk's receipts for one `Take`."""
        self._acked = max(self._acked, acked)
        self._durable = max(self._durable, durable)
        return [] if self.ended else [Send(Results(tuple(results), self._acked, durable))]

    def taken(self, rows: int) -> None:
        """The desk is done with so many rows of a `Take`, whatever became of them."""
        self.unanswered -= rows

    def entries(self, after: int, entries: Sequence[Entryish], head: int) -> list[Effect]:
        """What a `Read` found."""
        self._reading = False
        if self.ended or not self._pages_left:
            return []
        if after != self._cursor:
            # Another pull came while this was read.
            return self._read()
        self._latest = max(self._latest, head)
        pages = pages_of(entries)[: self._pages_left]
        effects: list[Effect] = []
        for index, page in enumerate(pages):
            self._cursor = page[-1].seq
            self._pages_left -= 1
            done = index == len(pages) - 1 and (
                self._pages_left == 0 or self._cursor >= self._latest
            )
            effects.append(Send(self._page(page, last=done)))
            if done:
                self._pages_left = 0
        if self._pages_left and self._cursor < self._latest and entries:
            return effects + self._read()
        if self._pages_left:
            self._pages_left = 0
            effects.append(Send(Page(self._cursor + 1, (), b"", self._latest, last=True)))
        self._following = self._cursor >= self._latest
        return effects

    def snapshot(
        self,
        *,
        epoch: str,
        seq: int,
        hash: bytes,  # noqa: A002 - the frame's word
        state_version: int,
        text: str,
    ) -> list[Effect]:
        """What a `ReadSnapshot` found; sends the parts that were asked for."""
        if self.ended:
            return []
        chunks = _chunks(text)
        checksum = hashlib.sha256(text.encode()).digest()
        # A part that this snapshot does not have starts it anew; the kiosk sees the number.
        first, self._part = (self._part if self._part <= len(chunks) else 1), 0
        if not first:
            return []
        wanted = chunks[first - 1 : first - 1 + self._parts_left]
        self._parts_left = 0
        return [
            Send(
                SnapshotPart(
                    epoch=epoch,
                    seq=seq,
                    hash=hash,
                    state_version=state_version,
                    part=first + index,
                    parts=len(chunks),
                    text=chunk,
                    checksum=checksum,
                )
            )
            for index, chunk in enumerate(wanted)
        ]

    @property
    def snapshot_part(self) -> int:
        """First part that is asked for; 1 wants a fresh snapshot, later ones the same as before."""
        return self._part

    def forward(self, first: int, last: int) -> bool:
        """New events first…last exist: whether the shell shall send them to this kiosk as they are.

        Events that the kiosk has in part are sent whole: it drops what it knows.
        """
        self._latest = max(self._latest, last)
        if not self._following or self.ended or last <= self._cursor:
            return False
        if first > self._cursor + 1:
            self._following = False
            # Let the next tick say where the log stands, so that the kiosk pulls what is missing.
            self._top_ms -= self._top_every_ms
            return False
        self._cursor = last
        return True

    def want(self, check: TailCheck) -> list[Effect]:
        """Ask for the tail that this kiosk offered; `Brought` or `BadTail` comes of it."""
        self._tail = check
        return [] if self.ended else [Send(Want(check.seq, check.up_to))]

    def overflowed(self) -> list[Effect]:
        """The queue was dropped: the kiosk hears of the head and pulls at its own pace."""
        self._following = False
        return [] if self.ended else [TopDue(0)]

    def reply(self, reply: Reply) -> list[Effect]:
        """The answer to an `Ask`."""
        return [] if self.ended else [Send(reply)]

    def tick(self, now_ms: int) -> list[Effect]:
        """Call about once a second."""
        if self.ended:
            return []
        if self.kitchen is None:
            late = now_ms - self._opened_ms > HELLO_MS
            return self.end(GoodbyeCode.TOO_SLOW, detail="no hello") if late else []
        if now_ms - self._top_ms < self._top_every_ms:
            return []
        self._top_ms = now_ms
        return [TopDue(0)]

    def end(
        self, code: GoodbyeCode, *, retry_after_s: float = 0.0, detail: str = ""
    ) -> list[Effect]:
        """End this connection in an orderly way."""
        if self.ended:
            return []
        self.ended = True
        return [Send(Goodbye(code, retry_after_s, detail)), Close(code)]

    # ---- one frame each ---------------------------------------------------------------------

    def _greeted(self, frame: ClientFrame) -> list[Effect]:
        if self._claims is not None or not isinstance(frame, Hello | Enrol):
            return self.end(GoodbyeCode.BAD_FRAME, detail="a hello is expected")
        if self._enrolling:
            return self.end(GoodbyeCode.BAD_FRAME, detail="one code a connection")
        if isinstance(frame, Enrol):
            self._enrolling = True
            return [Register(frame, enrol_text(self._nonce, frame.code, frame.public_key))]
        try:
            self._claims = decode_claims(frame.claims)
        except BadFrame as error:
            return self.bad_frame(str(error))
        return [Identify(frame, self._claims, hello_text(self._nonce, frame.claims))]

    def _pulled(self, frame: Pull) -> list[Effect]:
        window = max(1, min(frame.pages, self._limits.window_pages))
        self._following = False
        if frame.part or self._mode is Mode.SNAPSHOT:
            # Pages of an earlier pull that are still being read are no longer wanted.
            self._mode = Mode.EVENTS
            self._pages_left = 0
            self._parts_left = window
            asked_already = self._part > 0
            self._part = max(1, frame.part)
            return [] if asked_already else [ReadSnapshot()]
        self._pages_left = window
        self._cursor = frame.since
        return self._read()

    def _submitted(self, frame: Submit) -> list[Effect]:
        if self._recovering:
            # What follows the backup may still come: on less than that nothing is decided. They are
            # sent again on the next connection.
            return []
        for index, row in enumerate(frame.rows):
            if row.dseq > self._expected_dseq:
                # One is missing before it: take what fits; the kiosk goes on after `acked`.
                rest: list[Effect] = [Send(Results((), self._acked, self._durable))]
                return self._take(frame.rows[:index]) + rest
            self._expected_dseq = max(self._expected_dseq, row.dseq + 1)
        return self._take(frame.rows)

    def _take(self, rows: tuple[Row, ...]) -> list[Effect]:
        if not rows:
            return []
        self.unanswered += len(rows)
        if self.unanswered > UNANSWERED_MAX:
            return self.end(GoodbyeCode.TOO_FAST, retry_after_s=5.0, detail="window of commands")
        return [Take(rows)]

    def _tailed(self, frame: Tail) -> list[Effect]:
        check = self._tail
        if check is None:
            return []
        try:
            check.take(frame.first, frame.bodies)
        except WrongTail as error:
            self._tail = None
            return [BadTail(str(error))]
        if check.is_whole:
            self._tail = None
            return [Brought(check.entries)]
        return [Send(Want(check.seq, check.up_to))] if frame.last else []

    def _got(self, frame: Got, now_ms: int) -> list[Effect]:
        if self.device is None:
            return []
        self._top_ms = now_ms
        heard = Heard(self.device, frame.seq, self._app, frame.unsent, frame.offset_ms)
        return [heard, TopDue(frame.sent_ms)]

    # ---- what follows -----------------------------------------------------------------------

    def _read(self) -> list[Effect]:
        if self._reading:
            return []
        self._reading = True
        return [Read(self._cursor, self._pages_left * PAGE_MAX_BYTES)]

    def _page(self, page: Sequence[Entryish], *, last: bool) -> Page:
        bodies = tuple(entry.text for entry in page)
        return Page(page[0].seq, bodies, page[-1].hash, self._latest, last)

    def _spend(self, now_ms: int) -> bool:
        passed_s = (now_ms - self._tokens_ms) / 1000
        self._tokens = min(FRAMES_BURST, self._tokens + passed_s * FRAMES_PER_S)
        self._tokens_ms = now_ms
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def pages_of(entries: Sequence[Entryish]) -> list[list[Entryish]]:
    """Pack entries into pages of at most PAGE_MAX_BYTES; a bigger event gets a page of its own."""
    pages: list[list[Entryish]] = []
    size = PAGE_MAX_BYTES + 1
    for entry in entries:
        if size + len(entry.text) > PAGE_MAX_BYTES:
            pages.append([])
            size = 0
        pages[-1].append(entry)
        size += len(entry.text)
    return pages


def _chunks(text: str) -> list[str]:
    """Cut a text into parts that stay small on the wire: a letter beyond ASCII takes up to four bytes."""
    size = PAGE_MAX_BYTES if text.isascii() else PAGE_MAX_BYTES // 4
    return [text[i : i + size] for i in range(0, len(text), size)] or [""]
