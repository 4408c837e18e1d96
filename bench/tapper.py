"""One kiosk of the crowd, and what the crowd noticed; it reads and sends nothing by itself."""

from __future__ import annotations

import msgspec

from bench.figure import percentile
from bench.kitchens import Device
from bench.wire import Kiosk
from dapur.wire.messages import Row
from server.desk.ports import Head


class Seen(msgspec.Struct):
    """What was noticed since the last `fresh`."""

    answered_ms: list[float] = msgspec.field(default_factory=list)
    """From when a tap was due to its receipt."""
    near_ms: list[float] = msgspec.field(default_factory=list)
    """From when a tap was due until another kiosk of the same server process had it."""
    far_ms: list[float] = msgspec.field(default_factory=list)
    """The same, at another server process."""
    late_ms: list[float] = msgspec.field(default_factory=list)
    """By how much the load came to a tap too late: it has one thread."""
    taps: int = 0
    frames: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    ends: list[str] = msgspec.field(default_factory=list)
    """Goodbyes of the servers, after which a kiosk comes back and sends again."""
    pulls: int = 0
    """Times that a kiosk had to ask for what it missed."""
    wrong: list[str] = msgspec.field(default_factory=list)
    """Answers that nobody asked for, came twice, or are not `applied`."""

    def add_late(self, after: Seen) -> None:
        """What came `after` the end of this and belongs to it: answers to its last taps."""
        for name in ("answered_ms", "near_ms", "far_ms", "wrong", "ends"):
            getattr(self, name).extend(getattr(after, name))

    def p(self, name: str, share: float) -> float:
        """A percentile of one of the lists; 0 when it is empty."""
        values: list[float] = getattr(self, name)
        return percentile(values, share) if values else 0.0


class Tapper(Kiosk):
    """One kiosk of the crowd; `place` is the server process that it is at."""

    def __init__(self, port: int, device: Device, head: Head, place: int) -> None:
        super().__init__(port, device)
        self.knows(head.epoch, head.seq, head.hash)
        self.kitchen, self.place, self.epoch = device.kitchen, place, head.epoch
        self.seq = head.seq
        self.pulling = False
        self.began_s = 0.0
        self.unanswered: dict[int, tuple[float, Row]] = {}
        """When each tap was due, and itself, by its number."""

    def again(self) -> None:
        """Dial anew, knowing what is known by now."""
        self.close()
        self.fresh_line()
        self.pulling = False
        self.dial()
        self.socket.setblocking(False)
