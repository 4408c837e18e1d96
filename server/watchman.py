"""Looks at the clocks of this process's kitchens and gives the commands that time itself asks for; decides nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor

import msgspec
import uuid_utils

from dapur import watch
from dapur.envelope import Command, Occurred
from dapur.ids import SYSTEM, CommandId, KitchenId, OutboxId, SessionId
from dapur.rule import Wish
from dapur.wire.messages import Result
from server.desk.folding import READ_EVENTS, Fold, go_on, load
from server.desk.ports import Log, Since, Unavailable
from server.log.shares import Minds, every_kitchen

EVERY_S = 5.0
"""The shortest limit of the rules is a minute; an alert five seconds late is in time."""
WISHES_MAX = 100
"""Of one kitchen in one round: more would make other kitchens' taps wait."""

Give = Callable[[KitchenId, OutboxId, Sequence[Command]], Awaitable[Sequence[Result]]]

_log = logging.getLogger(__name__)


class Watchman:
    """One for a process, for its shares. Two may watch the same kitchen: the second finds all said."""

    def __init__(
        self,
        log: Log,
        readers: Executor,
        *,
        fold: Callable[[KitchenId], Fold | None],
        give: Give,
        now_ms: Callable[[], int],
        outbox: OutboxId,
        minds: Callable[[int], Minds] = every_kitchen,
    ) -> None:
        """`fold` is the desk's memory, `give` the writer's way in, `outbox` this process's own.

        `minds` says by the clock which kitchens are this process's.
        """
        self._log = log
        self._readers = readers
        self._fold = fold
        self._give = give
        self._now_ms = now_ms
        self._outbox = outbox
        self._minds = minds
        self._states: dict[KitchenId, Fold] = {}

    async def keep_watching(self, every_s: float = EVERY_S) -> None:
        """Watch until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            try:
                await self.round()
            except Unavailable as error:
                _log.warning("the watch pauses: %s", error)
            except Exception:  # noqa: BLE001 - a fault in one rule must not end the watch for good
                _log.exception("the watch stumbled")

    async def round(self) -> int:
        """Look at each of its kitchens once; how many commands were given. Raises Unavailable."""
        loop = asyncio.get_running_loop()
        wanted = await loop.run_in_executor(self._readers, self._look)
        given = 0
        for kitchen, wishes in wanted.items():
            commands = [self._command(wish) for wish in wishes[:WISHES_MAX]]
            try:
                given += len(await self._give(kitchen, self._outbox, commands))
            except (Unavailable, LookupError) as error:
                _log.warning("%s: the watch is not heard: %s", kitchen, error)
        return given

    # ---- in a reader thread --------------------------------------------------------------------

    def _look(self) -> dict[KitchenId, tuple[Wish, ...]]:
        wanted: dict[KitchenId, tuple[Wish, ...]] = {}
        minds = self._minds(self._now_ms())
        kitchens = [kitchen for kitchen in self._log.kitchens() if minds(kitchen)]
        for gone in self._states.keys() - set(kitchens):
            del self._states[gone]
        heads = self._log.heads(kitchens)
        for kitchen in heads:
            if (newest := self._newest(kitchen)) is not None:
                self._states[kitchen] = newest
        grown = self._grown(heads)
        for kitchen, seq in heads.items():
            try:
                fold = self._states[kitchen] = self._state(kitchen, seq, grown.get(kitchen))
            except Unavailable as error:
                _log.warning("%s is not watched: %s", kitchen, error)
                continue
            if wishes := watch.housekeeping(fold.kitchen, self._now_ms()):
                wanted[kitchen] = wishes
        return wanted

    def _newest(self, kitchen: KitchenId) -> Fold | None:
        """The furthest state that somebody here has."""
        known = [fold for fold in (self._states.get(kitchen), self._fold(kitchen)) if fold]
        return max(known, key=lambda fold: fold.seq, default=None)

    def _grown(self, heads: Mapping[KitchenId, int]) -> dict[KitchenId, Since]:
        """What the log has that nobody here has folded yet: one question for all such kitchens."""
        behind = {
            kitchen: (known.seq, known.seq + READ_EVENTS)
            for kitchen, seq in heads.items()
            if (known := self._states.get(kitchen)) is not None and known.seq < seq
        }
        return self._log.since(behind) if behind else {}

    def _state(self, kitchen: KitchenId, seq: int, grown: Since | None) -> Fold:
        """The state at `seq` or later."""
        newest = self._states.get(kitchen)
        if newest is not None and newest.seq >= seq:
            return newest
        gone_on = None
        if newest is not None and grown is not None:
            gone_on = go_on(self._log, kitchen, newest, grown)
        return gone_on or load(self._log, kitchen)

    # ---- on the loop ---------------------------------------------------------------------------

    def _command(self, wish: Wish) -> Command:
        now_ms = self._now_ms()
        return Command(
            id=CommandId(str(uuid_utils.uuid7())),
            kind=wish.kind,
            subject=wish.subject,
            args=msgspec.Raw(msgspec.json.encode(wish.args)),
            actor=SYSTEM,
            session=SessionId(""),
            base=0,
            occurred=Occurred(now_ms, now_ms),
        )
