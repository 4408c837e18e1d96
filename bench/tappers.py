"""Thousands of kiosks in one thread: each connects, signs in, taps when it is told to, and follows its kitchen's log.

The wire is the product's (`bench.wire`); there is no disk, no screen and no fold on this side.
"""

from __future__ import annotations

import random
import select
import time
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from bench.kitchens import Device, batch_name
from bench.tapper import Seen, Tapper
from bench.wire import READ_BYTES, masked
from dapur.crew import OpenSessionArgs, session_subject
from dapur.ids import CommandId, KitchenId
from dapur.progress import NoteBatchArgs
from dapur.temperature import RecordTemperatureArgs
from dapur.wire.codec import encode_bytes
from dapur.wire.messages import (
    Challenge,
    Goodbye,
    Got,
    Live,
    Outcome,
    Page,
    Pull,
    Results,
    ServerFrame,
    Submit,
    Top,
    Welcome,
)
from server.desk.ports import Head

AT_ONCE = 256
"""Kiosks on their way in."""
GOT_S = 30.0
"""As a kiosk does (`Limits.got_every_s`)."""
NOTE_EVERY = 5
WAIT_S = 0.005
PATIENCE_S = 120.0
SETTLED_WITHIN_S = 300.0
"""Kiosks that were told to come back do so; a machine that is full needs its time."""


class _Body(msgspec.Struct):
    """The one field of an event that is needed here."""

    command: CommandId


_body = msgspec.json.Decoder(_Body)


class Tappers:
    """All of them. Every method returns when what it names is done."""

    def __init__(
        self,
        ports: Sequence[int],
        devices: Sequence[Device],
        heads: dict[KitchenId, Head],
        *,
        beside: int = 1,
    ) -> None:
        """Kiosks are spread over the server processes in turn, `beside` of a row at the same one."""
        places = [number // beside % len(ports) for number in range(len(devices))]
        self.all = [
            Tapper(ports[place], device, heads[device.kitchen], place)
            for place, device in zip(places, devices, strict=True)
        ]
        self.seen = Seen()
        self._of: dict[int, Tapper] = {}
        self._poll = select.epoll()
        self._due: dict[CommandId, tuple[float, Tapper]] = {}
        self._turn = list(self.all)
        random.Random(7).shuffle(self._turn)
        self._next = 0
        self._gots: deque[tuple[float, Tapper]] = deque()
        self._away: list[tuple[float, Tapper]] = []

    def fresh(self) -> Seen:
        """What was noticed so far; from now on anew."""
        seen, self.seen = self.seen, Seen()
        return seen

    def close(self) -> None:
        """Hang up."""
        for each in self._of.values():
            each.close()
        self._poll.close()

    # ---- coming in -------------------------------------------------------------------------------

    def come_in(self) -> list[float]:
        """All connect, catch up and sign in, AT_ONCE at a time; seconds that each took."""
        waiting = deque(self.all)
        coming: set[Tapper] = set()
        took_s: list[float] = []
        last_s = time.perf_counter()
        while waiting or coming:
            while waiting and len(coming) < AT_ONCE:
                kiosk = waiting.popleft()
                kiosk.began_s = time.perf_counter()
                kiosk.dial()
                kiosk.socket.setblocking(False)
                self._listen(kiosk)
                coming.add(kiosk)
            self._return()
            self._read(WAIT_S)
            now_s = time.perf_counter()
            for kiosk in [each for each in coming if each.dseq and not each.unanswered]:
                coming.remove(kiosk)
                took_s.append(now_s - kiosk.began_s)
                last_s = now_s
                self._gots.append((now_s + GOT_S * random.random(), kiosk))
            self._patient(last_s, f"{len(waiting) + len(coming)} kiosks are still out")
        self._gots = deque(sorted(self._gots, key=lambda each: each[0]))
        return took_s

    # ---- the night -------------------------------------------------------------------------------

    def tap(self, seconds: float, per_s: float) -> None:
        """So many taps a second in all, evenly, each by the next kiosk of a shuffled row; 0: nobody taps."""
        self._live(seconds, per_s)

    def settle(self) -> float:
        """Until every tap is answered and every kiosk of a kitchen stands where the others do; seconds.

        What is not so after SETTLED_WITHIN_S is noted as wrong.
        """
        began_s = time.perf_counter()
        while waiting := sum(bool(each.unanswered) for each in self.all) + self._apart():
            self._live(0.5, 0.0)
            if time.perf_counter() - began_s > SETTLED_WITHIN_S:
                self.seen.wrong.append(f"{waiting} kiosks wait for answers or events for ever")
                break
        return time.perf_counter() - began_s

    def until(self, done: Callable[[], bool], within_s: float) -> float:
        """Live on until something is so, looked at once a second; seconds that it took."""
        began_s = time.perf_counter()
        while not done():
            self._live(1.0, 0.0)
            self._patient(began_s, "it never came", within_s)
        return time.perf_counter() - began_s

    def _live(self, seconds: float, per_s: float) -> None:
        began_s = time.perf_counter()
        tapped = 0
        while (now_s := time.perf_counter()) - began_s < seconds:
            while tapped < (now_s - began_s) * per_s:
                self._tap(began_s + tapped / per_s)
                tapped += 1
            while self._gots and self._gots[0][0] <= now_s:
                due_s, kiosk = self._gots.popleft()
                if kiosk.socket.fileno() in self._of:
                    self._send(kiosk, Got(kiosk.seq, int(now_s * 1000), offset_ms=0))
                self._gots.append((due_s + GOT_S, kiosk))
            self._return()
            self._read(WAIT_S if per_s == 0 else min(WAIT_S, 1 / per_s))

    def _tap(self, due_s: float) -> None:
        kiosk = self._turn[self._next % len(self._turn)]
        self._next += 1
        batch = batch_name(self._next % 16)
        if self._next % NOTE_EVERY == 0:
            note = NoteBatchArgs(text=f"catatan {self._next}: bumbu ditambah")
            row = kiosk.row("note_batch", batch, note)
        else:
            reading = RecordTemperatureArgs(76.0 + self._next % 150 / 10)
            row = kiosk.row("record_temperature", batch, reading)
        kiosk.unanswered[row.dseq] = (due_s, row)
        self._due[CommandId(f"{kiosk.outbox}-{row.dseq}")] = (due_s, kiosk)
        if kiosk.socket.fileno() in self._of:
            self._send(kiosk, Submit((row,)))
        self.seen.taps += 1
        self.seen.late_ms.append(1000 * (time.perf_counter() - due_s))

    # ---- frames ----------------------------------------------------------------------------------

    def _read(self, wait_s: float) -> None:
        for fd, _ in self._poll.poll(wait_s):
            kiosk = self._of[fd]
            try:
                data = kiosk.socket.recv(READ_BYTES)
                if not data:
                    raise ConnectionError("the server hung up")
                self.seen.bytes_in += len(data)
                kiosk.received(data)
                for frame in kiosk.frames():
                    self.seen.frames += 1
                    if isinstance(frame, Goodbye):
                        self._ended(kiosk, f"{frame.code} {frame.detail}", frame.retry_after_s)
                        break
                    self._heard(kiosk, frame)
            except OSError as error:
                self._ended(kiosk, str(error), 1.0)

    def _listen(self, kiosk: Tapper) -> None:
        self._of[kiosk.socket.fileno()] = kiosk
        self._poll.register(kiosk.socket.fileno(), select.EPOLLIN)

    def _ended(self, kiosk: Tapper, why: str, after_s: float) -> None:
        """The server ended this connection: come back as it asked."""
        if kiosk.socket.fileno() not in self._of:
            return
        self.seen.ends.append(f"server {kiosk.place + 1}: {why}")
        self._poll.unregister(kiosk.socket.fileno())
        del self._of[kiosk.socket.fileno()]
        kiosk.close()
        self._away.append((time.perf_counter() + max(after_s, 0.5), kiosk))

    def _return(self) -> None:
        now_s = time.perf_counter()
        for back_s, kiosk in [each for each in self._away if each[0] <= now_s]:
            self._away.remove((back_s, kiosk))
            try:
                kiosk.again()
            except OSError:
                self._away.append((now_s + 1.0, kiosk))
            else:
                self._listen(kiosk)

    def _heard(self, kiosk: Tapper, frame: ServerFrame) -> None:
        match frame:
            case Challenge():
                kiosk.answer(frame)
            case Welcome():
                self._welcomed(kiosk)
            case Results():
                self._answered(kiosk, frame)
            case Live(first, bodies, link):
                self._grown(kiosk, first, bodies, link)
            case Page(first, bodies, link):
                self._grown(kiosk, first, bodies, link)
                kiosk.pulling = not frame.last
            case Top(head):
                if head > kiosk.seq:
                    self._pull(kiosk)
            case _:
                self.seen.wrong.append(f"unasked for: {frame!r}"[:200])

    def _welcomed(self, kiosk: Tapper) -> None:
        if not kiosk.dseq:
            row = kiosk.row("open_session", session_subject(kiosk.session), OpenSessionArgs())
            kiosk.unanswered[row.dseq] = (time.perf_counter(), row)
        self._pull(kiosk)
        rows = [row for _, (_, row) in sorted(kiosk.unanswered.items())]
        if rows:
            self._send(kiosk, Submit(tuple(rows)))

    def _answered(self, kiosk: Tapper, frame: Results) -> None:
        now_s = time.perf_counter()
        for result in frame.results:
            due = kiosk.unanswered.pop(result.dseq, None)
            if due is None:
                self.seen.wrong.append(f"answered twice: {kiosk.outbox} {result.dseq}")
            elif result.outcome is not Outcome.APPLIED:
                self.seen.wrong.append(f"{kiosk.outbox} {result.dseq}: {result.outcome}")
            else:
                self.seen.answered_ms.append(1000 * (now_s - due[0]))

    def _grown(self, kiosk: Tapper, first: int, bodies: tuple[str, ...], link: bytes) -> None:
        if first > kiosk.seq + 1:
            self._pull(kiosk)
            return
        now_s = time.perf_counter()
        for body in bodies[max(0, kiosk.seq + 1 - first) :]:
            kiosk.seq += 1
            due = self._due.get(_body.decode(body).command)
            if due is not None and due[1] is not kiosk:
                near = due[1].place == kiosk.place
                took = self.seen.near_ms if near else self.seen.far_ms
                took.append(1000 * (now_s - due[0]))
        if bodies and first + len(bodies) - 1 == kiosk.seq:
            kiosk.knows(kiosk.epoch, kiosk.seq, link)

    def _pull(self, kiosk: Tapper) -> None:
        if not kiosk.pulling:
            kiosk.pulling = True
            self.seen.pulls += 1
            self._send(kiosk, Pull(kiosk.seq))

    def _send(self, kiosk: Tapper, frame: Got | Pull | Submit) -> None:
        data = masked(encode_bytes(frame))
        self.seen.bytes_out += len(data)
        try:
            kiosk.socket.sendall(data)
        except OSError as error:
            self._ended(kiosk, str(error), 1.0)

    def _apart(self) -> int:
        """Kiosks that stand at another event than the first of their kitchen."""
        stands: dict[KitchenId, int] = {}
        return sum(stands.setdefault(each.kitchen, each.seq) != each.seq for each in self.all)

    def _patient(self, since_s: float, trouble: str, within_s: float = PATIENCE_S) -> None:
        if time.perf_counter() - since_s > within_s:
            raise TimeoutError(trouble)
