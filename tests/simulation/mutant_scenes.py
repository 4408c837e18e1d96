"""Scenes for what a whole night does not look at: how soon, how much, how often; the product's own code with a seed."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable
from pathlib import Path
from random import Random
from unittest import mock

import msgspec
from argon2 import PasswordHasher
from typing_extensions import override
from websockets.protocol import State

from dapur.envelope import GENESIS
from dapur.ids import ConnectionId, DeviceId, KitchenId, OutboxId, StaffId
from dapur.pin import LOCKS_MS, TRIES, TRIES_MOST
from dapur.sync.effects import Close, Take
from dapur.sync.server_side import UNANSWERED_MAX, Admission, ServerSide
from dapur.wire.codec import encode_claims
from dapur.wire.messages import Claims, Hello, Limits, Row, Submit
from kiosk.vault import verifiers
from kiosk.vault.verifiers import Verifiers
from server.gateway.line import QUEUE_BYTES, QUEUE_FRAMES, Line
from tests.simulation.engine import quiet
from tests.simulation.night import Night
from tests.simulation.swarm import Swarm, drawn
from tests.simulation.troubles import happen
from tests.simulation.world import Violation, World
from tests.support.taps import at

# ---- how soon ------------------------------------------------------------------------------------

PROMPT_MS = 1_500
"""With good lines and a good bus every kiosk has an event within this; the poll alone takes longer."""
LOOK_MS = 250


def prompt(seed: int) -> str:
    """A night in which lines break and nothing else: what is in the log is soon on every kiosk that is online."""
    world = World(seed, at(31))
    random = world.chance("cuts")
    with quiet():
        night = Night(world, _fair(seed))

        def cut() -> None:
            world.after(random.randint(300, 2_000), cut)
            kiosk = random.choice(night.kiosks)
            if kiosk.call is not None and not world.healed:
                kiosk.call.line.cut()

        world.after(1_000, cut)
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

        world.after(LOOK_MS, look)
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


BACK_MS = 5_000
"""After a good connection the first tries come within half a second each."""


def comes_back(seed: int) -> str:
    """Ten minutes in which lines are cut, each after it served well: a kiosk is back soon every time."""
    world = World(seed, at(31))
    random = world.chance("cuts")
    gone: dict[str, int] = {}
    length_ms = 600_000
    with quiet():
        night = Night(world, msgspec.structs.replace(_fair(seed), length_ms=length_ms))

        def cut() -> None:
            if world.now_ms < length_ms - BACK_MS:
                world.after(random.randint(36_000, 50_000), cut)
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

        world.after(40_000, cut)
        world.after(1_000, look)
        try:
            night.run(night.swarm.agenda, happen)
        except Violation as error:
            return str(error)
        finally:
            night.close()
    return ""


def steady(seed: int) -> str:
    """A quiet night: who is online stays online, and is not thrown out by any deadline."""
    world = World(seed, at(31))
    seen: set[str] = set()
    with quiet():
        night = Night(world, msgspec.structs.replace(_fair(seed), length_ms=90_000))

        def look() -> None:
            world.after(LOOK_MS, look)
            for kiosk in night.kiosks:
                if kiosk.online:
                    seen.add(kiosk.name)
                elif kiosk.name in seen:
                    raise Violation("liveness", f"{kiosk.name} lost a good line")

        world.after(LOOK_MS, look)
        try:
            night.run(night.swarm.agenda, happen)
        except Violation as error:
            return str(error)
        finally:
            night.close()
    return ""


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
        self._marked = True

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
    fast = mock.patch.object(verifiers, "HASHER", _FAST)
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
