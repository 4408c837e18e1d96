"""Eight things that people wait for, from one kiosk's socket to another's, on a real server with a real disk.

The names are those of the platform's own list, which it measured on stand-ins: all eight below 45 ms.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import msgspec

from bench.figure import Figure, percentile
from bench.kiosk.machine import real_disk
from bench.kitchens import NUTRITIONIST, Device, batch_name, furnish
from bench.wire import Kiosk
from dapur.batch import HoldReason, Item
from dapur.crew import OpenSessionArgs, session_subject
from dapur.ending import CompleteBatchArgs
from dapur.hold import HoldBatchArgs
from dapur.ids import BatchId
from dapur.progress import AdvanceBatchArgs, FinishStepArgs, NoteBatchArgs
from dapur.quality import GiveVerdictArgs, RecordCheckArgs
from dapur.temperature import RecordTemperatureArgs
from dapur.wire.messages import (
    Goodbye,
    Live,
    Outcome,
    Page,
    Pull,
    Results,
    Row,
    SnapshotPart,
    Submit,
)
from tests.support.server_process import ServerProcess

BATCHES = 30
LIMIT_MS = 45.0
PORTIONS = 1_600


def eight_flows() -> Iterator[Figure]:
    """Each flow for every batch of a night, one after the other; p99 must stay below the limit."""
    with real_disk() as folder:
        devices = furnish(folder / "server", kitchens=1, devices=4, batches=2 * BATCHES)
        server = ServerProcess(folder / "server", environment={"DAPUR_LOG_LEVEL": "WARNING"})
        server.start()
        try:
            kitchen = _Kitchen(server.port, devices)
            for number in range(BATCHES):
                kitchen.night_of(batch_name(number), batch_name(BATCHES + number))
            kitchen.close()
        finally:
            server.stop()
    for name, took_ms in kitchen.took_ms.items():
        p50, p99 = percentile(took_ms, 0.5), percentile(took_ms, 0.99)
        note = (
            f"slowest of {len(took_ms)}, gate < {LIMIT_MS:.0f} ms; p50 {p50:.1f} ms; {_WHAT[name]}"
        )
        yield Figure(f"flow_{name}", p99, "ms", LIMIT_MS, p99 / LIMIT_MS, p99 < LIMIT_MS, note)


class _Kitchen:
    """A cook's kiosk, a nutritionist's, and one that watches."""

    def __init__(self, port: int, devices: list[Device]) -> None:
        self.took_ms: dict[str, list[float]] = {}
        self._port = port
        self._spare = devices[3]
        self._watcher = _following(Kiosk(port, devices[2]))
        self._cook = _signed_in(Kiosk(port, devices[0]))
        self._judge = _signed_in(Kiosk(port, devices[1], actor=NUTRITIONIST))

    def close(self) -> None:
        """Hang up."""
        for kiosk in (self._watcher, self._cook, self._judge):
            kiosk.close()

    def night_of(self, batch: BatchId, other: BatchId) -> None:
        """One batch from start to end, with a held one beside it and somebody who looks at all of it."""
        self._timed("monitor_start", self._cook, batch, AdvanceBatchArgs("preparing"))
        self._do(self._cook, batch, AdvanceBatchArgs("cooking"))
        self._do(self._cook, batch, RecordTemperatureArgs(82.0))
        self._timed("progress", self._cook, batch, FinishStepArgs(1))
        self._do(self._cook, batch, AdvanceBatchArgs("quality_check"))
        items = list(Item)
        self._timed("quality_check", self._judge, batch, RecordCheckArgs(items[0], passed=True))
        for item in items[1:]:
            self._do(self._judge, batch, RecordCheckArgs(item, passed=True))
        self._do(self._judge, batch, GiveVerdictArgs(passed=True))
        self._timed("completion", self._cook, batch, CompleteBatchArgs(PORTIONS))
        self._do(self._cook, other, AdvanceBatchArgs("preparing"))
        self._timed("alert", self._cook, other, HoldBatchArgs(HoldReason.TEMPERATURE))
        self._timed("websocket_message", self._cook, batch, NoteBatchArgs(text="bumbu ditambah"))
        self._clock("dashboard_read", self._look)
        self._clock("cached_read", lambda: _whole_state(self._judge))

    def _timed(self, name: str, kiosk: Kiosk, subject: BatchId, args: msgspec.Struct) -> None:
        self._clock(name, lambda: self._do(kiosk, subject, args))

    def _clock(self, name: str, work: Callable[[], None]) -> None:
        began = time.perf_counter()
        work()
        self.took_ms.setdefault(name, []).append(1000 * (time.perf_counter() - began))

    def _do(self, kiosk: Kiosk, subject: BatchId, args: msgspec.Struct) -> None:
        """Tap, and wait until it is answered here and seen there."""
        row = kiosk.row(
            _KINDS[type(args)], subject, args, step_up=isinstance(args, GiveVerdictArgs)
        )
        kiosk.send(Submit((row,)))
        _applied(kiosk, row)
        _seen(self._watcher, f"{kiosk.outbox}-{row.dseq}")

    def _look(self) -> None:
        """A kiosk that knows nothing opens the board: connection, proof, the whole state."""
        kiosk = Kiosk(self._port, self._spare)
        kiosk.connect()
        _whole_state(kiosk)
        kiosk.close()


_TAP = "tapped at one kiosk, committed, answered there and seen at another"
_WHAT = {
    "monitor_start": f"a batch starts: {_TAP}",
    "progress": f"a step of the recipe is done: {_TAP}",
    "quality_check": f"a checked item: {_TAP}",
    "completion": f"released for portioning: {_TAP}",
    "alert": f"a batch is held, which stops everybody: {_TAP}",
    "websocket_message": f"a note at a batch: {_TAP}",
    "dashboard_read": "a kiosk that knows nothing: connection, proof of its key, the whole state",
    "cached_read": "the whole state again, over an open connection",
}

_KINDS: dict[type[msgspec.Struct], str] = {
    AdvanceBatchArgs: "advance_batch",
    FinishStepArgs: "finish_step",
    RecordTemperatureArgs: "record_temperature",
    RecordCheckArgs: "record_check",
    GiveVerdictArgs: "give_verdict",
    CompleteBatchArgs: "complete_batch",
    HoldBatchArgs: "hold_batch",
    NoteBatchArgs: "note_batch",
}


def _signed_in(kiosk: Kiosk) -> Kiosk:
    kiosk.connect()
    subject = session_subject(kiosk.session)
    kiosk.tap([kiosk.row("open_session", subject, OpenSessionArgs())])
    return kiosk


def _following(kiosk: Kiosk) -> Kiosk:
    """A kiosk that has the state and follows the log from there."""
    welcome = kiosk.connect()
    _whole_state(kiosk)
    kiosk.send(Pull(welcome.head))
    while not (isinstance(frame := kiosk.next(), Page) and frame.last):
        pass
    return kiosk


def _whole_state(kiosk: Kiosk) -> None:
    """Pull all parts of a fresh snapshot."""
    kiosk.send(Pull(0, part=1))
    while True:
        frame = kiosk.next()
        if isinstance(frame, SnapshotPart):
            if frame.part == frame.parts:
                return
            if frame.part % _WINDOW == 0:
                kiosk.send(Pull(0, part=frame.part + 1))


_WINDOW = Pull(0).pages


def _applied(kiosk: Kiosk, row: Row) -> None:
    """Wait for the receipt. Raises when it was refused: the flow would be another one."""
    while True:
        frame = kiosk.next()
        if isinstance(frame, Goodbye):
            raise ConnectionError(repr(frame))
        if isinstance(frame, Results):
            for result in frame.results:
                if result.dseq == row.dseq:
                    if result.outcome is not Outcome.APPLIED:
                        raise RuntimeError(f"{row.bytes.decode()}: {result}")
                    return


def _seen(kiosk: Kiosk, command: str) -> None:
    """Wait until an event of this command came."""
    while True:
        frame = kiosk.next()
        if isinstance(frame, Live) and any(f'"{command}"' in body for body in frame.bodies):
            return
