"""The bus between processes, over Redis: it carries hints and loses some; the log is the truth, the poll the net."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress

from redis.exceptions import OutOfMemoryError

from dapur.ids import KitchenId
from server.bus.address import dialler_of, shown
from server.bus.hints import Hint, channel, decode, encode
from server.bus.keeping import Work, keep_connected
from server.bus.line import Line
from server.bus.troubles import FAILING, trouble_of
from server.desk.ports import Heard, Missed
from server.metrics import Fate, Metrics

BEAT_S = 2.0
"""How often an idle connection is tried: a frozen Redis is known within this and the time for an answer."""
BEAT_KEY = "dapur:beat"
BEAT_KEPT_MS = 10_000
BUDGET_S = 0.2
"""A hint that needs longer is counted as late: the poll may be there first."""
PENDING_MAX = 10_000
"""Kitchens with a hint that waits, the oldest are dropped: at most some MB while Redis is away."""
BATCH = 256
"""Hints and subscriptions in one write."""
GATHER_S = 0.02
"""Kitchens that were subscribed together are looked up together."""
RETRY_MAX_S = 2.0
"""As often as the poll asks the database: one knock of each process costs Redis less."""
DETAIL_MAX = 200
"""Of the library's or Redis's own words for the operator; neither repeats a password."""

_log = logging.getLogger(__name__)


class RedisBus:
    """`server.desk.ports.Bus`; every method is called on the loop's thread, none of them waits but `run`."""

    def __init__(self, url: str, metrics: Metrics) -> None:
        """Raises BadAddress; whether Redis is there is seen in `run`."""
        self._dialler = dialler_of(url)
        self._shown = shown(url)
        self._metrics = metrics
        self._origin = secrets.token_hex(8)
        self._ears: dict[int, tuple[Heard, Missed]] = {}
        self._next_ear = 0
        self._pending: OrderedDict[KitchenId, int] = OrderedDict()
        self._wanted: dict[bytes, KitchenId] = {}
        """By channel: kitchens whose hints are wanted here."""
        self._changed: dict[bytes, None] = {}
        """Channels to subscribe or to leave."""
        self._confirmed: set[KitchenId] = set()
        self._wake = asyncio.Event()
        self.trouble = "not connected"
        """Why hints do not flow now; empty when they do."""
        self._metrics.bus_up.set(0)

    # ---- the port ------------------------------------------------------------------------------

    def publish(self, kitchen: KitchenId, seq: int) -> None:
        """Queue a hint; of one kitchen only the newest waits."""
        self._pending[kitchen] = max(seq, self._pending.pop(kitchen, 0))
        if len(self._pending) > PENDING_MAX:
            self._pending.popitem(last=False)
            self._metrics.hint("dropped")
        self._wake.set()

    def subscribe(self, heard: Heard, missed: Missed) -> Callable[[], None]:
        """Call `heard` for hints of attended kitchens, `missed` when some may have been lost."""
        key = self._next_ear = self._next_ear + 1
        self._ears[key] = (heard, missed)

        def end() -> None:
            self._ears.pop(key, None)

        return end

    def attend(self, kitchen: KitchenId) -> None:
        """Hints of this kitchen are wanted."""
        name = channel(kitchen)
        if name not in self._wanted:
            self._wanted[name] = kitchen
            self._change(name)

    def leave(self, kitchen: KitchenId) -> None:
        """Hints of this kitchen are no longer wanted."""
        name = channel(kitchen)
        if self._wanted.pop(name, None) is not None:
            self._change(name)

    def _change(self, name: bytes) -> None:
        self._changed[name] = None
        self._wake.set()

    async def run(self) -> None:
        """Carry hints until cancelled, over as many connections as it takes."""
        work = Work(self._pushed, self._carry, self._failed)
        await keep_connected(self._dialler, work, RETRY_MAX_S)

    def _failed(self, error: Exception) -> None:
        self._troubled(trouble_of(error), error)

    # ---- one connection ------------------------------------------------------------------------

    async def _carry(self, line: Line) -> None:
        # What was subscribed before is forgotten with the connection before.
        self._changed = dict.fromkeys(self._wanted)
        beat_s = 0.0
        while True:
            await self._follow(line)
            if time.monotonic() >= beat_s:
                # Answered in order: what was subscribed above is heard when this says that all is well.
                await self._beat(line)
                beat_s = time.monotonic() + BEAT_S
            await self._send(line)
            self._wake.clear()
            if self._changed or self._pending:
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, beat_s - time.monotonic())):
                    await self._wake.wait()

    async def _beat(self, line: Line) -> None:
        """A write of a few bytes finds what a hint never meets: a full Redis, or one that is a replica now.

        Hints given to a replica reach nobody at the master, so all but a full Redis is dialled anew.
        """
        said = (await line.ask([("SET", BEAT_KEY, "1", "PX", str(BEAT_KEPT_MS))]))[0]
        if isinstance(said, OutOfMemoryError):
            self._troubled(trouble_of(said), said)
        elif isinstance(said, Exception):
            raise said
        else:
            self._well()

    async def _follow(self, line: Line) -> None:
        changed, self._changed = self._changed, {}
        for word, names in (
            ("SUBSCRIBE", [name for name in changed if name in self._wanted]),
            ("UNSUBSCRIBE", [name for name in changed if name not in self._wanted]),
        ):
            for start in range(0, len(names), BATCH):
                await line.tell([(word, *names[start : start + BATCH])])

    async def _send(self, line: Line) -> None:
        batch = [self._pending.popitem(last=False) for _ in range(min(BATCH, len(self._pending)))]
        if not batch:
            return
        began_s = time.monotonic()
        sent: Fate = "dropped"
        try:
            for said in await line.ask(
                [("PUBLISH", channel(k), encode(Hint(seq, self._origin))) for k, seq in batch]
            ):
                if isinstance(said, Exception):
                    raise said
            sent = "sent" if time.monotonic() - began_s <= BUDGET_S else "late"
        finally:
            self._metrics.hint(sent, len(batch))

    # ---- what comes in -------------------------------------------------------------------------

    def _pushed(self, kind: bytes, name: bytes, data: object) -> None:
        kitchen = self._wanted.get(name)
        if kitchen is None:
            return
        if kind == b"subscribe":
            self._subscribed(kitchen)
        elif kind == b"message":
            self._said(kitchen, data)

    def _said(self, kitchen: KitchenId, data: object) -> None:
        hint = decode(data)
        if hint is None:
            self._metrics.hint("odd")
        elif hint.origin != self._origin:
            self._metrics.hint("received")
            for heard, _ in tuple(self._ears.values()):
                heard(kitchen, hint.seq)

    def _subscribed(self, kitchen: KitchenId) -> None:
        """What was said before it was heard here is found in the log."""
        if not self._confirmed:
            asyncio.get_running_loop().call_later(GATHER_S, self._look)
        self._confirmed.add(kitchen)

    def _look(self) -> None:
        kitchens, self._confirmed = tuple(self._confirmed), set()
        for _, missed in tuple(self._ears.values()):
            missed(kitchens)

    # ---- how it is -----------------------------------------------------------------------------

    def _well(self) -> None:
        if self.trouble:
            _log.info("the bus carries hints, at %s", self._shown)
        self.trouble = ""
        self._metrics.bus_up.set(1)

    def _troubled(self, trouble: str, error: Exception) -> None:
        """Say it once for each change, not for each try."""
        self._metrics.bus_up.set(0)
        if trouble == self.trouble:
            return
        self.trouble = trouble
        _log.warning(
            "the bus at %s is %s: the poll goes on alone (%s)",
            self._shown,
            trouble,
            str(error)[:DETAIL_MAX],
            exc_info=error if trouble == FAILING else None,
        )
