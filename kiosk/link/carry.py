"""Carries a session's effects to file, view and clock, and back: no socket, no task, no key of its own."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from dapur import kitchen as rules
from dapur.envelope import Malformed
from dapur.ids import DeviceId
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
from dapur.sync.kiosk_side import KioskSide
from dapur.wire.messages import (
    ClientFrame,
    GoodbyeCode,
    Pull,
    Reply,
    ServerFrame,
    SignedHead,
    top_text,
)
from kiosk.clock import KioskTime
from kiosk.link.backoff import SERVED_MS
from kiosk.local.errors import DiskRefused, FileDamaged
from kiosk.local.mirror import Mirror

HELD_EVENTS = 150
"""Of one transaction: it is stored and folded in a third of a frame's time."""

_log = logging.getLogger(__name__)


class Carrier:
    """The effects of one connection. The shell around it brings frames, ticks and taps."""

    def __init__(
        self,
        mirror: Mirror,
        time: KioskTime,
        *,
        device: DeviceId,
        app: str,
        put: Callable[[ClientFrame | ServerFrame], bool],
        sign: Callable[[bytes], bytes],
        on_reply: Callable[[Reply], None],
        on_admitted: Callable[[], None],
    ) -> None:
        """`put` queues a frame for the server, False when there is no room; `sign` is the device's key."""
        self._mirror = mirror
        self._time = time
        self._put = put
        self._sign = sign
        self._on_reply = on_reply
        self._on_admitted = on_admitted
        self.is_servers: Callable[[bytes, bytes], bool] | None = None
        """`(text, signature)`: whether the server signed this; without it no head is kept."""
        self.on_held: Callable[[bool], None] | None = None
        """With it, events of several frames go to the disk in one transaction: it is called when some
        are held back, and `flush` is due as soon as no frame is at hand any more; False says that
        nothing but measured values is held, which may wait a little longer."""
        self._held: list[ApplyEvents] = []
        self._is_urgent = False
        self.over: Ended | None = None
        """Why this connection is to end; nothing is carried any more."""
        self.damage: FileDamaged | None = None
        self.admitted_ms: int | None = None
        store = mirror.store
        self.side = KioskSide(
            device=device,
            app=app,
            states=tuple(range(rules.STATE_OLDEST, rules.STATE_VERSION + 1)),
            position=store.position,
            outbox=store.outbox_position,
            row_hash=store.row_hash,
            now_ms=time.mono_ms(),
            answered=store.answered(),
        )
        self.side.offset_ms = lambda: time.wall_offset_ms
        self.side.kept = store.kept

    def receive(self, frame: ServerFrame, now_ms: int) -> None:
        """A frame of the server came."""
        self.carry(self.side.receive(frame, now_ms))

    def tapped(self) -> None:
        """The outbox grew: send what is new."""
        self.carry(self.side.tapped(self._mirror.store.outbox_position))

    def tick(self, now_ms: int) -> None:
        """Call about once a second."""
        self.carry(self.side.tick(now_ms))

    def served_ms(self, now_ms: int) -> int:
        """For how long this was a line, now that it is over.

        One that only gave a restored server what it lacked ends soon and in order: the next is not to
        be put off as after a bad one.
        """
        if self.admitted_ms is None:
            return 0
        in_order = self.over is not None and self.over.code is GoodbyeCode.RESTART
        least_ms = SERVED_MS if self.side.held and in_order else 0
        return max(least_ms, now_ms - self.admitted_ms)

    def flush(self) -> None:
        """Store and show the events that are held back."""
        if self._held and self.over is None:
            self._tried(self._take_held())

    def carry(self, effects: Iterable[Effect]) -> None:
        """Carry effects out in order, and those that follow from them."""
        waiting = deque(effects)
        while waiting and self.over is None:
            effect = waiting.popleft()
            if self._is_held(effect):
                continue
            if self._held and not _claims_nothing(effect):
                waiting.appendleft(effect)
                effect = self._take_held()
            waiting.extendleft(reversed(self._tried(effect)))

    def _is_held(self, effect: Effect) -> bool:
        if self.on_held is None or not isinstance(effect, ApplyEvents):
            return False
        if sum(len(each.bodies) for each in self._held) + len(effect.bodies) > HELD_EVENTS:
            return False
        if not (self._held and self._is_urgent):
            # Once something urgent is held, what else comes need not be looked into.
            urgent = not all(map(rules.is_measured, effect.bodies))
            if urgent or not self._held:
                self._is_urgent = urgent
                self.on_held(urgent)
        self._held.append(effect)
        return True

    def _take_held(self) -> ApplyEvents:
        held, self._held = self._held, []
        bodies = tuple(body for each in held for body in each.bodies)
        return ApplyEvents(held[0].first, bodies, held[-1].hash)

    def _tried(self, effect: Effect) -> Sequence[Effect]:
        """Do one; what the file or another release stands in the way of ends the connection."""
        try:
            return self._one(effect)
        except DiskRefused as error:
            # Nothing was taken over: the next connection brings it again.
            self.over = Ended(None, 0.0, str(error))
        except FileDamaged as error:
            # Also when a tap or the watchdog met it: the shell says so.
            self.damage = error
            self.over = Ended(None, 0.0, str(error))
        except (Malformed, rules.UnreadableSnapshot) as error:
            self.over = Ended(GoodbyeCode.UPGRADE, 0.0, str(error))
        return ()

    def _one(self, effect: Effect) -> Sequence[Effect]:
        match effect:
            case Send(frame):
                if not self._put(frame):
                    return [Ended(None, 0.0, "too much waits for the server")]
            case SignHello(text, claims):
                return self.side.signed(claims, self._sign(text))
            case NeedRows(after, limit):
                return self.side.rows(self._mirror.store.rows(after, limit))
            case NeedTail(after, up_to, max_bytes):
                return self.side.tail(self._mirror.store.tail(after, up_to, max_bytes))
            case Forked(detail):
                self._mirror.quarantine(detail)
                return [Ended(None, 0.0, detail)]
            case Ended():
                self._end(effect)
            case _:
                self._inform(effect)
        return ()

    def _inform(self, effect: Effect) -> None:
        match effect:
            case ApplyEvents():
                self._mirror.grown(effect)
            case ApplySnapshot():
                self._mirror.replaced(effect)
            case Settle():
                self._mirror.settled(effect)
            case Restored():
                self._mirror.restored(effect)
            case ClockSample():
                self._time.sample(effect)
            case KeepHead(signed):
                self._keep_head(signed)
            case Answered(reply):
                self._on_reply(reply)
            case Admitted():
                self.admitted_ms = self._time.mono_ms()
                self._on_admitted()
            case CaughtUp(seq):
                _log.debug("caught up at %d", seq)
            case _:
                raise TypeError(f"{type(effect).__name__} is not for a kiosk")

    def _keep_head(self, signed: SignedHead) -> None:
        text = top_text(self._mirror.kitchen_id, signed.epoch, signed.head, signed.hash)
        if self.is_servers is None:
            return
        if self.is_servers(text, signed.signature):
            self._mirror.store.keep_head(signed)
        else:
            _log.warning("the head %d is not signed by the server", signed.head)

    def _end(self, ended: Ended) -> None:
        self.over = ended
        if ended.code is GoodbyeCode.FORK:
            self._mirror.quarantine(ended.detail)


def _claims_nothing(effect: Effect) -> bool:
    """Whether it may go before events that are not stored yet: a pull asks for more of them."""
    return isinstance(effect, Send) and isinstance(effect.frame, Pull)
