"""Keeps the outboxes of many kiosks full against one server and times every answer; one thread, no library."""

from __future__ import annotations

import selectors
import time
from collections import deque
from collections.abc import Sequence

import msgspec

from bench.figure import percentile
from bench.wire import READ_BYTES, Kiosk, masked
from dapur.ids import BatchId
from dapur.progress import NoteBatchArgs
from dapur.temperature import RecordTemperatureArgs
from dapur.wire.codec import decode_server, encode_bytes
from dapur.wire.messages import Goodbye, Outcome, Results, Row, Submit

PATIENCE_S = 120.0


class Done(msgspec.Struct, frozen=True):
    """What a load came to."""

    commands: int
    seconds: float
    p50_ms: float
    p99_ms: float
    not_applied: int

    @property
    def per_s(self) -> float:
        """Commands acknowledged in a second."""
        return self.commands / self.seconds


class _Worker:
    """One kiosk with its frames ready: a few in flight, the next when one is answered."""

    def __init__(self, kiosk: Kiosk, frames: Sequence[tuple[int, bytes]], flying: int) -> None:
        self.kiosk = kiosk
        self._frames = deque(frames)
        self._flying = flying
        self._sent: deque[tuple[int, float]] = deque()
        self.latencies_s: list[float] = []
        self.not_applied = 0

    @property
    def done(self) -> bool:
        """Whether all is sent and answered."""
        return not self._frames and not self._sent

    def push(self) -> None:
        """Send what may be in flight."""
        while self._frames and len(self._sent) < self._flying:
            last, data = self._frames.popleft()
            self._sent.append((last, time.perf_counter()))
            self.kiosk.socket.sendall(data)

    def heard(self, data: bytes) -> None:
        """Bytes of the server: note answers, send more."""
        self.kiosk.received(data)
        for payload in self.kiosk.whole():
            if b'"type":"live"' in payload[:40]:
                continue  # reading it is the kiosk's work, not the server's
            frame = decode_server(payload)
            if isinstance(frame, Goodbye):
                raise ConnectionError(repr(frame))
            if isinstance(frame, Results):
                self._answered(frame)
        self.push()

    def _answered(self, frame: Results) -> None:
        now = time.perf_counter()
        self.not_applied += sum(each.outcome is not Outcome.APPLIED for each in frame.results)
        while self._sent and self._sent[0][0] <= frame.acked:
            self.latencies_s.append(now - self._sent.popleft()[1])


def rows_of(kiosk: Kiosk, batches: Sequence[BatchId], count: int) -> list[Row]:
    """What a busy kitchen writes: readings, and now and then a note."""
    made: list[Row] = []
    for number in range(count):
        batch = batches[number % len(batches)]
        if number % 5 == 4:
            made.append(kiosk.row("note_batch", batch, NoteBatchArgs(text=f"catatan {number}")))
        else:
            reading = RecordTemperatureArgs(76.0 + number % 150 / 10)
            made.append(kiosk.row("record_temperature", batch, reading))
    return made


def framed(rows: Sequence[Row], rows_a_frame: int) -> list[tuple[int, bytes]]:
    """Submits as they stand on the wire, each with its last dseq."""
    return [
        (part[-1].dseq, masked(encode_bytes(Submit(tuple(part)))))
        for at in range(0, len(rows), rows_a_frame)
        if (part := rows[at : at + rows_a_frame])
    ]


def press(
    kiosks: Sequence[Kiosk], batches: Sequence[BatchId], *, each: int, a_frame: int, flying: int
) -> Done:
    """Every kiosk writes `each` commands, `a_frame` in a frame, `flying` frames unanswered."""
    workers = [
        _Worker(kiosk, framed(rows_of(kiosk, batches, each), a_frame), flying) for kiosk in kiosks
    ]
    with selectors.EpollSelector() as selector:
        for worker in workers:
            selector.register(worker.kiosk.socket, selectors.EVENT_READ, worker)
        began = time.perf_counter()
        for worker in workers:
            worker.push()
        left = len(workers)
        while left:
            if time.perf_counter() - began > PATIENCE_S:
                raise TimeoutError(f"{left} kiosks wait for answers")
            left -= _turn(selector)
        seconds = time.perf_counter() - began
    latencies = [1000 * each_s for worker in workers for each_s in worker.latencies_s]
    return Done(
        commands=each * len(kiosks),
        seconds=seconds,
        p50_ms=percentile(latencies, 0.5),
        p99_ms=percentile(latencies, 0.99),
        not_applied=sum(worker.not_applied for worker in workers),
    )


def _turn(selector: selectors.EpollSelector) -> int:
    """Hear what came; how many kiosks are done with all of theirs now."""
    ended = 0
    for key, _ in selector.select(timeout=1.0):
        worker: _Worker = key.data
        before = worker.done
        data = worker.kiosk.socket.recv(READ_BYTES)
        if not data:
            raise ConnectionError("the server hung up")
        worker.heard(data)
        ended += worker.done and not before
    return ended
