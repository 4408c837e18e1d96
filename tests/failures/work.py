"""Busy hands at a kiosk without a window: taps at random what the rules offer; the same seed, the same choices."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Final

import msgspec

from dapur.batch import Batch, Item
from dapur.envelope import StepUp
from dapur.ids import StaffId
from dapur.offers import offers
from dapur.progress import NoteBatchArgs
from dapur.quality import RecordCheckArgs
from dapur.temperature import RecordTemperatureArgs
from kiosk.desk import Answer
from kiosk.headless import Headless
from kiosk.pins import SignIn

RARELY: Final = frozenset({"cancel_batch", "discard_batch", "hold_batch"})
"""They end the work on a batch, so that a long night would soon be a still one."""
RARE: Final = 0.05

Told = Callable[[Answer, str, str], object]


class _Tap(msgspec.Struct, frozen=True):
    kind: str
    args: msgspec.Struct
    step_up: bool = False


class Work:
    """Random taps of random people; `told` hears of each answer before anything else happens."""

    def __init__(
        self, kiosk: Headless, *, seed: int, pin: str, pace_s: float, facts: float, told: Told
    ) -> None:
        """`facts` is the share of readings and notes, which no state refuses; `pace_s` between two taps."""
        self._kiosk = kiosk
        self._dice = random.Random(seed)
        self._pin = pin
        self._pace_s = pace_s
        self._facts = facts
        self._told = told
        self._taps = 0
        self._task: asyncio.Task[int] | None = None

    def begin(self) -> None:
        """Work until `end`."""
        self._task = asyncio.create_task(self.tap(0))

    async def end(self) -> int:
        """No more; how many taps were made."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        return self._taps

    async def tap(self, count: int) -> int:
        """So many taps, or without end when 0; how many were made."""
        while not count or self._taps < count:
            if await self._one():
                self._taps += 1
            await asyncio.sleep(self._dice.uniform(0.5, 1.5) * self._pace_s)
        return self._taps

    async def _one(self) -> bool:
        kiosk = self._kiosk
        batches = list(kiosk.replica.shown.batches.values())
        if not kiosk.session.signed_in or not batches:
            return False
        who = self._dice.choice(kiosk.session.signed_in)
        batch = self._dice.choice(batches)
        wish = self._wish(batch, who)
        if wish is None:
            return False
        step_up = await self._sign(who) if wish.step_up else None
        session = kiosk.session.session_of(who)
        if session is None or (wish.step_up and step_up is None):
            return False
        answer = kiosk.desk.tap(
            wish.kind, batch.id, wish.args, actor=who, session=session, step_up=step_up
        )
        kiosk.session.touched()
        return "tapped" in str(self._told(answer, wish.kind, batch.id))

    async def _sign(self, who: StaffId) -> StepUp | None:
        result = await self._kiosk.session.step_up(who, self._pin)
        return result.step_up if result.state is SignIn.OK else None

    def _wish(self, batch: Batch, who: StaffId) -> _Tap | None:
        if self._dice.random() < self._facts:
            return self._fact()
        now_ms = self._kiosk.time.server_now_ms()
        found = [
            each
            for each in offers(self._kiosk.replica.shown, batch, who, now_ms)
            if each.open and (each.kind not in RARELY or self._dice.random() < RARE)
        ]
        if not found:
            return self._fact()
        offer = self._dice.choice(found)
        if offer.kind == "record_check":
            item = self._dice.choice(list(Item))
            return _Tap(offer.kind, RecordCheckArgs(item, passed=True, round=batch.round))
        if offer.kind == "record_temperature":
            return self._fact()
        return _Tap(offer.kind, offer.args, offer.needs_step_up)

    def _fact(self) -> _Tap:
        if self._dice.random() < 0.3:
            return _Tap("note_batch", NoteBatchArgs(text=f"catatan {self._dice.randrange(1000)}"))
        value_c = round(self._dice.uniform(76, 92), 1)
        return _Tap("record_temperature", RecordTemperatureArgs(value_c))
