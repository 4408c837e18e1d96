"""Other kiosks of the kitchen in one process without windows: they tap when told, online or offline.

Run as a child (`talk`).
"""

from __future__ import annotations

import asyncio
import logging
import random
import sys
from pathlib import Path

from bench.kiosk.answers import Answers
from dapur.batch import Batch
from dapur.ids import SessionId, StaffId
from dapur.progress import AdvanceBatchArgs, NoteBatchArgs
from dapur.stage import Stage
from dapur.temperature import RecordTemperatureArgs
from kiosk.desk import Tapped
from kiosk.headless import Headless, identify, open_vault
from kiosk.link.status import LinkState
from kiosk.pins import SignIn
from kiosk.settings import Settings

TAPS_AT_ONCE = 20
NOTE_EVERY = 10


class One:
    """One kiosk and the person at it."""

    def __init__(self, kiosk: Headless, actor: StaffId) -> None:
        self.kiosk, self.actor = kiosk, actor
        self.stop = asyncio.Event()
        self.life = asyncio.get_running_loop().create_task(kiosk.run(self.stop))

    @property
    def session(self) -> SessionId:
        """The actor's session."""
        found = self.kiosk.session.session_of(self.actor)
        assert found is not None
        return found

    def measure(self, batch: Batch, value_c: float) -> None:
        """Record a temperature."""
        args = RecordTemperatureArgs(round(value_c, 1))
        self._tap("record_temperature", batch, args)

    def note(self, batch: Batch, text: str) -> None:
        """Write a note."""
        self._tap("note_batch", batch, NoteBatchArgs(text=text))

    def advance(self, batch: Batch, to: str) -> None:
        """Go on to the next stage."""
        self._tap("advance_batch", batch, AdvanceBatchArgs(to=to))  # type: ignore[arg-type]

    def _tap(self, kind: str, batch: Batch, args: object) -> None:
        answer = self.kiosk.desk.tap(
            kind, batch.id, args, actor=self.actor, session=self.session  # type: ignore[arg-type]
        )  # fmt: skip
        assert isinstance(answer, Tapped), answer


class Others:
    """All of them; each public method is a question."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._all: list[One] = []
        self._dice = random.Random(7)
        self._taps: asyncio.Task[None] | None = None
        self.over = asyncio.Event()

    async def open(self, url: str, codes: list[str], actors: list[str]) -> None:
        """Enrol one kiosk a code and start it."""
        for code, actor in zip(codes, actors, strict=True):
            settings = Settings(
                data=self._folder / f"k{len(self._all)}-{actor}", server=url, enrol=code
            )
            settings.data.mkdir(parents=True)
            vault = open_vault(settings)
            kiosk = Headless(settings, await identify(settings, vault), vault)
            self._all.append(One(kiosk, StaffId(actor)))

    def online(self) -> bool:
        """Whether all are admitted and know the kitchen."""
        return all(
            each.kiosk.link.status.state is LinkState.ONLINE and bool(each.kiosk.roster)
            for each in self._all
        )

    def offline(self) -> bool:
        """Whether none has a line."""
        return all(each.kiosk.link.status.state is not LinkState.ONLINE for each in self._all)

    async def sign_in(self, pin: str) -> bool:
        """Each person signs in at their kiosk."""
        results = [await each.kiosk.session.sign_in(each.actor, pin) for each in self._all]
        return all(result.state is SignIn.OK for result in results)

    def nudge(self) -> None:
        """Try the line now."""
        for each in self._all:
            each.kiosk.link.nudge()

    def has_sent_all(self) -> bool:
        """Nothing waits anywhere."""
        return all(
            not one.kiosk.replica.pending and not one.kiosk.store.unsent() for one in self._all
        )

    def seqs(self) -> list[int]:
        """How far each knows the log."""
        return [each.kiosk.replica.seq for each in self._all]

    async def cook_all(self) -> int:
        """Bring every dish to the fire and measure it once; how many there are."""
        first = self._all[0]
        dishes = list(first.kiosk.replica.shown.batches)
        for number, name in enumerate(dishes):
            batch = first.kiosk.replica.shown.batches[name]
            if batch.stage is Stage.PLANNED:
                first.advance(batch, "preparing")
                first.advance(batch, "cooking")
            first.measure(batch, 52 + number % 30)
            await asyncio.sleep(0)
        return len(dishes)

    async def tap_offline(self, taps: int) -> int:
        """So many taps on every kiosk; how many wait then in all."""
        for one in self._all:
            dishes = list(one.kiosk.replica.shown.batches)
            for number in range(taps):
                batch = one.kiosk.replica.shown.batches[dishes[number % len(dishes)]]
                if number % NOTE_EVERY == 0:
                    one.note(batch, f"catatan {number}")
                else:
                    one.measure(batch, 60 + number % 300 / 10)
                if number % TAPS_AT_ONCE == 0:
                    await asyncio.sleep(0)
        return sum(len(one.kiosk.replica.pending) for one in self._all)

    def keep_tapping(self, per_s: float) -> None:
        """Temperatures on dishes by chance, in turn on every kiosk, until `rest`."""
        self._taps = asyncio.get_running_loop().create_task(self._go_on(per_s))

    def rest(self) -> None:
        """No more taps."""
        if self._taps is not None:
            self._taps.cancel()

    async def _go_on(self, per_s: float) -> None:
        loop = asyncio.get_running_loop()
        due, turn = loop.time(), 0
        while True:
            one = self._all[turn % len(self._all)]
            dishes = list(one.kiosk.replica.shown.batches.values())
            one.measure(self._dice.choice(dishes), self._dice.uniform(62, 74))
            turn += 1
            due += 1 / per_s
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def close(self) -> None:
        """End in order."""
        self.rest()
        for each in self._all:
            each.stop.set()
        await asyncio.gather(*(each.life for each in self._all))
        self.over.set()


async def main(folder: Path) -> None:
    """Answer until `close`."""
    others = Others(folder)
    answers = Answers(others)
    answers.listen()
    await others.over.wait()
    await asyncio.sleep(0.05)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(main(Path(sys.argv[1])))
