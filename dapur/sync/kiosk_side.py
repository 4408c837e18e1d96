"""The kiosk's half of one connection, sans I/O: frames, rows and time in, effects out. It knows no noun."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import msgspec

from dapur.envelope import GENESIS, chain
from dapur.ids import DeviceId, OutboxId
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
    KeepHead,
    NeedRows,
    NeedTail,
    Restored,
    Send,
    Settle,
    SignHello,
)
from dapur.sync.tail import parcels
from dapur.wire.codec import encode_claims
from dapur.wire.messages import (
    TAIL_MAX_BYTES,
    Challenge,
    Claims,
    Enrolled,
    Goodbye,
    GoodbyeCode,
    Got,
    Hello,
    Limits,
    Live,
    Lost,
    Mode,
    Offer,
    Page,
    Pull,
    Query,
    Reply,
    Results,
    Row,
    ServerFrame,
    SignedHead,
    SnapshotPart,
    Submit,
    Tail,
    Top,
    Want,
    Welcome,
    hello_text,
)

SILENT_MS = 15_000
"""A server says `top` every 8 to 12 s; one that is silent for longer is gone or frozen."""
GOT_EVENTS = 100
"""Say how far we are at least every so many events."""
SUBMIT_BYTES = 32 * 1024
"""Commands of one frame before base64, so that the frame stays below 64 KiB."""
SUBMIT_ROWS = 50


class Position(msgspec.Struct, frozen=True):
    """Where the local replica stands; epoch is empty before the first snapshot."""

    epoch: str = ""
    seq: int = 0
    hash: bytes = GENESIS


class OutboxPosition(msgspec.Struct, frozen=True):
    """Where the local outbox stands: its last row."""

    outbox: OutboxId
    dseq: int = 0
    hash: bytes = GENESIS


class KeptTail(msgspec.Struct, frozen=True):
    """Of the log as the replica knows it: events after `after`, and the newest head that was signed."""

    after: int
    signed: SignedHead


class KioskSide:
    """One connection from challenge to goodbye. Make a new one for every connection.

    Times are the kiosk's monotonic milliseconds. `row_hash(dseq)` looks up the hash of an own outbox
    row (None when the row is no longer kept). `answered` is the last row up to which every row has
    its result: what the server took without our hearing its answer is sent again, and the stored
    receipt comes back. None: all that the server has is answered.
    """

    def __init__(
        self,
        *,
        device: DeviceId,
        app: str,
        states: tuple[int, ...],
        position: Position,
        outbox: OutboxPosition,
        row_hash: Callable[[int], bytes | None],
        now_ms: int,
        answered: int | None = None,
    ) -> None:
        self._answered = answered
        self._device = device
        self._app = app
        self._states = states
        self.position = position
        self._outbox = outbox
        self._row_hash = row_hash
        self.offset_ms: Callable[[], int | None] = _not_known
        """By how much this machine's clock is ahead of the server's: only told to the server."""
        self.kept: Callable[[], KeptTail | None] = _nothing_kept
        """What could be given to a server that lost it."""
        self._heard_ms = now_ms
        self._limits = Limits()
        self.admitted = False
        self._ended = False
        self._pulling = False
        self._head = 0
        self._caught_up = False
        self._sent = 0
        self._acked = 0
        self._parts: list[str] = []
        self._replacing = False
        self.held = False
        """The server was restored and waits for kiosks: it answers no command on this connection."""
        self._offering = False
        """What it lacks may be here: the replica stays as it is until the next connection."""
        self._answering: Want | None = None
        self._kept_seq = 0
        self._got_seq = position.seq
        self._got_ms = now_ms
        self._query_id = 0

    # ---- inputs -----------------------------------------------------------------------------

    def receive(self, frame: ServerFrame, now_ms: int) -> list[Effect]:
        """Take one frame of the server."""
        if self._ended:
            return []
        self._heard_ms = now_ms
        match frame:
            case Challenge():
                return self._challenged(frame, now_ms)
            case Welcome():
                return self._welcomed(frame, now_ms)
            case Page():
                return self._paged(frame, now_ms)
            case Live():
                return self._grown(frame.first, frame.bodies, frame.hash, now_ms)
            case SnapshotPart():
                return self._snapshot(frame, now_ms)
            case Results():
                return self._settled(frame)
            case Top():
                return self._topped(frame, now_ms)
            case Want():
                return self._wanted(frame)
            case Reply():
                return [Answered(frame)]
            case Goodbye():
                return self._over(frame.code, frame.retry_after_s, frame.detail)
            case Enrolled():
                return self._over(GoodbyeCode.BAD_FRAME, 0.0, "enrolled out of turn")

    def heard(self, now_ms: int) -> None:
        """A part of a frame came: on a thin line a long one takes longer than a server is silent."""
        self._heard_ms = now_ms

    def signed(self, claims: str, signature: bytes) -> list[Effect]:
        """The device key has signed the hello."""
        return [Send(Hello(claims, signature))]

    def tapped(self, outbox: OutboxPosition) -> list[Effect]:
        """The outbox grew."""
        self._outbox = outbox
        return self._want_rows()

    def rows(self, rows: Sequence[Row]) -> list[Effect]:
        """Outbox rows that `NeedRows` asked for, in order."""
        if self._ended or not rows:
            return []
        if rows[0].dseq > self._sent + 1:
            # Rows that the server lost are no longer here: this outbox cannot be continued.
            return [Forked(f"the server wants command {self._sent + 1}, kept from {rows[0].dseq}")]
        # Two taps may have asked for the same rows before either got them.
        fresh = [row for row in rows if row.dseq > self._sent]
        if not fresh:
            return []
        self._sent = fresh[-1].dseq
        return [Send(Submit(part)) for part in _parcels(fresh)]

    def tail(self, bodies: Sequence[str]) -> list[Effect]:
        """Kept events that `NeedTail` asked for, in order from its first."""
        want, self._answering = self._answering, None
        if self._ended or want is None:
            return []
        cut = parcels(bodies)[: want.frames] or [()]
        first = want.after + 1
        effects: list[Effect] = []
        for number, part in enumerate(cut, 1):
            effects.append(Send(Tail(first, part, last=number == len(cut))))
            first += len(part)
        return effects

    def ask(self, name: str, args: msgspec.Struct) -> tuple[int, list[Effect]]:
        """Ask a named question; the id comes back in `Answered`."""
        self._query_id += 1
        query = Query(self._query_id, name, msgspec.Raw(msgspec.json.encode(args)))
        return self._query_id, [Send(query)]

    def tick(self, now_ms: int) -> list[Effect]:
        """Call about once a second."""
        if self._ended:
            return []
        if now_ms - self._heard_ms > SILENT_MS:
            return self._over(None, 0.0, "the server fell silent")
        due = now_ms - self._got_ms >= self._limits.got_every_s * 1000
        return self._say_got(now_ms) if self.admitted and due else []

    # ---- one frame each ---------------------------------------------------------------------

    def _challenged(self, frame: Challenge, now_ms: int) -> list[Effect]:
        claims = encode_claims(
            Claims(
                device=self._device,
                outbox=self._outbox.outbox,
                dseq=self._outbox.dseq,
                hash=self._outbox.hash,
                epoch=self.position.epoch,
                since=self.position.seq,
                since_hash=self.position.hash,
                app=self._app,
                states=self._states,
                sent_ms=now_ms,
            )
        )
        return [SignHello(hello_text(frame.nonce, claims), claims)]

    def _welcomed(self, frame: Welcome, now_ms: int) -> list[Effect]:
        self.admitted = True
        self._limits = frame.limits
        self._head = frame.head
        self._acked = frame.acked
        self._sent = frame.acked if self._answered is None else min(frame.acked, self._answered)
        effects: list[Effect] = [
            Admitted(frame),
            ClockSample(frame.echo_ms, now_ms, frame.time_ms),
        ]
        if frame.recovering is not None:
            effects.append(Send(self._offer(frame.recovering)))
            if self._offering:
                return effects
        if self.position.epoch not in ("", frame.epoch):
            # Seqs of the old epoch's answers say nothing in the new one.
            effects.append(Restored(frame.acked, frame.durable))
        known = self._row_hash(frame.acked) if frame.acked else GENESIS
        if frame.acked > self._outbox.dseq or (known is not None and known != frame.acked_hash):
            return [
                *effects,
                Forked(f"the server has another command {frame.acked} of this outbox"),
            ]
        effects.append(Settle((), frame.acked, frame.durable))
        effects += self._pull_snapshot() if frame.mode is Mode.SNAPSHOT else self._pull()
        return effects + self._want_rows()

    def _offer(self, lost: Lost) -> Offer:
        self.held = True
        self._offering = self.position.epoch == lost.epoch
        kept = self.kept() if self._offering else None
        if kept is None or kept.signed.epoch != lost.epoch:
            return Offer()
        return Offer(kept.after, kept.signed)

    def _wanted(self, frame: Want) -> list[Effect]:
        if not self._offering:
            return []
        self._answering = frame
        return [NeedTail(frame.after, frame.up_to, frame.frames * TAIL_MAX_BYTES)]

    def _paged(self, frame: Page, now_ms: int) -> list[Effect]:
        self._head = max(self._head, frame.head)
        if frame.last and not self._replacing:
            self._pulling = False
        return self._grown(frame.first, frame.bodies, frame.hash, now_ms)

    def _grown(
        self, first: int, bodies: tuple[str, ...], after_hash: bytes, now_ms: int
    ) -> list[Effect]:
        last = first + len(bodies) - 1
        self._head = max(self._head, last)
        expected = self.position.seq + 1
        if self._replacing or self._offering:
            return []
        if last < expected or first > expected:
            return self._catch_up()
        fresh = bodies[expected - first :]
        link = self.position.hash
        for body in fresh:
            link = chain(link, body.encode())
        if link != after_hash:
            # Our history is not the server's: only a whole new state can be trusted.
            return self._pull_snapshot()
        self.position = Position(self.position.epoch, last, link)
        effects: list[Effect] = [ApplyEvents(expected, fresh, link)]
        if last - self._got_seq >= GOT_EVENTS:
            effects += self._say_got(now_ms)
        return effects + self._catch_up()

    def _snapshot(self, frame: SnapshotPart, now_ms: int) -> list[Effect]:
        if not self._replacing:
            return []
        if frame.part != len(self._parts) + 1:
            return self._pull_snapshot()
        self._parts.append(frame.text)
        if frame.part < frame.parts:
            window_done = frame.part % self._limits.window_pages == 0
            return self._ask_part(frame.part + 1) if window_done else []
        text = "".join(self._parts)
        self._parts = []
        self._pulling = self._replacing = False
        if hashlib.sha256(text.encode()).digest() != frame.checksum:
            return self._pull_snapshot()
        self.position = Position(frame.epoch, frame.seq, frame.hash)
        apply = ApplySnapshot(frame.epoch, frame.seq, frame.hash, frame.state_version, text)
        return [apply, *self._say_got(now_ms), *self._pull()]

    def _settled(self, frame: Results) -> list[Effect]:
        self._acked = max(self._acked, frame.acked)
        if not frame.results:
            # The server expected an earlier command: go on from what it has.
            self._sent = self._acked
        return [Settle(frame.results, frame.acked, frame.durable), *self._want_rows()]

    def _topped(self, frame: Top, now_ms: int) -> list[Effect]:
        effects: list[Effect] = []
        if frame.echo_ms:
            effects.append(ClockSample(frame.echo_ms, now_ms, frame.time_ms))
        if self._offering:
            return effects
        self._head = max(self._head, frame.head)
        here = self.position
        if self._kept_seq < frame.head == here.seq and frame.hash == here.hash:
            self._kept_seq = frame.head
            effects.append(
                KeepHead(SignedHead(here.epoch, frame.head, frame.hash, frame.signature))
            )
        return effects + self._catch_up()

    # ---- what follows -----------------------------------------------------------------------

    def _catch_up(self) -> list[Effect]:
        if self._pulling:
            return []
        if self.position.seq < self._head:
            self._caught_up = False
            return self._pull()
        if self._caught_up:
            return []
        self._caught_up = True
        return [CaughtUp(self.position.seq)]

    def _pull(self) -> list[Effect]:
        self._pulling = True
        return [Send(Pull(self.position.seq, self._limits.window_pages))]

    def _pull_snapshot(self) -> list[Effect]:
        self._parts = []
        self._replacing = True
        return self._ask_part(1)

    def _ask_part(self, part: int) -> list[Effect]:
        self._pulling = True
        return [Send(Pull(self.position.seq, self._limits.window_pages, part))]

    def _want_rows(self) -> list[Effect]:
        room = self._limits.window_commands - (self._sent - self._acked)
        if (
            not self.admitted
            or self.held
            or self._ended
            or room <= 0
            or self._outbox.dseq <= self._sent
        ):
            return []
        return [NeedRows(self._sent, room)]

    def _say_got(self, now_ms: int) -> list[Effect]:
        self._got_seq = self.position.seq
        self._got_ms = now_ms
        unsent = max(0, self._outbox.dseq - self._acked)
        # How far the lost log is stored here says nothing of the one that is served.
        seq = 0 if self._offering else self.position.seq
        return [Send(Got(seq, now_ms, unsent, self.offset_ms()))]

    def _over(self, code: GoodbyeCode | None, retry_after_s: float, detail: str) -> list[Effect]:
        self._ended = True
        return [Ended(code, retry_after_s, detail)]


def _not_known() -> int | None:
    return None


def _nothing_kept() -> KeptTail | None:
    return None


def _parcels(rows: Sequence[Row]) -> list[tuple[Row, ...]]:
    """Cut rows into frames that stay below the frame limit."""
    parcels: list[tuple[Row, ...]] = []
    batch: list[Row] = []
    size = 0
    for row in rows:
        if batch and (size + len(row.bytes) > SUBMIT_BYTES or len(batch) >= SUBMIT_ROWS):
            parcels.append(tuple(batch))
            batch, size = [], 0
        batch.append(row)
        size += len(row.bytes)
    return [*parcels, tuple(batch)]
