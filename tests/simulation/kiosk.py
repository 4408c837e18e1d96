"""One kiosk in virtual time: the product's store, mirror, desk, clock, session and back-off; only the shell is here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from random import Random
from typing import Protocol

from dapur.ids import DeviceId, KitchenId
from dapur.sync.effects import Ended
from dapur.sync.kiosk_side import Position
from dapur.wire import codec
from dapur.wire.messages import ClientFrame, GoodbyeCode, Reply, ServerFrame, Submit
from kiosk.clock import KioskTime
from kiosk.desk import Desk
from kiosk.link.backoff import Backoff
from kiosk.link.carry import Carrier
from kiosk.local.mirror import Mirror
from kiosk.reports import Reports
from tests.simulation.disk import Disk, DiskStore, PowerCut
from tests.simulation.network import Line
from tests.simulation.world import Action, World

BEAT_MS = 5_000
QUEUE_FRAMES = 256
LAST_WORDS = (GoodbyeCode.REVOKED, GoodbyeCode.UNKNOWN_DEVICE)


def stamp(text: bytes) -> bytes:
    """The stand-in for the server's signature: it is of this text and of no other."""
    return sha256(b"server" + text).digest()


class Clock:
    """The clocks of one machine: they drift, are set, and begin anew at every boot."""

    def __init__(self, world: World, offset_ms: int, drift_ppm: int, machine: str = "boot") -> None:
        """`machine` keeps the boots of two machines apart."""
        self._world = world
        self.offset_ms = offset_ms
        self._rate = 1 + drift_ppm / 1_000_000
        self._booted_ms = -30_000
        self._boots = 1
        self._machine = machine

    def wall_ms(self) -> int:
        """What the machine believes."""
        return self._world.utc_ms + self.offset_ms

    def mono_ms(self) -> int:
        """Since the boot."""
        return int((self._world.now_ms - self._booted_ms) * self._rate)

    def boot(self) -> str:
        """The present boot."""
        return f"{self._machine}-{self._boots}"

    def reboot(self) -> None:
        """The steady clock begins anew."""
        self._booted_ms = self._world.now_ms - 20_000
        self._boots += 1


class Network(Protocol):
    """Where a kiosk finds a server."""

    def dial(self, kiosk: Kiosk) -> Line | None:
        """A line to some server; None when none answers."""


class Watcher(Protocol):
    """Who checks every kiosk as it goes."""

    def told(self, kiosk: Kiosk, frame: ServerFrame) -> None:
        """This frame came, and is not yet taken."""

    def changed(self, kiosk: Kiosk) -> None:
        """What it knows or shows changed."""


class Call:
    """The kiosk's end of one line, with the product's session behind it."""

    def __init__(self, kiosk: Kiosk, line: Line) -> None:
        self.kiosk = kiosk
        self.line = line
        self.closed = False
        self.epoch = ""
        self.beat_ms = kiosk.world.now_ms
        self.carrier = Carrier(
            kiosk.mirror,
            kiosk.time,
            device=kiosk.device,
            app="simulated",
            put=self._put,
            sign=kiosk.sign,
            on_reply=_nobody_asked,
            on_admitted=kiosk.note_online,
        )
        self.carrier.on_held = self._flush_soon
        self.carrier.is_servers = lambda text, signature: signature == stamp(text)

    def _put(self, frame: ClientFrame | ServerFrame) -> bool:
        text = codec.encode(frame)
        if isinstance(frame, Submit):
            self.kiosk.last_submit = (self.kiosk.store.outbox_position.outbox, text)
        self.line.up.send(text)
        self.beat_ms = self.kiosk.world.now_ms
        return True

    def heard(self, text: str) -> None:
        """A frame came."""
        self.kiosk.do(partial(self._heard, text))

    def hung_up(self) -> None:
        """The line is closed."""
        self.kiosk.do(self._closed)

    def _closed(self) -> None:
        self._flush()
        self._over(Ended(None, 0.0, "closed"))

    def _flush_soon(self, urgent: bool) -> None:
        """Frames that come within some milliseconds are at hand together; measured values wait longer."""
        self.kiosk.later(self.kiosk.random.randint(0, 30 if urgent else 250), self._flush)

    def _flush(self) -> None:
        if not self.closed and self.kiosk.call is self:
            self.carrier.flush()
            self.look()

    def _heard(self, text: str) -> None:
        kiosk = self.kiosk
        if self.closed or kiosk.call is not self:
            return
        try:
            frame = codec.decode_server(text)
        except codec.BadFrame as error:
            self._over(Ended(GoodbyeCode.BAD_FRAME, 0.0, str(error)))
            return
        kiosk.watcher.told(kiosk, frame)
        self.carrier.receive(frame, kiosk.time.mono_ms())
        self.look()

    def tick(self) -> None:
        """About once a second."""
        now_ms = self.kiosk.world.now_ms
        self.carrier.tick(self.kiosk.time.mono_ms())
        if now_ms - self.beat_ms >= BEAT_MS:
            self.beat_ms = now_ms
            self.line.up.send("")
        self.look()

    def look(self) -> None:
        """Whether the session has come to its end."""
        if self.carrier.over is not None:
            self._over(self.carrier.over)

    def _over(self, ended: Ended) -> None:
        if self.closed:
            return
        self.hang_up()
        self.kiosk.ended(self, ended)

    def hang_up(self) -> None:
        """Close from this side."""
        self.closed = True
        self.line.up.hang_up()


class Kiosk:
    """One machine; `start` and `stop` are its process."""

    def __init__(
        self,
        world: World,
        network: Network,
        watcher: Watcher,
        *,
        name: str,
        kitchen: KitchenId,
        device: DeviceId,
        disk: Disk,
        clock: Clock,
    ) -> None:
        self.world = world
        self.network = network
        self.watcher = watcher
        self.name = name
        self.kitchen = kitchen
        self.device = device
        self.disk = disk
        self.clock = clock
        self.random: Random = world.chance(f"kiosk/{name}")
        self.alive = False
        self.dismissed = False
        """The server said never to come back."""
        self.retired = False
        """Taken out of service: it is not switched on again."""
        self.frozen = False
        self.offline_until_ms = 0
        """No network until then."""
        self._waiting: list[Action] = []
        self._life = 0
        self.call: Call | None = None
        self.last_submit = ("", "")
        """Outbox and text of the last frame of commands."""
        self.shown: tuple[int, ...] = ()
        """Taps on the screen that wait, as of the last look."""
        self.shown_outbox = ""
        self.whole_seq = 0
        """The newest snapshot that a server sent: it does not say whose taps are in it."""
        self.reached: Position | None = None
        """How far its replica went when it was last looked at, since its start."""
        self.on_start: Callable[[], None] = _nothing
        self.mirror: Mirror
        self.time: KioskTime
        self.desk: Desk
        self.reports: Reports
        self.store: DiskStore
        self.backoff: Backoff

    # ---- process -------------------------------------------------------------------------------

    def start(self) -> None:
        """The program starts on what is on the disk."""
        if self.alive or self.retired:
            return
        self.alive, self.dismissed, self.frozen = True, False, False
        self._life += 1
        self.do(self._start)

    def _start(self) -> None:
        self.reached = None
        self.store = DiskStore(self.disk)
        self.mirror = Mirror(self.store, self.kitchen, self.device, self._soon)
        self.time = KioskTime(self.clock, self.store)
        self.desk = Desk(self.mirror, self.time, new_id=lambda: self.world.name("tap"))
        self.reports = Reports(self.desk, self.mirror)
        self.time.on_jump(self.reports.jumped)
        self.backoff = Backoff(self.random)
        self.desk.subscribe(self._tapped)
        self.mirror.subscribe(lambda: self.watcher.changed(self))
        self.watcher.changed(self)
        self.on_start()
        self.later(self.random.randint(0, 900), self._dial)
        self.later(self.random.randint(1, 999), self._tick)

    def stop(self) -> None:
        """The program is killed."""
        self.alive = False
        self._waiting.clear()
        if self.call is not None:
            self.call.line.cut()
            self.call = None

    def power_off(self) -> None:
        """The machine goes off: nobody tells the server."""
        if self.call is not None:
            self.call.line.go_deaf(up=True, down=True)
            self.call = None
        self.stop()

    def do(self, action: Action) -> None:
        """Run something in this program."""
        if not self.alive:
            return
        if self.frozen:
            self._waiting.append(action)
            return
        try:
            action()
        except PowerCut:
            self.world.tell(f"{self.name} lost its power")
            self.power_off()
            self.clock.reboot()
            self.world.after(self.random.randint(500, 5_000), self.start)

    def freeze(self, for_ms: int) -> None:
        """The process is stopped for a while."""
        self.frozen = True
        self.world.after(for_ms, self.thaw)

    def thaw(self) -> None:
        """Go on."""
        self.frozen = False
        waiting, self._waiting = self._waiting, []
        for action in waiting:
            self.do(action)

    def _soon(self, delay_s: float, action: Action) -> None:
        self.later(int(delay_s * 1000), action)

    def later(self, delay_ms: int, action: Action) -> None:
        """Do this later, unless the program is gone by then."""
        life = self._life

        def turn() -> None:
            if self._life == life:
                self.do(action)

        self.world.after(delay_ms, turn)

    def _tick(self) -> None:
        self.later(1_000, self._tick)
        self.mirror.look_after()
        self.time.tick()
        self.reports.tick()
        if self.call is not None:
            self.call.tick()

    # ---- the line ------------------------------------------------------------------------------

    @property
    def online(self) -> bool:
        """Admitted."""
        return self.call is not None and self.call.carrier.admitted_ms is not None

    def note_online(self) -> None:
        """The badge turns."""
        self.world.tell(f"{self.name} online")

    def sign(self, text: bytes) -> bytes:
        """The stand-in for Ed25519."""
        assert text
        return self.device.encode()

    def _dial(self) -> None:
        line = self.network.dial(self)
        if line is None:
            self._retry(Ended(None, 0.0, "nobody answers"), 0)

    def connected(self, line: Line) -> Call:
        """The socket is up."""
        self.call = Call(self, line)
        return self.call

    def ended(self, call: Call, ended: Ended) -> None:
        """A line is over."""
        if self.call is not call:
            return
        self.call = None
        self.world.tell(f"{self.name} offline {ended.code} {ended.detail}")
        if ended.code in LAST_WORDS:
            self.dismissed = True
            return
        self._retry(ended, call.carrier.served_ms(self.time.mono_ms()))

    def _retry(self, ended: Ended, served_ms: int) -> None:
        wait_s = self.backoff.next_s(
            served_ms=served_ms, code=ended.code, retry_after_s=ended.retry_after_s
        )
        self.later(int(wait_s * 1000) + 5, self._dial)

    def _tapped(self) -> None:
        if self.call is not None:
            self.call.carrier.tapped()
            self.call.look()


def _nobody_asked(reply: Reply) -> None:
    raise AssertionError(f"an answer to no question: {reply}")


def _nothing() -> None:
    """Nothing."""
