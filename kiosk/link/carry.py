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
    NeedRows,
    Restored,
    Send,
    Settle,
    SignHello,
)
from dapur.sync.kiosk_side import KioskSide
from dapur.wire.messages import ClientFrame, GoodbyeCode, Reply, ServerFrame
from kiosk.clock import KioskTime
from kiosk.local.errors import DiskRefused, FileDamaged
from kiosk.local.mirror import Mirror

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

    def receive(self, frame: ServerFrame, now_ms: int) -> None:
        """A frame of the server came."""
        self.carry(self.side.receive(frame, now_ms))

    def tapped(self) -> None:
        """The outbox grew: send what is new."""
        self.carry(self.side.tapped(self._mirror.store.outbox_position))

    def tick(self, now_ms: int) -> None:
        """Call about once a second."""
        self.carry(self.side.tick(now_ms))

    def carry(self, effects: Iterable[Effect]) -> None:
        """Carry effects out in order, and those that follow from them."""
        waiting = deque(effects)
        while waiting and self.over is None:
            try:
                waiting.extendleft(reversed(self._one(waiting.popleft())))
            except DiskRefused as error:
                # Nothing was taken over: the next connection brings it again.
                self.over = Ended(None, 0.0, str(error))
            except FileDamaged as error:
                # Also when a tap or the watchdog met it: the shell says so.
                self.damage = error
                self.over = Ended(None, 0.0, str(error))
            except (Malformed, rules.UnreadableSnapshot) as error:
                self.over = Ended(GoodbyeCode.UPGRADE, 0.0, str(error))

    def _one(self, effect: Effect) -> Sequence[Effect]:
        match effect:
            case Send(frame):
                if not self._put(frame):
                    return [Ended(None, 0.0, "too much waits for the server")]
            case SignHello(text, claims):
                return self.side.signed(claims, self._sign(text))
            case NeedRows(after, limit):
                return self.side.rows(self._mirror.store.rows(after, limit))
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
            case Answered(reply):
                self._on_reply(reply)
            case Admitted():
                self.admitted_ms = self._time.mono_ms()
                self._on_admitted()
            case CaughtUp(seq):
                _log.debug("caught up at %d", seq)
            case _:
                raise TypeError(f"{type(effect).__name__} is not for a kiosk")

    def _end(self, ended: Ended) -> None:
        self.over = ended
        if ended.code is GoodbyeCode.FORK:
            self._mirror.quarantine(ended.detail)
