"""Brings what the platform says to the desk, once; what is not right is dropped, counted and told the operator."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor

import msgspec

from dapur.ids import KitchenId, OutboxId
from dapur.kitchen import SERVER_DEVICE
from dapur.wire.messages import GoodbyeCode, Outcome, Row
from server.bridge.message import is_ours
from server.bridge.names import Names, Route
from server.bridge.orders import outbox_of, rows_of, wishes_of
from server.bridge.reader import Garbage, Inbound, read
from server.desk.folding import Fold, catch_up, load
from server.desk.groups import Answer, Submission
from server.desk.ports import Log, Unavailable
from server.metrics import Metrics
from server.settings import Heard

WAITING_MAX = 1_000
"""Messages that wait for the desk: at most some MB of notices; who floods us loses his own."""
PLAN_MAX_BYTES = 512 * 1024
"""A night of a hundred dishes, written at length."""
WORD_MAX_BYTES = 16 * 1024
TRIES = 3
AGAIN_S = 1.0
TELL_S = 60.0
"""Of the same fault the log has one line in so long a time: strangers do not fill the disk."""
SHOWN_MAX = 120

_log = logging.getLogger(__name__)


class Door(msgspec.Struct, frozen=True):
    """The way to the desk."""

    log: Log
    readers: Executor
    submit: Callable[[Submission, Callable[[Answer], None]], None]
    fold: Callable[[KitchenId], Fold | None]
    now_ms: Callable[[], int]


class Inward:
    """Used on the loop's thread; other processes may hear the same: the log takes a message once."""

    def __init__(self, door: Door, names: Names, metrics: Metrics) -> None:
        self._door = door
        self._names = names
        self._metrics = metrics
        self._waiting: asyncio.Queue[tuple[Route, bytes]] = asyncio.Queue(WAITING_MAX)
        self._told: dict[tuple[str, str], tuple[float, int]] = {}

    def heard(self, channel: str, payload: bytes) -> None:
        """Something was said on a channel."""
        route = self._names.route(channel)
        if route is None:
            return
        if len(payload) > _limit(route):
            # Not even kept until its turn: a thousand of them would be a gigabyte.
            self._drop(route, Garbage("too_large", f"{len(payload)} bytes"))
            return
        try:
            self._waiting.put_nowait((route, payload))
        except asyncio.QueueFull:
            self._drop(route, Garbage("overflow"))

    async def keep_hearing(self) -> None:
        """Give what was heard to the desk, in order, until cancelled."""
        while True:
            route, payload = await self._waiting.get()
            if not await self.take(route, payload):
                self._drop(route, Garbage("unavailable"))

    async def take(self, route: Route, payload: bytes) -> bool:
        """Whether it is settled: applied, there before, or of no use; False when it must come again."""
        try:
            inbound = read(payload, max_bytes=_limit(route))
            kitchen = _tenant(route, inbound)
            fields = inbound.fields
            if is_ours(inbound.id, kitchen, fields.get("epoch"), fields.get("seq")):
                fate = "echo"
            else:
                fate = await self._given(kitchen, route.topic, inbound)
        except Garbage as garbage:
            self._drop(route, garbage)
            return True
        except Unavailable as error:
            _log.warning("a message of the platform waits: %s", error)
            return False
        except Exception:  # noqa: BLE001 - a fault of ours in one message must not end the hearing
            _log.exception("a message on %s could not be taken", route.topic)
            self._metrics.bridged(route.topic, "fault")
            return True
        self._metrics.bridged(route.topic, fate)
        return True

    # ---- to the desk ---------------------------------------------------------------------------

    async def _given(self, kitchen: KitchenId, topic: Heard, inbound: Inbound) -> str:
        """What became of it. Raises Garbage, Unavailable."""
        for left in reversed(range(TRIES)):
            try:
                return await self._give(kitchen, topic, inbound)
            except Unavailable:
                if not left:
                    raise
                await asyncio.sleep(AGAIN_S)
        raise Unavailable(kitchen)

    async def _give(self, kitchen: KitchenId, topic: Heard, inbound: Inbound) -> str:
        loop = asyncio.get_running_loop()
        outbox = outbox_of(topic, inbound)
        rows = await loop.run_in_executor(
            self._door.readers, self._rows, kitchen, topic, inbound, outbox
        )
        if not rows:
            return "already"
        given: asyncio.Future[Answer] = loop.create_future()

        def answered(answer: Answer) -> None:
            if not given.done():
                given.set_result(answer)

        self._door.submit(Submission(kitchen, SERVER_DEVICE, outbox, rows), answered)
        answer = await given
        if answer.fault is GoodbyeCode.FORK:
            # Another process was quicker with the same message and saw the kitchen otherwise.
            return "already"
        if answer.fault is not None:
            raise Unavailable(answer.detail or answer.fault.value)
        outcomes = {result.outcome for result in answer.results}
        if not outcomes <= {Outcome.APPLIED, Outcome.ALREADY}:
            return "refused"
        return "applied" if Outcome.APPLIED in outcomes else "already"

    def _rows(
        self, kitchen: KitchenId, topic: Heard, inbound: Inbound, outbox: OutboxId
    ) -> tuple[Row, ...]:
        """In a reader thread: nothing when the log has this message already."""
        log, now_ms = self._door.log, self._door.now_ms()
        if log.head(kitchen) is None:
            raise Garbage("unknown_kitchen", kitchen[:SHOWN_MAX])
        if log.outbox_head(kitchen, outbox) is not None:
            return ()
        state = self._newest(kitchen).kitchen
        return rows_of(outbox, wishes_of(topic, inbound, state, now_ms), inbound.at_ms, now_ms)

    def _newest(self, kitchen: KitchenId) -> Fold:
        """What a plan is rehearsed on must not be older than what the desk will find."""
        log, fold = self._door.log, self._door.fold(kitchen)
        head = log.head(kitchen)
        if fold is None or head is None or fold.epoch != head.epoch or fold.seq > head.seq:
            return load(log, kitchen)
        return catch_up(log, kitchen, fold, head)

    # ---- what is dropped -----------------------------------------------------------------------

    def _drop(self, route: Route, garbage: Garbage) -> None:
        """Count it, and tell of it as often as a person would read."""
        self._metrics.bridged(route.topic, garbage.why)
        key = (route.topic, garbage.why)
        told_s, more = self._told.get(key, (-TELL_S, 0))
        now_s = time.monotonic()
        if now_s - told_s < TELL_S:
            self._told[key] = (told_s, more + 1)
            return
        self._told[key] = (now_s, 0)
        _log.warning(
            "dropped a message of the platform on %s of %r: %s %r (and %d more before)",
            route.topic,
            route.tenant[:SHOWN_MAX],
            garbage.why,
            garbage.detail[:SHOWN_MAX],
            more,
        )


def _limit(route: Route) -> int:
    return PLAN_MAX_BYTES if route.topic == "production:plan" else WORD_MAX_BYTES


def _tenant(route: Route, inbound: Inbound) -> KitchenId:
    """The kitchen of a message. Raises Garbage when channel and body do not say the same one."""
    named = set(inbound.tenants)
    if route.tenant:
        named.add(route.tenant)
    if len(named) > 1:
        raise Garbage("tenant", ", ".join(sorted(named))[:SHOWN_MAX])
    if not named or (route.strict and not inbound.tenants):
        raise Garbage("no_tenant")
    return KitchenId(named.pop())
