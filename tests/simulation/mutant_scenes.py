"""Scenes for what a whole night does not look at: how soon, how much, how often; the product's own code with a seed."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from unittest import mock

import msgspec
from argon2 import PasswordHasher
from typing_extensions import override
from websockets.protocol import State

from dapur.envelope import GENESIS, decode_event
from dapur.ids import ConnectionId, DeviceId, KitchenId, OutboxId, StaffId
from dapur.pin import LOCKS_MS, TRIES, TRIES_MOST
from dapur.sync.effects import Close, Take
from dapur.sync.server_side import UNANSWERED_MAX, Admission, ServerSide
from dapur.wire.codec import encode_claims
from dapur.wire.messages import Claims, Hello, Limits, Live, Page, Row, ServerFrame, Submit
from kiosk.vault import sealing, verifiers
from kiosk.vault.verifiers import Verifiers
from server.gateway.line import QUEUE_BYTES, QUEUE_FRAMES, Line
from tests.simulation.engine import quiet, small
from tests.simulation.kiosk import Kiosk
from tests.simulation.network import Way
from tests.simulation.night import Night
from tests.simulation.server import Server
from tests.simulation.swarm import Swarm, drawn
from tests.simulation.troubles import happen
from tests.simulation.world import Violation, World
from tests.support.taps import at

# ---- a night with one kind of trouble ------------------------------------------------------------

Scene = Callable[[World, Night], None]
"""Puts its own troubles and looks into a night that has none."""


def _played(seed: int, scene: Scene, *shapes: str, **changes: object) -> str:
    """Play a fair night with this in it; what did not hold, empty when all did."""
    world = World(seed, at(31))
    with quiet(), small(shapes):
        night = Night(world, msgspec.structs.replace(_fair(seed), **changes))
        scene(world, night)
        try:
            night.run(night.swarm.agenda, happen)
        except Violation as error:
            return str(error)
        finally:
            night.close()
    return ""


def _fair(seed: int) -> Swarm:
    swarm = drawn(seed)
    taps = tuple(item for item in swarm.agenda if item.kind == "tap")
    # Two servers, since what one commits the other has to hear of.
    return msgspec.structs.replace(
        swarm, servers=2, kiosks=(3,), shapes=(), bus={}, agenda=taps, limits=Limits(),
        queue_frames=256, read_events=500,
    )  # fmt: skip


def _again_and_again(
    world: World, every_ms: tuple[int, int], act: Callable[[Random], None]
) -> None:
    """Act at random moments until the night heals."""
    random = world.chance("trouble")

    def turn() -> None:
        if not world.healed:
            world.after(random.randint(*every_ms), turn)
            act(random)

    world.after(random.randint(*every_ms), turn)


# ---- how soon ------------------------------------------------------------------------------------

PROMPT_MS = 1_500
"""With good lines and a good bus every kiosk has an event within this; the poll alone takes longer."""
LOOK_MS = 250


def prompt(seed: int) -> str:
    """A night in which lines break and nothing else: what is in the log is soon on every kiosk that is online."""
    return _played(seed, _prompt)


def _prompt(world: World, night: Night) -> None:
    def cut(random: Random) -> None:
        kiosk = random.choice(night.kiosks)
        if kiosk.call is not None:
            kiosk.call.line.cut()

    seen: dict[KitchenId, deque[tuple[int, int]]] = {name: deque() for name in night.books}

    def look() -> None:
        world.after(LOOK_MS, look)
        for name, books in night.books.items():
            seen[name].append((world.now_ms, len(books.bodies)))
            while seen[name][0][0] < world.now_ms - PROMPT_MS:
                seen[name].popleft()
        for kiosk in night.kiosks:
            at_ms, least = seen[kiosk.kitchen][0]
            admitted_ms = kiosk.call.carrier.admitted_ms if kiosk.call is not None else None
            served_ms = 0 if admitted_ms is None else kiosk.time.mono_ms() - admitted_ms
            settled = min(served_ms, world.now_ms - at_ms) >= PROMPT_MS - LOOK_MS
            if settled and kiosk.store.position.seq < least:
                raise Violation("liveness", f"{kiosk.name} is late: no {least}")

    _again_and_again(world, (300, 2_000), cut)
    world.after(LOOK_MS, look)


BACK_MS = 5_000
"""After a good connection the first tries come within half a second each."""
_LONG_MS = 600_000


def comes_back(seed: int) -> str:
    """Ten minutes in which lines are cut, each after it served well: a kiosk is back soon every time."""
    return _played(seed, _comes_back, length_ms=_LONG_MS)


def _comes_back(world: World, night: Night) -> None:
    gone: dict[str, int] = {}

    def cut(random: Random) -> None:
        del random
        if world.now_ms < _LONG_MS - BACK_MS:
            for kiosk in night.kiosks:
                if kiosk.call is not None:
                    kiosk.call.line.cut()

    def look() -> None:
        world.after(1_000, look)
        for kiosk in night.kiosks:
            since_ms = gone.setdefault(kiosk.name, world.now_ms)
            if kiosk.online:
                gone[kiosk.name] = world.now_ms
            elif world.now_ms - since_ms > BACK_MS:
                raise Violation("liveness", f"{kiosk.name} stays away")

    _again_and_again(world, (36_000, 50_000), cut)
    world.after(1_000, look)


def steady(seed: int) -> str:
    """A quiet night: who is online stays online, and is not thrown out by any deadline."""
    return _played(seed, _steady, length_ms=90_000)


def _steady(world: World, night: Night) -> None:
    seen: set[str] = set()

    def look() -> None:
        world.after(LOOK_MS, look)
        for kiosk in night.kiosks:
            if kiosk.online:
                seen.add(kiosk.name)
            elif kiosk.name in seen:
                raise Violation("liveness", f"{kiosk.name} lost a good line")

    world.after(LOOK_MS, look)


# ---- where it breaks -----------------------------------------------------------------------------


class _Cutter:
    """Lines break right before an answer; when the event came without it, the program is killed and
    starts alone.
    """

    def __init__(self, night: Night) -> None:
        self._night = night
        self._random = night.world.chance("cutter")
        self.changed = night.auditor.changed

    def told(self, kiosk: Kiosk, frame: ServerFrame) -> None:
        """A frame came, and is not yet taken."""
        self._night.auditor.told(kiosk, frame)
        if isinstance(frame, Live | Page) and not self._night.world.healed:
            unanswered = {row.taken.command.id for row in kiosk.mirror.pending if not row.answered}
            if unanswered & {decode_event(body).command for body in frame.bodies}:
                self._leave(kiosk)

    def _leave(self, kiosk: Kiosk) -> None:
        world, call = self._night.world, kiosk.call
        assert call is not None
        kiosk.offline_until_ms = world.now_ms + 6_000
        # After the time that a frame may wait to be kept with others: what follows it is lost.
        call.line.down.clog()
        world.after(50, call.line.cut)
        world.after(3_500, kiosk.stop)
        world.after(3_600, kiosk.start)

    def breaks_at(self, text: str) -> bool:
        """Whether the line breaks instead of carrying this."""
        answer = '"type":"results"' in text
        return answer and not self._night.world.healed and self._random.random() < 0.4


def cut_before_answers(seed: int) -> str:
    """A night in which kiosks shorten their replica, die and start between an event and its answer."""
    send = Way.send
    cutters: list[_Cutter] = []

    def cutting(way: Way, text: str) -> None:
        if any(cutter.breaks_at(text) for cutter in cutters):
            way.line.cut()
        else:
            send(way, text)

    def scene(world: World, night: Night) -> None:
        del world
        cutters.append(_Cutter(night))
        for kiosk in night.kiosks:
            kiosk.watcher = cutters[0]

    with mock.patch.object(Way, "send", cutting):
        return _played(seed, scene, "compact_often")


def forgetful(seed: int) -> str:
    """A night in which servers forget some of the live frames that they should send."""
    return _played(seed, lambda _world, _night: None, live_lost=0.1)


def archived(seed: int) -> str:
    """A night in which events go to the archive as soon as they are there, while servers stand still."""
    return _played(seed, _archived, read_events=1)


def _archived(world: World, night: Night) -> None:
    def trouble(random: Random) -> None:
        server = random.choice(night.servers)
        if server.alive:
            server.freeze(random.randint(200, 2_000))
        for kitchen in night.books:
            night.compact(kitchen, random)

    _again_and_again(world, (100, 1_500), trouble)


def restored(seed: int) -> str:
    """A night in which an old backup takes the database's place; the first kiosk that comes back has a
    sick disk, and the servers' own clocks have something to say while the others are waited for.
    """
    limits = Limits(top_every_s=1)
    # A sick disk gives no restart away before the server has told everything anew.
    return _played(seed, _restored, limits=limits, length_ms=_RESTORE_MS + 30_000)


_RESTORE_MS = 20_000
_NOTICE = "post_notice", "notice:kitchen", {"text": "still there?"}


def _restored(world: World, night: Night) -> None:
    def burn() -> None:
        first, *others = night.kiosks
        for kiosk in others:
            kiosk.offline_until_ms = world.now_ms + 8_000
            if kiosk.call is not None:
                kiosk.call.line.cut()
        # Space behind a body is the same event to everybody but the chain.
        first.disk.db.execute(
            "UPDATE event SET body = body || ' ' WHERE seq > (SELECT max(seq) - 3 FROM event)"
        )
        night.patience_ms = 12_000
        night.restore()

    def speak(random: Random) -> None:
        server = random.choice(night.servers)
        if server.alive and world.now_ms > _RESTORE_MS:
            server.do(partial(say, server))

    def say(server: Server) -> None:
        for kitchen in night.books:
            night.own(server, kitchen, *_NOTICE)

    world.after(5_000, night.back_up)
    world.after(_RESTORE_MS, burn)
    _again_and_again(world, (700, 1_500), speak)


# ---- how much ------------------------------------------------------------------------------------


def flood(seed: int) -> str:
    """A kiosk that keeps to no window: what the desk has of it stays bounded."""
    random = Random(f"{seed}/flood")
    side = ServerSide(ConnectionId("c"), b"nonce", limits=Limits(), jitter=0.0, now_ms=0)
    claims = Claims(DeviceId("d"), OutboxId("o"), 0, GENESIS, "", 0, GENESIS, "flood", (2,), 1)
    side.open(0)
    side.receive(Hello(encode_claims(claims), b""), 0)
    side.admit(Admission(KitchenId("k"), "e", 0, GENESIS, 0, 0, 0, GENESIS, GENESIS, 2, 0))
    dseq, now_ms = 0, 0
    for _ in range(100):
        now_ms += random.randint(50, 200)
        rows = tuple(Row(dseq + n, b"", b"") for n in range(1, random.randint(2, 51)))
        dseq += len(rows)
        effects = side.receive(Submit(rows), now_ms)
        given = sum(len(effect.rows) for effect in effects if isinstance(effect, Take))
        if given and side.unanswered > UNANSWERED_MAX:
            return f"I11: {side.unanswered} commands unanswered"
        if any(isinstance(effect, Close) for effect in effects):
            return ""
        if side.unanswered and random.random() < 0.3:
            side.taken(random.randint(1, side.unanswered))
    return ""


class _Stuck(Line):
    """A line whose kiosk reads nothing."""

    def __init__(self) -> None:
        # No socket: only the queue is looked at.
        self._queue = deque()
        self._queued_bytes = 0
        self._clear = False

    @property
    @override
    def state(self) -> State:
        return State.OPEN


def crowd(seed: int) -> str:
    """Frames for a kiosk that does not read: the queue of its line stays bounded."""
    random = Random(f"{seed}/crowd")
    line = _Stuck()
    largest = random.choice((60, 4_000, 30_000))
    for _ in range(QUEUE_FRAMES * 3):
        frame = bytes(random.randint(20, largest))
        live = random.random() < 0.8
        if len(line._queue) == QUEUE_FRAMES or line.queued_bytes + len(frame) > QUEUE_BYTES:
            line.drop_live()
            if len(line._queue) > QUEUE_FRAMES - 5:
                return ""
        line.put(frame, live=live)
        if len(line._queue) > QUEUE_FRAMES or line.queued_bytes > QUEUE_BYTES:
            return f"I11: {len(line._queue)} frames, {line.queued_bytes} bytes wait"
    return ""


# ---- how often -----------------------------------------------------------------------------------

MINUTE_MS = 60_000
_FAST = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""The stand-in for 40 ms of argon2: what is counted is how often a PIN is compared."""
_BOSS = StaffId("ayu")


class _Killed(BaseException):
    """The power went while a PIN was being compared."""


class _Thief:
    """Tries PINs as fast as it may; keeps the books of what was really compared."""

    def __init__(self, seed: int, name: str) -> None:
        self.random = Random(f"{seed}/{name}")
        self.now_ms = at(0)
        self.behind_ms = 0
        """How far the clock of the kiosk was set back."""
        self.compared: list[int] = []
        """When PINs were compared, in true time."""

    def wait(self) -> None:
        """Some seconds, or until the next minutes are over."""
        self.now_ms += self.random.choice(
            (500, 3_000, MINUTE_MS + 1, 5 * MINUTE_MS, 31 * MINUTE_MS)
        )

    def compares(self, *_: object) -> bool:
        """In the place of the comparing: always another PIN, and now and then the power goes."""
        self.compared.append(self.now_ms)
        if self.random.random() < 0.3:
            raise _Killed
        return False

    def wrong(self) -> str:
        """What does not hold of the tries so far."""
        times = self.compared
        if len(times) > TRIES_MOST:
            return f"lockout: {len(times)} PINs were compared in a row"
        for number in range(TRIES, len(times)):
            lock_ms = LOCKS_MS[min(number - TRIES, len(LOCKS_MS) - 1)]
            passed_ms = times[number] - times[number - 1]
            if passed_ms < lock_ms:
                return f"lockout: PIN {number + 1} was compared after {passed_ms} ms"
        return ""


def lockout(seed: int) -> str:
    """A thief at a kiosk without a line, who pulls its plug and sets its clock back."""
    thief = _Thief(seed, "kiosk")
    compares = mock.patch.object(verifiers, "_matches", thief.compares)
    fast = mock.patch.object(sealing, "HASHER", _FAST)
    with tempfile.TemporaryDirectory(prefix="dapur-thief-") as folder, compares, fast:
        path, key = Path(folder) / "pins", bytes(32)
        box = Verifiers(path, key)
        box.remember(_BOSS, "135790", thief.now_ms, 1)

        def attempt() -> None:
            nonlocal box
            if thief.random.random() < 0.2:
                # Never forward again: what a clock set forward opens is bounded by TRIES_MOST alone.
                thief.behind_ms += thief.random.choice((0, MINUTE_MS, 60 * MINUTE_MS))
            if thief.random.random() < 0.3:
                box = Verifiers(path, key)
            try:
                box.check(_BOSS, "246813", thief.now_ms - thief.behind_ms)
            except _Killed:
                box = Verifiers(path, key)

        return _tries(thief, attempt)


def _tries(thief: _Thief, attempt: Callable[[], object]) -> str:
    for _ in range(40):
        attempt()
        if wrong := thief.wrong():
            return wrong
        thief.wait()
    return ""
