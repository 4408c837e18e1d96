"""Puts the two ways of the bridge together on what the app gives it; it opens nothing itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from server.bridge.inward import Door, Inward
from server.bridge.names import Names
from server.bridge.ports import Platform
from server.bridge.publisher import NAME, VERSION, Publisher, Telling
from server.bridge.streams import Streams
from server.desk.ports import Log, Unavailable
from server.log.follower import RENEW_MS, Follower
from server.log.positions import Lease, Places
from server.log.shares import Minds, every_kitchen
from server.metrics import Metrics
from server.settings import Alias

PLANS = "bridge-plans"
"""Lease of the process that reads the streams."""
ASK_MS = 5_000
"""How often a process asks whether the one that reads the streams is gone: each time is a write."""
__all__ = ["NAME", "PLANS", "VERSION", "Bridge"]


class Bridge:
    """One for a process; the leases say which process tells and which reads the streams."""

    def __init__(
        self,
        platform: Platform,
        aliases: Sequence[Alias],
        *,
        log: Log,
        places: Places,
        leases: tuple[Lease, Lease],
        metrics: Metrics,
        now_ms: Callable[[], int],
        minds: Callable[[int], Minds] = every_kitchen,
    ) -> None:
        """`leases` are of NAME and of PLANS; `minds` as for a `Follower`."""
        self._platform = platform
        self._names = Names(aliases)
        self._log = log
        self._metrics = metrics
        self._now_ms = now_ms
        self._plans = leases[1]
        self._ask_at_ms = 0
        self._holding = False
        publisher = Publisher(places, log, platform, self._names, metrics, now_ms)
        behind = metrics.follower_behind(NAME)
        self.follower = Telling(
            Follower(log, leases[0], publisher, name=NAME, minds=minds, behind=behind)
        )

    @property
    def trouble(self) -> str:
        """Why the platform is not told now; empty when it is."""
        return self._platform.trouble

    async def run(self, door: Door) -> None:
        """Hear the platform until cancelled."""
        inward = Inward(door, self._names, self._metrics)
        self._platform.listen(self._names.patterns, inward.heard)
        streams = Streams(self._platform, self._log, inward, self._holds)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._platform.run(), name="platform")
                tasks.create_task(inward.keep_hearing(), name="platform's words")
                tasks.create_task(streams.keep_reading(), name="platform's plans")
        finally:
            await asyncio.shield(asyncio.to_thread(self._give_back))

    def _holds(self) -> bool:
        """Whether this process reads the streams; asks the database as rarely as the followers do."""
        now_ms = self._now_ms()
        if 0 < self._ask_at_ms - now_ms <= RENEW_MS:
            return self._holding
        self._holding = self._plans.take(now_ms)
        self._ask_at_ms = now_ms + (RENEW_MS if self._holding else ASK_MS)
        return self._holding

    def _give_back(self) -> None:
        if not self._holding:
            return
        try:
            self._plans.give_back()
        except Unavailable:
            # It ends by itself.
            return
