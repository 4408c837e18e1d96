"""Both halves of the link joined in memory over a line that delays, cuts, doubles and reorders at will."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from dapur.envelope import GENESIS, chain
from dapur.ids import ConnectionId, DeviceId, KitchenId, OutboxId
from dapur.sync.effects import (
    ApplyEvents,
    ApplySnapshot,
    Close,
    Effect,
    Ended,
    Forked,
    Identify,
    NeedRows,
    Read,
    ReadSnapshot,
    Send,
    Settle,
    SignHello,
    Take,
    TopDue,
)
from dapur.sync.kiosk_side import KioskSide, OutboxPosition, Position
from dapur.sync.server_side import Admission, Entryish, ServerSide
from dapur.wire.codec import decode_client, decode_server, encode
from dapur.wire.messages import Limits, Live, Outcome, Result, Row, Top

STATE = 1
SNAPSHOT_BEHIND = "state after "


class Truth:
    """The server's log and outbox: what the desk and the database are in life."""

    def __init__(self) -> None:
        self.entries: list[Entryish] = []
        self.floor = 0
        self.epoch = "e-1"
        self.rows: list[Row] = []
        self.results: dict[int, Result] = {}

    @property
    def head(self) -> int:
        return len(self.entries)

    def hash_at(self, seq: int) -> bytes | None:
        if not self.floor <= seq <= self.head:
            return None
        return self.entries[seq - 1].hash if seq else GENESIS

    def grow(self, text: str) -> None:
        last = self.entries[-1].hash if self.entries else GENESIS
        self.entries.append(Entryish(self.head + 1, chain(last, text.encode()), text))

    def take(self, rows: Sequence[Row]) -> list[Result]:
        """One event for each new row; the stored result for one that came before."""
        results: list[Result] = []
        for row in rows:
            if row.dseq > len(self.rows) + 1:
                break
            if row.dseq == len(self.rows) + 1:
                self.rows.append(row)
                self.grow(f"tap {row.dseq} " + "x" * (row.dseq % 7 * 300))
                self.results[row.dseq] = Result(row.dseq, Outcome.APPLIED, self.head)
            assert self.rows[row.dseq - 1] == row
            results.append(self.results[row.dseq])
        return results

    def snapshot(self) -> str:
        return SNAPSHOT_BEHIND + str(self.head) + "\n" + "s" * 30_000


class Disk:
    """What a kiosk keeps over a cut."""

    def __init__(self) -> None:
        self.position = Position()
        self.texts: dict[int, str] = {}
        self.rows: list[Row] = []
        self.results: dict[int, Result] = {}
        self.forks: list[str] = []

    def tap(self) -> None:
        raw = f"tap {len(self.rows) + 1}".encode()
        last = self.rows[-1].hash if self.rows else GENESIS
        self.rows.append(Row(len(self.rows) + 1, chain(last, raw), raw))

    @property
    def outbox(self) -> OutboxPosition:
        if not self.rows:
            return OutboxPosition(OutboxId("o"))
        return OutboxPosition(OutboxId("o"), self.rows[-1].dseq, self.rows[-1].hash)

    @property
    def answered(self) -> int:
        dseq = 0
        while dseq + 1 in self.results:
            dseq += 1
        return dseq


class Joined:
    """One kiosk and its server. Everything that takes time in life waits until `step` chooses it."""

    def __init__(
        self, chance: random.Random, *, window_pages: int = 3, chaos: bool = False
    ) -> None:
        self.chance = chance
        self.truth = Truth()
        self.disk = Disk()
        self.limits = Limits(window_commands=10, window_pages=window_pages)
        self.chaos = chaos
        self.now_ms = 1_000
        self.late: list[Callable[[], None]] = []
        """Work of earlier connections that is still going on in the server."""
        self.snapshots = 0
        self.connections = 0
        self.kiosk: KioskSide
        self.server: ServerSide
        self.dial()

    # ---- line ----------------------------------------------------------------------------------

    def dial(self) -> None:
        """A new connection; what was on the old line is gone, what the server began goes on."""
        if self.connections:
            self.server.ended = True
            self.late += self.work
        self.connections += 1
        self.up: deque[str] = deque()
        self.down: deque[str] = deque()
        self.work: list[Callable[[], None]] = []
        self.over = False
        self.kiosk = KioskSide(
            device=DeviceId("k"),
            app="test",
            states=(STATE,),
            position=self.disk.position,
            outbox=self.disk.outbox,
            row_hash=lambda dseq: self.disk.rows[dseq - 1].hash,
            answered=self.disk.answered,
            now_ms=self.now_ms,
        )
        self.server = ServerSide(
            ConnectionId(f"c-{self.connections}"),
            b"nonce",
            limits=self.limits,
            jitter=0.0,
            now_ms=self.now_ms,
        )
        self.joined = False
        self.serve(self.server, self.server.open(self.now_ms))

    def grow(self) -> None:
        """Another kiosk's event; told to this one as the fan-out would, in one or two frames."""
        first = self.truth.head + 1
        for _ in range(self.chance.randint(1, 4)):
            self.truth.grow(
                f"other {self.truth.head + 1} " + "y" * self.chance.choice([0, 50, 3000])
            )
        self.tell(first)

    def tell(self, first: int) -> None:
        """The fan-out: some hints come late and cover what was told already."""
        if not self.joined:
            return
        if self.chance.random() < 0.3:
            first = max(1, first - self.chance.randint(0, 3))
        entries = self.truth.entries[first - 1 :]
        if entries and self.server.forward(first, entries[-1].seq):
            texts = tuple(entry.text for entry in entries)
            self.down.append(encode(Live(first, texts, entries[-1].hash)))

    def overflow(self) -> None:
        """A slow kiosk: its queued live events are dropped."""
        if self.joined and not self.server.ended:
            self.down = deque(text for text in self.down if '"type":"live"' not in text)
            self.serve(self.server, self.server.overflowed())

    # ---- one thing happens ---------------------------------------------------------------------

    def step(self) -> bool:
        """Let one thing that can happen happen; False when all is quiet."""
        choices: list[Callable[[], None]] = []
        if self.up:
            choices.append(self._to_server)
        if self.down:
            choices.append(self._to_kiosk)
        choices += [lambda: self._finish(self.work)] if self.work else []
        choices += [lambda: self._finish(self.late)] if self.late else []
        if not choices:
            return False
        self.chance.choice(choices)()
        return True

    def settle(self) -> None:
        """Let everything happen, with the clock going on, until nothing more does."""
        for _ in range(90):
            self._run_dry()
            if self.over:
                self.dial()
            self.now_ms += 2_000
            if not self.server.ended:
                self.serve(self.server, self.server.tick(self.now_ms))
            # A `top` said now is heard before the kiosk asks itself how long it was silent.
            self._run_dry()
            self.tap_at(self.kiosk.tick(self.now_ms))

    def _run_dry(self) -> None:
        while self.step():
            pass

    def _finish(self, work: list[Callable[[], None]]) -> None:
        work.pop(0)()

    def _next(self, line: deque[str]) -> str:
        text = line.popleft()
        if self.chaos and self.chance.random() < 0.05:
            line.appendleft(text)
        if self.chaos and line and self.chance.random() < 0.05:
            line.rotate(1)
        return text

    def _to_server(self) -> None:
        frame = decode_client(self._next(self.up))
        self.serve(self.server, self.server.receive(frame, self.now_ms))

    def _to_kiosk(self) -> None:
        frame = decode_server(self._next(self.down))
        self.tap_at(self.kiosk.receive(frame, self.now_ms))

    # ---- effects -------------------------------------------------------------------------------

    def serve(self, side: ServerSide, effects: Sequence[Effect]) -> None:
        """The server's shell."""
        for effect in effects:
            match effect:
                case Send():
                    if side is self.server:
                        self.down.append(encode(effect.frame))
                case Identify():
                    self.work.append(partial(self._admit, side, effect))
                case Take():
                    self.work.append(partial(self._take, side, effect))
                case Read():
                    self._later_read(side, effect)
                case ReadSnapshot():
                    self._later_snapshot(side)
                case TopDue():
                    head = self.truth.head
                    top = Top(
                        head, self.truth.hash_at(head) or b"", self.now_ms, b"", effect.echo_ms
                    )
                    self.serve(side, [Send(top)])
                case Close():
                    pass
                case _:
                    pass

    def _admit(self, side: ServerSide, effect: Identify) -> None:
        truth, claims = self.truth, effect.claims
        found = Admission(
            kitchen=KitchenId("kitchen"),
            epoch=truth.epoch,
            head=truth.head,
            head_hash=truth.hash_at(truth.head) or GENESIS,
            floor=truth.floor,
            durable=0,
            acked=len(truth.rows),
            acked_hash=truth.rows[-1].hash if truth.rows else GENESIS,
            since_hash=truth.hash_at(claims.since),
            state_version=STATE,
            time_ms=self.now_ms,
        )
        self.serve(side, side.admit(found))
        self.joined = self.joined or side is self.server

    def _take(self, side: ServerSide, effect: Take) -> None:
        first = self.truth.head + 1
        results = self.truth.take(effect.rows)
        side.taken(len(effect.rows))
        self.serve(side, side.answered(results, len(self.truth.rows), 0))
        self.tell(first)

    def _later_read(self, side: ServerSide, effect: Read) -> None:
        # What the reader saw when it read; it is told later.
        entries = self.truth.entries[effect.after : effect.after + 20]
        head = self.truth.head
        self.work.append(lambda: self.serve(side, side.entries(effect.after, entries, head)))

    def _later_snapshot(self, side: ServerSide) -> None:
        truth = self.truth
        if side.snapshot_part == 1 or self._kept is None:
            self._kept = (
                truth.epoch,
                truth.head,
                truth.hash_at(truth.head) or b"",
                truth.snapshot(),
            )
        epoch, seq, link, text = self._kept
        self.work.append(
            lambda: self.serve(
                side,
                side.snapshot(epoch=epoch, seq=seq, hash=link, state_version=STATE, text=text),
            )
        )

    _kept: tuple[str, int, bytes, str] | None = None

    def tap_at(self, effects: Sequence[Effect]) -> None:
        """The kiosk's shell."""
        for effect in effects:
            match effect:
                case Send():
                    self.up.append(encode(effect.frame))
                case SignHello():
                    self.tap_at(self.kiosk.signed(effect.claims, b"signature"))
                case NeedRows():
                    rows = self.disk.rows[effect.after : effect.after + effect.limit]
                    self.tap_at(self.kiosk.rows(rows))
                case ApplyEvents():
                    self._apply(effect)
                case ApplySnapshot():
                    assert effect.text.startswith(f"{SNAPSHOT_BEHIND}{effect.seq}\n")
                    self.snapshots += 1
                    self.disk.position = Position(effect.epoch, effect.seq, effect.hash)
                case Settle():
                    for result in effect.results:
                        known = self.disk.results.setdefault(result.dseq, result)
                        assert known == result, "an answer changed"
                case Forked():
                    self.disk.forks.append(effect.detail)
                case Ended():
                    self.over = True
                case _:
                    pass

    def _apply(self, effect: ApplyEvents) -> None:
        assert effect.first == self.disk.position.seq + 1, "a gap was stored"
        for offset, text in enumerate(effect.bodies):
            assert self.truth.entries[effect.first + offset - 1].text == text
            self.disk.texts[effect.first + offset] = text
        self.disk.position = Position(self.disk.position.epoch, effect.last, effect.hash)

    def tap(self) -> None:
        """A finger."""
        self.disk.tap()
        self.tap_at(self.kiosk.tapped(self.disk.outbox))
